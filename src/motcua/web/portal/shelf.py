"""What a signed-in person keeps here besides dossiers: messages, and the repository of papers and results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from urllib.parse import urlencode

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from motcua.documents import operations as documents
from motcua.documents import queries as papers
from motcua.dossiers import queries as dossiers
from motcua.edge import actors, paging
from motcua.edge.readonly import making_paper
from motcua.kernel.actor import Actor
from motcua.kernel.errors import NotFound
from motcua.notifications import operations as notice_operations
from motcua.notifications import queries as notices
from motcua.platform import blobs, clock
from motcua.repository import queries as repository
from motcua.repository.rules import Certainty, HoldingKind, HoldingState, valid_on
from motcua.web.components import Crumb
from motcua.web.portal.sending import sent
from motcua.web.portal.views import HOME, MINE

PAGE: Final = 20
SOON: Final = timedelta(days=30)  # so long before its end a paper is said to end soon
CERTAINTY: Final = {
    Certainty.ISSUED: "Do cơ quan cấp qua hệ thống",
    Certainty.CHECKED: "Đã đối chiếu bản chính",
    Certainty.HANDED_IN: "Bạn đã nộp, chưa đối chiếu",
}


KINDS: Final[Mapping[str, tuple[str, HoldingKind | None]]] = {
    "": ("Tất cả", None),
    "ket-qua": ("Kết quả đã nhận", HoldingKind.RESULT),
    "giay-to": ("Giấy tờ đã nộp", HoldingKind.PAPER),
}


def shelves(actor: Actor) -> list[tuple[str, str]]:
    """Return the tabs above what is one's own; unread messages are counted (one statement)."""
    unread = notices.unread_count(actor)
    return [
        ("Hồ sơ", reverse("portal:my_dossiers")),
        (f"Tin nhắn ({unread})" if unread else "Tin nhắn", reverse("portal:messages")),
        ("Kho giấy tờ", reverse("portal:holdings")),
    ]


# Messages --------------------------------------------------------------------------------------------


@require_GET
def messages(request: HttpRequest) -> HttpResponse:
    """Show the portal messages, newest first, paged by key; what was not opened yet is marked."""
    actor = actors.citizen(request)
    before = paging.number_of(request.GET.get("sau", ""))
    page = paging.page(notices.own(actor, before=before, limit=PAGE + 1), PAGE, lambda row: [row.id])
    url = reverse("portal:messages")
    context = {
        "rows": page.rows,
        "unread": any(not row.read for row in page.rows),
        "shelves": shelves(actor),
        "here": url,
        "first_url": url if before else "",
        "next_url": f"{url}?{urlencode({'sau': page.next})}" if page.next else "",
        "section": "mine",
        "crumbs": [HOME, MINE, Crumb("Tin nhắn")],
    }
    return render(request, "portal/messages.html", context)


@require_POST
def open_message(request: HttpRequest, message: int) -> HttpResponse:
    """Mark a message as read and go to its dossier."""
    actor = actors.citizen(request)
    notice_operations.mark_read(message_id=message, actor=actor, at=clock.now())
    code = request.POST.get("code", "")
    return redirect("portal:my_dossier", code) if code else redirect("portal:messages")


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark the newest messages as read."""
    actor = actors.citizen(request)
    for row in notices.own(actor):
        if not row.read:
            notice_operations.mark_read(message_id=row.id, actor=actor, at=clock.now())
    flash.success(request, "Đã đánh dấu các tin nhắn gần đây là đã đọc.")
    return redirect("portal:messages")


# Repository --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Held:
    """A paper or result as its owner sees it."""

    title: str
    number: str
    issuer: str
    issued_on: date | None
    valid_to: date | None
    counts: bool
    standing: str
    origin: str
    url: str
    source: str
    soon: bool
    kind: str


@require_GET
def holdings(request: HttpRequest) -> HttpResponse:
    """Show what the person's repository holds, newest first, paged by key: all of it, results or papers handed in."""
    actor = actors.citizen(request)
    group = request.GET.get("nhom", "")
    if group not in KINDS:
        group = ""
    before = paging.moment_of(request.GET.get("sau", ""))
    found = repository.shelf(actor, KINDS[group][1], before=before, limit=PAGE + 1)
    page = paging.page(found, PAGE, lambda row: [row.created_at.isoformat(), row.id])
    known = dossiers.by_subjects(actor, [row.source_subject for row in page.rows if row.source_subject])
    today = clock.today()

    def held(row: repository.HoldingRow) -> Held:
        counts = row.state is HoldingState.ACTIVE and valid_on(row.valid_from, row.valid_to, today)
        standing = "Còn giá trị"
        if row.state is HoldingState.SUPERSEDED:
            standing = "Đã có bản mới thay thế"
        elif row.state is HoldingState.REVOKED:
            standing = "Đã bị thu hồi"
        elif not counts:
            standing = "Đã hết hạn" if row.valid_to and row.valid_to < today else "Chưa đến ngày có giá trị"
        source = known.get(row.source_subject or 0)
        return Held(
            title=row.title,
            number=row.number,
            issuer=row.issuer,
            issued_on=row.issued_on,
            valid_to=row.valid_to,
            counts=counts,
            standing=standing,
            origin=CERTAINTY[row.certainty],
            url=reverse("portal:holding", args=[row.id]) if row.document_id or row.file_id else "",
            source=source.code if source else "",
            soon=counts and row.valid_to is not None and row.valid_to - today <= SOON,
            kind="Kết quả" if row.kind is HoldingKind.RESULT else "Giấy tờ đã nộp",
        )

    url = reverse("portal:holdings")
    kept = {"nhom": group} if group else {}
    context = {
        "rows": [held(row) for row in page.rows],
        "group": group,
        "tab_items": [(name, f"{url}?nhom={code}" if code else url) for code, (name, _) in KINDS.items()],
        "current": f"{url}?nhom={group}" if group else url,
        "first_url": (f"{url}?{urlencode(kept)}" if kept else url) if before else "",
        "next_url": f"{url}?{urlencode({**kept, 'sau': page.next})}" if page.next else "",
        "shelves": shelves(actor),
        "here": url,
        "section": "mine",
        "crumbs": [HOME, MINE, Crumb("Kho giấy tờ")],
    }
    return render(request, "portal/holdings.html", context)


@require_GET
def download(request: HttpRequest, holding: int) -> HttpResponse:
    """Send a paper of the repository; an issued one is made on first opening."""
    actor = actors.citizen(request)
    row = repository.holding(actor, holding)
    if row.document_id is not None:
        with making_paper():
            paper = documents.printed(actor=actor, document_id=row.document_id, at=clock.now())
        return sent(paper.pdf, paper.name, "application/pdf")
    if row.file_id is None:
        raise NotFound("Giấy tờ này chưa có bản điện tử.")
    file = papers.file(actor, row.file_id)
    return sent(blobs.read(file.sha256), file.name, file.mime)
