"""Results nobody has come for: the list by age, reminders, the archive, the table for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from motcua.catalogue import queries as catalogue
from motcua.dossiers import operations, uncollected
from motcua.dossiers.uncollected import Filters, Uncollected
from motcua.edge import actors, keys, paging
from motcua.kernel.actor import Actor
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import DomainError, Invalid
from motcua.organisation.tree import UnitRef
from motcua.parties.rules import mask_phone
from motcua.platform import access, clock
from motcua.web import csvfile, inputs, refusals, words
from motcua.web.components import Crumb, FieldView, Option
from motcua.web.desk import fields, pages, rows

URL: Final = "/can-bo/ket-qua-chua-nhan/"
PAGE: Final = 50
MOST_EXPORTED: Final = 20_000
NAMES: Final = ("qua", "don-vi", "tim", "luu")
HEAD: Final = (
    "Mã hồ sơ", "Thủ tục", "Chủ hồ sơ", "Nơi trả", "Có kết quả lúc", "Số ngày chờ", "Số lần nhắc", "Nhắc gần nhất",
    "Chuyển lưu lúc",
)  # fmt: skip


@pages.officer
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Show results that wait, the longest first; remind those chosen, put one into the archive."""
    actor, now = actors.staff(request), clock.now()
    if request.method == "POST":
        return _do(request, actor)
    asked = fields.asked(request, NAMES)
    units = fields.own_units(actor)
    filters = _filters(asked, units)
    found = uncollected.listing(
        actor, filters, now, after=paging.moment_of(request.GET.get("sau", "")), size=PAGE
    )
    page = paging.page(found, PAGE, lambda one: [one.processed_at.isoformat(), one.subject])
    kept = {name: value for name, value in asked.items() if value}
    context: dict[str, Any] = {
        "rows": [_line(one, now) for one in page.rows],
        "filters": _fields(asked, units, now),
        "archived": filters.archived,
        "tabs": [("Đang chờ nhận", URL), ("Đã chuyển lưu", f"{URL}?luu=1")],
        "current": f"{URL}?luu=1" if filters.archived else URL,
        "narrowed": any(kept.get(name) for name in ("qua", "don-vi", "tim")),
        "here": f"{URL}?{urlencode(kept)}" if kept else URL,
        "csv_url": f"{URL}bang.csv?{urlencode(kept)}",
        "shown": len(page.rows),
        "first_url": f"{URL}?{urlencode(kept)}" if request.GET.get("sau") else "",
        "next_url": f"{URL}?{urlencode({**kept, 'sau': page.next})}" if page.next else "",
        "serves": bool(pages.counters(actor)),
        "crumbs": [pages.HOME, Crumb("Kết quả chưa nhận")],
    }
    return pages.show(request, "desk/uncollected.html", context, section=URL)


def _filters(asked: Mapping[str, str], units: list[UnitRef]) -> Filters:
    days = inputs.number(asked["qua"]) or 0
    return Filters(
        days=min(days, 36_500), unit_id=fields.unit_of(asked["don-vi"], units), text=asked["tim"],
        archived=asked["luu"] == "1",
    )  # fmt: skip


def _fields(asked: Mapping[str, str], units: list[UnitRef], now: datetime) -> list[FieldView]:
    """Return the filters; the ages to choose from are those of the settings."""
    bounds = uncollected.bounds(now)
    return [
        FieldView("luu", "", "hidden", value=asked["luu"]),
        FieldView(
            "qua", "Đã chờ", "select", value=asked["qua"], quiet=True, blank="Bất kỳ",
            options=tuple(Option(str(days), f"Quá {days} ngày") for days in bounds),
        ),
        fields.unit_field(units, asked["don-vi"]),
        FieldView("tim", "Mã, tên, điện thoại", "text", value=asked["tim"], quiet=True, width="m", maxlength=100),
    ]  # fmt: skip


def _line(one: Uncollected, now: datetime) -> dict[str, Any]:
    waits = uncollected.waits(one.procedure_version_id, now)
    return {
        "code": one.code,
        "url": rows.dossier_url(one.code),
        "procedure": catalogue.definition(one.procedure_version_id).name,
        "owner": one.owner_name,
        "phone": mask_phone(one.owner_phone),
        "unit": rows.unit_name(one.receiving_unit_id),
        "how": words.RETURN_CHANNELS.get(one.return_channel, ""),
        "since": one.processed_at,
        "days": one.days(now),
        "late": one.days(now) >= waits.archive_after,
        "reminders": one.reminders,
        "reminded_at": one.reminded_at,
        "archived_at": one.archived_at,
        "correcting": one.correcting,
        "may_remind": _passes(lambda: waits.remind(one.reminded_at, now)) and not one.correcting,
        "may_archive": _passes(lambda: waits.archive(one.processed_at, one.archived_at, now)),
    }


def _passes(rule: Any) -> bool:
    try:
        rule()
    except DomainError:
        return False
    return True


def _do(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Remind the owners of what was chosen, each in an act of its own; or put one result into the archive."""
    key, back = keys.key(request), request.POST.get("ve", "")
    chosen = list(dict.fromkeys(request.POST.getlist("chon")))[: PAGE + 1]
    archived = request.POST.get("luu-ma", "")
    if not chosen and not archived:
        raise Invalid(errors={"chon": "Chưa chọn hồ sơ nào."})
    done, refused = 0, []
    for code in [archived] if archived else chosen:
        with refusals.Attempt() as attempt:
            if archived:
                operations.archive_result(
                    code=code, place=request.POST.get(f"noi-luu.{code}", ""), actor=actor,
                    key=f"{key}:{code}", at=clock.now(),
                )  # fmt: skip
            else:
                operations.remind_collection(code=code, actor=actor, key=f"{key}:{code}", at=clock.now())
            done += 1
        if attempt.refusal is not None:
            refused.append(f"{code}: {'; '.join(attempt.general)}")
    if done:
        told = f"Đã chuyển lưu kết quả {archived}." if archived else f"Đã nhắc {done} hồ sơ."
        messages.success(request, told)
    for text in refused:
        messages.error(request, text)
    return redirect(back if back.startswith(f"{URL}?") else URL)


@pages.officer
@require_safe
def csv_file(request: HttpRequest) -> HttpResponse:
    """Send the list as a table that spreadsheets open, row by row as it is read."""
    actor, now = actors.staff(request), clock.now()
    filters = _filters(fields.asked(request, NAMES), fields.own_units(actor))
    access.note(actor, 0, "tải bảng kết quả chưa nhận", now)
    name = f"Kết quả chưa nhận {now.astimezone(LOCAL):%d-%m-%Y}.csv"
    return csvfile.answer(name, HEAD, _table(actor, filters, now))


def _table(actor: Actor, filters: Filters, now: datetime) -> Iterator[tuple[object, ...]]:
    after, size, count = None, 1000, 0
    while count < MOST_EXPORTED:
        found = uncollected.listing(actor, filters, now, after=after, size=size)
        for one in found[:size]:
            yield (
                one.code, catalogue.definition(one.procedure_version_id).name, one.owner_name,
                rows.unit_name(one.receiving_unit_id), _moment(one.processed_at), one.days(now), one.reminders,
                _moment(one.reminded_at), _moment(one.archived_at),
            )  # fmt: skip
        count += size
        if len(found) <= size:
            return
        after = found[size - 1].processed_at, found[size - 1].subject


def _moment(moment: datetime | None) -> str:
    return f"{moment.astimezone(LOCAL):%d/%m/%Y %H:%M}" if moment else ""
