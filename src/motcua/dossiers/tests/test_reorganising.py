"""The rule of reorganisation day as properties: each piece of open work has exactly one destination, or is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from motcua.dossiers.reorganising import Choice, Held, Map, Plan, Standing, chosen, plan
from motcua.kernel.actor import DutyScope
from motcua.kernel.errors import NotFound
from motcua.organisation.passing import Post, passed, reaches, union

UNITS = range(1, 13)
KINDS = ("mot_cua", "phong", "lanh_dao")


@dataclass(frozen=True)
class World:
    """Units by number: which exist, whom each has as successors, what its process would find."""

    alive: frozenset[int]
    heirs: Mapping[int, tuple[int, ...]]
    found: Mapping[tuple[str, int], int]

    def map(self) -> Map:
        def resolve(kind: str, receiving_id: int, standing: Standing) -> int:
            if (kind, receiving_id) not in self.found:
                raise NotFound
            return self.found[kind, receiving_id]

        return Map(
            in_force=lambda unit: unit in self.alive,
            heirs=lambda unit: [heir for heir in self.heirs.get(unit, ()) if heir in self.alive],
            agency_of=lambda unit: unit,
            root_of=lambda agency: agency,
            resolve=resolve,
        )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    unit = st.sampled_from(list(UNITS))
    return World(
        draw(st.sets(unit, max_size=8).map(frozenset)),
        draw(st.dictionaries(unit, st.lists(unit, max_size=3).map(tuple), max_size=6)),
        draw(st.dictionaries(st.tuples(st.sampled_from(KINDS), unit), unit, max_size=8)),
    )


standings = st.builds(
    Standing,
    receiving_id=st.sampled_from(list(UNITS)),
    agency_id=st.sampled_from(list(UNITS)),
    place_id=st.none() | st.sampled_from([1, 2]),
    procedure_code=st.just("1.001193"),
    field_code=st.sampled_from(["ho_tich", "dat_dai"]),
    decided_by=st.sampled_from(KINDS),
)
tasks = st.lists(
    st.builds(
        Held,
        id=st.integers(1, 50),
        unit_id=st.sampled_from(list(UNITS)),
        unit_kind=st.sampled_from(["", *KINDS]),
    ),
    max_size=5,
    unique_by=lambda task: task.id,
)
choices = st.lists(
    st.builds(
        Choice,
        origin_id=st.sampled_from(list(UNITS)),
        to_id=st.sampled_from(list(UNITS)),
        field=st.sampled_from(["", "ho_tich", "dat_dai"]),
        place_id=st.none() | st.sampled_from([1, 2]),
    ),
    max_size=4,
)


def after(standing: Standing, held: list[Held], goes: Plan) -> tuple[Standing, list[Held]]:
    return (
        replace(standing, receiving_id=goes.receiving_id, agency_id=goes.agency_id),
        [replace(task, unit_id=goes.tasks.get(task.id, task.unit_id)) for task in held],
    )


@given(worlds(), standings, tasks, choices)
def test_each_open_task_has_exactly_one_destination_or_its_unit_is_named(
    world: World, standing: Standing, held: list[Held], by_hand: list[Choice]
) -> None:
    goes = plan(standing, held, by_hand, world.map())
    for task in held:
        if task.unit_id in world.alive:
            assert task.id not in goes.tasks  # what still exists stays
        elif task.id in goes.tasks:
            assert goes.tasks[task.id] in world.alive
        else:
            assert task.unit_id in goes.missing
    for before, now in ((standing.receiving_id, goes.receiving_id), (standing.agency_id, goes.agency_id)):
        assert now == before if before in world.alive else (now in world.alive or before in goes.missing)
    assert not set(goes.missing) & world.alive


@given(worlds(), standings, tasks, choices)
def test_what_has_gone_where_it_belongs_does_not_move_again(
    world: World, standing: Standing, held: list[Held], by_hand: list[Choice]
) -> None:
    goes = plan(standing, held, by_hand, world.map())
    if not goes.missing:
        moved, work = after(standing, held, goes)
        assert not plan(moved, work, by_hand, world.map()).changes(moved)


@given(choices, st.sampled_from(list(UNITS)), st.sampled_from(["ho_tich", "dat_dai"]), st.none() | st.just(1))
def test_the_choice_that_names_most_wins(
    by_hand: list[Choice], origin: int, field: str, place: int | None
) -> None:
    to = chosen(by_hand, origin, field, place)
    fitting = [one for one in by_hand if one.fits(origin, field, place)]
    assert (to is None) is (not fitting)
    if any(one.place_id is not None for one in fitting):
        assert to in {one.to_id for one in fitting if one.place_id is not None}


posts = st.lists(
    st.builds(
        Post,
        id=st.integers(1, 99),
        staff_id=st.integers(1, 3),
        unit_id=st.integers(1, 4),
        role=st.sampled_from(["can_bo_thu_ly", "van_thu"]),
        scope=st.sampled_from(list(DutyScope)),
        fields=st.frozensets(st.sampled_from(["a", "b"])),
        valid_from=st.just(None),  # not looked at
        valid_to=st.none(),
    ),
    max_size=6,
    unique_by=lambda post: post.id,
)


@given(posts, st.dictionaries(st.integers(1, 4), st.integers(11, 13)))
def test_nobody_loses_a_duty_that_has_a_successor_and_nobody_gets_one_twice(
    moving: list[Post], heirs: dict[int, int]
) -> None:
    new = passed(moving, heirs, [])
    assert len({(one.staff_id, one.unit_id, one.role) for one in new}) == len(new)
    for post in moving:
        if post.unit_id in heirs:
            (given,) = [one for one in new if post.id in one.of]
            assert given.unit_id == heirs[post.unit_id]
            assert reaches(given.fields, post.fields)
    assert {number for one in new for number in one.of} == {
        post.id for post in moving if post.unit_id in heirs
    }


def test_an_empty_set_of_fields_means_every_field() -> None:
    assert union([frozenset({"a"}), frozenset()]) == frozenset()
    assert reaches(frozenset(), frozenset({"a"})) and not reaches(frozenset({"a"}), frozenset())
