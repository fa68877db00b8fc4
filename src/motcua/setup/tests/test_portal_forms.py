"""Every field of every interface obeys the shape the data declare, whatever the record holds; what cannot is told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motcua.exchange import wire
from motcua.exchange.wire import FieldForm, Form, Generation, Need, Shape, Unsayable
from motcua.setup import loaders_portal
from motcua.setup.loaders_schema import Problem, Where

DATA = Path(loaders_portal.__file__).parent / "province" / loaders_portal.FILE
DOC = yaml.safe_load(DATA.read_text("utf-8"))
FORMS = [
    (row["interface"], wire.form_of(row["body"], Generation(row["interface"])))
    for row in loaders_portal.forms(DOC)
]
CASES = [
    pytest.param(form, message, id=f"{name}-{message}") for name, form in FORMS for message in form.messages
]
MOMENTS = {"%Y%m%d%H%M%S": r"\d{14}", "%Y-%m-%d %H:%M:%S": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"}
ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+07:00"


def values(form: Form, one: FieldForm) -> st.SearchStrategy[Any]:
    """Return values a record may hold for a field: also none, also codes the data do not have, also long texts."""
    match one.shape:
        case Shape.LIST:
            return st.lists(records(form, one.fields), max_size=2)
        case Shape.GROUP:
            return records(form, one.fields)
        case Shape.MOMENT | Shape.ISO:
            some: st.SearchStrategy[Any] = st.integers(1546300800, 2051222400).map(
                lambda second: datetime.fromtimestamp(second, UTC)
            )
        case Shape.FLAG | Shape.TRUTH:
            some = st.booleans()
        case Shape.NUMBER:
            some = st.integers(0, 10**12)
        case Shape.CODE:
            some = st.sampled_from([*form.codes[one.codes], "chua_co"])
        case _:
            some = st.one_of(
                st.text(max_size=60), st.text(min_size=1, max_size=3).map(lambda part: part * 700)
            )
    return st.one_of(st.none(), some)


def records(form: Form, fields: Sequence[FieldForm]) -> st.SearchStrategy[dict[str, Any]]:
    """Return neutral records with what these fields read."""
    return st.fixed_dictionaries({one.source: values(form, one) for one in fields})


def wrong(form: Form, fields: Sequence[FieldForm], said: Mapping[str, Any]) -> Iterator[str]:
    """Yield what of a written message is not as the form declares it."""
    known = {one.name: one for one in fields}
    yield from (f"{name}: strange" for name in said if name not in known)
    for name, one in known.items():
        if name not in said:
            if one.need is not Need.NO:
                yield f"{name}: missing"
            continue
        value = said[name]
        if one.shape in (Shape.LIST, Shape.GROUP):
            for item in value if one.shape is Shape.LIST else [value]:
                yield from wrong(form, one.fields, item)
            continue
        if value in ("", None):
            if one.need is not Need.KEY:
                yield f"{name}: empty"
            continue
        if form.strings and not isinstance(value, str):
            yield f"{name}: no text"
        text = str(value)
        if one.length is not None and len(text) > one.length:
            yield f"{name}: too long"
        if one.shape is Shape.MOMENT and not re.fullmatch(MOMENTS[form.moment], text):
            yield f"{name}: no moment"
        if one.shape is Shape.ISO and not re.fullmatch(ISO, text):
            yield f"{name}: no moment"
        if one.shape is Shape.FLAG and text not in ("0", "1"):
            yield f"{name}: no flag"
        if one.shape is Shape.TRUTH and text not in ("True", "False"):
            yield f"{name}: no truth"
        if one.shape is Shape.CODE and text not in {str(code) for code in form.codes[one.codes].values()}:
            yield f"{name}: no code of theirs"


@pytest.mark.parametrize(("form", "message"), CASES)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_what_is_written_obeys_the_form_or_is_refused_by_field(
    form: Form, message: str, data: st.DataObject
) -> None:
    record = data.draw(records(form, form.messages[message]))
    try:
        said = wire.written(form, message, record)
    except Unsayable as fault:
        assert fault.errors and all(words for words in fault.errors.values())
        return
    assert list(wrong(form, form.messages[message], said)) == []


def test_a_moment_is_local_and_a_long_text_is_cut_where_it_may_be() -> None:
    form = dict(FORMS)["g2"]
    step = {
        "code": "H23", "person": "Nguyễn " * 12, "at": datetime(2026, 8, 5, 17, 30, tzinfo=UTC), "words": "Ký",
        "status": 4,
    }  # fmt: skip
    said = wire.written(form, "progress", step)
    assert said["ThoiDiemXuLy"] == "20260806003000" and said["TrangThai"] == "4"
    assert len(said["NguoiXuLy"]) <= 50 and said["NguoiXuLy"].endswith("…")


def test_the_first_generation_is_the_second_with_fewer_fields() -> None:
    def names(fields: Sequence[FieldForm]) -> set[str]:
        return {one.name for one in fields}

    first, second = dict(FORMS)["g1"], dict(FORMS)["g2"]
    assert names(first.messages["record"]) < names(second.messages["record"])
    assert "parameters" in first.settings and "parameters" not in second.settings


def test_the_loader_sees_a_list_of_codes_that_is_not_there_and_a_field_told_twice() -> None:
    broken = yaml.safe_load(DATA.read_text("utf-8"))
    del broken["interfaces"][0]["codes"]["HinhThuc"]
    broken["interfaces"][0]["messages"]["progress"].append({"name": "MaHoSo", "from": "code"})
    problems: list[Problem] = []
    loaders_portal.check_interfaces(broken, Where(loaders_portal.FILE, problems))
    told = " ".join(str(one) for one in problems)
    assert "HinhThuc dùng bảng mã không có" in told and "MaHoSo có hai lần" in told


@pytest.mark.parametrize(
    ("said", "yes"), [(0, True), ("0", True), ("00", True), ("-1", False), (1, False), (None, False)]
)
def test_an_answer_says_yes_in_three_ways(said: Any, yes: bool) -> None:
    assert wire.succeeded({"error_code": said}) is yes
