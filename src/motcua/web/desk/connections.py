"""Connections to systems of ministries: who they are, what they may do, and every message to and from them (R-065)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from motcua.catalogue import queries as catalogue
from motcua.edge import actors, keys, paging
from motcua.exchange import queries
from motcua.exchange.operations import partners, sending
from motcua.exchange.operations.partners import Terms
from motcua.exchange.queries import Health, MessageFilters, MessageRow, PartnerRow
from motcua.exchange.rules import (
    KIND_NAMES,
    SCOPE_NAMES,
    STATE_NAMES,
    TROUBLE_NAMES,
    Direction,
    MessageState,
    NotTheKeeper,
    Scope,
    Trouble,
)
from motcua.kernel.actor import Actor
from motcua.kernel.errors import Invalid
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.web import components, inputs, refusals
from motcua.web.components import Crumb, FieldView, Option, TimelineItem
from motcua.web.desk import fields, follow, pages, rows
from motcua.web.desk.follow import ActForm, Refused

PAGE: Final = 50
URL: Final = "/can-bo/ket-noi/"
LOG: Final = f"{URL}tin/"
LIST: Final = Crumb("Kết nối", URL)
MESSAGES: Final = Crumb("Tin gửi, nhận", LOG)
TABS: Final = [("Hệ thống kết nối", URL), ("Tin gửi, nhận", LOG)]
LOOKS: Final[Mapping[MessageState, str]] = {
    MessageState.RECEIVED: "wait",
    MessageState.APPLIED: "done",
    MessageState.KEPT: "plain",
    MessageState.REFUSED: "late",
    MessageState.QUEUED: "wait",
    MessageState.SENT: "done",
    MessageState.FAILED: "late",
}
WAYS: Final[Mapping[Direction, str]] = {Direction.IN: "Nhận về", Direction.OUT: "Gửi đi"}
RIGHTS: Final = (
    ("ca-hai", "Lấy hồ sơ và báo kết quả", (Scope.REPORT, Scope.READ)),
    ("bao", "Chỉ báo tình trạng, gửi kết quả", (Scope.REPORT,)),
    ("lay", "Chỉ lấy dữ liệu, giấy tờ", (Scope.READ,)),
    ("tinh-trang", "Chỉ được báo tình trạng của mọi hồ sơ", (Scope.STATES,)),
)
LABELS: Final[Mapping[str, str]] = {
    "message_id": "Mã tin", "kind": "Loại tin", "dossier": "Hồ sơ", "group": "Hồ sơ liên thông", "part": "Phần",
    "procedure": "Thủ tục", "code": "Mã", "name": "Tên", "channel": "Kênh nộp", "filed_at": "Chuyển lúc",
    "answer_by": "Hạn xác nhận", "owner": "Người yêu cầu", "submitter": "Người nộp", "number": "Số",
    "phone": "Điện thoại", "email": "Thư điện tử", "address": "Địa chỉ", "answers": "Tờ khai", "papers": "Giấy tờ",
    "paper": "Mã giấy tờ", "state": "Tình trạng", "file": "Tệp", "file_id": "Số tệp", "mime": "Kiểu tệp",
    "size": "Cỡ tệp (byte)", "sha256": "Mã băm", "status": "Số trạng thái", "said_at": "Thời điểm bên kia ghi",
    "note": "Ghi chú", "verifying": "Phải xác minh thực địa", "result": "Kết quả", "signed_by": "Người ký",
    "signed_at": "Ký lúc", "request": "Đề nghị số", "asked_at": "Đề nghị lúc", "words": "Nội dung đề nghị",
    "files": "Tệp kèm theo", "agency": "Cơ quan", "status_name": "Trạng thái", "since": "Từ lúc", "due_at": "Hẹn trả",
    "seq": "Số thứ tự trong sổ", "steps": "Các bước",
}  # fmt: skip
COURSE: Final[Mapping[str, str]] = {
    "partner_add": "Lập kết nối",
    "partner_change": "Đổi thỏa thuận kết nối",
    "partner_secret": "Tạo khóa mới",
    "partner_off": "Ngừng kết nối",
    "partner_resend": "Gửi lại tin",
    "partner_tell_again": "Báo lại hồ sơ lệch",
    "partner_first_sync": "Bắt đầu đồng bộ lần đầu",
    "partner_sign_in_refused": "Có người dùng sai khóa",
}


@pages.officer
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show the connections and how each stands."""
    actor, now = watcher(request), clock.now()
    health = queries.health(actor, at=now, real_at=clock.real_now())
    context = {
        "rows": [_line(row, health.get(row.subject)) for row in queries.partners(actor, now)],
        "sync": queries.sync_rules(now),
        "keeper": queries.keeps(actor),
        "tabs": TABS,
        "current": URL,
        "crumbs": [pages.HOME, Crumb(LIST.label)],
    }
    return pages.show(request, "desk/connections.html", context, section=URL)


