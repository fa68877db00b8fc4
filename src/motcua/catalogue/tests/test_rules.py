"""Conditions, papers by case, fees with reductions, variants, code patterns."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from motcua.catalogue import rules
from motcua.kernel.codes import CodeInvalid


@pytest.mark.parametrize(
    ("op", "value", "answer", "met"),
    [
        ("eq", "a", "a", True),
        ("eq", "a", "b", False),
        ("eq", "a", ["b", "a"], True),
        ("eq", "a", None, False),
        ("ne", "a", "b", True),
        ("ne", "a", "a", False),
        ("ne", "a", None, False),
        ("in", ["a", "b"], "b", True),
        ("in", ["a"], "b", False),
        ("not_in", ["a"], "b", True),
        ("not_in", ["a"], "a", False),
        ("not_in", ["a"], "", False),
        ("lt", 5, 4, True),
        ("le", 5, 5, True),
        ("gt", 5, 5, False),
        ("ge", 5, 5, True),
        ("ge", 5, "x", False),
        ("truthy", True, True, True),
        ("truthy", True, False, False),
        ("truthy", True, None, False),
    ],
)
def test_conditions(op: str, value: Any, answer: Any, met: bool) -> None:
    assert rules.holds({"field": "f", "op": op, "value": value}, {"f": answer}) is met


def test_no_condition_is_met_and_an_unknown_one_is_a_fault() -> None:
    assert rules.holds(None, {})
    with pytest.raises(ValueError, match="operator"):
        rules.holds({"field": "f", "op": "like", "value": 1}, {"f": 1})


def paper(code: str, **more: Any) -> dict[str, Any]:
    return {
        "paper": code, "name": code, "originals": 1, "copies": 0, "present_only": False, "form_file": None,
        "digitise": True, "source_db": None, "waived_if_in_db": False, **more,
    }  # fmt: skip


BODY: dict[str, Any] = {
    "required_papers": [
        {"code": "chung", "label_vi": "Chung", "condition": None, "papers": [paper("A", present_only=True)]},
        {
            "code": "uy_quyen",
            "label_vi": "Ủy quyền",
            "condition": {"field": "as", "op": "eq", "value": "authorised"},
            "papers": [paper("B"), paper("A", copies=2, note="bản sao")],
        },
    ],
    "channels": [
        {
            "channel": "direct",
            "time_limit": {"limit": {"value": 3}},
            "fees": [
                {"fee": "L", "amount": 15000, "unit": "trường hợp", "condition_vi": None, "name": "Lệ phí"},
                {"fee": "F", "amount": None, "unit": "hồ sơ", "condition_vi": "theo công thức"},
            ],
        },
        {"channel": "online", "time_limit": {"limit": {"value": 2}}, "fees": []},
    ],
    "time_limit": {"limit": {"value": 9}},
    "fee_exemptions": [
        {"group": "tre_em", "fees": ["L"], "reduction_percent": 50},
        {"group": "ho_ngheo", "fees": ["L", "F"], "reduction_percent": 100},
    ],
    "process": [
        {
            "variant": "xa",
            "steps": [
                {"unit_kind": "one_stop_commune"},
                {"unit_kind": "x", "parallel_consultation": {"items": [{"unit_kind": "police"}]}},
            ],
        },
        {"variant": "huyen", "steps": [{"unit_kind": "one_stop_district"}]},
    ],
}


def test_papers_by_case_and_once_each() -> None:
    assert [need.paper for need in rules.papers_for(BODY, {})] == ["A"]
    needs = {need.paper: need for need in rules.papers_for(BODY, {"as": "authorised"})}
    assert list(needs) == ["A", "B"]
    assert (needs["A"].copies, needs["A"].present_only, needs["A"].note) == (2, False, "bản sao")


@pytest.mark.parametrize(
    ("exemptions", "amounts"),
    [
        ((), [15000, None]),
        (("tre_em",), [7500, None]),
        (("tre_em", "ho_ngheo"), [0, None]),
        (("khac",), [15000, None]),
    ],
)
def test_fees_take_the_largest_reduction(exemptions: tuple[str, ...], amounts: list[int | None]) -> None:
    assert [fee.amount for fee in rules.fees_for(BODY, "direct", {}, exemptions)] == amounts


def test_channels() -> None:
    assert rules.fees_for(BODY, "online", {}) == []
    assert len(rules.fees_for(BODY, "post", {})) == 2
    assert rules.channel_limit(BODY, "online")["limit"]["value"] == 2
    assert rules.channel_limit(BODY, "post")["limit"]["value"] == 9


def test_the_variant_follows_the_receiving_unit() -> None:
    assert rules.variant_for(BODY, "one_stop_district")["variant"] == "huyen"
    assert rules.variant_for(BODY, "police_commune")["variant"] == "xa"
    assert rules.unit_kinds_of(BODY["process"][0]) == ["one_stop_commune", "x", "police"]


def test_dossier_codes() -> None:
    day = date(2021, 6, 25)
    old, new = rules.code_shape("{legacy_id}-{yyMMdd}-{n:4}"), rules.code_shape("{id}-{yyyyMMdd}-{n:7}")
    unit = {"id": "H23.4", "legacy_id": "000.00.04.H23"}
    assert old.make(**unit, day=day, number=1) == "000.00.04.H23-210625-0001"
    assert old.make(**unit, day=day, number=10000) == "000.00.04.H23-210625-10000"
    assert new.make(**unit, day=day, number=92637) == "H23.4-20210625-0092637"
    with pytest.raises(CodeInvalid):
        new.make(id="", legacy_id="x", day=day, number=1)
    with pytest.raises(ValueError, match="pattern"):
        rules.code_shape("{id}{n}")


def test_the_digest_does_not_depend_on_order() -> None:
    assert rules.digest({"a": 1, "b": [1, 2]}) == rules.digest({"b": [1, 2], "a": 1})
    assert rules.digest({"a": 1}) != rules.digest({"a": 2})
