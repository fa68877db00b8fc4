"""Digital signatures on the papers of a dossier: what is signed already, and the signed file coming in (R-059)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from motcua.documents import operations as documents
from motcua.documents import queries as papers
from motcua.documents import signing
from motcua.documents.rules import SIGNATURE_FIELDS, SignatureField
from motcua.dossiers import definitions, queries
from motcua.dossiers.operations import sign_paper
from motcua.dossiers.operations.signing import to_sign
from motcua.dossiers.signatures import Signing, ToSign
from motcua.edge import actors, keys
from motcua.edge.readonly import making_paper
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Invalid, NotFound
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.web import refusals
from motcua.web.components import Crumb
from motcua.web.desk import pages, rows


@pages.officer
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, code: str, document_id: int) -> HttpResponse:
    """Show the signatures of a paper and who signs next; take the signed file in."""
    actor, now = actors.staff(request), clock.now()
    d = queries.one(actor, code).dossier
    row = papers.document(actor, document_id)
    if row.subject != d.subject or row.copy_no > 1:
        raise NotFound
    attempt = refusals.Attempt()
    if request.method == "POST":
        with attempt:
            done = sign_paper(
                **pages.sent(request, actor, code),
                document_id=document_id,
                data=_uploaded(request),
                real_at=clock.real_now(),
            )
            messages.success(request, f"Đã nhận bản ký số: {row.title} {row.number}".strip() + ".")
            return redirect("desk:sign", done.code, document_id)
    with making_paper():
        printed = documents.printed(actor=actor, document_id=document_id, at=now)
    empty, _ = signing.open_fields(printed.pdf)
    bundle = definitions.bundle(d.procedure_version_id, d.form_version_id, d.process_version_id)
    rules = Signing.from_json(definitions.settings(bundle, now.astimezone(LOCAL).date())["signing"])
    waits = to_sign(actor, d, row)
    context: dict[str, Any] = {
        "d": d,
        "paper": row,
        "paper_url": f"{rows.dossier_url(code)}giay/{document_id}/",
        "here": request.path,
        "signed": papers.signatures(actor, document_id),
        "fields": [
            {
                "name": field.value,
                "label": SIGNATURE_FIELDS[field],
                "who": _who(waits, field),
                "mine": waits.may(actor, field, rules),
            }
            for field in empty
        ],
        "certificates": papers.own_certificates(actor),
        "errors": refusals.placed(attempt.refusal, lambda name: "tep" if name == "file" else ""),
        "seen": d.seq,
        "key": keys.new(),
        "crumbs": [pages.HOME, Crumb(d.code, rows.dossier_url(code)), Crumb("Chữ ký số")],
    }
    context["mine"] = [one for one in context["fields"] if one["mine"]]
    return pages.show(request, "desk/sign.html", context, section="/can-bo/ho-so/", status=attempt.status)


def _who(waits: ToSign, field: SignatureField) -> str:
    """Return who signs a field: a name where it is one person."""
    if field is SignatureField.AGENCY:
        return "văn thư, người giữ chữ ký số của cơ quan"
    if waits.signatory_id is None:
        return "người có thẩm quyền của cơ quan giải quyết"
    return organisation.staff_names({waits.signatory_id}).get(waits.signatory_id, "")


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
