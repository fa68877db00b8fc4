"""Every field type and validation key: what is taken, in which normal form, and what is said when not."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.forms import rules

TODAY = date(2023, 10, 2)
OPTIONS = [{"value": "a", "label_vi": "Loại A"}, {"value": "b", "label_vi": "Loại B"}]


def field(kind: str, key: str = "f", *, required: bool = True, **more: Any) -> dict[str, Any]:
    return {"key": key, "label_vi": "Thông tin", "type": kind, "section": "s", "required": required, **more}


def form(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"form_code": "EF", "sections": [{"key": "s", "label_vi": "Phần"}], "fields": list(fields)}


def taken(kind: str, value: Any, **more: Any) -> tuple[Any, str | None]:
    clean, errors = rules.validate(form(field(kind, **more)), {"f": value}, TODAY)
    return clean.get("f"), errors.get("f")


PHOTO = {"name": "anh.JPG", "size": 10}


@pytest.mark.parametrize(
    ("kind", "value", "clean"),
    [
        ("text", "  Nguyễn  Văn A ", "Nguyễn Văn A"),
        ("textarea", "dòng 1\r\ndòng 2", "dòng 1\ndòng 2"),
        ("address", "Số 1, Trần Phú", "Số 1, Trần Phú"),
        ("number", "12,5", 12.5),
        ("number", "1.234", 1234),
        ("number", 7, 7),
        ("number", "7.0", 7),
        ("money", "1.500.000", 1500000),
        ("money", "1 500 000", 1500000),
        ("area_m2", "120,5", 120.5),
        ("year", "1990", 1990),
        ("date", "2023-01-31", "2023-01-31"),
        ("date", "31/1/2023", "2023-01-31"),
        ("datetime", "31/01/2023 8:05", "2023-01-31T08:05"),
        ("datetime", "2023-01-31T08:05", "2023-01-31T08:05"),
        ("select", "a", "a"),
        ("radio", "b", "b"),
        ("multiselect", ["b", "a", "b"], ["a", "b"]),
        ("multiselect", "a", ["a"]),
        ("checkbox", "on", True),
        ("checkbox", True, True),
        ("personal_id", "030 071 994 853", "030071994853"),
        ("tax_code", "0100109106", "0100109106"),
        ("tax_code", "0100109106001", "0100109106-001"),
        ("phone", "+84 900 000 001", "0900000001"),
        ("email", "a@example.com", "a@example.com"),
        ("file", PHOTO, [PHOTO]),
    ],
)
def test_every_type_in_its_normal_form(kind: str, value: Any, clean: Any) -> None:
    more = {"options": OPTIONS} if kind in ("select", "radio", "multiselect") else {}
    assert taken(kind, value, **more) == (clean, None)
    again, _ = taken(kind, clean, **more)
    assert again == clean


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", "a\x00b"),
        ("text", "a\ud800b"),
        ("text", 5),
        ("text", "x" * 501),
        ("number", "mười"),
        ("number", "1e9"),
        ("number", True),
        ("number", float("nan")),
        ("number", "9" * 16),
        ("money", "1,5"),
        ("year", "19.5"),
        ("date", "2023-02-30"),
        ("date", "hôm qua"),
        ("date", ["2023-01-01"]),
        ("datetime", "2023-01-01"),
        ("datetime", "2023-01-01T25:00"),
        ("select", "c"),
        ("select", ["a"]),
        ("radio", "c"),
        ("multiselect", ["a", "c"]),
        ("checkbox", "có lẽ"),
        ("personal_id", "12345"),
        ("tax_code", "123"),
        ("phone", "12"),
        ("email", "a@b"),
        ("email", "a b@example.com"),
        ("address", {"a": 1}),
        ("file", "anh.jpg"),
        ("table", "x"),
    ],
)
def test_what_cannot_be_taken_is_said_in_words(kind: str, value: Any) -> None:
    more: dict[str, Any] = {}
    if kind in ("select", "radio", "multiselect"):
        more = {"options": OPTIONS}
    if kind == "table":
        more = {"columns": [{"key": "c", "label_vi": "Cột", "type": "text"}]}
    clean, message = taken(kind, value, **more)
    assert clean is None
    assert message and message.endswith(".") and "None" not in message


@pytest.mark.parametrize(
    ("kind", "rule", "good", "bad"),
    [
        ("text", {"max_length": 3}, "abc", "abcd"),
        ("text", {"pattern": r"^\d{2}$"}, "12", "123"),
        ("text", {"validator": "personal_id"}, "030071994853", "12"),
        ("number", {"min": 1}, 1, 0),
        ("number", {"max": 5}, 5, 6),
        ("area_m2", {"min": 0.1}, 0.1, 0.05),
        ("date", {"not_after": "today"}, "2023-10-02", "2023-10-03"),
        ("date", {"not_before": "today"}, "2023-10-02", "2023-10-01"),
        ("date", {"not_before": "2020-01-01"}, "2020-01-01", "2019-12-31"),
        ("date", {"min_age": 18}, "2005-10-02", "2005-10-03"),
        ("date", {"max_age": 18}, "2004-10-03", "2004-10-02"),
        ("date", {"max_days_ago": 90}, "2023-07-04", "2023-07-03"),
        ("date", {"max_days": 10}, "2023-10-12", "2023-10-13"),
        ("date", {"max_months": 1}, "2023-11-02", "2023-11-03"),
        ("datetime", {"not_after": "today"}, "2023-10-02T23:00", "2023-10-03T00:00"),
        ("file", {"accept": ["jpg", "png"]}, {"name": "a.jpeg"}, {"name": "a.pdf"}),
        ("file", {"max_mb": 1}, {"name": "a.pdf", "size": 1048576}, {"name": "a.pdf", "size": 1048577}),
    ],
)
def test_every_validation_key(kind: str, rule: dict[str, Any], good: Any, bad: Any) -> None:
    assert taken(kind, good, validation=rule)[1] is None
    assert taken(kind, bad, validation=rule)[1]


def test_periods_between_two_dates() -> None:
    definition = form(
        field("date", "from"),
        field("date", "to", validation={"after_field": "from", "max_days": 180}),
    )

    def told(first: str, last: str) -> str | None:
        return rules.validate(definition, {"from": first, "to": last}, TODAY)[1].get("to")

    assert told("2023-01-01", "2023-01-01") is None
    assert told("2023-01-01", "2023-06-30") is None
    assert told("2023-01-02", "2023-01-01")
    assert told("2023-01-01", "2023-07-01")


def test_tables_tell_row_and_column() -> None:
    columns = [
        {"key": "name", "label_vi": "Họ tên", "type": "text"},
        {"key": "born", "label_vi": "Ngày sinh", "type": "date"},
    ]
    definition = form(field("table", columns=columns))
    clean, errors = rules.validate(
        definition, {"f": [{"name": "An", "born": "1/2/1990"}, {"name": "", "born": ""}]}, TODAY
    )
    assert (clean, errors) == ({"f": [{"name": "An", "born": "1990-02-01"}]}, {})
    _, errors = rules.validate(definition, {"f": [{"name": "An"}, {"born": "x", "other": 1}]}, TODAY)
    assert set(errors) == {"f.1.born", "f.1.other"}
    assert errors["f.1.born"].startswith("Dòng 2, Ngày sinh:")
    assert "ít nhất một dòng" in rules.validate(definition, {"f": [{"name": " "}]}, TODAY)[1]["f"]
    assert "quá nhiều dòng" in rules.validate(definition, {"f": [{"name": "An"}] * 201}, TODAY)[1]["f"]


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("text", "nhập"),
        ("select", "chọn"),
        ("checkbox", "đánh dấu"),
        ("file", "đính kèm"),
        ("table", "ít nhất một dòng"),
    ],
)
def test_what_is_required_is_asked_for(kind: str, word: str) -> None:
    definition = form(field(kind, options=OPTIONS, columns=[]))
    for answers in ({}, {"f": ""}, {"f": None}):
        assert word in rules.validate(definition, answers, TODAY)[1]["f"]


def test_hidden_fields_are_neither_asked_for_nor_kept() -> None:
    definition = form(
        field("checkbox", "box", required=False),
        field("text", "why", show_if={"field": "box", "op": "truthy", "value": True}),
        field("text", "more", show_if={"field": "why", "op": "ne", "value": "x"}),
    )
    assert rules.validate(definition, {"why": "a", "more": "b"}, TODAY) == ({}, {})
    assert set(rules.validate(definition, {"box": "on"}, TODAY)[1]) == {"why"}
    assert [one["key"] for one in rules.visible(definition, {"box": "on", "why": "a"})] == [
        "box",
        "why",
        "more",
    ]
    assert [one["key"] for one in rules.visible(definition, {"box": "false", "why": "a"})] == ["box"]
    assert [section.label for section in rules.sections(definition, {})] == ["Phần"]


def test_unknown_keys_are_refused() -> None:
    assert set(rules.validate(form(field("text")), {"f": "a", "g": 1}, TODAY)[1]) == {"g"}


def test_prefill_takes_only_what_fits() -> None:
    definition = form(
        field("text", "name", prefill="population.full_name"),
        field("personal_id", "number", prefill="population.personal_id"),
        field(
            "table",
            "members",
            prefill="population.household_members",
            columns=[{"key": "name", "label_vi": "Tên", "type": "text"}],
        ),
        field("text", "free"),
    )
    known = {
        "population.full_name": "Lê An",
        "population.personal_id": "12",
        "population.household_members": [{"name": "Lê Bình", "relation": "con"}],
    }
    assert rules.prefill(definition, known) == {"name": "Lê An", "members": [{"name": "Lê Bình"}]}


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("date", "2023-10-02", "02/10/2023"),
        ("datetime", "2023-10-02T08:05", "08:05, 02/10/2023"),
        ("money", 1500000, "1.500.000 đồng"),
        ("area_m2", 1234.5, "1.234,5 m²"),
        ("number", 3, "3"),
        ("select", "a", "Loại A"),
        ("multiselect", ["a", "b"], "Loại A, Loại B"),
        ("checkbox", True, "Có"),
        ("file", [PHOTO], "anh.JPG"),
        ("text", "An", "An"),
        ("text", None, ""),
    ],
)
def test_display(kind: str, value: Any, shown: str) -> None:
    assert rules.display(field(kind, options=OPTIONS), value) == shown


@given(
    st.dictionaries(
        st.sampled_from(["f", "g", "h", "zz"]),
        st.one_of(
            st.none(), st.text(), st.integers(), st.floats(), st.booleans(), st.lists(st.text(), max_size=3),
            st.dictionaries(st.text(max_size=3), st.text(), max_size=2),
        ),
    ),
    st.sampled_from(
        ["text", "textarea", "number", "money", "date", "datetime", "select", "radio", "checkbox", "multiselect",
         "personal_id", "tax_code", "phone", "email", "address", "area_m2", "file", "table", "year"]
    ),
)  # fmt: skip
def test_nothing_a_browser_sends_breaks_it(answers: dict[str, Any], kind: str) -> None:
    columns = [{"key": "c", "label_vi": "Cột", "type": "number"}]
    definition = form(
        field(kind, options=OPTIONS, columns=columns),
        field("text", "g", required=False, show_if={"field": "f", "op": "ne", "value": "a"}),
        field("date", "h", required=False, validation={"not_after": "today"}),
    )
    clean, errors = rules.validate(definition, answers, TODAY)
    assert not set(clean) & set(errors)
    again, wrong = rules.validate(definition, clean, TODAY)
    assert again == clean
    assert not set(wrong) & set(clean)
    assert len(rules.visible(definition, answers)) >= 2
