"""Service areas: one-stop units that are the counter of agencies outside their branch (R-078)."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from motcua.catalogue.nonterritorial import queries as nonterritorial
from motcua.edge import keys
from motcua.organisation import areas
from motcua.organisation import queries as organisation
from motcua.organisation.operations import areas as operations
from motcua.platform import clock
from motcua.web import components, inputs, refusals
from motcua.web.components import Crumb
from motcua.web.desk import pages as desk
from motcua.web.desk import places
from motcua.web.kstt import formfields, pages

URL: Final = "/can-bo/quy-trinh/pham-vi-phuc-vu/"


class AreaForm(forms.Form):
    """Which unit receives for which agency, by which decision."""

    unit = forms.ChoiceField(label="Nơi tiếp nhận", error_messages={"required": "Chọn nơi tiếp nhận."})
    agency = forms.ChoiceField(label="Tiếp nhận cho", error_messages={"required": "Chọn cơ quan."})
    decision_no = formfields.line("Số, ký hiệu quyết định")
    valid_from = formfields.Date("Từ ngày")
    valid_to = formfields.Date("Đến hết ngày", required=False, help_text="Để trống: chưa định ngày kết thúc.")
    note = formfields.line("Ghi chú", required=False, longest=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = clock.today()
        units, agencies = self.fields["unit"], self.fields["agency"]
        assert isinstance(units, forms.ChoiceField) and isinstance(agencies, forms.ChoiceField)  # noqa: S101
        counters = organisation.receiving_units(nonterritorial.one_stop_kinds(), today, limit=5000)
        units.choices = [
            ("", "Chọn nơi tiếp nhận"),
            *((one.code, organisation.full_name(one)) for one in counters),
        ]
        agencies.choices = [
            ("", "Chọn cơ quan"),
            *((one.code, places.label(one)) for one in places.communes(today)),
        ]


@desk.officer
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Show the service areas; give one by a decision."""
    actor, at, today = pages.kstt(request), clock.now(), clock.today()
    form = AreaForm(
        request.POST if request.method == "POST" else None, initial={"valid_from": f"{today:%d/%m/%Y}"}
    )
    attempt = refusals.Attempt(form)
    if attempt.ready:
        values = form.cleaned_data
        with attempt:
            operations.give_area(
                unit_code=values.pop("unit"),
                agency_code=values.pop("agency"),
                actor=actor,
                key=keys.key(request),
                at=at,
                **values,
            )
            messages.success(request, "Đã lập phạm vi phục vụ.")
            return redirect(URL)
    return _draw(request, form, attempt.general, attempt.status)


def _draw(request: HttpRequest, form: AreaForm, general: list[str], status: int) -> HttpResponse:
    today = clock.today()
    fields = formfields.views(form)
    rows = []
    for one in areas.read():
        over = one.valid_to is not None and one.valid_to < today
        rows.append(
            {
                "id": one.id,
                "unit": organisation.full_name(organisation.unit(one.unit_id)),
                "agency": places.label(organisation.root_of_agency(one.agency_id)),
                "decision": one.decision_no,
                "end_decision": one.end_decision,
                "valid_from": one.valid_from,
                "valid_to": one.valid_to,
                "over": over,
                "state": "Đã kết thúc"
                if over
                else "Chưa đến ngày"
                if one.valid_from > today
                else "Đang áp dụng",
                "note": one.note,
                "certainty": one.certainty,
                "key": keys.new(),
            }
        )
    context = {
        "rows": rows,
        "fields": fields,
        "errors": components.summary(fields) if form.is_bound else [],
        "general": general,
        "today": f"{today:%d/%m/%Y}",
        "key": keys.new(),
        "crumbs": [desk.HOME, Crumb("Phạm vi phục vụ")],
    }
    return pages.show(request, "kstt/areas.html", context, status, section=URL)


@desk.officer
@require_POST
def end(request: HttpRequest, area_id: int) -> HttpResponse:
    """End a service area with a day, by a decision."""
    actor = pages.kstt(request)
    with refusals.Attempt() as attempt:
        operations.end_area(
            area_id=area_id,
            last_day=inputs.day(request.POST.get("last_day", "")),
            decision_no=request.POST.get("decision_no", ""),
            actor=actor,
            key=keys.key(request),
            at=clock.now(),
        )
        messages.success(request, "Đã ghi ngày kết thúc.")
        return redirect(URL)
    form = AreaForm(initial={"valid_from": f"{clock.today():%d/%m/%Y}"})
    return _draw(request, form, attempt.general, attempt.status)
