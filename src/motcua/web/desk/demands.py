"""Papers officers asked for beside the published record: each attempt was blocked and is listed here (R-066)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from motcua.catalogue import queries as catalogue
from motcua.dossiers import demands, pauserecords
from motcua.dossiers.rules import ACT_NAMES, Act
from motcua.edge import actors, paging
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import NotFound
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.web.components import Crumb, FieldView
from motcua.web.desk import fields, pages, rows
from motcua.web.desk.pauses import NoLookInto, day_of

PAGE: Final = 50
URL: Final = "/can-bo/ngoai-danh-muc/"
QUARTER: Final = timedelta(weeks=13)


@pages.officer
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show who asked for what beside the record in a period: counts per officer, then each attempt, newest first."""
    actor = actors.staff(request)
    if not pauserecords.looks_into(actor):
        raise NoLookInto
    asked = fields.asked(request, ("tu", "den", "ai"))
    first = day_of(asked["tu"], clock.today() - QUARTER)
    last = day_of(asked["den"], clock.today())
    since = datetime.combine(first, time.min, tzinfo=LOCAL)
    until = datetime.combine(last, time.max, tzinfo=LOCAL)
    counted = demands.counts(actor, since, until)
    officer = next((one for _, one, _ in counted if one and str(one) == asked["ai"]), None)
    found = demands.listing(
        actor, since=since, until=until, officer_id=officer,
        before=paging.moment_of(request.GET.get("sau", "")), size=PAGE,
    )  # fmt: skip
    page = paging.page(found, PAGE, lambda one: [one.at, one.subject])
    people = {one for _, one, _ in counted} | {one.officer_id for one in page.rows}
    names = organisation.staff_names({one for one in people if one is not None})
    kept = {name: value for name, value in asked.items() if value}
    context: dict[str, Any] = {
        "counts": [
            {
                "who": names.get(one or 0, "Không rõ"),
                "where": rows.unit_name(unit),
                "attempts": attempts,
                "url": f"{URL}?{urlencode({**kept, 'ai': one})}" if one else "",
            }
            for unit, one, attempts in counted
        ],
        "total": sum(attempts for _, _, attempts in counted),
        "rows": [
            {
                "name": one.name,
                "act": ACT_NAMES[Act(one.act)] if one.act in set(Act) else one.act,
                "procedure": _procedure(one.procedure_code, one.at.astimezone(LOCAL).date()),
                "code": one.code,
                "url": rows.dossier_url(one.code) if one.code else "",
                "who": names.get(one.officer_id or 0, "Không rõ"),
                "where": rows.unit_name(one.unit_id),
                "at": one.at,
            }
            for one in page.rows
        ],
        "fields": [
            FieldView("tu", "Từ ngày", "date", value=f"{first:%d/%m/%Y}", quiet=True, width="s"),
            FieldView("den", "Đến ngày", "date", value=f"{last:%d/%m/%Y}", quiet=True, width="s"),
        ],
        "narrowed": names.get(officer or 0, ""),
        "shown": len(page.rows),
        "first_url": f"{URL}?{urlencode(kept)}" if request.GET.get("sau") else "",
        "next_url": f"{URL}?{urlencode({**kept, 'sau': page.next})}" if page.next else "",
        "crumbs": [pages.HOME, Crumb("Giấy tờ ngoài danh mục")],
    }
    return pages.show(request, "desk/demands.html", context, section=URL)


def _procedure(code: str, on: date) -> str:
    try:
        return catalogue.current(code, on).name
    except NotFound:
        return code
