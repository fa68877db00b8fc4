"""What the national portal has against what we have: differences told again, the first synchronisation (R-063)."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from motcua.edge import keys
from motcua.exchange import queries
from motcua.exchange.operations import firstsync, reconciling
from motcua.exchange.queries import DifferingRow
from motcua.exchange.rules import DIFFERS_NAMES, FirstSyncState, NotAPortal
from motcua.exchange.wire import GENERATION_NAMES
from motcua.kernel.actor import Actor
from motcua.kernel.errors import Invalid
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.web import inputs
from motcua.web.components import Crumb, FieldView, Option
from motcua.web.desk import connections, follow, pages
from motcua.web.desk.follow import ActForm, Refused

FIRST: Final = "dong-bo-lan-dau"


def here(number: int) -> str:
    """Return the address of the page of a connection's reconciliation."""
    return f"{connections.URL}{number}/doi-soat/"


@pages.officer
@require_safe
def page(request: HttpRequest, number: int) -> HttpResponse:
    """Show how far a portal is in step, in what it differs, and the first synchronisation."""
    return _page(request, connections.watcher(request), number)


def _page(request: HttpRequest, actor: Actor, number: int, refused: Refused | None = None) -> HttpResponse:
    now = clock.now()
    one = queries.partner(actor, number, now)
    portal = queries.at_portal(actor, number, now)
    if portal is None:
        raise NotAPortal
    runs = queries.first_syncs(actor, number)
    running = any(run.state == FirstSyncState.RUNNING for run in runs)
    keeper = queries.keeps(actor) and one.account_on
    context = {
        "one": one,
        "portal": portal,
        "interface": GENERATION_NAMES[portal.generation],
        "check": queries.check_rules(now),
        "standin": settings.PORTAL_STANDIN_URL,
        "in_step": [
            (organisation.unit_by_code(row.agency).name, row) for row in queries.in_step(actor, number, now)
        ],
        "differing": [_differing(row) for row in queries.differing(actor, number)],
        "keeper": keeper,
        "runs": runs,
        "here": here(number),
        "crumbs": [
            pages.HOME,
            connections.LIST,
            Crumb(one.name, f"{connections.URL}{number}/"),
            Crumb("Đối soát"),
        ],
        **follow.context([_first()] if keeper and not running else [], refused),
    }
    return pages.show(
        request,
        "desk/national_portal.html",
        context,
        section=connections.URL,
        status=refused.status if refused else 200,
    )


def _differing(row: DifferingRow) -> dict[str, Any]:
    return {
        "row": row,
        "agency": organisation.unit_by_code(row.agency).name,
        "url": f"{connections.URL}doi-soat/{row.id}/gui-lai/",
        "found": [(DIFFERS_NAMES[what], ours, theirs) for what, ours, theirs in row.differences],
    }


def _first() -> ActForm:
    return ActForm(
        FIRST, "Đồng bộ lần đầu", "Bắt đầu đồng bộ",
        (
            FieldView(
                "which", "Báo những hồ sơ nào", "radio", required=True,
                options=(
                    Option("chua-ket-thuc", "Chỉ hồ sơ chưa kết thúc"),
                    Option("ca-da-ket-thuc", "Cả hồ sơ đã kết thúc trong khoảng ngày dưới đây"),
                ),
            ),
            FieldView("since", "Kết thúc từ ngày", "date", width="s"),
            FieldView("until", "Đến hết ngày", "date", width="s"),
        ),
        help="Báo những hồ sơ có từ trước mà Cổng chưa được báo, với mọi bước đã qua. "
        "Việc này chạy dần, không làm chậm các tin khác, dừng giữa chừng thì chạy tiếp.",
    )  # fmt: skip


@pages.officer
@require_POST
def first(request: HttpRequest, number: int) -> HttpResponse:
    """Begin the first synchronisation."""
    actor = connections.watcher(request)

    def begin() -> None:
        since, until = _period(request)
        firstsync.begin(
            partner=number, since=since, until=until, actor=actor, key=keys.key(request), at=clock.now()
        )

    return follow.done(
        request,
        begin,
        lambda refused: _page(request, actor, number, refused),
        slug=FIRST,
        said="Đã bắt đầu đồng bộ lần đầu.",
        url=here(number),
    )


def _period(request: HttpRequest) -> tuple[date | None, date | None]:
    """Return from when to when dossiers that ended are told; both None: none of them."""
    typed = request.POST
    match typed.get("which"):
        case "chua-ket-thuc":
            return None, None
        case "ca-da-ket-thuc":
            since, until = inputs.day(typed.get("since", "")), inputs.day(typed.get("until", ""))
            words = "Ghi ngày như 31/12/2026."
            errors = {name: words for name, day in (("since", since), ("until", until)) if day is None}
        case _:
            errors = {"which": "Chọn những hồ sơ được báo."}
    if errors:
        raise Invalid(errors=errors)
    return since, until


@pages.officer
@require_POST
def again(request: HttpRequest, number: int) -> HttpResponse:
    """Tell a dossier that differs once more."""
    actor = connections.watcher(request)
    partner = reconciling.tell_again(
        counterpart=number, actor=actor, key=keys.key(request), at=clock.now(), real_at=clock.real_now()
    )
    messages.success(request, "Hồ sơ đang được báo lại. Kết quả hiện ở lần đối soát sau.")
    return redirect(here(partner))
