"""
Interlinked groups: parts opened when the group is accepted, followed to their end, given up on request.

The group is the parent dossier; each part is a dossier of its own with its own agency, clock and ledger. Whoever acts
on the group locks it before its parts, and an act on a part never locks the group: what follows from a part is an act
of the system on the group afterwards (`follow`), which may come twice or late and finds the same.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from motcua.catalogue import queries as catalogue
from motcua.catalogue import rules as catalogue_rules
from motcua.catalogue.rules import PaperNeed
from motcua.documents import operations as documents
from motcua.documents import queries as document_queries
from motcua.documents.rules import DocumentKind
from motcua.dossiers import clockwork, definitions, events, queries, rules
from motcua.dossiers import parts as part_rules
from motcua.dossiers.models import Answers, Component, Dossier, MirrorMessage, Part, Verification
from motcua.dossiers.operations import passing, refundchecks, tasks
from motcua.dossiers.operations.common import Done, Work, blank, finish, opened, told
from motcua.dossiers.operations.numbering import next_code
from motcua.dossiers.parts import Next, PartState, Standing
from motcua.dossiers.passing import AlreadyPassedOn, PassKind
from motcua.dossiers.refunding import Ended
from motcua.dossiers.rules import (
    PAUSED,
    RUNNING,
    Act,
    ComponentState,
    Decision,
    NotAcceptable,
    State,
)
from motcua.dossiers.verifying import VerificationState
from motcua.kernel import codes, deadline
from motcua.kernel.actor import SYSTEM, DutyRef
from motcua.kernel.calendar import LOCAL
from motcua.kernel.counting import Ground, Limit, Pause
from motcua.kernel.errors import DomainError, Invalid
from motcua.kernel.wording import moment_vi
from motcua.organisation import queries as organisation
from motcua.organisation.tree import UnitRef
from motcua.platform import access, idempotency, subjects


@dataclass(frozen=True, slots=True)
class Planned:
    """A part of a group as planned: its rule, where it goes, which agency does it, its limit and until when."""

    plan: Mapping[str, Any]
    unit: UnitRef
    agency_id: int
    limit: Limit
    until: datetime


def planned(work: Work) -> list[Planned]:
    """
    Return the parts a group's case has by the rule of the day it was filed, each with its planned end.

    :raises NotAcceptable: the process waits for parts, but no rule of that day says which.
    """
    dossier = work.dossier
    rule = catalogue.interlinked(dossier.procedure_code, dossier.filed_at.astimezone(LOCAL).date())
    if rule is None:
        raise NotAcceptable(
            "Quy trình chờ các phần liên thông nhưng chưa có quy định các phần của ngày nộp hồ sơ."
        )
    found: dict[str, Planned] = {}
    for plan in part_rules.chosen(rule.body["parts"], _answers(work)):
        bundle, unit = _destination(work, plan)
        limit = part_rules.limit_of(plan, dossier.terms) or bundle.procedure.limit(dossier.terms)
        begins = max((found[key].until for key in plan["after"]), default=work.at)
        agency = _decides(work, bundle, unit)
        until = deadline.due(begins, limit, tasks.policy(work), work.calendar).at
        found[plan["key"]] = Planned(plan, unit, agency, limit, until)
    return list(found.values())


def limit(work: Work, found: Sequence[Planned]) -> Limit:
    """Return the limit of a dossier that is accepted: a group's, a part's own, else that of its procedure."""
    dossier = work.dossier
    if found:
        rule = catalogue.interlinked(dossier.procedure_code, dossier.filed_at.astimezone(LOCAL).date())
        if rule is not None and rule.body["limit"]:
            return Limit.from_json(rule.body["limit"])
        return part_rules.overall(
            {one.plan["key"]: one.limit for one in found},
            {one.plan["key"]: one.plan["after"] for one in found},
        )
    own = part_rules.limit_of(work.part_plan, dossier.terms) if dossier.part else None
    return own or work.bundle.procedure.limit(dossier.terms)


def relimit(work: Work, *, verifying: bool) -> dict[str, Any]:
    """
    Give a part the limit its group's law has for it with a verification on site, or its ordinary one again.

    Returns what the ledger entry tells of it; nothing where the law has no other limit, or it is counted by it.
    """
    longer = part_rules.verified_limit(work.part_plan) if work.dossier.part else None
    if longer is None or not work.dossier.clock:
        return {}
    return _relimited(work, longer if verifying else limit(work, []))


def _relimited(work: Work, wanted: Limit) -> dict[str, Any]:
    before = work.clock.deadline.limit
    if before == wanted:
        return {}
    clock = clockwork.relimit(work.clock, wanted, work.bundle.steps, work.calendar)
    work.dossier.clock, work.dossier.due_at = clock.to_json(), clock.due_at
    tasks.reschedule(work)
    return {"limit": wanted.to_json(), "limit_before": before.to_json()}


def _verified(rows: Sequence[Part]) -> set[int]:
    """Return the dossiers of the parts verified on site: by a visit, or as a central system said (two statements)."""
    children = [row.child_id for row in rows if row.child_id is not None]
    visits = Verification.objects.filter(dossier_id__in=children).exclude(
        state=VerificationState.CALLED_OFF.value
    )
    said = MirrorMessage.objects.filter(dossier_id__in=children, verifying=True)
    return {*visits.values_list("dossier_id", flat=True), *said.values_list("dossier_id", flat=True)}


def _limit_now(work: Work, rows: Sequence[Part]) -> Limit | None:
    """Return the limit of a group as its parts are verified on site or not; None where the law tells no other."""
    dossier = work.dossier
    assert dossier.accepted_at is not None  # noqa: S101  (it has parts: it was accepted)
    rule = catalogue.interlinked(dossier.procedure_code, dossier.filed_at.astimezone(LOCAL).date())
    body = rule.body if rule is not None else {}
    own, longer = body.get("limit"), body.get("verified_limit")
    if not (longer if own else any(part_rules.verified_limit(row.plan) for row in rows)):
        return None
    verified = _verified(rows)
    if own:
        return Limit.from_json(longer if verified and longer else own)
    on = dossier.accepted_at.astimezone(LOCAL).date()
    limits = {
        row.key: (part_rules.verified_limit(row.plan) if row.child_id in verified else None)
        or part_rules.limit_of(row.plan, dossier.terms)
        or catalogue.current(row.procedure_code, on).limit(dossier.terms)
        for row in rows
    }
    return part_rules.overall(limits, {row.key: row.plan["after"] for row in rows})


def slip_lines(found: Sequence[Planned]) -> list[str]:
    """Return what the slip says of the parts: who does each and until when it is planned."""
    return [
        f"Phần {number}. {one.plan['name']}: {organisation.root_of_agency(one.agency_id).name} giải quyết, "
        f"dự kiến có kết quả {moment_vi(one.until)}."
        for number, one in enumerate(found, 1)
    ]


def fees_of_group(work: Work) -> frozenset[str]:
    """Return the fees that a part does not take again, because its group's record has them (one statement)."""
    if work.dossier.parent_id is None:
        return frozenset()
    version = Dossier.objects.values_list("procedure_version_id", flat=True).get(pk=work.dossier.parent_id)
    channels = catalogue.definition(version).body["channels"]
    return frozenset(fee["fee"] for channel in channels for fee in channel["fees"])


