"""Papers with an address of their own in their QR: what anybody who holds one is told, nothing of what it says."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from motcua.documents import queries as papers
from motcua.edge import attempts
from motcua.kernel.errors import NotFound
from motcua.organisation import queries as organisation
from motcua.web.components import Crumb
from motcua.web.portal.views import HOME


@require_safe
def page(request: HttpRequest, document_id: int, check: str) -> HttpResponse:
    """Tell whether a paper was issued here, whether it still counts, and who signed it digitally."""
    with attempts.guarded(request, attempts.TRACKING, f"giay-{document_id}", (NotFound,)):
        found = papers.checked(document_id, check)
    context = {
        "paper": found,
        "unit": organisation.full_name(organisation.unit(found.unit_id)),
        "section": "track",
        "crumbs": [HOME, Crumb("Kiểm tra văn bản")],
    }
    return render(request, "portal/check.html", context)
