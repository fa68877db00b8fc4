"""Signing in as staff: by password, or in the demo from a list of accounts."""

from __future__ import annotations

import time
from datetime import date
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from motcua.edge import actors, attempts
from motcua.kernel.actor import ActorKind
from motcua.kernel.errors import NotFound
from motcua.kernel.text import fold, tokens
from motcua.organisation import queries as organisation
from motcua.parties import queries as parties
from motcua.parties.models import Account
from motcua.parties.rules import AccountKind
from motcua.platform import clock
from motcua.web import words
from motcua.web.desk import lock
from motcua.web.desk.forms import PasswordForm

HOME: Final = "/can-bo/"
STAFF_PATHS: Final = ("/can-bo/", "/lanh-dao/", "/quan-tri/")
SHOWN: Final = 60
A_ROLE: Final = 8
KEPT_SECONDS: Final = 60.0


@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Let a member of staff in."""
    target = _target(request)
    if request.method == "POST" and settings.DEMO and "password" not in request.POST:
        username = request.POST.get("username", "")
        with attempts.guarded(request, attempts.SIGNING_IN, username, (NotFound,)):
            account = parties.account_for_sign_in(username, AccountKind.STAFF)
            if account is None or not account.demo:
                raise NotFound("Không có tài khoản trình diễn này.")
        return _enter(request, account, target)
    form = PasswordForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        username, password = form.cleaned_data["username"], form.cleaned_data["password"]
        try:
            with attempts.guarded(request, attempts.SIGNING_IN, username, (attempts.WrongPassword,)):
                account = parties.account_for_sign_in(username, AccountKind.STAFF)
                if account is None:
                    make_password(password)  # as slow for a name that nobody has
                if account is None or not account.check_password(password):
                    raise attempts.WrongPassword
            return _enter(request, account, target)
        except attempts.WrongPassword as refusal:
            form.add_error(None, refusal.message)
    query, role = request.GET.get("q", "")[:100], request.GET.get("vai", "")
    context: dict[str, Any] = {
        "form": form,
        "next": target,
        "demo": settings.DEMO,
        "query": query,
        "role": role,
        "roles": [(code, name) for code, name in words.ROLES.items()] if settings.DEMO else [],
        "groups": accounts(query, role) if settings.DEMO else [],
        "here": actors.actor(request).name if actors.actor(request).kind is ActorKind.STAFF else "",
    }
    return render(request, "desk/sign_in.html", context, status=422 if form.errors else 200)


def _target(request: HttpRequest) -> str:
    """Return where to go afterwards: a staff page of ours."""
    wanted = request.POST.get("next") or request.GET.get("tiep") or HOME
    if not wanted.startswith(STAFF_PATHS) or not url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return HOME
    return wanted


def _enter(request: HttpRequest, account: Account, target: str) -> HttpResponse:
    actors.sign_in(request, account)
    lock.begin(request)
    response = redirect(target)
    request.session.save()  # the stamp is bound to the new session's key
    lock.stamp(request, response, always=True)
    return response


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the staff session."""
    actors.sign_out(request)
    messages.success(request, "Bạn đã đăng xuất.")
    response = redirect("desk:sign_in")
    response.delete_cookie(lock.COOKIE, path=lock.PATH)
    return response


_listed: tuple[float, date, list[tuple[organisation.DemoStaff, tuple[str, ...]]]] | None = None


def _staff(on: date) -> list[tuple[organisation.DemoStaff, tuple[str, ...]]]:
    """Return the demo's staff with the words each is found by; read again after a minute."""
    global _listed
    if _listed is None or _listed[1] != on or time.monotonic() - _listed[0] > KEPT_SECONDS:
        people = [
            (
                person,
                tokens(
                    fold(
                        " ".join(
                            [person.username.replace(".", " "), person.full_name, person.unit_name]
                            + [words.ROLES.get(role.value, "") for role in person.roles]
                        )
                    )
                ),
            )
            for person in organisation.demo_staff(on)
        ]
        people.sort(key=lambda one: (one[0].username.count("."), one[0].username))
        _listed = time.monotonic(), on, people
    return _listed[2]


def accounts(query: str, role: str) -> list[dict[str, Any]]:
    """Return the demo's accounts by role; without a search a few of each, the best known units first."""
    wanted = tokens(fold(query))
    groups: dict[str, list[dict[str, str]]] = {}
    shown = 0
    for person, known in _staff(clock.today()):
        if not all(any(word.startswith(part) for word in known) for part in wanted):
            continue
        first = person.roles[0].value
        if role and role not in person.roles:
            continue
        group = groups.setdefault(role or first, [])
        if not (wanted or role) and len(group) >= A_ROLE:
            continue
        group.append(
            {
                "username": person.username,
                "name": person.full_name,
                "position": person.position,
                "unit": person.unit_name,
            }
        )
        shown += 1
        if shown >= SHOWN * 2:
            break
    return [{"title": words.ROLES[code], "accounts": groups[code]} for code in words.ROLES if code in groups]