def begin(work: Work, found: Sequence[Planned]) -> None:
    """Write down the parts of a group that is accepted now, and open those that follow none; it is in process."""
    dossier = work.dossier
    rows = Part.objects.bulk_create(
        Part(
            group_id=dossier.subject,
            no=number,
            key=one.plan["key"],
            name=one.plan["name"],
            procedure_code=one.plan["procedure"],
            plan=one.plan,
            agency_id=one.agency_id,
            planned_at=one.until,
            state=PartState.WAITING.value,
        )
        for number, one in enumerate(found, 1)
    )
    dossier.state = State.IN_PROCESS.value
    _open(work, rows, part_rules.following([_standing(row) for row in rows]).opens)


def follow(*, group: int, key: str, at: datetime) -> Done | None:
    """
    Let a group follow its parts, by the system: open what can begin, tell what cannot any more, hold the clock while
    all wait, end with the last. None where nothing has to be done. `group` is the subject of the group.
    """
    try:
        with transaction.atomic(durable=True):
            idempotency.take(
                SYSTEM, key, f"dossiers.{Act.FOLLOW_PARTS}", {"group": group}, at=at, subject=group
            )
            code = Dossier.objects.values_list("code", flat=True).get(pk=group)
            dossier = queries.lock(SYSTEM, code)
            if State(dossier.state) not in RUNNING | PAUSED:
                return None
            work = opened(dossier, SYSTEM, at)
            rows = rows_of(dossier.subject)
            found = part_rules.following([_standing(row) for row in rows])
            if not _anything(work, rows, found):
                return None
            return _moved(work, rows, found, Act.FOLLOW_PARTS, None)
    except idempotency.AlreadyDone:
        return None


