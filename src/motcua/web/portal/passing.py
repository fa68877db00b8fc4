"""What a citizen asks of the central system that decides a part of theirs."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from motcua.catalogue import queries as catalogue
from motcua.dossiers import queries
from motcua.edge import actors
from motcua.kernel.errors import NotFound
from motcua.web import passing, refusals
from motcua.web.components import Crumb
from motcua.web.portal.views import HOME, MINE


@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, code: str) -> HttpResponse:
    """Show what was asked about a part; take another request."""
    actor = actors.citizen(request)
    d = queries.one(actor, code).dossier
    if not d.mirrored:
        raise NotFound("Hồ sơ này không do hệ thống của bộ, ngành giải quyết.")
    attempt = refusals.Attempt()
    if request.method == "POST":
        with attempt:
            passing.done(request, actor, d)
            messages.success(request, "Đã gửi đề nghị. Bạn được báo khi có trả lời.")
            return redirect("portal:passing", code)
    context = {
        **passing.context(request, actor, d, attempt),
        "procedure_name": catalogue.definition(d.procedure_version_id).name,
        "here": reverse("portal:passing", args=[code]),
        "section": "mine",
        "crumbs": [
            HOME,
            MINE,
            Crumb(code, reverse("portal:my_dossier", args=[code])),
            Crumb("Đề nghị gửi bộ, ngành"),
        ],
    }
    return render(request, "portal/passing.html", context, status=attempt.status)