def watcher(request: HttpRequest) -> Actor:
    """
    Return who may look at connections.

    :raises NotTheKeeper:
    """
    actor = actors.staff(request)
    if not queries.watches(actor):
        raise NotTheKeeper("Trang này dành cho người quản trị hệ thống và kiểm soát thủ tục hành chính.")
    return actor


def _line(row: PartnerRow, health: Health | None) -> dict[str, Any]:
    ready = row.on and row.secret_at is not None
    troubled = health is not None and health.trouble is not Trouble.NONE
    return {
        "row": row,
        "health": health,
        "trouble": TROUBLE_NAMES[health.trouble] if health is not None and troubled else "",
        "url": f"{URL}{row.subject}/",
        "state": "Đang nối" if ready else "Chưa có khóa" if row.on else "Đã ngừng",
        "look": "done" if ready else "wait" if row.on else "plain",
        "rights": [SCOPE_NAMES[scope] for scope in row.scopes],
        "failed_url": f"{LOG}?{urlencode({'he-thong': row.subject, 'tinh-trang': MessageState.FAILED.value})}",
        "log_url": f"{LOG}?{urlencode({'he-thong': row.subject})}",
    }


@pages.officer
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Put a connection in."""
    actor = actors.staff(request)
    if not queries.keeps(actor):
        raise NotTheKeeper
    attempt = refusals.Attempt()
    if request.method == "POST":
        with attempt:
            number = partners.add(
                code=request.POST.get("code", ""), name=request.POST.get("name", ""), terms=_terms(request),
                actor=actor, key=keys.key(request), at=clock.now(),
            )  # fmt: skip
            messages.success(request, "Đã lập kết nối. Tạo khóa để hệ thống kia đăng nhập được.")
            return redirect(f"{URL}{number}/")
    typed, errors = request.POST, attempt.errors
    shown = [
        FieldView(
            "name", "Tên hệ thống", required=True, value=typed.get("name", ""), maxlength=200,
            error=errors.get("name", ""), autocomplete="off",
            help="Đúng như tên ghi ở phần liên thông mà hệ thống đó giải quyết.",
        ),
        FieldView(
            "code", "Mã ngắn", required=True, value=typed.get("code", ""), width="s", maxlength=31,
            error=errors.get("code", ""), autocomplete="off", help="Chữ thường không dấu, số, gạch dưới.",
        ),
        *_term_fields(typed, errors),
    ]  # fmt: skip
    context = {
        "fields": shown,
        "errors": components.summary(shown),
        "general": [] if errors else attempt.general,
        "crumbs": [pages.HOME, LIST, Crumb("Thêm")],
    }
    return pages.show(request, "desk/connection_form.html", context, section=URL, status=attempt.status)


def _terms(request: HttpRequest) -> Terms:
    typed = request.POST
    errors = {}
    chosen = next((scopes for value, _, scopes in RIGHTS if value == typed.get("scopes")), ())
    if not chosen:
        errors["scopes"] = "Chọn quyền của hệ thống này."
    first, last = inputs.day(typed.get("valid_from", "")), inputs.day(typed.get("valid_to", ""))
    if first is None:
        errors["valid_from"] = "Ghi ngày bắt đầu, ví dụ 01/09/2026."
    if last is None and typed.get("valid_to", "").strip():
        errors["valid_to"] = "Ghi ngày kết thúc, ví dụ 31/12/2026, hoặc để trống."
    if errors or first is None:
        raise Invalid(errors=errors)
    address = typed.get("address", "").strip().rstrip("/")
    return Terms([str(scope) for scope in chosen], typed.get("statuses", ""), address, first, last)


def _term_fields(typed: Mapping[str, str], errors: Mapping[str, str]) -> list[FieldView]:
    lists = catalogue.status_lists(clock.today())
    return [
        FieldView(
            "scopes", "Quyền", "radio", required=True, value=typed.get("scopes", RIGHTS[0][0]),
            options=tuple(Option(value, label) for value, label, _ in RIGHTS), error=errors.get("scopes", ""),
        ),
        FieldView(
            "statuses", "Bảng số trạng thái", "select", required=True,
            value=typed.get("statuses", lists[0] if len(lists) == 1 else ""),
            options=tuple(Option(one, one) for one in lists), width="s",
            error=errors.get("statuses", ""), help="Số trạng thái hệ thống kia dùng khi báo về.",
        ),
        FieldView(
            "address", "Địa chỉ nhận tin của hệ thống kia", value=typed.get("address", ""), maxlength=300,
            error=errors.get("address", ""), autocomplete="off",
            help="Dạng https://máy-chủ/đường-dẫn. Để trống thì không gửi hồ sơ đi, chỉ nhận tin về.",
        ),
        FieldView(
            "valid_from", "Từ ngày", "date", required=True, value=typed.get("valid_from", f"{clock.today():%d/%m/%Y}"),
            width="s", error=errors.get("valid_from", ""),
        ),
        FieldView(
            "valid_to", "Đến hết ngày", "date", value=typed.get("valid_to", ""), width="s",
            error=errors.get("valid_to", ""),
        ),
    ]  # fmt: skip


@pages.officer
@require_safe
def page(request: HttpRequest, number: int) -> HttpResponse:
    """Show a connection, its course, and what may be done with it."""
    return _page(request, watcher(request), number)


def _page(
    request: HttpRequest, actor: Actor, number: int, refused: Refused | None = None, secret: str = ""
) -> HttpResponse:
    row = queries.partner(actor, number, clock.now())
    health = queries.health(actor, at=clock.now(), real_at=clock.real_now()).get(number)
    course = queries.course(actor, number)
    portal = queries.at_portal(actor, number, clock.now())
    names = organisation.staff_names({one.officer_id for one in course if one.officer_id})
    numbers = catalogue.status_map(row.statuses, clock.today())
    context = {
        "line": _line(row, health),
        "sync": queries.sync_rules(clock.now()),
        "one": row,
        "numbers": sorted({(status, name) for status, name in numbers.values()}),
        "secret": secret,
        "portal": portal,
        "in_step": [
            (organisation.unit_by_code(one.agency).name, one) for one in queries.in_step(actor, number, clock.now())
        ]
        if Scope.STATES in row.scopes and portal is None
        else None,
        "standin": settings.PARTNER_STANDIN_URL if portal is None else settings.PORTAL_STANDIN_URL,
        "here": f"{URL}{number}/",
        "course": [
            TimelineItem(
                COURSE.get(one.act, one.act), one.at, who=names.get(one.officer_id or 0, ""),
                more=str(one.payload.get("reason", "")), state="late" if one.act.endswith("refused") else "done",
            )
            for one in course
        ],
        "crumbs": [pages.HOME, LIST, Crumb(row.name)],
        **follow.context(_forms(actor, row), refused),
    }  # fmt: skip
    return pages.show(
        request, "desk/connection.html", context, section=URL, status=refused.status if refused else 200
    )


def _forms(actor: Actor, row: PartnerRow) -> list[ActForm]:
    if not queries.keeps(actor) or not row.account_on:
        return []
    now = {
        "scopes": next((value for value, _, scopes in RIGHTS if set(scopes) == set(row.scopes)), ""),
        "statuses": row.statuses,
        "address": row.address,
        "valid_from": f"{row.valid_from:%d/%m/%Y}",
        "valid_to": f"{row.valid_to:%d/%m/%Y}" if row.valid_to else "",
    }
    reason = FieldView("reason", "Lý do", "textarea", required=True, maxlength=500)
    return [
        ActForm(
            "khoa", "Tạo khóa mới", "Tạo khóa", shown=row.secret_at is None,
            help="Khóa chỉ hiện một lần. Khóa cũ và các phiên đang mở của hệ thống kia hết hiệu lực ngay.",
        ),
        ActForm("sua", "Đổi thỏa thuận", "Lưu", _term_fields(now, {})),
        ActForm(
            "ngung", "Ngừng kết nối", "Ngừng kết nối", (reason,), danger=True,
            help="Cán bộ một cửa lại ghi nhận bằng tay. Không mở lại được; cần thì lập kết nối mới.",
        ),
    ]  # fmt: skip


@pages.officer
@require_POST
def change(request: HttpRequest, number: int) -> HttpResponse:
    """Change what a connection is agreed to."""
    actor = watcher(request)
    return follow.done(
        request,
        lambda: partners.change(
            partner=number, terms=_terms(request), actor=actor, key=keys.key(request), at=clock.now()
        ),
        lambda refused: _page(request, actor, number, refused),
        slug="sua", said="Đã lưu.", url=f"{URL}{number}/",
    )  # fmt: skip


@pages.officer
@require_POST
def secret(request: HttpRequest, number: int) -> HttpResponse:
    """Make a new secret and show it, this once."""
    actor = watcher(request)
    with refusals.Attempt() as attempt:
        made = partners.renew_secret(partner=number, actor=actor, key=keys.key(request), at=clock.now())
        if made:
            return _page(request, actor, number, secret=made)
        messages.warning(request, "Khóa này đã hiện một lần. Nếu chưa kịp chép, tạo khóa mới.")
        return redirect(f"{URL}{number}/")
    return _page(request, actor, number, Refused("khoa", request.POST.dict(), attempt.refusal))


@pages.officer
@require_POST
def off(request: HttpRequest, number: int) -> HttpResponse:
    """End a connection."""
    actor, reason = watcher(request), request.POST.get("reason", "")
    return follow.done(
        request,
        lambda: partners.switch_off(
            partner=number, reason=reason, actor=actor, key=keys.key(request), at=clock.now()
        ),
        lambda refused: _page(request, actor, number, refused),
        slug="ngung", said="Đã ngừng kết nối.", url=f"{URL}{number}/",
    )  # fmt: skip


@pages.officer
@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """Show the messages to and from partners, newest first, paged by key."""
    actor = watcher(request)
    asked = fields.asked(request, ("q", "he-thong", "chieu", "tinh-trang", "tu", "den"))
    known = queries.partners(actor, clock.now())
    wanted = MessageFilters(
        partner_id=next((one.subject for one in known if str(one.subject) == asked["he-thong"]), None),
        direction=Direction(asked["chieu"]) if asked["chieu"] in set(Direction) else None,
        state=MessageState(asked["tinh-trang"]) if asked["tinh-trang"] in set(MessageState) else None,
        text=asked["q"],
        since=inputs.day(asked["tu"]),
        until=inputs.day(asked["den"]),
    )
    before = paging.number_of(request.GET.get("sau", ""))
    found = paging.page(queries.messages(actor, wanted, before=before, size=PAGE), PAGE, lambda row: [row.id])
    kept = {name: value for name, value in asked.items() if value}
    context: dict[str, Any] = {
        "rows": [_message(row) for row in found.rows],
        "shown": len(found.rows),
        "filtered": bool(kept),
        "first_url": f"{LOG}?{urlencode(kept)}" if before else "",
        "next_url": f"{LOG}?{urlencode({**kept, 'sau': found.next})}" if found.next else "",
        "fields": [
            FieldView("q", "Mã hồ sơ hoặc mã tin", value=asked["q"], quiet=True, autocomplete="off"),
            FieldView(
                "he-thong", "Hệ thống", "select", value=asked["he-thong"], quiet=True, blank="Tất cả",
                options=tuple(Option(str(one.subject), one.name) for one in known),
            ),
            FieldView(
                "chieu", "Chiều", "select", value=asked["chieu"], quiet=True, blank="Cả hai chiều",
                options=tuple(Option(one.value, name) for one, name in WAYS.items()),
            ),
            FieldView(
                "tinh-trang", "Tình trạng", "select", value=asked["tinh-trang"], quiet=True, blank="Tất cả",
                options=tuple(Option(one.value, name) for one, name in STATE_NAMES.items()),
            ),
            FieldView("tu", "Từ ngày", "date", value=asked["tu"], quiet=True, width="s"),
            FieldView("den", "Đến ngày", "date", value=asked["den"], quiet=True, width="s"),
        ],
        "tabs": TABS,
        "current": LOG,
        "crumbs": [pages.HOME, LIST, Crumb(MESSAGES.label)],
    }  # fmt: skip
    return pages.show(request, "desk/messages_log.html", context, section=URL)


def _message(row: MessageRow) -> dict[str, Any]:
    return {
        "row": row,
        "url": f"{LOG}{row.id}/",
        "way": WAYS[row.direction],
        "kind": KIND_NAMES[row.kind],
        "state": STATE_NAMES[row.state],
        "look": LOOKS[row.state],
        "dossier_url": rows.dossier_url(row.dossier_code),
    }


@pages.officer
@require_safe
def message(request: HttpRequest, number: int) -> HttpResponse:
    """Show one message with its content; personal data only to who sees the dossier."""
    return _message_page(request, watcher(request), number)


def _message_page(
    request: HttpRequest, actor: Actor, number: int, refused: Refused | None = None
) -> HttpResponse:
    view = queries.message(actor, number, clock.now())
    forms = []
    if queries.keeps(actor) and view.row.state is MessageState.FAILED:
        forms.append(ActForm("gui-lai", "Gửi lại", "Gửi lại tin này", shown=True))
    context = {
        "line": _message(view.row),
        "one": view.row,
        "open": view.open,
        "content": list(_lines(view.content)),
        "calls": [_call(call) for call in view.wire],
        "here": f"{LOG}{number}/",
        "crumbs": [pages.HOME, LIST, MESSAGES, Crumb(f"Số {number}")],
        **follow.context(forms, refused),
    }
    return pages.show(
        request, "desk/message_log.html", context, section=URL, status=refused.status if refused else 200
    )


def _call(call: Mapping[str, Any]) -> tuple[str, list[tuple[str, str]], list[tuple[str, str]]]:
    """Return one call to an interface as it is shown: the service, what was said, what was answered."""
    said, answered = list(_lines(call["request"])), list(_lines(call["outcome"], "Trả lời"))
    return str(call["service"]), said, answered


def _lines(content: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield a message's values in order, each with where it stands in the message."""
    if isinstance(content, Mapping):
        for name, value in content.items():
            yield from _lines(value, f"{path} › {LABELS.get(name, name)}" if path else LABELS.get(name, name))
    elif isinstance(content, list):
        for number, value in enumerate(content, 1):
            yield from _lines(value, f"{path} {number}")
    elif isinstance(content, bool):
        yield path, "có" if content else "không"
    elif content not in (None, ""):
        yield path, str(content)


@pages.officer
@require_POST
def resend(request: HttpRequest, number: int) -> HttpResponse:
    """Send a message of ours again."""
    actor = watcher(request)
    return follow.done(
        request,
        lambda: sending.resend(
            message=number, actor=actor, key=keys.key(request), at=clock.now(), real_at=clock.real_now()
        ),
        lambda refused: _message_page(request, actor, number, refused),
        slug="gui-lai", said="Tin đang được gửi lại.", url=f"{LOG}{number}/",
    )  # fmt: skip
