"""Tasks handed over on leave or transfer: proposed with the hours left, confirmed or declined by the receiver."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from motcua.dossiers import handovers, queries
from motcua.dossiers.operations import handover as operations
from motcua.dossiers.rules import (
    HANDOVER_KINDS,
    HANDOVER_STATES,
    MOST_AT_ONCE,
    HandOverKind,
    HandOverState,
)
from motcua.edge import actors, keys
from motcua.kernel.actor import Actor
from motcua.kernel.errors import Conflict, DomainError, Invalid
from motcua.kernel.wording import minutes_vi
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.web import components, inputs, refusals
from motcua.web.components import Crumb, FieldView, Option
from motcua.web.desk import bulk, pages, rows
from motcua.workflow import queries as workflow
from motcua.workflow import team

URL: Final = "/can-bo/ban-giao/"
LIST: Final = Crumb("Bàn giao việc", URL)
LOOKS: Final[Mapping[HandOverState, str]] = {
    HandOverState.PROPOSED: "wait",
    HandOverState.ACCEPTED: "done",
    HandOverState.DECLINED: "late",
    HandOverState.CANCELLED: "plain",
}


def hours(minutes: int) -> str:
    """Return working minutes as people say them: left, or passed."""
    if not minutes:
        return "đúng hạn lúc này"
    text = minutes_vi(abs(minutes))
    return f"còn {text} làm việc" if minutes > 0 else f"đã quá {text} làm việc"


@pages.officer
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show the hand-overs that concern the officer, those to answer first."""
    found = handovers.of(actors.staff(request))
    ordered = sorted(found, key=lambda one: not one.mine_to_answer)
    context = {
        "proposals": [_line(one) for one in ordered],
        "crumbs": [pages.HOME, Crumb(LIST.label)],
    }
    return pages.show(request, "desk/handovers.html", context, section=URL)


def _line(one: handovers.Proposal) -> dict[str, Any]:
    return {
        "url": f"{URL}{one.number}/",
        "giver": one.giver,
        "taker": one.taker,
        "kind": HANDOVER_KINDS[one.kind],
        "reason": one.reason,
        "state": HANDOVER_STATES[one.state],
        "look": LOOKS[one.state],
        "proposed_at": one.proposed_at,
        "answered_at": one.answered_at,
        "said": one.answer,
        "tasks": one.tasks,
        "to_answer": one.mine_to_answer,
        "to_cancel": one.mine_to_cancel,
        "run_url": f"{bulk.URL}{one.run}/" if one.run and one.state is HandOverState.ACCEPTED else "",
    }


@pages.officer
@require_http_methods(["GET", "POST"])
def propose(request: HttpRequest) -> HttpResponse:
    """Show the tasks a person holds and to whom they may go; or propose the hand-over."""
    actor = actors.staff(request)
    asked = (request.POST if request.method == "POST" else request.GET).get("tu", "")
    staff_id = inputs.number(asked) or actor.staff_id or 0
    if request.method != "POST":
        return _form(request, actor, staff_id)
    ticked = [one for mark in request.POST.getlist("viec") if (one := inputs.number(mark)) is not None]
    to, kind = inputs.number(request.POST.get("to", "")), request.POST.get("kind", "")
    with refusals.Attempt() as attempt:
        if kind not in set(HandOverKind):
            raise Invalid(errors={"kind": "Chọn lý do bàn giao."})
        if to is None:
            raise Invalid(errors={"to": "Chọn người nhận."})
        number = operations.propose(
            from_staff_id=staff_id,
            to_staff_id=to,
            task_ids=ticked,
            kind=HandOverKind(kind),
            reason=request.POST.get("reason", ""),
            actor=actor,
            key=keys.key(request),
            at=clock.now(),
        )
        messages.success(
            request,
            "Đã gửi đề nghị bàn giao. Việc vẫn do người giữ cũ chịu trách nhiệm đến khi người nhận xác nhận.",
        )
        return redirect(f"{URL}{number}/")
    return _form(request, actor, staff_id, attempt.refusal)


