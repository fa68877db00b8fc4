"""Kiosks: put up, paired, taken out of use by the administrator (R-087)."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from motcua.catalogue.nonterritorial import queries as nonterritorial
from motcua.edge import actors, keys
from motcua.kernel.actor import Actor
from motcua.organisation import kiosks
from motcua.organisation import queries as organisation
from motcua.organisation.kiosks import KioskRow
from motcua.organisation.operations import kiosks as operations
from motcua.organisation.operations.kiosks import Pairing
from motcua.platform import clock
from motcua.web import components, refusals
from motcua.web.components import Crumb
from motcua.web.desk import pages

URL: Final = "/can-bo/ki-ot/"


class KioskForm(forms.Form):
    """Where a kiosk stands and what it is called."""

    unit = forms.ChoiceField(label="Nơi đặt", error_messages={"required": "Chọn nơi đặt ki-ốt."})
    name = forms.CharField(
        label="Tên máy",
        max_length=80,
        help_text="Để nhận ra máy khi có sự cố, ví dụ: Ki-ốt sảnh tầng 1.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Đặt tên cho máy."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = organisation.receiving_units(nonterritorial.one_stop_kinds(), clock.today(), limit=5000)
        unit = self.fields["unit"]
        assert isinstance(unit, forms.ChoiceField)  # noqa: S101
        unit.choices = [
            ("", "Chọn nơi tiếp nhận"),
            *((one.code, organisation.full_name(one)) for one in places),
        ]


@pages.officer
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Show the kiosks; put one up."""
    actor = actors.staff(request)
    form = KioskForm(request.POST if request.method == "POST" else None)
    attempt = refusals.Attempt(form)
    if attempt.ready:
        with attempt:
            made = operations.put_up(
                unit_code=form.cleaned_data["unit"],
                name=form.cleaned_data["name"],
                actor=actor,
                key=keys.key(request),
                at=clock.now(),
            )
            return _coded(request, actor, made)
    return _draw(request, actor, form, attempt)


@pages.officer
@require_POST
def renew(request: HttpRequest, number: int) -> HttpResponse:
    """Make a new pairing code."""
    actor = actors.staff(request)
    with refusals.Attempt(sent=True) as attempt:
        made = operations.renew_code(kiosk_id=number, actor=actor, key=keys.key(request), at=clock.now())
        return _coded(request, actor, made)
    return _draw(request, actor, KioskForm(), attempt)


@pages.officer
@require_POST
def close(request: HttpRequest, number: int) -> HttpResponse:
    """Take a kiosk out of use."""
    actor = actors.staff(request)
    with refusals.Attempt(sent=True) as attempt:
        operations.close(kiosk_id=number, actor=actor, key=keys.key(request), at=clock.now())
        messages.success(request, "Đã ngừng ki-ốt.")
        return redirect(URL)
    return _draw(request, actor, KioskForm(), attempt)


def _coded(request: HttpRequest, actor: Actor, made: Pairing) -> HttpResponse:
    """Show the code, this once."""
    if not made.code:
        messages.warning(request, "Mã ghép này đã hiện một lần. Nếu chưa kịp nhập, tạo mã mới.")
        return redirect(URL)
    return _draw(request, actor, KioskForm(), refusals.Attempt(), made)


def _draw(
    request: HttpRequest,
    actor: Actor,
    form: KioskForm,
    attempt: refusals.Attempt,
    made: Pairing | None = None,
) -> HttpResponse:
    known = kiosks.kiosks(actor)
    fields = [components.from_bound(field) for field in form]
    context = {
        "rows": [_row(one) for one in known],
        "fields": fields,
        "errors": components.summary(fields) if form.is_bound else [],
        "general": attempt.general,
        "code": " ".join((made.code[:5], made.code[5:])) if made else "",
        "coded": next((one.name for one in known if made and one.id == made.kiosk_id), ""),
        "address": request.build_absolute_uri("/ki-ot/"),
        "crumbs": [pages.HOME, Crumb("Ki-ốt")],
    }
    return pages.show(request, "desk/kiosks.html", context, section=URL, status=attempt.status)


def _row(one: KioskRow) -> dict[str, Any]:
    state, look = "Chờ ghép máy", "wait"
    if one.closed_at is not None:
        state, look = "Đã ngừng", "closed"
    elif one.paired_at is not None:
        state, look = "Đang dùng", "done"
    elif one.code_until is None or one.code_until < clock.now():
        state, look = "Mã ghép hết hạn", "late"
    return {
        "one": one,
        "place": organisation.full_name(organisation.unit(one.unit_id)),
        "state": state,
        "look": look,
        "key": keys.new(),
    }
