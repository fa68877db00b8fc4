"""What is asked of the central system that decides a part: the page of one dossier."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from motcua.dossiers import queries
from motcua.edge import actors
from motcua.exchange import queries as exchange
from motcua.kernel.errors import NotFound
from motcua.platform import clock
from motcua.web import passing, refusals
from motcua.web.components import Crumb
from motcua.web.desk import pages, rows


@pages.officer
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, code: str) -> HttpResponse:
    """Show what was asked about a part; pass another request on, or note that one was not accepted."""
    actor = actors.staff(request)
    d = queries.one(actor, code).dossier
    if not d.mirrored:
        raise NotFound("Hồ sơ này không do hệ thống của bộ, ngành giải quyết.")
    here = f"{rows.dossier_url(code)}de-nghi-bo-nganh/"
    attempt = refusals.Attempt()
    if request.method == "POST":
        with attempt:
            if "request" in request.POST:
                passing.decline(request, actor, d)
                messages.success(request, "Đã ghi nhận bộ, ngành không chấp nhận đề nghị.")
            else:
                passing.done(request, actor, d)
                messages.success(request, "Đã ghi nhận và chuyển đề nghị.")
            return redirect(here)
    contact = exchange.contact(actor, d, clock.now())
    context = {
        **passing.context(request, actor, d, attempt),
        "connected": contact is not None and contact.connected,
        "here": here,
        "crumbs": [pages.HOME, Crumb(d.code, rows.dossier_url(code)), Crumb("Đề nghị gửi bộ, ngành")],
    }
    return pages.show(request, "desk/passing.html", context, status=attempt.status)