def _anything(work: Work, rows: Sequence[Part], found: Next) -> bool:
    held = work.state is State.SUSPENDED
    return bool(
        found.opens
        or found.impossible
        or found.ended
        or found.paused != held
        or _limit_now(work, rows) not in (None, work.clock.deadline.limit)
    )


def _moved(
    work: Work,
    rows: Sequence[Part],
    found: Next,
    act: Act,
    duty: DutyRef | None,
    *,
    withdrawn: Sequence[str] = (),
    asked: Sequence[str] = (),
    personal: Mapping[str, Any] | None = None,
) -> Done:
    """Do what follows for a group under its lock, and write its entry."""
    dossier = work.dossier
    _open(work, rows, found.opens)
    _block(rows, found.impossible)
    held = work.state is State.SUSPENDED
    wanted = None if found.ended else _limit_now(work, rows)
    limits = _relimited(work, wanted) if wanted is not None else {}
    if held and not found.paused:
        clock = clockwork.resume(work.clock, _resumed_at(work), work.bundle.steps, work.calendar)
        dossier.clock, dossier.due_at = clock.to_json(), clock.due_at
        dossier.state = State.IN_PROCESS.value
    elif found.paused and not held:
        pause = Pause(work.at, None, _ground(rows))
        dossier.clock = clockwork.pause(work.clock, pause, work.bundle.steps, work.calendar).to_json()
        dossier.state = State.SUSPENDED.value
    if found.abandoned:
        tasks.cancel(work, "Người nộp rút tất cả các phần")
        refundchecks.check(work, Ended.WITHDRAWN)
        dossier.state, dossier.ended_at = State.WITHDRAWN.value, work.at
        tasks.ended(work)
    elif found.ended:
        dossier.decision = (Decision.APPROVED if found.granted else Decision.REFUSED).value
        tasks.show(work, tasks.resume(work))
        tasks.processed(work, elsewhere=any(_failed_elsewhere(row) for row in rows))
    return finish(
        work,
        act,
        duty=duty,
        payload={
            "opened": list(found.opens),
            "impossible": dict(found.impossible),
            "withdrawn": list(withdrawn),
            **({"asked": list(asked)} if asked else {}),
            "ended": found.ended,
            **limits,
            **({"decision": dossier.decision} if found.ended else {}),
        },
        personal=personal,
        event=_event(work, found, withdrawn),
    )


def _resumed_at(work: Work) -> datetime:
    """Return when the held clock goes on: two parts may tell of the same minute in the other order."""
    return max(work.at, work.clock.deadline.pauses[-1].started_at)


def _event(work: Work, found: Next, withdrawn: Sequence[str]) -> events.DossierEvent:
    if found.abandoned:
        return told(work, events.Withdrawn)
    if found.ended:
        return told(work, events.Processed, negative=not found.granted)
    kind = events.PartImpossible if found.impossible else events.PartsMoved
    return told(
        work,
        kind,
        opened=found.opens,
        impossible=tuple(sorted(found.impossible)),
        withdrawn=tuple(withdrawn),
    )


def _ground(rows: Sequence[Part]) -> Ground:
    """Return why the group's clock is held: the ground of the part that came to a stop last."""
    last = Ground.SUPPLEMENT
    moment: datetime | None = None
    for row in rows:
        child = row.child
        pauses = child.clock["deadline"]["pauses"] if child is not None and child.clock else []
        if pauses and pauses[-1]["ended_at"] is None:
            began = datetime.fromisoformat(pauses[-1]["started_at"])
            if moment is None or began >= moment:
                moment, last = began, Ground(pauses[-1]["ground"])
    return Ground.SUPPLEMENT if last is Ground.RETURNED_AT_APPRAISAL else last


def rows_of(group: int) -> list[Part]:
    """Return the parts of a group in order, each with its dossier (one statement)."""
    return list(Part.objects.filter(group_id=group).select_related("child").order_by("no"))


def _standing(row: Part) -> Standing:
    child = row.child
    return Standing(
        row.key,
        tuple(row.plan["after"]),
        tuple(row.plan["needs"]),
        PartState(row.state),
        State(child.state) if child else None,
        child.decision if child else "",
        child is not None and child.state == State.SUBMITTED and child.supplement_due_at is not None,
    )


