"""
An e-form drawn as inputs, and what was typed read back as answers; for the portal and the counter.

Values only: no request, no database. What is shown and what is right is decided by `forms.rules`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django.http import QueryDict

from motcua.web import inputs
from motcua.web.components import FieldView, Option

Answers = dict[str, Any]
RADIO_UP_TO: Final = 4
MOST_ROWS: Final = 50

_WIDTH: Final = {
    "date": "s", "datetime": "m", "year": "xs", "number": "s", "money": "m", "area_m2": "s",
    "personal_id": "m", "tax_code": "m", "phone": "m", "email": "l",
}  # fmt: skip
_INPUTMODE: Final = {
    "date": "numeric", "datetime": "numeric", "year": "numeric", "number": "decimal", "money": "numeric",
    "area_m2": "decimal", "personal_id": "numeric", "tax_code": "numeric", "phone": "tel", "email": "email",
}  # fmt: skip
_HELP: Final = {
    "date": "Ngày/tháng/năm, ví dụ 05/09/1990.",
    "datetime": "Ngày rồi giờ, ví dụ 05/09/2023 08:30.",
    "personal_id": "12 chữ số trên thẻ căn cước.",
    "tax_code": "10 chữ số, hoặc 13 chữ số có dấu gạch nối.",
    "phone": "10 chữ số, bắt đầu bằng số 0.",
    "year": "4 chữ số.",
}
_UNIT: Final = {"money": "đồng", "area_m2": "m²"}
# Keys of the applicant's own data get the browser's autocomplete (WCAG 1.3.5); other people's data never do.
_AUTOCOMPLETE: Final = {
    "applicant_name": "name", "applicant_birth_date": "bday", "applicant_address": "street-address",
    "applicant_phone": "tel", "applicant_email": "email",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SectionView:
    """A section of the form with the inputs that are shown now."""

    key: str
    label: str
    fields: tuple[FieldView, ...]


def controls(definition: Mapping[str, Any], also: Collection[str] = ()) -> frozenset[str]:
    """Return the keys of fields on which other fields (or, in `also`, papers) depend."""
    conditions = (item.get("show_if") for item in definition["fields"])
    return frozenset(condition["field"] for condition in conditions if condition) | frozenset(also)


def sections(
    definition: Mapping[str, Any],
    answers: Mapping[str, Any],
    *,
    shown: Collection[str],
    errors: Mapping[str, str] | None = None,
    sources: Mapping[str, str] | None = None,
    reload: Collection[str] = (),
) -> list[SectionView]:
    """
    Return the sections with the inputs to draw; a section without a shown field is left out.

    `errors` are keyed like the inputs: a field's key, or `key.row.column` in a table. `sources` name the
    database a value was prefilled from. `reload` are the keys after whose change the form is drawn anew.
    """
    drawn = [
        field(item, answers.get(item["key"]), errors or {}, (sources or {}).get(item["key"], ""), reload)
        for item in definition["fields"]
        if item["key"] in shown
    ]
    by_section: dict[str, list[FieldView]] = {}
    for item, view in zip((f for f in definition["fields"] if f["key"] in shown), drawn, strict=True):
        by_section.setdefault(item["section"], []).append(view)
    return [
        SectionView(part["key"], part["label_vi"], tuple(by_section[part["key"]]))
        for part in definition["sections"]
        if part["key"] in by_section
    ]


def field(
    item: Mapping[str, Any],
    value: Any,
    errors: Mapping[str, str],
    source: str = "",
    reload: Collection[str] = (),
) -> FieldView:
    """Return one field of the definition as an input."""
    key, kind = str(item["key"]), str(item["type"])
    rules: Mapping[str, Any] = item.get("validation") or {}
    options = tuple(Option(str(o["value"]), o["label_vi"]) for o in item.get("options") or ())
    if kind == "select" and 0 < len(options) <= RADIO_UP_TO:
        kind = "radio"
    view = FieldView(
        name=key,
        label=item["label_vi"],
        kind=kind,
        required=bool(item.get("required")),
        help=_help(kind, rules),
        error=errors.get(key, ""),
        options=options,
        autocomplete=_AUTOCOMPLETE.get(key, "off"),
        inputmode=_INPUTMODE.get(kind, ""),
        width=_WIDTH.get(kind, ""),
        unit=_UNIT.get(kind, ""),
        source=source,
        maxlength=rules.get("max_length") or (20 if kind in _WIDTH and kind != "email" else 500),
        accept=",".join(f".{suffix}" for suffix in rules.get("accept") or ()),
        reload=key in reload,
    )
    if kind == "table":
        columns = tuple(field(column, None, {}) for column in item["columns"])
        return replace(view, columns=columns, rows=_rows(item, value, errors))
    if kind == "multiselect":
        return replace(view, values=tuple(str(part) for part in value or ()))
    return replace(view, value=shown_value(kind, value))


def _help(kind: str, rules: Mapping[str, Any]) -> str:
    if kind == "file":
        kinds = ", ".join(str(suffix).upper() for suffix in rules.get("accept") or ())
        return f"Tệp {kinds}, không quá {rules.get('max_mb', 20)} MB."
    low, high = rules.get("min"), rules.get("max")
    if kind in {"number", "money", "area_m2", "year"} and low is not None and high is not None:
        return f"Từ {low} đến {high}."
    return _HELP.get(kind, "")


def _rows(
    item: Mapping[str, Any], value: Any, errors: Mapping[str, str]
) -> tuple[tuple[FieldView, ...], ...]:
    rows: list[tuple[FieldView, ...]] = []
    for number, row in enumerate(value or ()):
        cells = []
        for column in item["columns"]:
            name = f"{item['key']}.{number}.{column['key']}"
            cell = field(column, row.get(column["key"]), {})
            cells.append(replace(cell, name=name, error=errors.get(name, ""), help="", width="", unit=""))
        rows.append(tuple(cells))
    return tuple(rows)


def shown_value(kind: str, value: Any) -> str:
    """Return an answer as it stands in its input."""
    if value is None:
        return ""
    if kind == "checkbox":
        return "true" if value in (True, "true", "True") else ""
    if kind == "date":
        return inputs.shown_date(str(value))
    if kind == "datetime":
        return inputs.shown_datetime(str(value))
    if kind in {"number", "area_m2"}:
        return str(value).replace(".", ",")
    if kind == "file":
        return ", ".join(str(one.get("name", "")) for one in value if isinstance(one, Mapping))
    if kind == "money" and str(value).isdigit():
        return f"{int(value):,}".replace(",", ".")
    return str(value)


def read_value(kind: str, typed: str) -> Any:
    """Return what was typed as an answer: ISO dates, plain digits; what cannot be read stays as typed."""
    readers = {
        "date": inputs.iso_date,
        "datetime": inputs.iso_datetime,
        "money": inputs.whole,
        "number": inputs.decimal,
        "area_m2": inputs.decimal,
    }
    if kind in {"personal_id", "phone", "tax_code"}:
        return "".join(typed.split()).replace(".", "")
    return readers.get(kind, str.strip)(typed)


def read(definition: Mapping[str, Any], typed: QueryDict, before: Mapping[str, Any]) -> Answers:
    """
    Return the answers after a form was sent: shown fields as typed, the others as they were before.

    The form names the keys it showed in `_shown`; tables obey the buttons `_add` (a key) and `_remove`
    (`key-row`).
    """
    answers: Answers = dict(before)
    shown = frozenset(typed.get("_shown", "").split(","))
    for item in definition["fields"]:
        key, kind = item["key"], item["type"]
        if key not in shown:
            continue
        if kind == "checkbox":
            answers[key] = typed.get(key) == "true"
        elif kind == "multiselect":
            answers[key] = typed.getlist(key)
        elif kind == "table":
            answers[key] = _read_rows(item, typed)
        elif kind != "file":
            answers[key] = read_value(kind, typed.get(key, ""))
    return answers


def _read_rows(item: Mapping[str, Any], typed: QueryDict) -> list[dict[str, Any]]:
    key, columns = item["key"], item["columns"]
    rows: list[dict[str, Any]] = []
    for number in range(MOST_ROWS):
        names = {column["key"]: f"{key}.{number}.{column['key']}" for column in columns}
        if not any(name in typed for name in names.values()):
            break
        if typed.get("_remove") != f"{key}-{number}":
            rows.append({c["key"]: read_value(c["type"], typed.get(names[c["key"]], "")) for c in columns})
    if typed.get("_add") == key and len(rows) < MOST_ROWS:
        rows.append({column["key"]: "" for column in columns})
    return rows


def written(
    definition: Mapping[str, Any], answers: Mapping[str, Any], shown: Collection[str]
) -> list[SectionView]:
    """Return the sections with values in words, for reading: options by label, tables row by row."""
    result = []
    for part in sections(definition, answers, shown=shown):
        fields = []
        for view in part.fields:
            labels = {option.value: option.label for option in view.options}
            text = labels.get(view.value, view.value)
            if view.kind == "multiselect":
                text = ", ".join(labels.get(value, value) for value in view.values)
            elif view.kind == "checkbox":
                text = "Có" if view.value else "Không"
            elif view.unit and text:
                text = f"{text} {view.unit}"
            fields.append(replace(view, value=text))
        result.append(SectionView(part.key, part.label, tuple(fields)))
    return result


def shown_keys(parts: Sequence[SectionView]) -> str:
    """Return the value of `_shown` for what is drawn."""
    return ",".join(view.name for part in parts for view in part.fields)
