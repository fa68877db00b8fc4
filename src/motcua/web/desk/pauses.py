"""Time that does not count, by agency and ground, and the pauses that look misused, for who controls procedures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from motcua.dossiers import pauserecords
from motcua.dossiers.pausecheck import STRIKING_NAMES, Striking
from motcua.dossiers.pauserecords import Filters, Pause, Total
from motcua.edge import actors, paging
from motcua.kernel.calendar import LOCAL
from motcua.kernel.deadline import GROUNDS_VI
from motcua.kernel.errors import NotFound
from motcua.kernel.wording import length_vi
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.web import inputs
from motcua.web.components import Crumb, FieldView, Option
from motcua.web.desk import fields, pages, rows

PAGE: Final = 50
URL: Final = "/can-bo/tam-dung/"
QUARTER: Final = timedelta(weeks=13)
EARLIEST: Final = 1900


class NoLookInto(NotFound):
    """The page is for those who control procedures or lead an agency."""

    code = "no_look_into"
    message = "Trang này dành cho cán bộ kiểm soát thủ tục và lãnh đạo cơ quan."


@pages.officer
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show how much time of a period did not count, and the striking pauses behind it, newest first."""
    actor, now = actors.staff(request), clock.now()
    if not pauserecords.looks_into(actor):
        raise NoLookInto
    asked = fields.asked(request, ("tu", "den", "co-quan", "ai", "loai"))
    first = day_of(asked["tu"], clock.today() - QUARTER)
    last = day_of(asked["den"], clock.today())
    kind = Striking(asked["loai"]) if asked["loai"] in set(Striking) else None
    period = Filters(since=_start(first), until=datetime.combine(last, time.max, tzinfo=LOCAL))
    every = pauserecords.totals(actor, period)
    agencies = sorted({one.agency_id for one in every})
    agency = next((one for one in agencies if str(one) == asked["co-quan"]), None)
    here = Filters(since=period.since, until=period.until, agency_id=agency)
    who = pauserecords.officers(actor, here)
    officer = next((one for one, _ in who if str(one) == asked["ai"]), None)
    filters = Filters(since=period.since, until=period.until, agency_id=agency, officer_id=officer, kind=kind)
    found = pauserecords.striking(
        actor, filters, after=paging.moment_of(request.GET.get("sau", "")), size=PAGE
    )
    page = paging.page(found, PAGE, lambda one: [one.started_at, one.id])
    names = organisation.staff_names(
        {one for one, _ in who} | {p.officer_id for p in page.rows if p.officer_id}
    )
    kept = {name: value for name, value in asked.items() if value}
    context: dict[str, Any] = {
        "totals": _totals([one for one in every if agency in (None, one.agency_id)]),
        "rows": [_line(one, names, now) for one in page.rows],
        "fields": _fields(asked, first, last, agencies, who, names),
        "shown": len(page.rows),
        "first_url": f"{URL}?{urlencode(kept)}" if request.GET.get("sau") else "",
        "next_url": f"{URL}?{urlencode({**kept, 'sau': page.next})}" if page.next else "",
        "crumbs": [pages.HOME, Crumb("Thời gian tạm dừng")],
    }
    return pages.show(request, "desk/pauses.html", context, section=URL)


def day_of(text: str, otherwise: date) -> date:
    """Return a day of the address; what no calendar here holds is not asked of the database."""
    found = inputs.day(text)
    return found if found is not None and found.year >= EARLIEST else otherwise


def _start(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=LOCAL)


def _totals(found: Sequence[Total]) -> list[dict[str, Any]]:
    calendar = organisation.calendar(0)
    return [
        {
            "agency": organisation.root_of_agency(one.agency_id).name,
            "url": f"{URL}?{urlencode({'co-quan': one.agency_id})}",
            "ground": _sentence(GROUNDS_VI[one.ground]),
            "pauses": one.pauses,
            "striking": one.striking,
            "time": length_vi(one.minutes, calendar.day_minutes) if one.minutes else "0 giờ",
        }
        for one in found
    ]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _line(one: Pause, names: Mapping[int, str], now: datetime) -> dict[str, Any]:
    calendar = organisation.calendar(organisation.root_of_agency(one.row.agency_id).id)
    return {
        "line": rows.line(one.row, now),
        "no": one.no,
        "ground": _sentence(GROUNDS_VI[one.ground]),
        "started_at": one.started_at,
        "ended_at": one.ended_at,
        "time": length_vi(one.minutes, calendar.day_minutes) if one.minutes else "dưới một phút",
        "who": names.get(one.officer_id or 0, "") or "Hệ thống",
        "where": rows.unit_name(one.unit_id),
        "findings": [{"name": STRIKING_NAMES[f.kind], "text": f.text} for f in one.findings],
    }


def _fields(
    asked: Mapping[str, str],
    first: date,
    last: date,
    agencies: Sequence[int],
    who: Sequence[tuple[int, int]],
    names: Mapping[int, str],
) -> list[FieldView]:
    by_name = sorted((organisation.root_of_agency(one).name, str(one)) for one in agencies)
    return [
        FieldView("tu", "Dừng từ ngày", "date", value=f"{first:%d/%m/%Y}", quiet=True, width="s"),
        FieldView("den", "Đến ngày", "date", value=f"{last:%d/%m/%Y}", quiet=True, width="s"),
        FieldView(
            "co-quan", "Cơ quan giải quyết", "select", value=asked["co-quan"], quiet=True, blank="Mọi cơ quan",
            width="l", options=tuple(Option(number, name) for name, number in by_name),
        ),
        FieldView(
            "ai", "Người dừng", "select", value=asked["ai"], quiet=True, blank="Mọi người", width="m",
            options=tuple(Option(str(one), f"{names.get(one, '')} ({count})") for one, count in who),
        ),
        FieldView(
            "loai", "Dấu hiệu", "select", value=asked["loai"], quiet=True, blank="Mọi dấu hiệu", width="m",
            options=tuple(Option(kind.value, name) for kind, name in STRIKING_NAMES.items()),
        ),
    ]  # fmt: skip
