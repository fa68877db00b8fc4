from __future__ import annotations

from datetime import date, datetime

import pytest
from django import forms
from hypothesis import given
from hypothesis import strategies as st

from motcua.web import components, inputs


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("2/10/2023", "2023-10-02"),
        ("02-10-2023", "2023-10-02"),
        ("02102023", "2023-10-02"),
        (" 2 . 10 . 2023 ", "2023-10-02"),
        ("31/02/2023", "31/02/2023"),
        ("hôm qua", "hôm qua"),
        ("2023-10-02", "2023-10-02"),
    ],
)
def test_dates(typed: str, kept: str) -> None:
    assert inputs.iso_date(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("02/10/2023 8:30", "2023-10-02T08:30"),
        ("02102023 8h", "2023-10-02T08:00"),
        ("02/10/2023 25:00", "02/10/2023 25:00"),
        ("02/10/2023", "02/10/2023"),
    ],
)
def test_moments(typed: str, kept: str) -> None:
    assert inputs.iso_datetime(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("1.500.000 đồng", "1500000"), ("1 500 000", "1500000"), ("-5", "-5"), ("1,5", "1,5")],
)
def test_money(typed: str, kept: str) -> None:
    assert inputs.whole(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("1.250,5", "1250.5"), ("1.250", "1250"), ("12.5", "12.5"), ("12,5", "12.5"), ("abc", "abc")],
)
def test_decimals(typed: str, kept: str) -> None:
    assert inputs.decimal(typed) == kept


@given(st.dates(min_value=date(1800, 1, 1)))
def test_what_is_shown_is_read_back(day: date) -> None:
    assert inputs.iso_date(inputs.shown_date(day.isoformat())) == day.isoformat()


@given(st.datetimes(min_value=datetime(1800, 1, 1)))  # noqa: DTZ001
def test_moments_are_read_back(moment: datetime) -> None:
    text = moment.isoformat(timespec="minutes")
    assert inputs.iso_datetime(inputs.shown_datetime(text)) == text


@given(st.text())
def test_nothing_typed_breaks_reading(text: str) -> None:
    for read in (inputs.iso_date, inputs.iso_datetime, inputs.whole, inputs.decimal):
        assert isinstance(read(text), str)


def test_several_choices_are_boxes_and_one_choice_is_a_radio() -> None:
    class Asked(forms.Form):
        many = forms.MultipleChoiceField(
            choices=[("a", "A"), ("b", "B")], widget=forms.CheckboxSelectMultiple
        )
        one = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)

    asked = Asked({"many": ["a", "b"], "one": "b"})
    many, one = components.from_bound(asked["many"]), components.from_bound(asked["one"])
    assert (many.kind, many.values, many.grouped) == ("multiselect", ("a", "b"), True)
    assert (one.kind, one.value) == ("radio", "b")
