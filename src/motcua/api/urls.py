"""Addresses under /api/v1/."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path, re_path
from ninja import NinjaAPI
from ninja.errors import ValidationError

from motcua.api import (
    views_bulk,
    views_catalogue,
    views_demo,
    views_dossiers,
    views_files,
    views_session,
    wire,
)
from motcua.kernel.errors import DomainError, NotFound

DESCRIPTION = """\
The interface of a province's one-stop system for administrative procedures.

Sessions by cookie (staff and citizens apart). Every write carries `X-CSRFToken` (GET /session gives it), every
act an `Idempotency-Key`: the same key with the same body answers with what the dossier has become, with another
body 409. Times are ISO 8601 with offset. Refusals are `Problem`: a stable `code`, a Vietnamese `message`, `errors` by
field.
"""

api = NinjaAPI(
    title="Một Cửa",
    version="1",
    description=DESCRIPTION,
    docs_url=None,
    openapi_url="/openapi.json",
    parser=wire.CleanJson(),
    urls_namespace="api",
)
for router in (views_session, views_catalogue, views_dossiers, views_bulk, views_files, views_demo):
    api.add_router("", router.router)
_HANDLERS: list[tuple[type[Exception], Any]] = [
    (DomainError, wire.refused),
    (ValidationError, wire.wrong_fields),
    *((fault, wire.unreadable) for fault in wire.UNREADABLE),
]
for _fault, _handler in _HANDLERS:
    api.add_exception_handler(_fault, _handler)


def unknown(request: HttpRequest) -> HttpResponse:
    """Refuse an address that is none of ours."""
    return wire.refused(request, NotFound("Không có địa chỉ này trong giao diện lập trình."))


urlpatterns: list[URLPattern | URLResolver] = [
    path("", unknown),  # before the library's own, which would answer with a page
    path("", api.urls),
    re_path(r"^", unknown),
]
