"""
How dossiers are counted: what one ledger entry adds, how early and late are told apart, report columns 3 to
13, scores and shares (facts-lifecycle.md 2.7, facts-reports.md 9.1, facts-indicators.md 7.2,
worked-cases.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from enum import StrEnum
from types import MappingProxyType

from motcua.dossiers.rules import Act, State
from motcua.kernel.calendar import LOCAL


class Measure(StrEnum):
    """An additive measure; each adds up over days, units, officers, procedures and channels."""

    FILED = "filed"
    RECEIVED = "received"
    HANDLED_EARLY = "handled_early"
    HANDLED_ON_TIME = "handled_on_time"
    HANDLED_LATE = "handled_late"
    REFUSED_AT_RECEIPT = "refused_at_receipt"
    REFUSED_AFTER_APPRAISAL = "refused_after_appraisal"
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"
    SUPPLEMENT_REQUESTS = "supplement_requests"
    RESULTS_READY = "results_ready"
    RETURNED = "returned"
    VOIDED = "voided"
    REOPENED = "reopened"
    TAKEN_OVER = "taken_over"
    HANDED_ON = "handed_on"
    FORWARDED_ELECTRONICALLY = "forwarded_electronically"
    FORWARDED_ON_PAPER = "forwarded_on_paper"
    TAKEN_FOR_ANOTHER = "taken_for_another"
    COME_FROM_ANOTHER = "come_from_another"
    RESULTS_CORRECTED = "results_corrected"
    CORRECTED_FOR_AGENCY = "corrected_for_agency"


PART = "part_"
"""Before measure and stage of a part of an interlinked group: only the group itself is in the totals."""
HANDLED = (Measure.HANDLED_EARLY, Measure.HANDLED_ON_TIME, Measure.HANDLED_LATE)


AT_RECEIPT = frozenset(
    {
        Measure.FILED,
        Measure.RECEIVED,
        Measure.REFUSED_AT_RECEIPT,
        Measure.VOIDED,
        Measure.TAKEN_FOR_ANOTHER,
        Measure.FORWARDED_ELECTRONICALLY,
        Measure.FORWARDED_ON_PAPER,
    }
)
"""What counts for the unit that received; all else counts where the dossier is handled (R-076)."""


class Stage(StrEnum):
    """Where a dossier stands for the figures, whatever its state is called."""

    NONE = "none"
    FILED = "filed"
    RUNNING = "running"
    WAITING = "waiting"
    ENDED = "ended"
    VOID = "void"


# State codes of a dossier (facts-lifecycle.md 2.1) to the stage the figures see.
STAGES: Mapping[str, Stage] = MappingProxyType(
    {
        "": Stage.NONE,
        State.SUBMITTED.value: Stage.FILED,
        State.ACCEPTED.value: Stage.RUNNING,
        State.IN_PROCESS.value: Stage.RUNNING,
        State.SUPPLEMENT_REQUESTED.value: Stage.WAITING,
        State.PAYMENT_REQUESTED.value: Stage.WAITING,
        State.SUSPENDED.value: Stage.WAITING,
        State.NOT_ACCEPTED.value: Stage.ENDED,
        State.WITHDRAWN.value: Stage.ENDED,
        State.STOPPED.value: Stage.ENDED,
        State.PROCESSED.value: Stage.ENDED,
        State.RETURNED.value: Stage.ENDED,
        State.VOID.value: Stage.VOID,
    }
)
OPEN = frozenset({Stage.RUNNING, Stage.WAITING})


class Punctuality(StrEnum):
    """Trước hạn, đúng hạn, quá hạn."""

    EARLY = "early"
    ON_TIME = "on_time"
    LATE = "late"


def punctuality(ended_at: datetime, due_at: datetime | None) -> Punctuality:
    """
    Return how a handled dossier stood to its due moment.

    Early on a local date before the due date; late after the due moment; on time between. Without a due
    moment nothing was exceeded: on time.
    """
    if due_at is None:
        return Punctuality.ON_TIME
    if ended_at > due_at:
        return Punctuality.LATE
    early = ended_at.astimezone(LOCAL).date() < due_at.astimezone(LOCAL).date()
    return Punctuality.EARLY if early else Punctuality.ON_TIME


_HANDLED_AS = {
    Punctuality.EARLY: Measure.HANDLED_EARLY,
    Punctuality.ON_TIME: Measure.HANDLED_ON_TIME,
    Punctuality.LATE: Measure.HANDLED_LATE,
}


@dataclass(frozen=True, slots=True)
class Change:
    """
    What one ledger entry says to the figures; moments are aware, `paused_at` is the start of a running pause.
    `handed_on` tells that the act brought the dossier to another agency, `by_hand` that papers went along then or with
    a forward, as told at once or restated (R-058); `own_fault` that a result was corrected for the agency's mistake.

    An entry that does not touch the state carries None twice; one that does carries state and due date of
    both sides (None before: the dossier did not exist). `for_another`: received by a unit whose agency does not
    decide; `redirected`: another agency was found to be the one that does.
    """

    act: str
    state_before: str | None
    state_after: str | None
    at: datetime
    due_before: datetime | None = None
    due_after: datetime | None = None
    paused_at: datetime | None = None
    by_hand: bool = False
    for_another: bool = False
    redirected: bool = False
    own_fault: bool = False
    handed_on: bool = False


def stage(state: str | None) -> Stage:
    """
    Return the stage of a state code.

    :raises KeyError: unknown, which is a fault to be seen, not a zero.
    """
    return STAGES[state or ""]


def measures(change: Change) -> list[Measure]:
    """
    Return what the entry adds one to. A dossier adds to `received` once and to one `handled_*` once, however
    many acts follow; `voided` takes a void one out of the received again, `reopened` a reopened one out of
    the handled.

    A dossier that ends while its clock is paused is measured at the moment the pause began.
    """
    added: list[Measure] = []
    if change.act == Act.REFUSE_REQUEST:
        added.append(Measure.REFUSED_AFTER_APPRAISAL)
    if change.act == Act.REQUEST_SUPPLEMENT:
        added.append(Measure.SUPPLEMENT_REQUESTS)
    if change.act == Act.FORWARD or (change.handed_on and change.act != Act.RESTATE_FORWARD):
        added.append(Measure.FORWARDED_ON_PAPER if change.by_hand else Measure.FORWARDED_ELECTRONICALLY)
    if change.act == Act.SIGN_CORRECTION:
        added.append(Measure.RESULTS_CORRECTED)
        if change.own_fault:
            added.append(Measure.CORRECTED_FOR_AGENCY)
    if change.state_after is None:
        return added
    before, after = stage(change.state_before), stage(change.state_after)
    if before is Stage.NONE and after is not Stage.NONE:
        added.append(Measure.FILED)
    if before not in OPEN and before is not Stage.ENDED and after in OPEN:
        added.append(Measure.RECEIVED)
    if before in OPEN and after is Stage.ENDED:
        ended = change.at
        if before is Stage.WAITING and change.paused_at is not None:
            ended = change.paused_at
        added.append(_HANDLED_AS[punctuality(ended, change.due_before)])
    if before is Stage.ENDED and after in OPEN:
        added.append(Measure.REOPENED)
    if before in OPEN and after is Stage.VOID:
        added.append(Measure.VOIDED)
    if change.state_before != change.state_after:
        match change.state_after:
            case State.NOT_ACCEPTED:
                added.append(Measure.REFUSED_AT_RECEIPT)
            case State.WITHDRAWN if before in OPEN:
                added.append(Measure.WITHDRAWN)
            case State.STOPPED:
                added.append(Measure.STOPPED)
            case State.PROCESSED:
                added.append(Measure.RESULTS_READY)
            case State.RETURNED:
                added.append(Measure.RETURNED)
    return added


@dataclass(frozen=True, slots=True)
class Counted:
    """
    What an entry adds to a measure (`value` may be negative), for the unit that received (`at_receipt`) or handles.

    `former`: for the agency that was thought competent before.
    """

    measure: Measure
    value: int
    at_receipt: bool
    former: bool = False


def counted(change: Change) -> list[Counted]:
    """
    Return what the entry adds where. A dossier received for another agency counts once as received, by the unit that
    took it in, and once as handled, by the unit that does; both for the agency that decides, so no total has it twice
    (R-076). What a unit took in for others, and what came to it from others, is counted apart and in no total.
    """
    added = [Counted(measure, 1, measure in AT_RECEIPT) for measure in measures(change)]
    if change.act == Act.RESTATE_FORWARD:  # it was told before that it went the other way
        ways = (Measure.FORWARDED_ON_PAPER, Measure.FORWARDED_ELECTRONICALLY)
        right, wrong = ways if change.by_hand else reversed(ways)
        added += [Counted(right, 1, True), Counted(wrong, -1, True)]
    if not change.for_another:
        return added
    found = {one.measure for one in added}
    if Measure.RECEIVED in found:
        added.append(Counted(Measure.TAKEN_FOR_ANOTHER, 1, True))
    if Measure.VOIDED in found:
        added.append(Counted(Measure.TAKEN_FOR_ANOTHER, -1, True))
    if change.act == Act.CONFIRM_RECEIPT:
        added.append(Counted(Measure.COME_FROM_ANOTHER, 1, False))
    if change.redirected:
        for measure in (Measure.RECEIVED, Measure.TAKEN_FOR_ANOTHER):
            added += [Counted(measure, -1, True, former=True), Counted(measure, 1, True)]
    return added


@dataclass(frozen=True, slots=True)
class Standing:
    """One open dossier of the stock: its stage, and the moment it is due (None: no appointment)."""

    stage: Stage
    due_at: datetime | None


def stock(change: Change) -> list[tuple[Standing, int]]:
    """
    Return how the entry moves the stock of open dossiers: minus one where it stood, plus one where it stands.
    """
    if change.state_after is None:
        return []
    before, after = stage(change.state_before), stage(change.state_after)
    moved: list[tuple[Standing, int]] = []
    if before in OPEN:
        moved.append((Standing(before, change.due_before), -1))
    if after in OPEN:
        moved.append((Standing(after, change.due_after), 1))
    return moved


# -- the report of a period (form 06, columns 3 to 13) -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Case:
    """
    One dossier for the report. `received_at` is the acceptance; None where it was refused before or waits
    still.
    """

    channel: str
    received_at: datetime | None
    due_at: datetime | None = None
    ended_at: datetime | None = None
    waiting_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReportPolicy:
    """Counting choices that provinces make differently (facts-reports.md 9.1)."""

    online_channels: frozenset[str] = frozenset({"online"})
    waiting_is_within: bool = True


@dataclass(frozen=True, slots=True)
class PeriodReport:
    """Columns 3 to 13 of form 06, in their order."""

    total: int
    online: int
    direct_and_post: int
    carried_over: int
    handled: int
    early: int
    on_time: int
    late: int
    in_process: int
    within_limit: int
    overdue: int

    def columns(self) -> tuple[int, ...]:
        """Return the eleven figures in the order of the form."""
        return tuple(getattr(self, column.name) for column in fields(self))


def period_report(
    cases: Iterable[Case], start: date, end: date, policy: ReportPolicy | None = None
) -> PeriodReport:
    """
    Return the report of the local days `start` to `end`, both counted, as it stood at the end of `end`.

    The identities 3 = 4 + 5 + 6, 7 = 8 + 9 + 10, 11 = 12 + 13 and 3 = 7 + 11 hold by construction.
    """
    policy = policy or ReportPolicy()
    online = direct = carried = within = overdue = 0
    ended = dict.fromkeys(Punctuality, 0)
    for case in cases:
        if case.received_at is None or _day(case.received_at) > end:
            continue
        ended_on = None if case.ended_at is None else _day(case.ended_at)
        if ended_on is not None and ended_on < start:
            continue
        if _day(case.received_at) < start:
            carried += 1
        elif case.channel in policy.online_channels:
            online += 1
        else:
            direct += 1
        if case.ended_at is not None and ended_on is not None and ended_on <= end:
            measured = case.ended_at if case.waiting_since is None else min(case.ended_at, case.waiting_since)
            ended[punctuality(measured, case.due_at)] += 1
            continue
        waits = case.waiting_since is not None and _day(case.waiting_since) <= end
        passed = case.due_at is not None and _day(case.due_at) <= end
        if passed and not (waits and policy.waiting_is_within):
            overdue += 1
        else:
            within += 1
    handled = sum(ended.values())
    return PeriodReport(
        total=online + direct + carried,
        online=online,
        direct_and_post=direct,
        carried_over=carried,
        handled=handled,
        early=ended[Punctuality.EARLY],
        on_time=ended[Punctuality.ON_TIME],
        late=ended[Punctuality.LATE],
        in_process=within + overdue,
        within_limit=within,
        overdue=overdue,
    )


def _day(at: datetime) -> date:
    return at.astimezone(LOCAL).date()


# -- shares, scores, forecasts -------------------------------------------------------------------------------

_HUNDREDTH = Decimal("0.01")


def share(numerator: int, denominator: int) -> Decimal | None:
    """
    Return the share in per cent with two decimals, or None where there is nothing to measure (never 0 or
    100).
    """
    if denominator == 0:
        return None
    return (Decimal(numerator) * 100 / Decimal(denominator)).quantize(_HUNDREDTH, ROUND_HALF_UP)


def threshold_score(
    numerator: int, denominator: int, *, points: Decimal, threshold: Decimal
) -> Decimal | None:
    """
    Return the points of an indicator with a threshold (per cent): full points from the threshold on, below it
    the share of it reached; None where there is nothing to measure.

    :raises ValueError: the threshold is not above 0.
    """
    if threshold <= 0:
        raise ValueError("threshold must be above 0 per cent")
    if denominator == 0:
        return None
    reached = Decimal(numerator) * 100 / Decimal(denominator)
    score = points if reached >= threshold else reached * points / threshold
    return score.quantize(_HUNDREDTH, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Need:
    """What a share still asks for by the end of the plan: `needed` of the `coming` dossiers."""

    total: int
    required: int
    needed: int
    coming: int

    @property
    def reachable(self) -> bool:
        """Tell whether the target can still be met."""
        return self.needed <= self.coming


def still_needed(*, target: Decimal, arisen: int, done: int, pending: int, forecast: int) -> Need:
    """
    Return how many of the coming dossiers must count for the share `target` (per cent) to be met.

    `arisen` have come so far, `done` of them count, `pending` of them may still come to count, `forecast`
    more are expected. The coming ones are the pending and the forecast.
    """
    total = arisen + forecast
    required = int((target * total / 100).to_integral_value(ROUND_CEILING))
    return Need(total=total, required=required, needed=max(0, required - done), coming=pending + forecast)
