"""
Late dossiers found by the system, and the explanation each owes to the head of its agency (R-183, R-184).

The head accepts it or returns it with a reason; until then the dossier stands on the list of what is open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from motcua.catalogue import queries as catalogue
from motcua.dossiers import definitions, events, lateness, rules
from motcua.dossiers.lateness import (
    AlreadyExplained,
    Delay,
    ExplanationState,
    NotExplained,
    NotLate,
    NotToExplain,
    OwnExplanation,
    Stay,
)
from motcua.dossiers.models import Dossier, Explanation
from motcua.dossiers.operations.common import Done, Work, begin, finish, once, told
from motcua.dossiers.rules import Act, NoDuty
from motcua.kernel.actor import SYSTEM, Actor, ActorKind, DutyRef
from motcua.kernel.calendar import LOCAL
from motcua.kernel.counting import due_at as due_moment
from motcua.organisation import queries as organisation
from motcua.workflow import queries as workflow_queries
from motcua.workflow import rules as workflow_rules
from motcua.workflow import team
from motcua.workflow.queries import TaskRow

__all__ = [
    "AlreadyExplained",
    "NotExplained",
    "NotLate",
    "NotToExplain",
    "OwnExplanation",
    "accept_explanation",
    "explain",
    "find_late",
    "return_explanation",
]
BATCH = 500


@once
def explain(
    *,
    code: str,
    actor: Actor,
    key: str,
    at: datetime,
    cause: str,
    reason: str,
    remedy: str = "",
    seen: int | None = None,
) -> Done:
    """
    Explain in writing why a dossier is or was late, to the head of its agency.

    `remedy` is what is done so that it does not happen again.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, ReasonMissing, Invalid, NoDuty:
    :raises NotLate, AlreadyExplained, NotToExplain:
    """
    body = {"cause": cause, "reason": reason, "remedy": remedy}
    work = begin(act=Act.EXPLAIN, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    if actor.kind is not ActorKind.STAFF:
        raise NoDuty
    why, words = rules.cause(cause), rules.reason(reason)
    dossier = work.dossier
    row = Explanation.objects.filter(dossier_id=dossier.subject).first()
    if row is not None and ExplanationState(row.state) not in lateness.TO_WRITE:
        raise AlreadyExplained
    tasks = list(workflow_queries.of_subject(SYSTEM, dossier.subject))
    found = delay_of(dossier, tasks, at)
    if found is None:
        raise NotLate
    duty = _explaining_duty(actor, found, tasks)
    if row is None:
        row = Explanation(dossier_id=dossier.subject, found_at=at, answer_by=_answer_by(dossier, at))
    _keep(row, dossier, found)
    row.dossier_seq = dossier.seq + 1  # the entry written here changes nothing about the delay
    row.state, row.cause, row.reason = ExplanationState.WRITTEN.value, why.value, words
    row.remedy = remedy.strip()[:2000]
    row.written_by_id, row.written_at = actor.staff_id, at
    row.by_head = lateness.may_answer(actor, dossier.agency_id, dossier.field_code, None, by_head=False)
    row.answered_by, row.answered_at, row.answer = None, None, ""
    row.save()
    return finish(
        work,
        Act.EXPLAIN,
        duty=duty,
        payload={
            "cause": why.value,
            "late_days": found.days,
            "late_minutes": found.minutes,
            "shares": [share.to_json() for share in found.shares],
        },
        personal={"reason": words, **({"remedy": row.remedy} if row.remedy else {})},
        event=told(work, events.Explained, standing=row.state),
    )


@once
def accept_explanation(
    *, code: str, actor: Actor, key: str, at: datetime, note: str = "", seen: int | None = None
) -> Done:
    """
    Accept the explanation, as the head of the agency: the dossier leaves the open list.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, NotExplained, OwnExplanation:
    """
    work = begin(
        act=Act.ACCEPT_EXPLANATION, code=code, actor=actor, key=key, at=at, seen=seen, body={"note": note}
    )
    return _answered(work, Act.ACCEPT_EXPLANATION, ExplanationState.ACCEPTED, note.strip()[:2000])


@once
def return_explanation(
    *, code: str, actor: Actor, key: str, at: datetime, reason: str, seen: int | None = None
) -> Done:
    """
    Send the explanation back to be written better, as the head of the agency, with the reason.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, NotExplained, OwnExplanation, ReasonMissing:
    """
    work = begin(
        act=Act.RETURN_EXPLANATION, code=code, actor=actor, key=key, at=at, seen=seen, body={"reason": reason}
    )
    return _answered(work, Act.RETURN_EXPLANATION, ExplanationState.RETURNED, rules.reason(reason))


def _answered(work: Work, act: Act, state: ExplanationState, words: str) -> Done:
    dossier, actor = work.dossier, work.actor
    row = Explanation.objects.filter(dossier_id=dossier.subject).first()
    written_by = row.written_by_id if row else None
    by_head = bool(row and row.by_head)
    if written_by is not None and written_by == actor.staff_id:
        raise OwnExplanation
    if not lateness.may_answer(actor, dossier.agency_id, dossier.field_code, written_by, by_head):
        raise NoDuty("Việc này do người đứng đầu cơ quan giải quyết thực hiện.")
    if row is None or row.state != ExplanationState.WRITTEN:
        raise NotExplained
    duty = next(
        one for one in actor.duties if lateness.answering(one, dossier.agency_id, dossier.field_code, by_head)
    )
    row.state, row.answer = state.value, words
    row.answered_by_id, row.answered_at, row.dossier_seq = actor.staff_id, work.at, dossier.seq + 1
    row.save(update_fields=["state", "answer", "answered_by", "answered_at", "dossier_seq"])
    return finish(
        work,
        act,
        duty=duty,
        payload={"cause": row.cause, "holder": row.holder_id, "step": ""},
        personal={"reason": words} if words else None,
        event=told(work, events.Explained, standing=state.value),
    )


def _explaining_duty(actor: Actor, found: Delay, tasks: Iterable[TaskRow]) -> DutyRef:
    """
    Return the duty under which the actor explains: their own share of the delay, a task in hand, or work they lead.

    :raises NotToExplain: none of these.
    """
    units = [share.unit_id for share in found.shares if share.staff_id == actor.staff_id]
    units += [task.unit_id for task in tasks if task.is_open and task.assignee_id == actor.staff_id]
    if units:
        acting = workflow_queries.acting_units
        for duty in actor.duties:
            if any(unit == duty.unit_id or unit in acting(duty.unit_id) for unit in units):
                return duty
        if actor.duties:  # moved to other work since; the delay stays theirs
            return actor.duties[0]
    for share in found.shares:
        agency_id = organisation.unit(share.unit_id).agency_id
        duty_of_head = workflow_rules.leading_duty(
            actor, share.unit_id, agency_id, workflow_queries.acting_units
        )
        if duty_of_head is not None:
            return duty_of_head
    raise NotToExplain


def delay_of(dossier: Dossier, tasks: Sequence[TaskRow], at: datetime) -> Delay | None:
    """Return how late a dossier is, or was, with who it is owed to; None where it is in time."""
    held_at = lateness.open_pause(dossier.clock)
    end = lateness.until(dossier.due_at, dossier.ended_at, held_at, at)
    if end is None or dossier.due_at is None or dossier.accepted_at is None:
        return None
    kept = dossier.clock["deadline"]
    graph = definitions.bundle(
        dossier.procedure_version_id, dossier.form_version_id, dossier.process_version_id
    ).graph
    stays = [
        Stay(
            task.node, task.name, task.unit_id, task.done_by_id or task.assignee_id, task.opened_at,
            task.done_at, task.due_at, task.hours,
        )
        for task in tasks
        if task.role and not (task.node in graph.by_id and graph.by_id[task.node].wait)
    ]  # fmt: skip
    return lateness.delay(
        dossier.due_at,
        end,
        stays,
        since=max(dossier.accepted_at, datetime.fromisoformat(kept["counted_from"])),
        pauses=[
            (
                datetime.fromisoformat(one["started_at"]),
                datetime.fromisoformat(one["ended_at"]) if one["ended_at"] else end,
            )
            for one in kept["pauses"]
        ],
        calendar=organisation.calendar(organisation.root_of_agency(dossier.agency_id).id),
    )


def _keep(row: Explanation, dossier: Dossier, found: Delay) -> None:
    main = found.main
    row.dossier_seq, row.agency_id, row.due_at = dossier.seq, dossier.agency_id, found.due_at
    row.unit_id = main.unit_id if main else None
    row.holder_id, row.step = (main.staff_id, main.step[:300]) if main else (None, "")
    row.shares = [share.to_json() for share in found.shares]
    growing = dossier.ended_at is None and lateness.open_pause(dossier.clock) is None
    row.until = None if growing else found.until


def _answer_by(dossier: Dossier, at: datetime) -> datetime:
    """Return until when the explanation is to be written (dated data)."""
    bundle = definitions.bundle(
        dossier.procedure_version_id, dossier.form_version_id, dossier.process_version_id
    )
    on = at.astimezone(LOCAL).date()
    within = definitions.limit(definitions.settings(bundle, on)["explain_within"])
    calendar = organisation.calendar(organisation.root_of_agency(dossier.agency_id).id)
    return due_moment(at, within, catalogue.policy(bundle.procedure, dossier.terms, on), calendar)


# Found by the system ------------------------------------------------------------------------------------

_LATE = (
    "coalesce(CASE WHEN d.clock #>> '{deadline,pauses,-1,ended_at}' IS NULL"
    " THEN (d.clock #>> '{deadline,pauses,-1,started_at}')::timestamptz END, d.ended_at, %(at)s) > d.due_at"
)
_NEW = (
    "SELECT d.subject FROM dossiers_dossier d WHERE {which} AND {late}"
    " AND NOT EXISTS (SELECT 1 FROM dossiers_explanation e WHERE e.dossier_id = d.subject)"
)


@dataclass(frozen=True, slots=True)
class Found:
    """What one round did: dossiers newly found late, looked at again after an act, no longer late."""

    new: int = 0
    renewed: int = 0
    dropped: int = 0


def find_late(at: datetime, limit: int = BATCH) -> Found:
    """
    Open an explanation for every late dossier that has none, and look again where acts followed.

    What is not late any more (a new date was promised in time) leaves the list while nobody has written anything.
    Repeats nothing; what does not fit into one round comes in the next.
    """
    open_states = sorted(str(state) for state in rules.OPEN - {rules.State.SUBMITTED})
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute(
                f"({_NEW.format(which='d.state = ANY(%(open)s) AND d.due_at < %(at)s', late=_LATE)}"
                " UNION ALL "
                f"{_NEW.format(which=_ENDED_LATE, late=_LATE)}) LIMIT %(limit)s",
                {"open": open_states, "at": at, "limit": limit},
            )
            new = [subject for (subject,) in cursor.fetchall()]
            cursor.execute(
                "SELECT e.dossier_id FROM dossiers_explanation e JOIN dossiers_dossier d ON d.subject = e.dossier_id"
                " WHERE e.dossier_seq <> d.seq LIMIT %s",
                [limit],
            )
            moved = [subject for (subject,) in cursor.fetchall()]
        if not new and not moved:
            return Found()
        known = {row.dossier_id: row for row in Explanation.objects.filter(dossier_id__in=moved)}
        delays = _delays([*new, *moved], at)
        opened, renewed, dropped = [], [], []
        for subject, (dossier, found) in delays.items():
            row = known.get(subject)
            if row is None:
                if found is not None:
                    row = Explanation(
                        dossier_id=subject, found_at=at, answer_by=_answer_by(dossier, at),
                        state=ExplanationState.OWED.value,
                    )  # fmt: skip
                    _keep(row, dossier, found)
                    opened.append(row)
            elif found is not None:
                _keep(row, dossier, found)
                renewed.append(row)
            elif row.state == ExplanationState.OWED:
                dropped.append(subject)
            else:
                row.dossier_seq = dossier.seq
                renewed.append(row)
        Explanation.objects.bulk_create(opened, ignore_conflicts=True)
        if renewed:
            Explanation.objects.bulk_update(
                renewed, ["dossier_seq", "agency", "unit", "holder", "step", "shares", "due_at", "until"]
            )
        if dropped:
            Explanation.objects.filter(dossier_id__in=dropped, state=ExplanationState.OWED.value).delete()
        return Found(len(opened), len(renewed), len(dropped))


_ENDED_LATE = "d.ended_at > d.due_at AND d.state NOT IN ('submitted', 'not_accepted', 'void')"


def _delays(subjects: Sequence[int], at: datetime) -> Mapping[int, tuple[Dossier, Delay | None]]:
    """Return dossiers with their delays as of now (two statements)."""
    tasks: dict[int, list[TaskRow]] = {}
    for task in team.history(SYSTEM, subjects, taken_back=True):
        tasks.setdefault(task.subject, []).append(task)
    rows: dict[int, Any] = Dossier.objects.in_bulk(list(subjects))
    return {
        subject: (
            rows[subject],
            None
            if rows[subject].state == rules.State.VOID
            else delay_of(rows[subject], tasks.get(subject, ()), at),
        )
        for subject in subjects
    }
