"""The working calendar, for the officer who controls procedures: announced days, changes, what they move (R-048)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from motcua.dossiers import campaigns
from motcua.dossiers.campaigning import EFFECTS, CampaignInvalid, Effect, Kind
from motcua.dossiers.operations import campaign as operations
from motcua.edge import keys
from motcua.platform import clock
from motcua.territory import queries as territory
from motcua.territory.queries import NewDay
from motcua.territory.rules import DayKind
from motcua.web import components, inputs
from motcua.web.components import FieldView, Option
from motcua.web.desk import pages
from motcua.web.kstt import campaigns as shared

KIND: Final = Kind.CALENDAR
URL: Final = shared.URLS[KIND]
SWAP, ORDINARY = "hoan-doi", "ngay-thuong"
KINDS: Final[Mapping[str, str]] = {
    DayKind.HOLIDAY.value: "Ngày nghỉ lễ, tết",
    DayKind.COMPENSATORY.value: "Nghỉ bù",
    SWAP: "Hoán đổi: nghỉ một ngày, làm bù ngày khác",
    DayKind.CLOSURE.value: "Đóng cửa đột xuất (bão, sự cố)",
    ORDINARY: "Bỏ ngày nghỉ đã công bố, làm việc như thường",
}
NAMES: Final[Mapping[str, str]] = {
    DayKind.HOLIDAY.value: "Nghỉ lễ, tết",
    DayKind.COMPENSATORY.value: "Nghỉ bù",
    DayKind.SWAPPED_OFF.value: "Nghỉ hoán đổi",
    DayKind.SWAPPED_WORK.value: "Làm bù",
    DayKind.CLOSURE.value: "Đóng cửa",
    "": "Làm việc như thường",
}


@pages.officer
@require_http_methods(["GET", "HEAD", "POST"])
def listing(request: HttpRequest) -> HttpResponse:
    """Show the announced days and the changes there were; or draft one."""
    actor = shared.officer(request)
    errors: dict[str, str] = {}
    if request.method == "POST":
        days, errors = _typed(request.POST)
        try:
            if errors:
                raise CampaignInvalid(errors=errors)
            number = operations.draft_calendar(
                days=days, earlier="som-hon" in request.POST, actor=actor, key=keys.key(request),
                at=clock.now(), **shared.decision(request.POST),
            )  # fmt: skip
            return redirect(f"{URL}{number}/")
        except CampaignInvalid as refusal:
            errors = {**dict(refusal.errors)}
    year = inputs.number(request.GET.get("nam", ""), 4) or clock.today().year
    year = min(max(year, 2000), 2100)
    layers = {layer.code: layer.name for layer in territory.layers()}
    fields = _fields(request.POST, errors, layers)
    context = {
        "campaigns": [shared.head(one) for one in campaigns.listing(actor, KIND)],
        "year": year,
        "years": [(str(one), f"{URL}?nam={one}#cac-ngay") for one in (year - 1, year, year + 1)],
        "current": f"{URL}?nam={year}#cac-ngay",
        "days": [
            {
                "on": row.on,
                "kind": NAMES.get(row.kind, row.kind),
                "name": row.name,
                "layer": layers.get(row.layer, row.layer),
                "swap_with": row.swap_with,
                "note": row.note,
            }
            for row in territory.announced(date(year, 1, 1), date(year, 12, 31))
        ],
        "fields": fields,
        "errors": components.summary(fields),
        "general": [errors["cac-ngay"]] if "cac-ngay" in errors else [],
        "crumbs": shared.crumbs(KIND),
    }
    status = 422 if errors else 200
    return shared.show(request, "kstt/calendars.html", KIND, context, status=status)


def _typed(typed: QueryDict) -> tuple[list[NewDay], dict[str, str]]:
    """Return the days that were typed, or what is wrong with them by field."""
    layer, kind, name = typed.get("lich", ""), typed.get("loai", ""), typed.get("ten", "").strip()[:200]
    first, last, other = (
        inputs.day(typed.get(field, "")) for field in ("tu-ngay", "den-ngay", "ngay-lam-bu")
    )
    errors: dict[str, str] = {}
    if kind not in KINDS:
        errors["loai"] = "Chọn loại thay đổi."
    if first is None:
        errors["tu-ngay"] = "Ghi ngày, ví dụ 26/04/2026."
    if typed.get("den-ngay", "").strip() and last is None:
        errors["den-ngay"] = "Ghi ngày, ví dụ 27/04/2026."
    if first is not None and last is not None and not first <= last <= first + timedelta(days=59):
        errors["den-ngay"] = "Ngày cuối phải từ ngày đầu trở đi, nhiều nhất 60 ngày."
    if kind == SWAP and (other is None or other == first):
        errors["ngay-lam-bu"] = "Ghi ngày làm bù, khác ngày nghỉ."
    if kind in KINDS and kind != ORDINARY and not name:
        errors["ten"] = "Ghi tên ngày, ví dụ: Nghỉ bù Giỗ Tổ Hùng Vương."
    if errors or first is None:
        return [], errors
    if kind == SWAP and other is not None:
        return [
            NewDay(layer, first, DayKind.SWAPPED_OFF, name, other),
            NewDay(layer, other, DayKind.SWAPPED_WORK, f"Làm bù: {name}"[:200], first),
        ], {}
    meant = None if kind == ORDINARY else DayKind(kind)
    count = ((last or first) - first).days + 1
    return [NewDay(layer, first + timedelta(days=step), meant, name) for step in range(count)], {}


def _fields(typed: QueryDict, errors: Mapping[str, str], layers: Mapping[str, str]) -> list[FieldView]:
    def day(name: str, label: str, *, required: bool = False, help_: str = "") -> FieldView:
        return FieldView(
            name, label, "date", value=shared.shown(typed.get(name, "")), required=required, width="s",
            inputmode="numeric", error=errors.get(name, ""), help=help_,
        )  # fmt: skip

    return [
        FieldView(
            "lich", "Áp dụng cho", "select", value=typed.get("lich", ""), required=True,
            error=errors.get("lich", ""), options=tuple(Option(code, name) for code, name in layers.items()),
        ),
        FieldView(
            "loai", "Loại thay đổi", "radio", value=typed.get("loai", ""), required=True,
            error=errors.get("loai", ""), options=tuple(Option(code, name) for code, name in KINDS.items()),
        ),
        day("tu-ngay", "Ngày", required=True),
        day("den-ngay", "Đến ngày", help_="Để trống nếu chỉ một ngày."),
        day("ngay-lam-bu", "Ngày làm bù", help_="Chỉ khi hoán đổi."),
        FieldView(
            "ten", "Tên ngày", value=typed.get("ten", "")[:200], error=errors.get("ten", ""), maxlength=200,
            help="Hiện trong cách tính thời hạn của hồ sơ.",
        ),
        FieldView(
            "som-hon", "Cho phép ngày hẹn sớm hơn ngày đã hẹn", "checkbox",
            value="1" if "som-hon" in typed else "",
            help="Không chọn: hồ sơ lẽ ra sớm hơn vẫn giữ ngày đã hẹn với người nộp.",
        ),
        *shared.decision_fields(typed, errors),
    ]  # fmt: skip


def _page(request: HttpRequest, number: int) -> HttpResponse:
    actor = shared.officer(request)
    view = campaigns.one(actor, number, KIND)
    layers = {layer.code: layer.name for layer in territory.layers()}
    counts = campaigns.effects(actor, number)
    context = {
        "campaign": shared.head(view),
        "earlier": view.earlier,
        "days": [
            {
                "on": day.on,
                "kind": NAMES[day.kind.value if day.kind else ""],
                "name": day.name,
                "layer": layers.get(day.layer, day.layer),
            }
            for day in view.days
        ],
        "counts": [(EFFECTS[kind], counts.get(kind, 0), kind is Effect.LATE) for kind in _ORDER],
        "agencies": [
            {
                "name": shared.agency_name(agency_id),
                "total": sum(found.values()),
                "counts": [(EFFECTS[kind], found.get(kind, 0)) for kind in _ORDER],
            }
            for agency_id, found in campaigns.by_agency(actor, number)
        ],
        "effects": [EFFECTS[kind] for kind in _ORDER],
        "crumbs": shared.crumbs(KIND, view.decision_no),
        **shared.page_of(request, actor, view),
    }
    return shared.show(request, "kstt/calendar.html", KIND, context)


_ORDER: Final = (Effect.LATE, Effect.IN_TIME, Effect.LATER, Effect.EARLIER, Effect.INNER)
page = pages.officer(require_safe(_page))
progress = pages.officer(
    require_safe(_page), counts=False
)  # a page that looks again shows nobody being there


@pages.officer
@require_POST
def act(request: HttpRequest, number: int) -> HttpResponse:
    """Begin, stop, take up again, make the preview anew or give up."""
    return shared.act(request, KIND, number)
