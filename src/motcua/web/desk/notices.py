"""Messages that reached nobody: sent again, or told by telephone."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from motcua.edge import actors, keys, paging
from motcua.kernel.errors import Conflict
from motcua.notifications import operations, queries
from motcua.platform import clock
from motcua.web.components import Crumb
from motcua.web.desk import pages, rows

PAGE: Final = 50
URL: Final = "/can-bo/tin-nhan/"


@pages.officer
@require_safe
def failed(request: HttpRequest) -> HttpResponse:
    """Show the messages that reached nobody, newest first, paged by key."""
    actor = actors.staff(request)
    before = paging.number_of(request.GET.get("sau", ""))
    found = queries.failed(actor, before=before, limit=PAGE + 1)
    page = paging.page(found, PAGE, lambda row: [row.id])
    return _draw(request, list(page.rows), before, page.next, None, "")


def _draw(
    request: HttpRequest,
    found: list[queries.Notice],
    before: int | None,
    following: str,
    called: int | None,
    address: str,
) -> HttpResponse:
    context: dict[str, Any] = {
        "rows": [
            {
                "id": row.id,
                "code": row.dossier_code,
                "url": rows.dossier_url(row.dossier_code),
                "channel": row.channel_name,
                "title": row.title or row.text[:80],
                "text": row.text,
                "address": address if called == row.id else row.address,
                "full": called == row.id,
                "error": row.error,
                "attempts": row.attempts,
                "at": row.at,
                "key": keys.new(),
                "call_key": keys.new(),
            }
            for row in found
        ],
        "shown": len(found),
        "first_url": URL if before else "",
        "next_url": f"{URL}?{urlencode({'sau': following})}" if following else "",
        "crumbs": [pages.HOME, Crumb("Tin chưa đến người nhận")],
    }
    return pages.show(request, "desk/notices.html", context, section=URL)


@pages.officer
@require_POST
def show_address(request: HttpRequest, message_id: int) -> HttpResponse:
    """Show the number to call, in full; that leaves a trace."""
    actor = actors.staff(request)
    address = queries.address(message_id, actor, clock.now())
    found = queries.failed(actor, before=message_id + 1, limit=PAGE)
    return _draw(request, found, message_id, "", message_id, address)


@pages.officer
@require_POST
def resend(request: HttpRequest, message_id: int) -> HttpResponse:
    """Send a message again."""
    actor = actors.staff(request)
    try:
        operations.resend(message_id=message_id, actor=actor, key=keys.key(request), at=clock.real_now())
    except Conflict as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "Tin đang được gửi lại.")
    return redirect(_back(request))


@pages.officer
@require_POST
def called(request: HttpRequest, message_id: int) -> HttpResponse:
    """Record that the person was told by telephone."""
    actor = actors.staff(request)
    try:
        operations.record_phone_call(
            message_id=message_id, actor=actor, key=keys.key(request), at=clock.now(),
            note=request.POST.get("note", ""),
        )  # fmt: skip
    except Conflict as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "Đã ghi nhận việc báo qua điện thoại.")
    return redirect(_back(request))


def _back(request: HttpRequest) -> str:
    back = request.POST.get("back", URL)
    good = back.startswith("/can-bo/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return back if good else URL
