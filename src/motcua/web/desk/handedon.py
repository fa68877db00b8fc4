"""Dossiers received for another agency, by what is to be done with them: forward, confirm, follow."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from motcua.catalogue import queries as catalogue
from motcua.dossiers import handedon
from motcua.dossiers.handedon import HandedOn, Pile
from motcua.dossiers.rules import STATE_NAMES, State
from motcua.edge import actors, keys, paging
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.web.components import Crumb
from motcua.web.desk import pages, rows

URL: Final = "/can-bo/phi-dia-gioi/"
PAGE: Final = 50
SLUGS: Final = {
    "": Pile.TO_CONFIRM,
    "cho-chuyen": Pile.TO_FORWARD,
    "da-chuyen": Pile.ON_THE_WAY,
    "dang-giai-quyet": Pile.THERE,
}
TITLES: Final = {
    Pile.TO_CONFIRM: "Chờ mình xác nhận",
    Pile.TO_FORWARD: "Chờ chuyển đi",
    Pile.ON_THE_WAY: "Đã chuyển, chờ nơi khác xác nhận",
    Pile.THERE: "Nơi khác đang giải quyết",
}
NONE: Final = {
    Pile.TO_CONFIRM: "Không có hồ sơ nào nơi khác chuyển đến đang chờ xác nhận.",
    Pile.TO_FORWARD: "Không có hồ sơ nhận thay nào đang chờ chuyển.",
    Pile.ON_THE_WAY: "Mọi hồ sơ đã chuyển đều được xác nhận.",
    Pile.THERE: "Không có hồ sơ nhận thay nào đang được nơi khác giải quyết.",
}
HELP: Final = {
    Pile.TO_CONFIRM: "Thời hạn giải quyết tính từ lúc bạn xác nhận. Không đúng thẩm quyền hoặc thiếu giấy tờ thì chuyển"
    " trả, ghi rõ lý do.",
    Pile.TO_FORWARD: "Chuyển trong ngày; nhận sau 15 giờ thì chuyển đầu giờ ngày làm việc tiếp theo.",
    Pile.ON_THE_WAY: "Nơi có thẩm quyền được nhắc khi quá giờ xác nhận; cần thì gọi điện hỏi.",
    Pile.THERE: "Kết quả về đây nếu người nộp đăng ký nhận tại đây.",
}


@pages.officer
@require_safe
def page(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Show a pile, the oldest first, paged by key."""
    if slug not in SLUGS:
        raise Http404
    actor, now = actors.staff(request), clock.now()
    which = SLUGS[slug]
    key = paging.key_of(request.GET.get("sau", ""), 1)
    after = int(key[0]) if key and str(key[0]).isdecimal() else 0
    found = handedon.pile(actor, which, after=after, size=PAGE)
    page_of = paging.page(found, PAGE, lambda row: [row.subject])
    counts = handedon.counts(actor)
    url = f"{URL}{slug}/" if slug else URL
    context: dict[str, Any] = {
        "title": TITLES[which],
        "help": HELP[which],
        "none": NONE[which],
        "rows": [_line(row, which, now) for row in page_of.rows],
        "confirming": which is Pile.TO_CONFIRM,
        "forwarding": which is Pile.TO_FORWARD,
        "there": which is Pile.THERE,
        "tabs": [
            (f"{TITLES[pile]} ({counts[pile]})", f"{URL}{name}/" if name else URL)
            for name, pile in SLUGS.items()
        ],
        "current": url,
        "shown": len(page_of.rows),
        "first_url": url if after else "",
        "next_url": f"{url}?{urlencode({'sau': page_of.next})}" if page_of.next else "",
        "crumbs": [pages.HOME, Crumb("Nhận thay, chuyển đến")],
    }
    return pages.show(request, "desk/handed_on.html", context, section=URL)


def _line(row: HandedOn, which: Pile, now: Any) -> dict[str, Any]:
    other = row.receiving_unit_id if which is Pile.TO_CONFIRM else row.competent_unit_id
    return {
        "code": row.code,
        "url": rows.dossier_url(row.code),
        "procedure": catalogue.definition(row.procedure_version_id).name,
        "owner": row.owner_name,
        "other": organisation.full_name(organisation.unit(other)),
        "accepted_at": row.accepted_at,
        "forwarded_at": row.forwarded_at,
        "by": row.by,
        "late": row.by is not None and row.by < now,
        "due_at": row.due_at,
        "expected": row.expected_due_at,
        "state": STATE_NAMES[State(row.state)],
        "step": row.step_name,
        "seq": row.seq,
        "key": keys.new(),
    }
