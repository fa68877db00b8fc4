"""Digital signatures on papers, of a dossier or of none: by a service, or by a file that comes in (R-059)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from motcua.documents import operations as documents
from motcua.documents import queries as papers
from motcua.documents import signing
from motcua.documents.queries import DocumentRow
from motcua.documents.rules import SIGNATURE_FIELDS, DocumentKind, SignatureField
from motcua.dossiers import definitions, homes, queries
from motcua.dossiers.operations import sign_paper
from motcua.dossiers.operations.signing import to_sign
from motcua.dossiers.signatures import Signing, ToSign
from motcua.edge import actors, keys
from motcua.edge.readonly import making_paper
from motcua.kernel.actor import SYSTEM, Actor
from motcua.kernel.errors import Invalid, NotFound
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.web import refusals
from motcua.web.components import Crumb
from motcua.web.desk import pages, remote, rows
from motcua.web.desk.dossier import inline

URL: Final = "/can-bo/giay/"
MATTERS: Final[Mapping[DocumentKind, tuple[str, str]]] = {
    DocumentKind.REGISTER: ("Bản chốt", "/can-bo/so-da-chot/{}/"),
    DocumentKind.END_OF_DAY: ("Bản chốt", "/can-bo/so-da-chot/{}/"),
    DocumentKind.HAND_OVER_LIST: ("Phiếu bàn giao hồ sơ", "/can-bo/phieu-ban-giao/{}/"),
    DocumentKind.SUPPLEMENT_REQUEST: ("Hướng dẫn tại quầy", "/can-bo/huong-dan/"),
    DocumentKind.REMINDER: ("Văn bản nhắc nhở", "/can-bo/ky-cuong/nhac-nho/{}/"),
    DocumentKind.CASE_PROPOSAL: ("Vụ việc", "/can-bo/ky-cuong/vu-viec/{}/"),
}
"""What a paper of no dossier belongs to, and its page by the number of the matter."""


@dataclass(frozen=True, slots=True)
class Shown:
    """
    A paper on its page of signatures: who signs it, the matter it belongs to (name and address), addresses of its own.

    `reader` is who may open the file: letters inside the administration have no sight of their own.
    """

    row: DocumentRow
    waits: ToSign
    signing: Signing
    reader: Actor
    matter: Crumb
    url: str
    code: str = ""
    seen: int | None = None


def sign_url(document_id: int) -> str:
    """Return the page where a paper that belongs to no dossier is signed."""
    return f"{URL}{document_id}/ky-so/"


def _of_dossier(actor: Actor, code: str, document_id: int) -> Shown:
    d = queries.one(actor, code).dossier
    row = papers.document(actor, document_id)
    if row.subject != d.subject or row.copy_no > 1:
        raise NotFound
    bundle = definitions.bundle(d.procedure_version_id, d.form_version_id, d.process_version_id)
    return Shown(
        row, to_sign(actor, d, row), definitions.signing(clock.today(), bundle), actor,
        Crumb(d.code, rows.dossier_url(code)), f"{rows.dossier_url(code)}giay/{document_id}/", code, d.seq,
    )  # fmt: skip


def _of_matter(actor: Actor, document_id: int) -> Shown:
    row, home = homes.of(actor, document_id)
    label, url = MATTERS[row.kind]
    return Shown(
        row, home.to_sign(row), definitions.signing(clock.today()), SYSTEM,
        Crumb(label, url.format(home.subject)), f"{URL}{document_id}/",
    )  # fmt: skip


@pages.officer
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, document_id: int, code: str = "") -> HttpResponse:
    """Show the signatures of a paper and who signs next; take the signed file in."""
    actor = actors.staff(request)
    shown = _of_dossier(actor, code, document_id) if code else _of_matter(actor, document_id)
    with making_paper():
        printed = documents.printed(actor=shown.reader, document_id=document_id, at=clock.now())
    empty, _ = signing.open_fields(printed.pdf)
    mine = [field for field in empty if shown.waits.may(actor, field, shown.signing)]
    offered = remote.ways(actor, shown.row, empty, mine)
    attempt = refusals.Attempt()
    if request.method == "POST":
        with attempt:
            job = request.POST.get("viec")
            if job == remote.LEAVE:
                return remote.leave(request, actor, shown.reader, shown.row, offered)
            sign_paper(
                **pages.sent(request, actor, code),
                document_id=document_id,
                data=remote.came_back(request, actor, shown.row)
                if job == remote.CAME
                else _uploaded(request),
                real_at=clock.real_now(),
            )
            messages.success(
                request, f"Đã nhận bản ký số: {shown.row.title} {shown.row.number}".strip() + "."
            )
            return redirect(request.path)
    context: dict[str, Any] = {
        "matter": shown.matter,
        "paper": shown.row,
        "paper_url": shown.url,
        "here": request.path,
        "signed": papers.signatures(shown.reader, document_id),
        "fields": [
            {
                "name": field.value,
                "label": SIGNATURE_FIELDS[field],
                "who": _who(shown.waits, field),
                "mine": field in mine,
            }
            for field in empty
        ],
        "remote": remote.labels(offered),
        "certificates": papers.own_certificates(actor),
        "errors": refusals.placed(attempt.refusal, lambda name: "tep" if name == "file" else ""),
        "seen": shown.seen,
        "key": keys.new(),
        "crumbs": [pages.HOME, shown.matter, Crumb("Chữ ký số")],
    }
    context["mine"] = [one for one in context["fields"] if one["mine"]]
    section = "/can-bo/ho-so/" if code else ""
    return pages.show(request, "desk/sign.html", context, section=section, status=attempt.status)


@pages.officer
@require_safe
def paper(request: HttpRequest, document_id: int) -> HttpResponse:
    """Send a paper that belongs to no dossier as PDF, made on first opening, to whoever sees its matter."""
    homes.of(actors.staff(request), document_id)
    with making_paper():
        printed = documents.printed(actor=SYSTEM, document_id=document_id, at=clock.now())
    return inline(printed.pdf, "application/pdf", printed.name)


def _who(waits: ToSign, field: SignatureField) -> str:
    """Return who signs a field: a name where it is one person."""
    if field is SignatureField.AGENCY:
        return "văn thư, người giữ chữ ký số của cơ quan"
    if field is SignatureField.RECEIVER:
        return _name(waits.receiver_id) or "người nhận, sau khi xác nhận đã nhận đủ"
    return _name(waits.signatory_id) or "người có thẩm quyền của cơ quan giải quyết"


def _name(staff_id: int | None) -> str:
    return organisation.staff_names({staff_id}).get(staff_id, "") if staff_id is not None else ""


def _uploaded(request: HttpRequest) -> bytes:
    """
    Return the bytes of the signed file.

    :raises Invalid: none was chosen, or it is too large.
    """
    upload, limits = request.FILES.get("tep"), documents.upload_limits()
    if not isinstance(upload, UploadedFile):
        raise Invalid(errors={"file": "Chọn tệp PDF đã ký."})
    if upload.size is not None and upload.size > limits.max_bytes:
        raise Invalid(errors={"file": f"Tệp lớn hơn {limits.max_bytes // 1024 // 1024} MB."})
    return bytes(upload.read())
