"""Refusals become answers in one place: a page in Vietnamese for people, JSON for the API."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render

from motcua.edge.actors import SignInNeeded
from motcua.edge.attempts import TooMany
from motcua.kernel.errors import Conflict, DomainError, Forbidden, Invalid, NotFound

log = structlog.get_logger(__name__)
STATUS: tuple[tuple[type[DomainError], int], ...] = (
    (TooMany, 429),
    (NotFound, 404),
    (Forbidden, 403),
    (Conflict, 409),
    (Invalid, 422),
)
STAFF_PATHS = ("/can-bo", "/lanh-dao", "/quan-tri")


def status_of(error: DomainError) -> int:
    """Return the HTTP status of a refusal."""
    if isinstance(error, SignInNeeded):
        return 401
    return next((status for kind, status in STATUS if isinstance(error, kind)), 400)


def body_of(error: DomainError) -> dict[str, object]:
    """Return the API's form of a refusal: code, message, errors by field."""
    body: dict[str, object] = {"code": error.code, "message": error.message}
    if isinstance(error, Invalid) and error.errors:
        body["errors"] = error.errors
    return body


def refused(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Return the answer to a refusal that no page handled itself."""
    status = status_of(error)
    log.info("request_refused", code=error.code, status=status, path=request.path)
    if request.path.startswith("/api/"):
        return JsonResponse(body_of(error), status=status)
    if isinstance(error, SignInNeeded):
        desk = request.path.startswith(STAFF_PATHS)
        target = "/can-bo/dang-nhap/" if desk else "/dang-nhap/"
        if request.method in ("GET", "HEAD"):
            return redirect(f"{target}?tiep={quote(request.get_full_path())}")
    template = f"errors/{status}.html" if status in (401, 403, 404, 409, 422, 429) else "errors/400.html"
    return render(request, template, {"error": error, "status": status}, status=status)


class Refusals:
    """Middleware: a DomainError that leaves a view becomes its answer; anything else is a bug and rises."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer a refusal; None lets Django go on with a bug."""
        return refused(request, exception) if isinstance(exception, DomainError) else None
