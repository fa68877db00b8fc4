"""Where the national portal fetches files by the links it was given (R-063)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Router

from motcua.api import shapes
from motcua.exchange import queries
from motcua.platform import blobs, clock

router = Router(tags=["Hệ thống kết nối"])


@router.get(
    "/partner/handed/{token}",
    response={404: shapes.Problem},
    summary="Tải một tệp theo liên kết đã ký gửi cho Cổng quốc gia",
    openapi_extra={"responses": {200: {"description": "Tệp", "content": {"application/octet-stream": {}}}}},
)
def handed(request: HttpRequest, token: str) -> HttpResponse:
    """Send the one file a link is for, to whom it was given; a link that is over or altered finds nothing."""
    found = queries.handed(token, at=clock.now(), real_at=clock.real_now())
    response = HttpResponse(blobs.read(found.sha256), content_type=found.mime)
    response.headers["Content-Disposition"] = "attachment"
    return response
