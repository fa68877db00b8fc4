"""Duties lent in absence: from which day to which, to whom, and taken back."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from motcua.edge import actors, keys
from motcua.kernel.actor import Actor, Role
from motcua.kernel.errors import Conflict, DomainError, Invalid
from motcua.organisation import queries as organisation
from motcua.organisation.operations import absence as operations
from motcua.platform import clock
from motcua.web import components, inputs, refusals, words
from motcua.web.components import Crumb, FieldView, Option
from motcua.web.desk import pages, rows

URL: Final = "/can-bo/uy-quyen/"


@pages.officer
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Show what is lent and borrowed, and lend a duty."""
    actor = actors.staff(request)
    if request.method != "POST":
        return _show(request, actor)
    typed = request.POST
    first, last = inputs.day(typed.get("valid_from", "")), inputs.day(typed.get("valid_to", ""))
    duty_id, to = inputs.number(typed.get("duty", "")), inputs.number(typed.get("to", ""))
    with refusals.Attempt() as attempt:
        errors = {
            name: text
            for name, missing, text in (
                ("duty", duty_id is None, "Chọn nhiệm vụ ủy quyền."),
                ("to", to is None, "Chọn người được ủy quyền."),
                ("valid_from", first is None, "Nhập ngày bắt đầu, ví dụ 02/10/2023."),
                ("valid_to", last is None, "Nhập ngày cuối, ví dụ 06/10/2023."),
            )
            if missing
        }
        if errors or duty_id is None or to is None or first is None or last is None:
            raise Invalid(errors=errors)
        operations.lend(
            actor=actor,
            duty_id=duty_id,
            to_staff_id=to,
            valid_from=first,
            valid_to=last,
            reason=typed.get("reason", ""),
            key=keys.key(request),
            at=clock.now(),
        )
        messages.success(request, "Đã ủy quyền. Việc người được ủy quyền làm ghi rõ theo ủy quyền của bạn.")
        return redirect(URL)
    return _show(request, actor, attempt.refusal)


def duty_name(role: Role, unit_id: int) -> str:
    """Return a duty in words: role and unit."""
    return f"{words.ROLES.get(role.value, role.value)}, {rows.unit_name(unit_id)}"


def _show(request: HttpRequest, actor: Actor, refusal: DomainError | None = None) -> HttpResponse:
    on, typed = clock.today(), request.POST
    own = [duty for duty in actor.duties if duty.delegated_by is None and duty.role is not Role.ADMIN]
    people = colleagues(actor, {duty.agency_id for duty in own})
    people.pop(actor.staff_id or 0, None)
    errors = refusals.by_field(refusal)
    inputs = [
        FieldView(
            "duty", "Nhiệm vụ", "select", value=typed.get("duty", str(own[0].id) if own else ""), required=True,
            error=errors.get("duty", ""),
            options=tuple(Option(str(duty.id), duty_name(duty.role, duty.unit_id)) for duty in own),
        ),
        FieldView(
            "to", "Người được ủy quyền", "select", value=typed.get("to", ""), required=True,
            error=errors.get("to", ""),
            options=tuple(
                Option(str(number), name) for number, name in sorted(people.items(), key=lambda one: one[1])
            ),
        ),
        FieldView(
            "valid_from", "Từ ngày", "date", value=typed.get("valid_from", ""), required=True, width="s",
            error=errors.get("valid_from", ""), inputmode="numeric",
        ),
        FieldView(
            "valid_to", "Đến hết ngày", "date", value=typed.get("valid_to", ""), required=True, width="s",
            error=errors.get("valid_to", ""), inputmode="numeric",
        ),
        FieldView(
            "reason", "Lý do", "text", value=typed.get("reason", ""), required=True, maxlength=300,
            error=errors.get("reason", ""), help="Ví dụ: nghỉ phép năm, đi công tác.",
        ),
    ]  # fmt: skip
    context: dict[str, Any] = {
        "lent": [
            {
                "id": one.id,
                "duty": duty_name(one.role, one.unit_id),
                "giver": one.giver,
                "taker": one.taker,
                "mine": one.giver_id == actor.staff_id,
                "from_day": one.valid_from,
                "to_day": one.valid_to,
                "running": one.valid_from <= on,
                "over": one.valid_to is not None and one.valid_to <= on,
                "url": f"{URL}{one.id}/ket-thuc/",
            }
            for one in organisation.lent(actor, on)
        ],
        "fields": inputs if own and people else [],
        "errors": components.summary(inputs),
        "general": [refusal.message] if refusal is not None and not errors else [],
        "crumbs": [pages.HOME, Crumb("Ủy quyền khi vắng")],
    }
    return pages.show(request, "desk/absence.html", context, section=URL, status=refusals.status(refusal))


def colleagues(actor: Actor, agency_ids: Collection[int]) -> dict[int, str]:
    """Return who is at work in agencies today, by number: the names the actor may see."""
    on, nodes = clock.today(), organisation.tree().nodes.values()
    people: dict[int, str] = {}
    for unit_id in sorted(node.ref.id for node in nodes if node.ref.agency_id in agency_ids):
        people |= {one.staff_id: one.full_name for one in organisation.colleagues(actor, unit_id, on)}
    return people


@pages.officer
@require_POST
def take_back(request: HttpRequest, duty_id: int) -> HttpResponse:
    """End a lent duty."""
    try:
        operations.take_back(
            actor=actors.staff(request), duty_id=duty_id, key=keys.key(request), at=clock.now()
        )
    except Conflict as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "Đã kết thúc ủy quyền.")
    return redirect(URL)
