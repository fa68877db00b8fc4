"""What the pages of reorganisation and calendar share: lists, a campaign with its dossiers, what may be done."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

from motcua.dossiers import campaigns
from motcua.dossiers.campaigning import EFFECTS, STAGES, CampaignNotFound, Effect, Kind, Stage
from motcua.dossiers.campaigns import View
from motcua.dossiers.operations import campaign as operations
from motcua.dossiers.rules import ItemState
from motcua.edge import actors, keys
from motcua.kernel.actor import Actor
from motcua.kernel.errors import Conflict
from motcua.kernel.text import matches
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.web import inputs
from motcua.web.components import Crumb, FieldView
from motcua.web.desk import fields, pages, rows

URLS: Final[Mapping[Kind, str]] = {
    Kind.REORGANISE: "/can-bo/sap-xep/",
    Kind.CALENDAR: "/can-bo/lich-lam-viec/",
}
TITLES: Final[Mapping[Kind, str]] = {Kind.REORGANISE: "Sắp xếp tổ chức", Kind.CALENDAR: "Lịch làm việc"}
LOOKS: Final[Mapping[Stage, str]] = {
    Stage.DRAFT: "wait",
    Stage.RUNNING: "now",
    Stage.STOPPED: "late",
    Stage.FINISHED: "done",
    Stage.DROPPED: "plain",
}
RESULTS: Final[Mapping[ItemState, tuple[str, str]]] = {
    ItemState.WAITING: ("Chờ đến lượt", "wait"),
    ItemState.DONE: ("Đã làm", "done"),
    ItemState.REFUSED: ("Không làm được", "late"),
    ItemState.FAILED: ("Hệ thống lỗi", "late"),
    ItemState.SKIPPED: ("Chưa làm", "plain"),
}
SIZE: Final = 25
ACTS: Final[Mapping[str, tuple[Callable[..., None], str]]] = {
    "bat-dau": (operations.start, "Đã bắt đầu. Trang này cho biết tiến độ; bạn có thể làm việc khác."),
    "dung": (operations.stop, "Đã dừng. Hồ sơ chưa đến lượt giữ nguyên như trước."),
    "lam-lai": (operations.repeat, "Đang làm tiếp các hồ sơ chưa làm được."),
    "xem-lai": (operations.prepare, "Đã tính lại bản xem trước."),
    "bo": (operations.drop, "Đã bỏ bản dự thảo này. Không có gì thay đổi."),
}


class NotForYou(CampaignNotFound):
    """The pages are for procedure-control officers of the province."""

    message = "Trang này dành cho cán bộ kiểm soát thủ tục hành chính cấp tỉnh."


def officer(request: HttpRequest) -> Actor:
    """
    Return the actor, a procedure-control officer of the province.

    :raises NotForYou:
    """
    actor = actors.staff(request)
    if not campaigns.may_see(actor):
        raise NotForYou
    return actor


def head(view: View) -> dict[str, Any]:
    """Return a campaign as lists and pages show it."""
    settled = view.total - view.waiting
    return {
        "number": view.number,
        "url": f"{URLS[view.kind]}{view.number}/",
        "on": view.on,
        "decision": view.decision_no,
        "decided_on": view.decided_on,
        "title": view.title,
        "state": STAGES[view.state],
        "look": LOOKS[view.state],
        "draft": view.state is Stage.DRAFT,
        "running": view.state is Stage.RUNNING,
        "over": view.state in (Stage.STOPPED, Stage.FINISHED),
        "drafted_at": view.drafted_at,
        "prepared_at": view.prepared_at,
        "started_at": view.started_at,
        "ended_at": view.ended_at,
        "total": view.total,
        "settled": settled,
        "done": view.done,
        "refused": view.refused,
        "skipped": view.skipped,
        "waiting": view.waiting,
        "blocked": view.blocked,
        "percent": settled * 100 // view.total if view.total else 100,
        "again": view.refused + view.skipped if view.state in (Stage.STOPPED, Stage.FINISHED) else 0,
    }


def decision_fields(typed: QueryDict, errors: Mapping[str, str]) -> list[FieldView]:
    """Return the inputs of the decision a campaign rests on."""
    return [
        FieldView(
            "so", "Số, ký hiệu văn bản", value=typed.get("so", "")[:60], required=True, width="m",
            error=errors.get("so", ""), maxlength=60,
        ),
        FieldView(
            "ngay-ban-hanh", "Ngày ban hành", "date", value=shown(typed.get("ngay-ban-hanh", "")), required=True,
            width="s", inputmode="numeric", error=errors.get("ngay-ban-hanh", ""),
        ),
        FieldView(
            "trich-yeu", "Trích yếu", "textarea", value=typed.get("trich-yeu", "")[:300], required=True,
            error=errors.get("trich-yeu", ""), maxlength=300,
        ),
    ]  # fmt: skip


def shown(text: str) -> str:
    """Return a typed day as people write it; what is no day stays as it was typed."""
    return inputs.shown_date(inputs.iso_date(text)) or text[:20]


def decision(typed: QueryDict) -> dict[str, Any]:
    """Return the decision that was typed."""
    return {
        "decision_no": typed.get("so", ""),
        "decided_on": inputs.day(typed.get("ngay-ban-hanh", "")),
        "title": typed.get("trich-yeu", ""),
    }


FILTERS: Final[Mapping[str, tuple[str, dict[str, Any]]]] = {
    "": ("Tất cả", {}),
    "chua": ("Chưa làm được", {"states": (ItemState.REFUSED, ItemState.FAILED, ItemState.SKIPPED)}),
    "khong-noi-nhan": ("Chưa có nơi nhận", {"effects": (Effect.BLOCKED,)}),
    "khong-nguoi": ("Nơi nhận chưa có người", {"unmanned": True}),
    "thanh-tre": ("Thành quá hạn", {"effects": (Effect.LATE,)}),
    "het-tre": ("Không còn quá hạn", {"effects": (Effect.IN_TIME,)}),
    "lui": ("Lùi lại", {"effects": (Effect.LATER,)}),
    "som": ("Sớm hơn", {"effects": (Effect.EARLIER,)}),
}
OF_KIND: Final[Mapping[Kind, Sequence[str]]] = {
    Kind.REORGANISE: ("", "khong-noi-nhan", "khong-nguoi", "chua"),
    Kind.CALENDAR: ("", "thanh-tre", "het-tre", "lui", "som", "chua"),
}


def page_of(request: HttpRequest, actor: Actor, view: View, units: Collection[int] = ()) -> dict[str, Any]:
    """
    Return one page of a campaign's dossiers with its filters: by what happens, by a unit, by words.

    Words find codes, and of the units of the campaign those whose name holds them.
    """
    url = f"{URLS[view.kind]}{view.number}/"
    asked = {"loc": request.GET.get("loc", ""), **fields.asked(request, ("tu", "q"))}
    if asked["loc"] not in OF_KIND[view.kind]:
        asked["loc"] = ""
    unit = inputs.number(asked["tu"])
    named: Collection[int] | None = None if unit is None else [unit]
    if asked["q"] and unit is None:
        named = [one for one in units if matches(asked["q"], unit_name(one))]
    after = inputs.number(request.GET.get("sau", ""), 9) or 0
    found = campaigns.items(
        actor, view.number, after=after, size=SIZE, text="" if unit else asked["q"], units=named,
        **FILTERS[asked["loc"]][1],
    )  # fmt: skip

    def page(**changed: Any) -> str:
        kept = {name: value for name, value in {**asked, **changed, "mo": 1}.items() if value}
        return f"{url}?{urlencode(kept)}#ho-so"

    return {
        "items": [_item(one) for one in found[:SIZE]],
        "opened": bool(request.GET.get("mo") or after or any(asked.values())),
        "narrowed": bool(asked["tu"] or asked["q"]),
        "unit": unit_name(unit) if unit is not None and organisation.tree().nodes.get(unit) else "",
        "search": FieldView(
            "q",
            "Mã hồ sơ, tên đơn vị" if units else "Mã hồ sơ",
            value=asked["q"],
            quiet=True,
            autocomplete="off",
        ),
        "loc": asked["loc"],
        "all_url": page(tu="", q=""),
        "tab_items": [(FILTERS[name][0], page(loc=name)) for name in OF_KIND[view.kind]],
        "current": page(),
        "shown": len(found[:SIZE]),
        "next_url": page(sau=found[SIZE - 1].no) if len(found) > SIZE else "",
        "first_url": page() if after else "",
    }


def _item(one: campaigns.Item) -> dict[str, Any]:
    result, look = RESULTS[one.state]
    return {
        "code": one.code,
        "url": rows.dossier_url(one.code),
        "effect": EFFECTS[one.effect],
        "from": unit_name(one.from_unit_id),
        "to": unit_name(one.to_unit_id),
        "agency": agency_name(one.agency_id),
        "tasks": one.tasks,
        "pooled": one.pooled,
        "unmanned": one.unmanned,
        "uncollected": one.uncollected,
        "before": one.due_before,
        "after": one.due_after,
        "late": one.effect in (Effect.LATE, Effect.BLOCKED),
        "result": result,
        "look": look,
        "waiting": one.state is ItemState.WAITING,
        "message": one.message,
        "at": one.done_at,
    }


def unit_name(unit_id: int | None) -> str:
    """Return the name of a unit that no other shares; nothing where there is none."""
    return organisation.full_name(organisation.unit(unit_id)) if unit_id is not None else ""


def agency_name(agency_id: int | None) -> str:
    """Return the full name of an agency; nothing where there is none."""
    return organisation.full_name(organisation.root_of_agency(agency_id)) if agency_id is not None else ""


def show(
    request: HttpRequest, template: str, kind: Kind, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Draw a page of a kind of campaign."""
    return pages.show(request, template, context, section=URLS[kind], status=status)


def crumbs(kind: Kind, *more: str) -> list[Crumb]:
    """Return the breadcrumb."""
    if not more:
        return [pages.HOME, Crumb(TITLES[kind])]
    return [pages.HOME, Crumb(TITLES[kind], URLS[kind]), *(Crumb(text) for text in more)]


def act(request: HttpRequest, kind: Kind, number: int) -> HttpResponse:
    """Begin, stop, take up again, make the preview anew or give up, as the button says."""
    actor = officer(request)
    campaigns.one(actor, number, kind)
    asked = request.POST.get("viec", "")
    url = f"{URLS[kind]}{number}/"
    if asked not in ACTS:
        return redirect(url)
    operation, words = ACTS[asked]
    try:
        operation(campaign=number, actor=actor, key=keys.key(request), at=clock.now())
    except Conflict as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, words)
    return redirect(URLS[kind] if asked == "bo" else url)
