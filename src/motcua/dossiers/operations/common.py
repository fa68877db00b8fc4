"""What every act does: take the key, lock the dossier, change it, write the ledger and the event, keep the head."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec

from django.db import transaction

from motcua.documents import operations as documents
from motcua.documents.models import Document
from motcua.documents.papers import Paper
from motcua.dossiers import definitions, facts, nonterritorial, queries, rules, timing
from motcua.dossiers.awaiting import AwaitedState
from motcua.dossiers.clockwork import Clock
from motcua.dossiers.events import DossierEvent
from motcua.dossiers.models import Dossier, LateEntry, Part
from motcua.dossiers.operations import arming, awaited, printing
from motcua.dossiers.rules import Act, NoDuty, State
from motcua.kernel.actor import Actor, ActorKind, DutyRef, Role
from motcua.kernel.calendar import LOCAL, WorkingCalendar
from motcua.organisation import queries as organisation
from motcua.platform import idempotency, ledger
from motcua.platform.ledger import Facts
from motcua.workflow.operations import Moved
from motcua.workflow.queries import TaskRow

P = ParamSpec("P")
TRACKED = tuple(f.attname for f in Dossier._meta.concrete_fields if f.attname != "subject")


@dataclass(frozen=True, slots=True)
class Done:
    """
    What an act left behind. `papers` are documents by kind, `opened` the tasks it opened, `printed` the papers that the
    steps it did print, by their code (among `papers`, too).

    `again`: the same key had done it before; then papers and tasks are not told again.
    """

    subject: int
    code: str
    state: str
    seq: int
    due_at: datetime | None
    papers: Mapping[str, int] = field(default_factory=dict)
    opened: tuple[TaskRow, ...] = ()
    printed: Mapping[str, int] = field(default_factory=dict)
    again: bool = False


def once(operation: Callable[P, Done]) -> Callable[P, Done]:
    """Run the operation in one transaction; a repeated key answers with what the dossier has become."""

    @wraps(operation)
    def run(*args: P.args, **kwargs: P.kwargs) -> Done:
        try:
            with transaction.atomic(durable=True):
                return operation(*args, **kwargs)
        except idempotency.AlreadyDone as known:
            code = kwargs.get("code")
            found = (
                Dossier.objects.get(subject=known.subject)
                if known.subject
                else Dossier.objects.get(code=code)
            )
            return Done(found.subject, found.code, found.state, found.seq, found.due_at, again=True)

    return run


@dataclass(slots=True)
class Work:
    """A dossier under its lock (or new), with what it looked like before."""

    dossier: Dossier
    actor: Actor
    at: datetime
    bundle: definitions.Bundle
    before: dict[str, Any]
    answers: Mapping[str, Any] = field(default_factory=dict)
    papers: dict[str, int] = field(default_factory=dict)
    opened: tuple[TaskRow, ...] = ()
    plan: Mapping[str, Any] | None = None
    moves: list[Moved] = field(default_factory=list)
    settled: dict[int, AwaitedState] = field(default_factory=dict)
    beside: list[tuple[str, Sequence[Any]]] = field(default_factory=list)  # written with the ledger entry
    entry: LateEntry | None = None
    entered_at: datetime | None = None  # entered after an outage: `at` is when the paper was taken
    awaited_before: bool = False  # another version, run by until this act, waited for something
    _facts: dict[str, Any] | None = None

    @property
    def now(self) -> datetime:
        """Return when the act is done: later than when it happened, where it is entered after an outage (R-053)."""
        return self.entered_at or self.at

    @property
    def facts(self) -> dict[str, Any]:
        """Return what conditions and timers of the process read, looked up once."""
        if self._facts is None:
            self._facts = facts.of(self.dossier, self.bundle.graph, self.answers)
        return self._facts

    @property
    def state(self) -> State:
        """Return the present state."""
        return State(self.dossier.state)

    @property
    def state_before(self) -> State:
        """Return the state the act found."""
        return State(self.before["state"])

    @property
    def part_plan(self) -> Mapping[str, Any]:
        """Return the rule a part of an interlinked group runs by, nothing for other dossiers (one statement once)."""
        if self.plan is None:
            rows = Part.objects.filter(child_id=self.dossier.subject).values_list("plan", flat=True)
            self.plan = (rows.first() or {}) if self.dossier.part else {}
        return self.plan

    @property
    def awaits_parts(self) -> bool:
        """Tell whether the dossier is a group that waits for its parts."""
        return self.state in rules.RUNNING | rules.PAUSED and self.bundle.awaits_parts

    @property
    def clock(self) -> Clock:
        """Return the statutory clock of an accepted dossier."""
        return Clock.from_json(self.dossier.clock)

    @property
    def calendar(self) -> WorkingCalendar:
        """Return the calendar by which the dossier's time counts: that of its competent agency."""
        return organisation.calendar(organisation.root_of_agency(self.dossier.agency_id).id)

    def duty(self, *roles: Role, unit_id: int | None = None) -> DutyRef | None:
        """
        Return the duty under which the actor does this; the system acts under none.

        :raises NoDuty: the actor has none.
        """
        if self.actor.kind is ActorKind.SYSTEM:
            return None
        held = next(
            (
                duty
                for duty in self.actor.duties
                if duty.role in roles
                and (unit_id is None or unit_id in organisation.reach(duty.unit_id))
                and duty.covers(self.dossier.field_code)
            ),
            None,
        )
        if held is None:
            raise NoDuty
        return held


