"""Files handed in, and papers handed out."""

from __future__ import annotations

from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.files import UploadedFile
from ninja.params.functions import File

from motcua.api import shapes
from motcua.api.who import ANYONE, STAFF
from motcua.api.wire import KEY, answer
from motcua.documents import operations as documents
from motcua.documents import queries
from motcua.documents.operations import UploadRefused
from motcua.dossiers import operations
from motcua.edge import actors
from motcua.edge.readonly import making_paper
from motcua.kernel.actor import SYSTEM, Actor
from motcua.kernel.errors import NotFound
from motcua.platform import blobs, clock

router = Router(tags=["Tệp và giấy tờ"], auth=ANYONE)


@router.post("/files", response={201: shapes.FileOut, 422: shapes.Problem}, summary="Tải tệp lên")
def upload(request: HttpRequest, file: UploadedFile = File(...)) -> HttpResponse:  # noqa: B008
    """
    Keep a file (multipart, one part named `file`): PDF or picture, checked by content; it waits to be filed.

    A repeated upload makes another waiting file, which goes away unless a filing names it.
    """
    limits = documents.upload_limits()
    if file.size is not None and file.size > limits.max_bytes:
        raise UploadRefused(f"Tệp lớn quá {limits.max_bytes // 2**20} MB.")
    kept = documents.store_upload(
        actor=actors.actor(request), name=file.name or "", data=file.read(), at=clock.now()
    )
    return answer(
        shapes.FileOut(id=kept.pk, name=kept.name, mime=kept.mime, size=kept.size, sha256=kept.sha256), 201
    )


@router.get("/documents/{document_id}/pdf", summary="Mở giấy tờ (PDF)", openapi_extra={
    "responses": {200: {"description": "PDF", "content": {"application/pdf": {}}}}
})  # fmt: skip
def paper(request: HttpRequest, document_id: int) -> HttpResponse:
    """Send an issued paper as PDF; the first opening makes it."""
    if not 0 < document_id < 2**63:
        raise NotFound
    with making_paper():
        printed = documents.printed(actor=actors.actor(request), document_id=document_id, at=clock.now())
    response = HttpResponse(printed.pdf, content_type="application/pdf")
    response.headers["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(printed.name)}"
    return response


@router.get(
    "/documents/{document_id}/signatures",
    response={200: list[shapes.SignatureOut], 404: shapes.Problem},
    summary="Chữ ký số trên văn bản",
)
def signatures(request: HttpRequest, document_id: int) -> HttpResponse:
    """Return the digital signatures on an issued paper, in the order of signing."""
    if not 0 < document_id < 2**63:
        raise NotFound
    return _signatures(actors.actor(request), document_id)


@router.post(
    "/documents/{document_id}/signatures",
    auth=STAFF,
    response={
        200: list[shapes.SignatureOut], **dict.fromkeys((403, 404, 409, 422), shapes.Problem),
    },
    summary="Gửi văn bản đã ký số (không thuộc hồ sơ nào)",
)  # fmt: skip
def sign_paper(
    request: HttpRequest, document_id: int, body: shapes.SignedFile, key: str = KEY
) -> HttpResponse:
    """
    Take in a paper that belongs to no dossier (closed book, hand-over list, letter …) with one signature more.

    Papers of dossiers go to `POST /dossiers/{code}/documents/{document_id}/signatures`.
    """
    if not 0 < document_id < 2**63:
        raise NotFound
    actor = actors.actor(request)
    operations.sign_paper(
        document_id=document_id,
        data=blobs.read(queries.file(actor, body.file).sha256),
        actor=actor,
        key=key,
        at=clock.now(),
        real_at=clock.real_now(),
    )
    return _signatures(
        SYSTEM, document_id
    )  # a letter has no sight of its own: its matter let the actor sign it


def _signatures(reader: Actor, document_id: int) -> HttpResponse:
    found = queries.signatures(reader, document_id)
    return answer([shapes.SignatureOut.model_validate(row, from_attributes=True) for row in found])
