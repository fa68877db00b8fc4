"""Counting rules against the worked cases and by properties."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.dossiers.rules import Act, State
from motcua.evaluation import rules
from motcua.evaluation.rules import Case, Change, Measure, Punctuality, Stage
from motcua.kernel.calendar import LOCAL

DUE = datetime(2023, 10, 3, 17, 0, tzinfo=LOCAL)


def local(month: int, day: int, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(2023, month, day, hour, minute, tzinfo=LOCAL)


# -- early, on time, late --


@pytest.mark.parametrize(
    ("ended", "expected"),
    [
        (local(10, 2, 23, 59), Punctuality.EARLY),
        (local(10, 3, 7, 30), Punctuality.ON_TIME),
        (DUE, Punctuality.ON_TIME),
        (DUE + timedelta(minutes=1), Punctuality.LATE),
        (local(10, 4, 7, 30), Punctuality.LATE),
    ],
)
def test_punctuality(ended: datetime, expected: Punctuality) -> None:
    assert rules.punctuality(ended, DUE) is expected


def test_without_a_due_moment_nothing_was_exceeded() -> None:
    assert rules.punctuality(local(10, 30), None) is Punctuality.ON_TIME


# -- what an entry adds --


def change(before: str | None, after: str | None, *, act: str = "x", at: datetime = DUE) -> Change:
    return Change(act, before, after, at, DUE, DUE)


@pytest.mark.parametrize(
    ("before", "after", "act", "expected"),
    [
        (None, State.SUBMITTED, Act.FILE, [Measure.FILED]),
        (None, State.ACCEPTED, Act.ACCEPT, [Measure.FILED, Measure.RECEIVED]),
        (State.SUBMITTED, State.ACCEPTED, Act.ACCEPT, [Measure.RECEIVED]),
        (State.SUBMITTED, State.NOT_ACCEPTED, Act.REFUSE, [Measure.REFUSED_AT_RECEIPT]),
        (State.SUBMITTED, State.WITHDRAWN, Act.WITHDRAW, []),
        (State.ACCEPTED, State.IN_PROCESS, Act.FORWARD, [Measure.FORWARDED_ELECTRONICALLY]),
        (
            State.IN_PROCESS,
            State.SUPPLEMENT_REQUESTED,
            Act.REQUEST_SUPPLEMENT,
            [Measure.SUPPLEMENT_REQUESTS],
        ),
        (State.SUBMITTED, State.SUBMITTED, Act.REQUEST_SUPPLEMENT, [Measure.SUPPLEMENT_REQUESTS]),
        (State.SUPPLEMENT_REQUESTED, State.IN_PROCESS, Act.SUPPLEMENT, []),
        (State.IN_PROCESS, State.PROCESSED, Act.DECIDE, [Measure.HANDLED_ON_TIME, Measure.RESULTS_READY]),
        (State.PROCESSED, State.RETURNED, Act.RETURN_RESULT, [Measure.RETURNED]),
        (State.IN_PROCESS, State.WITHDRAWN, Act.WITHDRAW, [Measure.HANDLED_ON_TIME, Measure.WITHDRAWN]),
        (State.IN_PROCESS, State.VOID, Act.VOID, [Measure.VOIDED]),
        (
            State.IN_PROCESS,
            State.STOPPED,
            Act.REFUSE_REQUEST,
            [Measure.REFUSED_AFTER_APPRAISAL, Measure.HANDLED_ON_TIME, Measure.STOPPED],
        ),
        (State.RETURNED, State.IN_PROCESS, "reopen", [Measure.REOPENED]),
        (State.IN_PROCESS, State.IN_PROCESS, Act.RESTATE_FORWARD, []),  # moves the count only: `counted`
        (None, None, "reprint", []),
        (State.IN_PROCESS, State.IN_PROCESS, Act.ASSIGN, []),
    ],
)
def test_measures(before: str | None, after: str | None, act: str, expected: list[Measure]) -> None:
    assert rules.measures(change(before, after, act=act)) == expected


def test_a_paused_dossier_is_measured_when_the_pause_began() -> None:
    late_by_the_clock = Change(
        Act.WITHDRAW,
        State.SUPPLEMENT_REQUESTED,
        State.WITHDRAWN,
        local(10, 20),
        DUE,
        DUE,
        paused_at=local(10, 2),
    )
    assert Measure.HANDLED_EARLY in rules.measures(late_by_the_clock)


def test_an_unknown_state_is_a_fault() -> None:
    with pytest.raises(KeyError):
        rules.measures(change(State.ACCEPTED, "lost"))


def test_every_state_has_a_stage() -> None:
    assert set(rules.STAGES) == {"", *(state.value for state in State)}


OPEN_STATES = [state for state in State if rules.stage(state) in rules.OPEN]
ENDINGS = [State.WITHDRAWN, State.STOPPED, State.PROCESSED, State.RETURNED]


@st.composite
def paths(draw: st.DrawFn) -> list[State]:
    """
    A dossier's life: filed or received at once, open for a while, ended or void; ended ones may be reopened.
    """
    path = [draw(st.sampled_from([State.SUBMITTED, State.ACCEPTED]))]
    for _ in range(draw(st.integers(0, 10))):
        last = path[-1]
        if last is State.SUBMITTED:
            after = [State.SUBMITTED, State.ACCEPTED, State.NOT_ACCEPTED]
        elif last in OPEN_STATES:
            after = [*OPEN_STATES, *ENDINGS, State.VOID]
        elif last in ENDINGS:
            after = [*OPEN_STATES, *ENDINGS]
        else:
            break
        path.append(draw(st.sampled_from(after)))
    return path


@given(paths())
def test_a_path_of_states_adds_up(path: list[State]) -> None:
    """The stock equals the stage the path ends in; so does received − voided − (handled − reopened)."""
    total = dict.fromkeys(Measure, 0)
    stock: dict[Stage, int] = dict.fromkeys(Stage, 0)
    before: str | None = None
    for state in path:
        step = Change("x", before, state, DUE, DUE, DUE)
        for measure in rules.measures(step):
            total[measure] += 1
        for standing, value in rules.stock(step):
            stock[standing.stage] += value
        before = state
    open_now = int(rules.stage(path[-1]) in rules.OPEN)
    assert sum(stock.values()) == open_now
    assert stock[rules.stage(path[-1])] == open_now
    handled = sum(total[measure] for measure in rules.HANDLED)
    assert total[Measure.RECEIVED] - total[Measure.VOIDED] - handled + total[Measure.REOPENED] == open_now


# -- the report of a period --

WORKED = [
    Case("direct", local(9, 12), local(9, 19, 17), local(9, 18, 16)),
    Case("online", local(9, 15), local(9, 22, 17), local(9, 22, 15)),
    Case("direct", local(9, 28), local(10, 3, 17), local(10, 5, 10)),
    Case("post", local(10, 10), local(10, 16, 17)),
    Case("online", local(10, 2), local(10, 9, 17), waiting_since=local(10, 5)),
    Case("direct", local(9, 5), local(9, 12, 17)),
    Case("online", None),
    Case("online", local(10, 16), local(10, 20, 17)),
]
START, END = date(2023, 9, 15), date(2023, 10, 14)


def test_the_worked_report() -> None:
    assert rules.period_report(WORKED, START, END).columns() == (6, 2, 2, 2, 3, 1, 1, 1, 3, 2, 1)


def test_waiting_may_count_as_overdue_where_a_province_says_so() -> None:
    policy = rules.ReportPolicy(waiting_is_within=False)
    assert rules.period_report(WORKED, START, END, policy).columns()[-3:] == (3, 1, 2)


moments = st.datetimes(datetime(2023, 7, 1), datetime(2023, 12, 31)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=LOCAL)
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    received = draw(moments)
    due = received + timedelta(hours=draw(st.integers(1, 900)))
    ended = draw(st.one_of(st.none(), st.integers(0, 1500).map(lambda h: received + timedelta(hours=h))))
    return Case(draw(st.sampled_from(["direct", "online", "post", "kiosk"])), received, due, ended)


@given(st.lists(cases(), max_size=30), st.dates(date(2023, 8, 1), date(2023, 11, 1)), st.integers(0, 60))
def test_identities_and_carrying_over(found: list[Case], start: date, length: int) -> None:
    end = start + timedelta(days=length)
    report = rules.period_report(found, start, end)
    assert report.total == report.online + report.direct_and_post + report.carried_over
    assert report.handled == report.early + report.on_time + report.late
    assert report.in_process == report.within_limit + report.overdue
    assert report.total == report.handled + report.in_process
    following = rules.period_report(found, end + timedelta(days=1), end + timedelta(days=30))
    assert following.carried_over == report.in_process


# -- shares, scores, forecasts --


def test_tan_dan() -> None:
    """Tân Dân as of 31/10/2022 (worked-cases.md)."""
    assert rules.share(70, 180) == Decimal("38.89")
    need = rules.still_needed(target=Decimal(50), arisen=180, done=70, pending=6, forecast=72)
    assert (need.total, need.required, need.needed, need.coming) == (252, 126, 56, 78)
    assert need.reachable


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [(60, 100, Decimal("3.00")), (85, 100, Decimal("4.00")), (80, 100, Decimal("4.00")), (0, 0, None)],
)
def test_threshold_score(numerator: int, denominator: int, expected: Decimal | None) -> None:
    score = rules.threshold_score(numerator, denominator, points=Decimal(4), threshold=Decimal(80))
    assert score == expected


def test_nothing_to_measure_is_neither_nought_nor_full() -> None:
    assert rules.share(0, 0) is None
    with pytest.raises(ValueError, match="threshold"):
        rules.threshold_score(1, 2, points=Decimal(4), threshold=Decimal(0))


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500), st.decimals(0, 100, places=2))
def test_what_is_needed_is_enough_and_no_more(
    done: int, pending: int, forecast: int, target: Decimal
) -> None:
    arisen = done + pending
    need = rules.still_needed(target=target, arisen=arisen, done=done, pending=pending, forecast=forecast)
    if need.total:
        reached = Decimal(done + need.needed) * 100 / need.total
        assert reached >= target
        if need.needed:
            assert Decimal(done + need.needed - 1) * 100 / need.total < target
