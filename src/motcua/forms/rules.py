"""
E-forms: which fields show, whether answers are good, what is filled in beforehand. Pure.

A definition is the `eform` of a procedure record: sections and fields in order; `show_if` looks only at
fields before.
Clean answers are in one normal form: dates and times ISO, money and whole numbers int, other numbers float,
texts NFC.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from motcua.catalogue.rules import holds
from motcua.kernel.calendar import add_months
from motcua.kernel.codes import normalise_phone, parse_personal_number, parse_tax_code
from motcua.kernel.errors import Invalid
from motcua.kernel.text import clean as clean_text

Definition = Mapping[str, Any]
Field = Mapping[str, Any]
Answers = Mapping[str, Any]

LONGEST = {"text": 500, "textarea": 10_000, "address": 500, "email": 254}
MOST_ROWS = 200
LARGEST_NUMBER = 10**15
TRUE = frozenset({"true", "on", "1", "yes", "có"})
FALSE = frozenset({"false", "off", "0", "no", "không"})


@dataclass(frozen=True, slots=True)
class Shown:
    """A section with the fields that show."""

    key: str
    label: str
    fields: tuple[Field, ...]


class Bad(Exception):
    """A value that cannot be taken; the text is Vietnamese and meets the person beside the field."""


def visible(definition: Definition, answers: Answers) -> list[Field]:
    """
    Return the fields that show for these answers, in order.

    A field that hangs on a hidden field is hidden too.
    """
    shown: list[Field] = []
    known: dict[str, Any] = {}
    for field in definition["fields"]:
        if holds(field.get("show_if"), known):
            shown.append(field)
            if field["key"] in answers:
                known[field["key"]] = _condition_value(field, answers[field["key"]])
    return shown


def sections(definition: Definition, answers: Answers) -> list[Shown]:
    """Return the sections that have something to show, with their fields."""
    fields = visible(definition, answers)
    return [
        shown
        for section in definition["sections"]
        if (
            shown := Shown(
                section["key"],
                section["label_vi"],
                tuple(field for field in fields if field["section"] == section["key"]),
            )
        ).fields
    ]


def _condition_value(field: Field, value: Any) -> Any:
    """
    Return an answer as conditions compare it, also before it was validated (a ticked box comes as 'on').
    """
    if field["type"] == "checkbox" and isinstance(value, str):
        return value.strip().lower() in TRUE
    if field["type"] in ("number", "money", "year", "area_m2") and isinstance(value, str):
        try:
            return _number(value)
        except Bad:
            return None
    return value


def validate(definition: Definition, answers: Answers, today: date) -> tuple[dict[str, Any], dict[str, str]]:
    """
    Return the clean answers and, by field key, a Vietnamese sentence for each that cannot be taken.

    Answers to hidden fields are dropped; empty answers to fields that are not required are left out; a cell
    of a
    table is named 'key.row.column', rows counted from 0. Keys the form does not have are errors.
    """
    clean: dict[str, Any] = {}
    errors: dict[str, str] = {}
    known = {field["key"] for field in definition["fields"]}
    for key in answers:
        if key not in known:
            errors[str(key)[:60]] = "Thông tin này không có trong biểu mẫu."
    for field in definition["fields"]:
        key = field["key"]
        if not holds(field.get("show_if"), clean):
            continue
        value = answers.get(key)
        if _empty(field, value):
            if field["required"]:
                errors[key] = _missing(field)
            elif field["type"] == "checkbox" and value is not None:
                clean[key] = False
            continue
        try:
            if field["type"] == "table":
                rows, wrong = _table(field, value, today)
                if wrong:
                    errors |= wrong
                elif not rows and field["required"]:
                    errors[key] = _missing(field)
                elif rows:
                    clean[key] = rows
                continue
            taken = _convert(field, value)
            _check(field, taken, clean, today)
        except Bad as bad:
            errors[key] = str(bad)
        else:
            clean[key] = taken
    return clean, errors


def _empty(field: Field, value: Any) -> bool:
    if field["type"] == "checkbox":
        if isinstance(value, str):
            return value.strip().lower() in FALSE or not value.strip()
        return value is None or value is False
    return value is None or value == [] or value == {} or (isinstance(value, str) and not value.strip())


def _missing(field: Field) -> str:
    label = field["label_vi"]
    match field["type"]:
        case "checkbox":
            return f"Cần đánh dấu “{label}”."
        case "select" | "radio" | "multiselect":
            return f"Cần chọn “{label}”."
        case "file":
            return f"Cần đính kèm “{label}”."
        case "table":
            return f"Cần nhập ít nhất một dòng của “{label}”."
    return f"Cần nhập “{label}”."


def _convert(field: Field, value: Any) -> Any:
    """Return the value in its normal form. :raises Bad:"""
    kind = field["type"]
    if kind == "checkbox":
        if value is True or (isinstance(value, str) and value.strip().lower() in TRUE):
            return True
        raise Bad("Ô đánh dấu chỉ nhận có hoặc không.")
    if kind == "multiselect":
        chosen = value if isinstance(value, list) else [value]
        allowed = [option["value"] for option in field["options"]]
        if any(one not in allowed for one in chosen):
            raise Bad("Có lựa chọn không nằm trong danh sách.")
        return [one for one in allowed if one in chosen]
    if kind == "file":
        return _file(value)
    if kind in ("number", "area_m2"):
        return _number(value)
    if kind in ("money", "year"):
        number = _number(value)
        if isinstance(number, float):
            raise Bad("Cần nhập số nguyên.")
        return number
    if not isinstance(value, str):
        raise Bad("Thông tin gửi lên không đúng kiểu.")
    text = _text(value, single_line=kind != "textarea")
    match kind:
        case "select" | "radio":
            if text not in {option["value"] for option in field["options"]}:
                raise Bad("Lựa chọn không nằm trong danh sách.")
        case "date":
            return _date(text).isoformat()
        case "datetime":
            return _moment(text).isoformat(timespec="minutes")
        case "personal_id":
            return _of_kernel(lambda: parse_personal_number(text).number)
        case "tax_code":
            return _of_kernel(lambda: parse_tax_code(text).code)
        case "phone":
            return _of_kernel(lambda: normalise_phone(text))
        case "email":
            if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text) or len(text) > LONGEST["email"]:
                raise Bad("Thư điện tử chưa đúng dạng, ví dụ ten@example.com.")
    return text


def _text(value: str, *, single_line: bool) -> str:
    try:
        return clean_text(value, single_line=single_line)
    except Invalid as refusal:
        raise Bad(" ".join(refusal.errors.values()) or refusal.message) from refusal


def _of_kernel(read: Any) -> str:
    try:
        return str(read())
    except Invalid as refusal:
        raise Bad(" ".join(refusal.errors.values()) or refusal.message) from refusal


_THOUSANDS = re.compile(r"\d{1,3}([.\s]\d{3})+")


def _number(value: Any) -> int | float:
    """Read a number as people here write it: 1.500.000 and 1 500 000 are whole, 12,5 and 12.5 are not."""
    if isinstance(value, bool):
        raise Bad("Cần nhập một số.")
    if isinstance(value, int | float):
        number: int | float = value
    else:
        if not isinstance(value, str):
            raise Bad("Cần nhập một số.")
        text = value.strip()
        whole, comma, part = text.partition(",")
        sign = "-" if whole.startswith("-") else ""
        whole = whole.removeprefix("-")
        if _THOUSANDS.fullmatch(whole):
            whole = re.sub(r"[.\s]", "", whole)
        text = f"{sign}{whole}.{part}" if comma else f"{sign}{whole}"
        if not re.fullmatch(r"-?\d{1,15}(\.\d{1,6})?", text, re.ASCII):
            raise Bad("Cần nhập một số.")
        number = float(text) if "." in text else int(text)
    if number != number or abs(number) > LARGEST_NUMBER:
        raise Bad("Số quá lớn.")
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _date(text: str) -> date:
    found = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", text, re.ASCII)
    parts = found.groups() if found else None
    if parts is None:
        found = re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", text, re.ASCII)
        parts = found.groups()[::-1] if found else None
    try:
        if parts is not None:
            day = date(*(int(part) for part in parts))
            if day.year >= 1800:
                return day
    except ValueError:
        pass
    raise Bad("Ngày chưa đúng, ví dụ 02/10/2023.")


def _moment(text: str) -> datetime:
    """Read a local date and time; the form's times are those of Asia/Ho_Chi_Minh, kept without an offset."""
    day, _, hour = text.replace("T", " ").partition(" ")
    found = re.fullmatch(r"(\d{1,2}):(\d{2})(:\d{2})?", hour.strip(), re.ASCII)
    try:
        if found:
            on = _date(day)
            return datetime(on.year, on.month, on.day, int(found[1]), int(found[2]))  # noqa: DTZ001
    except ValueError:
        pass
    raise Bad("Ngày, giờ chưa đúng, ví dụ 02/10/2023 08:30.")


