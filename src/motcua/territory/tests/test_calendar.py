"""Layers, marks that are not in force, receiving-only sessions, noticing of changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time
from typing import Any

import pytest

from motcua.kernel.errors import NotFound
from motcua.territory import operations, queries
from motcua.territory.rules import PlaceLevel

pytestmark = pytest.mark.django_db

WEEK = {
    "layer_id": "P", "code": "default", "name": "Giờ hành chính", "purpose": "counted", "valid_from": None,
    "valid_to": None, "season_from": "", "season_to": "", "weekdays": [0, 1, 2, 3, 4],
    "periods": [["07:30", "12:00"], ["13:30", "17:00"]], "unit_kinds": [], "apply": True, "certainty": "medium",
    "note": "",
}  # fmt: skip
SATURDAY = {
    **WEEK, "layer_id": "U", "code": "saturday", "purpose": "receiving", "weekdays": [5],
    "periods": [["07:30", "11:30"]],
}  # fmt: skip
SUMMER = {**WEEK, "code": "summer", "season_from": "04-16", "season_to": "10-15", "apply": False}
LAYERS: list[dict[str, Any]] = [
    {"code": "N", "name": "Toàn quốc", "kind": "nation", "parent_id": None},
    {"code": "P", "name": "Tỉnh", "kind": "province", "parent_id": "N"},
    {"code": "U", "name": "Một cửa", "kind": "unit", "parent_id": "P"},
]


def mark(on: date, kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {
        "layer_id": "N", "on": on, "kind": kind, "name": name, "swap_with": None, "apply": True,
        "certainty": "high", "note": "", **more,
    }  # fmt: skip


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    queries.forget_calendars()
    yield
    queries.forget_calendars()


def load() -> None:
    operations.set_calendars(
        LAYERS,
        [
            mark(date(2023, 9, 1), "holiday", "Quốc khánh"),
            mark(date(2024, 4, 29), "swapped_off", "Nghỉ hoán đổi", swap_with=date(2024, 5, 4)),
            mark(date(2024, 5, 4), "swapped_work", "Làm bù", swap_with=date(2024, 4, 29)),
            mark(date(2026, 11, 24), "holiday", "Ngày Văn hóa Việt Nam", apply=False),
        ],
        [WEEK, SATURDAY, SUMMER],
    )


def test_marks_and_sessions_of_the_province() -> None:
    load()
    calendar = queries.calendar()
    assert calendar.sessions(date(2023, 10, 2)) == (
        (time(7, 30), time(12)),
        (time(13, 30), time(17)),
    )
    assert not calendar.is_working(date(2023, 9, 1))
    assert calendar.reason_off(date(2023, 9, 1)) == "Quốc khánh"
    assert not calendar.is_working(date(2024, 4, 29))
    assert calendar.is_working(date(2024, 5, 4))


def test_what_does_not_apply_is_stored_only() -> None:
    load()
    calendar = queries.calendar()
    assert calendar.is_working(date(2026, 11, 24))
    assert calendar.sessions(date(2023, 6, 5))[0] == (time(7, 30), time(12))


def test_saturday_receives_and_does_not_count() -> None:
    load()
    saturday = date(2023, 10, 7)
    one_stop = queries.calendar("U")
    assert one_stop.is_receiving(saturday)
    assert not one_stop.is_working(saturday)
    assert not queries.calendar("P").is_receiving(saturday)


def test_a_change_is_noticed_and_the_same_data_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "CHECK_SECONDS", 0.0)
    load()
    before = queries.calendar()
    load()
    assert queries.calendar() is before
    counts = operations.set_calendars(LAYERS, [mark(date(2023, 10, 2), "closure", "Bão số 4")], [WEEK])
    assert counts["days"].made == 1
    after = queries.calendar()
    assert after is not before
    assert after.reason_off(date(2023, 10, 2)) == "Bão số 4"


def test_steady_reads_cost_no_sql(django_assert_num_queries: Any) -> None:
    load()
    queries.calendar()
    with django_assert_num_queries(0):
        queries.calendar()


def test_an_unknown_layer_is_not_found() -> None:
    with pytest.raises(NotFound):
        queries.calendar("X")


def place(code: str, level: str, parent: str | None, start: date, end: date | None) -> dict[str, Any]:
    return {
        "code": code, "name": f"xã {code}", "folded": f"xa {code.lower()}", "level": level, "unit_type": "xa",
        "gso_code": "", "parent_id": parent, "area_class": "rural", "area_certainty": "low", "latitude": None,
        "longitude": None, "valid_from": start, "valid_to": end, "certainty": "high", "note": "",
    }  # fmt: skip


def test_places_pass_into_others() -> None:
    first, last, new = date(2021, 1, 1), date(2025, 6, 30), date(2025, 7, 1)
    passing = {"on": new, "certainty": "high", "note": ""}
    operations.set_places(
        [
            place("A", "commune", None, first, last),
            place("B", "commune", None, new, None),
            place("C", "commune", None, new, None),
        ],
        [
            {**passing, "origin_id": "A", "successor_id": "B", "relation": "split"},
            {**passing, "origin_id": "A", "successor_id": "C", "relation": "split"},
        ],
        [],
    )
    assert [row.code for row in queries.successors("A", date(2023, 1, 1))] == ["A"]
    assert [row.code for row in queries.successors("A", new)] == ["B", "C"]
    assert [row.code for row in queries.places(PlaceLevel.COMMUNE, last)] == ["A"]
    assert queries.place("A").valid_to == last
    with pytest.raises(NotFound):
        queries.successors("Z", new)
