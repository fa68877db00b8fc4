"""Where partners' systems come: tokens, what they tell of parts they decide, data and papers (R-065)."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.files import UploadedFile
from ninja.params.functions import File

from motcua.api import shapes
from motcua.api.who import PARTNER, calling
from motcua.api.wire import UNREADABLE, answer
from motcua.edge import attempts
from motcua.edge.errors import body_of
from motcua.exchange import oauth, queries
from motcua.exchange.operations import receiving, signing_in
from motcua.exchange.operations.receiving import Report, ResultTold
from motcua.exchange.queries import Calling
from motcua.kernel.errors import Invalid
from motcua.platform import blobs, clock

router = Router(tags=["Hệ thống kết nối"])
REFUSALS = {401: shapes.Problem, 403: shapes.Problem, 404: shapes.Problem, 422: shapes.Problem}


class WrongSecret(Invalid):
    """Client id and secret do not belong together, or the connection is off; which is not told."""

    code = "invalid_client"
    message = "Mã hoặc khóa của hệ thống kết nối không đúng, hoặc kết nối đã ngừng."


WORDS = {
    "invalid_client": WrongSecret.message,
    "invalid_scope": "Hệ thống này không có quyền được yêu cầu.",
}


def logged(handle: Callable[[HttpRequest, Any], HttpResponse]) -> Callable[[HttpRequest, Any], HttpResponse]:
    """Return a handler of requests without the right shape that also keeps them in the log of who sent them."""

    @wraps(handle)
    def keep(request: HttpRequest, error: Exception) -> HttpResponse:
        response = handle(request, error)
        sender = getattr(request, "auth", None)
        if isinstance(sender, Calling) and request.method == "POST":
            try:
                body = request.body
            except UNREADABLE:
                body = b""
            said = json.loads(response.content)
            wrong = "; ".join(f"{name}: {words}" for name, words in said.get("errors", {}).items())
            receiving.misshapen(
                calling=sender,
                body=body,
                code=said["code"],
                reason=wrong or said["message"],
                at=clock.now(),
                real_at=clock.real_now(),
            )
        return response

    return keep


@router.post(
    "/partner/token",
    summary="Lấy mã truy cập (OAuth 2, client credentials)",
    response={200: shapes.TokenOut, 400: shapes.Problem, 401: shapes.Problem, 429: shapes.Problem},
    openapi_extra={
        "requestBody": {
            "content": {
                "application/x-www-form-urlencoded": {
                    "schema": {
                        "type": "object",
                        "required": ["grant_type"],
                        "properties": {
                            "grant_type": {"const": "client_credentials"},
                            "scope": {"type": "string"},
                            "client_id": {"type": "string"},
                            "client_secret": {"type": "string"},
                        },
                    }
                }
            }
        }
    },
)
def token(request: HttpRequest) -> HttpResponse:
    """
    Give a short-lived bearer token (RFC 6749 section 4.4); id and secret by HTTP Basic or in the form.

    A refusal has `error` as the RFC names it, beside `code` and `message`. Wrong secrets are counted per client address
    and per client id.
    """
    client_id = oauth.client_id(request)
    try:
        with attempts.guarded(request, attempts.PARTNERS, client_id, (WrongSecret,)):
            said = oauth.token(request)
            if said.status_code == 401:
                signing_in.refused(client_id=client_id, at=clock.now())
                raise WrongSecret
    except WrongSecret:
        pass
    except attempts.TooMany as refusal:
        return answer({"error": "invalid_client", **body_of(refusal)}, 429)
    if said.status_code >= 400:
        body = json.loads(said.content)
        words = WORDS.get(body["error"], "Yêu cầu lấy mã truy cập không đúng chuẩn.")
        said.content = json.dumps({**body, "code": body["error"], "message": words}, ensure_ascii=False)
    return said


@router.post(
    "/partner/files",
    auth=PARTNER,
    response={201: shapes.FileOut, **REFUSALS},
    summary="Gửi tệp kết quả (quyền parts:report)",
)
def upload(request: HttpRequest, file: UploadedFile = File(...)) -> HttpResponse:  # noqa: B008
    """Keep the signed file of a result until a message names it by id and SHA-256."""
    kept = receiving.upload(calling=calling(request), name=file.name or "", data=file.read(), at=clock.now())
    return answer(
        shapes.FileOut(id=kept.pk, name=kept.name, mime=kept.mime, size=kept.size, sha256=kept.sha256), 201
    )


@router.post(
    "/partner/messages",
    auth=PARTNER,
    response={200: shapes.ReportDone, 409: shapes.Problem, **REFUSALS},
    summary="Báo tình trạng của một phần hồ sơ (quyền parts:report)",
)
def report(request: HttpRequest, body: shapes.ReportIn) -> HttpResponse:
    """
    Take what the deciding system says of a part: received, taken in, supplement asked for, result, refusal.

    `status` is a number of the partner's own list (the national ones are 1 to 10). The same `message_id` with the same
    content is answered again and does nothing; with another content 409. A message older than one that changed the part
    is kept (`kept`).
    """
    given = body.model_dump()
    result = ResultTold(**(given.pop("result") or {}))
    taken = receiving.receive(
        calling=calling(request),
        report=Report(**given, result=result),
        at=clock.now(),
        real_at=clock.real_now(),
    )
    return answer(
        shapes.ReportDone(
            message_id=taken.message_id,
            outcome=taken.outcome.value,
            dossier=taken.dossier,
            state=taken.state,
            again=taken.again,
        )
    )


@router.get(
    "/partner/parts/{code}",
    auth=PARTNER,
    response={200: shapes.PartTold, **REFUSALS},
    summary="Dữ liệu của một phần hồ sơ (quyền parts:read)",
)
def part(request: HttpRequest, code: str) -> HttpResponse:
    """Tell a part the calling system decides: whose, answers, papers with their files, and where it stands here."""
    return answer(queries.part(calling(request), code))


@router.get(
    "/partner/files/{file_id}",
    auth=PARTNER,
    summary="Tải một tệp của hồ sơ (quyền parts:read)",
    openapi_extra={"responses": {200: {"description": "Tệp", "content": {"application/octet-stream": {}}}}},
)
def file(request: HttpRequest, file_id: int) -> HttpResponse:
    """Send a file of a part the calling system decides, as it was handed in."""
    found = queries.file(calling(request), file_id)
    response = HttpResponse(blobs.read(found.sha256), content_type=found.mime)
    response.headers["Content-Disposition"] = "attachment"
    return response