def _file(value: Any) -> list[dict[str, Any]]:
    """
    Take references to stored files: each with `name`, `size` (bytes) and what the store needs to find it.
    """
    files = value if isinstance(value, list) else [value]
    taken = []
    for one in files:
        if not isinstance(one, Mapping) or not isinstance(one.get("name"), str):
            raise Bad("Tệp đính kèm chưa được tải lên.")
        taken.append(dict(one))
    return taken


def _table(field: Field, value: Any, today: date) -> tuple[list[dict[str, Any]], dict[str, str]]:
    if not isinstance(value, list) or any(not isinstance(row, Mapping) for row in value):
        raise Bad("Bảng gửi lên không đúng kiểu.")
    if len(value) > MOST_ROWS:
        raise Bad(f"Bảng có quá nhiều dòng (nhiều nhất {MOST_ROWS}).")
    columns = {column["key"]: column for column in field["columns"]}
    rows: list[dict[str, Any]] = []
    errors: dict[str, str] = {}
    for number, row in enumerate(value):
        for key in row:
            if key not in columns:
                errors[f"{field['key']}.{number}.{str(key)[:60]}"] = "Cột này không có trong bảng."
        cells: dict[str, Any] = {}
        for key, column in columns.items():
            if _empty(column, row.get(key)):
                continue
            try:
                cells[key] = _convert(column, row[key])
                _check(column, cells[key], cells, today)
            except Bad as bad:
                errors[f"{field['key']}.{number}.{key}"] = f"Dòng {number + 1}, {column['label_vi']}: {bad}"
        if cells:
            rows.append(cells)
    return rows, errors


