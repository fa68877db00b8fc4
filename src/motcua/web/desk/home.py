"""What an officer sees at 07:30: what waits, by kind, and the list behind each figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from motcua.dossiers import queries, unsigned
from motcua.edge import actors, paging
from motcua.exchange import queries as exchange
from motcua.kernel.actor import Actor, ActorKind
from motcua.notifications import queries as notifications
from motcua.platform import clock
from motcua.web.components import Crumb
from motcua.web.desk import pages, rows, tosign, unmanned, work
from motcua.workflow import queries as workflow
from motcua.workflow.queries import Range, TaskFilter

PAGE: Final = 50
TASKS: Final = 8


@dataclass(frozen=True, slots=True)
class Kind:
    """A tile: its slug, the query's name, what it says, how it looks when it is not empty, the empty list's words."""

    slug: str
    name: str
    title: str
    look: str
    none: str


KINDS: Final = (
    Kind("qua-han", "overdue", "Quá hạn", "late", "Không có hồ sơ nào quá hạn."),
    Kind("den-han", "due_today", "Đến hạn hôm nay", "warn", "Hôm nay không có hồ sơ nào đến hạn."),
    Kind(
        "cho-tra-loi", "unanswered", "Nộp trực tuyến chờ trả lời", "warn",
        "Mọi hồ sơ nộp trực tuyến đã được trả lời.",
    ),
    Kind(
        "sap-het-han-bo-sung", "lapsing", "Sắp hết hạn bổ sung", "warn",
        "Không có yêu cầu bổ sung nào sắp hết hạn.",
    ),
    Kind("chua-chuyen", "not_forwarded", "Chưa chuyển", "", "Mọi hồ sơ đã tiếp nhận đều đã chuyển."),
    Kind("cho-tra", "to_hand_out", "Kết quả chờ trả", "", "Không có kết quả nào chờ trả."),
)  # fmt: skip
BY_SLUG: Final[Mapping[str, Kind]] = {kind.slug: kind for kind in KINDS}


@pages.officer
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the tiles and what the officer should do first."""
    actor, now = actors.staff(request), clock.now()
    end = pages.end_of_today(actor, now)
    counts = queries.morning(actor, now, end)
    load = workflow.workload(actor, at=now, end_of_day=end, wanted=TaskFilter(Range.TODO))
    failed = notifications.failed_count(actor)
    tiles = [
        {
            "title": kind.title,
            "value": getattr(counts, kind.name),
            "url": f"/can-bo/cho/{kind.slug}/",
            "look": kind.look if getattr(counts, kind.name) else "",
        }
        for kind in KINDS
    ]
    tiles += [
        *_connections(actor, now),
        *_signatures(actor, now),
        {"title": "Tin nhắn chưa đến", "value": failed, "url": "/can-bo/tin-nhan/", "look": "late" if failed else ""},
        {
            "title": "Việc của tôi", "value": load.total, "url": "/can-bo/viec/",
            "look": "late" if load.overdue else "",
        },
    ]  # fmt: skip
    found = workflow.open_tasks(actor, TaskFilter(Range.TODO), limit=TASKS)
    context = {
        "tiles": tiles,
        "day": now,
        "load": load,
        "tasks": work.lines(actor, found, now),
        "more_tasks": load.total > len(found),
        "counter": bool(pages.counters(actor)),
        "unmanned": unmanned.notice(actor),
    }
    return pages.show(request, "desk/home.html", context)


def _signatures(actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """Return the tile of papers that wait for a signature, to who decides or keeps the agency's seal."""
    if not unsigned.signs(actor, now):
        return []
    count = unsigned.count(actor, now)
    return [{"title": tosign.TITLE, "value": count, "url": tosign.URL, "look": "warn" if count else ""}]


def _connections(actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """Return the tile of connections that are out of step, to who looks after them."""
    if not exchange.watches(actor):
        return []
    count = exchange.troubled(actor, at=now, real_at=clock.real_now())
    return [
        {
            "title": "Kết nối gián đoạn",
            "value": count,
            "url": "/can-bo/ket-noi/",
            "look": "late" if count else "",
        }
    ]


@pages.officer
@require_safe
def waiting(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the dossiers behind a figure, oldest first, paged by key."""
    if slug not in BY_SLUG:
        raise Http404
    kind = BY_SLUG[slug]
    actor, now = actors.staff(request), clock.now()
    after = paging.number_of(request.GET.get("sau", "")) or 0
    end = pages.end_of_today(actor, now)
    found = queries.waiting(actor, kind.name, now, end, after=after, size=PAGE)
    page = paging.page(found, PAGE, lambda row: [row.subject])
    url = f"/can-bo/cho/{slug}/"
    context: dict[str, Any] = {
        "kind": kind,
        "rows": rows.lines(page.rows, now),
        "shown": len(page.rows),
        "first_url": url if after else "",
        "next_url": f"{url}?{urlencode({'sau': page.next})}" if page.next else "",
        "forwarding": kind.name == "not_forwarded" and bool(pages.counters(actor)),
        "is_staff": actor.kind is ActorKind.STAFF,
        "others": [(one.title, f"/can-bo/cho/{one.slug}/") for one in KINDS],
        "current": url,
        "crumbs": [pages.HOME, Crumb(kind.title)],
    }
    return pages.show(request, "desk/waiting.html", context, section="/can-bo/")