def _failed_elsewhere(row: Part) -> bool:
    """Tell whether a central system ended the part without the result that was asked for."""
    standing = _standing(row)
    return row.child is not None and bool(row.child.mirrored) and standing.ended and not standing.granted


def _block(rows: Sequence[Part], impossible: Mapping[str, str]) -> None:
    names = {row.key: row.name for row in rows}
    for row in rows:
        if row.key in impossible:
            row.state = PartState.IMPOSSIBLE.value
            row.reason = (
                f"Phần “{names[impossible[row.key]]}” không có kết quả nên phần này không thực hiện được."
            )
            row.save(update_fields=["state", "reason"])


# Opening


def _answers(work: Work) -> Mapping[str, Any]:
    if not work.answers:
        found = Answers.objects.filter(subject=work.dossier.subject).values_list("answers", flat=True).first()
        work.answers = found or {}
    return work.answers


def _place(dossier: Dossier) -> int | None:
    """Return the unit whose territory the parts concern: the place that was named, else where it was received."""
    return dossier.place_unit_id or dossier.receiving_unit_id


def _destination(work: Work, plan: Mapping[str, Any]) -> tuple[definitions.Bundle, UnitRef]:
    """
    Return by which versions a part runs and which unit receives it: the first of its procedure's receiving places
    that there is for the group's territory.

    :raises DomainError: none is there.
    """
    dossier, on = work.dossier, work.at.astimezone(LOCAL).date()
    procedure = catalogue.current(plan["procedure"], on)
    refused: DomainError | None = None
    for kind in catalogue.receiving_kinds(procedure.receiving_places):
        try:
            unit = organisation.resolve_unit(
                kind,
                dossier.receiving_unit_id,
                on,
                place_unit_id=dossier.place_unit_id,
                procedure_code=procedure.code,
                procedure_field=procedure.field,
            )
        except DomainError as refusal:
            refused = refusal
            continue
        return definitions.current(procedure.code, unit.id, on), unit
    raise refused or NotAcceptable(f"Chưa xác định được nơi nhận phần “{plan['name']}”.")


def _decides(work: Work, bundle: definitions.Bundle, unit: UnitRef) -> int:
    return organisation.resolve_unit(
        bundle.process.graph.decided_by,
        unit.id,
        work.at.astimezone(LOCAL).date(),
        place_unit_id=_place(work.dossier),
        procedure_code=bundle.procedure.code,
        procedure_field=bundle.procedure.field,
    ).agency_id


def _open(work: Work, rows: Sequence[Part], keys: Collection[str]) -> None:
    """Make the dossiers of parts that can begin, in the order of their units: code counters are locked alike."""
    if not keys:
        return
    wanted = [(row, *_destination(work, row.plan)) for row in rows if row.key in keys]
    results = _results(rows)
    shared = {row.paper: row for row in Component.objects.filter(dossier_id=work.dossier.subject)}
    for row, bundle, unit in sorted(wanted, key=lambda item: (item[2].id, item[0].no)):
        child = _open_one(work, row, rows, bundle, unit, results, shared)
        row.child, row.state = child, PartState.OPENED.value
        row.save(update_fields=["child", "state"])


@dataclass(frozen=True, slots=True)
class _Result:
    """What a part that has ended gave: the number of the result, and its stored file where there is one."""

    number: str
    file_id: int | None


def _results(rows: Sequence[Part]) -> dict[str, _Result]:
    found: dict[str, _Result] = {}
    for row in rows:
        if row.child is None or not _standing(row).granted:
            continue
        if row.child.mirrored:
            told_last = (
                MirrorMessage.objects.filter(dossier_id=row.child.subject, applied=True).exclude(number="")
            ).order_by("-said_at", "-id").first()  # fmt: skip
            if told_last is not None:
                found[row.key] = _Result(told_last.number, told_last.file_id)
            continue
        paper = document_queries.latest(SYSTEM, row.child.subject, DocumentKind.RESULT)
        if paper is not None:
            found[row.key] = _Result(paper.number, paper.file_id)
    return found


