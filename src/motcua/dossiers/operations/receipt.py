"""At the counter: accept, refuse at receipt, ask for a supplement, take it in. Forms 01, 02, 03."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F

from motcua.catalogue import rules as catalogue_rules
from motcua.catalogue.rules import PaperNeed
from motcua.documents import operations as documents
from motcua.documents.papers import ClockEffect, Stage
from motcua.dossiers import clockwork, definitions, events, papers, published, rules
from motcua.dossiers.models import Answers, Component, SupplementRequest
from motcua.dossiers.nonterritorial import underway
from motcua.dossiers.operations import hardships, originals, outage, parts, slips, tasks
from motcua.dossiers.operations.common import (
    Done,
    Work,
    begin,
    competent,
    finish,
    freeze,
    once,
    settings,
    told,
)
from motcua.dossiers.operations.unlisted import reporting
from motcua.dossiers.published import Demand, UnlistedPaper
from motcua.dossiers.rules import (
    Act,
    ApprovalNeeded,
    ComponentState,
    NoDuty,
    NotAcceptable,
    NotAllowedNow,
    PaperHandedIn,
    State,
)
from motcua.forms import rules as form_rules
from motcua.kernel.actor import SYSTEM, Actor, ActorKind, DutyRef, Role
from motcua.kernel.calendar import LOCAL
from motcua.kernel.counting import Ground, Pause, PauseKind, due_at
from motcua.kernel.errors import Invalid
from motcua.kernel.process import Outcome
from motcua.parties import queries as parties
from motcua.payments import operations as payments
from motcua.payments.rules import FeeKind, Line, Method
from motcua.workflow.operations import Moved

RECEIVERS = (Role.ONE_STOP_OFFICER,)


@dataclass(frozen=True, slots=True)
class FeesTaken:
    """
    What the counter settles about fees: `due` maps a fee code to how many units are owed (condition confirmed),
    `paid` tells that all of it was taken in cash now, `exemptions` are groups whose proof was seen.
    """

    due: Mapping[str, int] = field(default_factory=dict)
    paid: bool = False
    exemptions: tuple[str, ...] = ()

    def body(self) -> dict[str, Any]:
        """Return what the idempotency key covers."""
        return {"due": dict(self.due), "paid": self.paid, "exemptions": list(self.exemptions)}


def reception_duty(work: Work) -> DutyRef | None:
    """
    Return the one-stop duty of the actor at the receiving unit, or, of a dossier received for another agency, at that
    agency's once it has confirmed.

    :raises NoDuty: the actor has none there.
    """
    dossier = work.dossier
    try:
        return work.duty(*RECEIVERS, unit_id=dossier.receiving_unit_id)
    except NoDuty:
        if dossier.confirmed_at is None:
            raise
        return work.duty(*RECEIVERS, unit_id=dossier.competent_unit_id)


@once
def accept(
    *,
    code: str,
    actor: Actor,
    key: str,
    at: datetime,
    seen: int | None = None,
    fees: FeesTaken | None = None,
    slip: bool | None = None,
) -> Done:
    """
    Accept a filed dossier: the clock starts, the slip (form 01) is made, the work goes to the next unit.

    `slip`: whether one is made; None makes it unless the procedure is immediate (`slips.on_request`).

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty:
    :raises NotAcceptable: a required paper is missing.
    """
    body = {"fees": fees.body() if fees else None, **slips.asked(slip)}
    work = begin(act=Act.ACCEPT, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    duty = reception_duty(work)
    components = slips.components_of(work.dossier)
    if work.dossier.supplement_due_at is not None:  # what was asked for is no longer waited for
        _answered(work)
    task = tasks.reception(work)
    if work.dossier.non_territorial:
        return accepted(work, duty, components, fees, Moved, slip=slip)
    return accepted(
        work, duty, components, fees, lambda: tasks.complete(work, task.id, Outcome.ACCEPT), slip=slip
    )


def accepted(
    work: Work,
    duty: DutyRef | None,
    components: Sequence[PaperHandedIn],
    fees: FeesTaken | None,
    move: tasks.Move,
    *,
    slip: bool | None = None,
) -> Done:
    """Do what accepting means once the dossier is locked or new; `move` hands the work on when the clock runs."""
    dossier, at = work.dossier, work.at
    lacking = rules.missing(components)
    if lacking:
        raise NotAcceptable(
            "Hồ sơ chưa đủ thành phần theo quy định: " + "; ".join(lacking) + ".", missing=lacking
        )
    planned = parts.planned(work) if work.bundle.awaits_parts else []
    dossier.state = State.ACCEPTED
    dossier.accepted_at = at
    if dossier.non_territorial:  # the clock starts when the competent agency confirms
        tasks.expect(work)
        moved = move()
        tasks.reschedule(work)
    else:
        clock = clockwork.start(
            at,
            parts.limit(work, planned),
            tasks.policy(work),
            work.calendar,
            work.bundle.steps,
        )
        dossier.clock_started_at = at
        dossier.due_at = dossier.original_due_at = clock.deadline.at
        dossier.clock = clock.to_json()
        moved = move()
    if planned:
        parts.begin(work, planned)
    lines = fee_lines(work, fees)
    if lines:
        owed = payments.open_obligations(
            subject=dossier.subject,
            unit_id=dossier.competent_unit_id
            or dossier.receiving_unit_id,  # whose fee it is, whoever takes it
            lines=lines,
            at=at,
        )
        due_now = [obligation.pk for obligation in owed if obligation.amount]
        if fees is not None and fees.paid and due_now:
            payments.record_payment(
                subject=dossier.subject,
                obligation_ids=due_now,
                unit_id=dossier.receiving_unit_id,
                actor=work.actor,
                method=Method.CASH,
                payer_name=dossier.submitter_name or dossier.owner_name,
                at=work.now,  # the receipt is of the day on which it is given
            )
    people = parties.rows(SYSTEM, [dossier.owner_id, dossier.submitter_id])
    owner, submitter = people[dossier.owner_id], people[dossier.submitter_id]
    # the line of the register and the slip are numbered in one statement, the counters locked last
    series = [rules.SERIES["register"][0]]
    dossier.slip_on_request = slips.on_request(work) if slip is None else not slip
    if not dossier.slip_on_request:
        series.append(rules.SERIES["slip"][0])
    numbers = documents.next_numbers(dossier.receiving_unit_id, series, at.astimezone(LOCAL).year)
    dossier.register_no = numbers[series[0]]
    document = None
    if not dossier.slip_on_request:
        document = slips.made(
            work,
            dossier.receiving_unit_id,
            slips.AtHand(
                owner,
                submitter,
                components,
                slips.fee_lines(lines),
                [*parts.slip_lines(planned), *outage.slip_lines(work)],
                numbers[series[1]],
            ),
        )
    originals.taken(work, components, owner, submitter)
    tasks.show(work, moved)
    outage.keep(work)
    return finish(
        work,
        Act.ACCEPT,
        duty=duty,
        payload={
            "slip": document.number if document else None,
            "register_no": dossier.register_no,
            "limit": work.bundle.procedure.limit(dossier.terms).to_json(),
            "fees": len(lines),
            **({"parts": [one.plan["key"] for one in planned]} if planned else {}),
            **({"expected": dossier.expected_due_at} if dossier.non_territorial else {}),
            **outage.told(work),
        },
        event=_accepted_event(work, moved, document.id if document else None),
    )


def _accepted_event(work: Work, moved: Moved, document_id: int | None) -> events.DossierEvent:
    unit_ids = tuple(sorted({task.unit_id for task in moved.opened}))
    if work.dossier.non_territorial:
        return told(
            work,
            events.TakenForAnother,
            document_id=document_id,
            expected_due_at=work.dossier.expected_due_at,
            unit_ids=unit_ids,
        )
    return told(work, events.Accepted, document_id=document_id, unit_ids=unit_ids)


def fee_lines(work: Work, fees: FeesTaken | None) -> list[Line]:
    """
    Return the fees owed: those without a condition, and those the counter confirmed; formula fees are left to later.

    :raises Invalid: the counter confirmed a fee the procedure does not have.
    """
    confirmed = fees.due if fees else {}
    groups = fees.exemptions if fees else ()
    offered = catalogue_rules.fees_for(work.bundle.procedure.body, work.dossier.terms, {}, groups)
    taken = parts.fees_of_group(work)
    offered = [fee for fee in offered if fee.fee not in taken]
    unknown = set(confirmed) - {fee.fee for fee in offered}
    if unknown:
        raise Invalid(errors={"fees": f"Thủ tục này không có khoản thu: {', '.join(sorted(unknown))}."})
    lines = []
    for fee in offered:
        count = confirmed.get(fee.fee, 0 if fee.condition else 1)
        if count and fee.amount is not None:
            lines.append(
                Line(
                    fee_code=fee.fee,
                    kind=FeeKind(fee.kind),
                    label=fee.name,
                    amount=fee.amount * count,
                    channel=work.dossier.channel,
                    quantity=count,
                    exemption=fee.exemption or "",
                )
            )
    return lines


@once
def refuse(
    *,
    code: str,
    actor: Actor,
    key: str,
    at: datetime,
    reason: str,
    guidance: str = "",
    seen: int | None = None,
) -> Done:
    """
    Refuse to receive a dossier (form 03): a specific ground in words, and where to go instead.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, ReasonMissing:
    """
    body = {"reason": reason, "guidance": guidance}
    work = begin(act=Act.REFUSE, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    duty = reception_duty(work)
    ground = rules.reason(reason)
    dossier = work.dossier
    tasks.complete(work, tasks.reception(work).id, Outcome.REFUSE_RECEIPT, ground)
    dossier.state, dossier.ended_at = State.NOT_ACCEPTED, at
    tasks.ended(work)
    owner = parties.rows(SYSTEM, [dossier.owner_id])[dossier.owner_id]
    document = freeze(
        work,
        papers.refusal(dossier, work.bundle, owner, actor, reason=ground, guidance=guidance.strip(), at=at),
        unit_id=dossier.receiving_unit_id,
    )
    hardships.refused(work, duty)
    return finish(
        work,
        Act.REFUSE,
        duty=duty,
        payload={"form": document.number},
        personal={"reason": ground, "guidance": guidance.strip()},
        event=told(work, events.Refused, document_id=document.id),
    )


@reporting
@once
def request_supplement(
    *,
    code: str,
    actor: Actor,
    key: str,
    at: datetime,
    items: Sequence[Mapping[str, str]],
    reason: str,
    ground: str = "",
    restart: bool = True,
    task_id: int | None = None,
    seen: int | None = None,
) -> Done:
    """
    Ask for a supplement (form 02), once and for everything (NĐ 61/2018 Art 15.3).

    Before acceptance there is no clock. At appraisal the clock stops; when the dossier is complete it is counted
    again from zero (`restart`, NĐ 61/2018 Art 19.4) or goes on, by the ground that is stored.
    `items` are {"name", "what"}: the paper and what to add or correct.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, ReasonMissing:
    :raises ApprovalNeeded: one was asked for during handling, and no other is allowed.
    :raises Invalid: nothing is named that should be added.
    :raises UnlistedPaper: a paper is asked for beside the published record; the attempt is kept and told (R-066).
    """
    wanted = [
        {"name": i["name"].strip(), "what": i.get("what", "").strip()} for i in items if i["name"].strip()
    ]
    body = {"items": wanted, "reason": reason, "ground": ground, "restart": restart, "task": task_id}
    work = begin(act=Act.REQUEST_SUPPLEMENT, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    if not wanted:
        raise Invalid(errors={"items": "Ghi ít nhất một giấy tờ hoặc nội dung cần bổ sung."})
    words = rules.reason(reason)
    dossier = work.dossier
    _check_listed(work, wanted)
    within = definitions.limit(settings(work)["supplement_within"])
    answer_by = due_at(at, within, tasks.policy(work), work.calendar)
    if work.state is State.SUBMITTED:
        duty = reception_duty(work)
        if dossier.supplement_due_at is not None:
            raise NotAllowedNow("Hồ sơ này đang chờ bổ sung theo yêu cầu trước, chưa yêu cầu thêm được.")
        stage, effect = Stage.RECEIPT, ClockEffect.NOT_STARTED
    elif underway(dossier):  # sent back incomplete: the applicant is asked, and no clock runs yet
        duty = reception_duty(work)
        stage, effect = Stage.RECEIPT, ClockEffect.NOT_STARTED
        dossier.state = State.SUPPLEMENT_REQUESTED
    else:
        if task_id is None:
            raise Invalid(errors={"task": "Chọn bước xử lý đang giữ hồ sơ để yêu cầu bổ sung."})
        asked = clockwork.times_asked(dossier.clock)
        if asked >= dossier.supplements_allowed:
            raise ApprovalNeeded(asked)
        moved = tasks.complete(work, task_id, Outcome.SUPPLEMENT, words)
        duty = moved.duty
        hardships.asked_again(work, duty, asked)
        tasks.show(work, moved)
        stage = Stage.APPRAISAL
        effect = ClockEffect.RESTART if restart else ClockEffect.PAUSE
        pause = Pause(
            at,
            None,
            Ground.RETURNED_AT_APPRAISAL if restart else Ground.SUPPLEMENT,
            PauseKind.RESTART if restart else PauseKind.PAUSE,
        )
        dossier.clock = clockwork.pause(work.clock, pause, work.bundle.steps, work.calendar).to_json()
        dossier.state = State.SUPPLEMENT_REQUESTED
    dossier.supplement_count += 1
    dossier.supplement_due_at = answer_by
    owner = parties.rows(SYSTEM, [dossier.owner_id])[dossier.owner_id]
    document = freeze(
        work,
        papers.supplement_request(
            dossier, work.bundle, owner, actor, items=wanted, reason=words, ground=ground.strip(),
            stage=stage, clock=effect, answer_by=answer_by, at=at,
        ),
        unit_id=duty.unit_id if duty else dossier.receiving_unit_id,
    )  # fmt: skip
    SupplementRequest.objects.create(
        dossier_id=dossier.subject,
        stage=stage.value,
        items=wanted,
        reason=words,
        ground=ground.strip(),
        clock_effect={"not_started": "none"}.get(effect.value, effect.value),
        requested_at=at,
        answer_by=answer_by,
        document_id=document.id,
    )
    return finish(
        work,
        Act.REQUEST_SUPPLEMENT,
        duty=duty,
        payload={"form": document.number, "stage": stage.value, "clock": effect.value, "items": len(wanted)},
        personal={"items": wanted, "reason": words},
        event=told(
            work, events.SupplementRequested, document_id=document.id, answer_by=answer_by, stage=stage.value
        ),
    )


def _check_listed(work: Work, items: Sequence[Mapping[str, str]]) -> None:
    """
    Let a request pass that asks for papers of the record, of the dossier, or for what is said in the form.

    :raises UnlistedPaper:
    """
    dossier = work.dossier
    beside = published.unlisted(items, published.names(work.bundle.procedure.body))
    if (
        beside
    ):  # papers the dossier has in spite of it: of an older record, asked for before the list was enforced
        have = Component.objects.filter(dossier_id=dossier.subject).values_list("name", flat=True)
        beside = published.unlisted([{"name": name} for name in beside], have)
    if beside:
        duty = work.actor.duties[0] if work.actor.duties else None
        raise UnlistedPaper(
            Demand(
                Act.REQUEST_SUPPLEMENT.value, beside, dossier.procedure_code, dossier.agency_id,
                duty.unit_id if duty else dossier.receiving_unit_id, dossier.subject, dossier.code,
            )
        )  # fmt: skip


@once
def allow_supplement(
    *, code: str, actor: Actor, key: str, at: datetime, reason: str, seen: int | None = None
) -> Done:
    """
    Allow one more request for supplement during handling, with the reason, as the competent person.

    The law says once; more makes the dossier late by the measure of QĐ 766 (facts-lifecycle 2.3, 2.8).

    :raises DossierNotFound, Stale, Replayed, NoDuty, ReasonMissing:
    :raises NotAllowedNow: a request is still open to the officer without it.
    """
    work = begin(
        act=Act.ALLOW_SUPPLEMENT, code=code, actor=actor, key=key, at=at, seen=seen, body={"reason": reason}
    )
    if actor.kind is ActorKind.SYSTEM:
        raise NoDuty
    duty = competent(work)
    words = rules.reason(reason)
    dossier = work.dossier
    asked = clockwork.times_asked(dossier.clock)
    if asked < dossier.supplements_allowed:
        raise NotAllowedNow("Cán bộ vẫn còn được yêu cầu bổ sung, chưa cần cho phép thêm.")
    dossier.supplements_allowed = asked + 1
    return finish(
        work,
        Act.ALLOW_SUPPLEMENT,
        duty=duty,
        payload={"asked": asked},
        personal={"reason": words},
        event=told(work, events.SupplementAllowed),
    )


@once
def supplement(
    *,
    code: str,
    actor: Actor,
    key: str,
    at: datetime,
    papers_added: Mapping[str, int | None],
    answers: Mapping[str, Any] | None = None,
    seen: int | None = None,
) -> Done:
    """
    Hand in what was asked for; a paused clock goes on or starts again, as the request said.

    `papers_added` maps paper codes to stored files (None: handed in on paper at the counter): papers of the dossier,
    papers the request names beside them (`rules.asked_beside`), and papers that new answers call for. `answers` replace
    the form as a whole, from the applicant and at the counter alike.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty:
    :raises NotAllowedNow: nothing was asked for.
    :raises NotFound: a file is not the actor's upload.
    :raises Invalid: nothing was handed in, a citizen hands in paper, the form refuses an answer, or new answers call
        for a paper that is missing.
    """
    body = {"papers": dict(papers_added), "answers": answers}
    work = begin(act=Act.SUPPLEMENT, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    duty = applicant_or_counter(work)
    dossier = work.dossier
    if not papers_added and not answers:
        raise Invalid(errors={"papers": "Chưa có giấy tờ hoặc nội dung nào được bổ sung."})
    if duty is None and None in papers_added.values() and actor.kind is not ActorKind.SYSTEM:
        raise Invalid(errors={"papers": "Bổ sung trực tuyến cần tệp đã tải lên."})
    asked = _answered(work)
    if asked is None:
        raise NotAllowedNow("Hồ sơ này không có yêu cầu bổ sung nào đang chờ.")
    clean: Mapping[str, Any] | None = None
    if answers:
        clean, errors = form_rules.validate(work.bundle.form, answers, at.astimezone(LOCAL).date())
        if errors:
            raise Invalid("Biểu mẫu còn chỗ chưa đúng.", errors=errors)
    new = _take_in(work, papers_added, asked, clean)
    if clean is not None:
        Answers.objects.filter(subject=dossier.subject).update(answers=clean, revision=F("revision") + 1)
    if work.state is State.SUBMITTED:  # the answer is due again, counted from what came now
        tasks.answer_from(work)
        tasks.reschedule(work)
    if work.state is State.SUPPLEMENT_REQUESTED and underway(dossier):
        dossier.state = State.ACCEPTED
        tasks.expect(work)
        tasks.reschedule(work)
    elif work.state is State.SUPPLEMENT_REQUESTED:
        clock = clockwork.resume(work.clock, at, work.bundle.steps, work.calendar)
        dossier.clock, dossier.due_at = clock.to_json(), clock.due_at
        dossier.state = State.IN_PROCESS
        tasks.show(work, tasks.resume(work))
    return finish(
        work,
        Act.SUPPLEMENT,
        duty=duty,
        payload={
            "papers": sorted(papers_added),
            **({"new": new} if new else {}),
            **({"answers": True} if clean is not None else {}),
            **clockwork.last_ground(work.before["clock"]),
        },
        personal={"answers": dict(answers)} if answers else None,
        event=told(work, events.Supplemented),
    )


def _answered(work: Work) -> list[dict[str, str]] | None:
    """Close the open request and return what it asked for; None where there is none (one statement)."""
    work.dossier.supplement_due_at = None
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE dossiers_supplementrequest SET answered_at = %s"
            " WHERE dossier_id = %s AND answered_at IS NULL RETURNING items",
            [work.at, work.dossier.subject],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    items: list[dict[str, str]] = json.loads(row[0]) if isinstance(row[0], str) else row[0]
    return items


def applicant_or_counter(work: Work) -> DutyRef | None:
    """
    Return None for the owner or submitter themselves, else the one-stop duty of the actor.

    :raises NoDuty: neither.
    """
    if work.actor.kind is ActorKind.CITIZEN:
        return None  # who can lock the dossier as a citizen is a party to it
    return reception_duty(work)


def _take_in(
    work: Work,
    added: Mapping[str, int | None],
    asked: Sequence[Mapping[str, str]],
    answers: Mapping[str, Any] | None,
) -> list[str]:
    """Put what came into the dossier; return the codes of papers it had not before."""
    dossier, record = work.dossier, work.bundle.procedure.body
    known = {row.paper: row for row in Component.objects.filter(dossier_id=dossier.subject)}
    have = {code: row.name for code, row in known.items()}
    offered = rules.asked_beside(asked, have, catalogue_rules.paper_names(record), dossier.supplement_count)
    needed = {
        need.paper: need
        for need in (catalogue_rules.papers_for(record, answers) if answers is not None else ())
        if need.paper not in known
    }
    offered |= {code: need.name for code, need in needed.items()}
    unknown = set(added) - set(known) - set(offered)
    if unknown:
        raise Invalid(errors={"papers": f"Hồ sơ này không có giấy tờ: {', '.join(sorted(unknown))}."})
    lacking = [
        need.name
        for code, need in needed.items()
        if code not in added and not _replaced(need, dossier.channel)
    ]
    if lacking:
        raise Invalid(
            errors={
                "papers": f"Nội dung mới khai cần thêm giấy tờ: {'; '.join(lacking)}. Nộp kèm khi gửi bổ sung."
            }
        )
    documents.attach(
        actor=work.actor,
        file_ids=[file_id for file_id in added.values() if file_id is not None],
        subject=dossier.subject,
    )
    changed = []
    for paper in set(added) & set(known):
        row = known[paper]
        row.state, row.file_id = ComponentState.HANDED_IN.value, added[paper] or row.file_id
        changed.append(row)
    if changed:
        Component.objects.bulk_update(changed, ["state", "file"])
    new = [code for code in offered if code in added or code in needed]
    last = max((row.no for row in known.values()), default=0)
    if new:
        Component.objects.bulk_create(
            _component(work, last + number, code, offered[code], needed.get(code), added)
            for number, code in enumerate(new, 1)
        )
    return sorted(new)


def _replaced(need: PaperNeed, channel: str) -> bool:
    """Tell whether a paper need not be handed in: a database has it, the e-form is it, or it is only shown."""
    return bool(need.waived_if_in_db or need.present_only or (need.form_file and channel in rules.BY_CITIZEN))


def _component(
    work: Work, no: int, code: str, name: str, need: PaperNeed | None, added: Mapping[str, int | None]
) -> Component:
    """Return a paper that came into the dossier by a supplement."""
    state = ComponentState.HANDED_IN
    if code not in added and need is not None:
        state = (
            ComponentState.MISSING
            if need.present_only
            else ComponentState.FETCHED
            if need.waived_if_in_db
            else ComponentState.SATISFIED
        )
    return Component(
        dossier_id=work.dossier.subject,
        no=no,
        paper=code,
        name=name[:300],
        state=state.value,
        originals=need.originals if need else 0,
        copies=need.copies if need else 1,
        required=need is None or not need.present_only,
        present_only=need is not None and need.present_only,
        digitise=need is None or (need.digitise and not need.present_only),
        file_id=added.get(code),
    )
