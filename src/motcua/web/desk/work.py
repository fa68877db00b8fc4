"""The work list: what I hold, what lies in the pool of my duties, what my unit has; filters kept by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from motcua.dossiers import handovers, operations, queries
from motcua.edge import actors, keys, paging
from motcua.edge.paging import BadPage
from motcua.kernel.actor import Actor, Role
from motcua.kernel.errors import Conflict, DomainError, Forbidden
from motcua.organisation import queries as organisation
from motcua.organisation.tree import UnitRef
from motcua.platform import clock
from motcua.web import inputs
from motcua.web.components import Crumb, FieldView, Option
from motcua.web.desk import correcting, fields, pages, rows, unmanned
from motcua.workflow import queries as workflow
from motcua.workflow import rules, saved
from motcua.workflow.queries import PageKey, Range, TaskFilter, TaskRow

PAGE: Final = 50
URL: Final = "/can-bo/viec/"
RANGES: Final[Mapping[str, tuple[str, Range]]] = {
    "": ("Cần làm", Range.TODO),
    "cua-toi": ("Đã giao cho tôi", Range.ASSIGNED),
    "chua-nhan": ("Chưa ai nhận", Range.POOL),
    "don-vi": ("Cả đơn vị", Range.UNIT),
}
DUE: Final[Mapping[str, str]] = {
    "": "Bất kỳ",
    "qua-han": "Quá hạn",
    "hom-nay": "Hôm nay",
    "3-ngay": "Trong 3 ngày",
}
NAMES: Final = ("pham-vi", "don-vi", "linh-vuc", "han")
LISTINGS: Final[Mapping[str, str]] = {"viec": URL, "ho-so": "/can-bo/ho-so/"}


def narrowed(
    actor: Actor, asked: Mapping[str, str], units: Sequence[UnitRef], now: datetime
) -> tuple[str, str, TaskFilter]:
    """Return the range and the due choice as understood, and the filter of the work list they make."""
    code = asked["pham-vi"] if asked["pham-vi"] in RANGES else ""
    due = asked["han"] if asked["han"] in DUE else ""
    end = pages.end_of_today(actor, now)
    wanted = TaskFilter(
        range=RANGES[code][1],
        unit_id=fields.unit_of(asked["don-vi"], units),
        field=asked["linh-vuc"] or None,
        due_from=now if due in ("hom-nay", "3-ngay") else None,
        due_before={"qua-han": now, "hom-nay": end, "3-ngay": end + timedelta(days=3)}.get(due),
    )
    return code, due, wanted


@pages.officer
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show open tasks by due time, paged by key."""
    actor, now = actors.staff(request), clock.now()
    asked = fields.asked(request, NAMES)
    units = fields.own_units(actor)
    code, due, wanted = narrowed(actor, asked, units, now)
    after = _key(request.GET.get("sau", ""))
    found = workflow.open_tasks(actor, wanted, after=after, limit=PAGE + 1)
    page = paging.page(found, PAGE, lambda row: [row.due_at, row.id])
    kept = {name: value for name, value in asked.items() if value}
    context: dict[str, Any] = {
        "tab_items": [
            (title, _url({**kept, "pham-vi": slug})) for slug, (title, _) in RANGES.items()
        ],
        "current": _url({**kept, "pham-vi": code}),
        "filters": [
            FieldView("pham-vi", "Phạm vi", "hidden", value=code),
            fields.unit_field(units, asked["don-vi"]),
            fields.procedure_field_field(asked["linh-vuc"]),
            FieldView(
                "han", "Hạn bước", "select", value=due, quiet=True, blank=DUE[""],
                options=tuple(Option(slug, title) for slug, title in DUE.items() if slug),
            ),
        ],
        "narrowed": any(value for name, value in kept.items() if name != "pham-vi"),
        "tasks": lines(actor, page.rows, now),
        "shown": len(page.rows),
        "first_url": _url(kept) if after else "",
        "next_url": _url({**kept, "sau": page.next}) if page.next else "",
        "clear_url": _url({"pham-vi": code}),
        "listing": "viec",
        "query": urlencode(kept),
        "saved": saved.of(actor, "viec"),
        "here": request.get_full_path(),
        "pick": True,
        "handovers": handovers.waiting(actor),
        "unmanned": unmanned.notice(actor),
        "rows": correcting.lines(actor, now),
        "crumbs": [pages.HOME, Crumb("Việc của tôi")],
    }  # fmt: skip
    return pages.show(request, "desk/work.html", context, section=URL)


def _url(values: Mapping[str, str]) -> str:
    text = urlencode({name: value for name, value in values.items() if value})
    return f"{URL}?{text}" if text else URL


def _key(text: str) -> PageKey | None:
    key = paging.key_of(text, 2)
    if key is None:
        return None
    try:
        moment = datetime.fromisoformat(str(key[0]))
        if moment.tzinfo is None:
            raise BadPage
        return PageKey(moment, int(key[1]))
    except (ValueError, TypeError) as error:
        raise BadPage from error


def lines(actor: Actor, found: Sequence[TaskRow], now: datetime) -> list[rows.TaskLine]:
    """Return tasks with their dossiers and the names of their holders (two statements)."""
    dossiers = queries.by_subjects(actor, [row.subject for row in found]) if found else {}
    names = organisation.staff_names({row.assignee_id for row in found if row.assignee_id is not None})
    return [
        rows.task_line(
            row,
            dossiers.get(row.subject),
            names,
            now,
            mine=row.assignee_id is not None and row.assignee_id == actor.staff_id,
            takeable=row.assignee_id is None and row.role != Role.ONE_STOP_OFFICER and _may_take(actor, row),
        )
        for row in found
    ]


def _may_take(actor: Actor, row: TaskRow) -> bool:
    return rules.duty_for(actor, row.unit_id, row.role, row.field, workflow.acting_units) is not None


@pages.officer
@require_POST
def take(request: HttpRequest) -> HttpResponse:
    """Take a task from the pool, by one button of the list."""
    actor = actors.staff(request)
    code, task = request.POST.get("code", ""), request.POST.get("task", "")
    back = request.POST.get("back", URL)
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None) or not back.startswith("/can-bo/"):
        back = URL
    try:
        operations.assign(
            code=code,
            task_id=inputs.number(task) or 0,
            actor=actor,
            key=keys.key(request),
            at=clock.now(),
        )
    except (Conflict, Forbidden) as refusal:
        messages.error(request, f"Hồ sơ {code}: {refusal.message}")
        return redirect(back)
    messages.success(request, f"Bạn đã nhận hồ sơ {code}.")
    return redirect(rows.dossier_url(code) if "open" in request.POST else back)


@pages.officer
@require_POST
def keep_filter(request: HttpRequest) -> HttpResponse:
    """Keep the filter of a list under a name."""
    actor, listing_code = actors.staff(request), request.POST.get("listing", "")
    url = LISTINGS.get(listing_code, URL)
    query = request.POST.get("query", "")
    try:
        saved.keep(
            actor=actor,
            listing=listing_code if listing_code in LISTINGS else "viec",
            name=request.POST.get("name", ""),
            query=query,
            at=clock.now(),
        )
    except DomainError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "Đã lưu bộ lọc.")
    return redirect(f"{url}?{query}" if query else url)


@pages.officer
@require_POST
def drop_filter(request: HttpRequest, filter_id: int) -> HttpResponse:
    """Throw a filter away."""
    saved.drop(actor=actors.staff(request), filter_id=filter_id)
    messages.success(request, "Đã bỏ bộ lọc.")
    return redirect(LISTINGS.get(request.POST.get("listing", ""), URL))
