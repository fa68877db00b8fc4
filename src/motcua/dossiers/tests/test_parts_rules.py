"""The pure rules of parts: what opens, what cannot be done any more, when a group waits and when it has ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from motcua.dossiers import parts
from motcua.dossiers.parts import PartState, Standing, following
from motcua.dossiers.rules import ENDED, OPEN, PAUSED, State
from motcua.kernel.counting import Limit, TimeUnit

KEYS = ("a", "b", "c", "d", "e")
MONDAY = datetime.fromisoformat("2023-10-02T08:30:00+07:00")


@st.composite
def orders(draw: st.DrawFn) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Return parts in order, each behind some before it, needing the results of some of those."""
    found = []
    for number, key in enumerate(KEYS[: draw(st.integers(1, len(KEYS)))]):
        after = tuple(sorted(draw(st.sets(st.sampled_from(KEYS[:number]))))) if number else ()
        needs = tuple(sorted(draw(st.sets(st.sampled_from(after))))) if after else ()
        found.append((key, after, needs))
    return found


@given(orders(), st.data())
def test_played_to_the_end_every_part_is_opened_or_explained_once(order: Any, data: st.DataObject) -> None:
    states = {key: PartState.WAITING for key, _, _ in order}
    dossiers: dict[str, tuple[State, str]] = {}

    def standings() -> list[Standing]:
        return [
            Standing(key, after, needs, states[key], *dossiers.get(key, (None, "")))
            for key, after, needs in order
        ]

    for _ in range(3 * len(order) + 3):
        found = following(standings())
        for key in found.opens:
            assert states[key] is PartState.WAITING
            after = next(item[1] for item in order if item[0] == key)
            assert all(states[other] is not PartState.WAITING or other in found.impossible for other in after)
            states[key], dossiers[key] = PartState.OPENED, (State.SUBMITTED, "")
        for key, cause in found.impossible.items():
            assert states[key] is PartState.WAITING and key not in found.opens
            assert cause in next(item[2] for item in order if item[0] == key)
            states[key] = PartState.IMPOSSIBLE
        again = following(standings())
        assert not again.opens and not again.impossible  # done once
        if found.ended:
            break
        live = [key for key, (state, _) in dossiers.items() if state in OPEN]
        assert live, "nothing runs, and it has not ended"
        key = data.draw(st.sampled_from(live))
        dossiers[key] = data.draw(
            st.sampled_from(
                [
                    (State.PROCESSED, "approved"),
                    (State.STOPPED, "refused"),
                    (State.WITHDRAWN, ""),
                    (State.NOT_ACCEPTED, ""),
                ]
            )
        )
    else:
        raise AssertionError("no end")
    assert found.granted == any(state is State.PROCESSED for state, _ in dossiers.values())
    assert not (found.granted and found.abandoned)


@given(st.lists(st.tuples(st.sampled_from(sorted(State)), st.booleans()), min_size=1, max_size=5))
def test_the_group_is_held_when_and_only_when_every_live_part_is(children: list[tuple[State, bool]]) -> None:
    found = following(
        [
            Standing(str(number), (), (), PartState.OPENED, state, "approved" if good else "")
            for number, (state, good) in enumerate(children)
        ]
    )
    live = [state for state, _ in children if state not in ENDED]
    assert found.paused == (bool(live) and all(state in PAUSED for state in live))
    assert found.ended == (not live)


def test_a_part_asked_for_papers_before_it_was_taken_in_waits_too() -> None:
    assert following([Standing("a", (), (), PartState.OPENED, State.SUBMITTED, waits=True)]).paused


def test_all_taken_back_is_abandoned_and_what_hung_on_them_too() -> None:
    found = following(
        [
            Standing("a", (), (), PartState.OPENED, State.WITHDRAWN),
            Standing("b", ("a",), ("a",), PartState.WAITING),
            Standing("c", (), (), PartState.WITHDRAWN),
        ]
    )
    assert found.ended and found.abandoned and found.impossible == {"b": "a"}


@given(orders(), st.lists(st.integers(1, 30), min_size=5, max_size=5))
def test_the_longest_way_is_no_shorter_than_any_part_and_no_longer_than_all_in_a_row(
    order: Any, days: Any
) -> None:
    limits = {key: Limit(days[number], TimeUnit.WORKING_DAYS) for number, (key, _, _) in enumerate(order)}
    found = parts.overall(limits, {key: after for key, after, _ in order})
    assert found.unit is TimeUnit.WORKING_DAYS
    every = [int(one.value) for one in limits.values()]
    assert max(every) <= found.value <= sum(every)


def test_hours_are_rounded_up_to_days_side_by_side_counts_once() -> None:
    limits = {
        "a": Limit(24, TimeUnit.ELAPSED_HOURS),
        "b": Limit(9, TimeUnit.WORKING_HOURS),
        "c": Limit(1, TimeUnit.WORKING_DAYS),
    }
    assert parts.overall(limits, {"a": (), "b": ("a",), "c": ("a",)}).value == 3


def test_answers_are_copied_turned_and_left_out() -> None:
    plan = {
        "answers": {
            "why": {"value": "chet"},
            "name_of": {"from": "name"},
            "on": {"day_of": "at"},
            "no": {"number_of": "first"},
            "rows": {"rows": [{"who": "name", "born": "birth"}]},
            "kind": {
                "cases": [{"when": {"field": "no_paper", "op": "truthy", "value": True}, "value": "x"}],
                "value": "y",
            },
        }
    }
    fields = [
        {"key": key} for key in ("name", "why", "name_of", "on", "no", "rows", "kind", "never_asked")
    ] + [{"key": "hidden", "show_if": {"field": "why", "op": "eq", "value": "khac"}}]
    given_answers = {"name": "Lan", "at": "2023-10-02T08:30", "birth": "", "hidden": "1"}
    assert parts.answers_for(plan, fields, given_answers, {"first": "12/TLKT"}) == {
        "name": "Lan", "why": "chet", "name_of": "Lan", "on": "2023-10-02", "no": "12/TLKT",
        "rows": [{"who": "Lan"}], "kind": "y",
    }  # fmt: skip


def test_what_follows_a_part_that_is_not_chosen_follows_nothing() -> None:
    wanted = {"field": "regime", "op": "eq", "value": "ncc"}
    plans: list[dict[str, Any]] = [
        {"key": "a", "condition": None, "after": [], "needs": []},
        {"key": "b", "condition": wanted, "after": ["a"], "needs": ["a"]},
        {"key": "c", "condition": None, "after": ["a", "b"], "needs": ["b"]},
    ]
    found = parts.chosen(plans, {"regime": "khong"})
    assert [(one["key"], one["after"], one["needs"]) for one in found] == [("a", [], []), ("c", ["a"], [])]


@given(st.lists(st.tuples(st.sampled_from(parts.SAID), st.integers(0, 5)), min_size=1, max_size=8))
def test_messages_of_a_central_system_never_go_back_in_time_nor_past_the_end(said: Any) -> None:
    now, last = State.SUBMITTED, None
    for state, minutes in said:
        moment = MONDAY + timedelta(minutes=minutes)
        if parts.mirrors(now, state, moment, last):
            assert last is None or moment >= last
            assert now not in ENDED or (now, state) == (State.PROCESSED, State.RETURNED)
            now, last = state, moment
        assert not parts.mirrors(now, now, moment + timedelta(days=1), last)  # told again changes nothing