def _open_one(
    work: Work,
    row: Part,
    rows: Sequence[Part],
    bundle: definitions.Bundle,
    unit: UnitRef,
    results: Mapping[str, _Result],
    shared: Mapping[str, Component],
) -> Dossier:
    """File a part with what the group has: answers, papers, results; its agency is to acknowledge it."""
    group, at = work.dossier, work.now
    given = _answers(work)
    numbers = {key: result.number for key, result in results.items()}
    answers = part_rules.answers_for(row.plan, bundle.form["fields"], given, numbers)
    child = Dossier(
        subject=subjects.new(),
        check_value=codes.check_value(os.urandom(codes.CHECK_ENTROPY_BYTES)),
        seq=0,
        head=b"",
        procedure_version_id=bundle.procedure.id,
        form_version_id=bundle.form_version_id,
        process_version_id=bundle.process.id,
        procedure_code=bundle.procedure.code,
        field_code=bundle.procedure.field,
        receiving_unit_id=unit.id,
        place_unit_id=_place(group),
        agency_id=_decides(work, bundle, unit),
        channel=group.channel,
        terms_as=group.terms_as,
        return_channel=group.return_channel,
        return_address=group.return_address,
        owner_id=group.owner_id,
        submitter_id=group.submitter_id,
        owner_name=group.owner_name,
        owner_folded=group.owner_folded,
        owner_number=group.owner_number,
        owner_phone=group.owner_phone,
        submitter_name=group.submitter_name,
        state=State.SUBMITTED.value,
        filed_at=at,
        parent_id=group.subject,
        part=row.key,
        mirrored=row.plan["mirrored"],
    )
    part = Work(child, SYSTEM, at, bundle, blank(), answers=answers, plan=row.plan)
    tasks.answer_from(part)
    child.code, child.code_tail = next_code(unit.id, at)
    components = [
        _component(child.subject, number, need, row.plan, rows, results, shared, at)
        for number, need in enumerate(_needs(row, rows, bundle, answers, results), 1)
    ]
    moved = None if child.mirrored else tasks.start(part)
    access.grant(
        child.subject,
        units={unit.id, group.receiving_unit_id},
        parties=[child.owner_id, child.submitter_id],
        scope="work",
    )
    if moved is not None:
        tasks.show(part, moved)
    finish(
        part,
        Act.FILE,
        duty=None,
        payload={
            "form_version": child.form_version_id,
            "process_version": child.process_version_id,
            "group": group.code,
            **({"mirrored": child.mirrored} if child.mirrored else {}),
        },
        event=told(part, events.PartOpened, part=row.key, answer_by=child.answer_by, unit_ids=(unit.id,)),
    )
    Component.objects.bulk_create(components)
    Answers.objects.create(subject=child.subject, answers=answers)
    return child


def _needs(
    row: Part,
    rows: Sequence[Part],
    bundle: definitions.Bundle,
    answers: Mapping[str, Any],
    results: Mapping[str, _Result],
) -> list[PaperNeed]:
    """Return the papers of a part: those its procedure asks for, and results passed on that it does not name."""
    needs = catalogue_rules.papers_for(bundle.procedure.body, answers)
    have, types = {need.paper for need in needs}, catalogue.paper_types()
    passed = part_rules.passed_to([other.plan for other in rows], row.key)
    needs += [
        PaperNeed(
            case="lien_thong",
            case_label="Kết quả của phần trước",
            paper=paper,
            name=types[paper].name,
            originals=0,
            copies=1,
            present_only=False,
            form_file=None,
            digitise=False,
            source_db=None,
            waived_if_in_db=False,
            surrender_original=False,
            note="",
        )
        for paper, (key, _) in passed.items()
        if paper not in have and key in results
    ]
    return needs


def _component(
    subject: int,
    number: int,
    need: PaperNeed,
    plan: Mapping[str, Any],
    rows: Sequence[Part],
    results: Mapping[str, _Result],
    shared: Mapping[str, Component],
    at: datetime,
) -> Component:
    """Return a paper of a part: an earlier part's result, the group's own paper, or what needs no paper."""
    rule = plan["papers"].get(need.paper, {})
    key, _ = part_rules.passed_to([row.plan for row in rows], plan["key"]).get(need.paper, ("", ""))
    result, lent = results.get(key), shared.get(rule.get("from", need.paper))
    file_id: int | None = None
    if result is not None:
        state, file_id = ComponentState.SHARED, result.file_id
    elif lent is not None and lent.state in (ComponentState.HANDED_IN, ComponentState.REUSED):
        state, file_id = ComponentState.SHARED, lent.file_id
    elif rule.get("waived") or (need.waived_if_in_db and need.source_db):
        state = ComponentState.FETCHED
    elif need.form_file:
        state = ComponentState.SATISFIED  # the group's e-form is the declaration
    else:
        state = ComponentState.MISSING
    return Component(
        dossier_id=subject,
        no=number,
        paper=need.paper,
        name=need.name[:300],
        state=state.value,
        originals=need.originals,
        copies=need.copies,
        required=not need.present_only,
        present_only=need.present_only,
        digitise=False,
        file_id=documents.lend(file_id=file_id, subject=subject, at=at),
    )