def competent(work: Work) -> DutyRef | None:
    """
    Return the duty of the competent person of the dossier's agency; the system acts under none.

    :raises NoDuty: the actor does not decide for that agency.
    """
    if work.actor.kind is ActorKind.SYSTEM:
        return None
    held = rules.competent_duty(work.actor, work.dossier.agency_id, work.dossier.field_code)
    if held is None:
        raise NoDuty("Việc này do người có thẩm quyền của cơ quan giải quyết thực hiện.")
    return held


def blank() -> dict[str, Any]:
    """Return what a dossier looked like before it was there."""
    return {**dict.fromkeys(TRACKED), "state": "", "clock": {}}


def opened(dossier: Dossier, actor: Actor, at: datetime) -> Work:
    """Return the work on a dossier that is locked already, or new."""
    bundle = definitions.bundle(
        dossier.procedure_version_id, dossier.form_version_id, dossier.process_version_id
    )
    return Work(dossier, actor, at, bundle, {name: getattr(dossier, name) for name in TRACKED})


def begin(
    *,
    act: Act,
    code: str,
    actor: Actor,
    key: str,
    at: datetime,
    body: Mapping[str, Any],
    seen: int | None = None,
) -> Work:
    """
    Take the key, lock the dossier and check that the act starts from its state.

    :raises Replayed, DossierNotFound, Stale, NotAllowedNow:
    """
    idempotency.take(actor, key, f"dossiers.{act}", {"code": code, **body}, at=at, subject=0)
    return locked(act=act, code=code, actor=actor, at=at, seen=seen)


def locked(*, act: Act, code: str, actor: Actor, at: datetime, seen: int | None) -> Work:
    """
    Lock the dossier and check that the act starts from its state; the key is taken.

    :raises DossierNotFound, Stale, NotAllowedNow:
    """
    dossier = queries.lock(actor, code, seen=seen, scans=act is Act.RETURN_RESULT)
    rules.check(act, State(dossier.state))
    nonterritorial.check(act, dossier)
    work = opened(dossier, actor, at)
    rules.check_linked(
        act, mirrored=dossier.mirrored, is_part=dossier.parent_id is not None, awaits_parts=work.awaits_parts
    )
    return work


def freeze(
    work: Work,
    paper: Paper,
    *,
    unit_id: int,
    title: str = "",
    replaces_id: int | None = None,
    withheld: bool = False,
    no: int | None = None,
) -> Document:
    """
    Freeze a numbered paper of the dossier (two statements); the number's row is locked until the commit.

    One statement where its number was taken before together with others.
    """
    series, symbol = rules.SERIES[paper.KIND.value]
    document = documents.freeze(
        subject=work.dossier.subject,
        paper=paper,
        unit_id=unit_id,
        at=work.at,
        series=series,
        symbol=symbol,
        title=title,
        replaces_id=replaces_id,
        withheld=withheld,
        no=no,
        signatory_id=work.actor.staff_id,
    )
    work.papers[paper.KIND.value] = document.pk
    return document


