"""Trying a limit, days off or the hours of a step on past dossiers, for the officers who control procedures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from motcua.catalogue import queries as catalogue
from motcua.dossiers import replays
from motcua.dossiers.replay import Change, Report
from motcua.edge import actors
from motcua.kernel.actor import Role
from motcua.kernel.counting import Limit, TimeUnit
from motcua.kernel.errors import Invalid, NotFound
from motcua.kernel.wording import minutes_vi
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.web import components, inputs
from motcua.web.components import Crumb, FieldView, Option
from motcua.web.desk import fields, pages, rows

URL: Final = "/can-bo/thu-truoc/"
SHOWN: Final = 200
UNITS: Final[Mapping[TimeUnit, str]] = {
    TimeUnit.WORKING_DAYS: "ngày làm việc",
    TimeUnit.DAYS: "ngày (cả ngày nghỉ)",
    TimeUnit.WORKING_HOURS: "giờ làm việc",
    TimeUnit.MONTHS: "tháng",
}
MONTH: Final = timedelta(weeks=13)
MOST: Final = 1_000
"""The largest number that can be tried, of whatever unit."""


class ControlNeeded(NotFound):
    """The page is for officers who control procedures."""

    code = "control_needed"
    message = "Trang này dành cho cán bộ kiểm soát thủ tục hành chính."


@pages.officer
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show the form, and what the change it names would have made of past dossiers; nothing is written."""
    actor = actors.staff(request)
    if actor.duty(Role.KSTT) is None:
        raise ControlNeeded
    asked = fields.asked(request, ("tu", "den", "thu-tuc", "han", "don-vi-tinh", "nghi", "buoc"))
    today = clock.today()
    first = inputs.day(asked["tu"]) or today - MONTH
    last = inputs.day(asked["den"]) or today
    report: Report | None = None
    errors: dict[str, str] = {}
    if "thu" in request.GET:
        try:
            since, until = fields.start_of(first), fields.end_of(max(first, last))
            assert since is not None and until is not None  # noqa: S101  (both days are there)
            change = _change(asked)
            code = asked["thu-tuc"].split(" ")[0]
            if change.limit is not None and not code:
                raise Invalid(errors={"thu-tuc": "Thử thời hạn mới thì chọn một thủ tục."})
            report = replays.tried(actor, since, until, change, clock.now(), procedure_code=code)
        except Invalid as refusal:
            errors = dict(refusal.errors) or {"": refusal.message}
    views = _inputs(asked, first, last, errors)
    context: dict[str, Any] = {
        "fields": views,
        "errors": components.summary(views),
        "general": [text for name, text in errors.items() if not name],
        "report": report,
        "median": minutes_vi(report.median_minutes) if report else "",
        "most": minutes_vi(report.most_minutes) if report else "",
        "procedures": _procedures(report),
        "where": [
            {"step": step or "Không rõ bước", "unit": _unit(unit_id), "count": count}
            for step, unit_id, count in (report.where if report else ())
        ],
        "lines": [
            {
                "code": one.code,
                "url": rows.dossier_url(one.code),
                "before": one.due_before,
                "after": one.due_after,
                "end": one.end,
                "open": one.open,
                "late_before": one.late_before,
                "late_after": one.late_after,
                "by": minutes_vi(one.late_minutes) if one.late_after else "",
                "step": one.step,
            }
            for one in (report.outcomes[:SHOWN] if report else ())
        ],
        "cut": report is not None and len(report.outcomes) > SHOWN,
        "crumbs": [pages.HOME, Crumb("Thử trước khi áp dụng")],
    }
    return pages.show(request, "desk/trial.html", context, section=URL, status=422 if errors else 200)


def _procedures(report: Report | None) -> list[dict[str, Any]]:
    names = catalogue.names(clock.today())
    return [
        {"code": code, "name": names.get(code, ""), "count": count, "before": before, "after": after}
        for code, count, before, after in (report.by_procedure if report else ())
        if before or after
    ]


def _unit(unit_id: int | None) -> str:
    """Return the full name of a unit: short ones are the same in every commune."""
    return organisation.unit(unit_id).name if unit_id is not None else ""


def _change(asked: Mapping[str, str]) -> Change:
    """
    Return the change that was typed.

    :raises Invalid: a number or day that is none, or no change at all.
    """
    errors: dict[str, str] = {}
    limit = None
    if asked["han"]:
        try:
            unit = TimeUnit(asked["don-vi-tinh"] or TimeUnit.WORKING_DAYS)
            limit = Limit(_positive(asked["han"]), unit)
        except (InvalidOperation, ValueError):
            errors["han"] = f"Nhập số lớn hơn 0, nhiều nhất {MOST}, ví dụ 3; ngày và tháng phải là số nguyên."
    off: list[date] = []
    for text in asked["nghi"].replace(";", " ").replace(",", " ").split():
        found = inputs.day(text)
        if found is None:
            errors["nghi"] = f"“{text}” không phải là ngày. Viết như 04/09/2023."
        else:
            off.append(found)
    hours: dict[str, Decimal] = {}
    for text in asked["buoc"].split():
        node, _, number = text.partition("=")
        try:
            hours[node] = _positive(number)
        except (InvalidOperation, ValueError):
            errors["buoc"] = f"Viết mã bước, dấu bằng, số giờ lớn hơn 0, nhiều nhất {MOST}; ví dụ B2=4."
    if not errors and limit is None and not off and not hours:
        errors["han"] = "Nhập ít nhất một thay đổi: thời hạn, ngày nghỉ hoặc giờ của bước."
    if errors:
        raise Invalid(errors=errors)
    return Change(limit, hours, tuple(off))


def _positive(text: str) -> Decimal:
    number = Decimal(text.replace(",", "."))
    if not number.is_finite() or not 0 < number <= MOST:
        raise ValueError(text)
    return number


def _inputs(asked: Mapping[str, str], first: date, last: date, errors: Mapping[str, str]) -> list[FieldView]:
    names = catalogue.names(clock.today())
    code = asked["thu-tuc"].split(" ")[0]
    return [
        fields.day_field("tu", "Tiếp nhận từ ngày", first.isoformat()),
        fields.day_field("den", "Đến ngày", last.isoformat()),
        FieldView(
            "thu-tuc", "Thủ tục", "select", value=code if code in names else "", quiet=True, blank="Tất cả",
            error=errors.get("thu-tuc", ""),
            options=tuple(
                Option(number, f"{number} {name[:80]}")
                for number, name in sorted(names.items(), key=lambda one: one[1])
            ),
        ),
        FieldView(
            "han", "Thời hạn thử", "text", value=asked["han"], quiet=True, width="s", inputmode="decimal",
            error=errors.get("han", ""),
        ),
        FieldView(
            "don-vi-tinh", "Tính theo", "select", quiet=True, required=True,
            value=asked["don-vi-tinh"] or TimeUnit.WORKING_DAYS.value,
            options=tuple(Option(unit.value, name) for unit, name in UNITS.items()),
        ),
        FieldView(
            "nghi", "Ngày nghỉ thêm", "text", value=asked["nghi"], quiet=True, error=errors.get("nghi", ""),
            help="Cách nhau bằng dấu cách, ví dụ 04/09/2023 05/09/2023.",
        ),
        FieldView(
            "buoc", "Giờ của bước", "text", value=asked["buoc"], quiet=True, error=errors.get("buoc", ""),
            help="Mã bước=số giờ, ví dụ B2=4 B3=2.",
        ),
    ]  # fmt: skip