def _form(
    request: HttpRequest, actor: Actor, staff_id: int, refusal: DomainError | None = None
) -> HttpResponse:
    now, on = clock.now(), clock.today()
    held = team.held(actor, staff_id, limit=MOST_AT_ONCE)
    known = queries.by_subjects(actor, [row.subject for row in held]) if held else {}
    able: dict[int, str] = {}
    for unit_id, role, field in {(row.unit_id, row.role, row.field) for row in held}:
        able |= {one.staff_id: one.full_name for one in workflow.holders(unit_id, role, field, on)}
    able.pop(staff_id, None)
    errors = refusals.by_field(refusal)
    general = refusals.general(refusal, ("to", "kind", "reason"))
    typed = request.POST
    ticked = set(typed.getlist("viec")) if request.method == "POST" else {str(row.id) for row in held}
    inputs = [
        FieldView(
            "to", "Người nhận", "select", value=typed.get("to", ""), required=True, error=errors.get("to", ""),
            options=tuple(
                Option(str(number), name) for number, name in sorted(able.items(), key=lambda one: one[1])
            ),
        ),
        FieldView(
            "kind", "Vì sao bàn giao", "radio", value=typed.get("kind", HandOverKind.LEAVE.value), required=True,
            error=errors.get("kind", ""),
            options=tuple(Option(kind.value, name) for kind, name in HANDOVER_KINDS.items()),
        ),
        FieldView(
            "reason", "Nội dung bàn giao", "textarea", value=typed.get("reason", ""), required=True,
            error=errors.get("reason", ""), maxlength=2000,
            help="Ít nhất 10 ký tự: nghỉ từ ngày nào đến ngày nào, điều người nhận cần biết.",
        ),
    ]  # fmt: skip
    names = organisation.staff_names({staff_id})
    context = {
        "whose": names.get(staff_id, "") if held else "",
        "own": staff_id == actor.staff_id,
        "staff_id": staff_id,
        "lines": [
            {
                "id": row.id,
                "ticked": str(row.id) in ticked,
                "code": known[row.subject].code,
                "url": rows.dossier_url(known[row.subject].code),
                "owner": known[row.subject].owner_name,
                "step": row.name,
                "unit": rows.unit_name(row.unit_id),
                "due_at": row.due_at,
                "left": rows.left_text(now, row.due_at, row.unit_id),
                "mark": rows.mark_of(now, row.due_at),
            }
            for row in held
            if row.subject in known
        ],
        "fields": inputs,
        "errors": components.summary(inputs),
        "general": general,
        "nobody": bool(held) and not able,
        "crumbs": [pages.HOME, LIST, Crumb("Lập bàn giao")],
    }
    return pages.show(
        request, "desk/handover_form.html", context, section=URL, status=refusals.status(refusal)
    )


@pages.officer
@require_safe
def page(request: HttpRequest, number: int) -> HttpResponse:
    """Show a hand-over with its tasks and the hours that were left."""
    return _page(request, actors.staff(request), number)


def _page(
    request: HttpRequest, actor: Actor, number: int, refusal: DomainError | None = None
) -> HttpResponse:
    proposal, tasks = handovers.one(actor, number)
    errors = refusals.by_field(refusal)
    reason = FieldView(
        "reason", "Lý do từ chối", "textarea", value=request.POST.get("reason", ""), maxlength=2000,
        error=errors.get("reason", ""), help="Ít nhất 10 ký tự. Việc vẫn do người giữ cũ làm.",
    )  # fmt: skip
    context = {
        "handover": _line(proposal),
        "tasks": [
            {
                "code": task.code,
                "url": rows.dossier_url(task.code),
                "step": task.step,
                "due_at": task.due_at,
                "left": hours(task.minutes_left),
                "late": task.minutes_left < 0,
            }
            for task in tasks
        ],
        "reason_field": reason,
        "errors": components.summary([reason]),
        "general": [text for name, text in errors.items() if name != "reason"],
        "crumbs": [pages.HOME, LIST, Crumb(f"{proposal.giver} → {proposal.taker}")],
    }
    return pages.show(request, "desk/handover.html", context, section=URL, status=refusals.status(refusal))


@pages.officer
@require_POST
def answer(request: HttpRequest, number: int) -> HttpResponse:
    """Take, decline or cancel a hand-over."""
    actor, now, key = actors.staff(request), clock.now(), keys.key(request)
    said = request.POST.get("tra-loi", "")
    try:
        if said == "nhan":
            run = operations.accept(handover=number, actor=actor, key=key, at=now)
            return redirect(f"{bulk.URL}{run}/")
        if said == "tu-choi":
            reason = request.POST.get("reason", "")
            operations.decline(handover=number, reason=reason, actor=actor, key=key, at=now)
            messages.success(request, "Đã từ chối nhận bàn giao. Việc vẫn do người giữ cũ làm.")
        elif said == "huy":
            operations.cancel(handover=number, actor=actor, key=key, at=now)
            messages.success(request, "Đã hủy bàn giao.")
        else:
            raise Invalid(errors={"tra-loi": "Chọn nhận, từ chối hoặc hủy bàn giao."})
    except Invalid as refusal:
        return _page(request, actor, number, refusal)
    except Conflict as refusal:
        messages.error(request, refusal.message)
    return redirect(f"{URL}{number}/")
