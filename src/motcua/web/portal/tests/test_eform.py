"""Every form of the data is drawn, read back and shown in words; no kind of field is left out."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.http import QueryDict
from django.template import Context, Template
from django.template.loader import render_to_string

import motcua.setup
from motcua.forms import rules
from motcua.web import eform

TODAY = date(2023, 10, 2)
DATA = Path(motcua.setup.__file__).parent / "province" / "procedures"
FORMS: dict[str, dict[str, Any]] = {
    record["code"]: record["eform"]
    for path in sorted(DATA.glob("*.yaml"))
    for record in yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)["procedures"]
}
DRAWN = Template("{% load motcua %}{% field view %}")


def sent(parts: list[eform.SectionView]) -> QueryDict:
    """Return what a browser sends for the drawn inputs."""
    data = QueryDict(mutable=True)
    data["_shown"] = eform.shown_keys(parts)
    for view in (view for part in parts for view in part.fields):
        if view.kind == "multiselect":
            data.setlist(view.name, list(view.values))
        elif view.kind == "table":
            for cell in (cell for row in view.rows for cell in row):
                data[cell.name] = cell.value
        elif view.kind != "checkbox" or view.value == "true":
            data[view.name] = view.value
    return data


@pytest.mark.parametrize("code", FORMS)
def test_answers_survive_drawing_and_reading(code: str) -> None:
    form = FORMS[code]
    for pick in (0, 1, 2):
        answers = rules.sample_answers(form, {}, TODAY, pick=pick)
        shown = {item["key"] for item in rules.visible(form, answers)}
        parts = eform.sections(form, answers, shown=shown, reload=eform.controls(form))
        read = eform.read(form, sent(parts), answers)
        clean, errors = rules.validate(form, read, TODAY)
        assert errors == {}
        unticked = {key for key, value in clean.items() if value is False}
        assert {key: value for key, value in clean.items() if key not in unticked - answers.keys()} == answers


@pytest.mark.parametrize("code", FORMS)
def test_every_form_is_drawn_by_the_components(code: str) -> None:
    form = FORMS[code]
    answers = rules.sample_answers(form, {}, TODAY)
    shown = {item["key"] for item in form["fields"]}
    for part in eform.sections(form, answers, shown=shown, reload=eform.controls(form)):
        for view in part.fields:
            html = DRAWN.render(Context({"view": view}))
            assert view.html_id in html
    for part in eform.written(form, answers, shown):
        html = render_to_string("portal/answers.html", {"part": part})
        assert all(view.label in html or "&" in html for view in part.fields)


def test_rows_are_added_and_removed_without_scripts() -> None:
    form = {
        "sections": [{"key": "a", "label_vi": "A"}],
        "fields": [
            {
                "key": "members",
                "label_vi": "Thành viên",
                "type": "table",
                "section": "a",
                "required": False,
                "columns": [{"key": "name", "label_vi": "Họ tên", "type": "text"}],
            }
        ],
    }
    added = eform.read(form, QueryDict("_shown=members&_add=members&members.0.name=An"), {})
    assert added["members"] == [{"name": "An"}, {"name": ""}]
    query = "_shown=members&_remove=members-0&members.0.name=An&members.1.name=B%C3%ACnh"
    assert eform.read(form, QueryDict(query), {})["members"] == [{"name": "Bình"}]


def test_a_field_that_was_not_shown_keeps_its_answer() -> None:
    form = {
        "sections": [{"key": "a", "label_vi": "A"}],
        "fields": [{"key": "x", "label_vi": "X", "type": "checkbox", "section": "a", "required": False}],
    }
    assert eform.read(form, QueryDict("_shown="), {"x": True}) == {"x": True}
    assert eform.read(form, QueryDict("_shown=x"), {"x": True}) == {"x": False}
