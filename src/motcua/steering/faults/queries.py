"""Reading of reports of faults: one's own, all for who looks after the systems, and the statistics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Count, F, Q, QuerySet, When

from motcua.documents import queries as documents
from motcua.documents.queries import FileRow
from motcua.kernel.actor import SYSTEM, Actor, ActorKind, Role
from motcua.kernel.errors import Forbidden
from motcua.organisation import queries as organisation
from motcua.steering.faults.models import Fault, FaultTurn
from motcua.steering.faults.rules import FaultNotFound, FaultState, Seriousness, System, Turn

WATCHERS = (Role.ADMIN, Role.KSTT, Role.PROVINCE_LEADER, Role.OFFICE_HEAD)


class NotAWatcher(Forbidden):
    """All reports and their statistics are for who looks after the systems or controls procedures."""

    code = "faults_not_yours"
    message = "Trang này dành cho người quản trị hệ thống, cán bộ kiểm soát thủ tục và lãnh đạo tỉnh."


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultFilters:
    """What the list is narrowed to; `late_at`: not answered in time as of the moment."""

    state: FaultState | None = None
    system: System | None = None
    owner_id: int | None = None
    unit_id: int | None = None
    late_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FaultRow:
    """A report as pages show it; `keeper` and `mine` tell what the actor may do with it."""

    subject: int
    system: System
    seriousness: Seriousness
    state: FaultState
    where: str
    what: str
    reporter_id: int
    unit_id: int
    owner_id: int
    reported_at: datetime
    due_at: datetime
    answered_at: datetime | None
    keeper: bool
    mine: bool


@dataclass(frozen=True, slots=True)
class TurnRow:
    """One thing done with a report."""

    turn: Turn
    staff_id: int
    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class FaultTotal:
    """Reports of a system or unit in a period: all, open, answered in time, answered late or due and not answered."""

    key: str
    every: int
    open: int
    in_time: int
    late: int


def keeps(actor: Actor) -> bool:
    """Tell whether the actor looks after the systems: gives reports to people and answers them."""
    return actor.kind is ActorKind.STAFF and actor.duty(Role.ADMIN) is not None


def watches(actor: Actor) -> bool:
    """Tell whether the actor sees all reports and their statistics."""
    return actor.kind is ActorKind.STAFF and actor.duty(*WATCHERS) is not None


def own_faults(actor: Actor, limit: int = 100) -> list[FaultRow]:
    """Return the actor's own reports, newest first."""
    if actor.kind is not ActorKind.STAFF or actor.staff_id is None:
        return []
    return [
        _row(actor, row)
        for row in Fault.objects.filter(reporter_id=actor.staff_id).order_by("-subject")[:limit]
    ]


def answers_to_read(actor: Actor) -> list[FaultRow]:
    """Return the actor's own reports that were answered and wait for a word whether the fault is over."""
    return [one for one in own_faults(actor) if one.state is FaultState.ANSWERED]


def all_faults(
    actor: Actor, filters: FaultFilters, *, after: tuple[datetime, int] | None = None, size: int = 50
) -> list[FaultRow]:
    """Return reports, open ones first, then the most urgent, at most `size + 1`, after a key. :raises NotAWatcher:"""
    turn = Case(When(state=FaultState.OPEN, then=0), When(state=FaultState.ANSWERED, then=1), default=2)
    found = _narrowed(_watched(actor), filters).annotate(turn=turn)
    if after is not None:
        last = Fault.objects.filter(pk=after[1]).annotate(turn=turn).values_list("turn", flat=True).first()
        later = Q(due_at__gt=after[0]) | Q(due_at=after[0], subject__gt=after[1])
        found = found.filter(Q(turn__gt=last or 0) | Q(turn=last or 0) & later)
    return [_row(actor, row) for row in found.order_by("turn", "due_at", "subject")[: size + 1]]


def fault_counts(actor: Actor, filters: FaultFilters) -> dict[FaultState, int]:
    """Return how many reports stand in each state; the state asked for does not narrow. :raises NotAWatcher:"""
    wanted = FaultFilters(system=filters.system, owner_id=filters.owner_id, unit_id=filters.unit_id)
    known = dict(_narrowed(_watched(actor), wanted).values_list("state").annotate(Count("subject")))
    return {state: known.get(state.value, 0) for state in FaultState}


def fault(actor: Actor, number: int) -> tuple[FaultRow, list[TurnRow], list[FileRow]]:
    """
    Return a report with its course and files, to who reported it and to who watches over them.

    :raises FaultNotFound: it is not there, or not for the actor.
    """
    row = Fault.objects.filter(pk=number).first() if actor.kind is ActorKind.STAFF else None
    if row is None or not (watches(actor) or row.reporter_id == actor.staff_id):
        raise FaultNotFound
    turns = FaultTurn.objects.filter(fault=row).order_by("id").values_list("turn", "staff_id", "at", "words")
    _, files = documents.everything_of(SYSTEM, row.subject)
    return (
        _row(actor, row),
        [TurnRow(Turn(turn), staff, at, words) for turn, staff, at, words in turns],
        files,
    )


def fault_totals(
    actor: Actor, since: datetime, until: datetime, now: datetime
) -> tuple[list[FaultTotal], list[FaultTotal]]:
    """
    Return the reports made from `since` to before `until`, by system and by unit (two statements).

    :raises NotAWatcher:
    """
    found = _watched(actor).filter(reported_at__gte=since, reported_at__lt=until)
    answered, over = Q(answered_at__isnull=False), Q(answered_at__isnull=True, due_at__lt=now)
    both = []
    for column in ("system", "unit_id"):
        rows = (
            found.values_list(column)
            .annotate(
                every=Count("subject"),
                open=Count("subject", filter=Q(state=FaultState.OPEN)),
                in_time=Count("subject", filter=answered & Q(answered_at__lte=F("due_at"))),
                late=Count("subject", filter=over | (answered & Q(answered_at__gt=F("due_at")))),
            )
            .order_by("-every", column)
        )
        both.append([FaultTotal(str(key), *more) for key, *more in rows])
    return both[0], both[1]


def keepers(actor: Actor, at: datetime) -> list[tuple[int, str]]:
    """Return who a report may be given to: those who look after the systems, by name. :raises NotAWatcher:"""
    if not watches(actor):
        raise NotAWatcher
    return organisation.role_holders(Role.ADMIN, at)


def _watched(actor: Actor) -> QuerySet[Fault]:
    if not watches(actor):
        raise NotAWatcher
    return Fault.objects.all()


def _narrowed(found: QuerySet[Fault], filters: FaultFilters) -> QuerySet[Fault]:
    given = {
        "state": filters.state, "system": filters.system, "owner_id": filters.owner_id, "unit_id": filters.unit_id,
    }  # fmt: skip
    found = found.filter(**{name: value for name, value in given.items() if value is not None})
    return found.filter(state=FaultState.OPEN, due_at__lt=filters.late_at) if filters.late_at else found


_SAME = tuple(
    name for name in FaultRow.__slots__ if name not in ("system", "seriousness", "state", "keeper", "mine")
)


def _row(actor: Actor, row: Fault) -> FaultRow:
    return FaultRow(
        **{name: getattr(row, name) for name in _SAME},
        system=System(row.system),
        seriousness=Seriousness(row.seriousness),
        state=FaultState(row.state),
        keeper=keeps(actor),
        mine=row.reporter_id == actor.staff_id,
    )
