"""What runs late or is about to: warnings by kind; and what the system could not do at its time."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from motcua.dossiers import outlooks, queries, timing, unmanned
from motcua.dossiers.operations import timers
from motcua.dossiers.rules import CAUSE_NAMES, Cause
from motcua.dossiers.timing import TIMER_NAMES, Timer
from motcua.edge import actors, paging
from motcua.kernel.actor import Actor, Role
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Forbidden, NotFound
from motcua.platform import clock
from motcua.web.components import Crumb
from motcua.web.desk import pages, rows

PAGE: Final = 50
URL: Final = "/can-bo/canh-bao/"
DRAFTS_URL: Final = f"{URL}xin-loi/"
LIKELY_URL: Final = f"{URL}nguy-co/"
UNMANNED_URL: Final = f"{URL}chua-co-nguoi/"
FAILED_URL: Final = "/can-bo/hen-gio/"
SLUGS: Final = {
    "tra-loi": Timer.UNANSWERED,
    "sap-den-han": Timer.DUE_SOON,
    "qua-han": Timer.OVERDUE,
    "y-kien-cham": Timer.LATE_OPINION,
    "cham-chuyen": Timer.UNFORWARDED,
    "cham-xac-nhan": Timer.UNCONFIRMED,
    "bo-nganh-cham-nhan": Timer.UNACKNOWLEDGED,
    "bo-nganh-cham-tra-loi": Timer.NO_ANSWER,
}
NONE: Final = {
    Timer.UNANSWERED: "Mọi hồ sơ nộp trực tuyến đều được trả lời đúng thời hạn.",
    Timer.DUE_SOON: "Không có hồ sơ nào sắp đến hạn trả kết quả.",
    Timer.OVERDUE: "Không có hồ sơ nào quá hạn trả kết quả.",
    Timer.LATE_OPINION: "Không có đơn vị nào chậm cho ý kiến.",
    Timer.UNFORWARDED: "Mọi hồ sơ nhận thay cơ quan khác đều được chuyển đúng thời hạn.",
    Timer.UNCONFIRMED: "Mọi hồ sơ chuyển đi đều được cơ quan có thẩm quyền xác nhận đúng thời hạn.",
    Timer.UNACKNOWLEDGED: "Mọi đề nghị gửi hệ thống của bộ, ngành đều được nhận đúng thời hạn.",
    Timer.NO_ANSWER: "Mọi đề nghị gửi hệ thống của bộ, ngành đều được trả lời đúng thời hạn.",
}


@pages.officer
@require_safe
def listing(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Show the warnings that stand on dossiers of one's units, newest first, paged by key."""
    if slug and slug not in SLUGS:
        raise Http404
    actor, now = actors.staff(request), clock.now()
    kinds = [SLUGS[slug]] if slug else sorted(timing.SHOWN)
    found = queries.alarms(actor, kinds, after=paging.moment_of(request.GET.get("sau", "")), size=PAGE)
    page = paging.page(found, PAGE, lambda one: [one.fired_at, one.id])
    url = f"{URL}{slug}/" if slug else URL
    context: dict[str, Any] = {
        "rows": [
            {
                "name": TIMER_NAMES[Timer(one.kind)],
                "late": one.kind != Timer.DUE_SOON,
                "due_at": one.due_at,
                "fired_at": one.fired_at,
                "line": rows.line(one.row, now),
            }
            for one in page.rows
        ],
        "none": NONE.get(SLUGS[slug], "") if slug else "Không có cảnh báo nào.",
        "tabs": tabs(actor, now, slug),
        "current": url,
        "shown": len(page.rows),
        "first_url": url if request.GET.get("sau") else "",
        "next_url": f"{url}?{urlencode({'sau': page.next})}" if page.next else "",
        "failed_url": FAILED_URL if actor.duty(Role.KSTT, Role.ADMIN) else "",
        "crumbs": [pages.HOME, Crumb("Cảnh báo")],
    }
    return pages.show(request, "desk/alarms.html", context, section=URL)