# Giving up


def withdraw(
    work: Work, keys: Collection[str], words: str, duty: DutyRef | None, drop: Callable[[Work, str], None]
) -> Done:
    """
    Take parts of a group back at the applicant's request: those named, or all that have not ended.

    What has its result keeps it; the group goes on with the others, ends, or is withdrawn as a whole. Of a part that a
    central system decides that system is asked; the group waits for what it says. `drop` cancels what was notified to
    be paid on a part.

    :raises Invalid: a part is named that there is not.
    :raises NotAllowedNow: a named part has ended.
    :raises AlreadyPassedOn: the system of a named part was asked before.
    """
    rows = rows_of(work.dossier.subject)
    unknown = set(keys) - {row.key for row in rows}
    if unknown:
        raise Invalid(errors={"parts": "Hồ sơ không có phần được chọn."})
    taken: list[str] = []
    asked: list[str] = []
    for row in rows:
        if (keys and row.key not in keys) or (not keys and _standing(row).ended):
            continue
        if _standing(row).ended:
            raise rules.NotAllowedNow(f"Phần “{row.name}” đã kết thúc nên không rút được nữa.")
        if row.child is None:
            row.state, row.reason = PartState.WITHDRAWN.value, ""
            row.save(update_fields=["state", "reason"])
        elif row.child.mirrored:
            if _ask_withdrawal(work, row, words, duty, named=bool(keys)):
                asked.append(row.key)
            continue
        elif not _withdraw_one(work, row, words, duty, drop):
            if keys:
                raise rules.DecisionTaken(
                    f"Phần “{row.name}” đã có quyết định giải quyết nên không rút được nữa."
                )
            continue
        taken.append(row.key)
    if not taken and not asked:
        raise rules.NotAllowedNow("Không còn phần nào của hồ sơ rút được.")
    found = part_rules.following([_standing(row) for row in rows])
    act = Act.WITHDRAW if found.abandoned else Act.WITHDRAW_PARTS
    return _moved(work, rows, found, act, duty, withdrawn=taken, asked=asked, personal={"reason": words})


def _ask_withdrawal(work: Work, row: Part, words: str, duty: DutyRef | None, *, named: bool) -> bool:
    """
    Ask the central system of a part to withdraw it, under the part's own lock; False where that cannot be asked.

    :raises NotAllowedNow, AlreadyPassedOn: the part was named.
    """
    assert row.child is not None  # noqa: S101  (the caller looked)
    child = queries.lock(SYSTEM, row.child.code)
    row.child = child
    try:
        passing.passed(opened(child, work.actor, work.at), PassKind.WITHDRAWAL, words, duty)
    except (rules.NotAllowedNow, AlreadyPassedOn):
        if named:
            raise
        return False
    return True


def _withdraw_one(
    work: Work, row: Part, words: str, duty: DutyRef | None, drop: Callable[[Work, str], None]
) -> bool:
    """Withdraw the dossier of a part under its own lock; False where it was decided meanwhile."""
    assert row.child is not None  # noqa: S101  (the caller looked)
    child = queries.lock(SYSTEM, row.child.code)
    row.child = child
    if child.decision or State(child.state) not in rules.FROM[Act.WITHDRAW]:
        return False
    part = opened(child, work.actor, work.at)
    rules.check_linked(Act.WITHDRAW, mirrored=child.mirrored, is_part=True, awaits_parts=False)
    tasks.cancel(part, words)
    drop(part, words)
    child.state, child.ended_at = State.WITHDRAWN.value, work.at
    child.supplement_due_at = None
    tasks.ended(part)
    finish(
        part,
        Act.WITHDRAW,
        duty=duty,
        payload={"group": work.dossier.code},
        personal={"reason": words},
        event=told(part, events.Withdrawn),
    )
    return True


def unprinted_results(group: int) -> list[int]:
    """Return the results of a group's parts that have not been made into files yet: later parts need those."""
    found = []
    for row in rows_of(group):
        if row.child is not None and not row.child.mirrored and _standing(row).granted:
            paper = document_queries.latest(SYSTEM, row.child.subject, DocumentKind.RESULT)
            if paper is not None and paper.file_id is None:
                found.append(paper.id)
    return found
