"""
Signing a paper at a remote signing service: there, back, and into the page that takes signed papers (S-59).

Any page that takes a signed paper in can offer it: `ways` says how, `leave` begins, and the page takes `came_back`
where it takes an uploaded file. What comes back is posted to that very page, so there is one way into the act.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from motcua.documents import remotes, wording
from motcua.documents.operations import remote
from motcua.documents.queries import DocumentRow
from motcua.documents.remotes import Way
from motcua.documents.rules import SIGNATURE_FIELDS, SignatureField
from motcua.documents.signing import SignatureRefused
from motcua.edge import actors, keys
from motcua.kernel.actor import Actor
from motcua.kernel.errors import NotFound
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.web import inputs
from motcua.web.components import Crumb
from motcua.web.desk import pages

LEAVE: Final = "dich-vu"
CAME: Final = "dich-vu-xong"


def ways(
    actor: Actor, row: DocumentRow, empty: Collection[SignatureField], mine: Collection[SignatureField]
) -> list[Way]:
    """
    Return how a paper can be signed now by services: `empty` are its empty fields, `mine` those the actor may sign.

    The signatory signs first.
    """
    waits = SignatureField.SIGNATORY in empty
    ready = [field for field in mine if field is SignatureField.SIGNATORY or not waits]
    units = {row.unit_id, organisation.root_of(row.unit_id).id}
    return remotes.ways(actor, ready, units, wording.local_day(clock.real_now()))


def leave(
    request: HttpRequest, actor: Actor, reader: Actor, row: DocumentRow, offered: Collection[Way]
) -> HttpResponse:
    """
    Begin to sign a paper by the way that was chosen on its page; `reader` is who may open the file.

    :raises SignatureRefused: the way is not open any more, or the service does not answer.
    """
    chosen = inputs.number(request.POST.get("chung-thu", ""))
    field = request.POST.get("o", "")
    way = next((one for one in offered if (one.certificate_id, str(one.field)) == (chosen, field)), None)
    if way is None:
        raise SignatureRefused("no_service", "Không còn ký được bằng dịch vụ này. Xem lại trang.")
    number = remote.begin(
        actor=actor, reader=reader, document_id=row.id, field=way.field, certificate_id=way.certificate_id,
        page=request.path, at=clock.now(), real_at=clock.real_now(),
    )  # fmt: skip
    return redirect("desk:remote_going", number)


def came_back(request: HttpRequest, actor: Actor, row: DocumentRow) -> bytes:
    """
    Return the signed paper, from what the service sent back.

    :raises SignatureRefused: it was not confirmed, or cannot be finished; see `remote.finish`.
    """
    sent = request.POST
    return remote.finish(
        actor=actor, document_id=row.id, state=sent.get("state", ""), code=sent.get("code", ""),
        error=sent.get("error", ""), real_at=clock.real_now(),
    )  # fmt: skip


@pages.officer
@require_safe
def going(request: HttpRequest, number: int) -> HttpResponse:
    """Send the person on to the service: a page of ours between, since no form of ours may lead to another host."""
    actor = actors.staff(request)
    one = remotes.under_way(actor, number)
    if one.used or clock.real_now() > one.expires_at:
        return redirect(one.page)
    context = {
        "one": one,
        "url": remote.confirmation(actor=actor, number=number),
        "crumbs": [pages.HOME, Crumb("Ký số từ xa")],
    }
    return pages.show(request, "desk/remote_going.html", context)


@pages.officer
@require_safe
def back(request: HttpRequest) -> HttpResponse:
    """Take the person in who comes back from the service, and send what came along to the page of the paper."""
    actor, said = actors.staff(request), request.GET
    try:
        one = remotes.of_state(actor, said.get("state", ""))
    except NotFound:
        raise NotFound(
            "Không tìm thấy lượt ký số này: đã quá lâu, của tài khoản khác, hoặc không phải do bạn mở. Văn bản chưa có"
            " gì thay đổi. Mở lại văn bản từ trang Chờ ký số rồi bấm ký lại."
        ) from None
    context = {
        "one": one,
        "sent": [(name, said.get(name, "")[:2000]) for name in ("state", "code", "error")],
        "job": CAME,
        "key": keys.new(),
        "crumbs": [pages.HOME, Crumb("Ký số từ xa")],
    }
    return pages.show(request, "desk/remote_back.html", context)


def labels(offered: Collection[Way]) -> list[dict[str, object]]:
    """Return the ways as a page draws them."""
    return [{"way": way, "label": SIGNATURE_FIELDS[way.field]} for way in offered]
