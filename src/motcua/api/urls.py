"""Addresses under /api/v1/."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path, re_path
from ninja import NinjaAPI
from ninja.errors import ValidationError
from ninja.openapi.schema import OpenAPISchema

from motcua.api import (
    views_bulk,
    views_catalogue,
    views_demo,
    views_dossiers,
    views_files,
    views_oversight,
    views_partner,
    views_portal,
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


class Interface(NinjaAPI):
    """The interface; what it says of itself takes a second to find out and is kept for the process's life."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """Return the description of all addresses, which are the same for everybody."""
        prefix = self.get_root_path(path_params or {}) if path_prefix is None else path_prefix
        if prefix not in self._described:
            self._described[prefix] = super().get_openapi_schema(path_prefix=prefix)
        return self._described[prefix]

    _described: Final[dict[str, OpenAPISchema]] = {}


api = Interface(
    title="Một Cửa",
    version="1",
    description=DESCRIPTION,
    docs_url=None,
    openapi_url="/openapi.json",
    parser=wire.CleanJson(),
    urls_namespace="api",
)
ROUTERS = (
    views_session, views_catalogue, views_dossiers, views_bulk, views_oversight, views_files, views_demo, views_partner,
    views_portal,
)  # fmt: skip
for router in ROUTERS:
    api.add_router("", router.router)
_HANDLERS: list[tuple[type[Exception], Any]] = [
    (DomainError, wire.refused),
    (ValidationError, views_partner.logged(wire.wrong_fields)),
    *((fault, views_partner.logged(wire.unreadable)) for fault in wire.UNREADABLE),
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