def _check(field: Field, value: Any, answers: Answers, today: date) -> None:
    """Hold a value in normal form against the field's validation. :raises Bad:"""
    rule: Mapping[str, Any] = field.get("validation") or {}
    kind = field["type"]
    if isinstance(value, str):
        longest = rule.get("max_length", LONGEST.get(kind, 1000))
        if len(value) > longest:
            raise Bad(f"Dài quá {longest} ký tự (đang có {len(value)}).")
        if "pattern" in rule and not _pattern(rule["pattern"]).fullmatch(value):
            raise Bad("Nội dung chưa đúng dạng quy định.")
        if "validator" in rule and rule["validator"] != kind:
            _convert({**field, "type": rule["validator"]}, value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        if "min" in rule and value < rule["min"]:
            raise Bad(f"Phải từ {_vi(rule['min'])} trở lên.")
        if "max" in rule and value > rule["max"]:
            raise Bad(f"Phải từ {_vi(rule['max'])} trở xuống.")
    if kind in ("date", "datetime"):
        _check_day(rule, date.fromisoformat(value[:10]), answers, today)
    if kind == "file":
        _check_files(rule, value)


def _check_day(rule: Mapping[str, Any], day: date, answers: Answers, today: date) -> None:
    if "not_after" in rule and day > (limit := _limit(rule["not_after"], today)):
        raise Bad(f"Không được sau ngày {limit:%d/%m/%Y}.")
    if "not_before" in rule and day < (limit := _limit(rule["not_before"], today)):
        raise Bad(f"Không được trước ngày {limit:%d/%m/%Y}.")
    if "max_days_ago" in rule and day < today - timedelta(days=rule["max_days_ago"]):
        raise Bad(f"Không được quá {rule['max_days_ago']} ngày trước hôm nay.")
    if "min_age" in rule and age(day, today) < rule["min_age"]:
        raise Bad(f"Người này phải đủ {rule['min_age']} tuổi.")
    if "max_age" in rule and age(day, today) > rule["max_age"]:
        raise Bad(f"Người này không được quá {rule['max_age']} tuổi.")
    start = today
    if "after_field" in rule:
        other = answers.get(rule["after_field"])
        if not isinstance(other, str):
            return
        start = date.fromisoformat(other[:10])
        if day < start:
            raise Bad(f"Phải từ ngày {start:%d/%m/%Y} trở đi.")
    if "max_days" in rule and day > start + timedelta(days=rule["max_days"]):
        raise Bad(f"Không được quá {rule['max_days']} ngày kể từ {start:%d/%m/%Y}.")
    if "max_months" in rule and day > add_months(start, rule["max_months"]):
        raise Bad(f"Không được quá {rule['max_months']} tháng kể từ {start:%d/%m/%Y}.")


def _check_files(rule: Mapping[str, Any], files: Sequence[Mapping[str, Any]]) -> None:
    for one in files:
        ending = one["name"].rpartition(".")[2].lower()
        accepted = [item.lower() for item in rule.get("accept", [])]
        if accepted and ending not in accepted and not (ending == "jpeg" and "jpg" in accepted):
            raise Bad(f"Chỉ nhận tệp {', '.join(accepted)}.")
        size = one.get("size")
        if "max_mb" in rule and isinstance(size, int) and size > rule["max_mb"] * 1024 * 1024:
            raise Bad(f"Tệp lớn quá {rule['max_mb']} MB.")


def _limit(value: str, today: date) -> date:
    return today if value == "today" else date.fromisoformat(value)


def _vi(number: float) -> str:
    text = f"{number:,}".replace(",", " ").replace(".", ",").replace(" ", ".")
    return text.removesuffix(",0")


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def age(birth: date, on: date) -> int:
    """Return full years of age on a day."""
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def differ(definition: Definition, before: Mapping[str, Any], after: Mapping[str, Any], on: date) -> bool:
    """Tell whether a form sent again says anything else than before; how it is written does not matter."""
    said = [
        {key: value for key, value in validate(definition, answers, on)[0].items() if value is not False}
        for answers in (before, after)
    ]
    return said[0] != said[1]


def prefill(definition: Definition, known: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return the answers that can be filled in beforehand.

    `known` maps '<database>.<field>' to values (`parties.queries.known`); a value that does not fit the field is
    left out, so that a form never opens with an error the person did not make.
    """
    answers: dict[str, Any] = {}
    for field in definition["fields"]:
        value = known.get(field.get("prefill") or "")
        if value in (None, ""):
            continue
        if field["type"] == "table":
            columns = {column["key"] for column in field["columns"]}
            rows = [
                {key: cell for key, cell in row.items() if key in columns}
                for row in value
                if isinstance(row, Mapping)
            ]
            if rows:
                answers[field["key"]] = rows
            continue
        try:
            answers[field["key"]] = _convert(field, value)
        except Bad:
            continue
    return answers


def display(field: Field, value: Any) -> str:
    """
    Return an answer in normal form as people read it: labels of options, dd/mm/yyyy, thousands with dots.
    """
    if value is None or value == "" or value == []:
        return ""
    match field["type"]:
        case "select" | "radio":
            labels = {option["value"]: option["label_vi"] for option in field["options"]}
            return str(labels.get(value, value))
        case "multiselect":
            labels = {option["value"]: option["label_vi"] for option in field["options"]}
            return ", ".join(str(labels.get(one, one)) for one in value)
        case "checkbox":
            return "Có" if value else "Không"
        case "date":
            return f"{date.fromisoformat(value):%d/%m/%Y}"
        case "datetime":
            return f"{datetime.fromisoformat(value):%H:%M, %d/%m/%Y}"
        case "money":
            return f"{_vi(value)} đồng"
        case "area_m2":
            return f"{_vi(value)} m²"
        case "number":
            return _vi(value)
        case "file":
            return ", ".join(str(one["name"]) for one in value)
        case "table":
            return "; ".join(
                ", ".join(
                    f"{column['label_vi']}: {display(column, row[column['key']])}"
                    for column in field["columns"]
                    if column["key"] in row
                )
                for row in value
            )
    return str(value)


# Samples
# ---------------------------------------------------------------------------------------------------------

_TEXTS = (
    "Theo hồ sơ", "08:30", "A 1234567", "AB12345678", "1234567890", "012345678901", "AB12345",
    "34A-123.45", "1234567", "NGUYEN VAN A", "vidu.vn", "123456", "A", "1",
)  # fmt: skip


class NoSample(ValueError):
    """No sample value fits a field; its rule contradicts itself or is of a new kind."""


def sample_answers(
    definition: Definition, known: Mapping[str, Any], today: date, *, pick: int = 0
) -> dict[str, Any]:
    """
    Return answers that validate, for journeys, demo history and load: what is known of the person, else
    samples.

    `pick` turns through the options of choices, so that different numbers give different cases. Optional
    fields are
    filled where something is known. The same arguments give the same answers.

    :raises NoSample: no value is found for a required field.
    """
    filled = prefill(definition, known)
    answers: dict[str, Any] = {}
    for number, field in enumerate(definition["fields"]):
        key = field["key"]
        if not holds(field.get("show_if"), answers):
            continue
        candidates: Iterable[Any] = [filled[key]] if key in filled else []
        if field["required"] or field["type"] in ("select", "radio"):
            candidates = [*candidates, *_samples(field, known, answers, today, pick + number)]
        for candidate in candidates:
            if field["type"] == "table":
                rows, wrong = _table(field, candidate, today)
                if rows and not wrong:
                    answers[key] = rows
                    break
                continue
            try:
                taken = _convert(field, candidate)
                _check(field, taken, answers, today)
            except Bad:
                continue
            answers[key] = taken
            break
        else:
            if field["required"]:
                raise NoSample(f"no sample for field {key!r} of type {field['type']!r}")
    return answers


def _samples(
    field: Field, known: Mapping[str, Any], answers: Answers, today: date, turn: int
) -> Iterable[Any]:
    rule: Mapping[str, Any] = field.get("validation") or {}
    match field["type"]:
        case "select" | "radio":
            values = [option["value"] for option in field["options"]]
            return [values[turn % len(values)], *values] if turn else values
        case "multiselect":
            values = [option["value"] for option in field["options"]]
            return [[values[turn % len(values)]]]
        case "checkbox":
            return [True]
        case "number" | "money" | "area_m2" | "year":
            low, high = rule.get("min", 0), rule.get("max", LARGEST_NUMBER)
            usual = {"money": 50_000_000, "year": today.year, "area_m2": 120.5}.get(field["type"], 3)
            return [min(max(usual, low), high), low, high]
        case "date" | "datetime":
            start = answers.get(rule.get("after_field", ""))
            first = date.fromisoformat(start[:10]) if isinstance(start, str) else today
            low_age, high_age = rule.get("min_age", 0), rule.get("max_age", 0)
            days = [
                first + timedelta(days=20), first, today - timedelta(days=20), today,
                add_months(today, -12 * (low_age + 7)), add_months(today, -12 * max(high_age - 6, 1)),
                today - timedelta(days=1), today + timedelta(days=7),
            ]  # fmt: skip
            if not rule.get("after_field") and "not_before" not in rule:
                days = [today - timedelta(days=20), *days]
            end = "T09:00" if field["type"] == "datetime" else ""
            return [day.isoformat() + end for day in days]
        case "personal_id":
            return [known.get("population.personal_id"), "030190000001"]
        case "tax_code":
            return [known.get("business.tax_code"), "0100109106"]
        case "phone":
            return [known.get("one_stop.phone"), "0900000000"]
        case "email":
            return [known.get("one_stop.email"), "congdan@example.com"]
        case "address":
            return [known.get("population.current_address"), "Số 1, đường Trần Phú"]
        case "file":
            ending = (rule.get("accept") or ["pdf"])[0]
            return [[{"name": f"tep-dung-thu.{ending}", "size": 10_000, "sample": True}]]
        case "table":
            row: dict[str, Any] = {}
            for column in field["columns"]:
                row[column["key"]] = _first_good(column, known, row, today)
            return [[row]]
        case "text" if "name" in field["key"] and "pattern" not in rule:
            return [known.get("population.full_name"), *_TEXTS]
    longest = rule.get("max_length", 500)
    return [text for text in _TEXTS if len(text) <= longest]


def _first_good(column: Field, known: Mapping[str, Any], row: Answers, today: date) -> Any:
    for candidate in _samples(column, known, row, today, 0):
        try:
            taken = _convert(column, candidate)
            _check(column, taken, row, today)
        except Bad:
            continue
        return taken
    raise NoSample(f"no sample for column {column['key']!r} of type {column['type']!r}")
