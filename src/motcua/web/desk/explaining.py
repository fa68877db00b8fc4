"""Late dossiers and their explanations: what an officer owes, what a head has to read, what was accepted."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from motcua.dossiers import explanations
from motcua.dossiers.explanations import Explained, Filters
from motcua.dossiers.lateness import EXPLANATION_NAMES, TO_WRITE, ExplanationState
from motcua.dossiers.queries import ListRow
from motcua.dossiers.rules import CAUSE_NAMES, Cause
from motcua.edge import actors, paging
from motcua.kernel.wording import length_vi
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.web.components import Crumb, FieldView, Option
from motcua.web.desk import pages, rows
from motcua.web.desk.dossier import EXPLANATION_LOOKS

PAGE: Final = 50
URL: Final = "/can-bo/giai-trinh/"
TABS: Final[dict[str, tuple[str, tuple[ExplanationState, ...]]]] = {
    "": ("Phải giải trình", tuple(sorted(TO_WRITE))),
    "cho": ("Chờ người đứng đầu", (ExplanationState.WRITTEN,)),
    "xong": ("Đã chấp nhận", (ExplanationState.ACCEPTED,)),
}
NONE: Final = {
    "": "Không có hồ sơ quá hạn nào phải giải trình.",
    "cho": "Không có giải trình nào chờ xem.",
    "xong": "Chưa có giải trình nào được chấp nhận.",
}


@pages.officer
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show late dossiers by what their explanation waits for, due longest ago first, paged by key."""
    actor, now = actors.staff(request), clock.now()
    asked = {name: request.GET.get(name, "")[:20] for name in ("loai", "ai", "co-quan")}
    which = asked["loai"] if asked["loai"] in TABS else ""
    known = explanations.agencies(actor)
    agency = next((one for one in known if str(one) == asked["co-quan"]), None)
    filters = Filters(
        states=TABS[which][1],
        agency_id=agency,
        mine=asked["ai"] == "toi",
        late_at=now if asked["ai"] == "tre" and not which else None,
    )
    found = explanations.listing(
        actor, filters, after=paging.moment_of(request.GET.get("sau", "")), size=PAGE
    )
    page = paging.page(found, PAGE, lambda one: [one[0].due_at, one[0].subject])
    staff = {one.holder_id for one, _ in page.rows} | {one.written_by_id for one, _ in page.rows}
    names = organisation.staff_names({one for one in staff if one is not None})
    counts = explanations.counts(actor, filters)
    kept = {name: value for name, value in asked.items() if value and name != "loai"}
    current = _url({**kept, "loai": which})
    context: dict[str, Any] = {
        "rows": [_line(one, row, names, now) for one, row in page.rows],
        "none": NONE[which],
        "tabs": [
            (f"{label} ({sum(counts[state] for state in states)})", _url({**kept, "loai": name}))
            for name, (label, states) in TABS.items()
        ],
        "current": current,
        "which": which,
        "fields": _fields(asked, known),
        "shown": len(page.rows),
        "first_url": current if request.GET.get("sau") else "",
        "next_url": _url({**kept, "loai": which, "sau": page.next}) if page.next else "",
        "crumbs": [pages.HOME, Crumb("Giải trình hồ sơ quá hạn")],
    }
    return pages.show(request, "desk/explanations.html", context, section=URL)


def _url(values: dict[str, str]) -> str:
    kept = {name: value for name, value in values.items() if value}
    return f"{URL}?{urlencode(kept)}" if kept else URL


def _fields(asked: dict[str, str], known: list[int]) -> list[FieldView]:
    who = [Option("toi", "Của tôi")]
    if asked["loai"] in ("", "x"):
        who.append(Option("tre", "Quá hạn giải trình"))
    inputs = [
        FieldView(
            "ai", "Của ai", "select", value=asked["ai"], options=tuple(who), quiet=True, blank="Tất cả",
            width="m",
        )
    ]  # fmt: skip
    if len(known) > 1:
        agencies = sorted((organisation.root_of_agency(one).name, one) for one in known)
        inputs.append(
            FieldView(
                "co-quan", "Cơ quan giải quyết", "select", value=asked["co-quan"], quiet=True,
                blank="Mọi cơ quan", width="l",
                options=tuple(Option(str(number), name) for name, number in agencies),
            )
        )  # fmt: skip
    return inputs


def _line(one: Explained, row: ListRow, names: dict[int, str], now: Any) -> dict[str, Any]:
    calendar = organisation.calendar(organisation.root_of_agency(row.agency_id).id)
    end = one.until or now
    return {
        "line": rows.line(row, now),
        "due_at": one.due_at,
        "late": length_vi(calendar.minutes_between(one.due_at, end), calendar.day_minutes),
        "growing": one.until is None,
        "step": one.step,
        "where": rows.unit_name(one.unit_id),
        "who": names.get(one.holder_id or 0, "") or "Chưa ai nhận",
        "more": len(one.shares) - 1 if len(one.shares) > 1 else 0,
        "state": EXPLANATION_NAMES[one.state],
        "look": EXPLANATION_LOOKS[one.state],
        "by": one.answer_by,
        "overdue": one.state in TO_WRITE and one.answer_by < now,
        "cause": CAUSE_NAMES[Cause(one.cause)] if one.cause else "",
        "reason": one.reason,
        "writer": names.get(one.written_by_id or 0, ""),
        "written_at": one.written_at,
        "answer": one.answer,
    }