@pages.officer
@require_safe
def likely(request: HttpRequest) -> HttpResponse:
    """Show the dossiers that are in time and will probably be late, the ones due first on top, paged by key."""
    actor, now = actors.staff(request), clock.now()
    found = outlooks.likely(actor, now, after=paging.moment_of(request.GET.get("sau", "")), size=PAGE)
    page = paging.page(found, PAGE, lambda one: [one.row.due_at, one.row.subject])
    context: dict[str, Any] = {
        "rows": [
            {"expected_at": one.expected_at, "since": one.since, "line": rows.line(one.row, now)}
            for one in page.rows
        ],
        "tabs": tabs(actor, now),
        "current": LIKELY_URL,
        "shown": len(page.rows),
        "first_url": LIKELY_URL if request.GET.get("sau") else "",
        "next_url": f"{LIKELY_URL}?{urlencode({'sau': page.next})}" if page.next else "",
        "crumbs": [pages.HOME, Crumb("Cảnh báo", URL), Crumb("Có nguy cơ trễ hẹn")],
    }
    return pages.show(request, "desk/likely_late.html", context, section=URL)


def tabs(actor: Actor, now: datetime, shown: str = "") -> list[tuple[str, str]]:
    """Return the tabs: of the warnings those there are any of, and the one shown."""
    places = unmanned.places(actor, now.astimezone(LOCAL).date())
    counts = queries.alarm_counts(actor)
    total = sum(counts.get(kind, 0) for kind in SLUGS.values())
    return [
        (f"Tất cả ({total})", URL),
        *(
            (f"{TIMER_NAMES[kind]} ({counts.get(kind, 0)})", f"{URL}{name}/")
            for name, kind in SLUGS.items()
            if counts.get(kind) or name == shown
        ),
        (f"Có nguy cơ trễ hẹn ({outlooks.count(actor, now)})", LIKELY_URL),
        ("Văn bản xin lỗi chờ ký", DRAFTS_URL),
        *(
            [(f"Chưa có người giữ việc ({len(places)})", UNMANNED_URL)]
            if places or shown == UNMANNED_URL
            else []
        ),
    ]


@pages.officer
@require_safe
def drafts(request: HttpRequest) -> HttpResponse:
    """Show the letters of apology that wait for their signature."""
    actor, now = actors.staff(request), clock.now()
    context = {
        "rows": [
            {
                "cause": CAUSE_NAMES[Cause(one.cause)],
                "reason": one.reason,
                "new_due_at": one.new_due_at,
                "drafted_at": one.drafted_at,
                "by_system": one.by_system,
                "line": rows.line(one.row, now),
            }
            for one in queries.drafts(actor)
        ],
        "tabs": tabs(actor, now),
        "current": DRAFTS_URL,
        "crumbs": [pages.HOME, Crumb("Cảnh báo", URL), Crumb("Văn bản xin lỗi chờ ký")],
    }
    return pages.show(request, "desk/apology_drafts.html", context, section=URL)


@pages.officer
@require_safe
def failed(request: HttpRequest) -> HttpResponse:
    """Show what the system could not do at its time, to who keeps procedures or the system."""
    actor = actors.staff(request)
    if actor.duty(Role.KSTT, Role.ADMIN) is None:
        raise Forbidden
    context = {
        "rows": [
            {
                "id": one.id,
                "code": one.code,
                "url": rows.dossier_url(one.code),
                "name": TIMER_NAMES[Timer(one.kind)],
                "due_at": one.due_at,
                "attempts": one.attempts,
                "next_at": one.next_at,
                "error": one.error,
            }
            for one in queries.failed_timers(actor)
        ],
        "crumbs": [pages.HOME, Crumb("Cảnh báo", URL), Crumb("Việc hẹn giờ chưa chạy được")],
    }
    return pages.show(request, "desk/failed_timers.html", context, section=URL)


@pages.officer
@require_POST
def retry(request: HttpRequest, timer_id: int) -> HttpResponse:
    """Let one be tried again at the next round."""
    actor = actors.staff(request)
    try:
        timers.retry(timer_id=timer_id, actor=actor, real=clock.real_now())
    except NotFound as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "Việc này sẽ được chạy lại trong vòng một phút.")
    return redirect(FAILED_URL)
