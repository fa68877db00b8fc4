"""Bringing rows of a table to what data say (`platform.records`), shown on a table with a reference to itself."""

from __future__ import annotations

from typing import Any

import pytest

from motcua.platform.records import Counts, bring
from motcua.territory.models import CalendarLayer

pytestmark = pytest.mark.django_db


def rows(**names: str) -> list[dict[str, Any]]:
    found = [{"code": code, "name": name, "kind": "unit", "parent_id": None} for code, name in names.items()]
    found[0]["parent_id"] = found[-1]["code"]
    return found


def test_rows_are_made_changed_and_left() -> None:
    own = ("parent_id",)
    assert bring(CalendarLayer, rows(a="A", b="B", c="C"), own=own) == Counts(3, 0, 0)
    assert bring(CalendarLayer, rows(a="A", b="B", c="C"), own=own) == Counts(0, 0, 3)
    assert CalendarLayer.objects.get(code="a").parent == CalendarLayer.objects.get(code="c")
    assert bring(CalendarLayer, rows(a="A", b="New", d="D"), own=own) == Counts(1, 2, 0)
    assert CalendarLayer.objects.get(code="a").parent == CalendarLayer.objects.get(code="d")
    assert CalendarLayer.objects.get(code="b").name == "New"
    assert CalendarLayer.objects.filter(code="c").exists()
    assert bring(CalendarLayer, []) == Counts()


def test_some_columns_are_given_once() -> None:
    bring(CalendarLayer, rows(a="A", b="B"), own=("parent_id",))
    again = bring(CalendarLayer, rows(a="X", b="Y", c="C"), own=("parent_id",), once=("name",))
    assert again == Counts(1, 1, 1)  # a has another parent now
    assert set(CalendarLayer.objects.values_list("name", flat=True)) == {"A", "B", "C"}
