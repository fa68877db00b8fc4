"""At a kiosk: the page on which everybody begins, pairing of the machine, the end of a visit."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from motcua.edge import actors, attempts, kiosks
from motcua.organisation import queries as organisation
from motcua.organisation.operations import kiosks as operations
from motcua.organisation.rules import WrongPairingCode
from motcua.platform import clock
from motcua.web import components
from motcua.web.components import FieldView

PAIRING = "kiosk"
"""All machines that are not paired yet guess at one thing: the codes that are out."""


@require_safe
def welcome(request: HttpRequest) -> HttpResponse:
    """Show what can be done here; at a machine that is no kiosk yet, ask for its pairing code."""
    machine = kiosks.kiosk(request)
    if machine is None:
        return _ask(request)
    context = {"place": organisation.full_name(organisation.unit(machine.unit_id)), "machine": machine}
    return render(request, "kiosk/welcome.html", context)


def _ask(request: HttpRequest, error: str = "", status: int = 200) -> HttpResponse:
    field = FieldView(
        "code", "Mã ghép", value=request.POST.get("code", "")[:40], required=True, error=error, width="m",
        maxlength=40, autocomplete="off", help="10 chữ và số, người quản trị tạo ở mục Ki-ốt; dùng được trong 30 phút.",
    )  # fmt: skip
    context: dict[str, Any] = {"field": field, "errors": components.summary([field])}
    return render(request, "kiosk/pair.html", context, status=status)


@require_POST
def pair(request: HttpRequest) -> HttpResponse:
    """Make this machine a kiosk by its pairing code."""
    code = request.POST.get("code", "")
    if not code.strip():
        return _ask(request, "Nhập mã ghép.", 422)
    try:
        with attempts.guarded(request, attempts.KIOSKS, PAIRING, (WrongPairingCode,)):
            key = operations.pair(code=code, at=clock.now())
    except WrongPairingCode as refusal:
        return _ask(request, refusal.message, 422)
    response = redirect("kiosk:welcome")
    kiosks.remember(response, key)
    return response


@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """End a visit: nobody is signed in any more, nothing said to the last person is left for the next."""
    actors.sign_out(request)
    list(messages.get_messages(request))  # read, they are gone
    return redirect("kiosk:welcome")