def finish(
    work: Work,
    act: Act,
    *,
    duty: DutyRef | None,
    payload: Mapping[str, Any],
    event: DossierEvent,
    personal: Mapping[str, Any] | None = None,
    unit_id: int | None = None,
    officer_id: int | None = None,
    save: bool = True,
) -> Done:
    """
    Write the entry with its event, then the dossier with its new head (two statements).

    What the steps just done print is made before, and told in the entry.
    """
    dossier, before = work.dossier, work.before
    printed = printing.of_steps(
        printing.StepDone(dossier, work.bundle, work.actor, work.at, work.moves, lambda: settings(work))
    )
    step_papers = {one.code: one.document_id for one in printed if one.document_id is not None}
    work.papers = {**step_papers, **work.papers}
    entry = ledger.append(
        subject=dossier.subject,
        seq=dossier.seq,
        prev=bytes(dossier.head),
        act=act.value,
        actor=work.actor,
        duty=duty,
        at=work.now,
        occurred_at=work.at,
        facts=Facts(
            agency_id=dossier.agency_id,
            unit_id=unit_id or (duty.unit_id if duty else dossier.receiving_unit_id),
            officer_id=officer_id,
            procedure_code=dossier.procedure_code,
            field_code=dossier.field_code,
            channel=dossier.channel,
            state_before=before["state"] or None,
            state_after=dossier.state,
            due_before=before["due_at"],
            due_after=dossier.due_at,
            pauses_before=_pauses(before["clock"]),
            pauses_after=_pauses(dossier.clock),
        ),
        beside=[*_timers(work), *_awaited(work), *work.beside],
        payload={
            "code": dossier.code,
            "receiving_unit": dossier.receiving_unit_id,
            **({"part": dossier.part} if dossier.part else {}),
            # received for another agency: whose figures these are from that agency's receipt on
            **({"for_another": True} if dossier.non_territorial else {}),
            **({"handling_unit": dossier.competent_unit_id} if dossier.confirmed_at is not None else {}),
            **payload,
            **({"printed": [one.told for one in printed]} if printed else {}),
        },
        personal=personal,
        event=event,
    )
    dossier.seq, dossier.head = entry.seq, entry.hash
    if save and dossier._state.adding:
        dossier.save(force_insert=True)
    elif save:
        changed = [name for name in TRACKED if getattr(dossier, name) != before[name]]
        dossier.save(update_fields=changed)
    return Done(
        dossier.subject,
        dossier.code,
        dossier.state,
        dossier.seq,
        dossier.due_at,
        dict(work.papers),
        work.opened,
        step_papers,
    )


def _timers(work: Work) -> list[arming.Write]:
    """Return what sets the timers anew; most acts change none, and then nothing is computed."""
    before, after = timing.Watched.of(work.before), timing.Watched.of(vars(work.dossier))
    if before == after:
        return []
    return arming.writes(
        work.dossier.subject, before=before, after=after, calendar=work.calendar, **set_points(work)
    )


def _awaited(work: Work) -> list[awaited.Write]:
    graph = work.bundle.graph
    if not (graph.awaits or work.awaited_before) or not (work.moves or work.settled):
        return []
    return awaited.writes(
        work.dossier.subject,
        work.moves,
        work.settled,
        graph=graph,
        at=work.at,
        calendar=work.calendar,
        facts=work.facts,
    )


def settings(work: Work) -> Mapping[str, Any]:
    """Return the dated parameters of the dossier's procedure on the day of the act; a part's own rule wins."""
    found = definitions.settings(work.bundle, work.at.astimezone(LOCAL).date())
    return {**found, **work.part_plan.get("settings", {})} if work.dossier.part else found


def set_points(work: Work) -> dict[str, Any]:
    """Return what the dated settings say of warnings and apologies on the day of the act."""
    settings = definitions.settings(work.bundle, work.at.astimezone(LOCAL).date())
    return {
        "warn_before": [definitions.limit(point) for point in settings["warn_before"]],
        "apology_lead": definitions.limit(settings["apology_lead"]),
    }


def _pauses(clock: Mapping[str, Any]) -> int:
    return len(clock["deadline"]["pauses"]) if clock else 0


def told(work: Work, kind: type[DossierEvent], **more: Any) -> DossierEvent:
    """Return an event of this dossier as it is now."""
    dossier = work.dossier
    return kind(
        code=dossier.code,
        subject=dossier.subject,
        at=work.at,
        procedure_version_id=dossier.procedure_version_id,
        owner_party_id=dossier.owner_id,
        submitter_party_id=dossier.submitter_id,
        receiving_unit_id=dossier.receiving_unit_id,
        agency_id=dossier.agency_id,
        channel=dossier.channel,
        state=dossier.state,
        due_at=dossier.due_at,
        group=dossier.parent_id,
        **more,
    )
