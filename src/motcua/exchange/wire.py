"""
How a record is put into the words of another system's interface: fields, shapes and codes are data, not code.

Pure. A form (`Form`) says which fields a message has, where each value comes from in our neutral record, which shape
it has and how long it may be. What the data have no code for, and what the interface needs and we do not have, is a
fault that people see (`Unsayable`): nothing is guessed. Source: facts-interfaces-dvcqg.md 6.1, 6.3, 6.4, 6.7.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Invalid

MORE = "…"


class Shape(StrEnum):
    """What a value of a field is before the interface writes it down."""

    TEXT = "text"
    NUMBER = "number"
    MOMENT = "moment"
    ISO = "iso"
    FLAG = "flag"
    TRUTH = "truth"
    CODE = "code"
    LIST = "list"
    GROUP = "group"


class Need(StrEnum):
    """Whether a field must have a value, must be there even if empty, or goes only when it has a value."""

    VALUE = "value"
    KEY = "key"
    NO = "no"


class Generation(StrEnum):
    """The interface a partner speaks; `neutral` is our own message (decision 0037)."""

    NEUTRAL = "neutral"
    G1 = "g1"
    G2 = "g2"
    G3 = "g3"


GENERATION_NAMES: Mapping[Generation, str] = MappingProxyType(
    {
        Generation.NEUTRAL: "Tin chung của phần mềm",
        Generation.G1: "Giao diện thế hệ 1 (2019–2020)",
        Generation.G2: "Giao diện thế hệ 2 (2022–2025)",
        Generation.G3: "Giao diện thế hệ 3 (2026)",
    }
)


class Unsayable(Invalid):
    """The interface cannot be told this: a code is missing in the data, or a value it needs is missing here."""

    code = "unsayable"
    message = "Chưa nói được với giao diện của hệ thống kia."


@dataclass(frozen=True, slots=True)
class FieldForm:
    """
    One field: its name there, where its value is in our record, its shape, whether it is needed.

    `length` in characters; what is longer is cut with “…” where `cut`, else a fault. `codes` names the list a CODE is
    looked up in. `fields` are those of a group or of each item of a list.
    """

    name: str
    source: str
    shape: Shape = Shape.TEXT
    need: Need = Need.NO
    length: int | None = None
    cut: bool = False
    codes: str = ""
    fields: tuple[FieldForm, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """
    One generation's messages. `strings`: every scalar is written as a JSON string; `moment`: strftime of a local
    moment. `codes`: by list, ours to theirs. `settings`: paths and names of services. `link_days`: how long a link to
    a file holds.
    """

    generation: Generation
    strings: bool
    moment: str
    messages: Mapping[str, tuple[FieldForm, ...]]
    codes: Mapping[str, Mapping[str, str | int]] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    link_days: int = 1


def form_of(body: Mapping[str, Any], generation: Generation) -> Form:
    """Return the form that a record of the data states; the loader has checked it."""
    return Form(
        generation=generation,
        strings=body["strings"],
        moment=body["moment"],
        messages={name: tuple(_field(item) for item in items) for name, items in body["messages"].items()},
        codes=body["codes"],
        settings=body["settings"],
        link_days=body["link_days"],
    )


def _field(item: Mapping[str, Any]) -> FieldForm:
    return FieldForm(
        name=item["name"],
        source=item["from"],
        shape=Shape(item.get("as", Shape.TEXT)),
        need=Need(item.get("need", Need.NO)),
        length=item.get("length"),
        cut=item.get("cut", False),
        codes=item.get("codes", ""),
        fields=tuple(_field(inner) for inner in item.get("fields", ())),
    )


def faults_of(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a form of the data beyond its shape: lists that are not there, fields told twice."""
    for message, items in body["messages"].items():
        yield from _faults(items, body["codes"], message)


def _faults(items: Sequence[Mapping[str, Any]], codes: Mapping[str, Any], where: str) -> Iterator[str]:
    names = [item["name"] for item in items]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{where}: trường {name} có hai lần."
    for item in items:
        shape = item.get("as", Shape.TEXT)
        if shape == Shape.CODE and item.get("codes", "") not in codes:
            yield f"{where}: trường {item['name']} dùng bảng mã không có."
        if (shape in (Shape.LIST, Shape.GROUP)) != bool(item.get("fields")):
            yield f"{where}: trường {item['name']} thiếu hoặc thừa trường con."
        yield from _faults(item.get("fields", ()), codes, f"{where}.{item['name']}")


def written(form: Form, message: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return a message as the interface reads it.

    :raises Unsayable: naming every field that cannot be told.
    """
    faults: dict[str, str] = {}
    found = _group(form, form.messages[message], record, "", faults)
    if faults:
        raise Unsayable(errors=faults)
    return found


def _group(
    form: Form, fields: Sequence[FieldForm], record: Mapping[str, Any], path: str, faults: dict[str, str]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in fields:
        here = f"{path}{one.name}"
        value = record.get(one.source) if one.source else record
        if one.shape is Shape.LIST:
            items = [
                _group(form, one.fields, item, f"{here}[{no}].", faults)
                for no, item in enumerate(value or (), 1)
            ]
            if items or one.need is not Need.NO:
                found[one.name] = items
        elif one.shape is Shape.GROUP:
            found[one.name] = _group(form, one.fields, value or {}, f"{here}.", faults)
        else:
            said = _scalar(form, one, value, here, faults)
            if said not in (None, ""):
                found[one.name] = said
            elif one.need is Need.KEY:
                found[one.name] = "" if form.strings else None
            elif one.need is Need.VALUE and here not in faults:
                faults[here] = "Hồ sơ chưa có thông tin mà giao diện bắt buộc."
    return found


def _scalar(form: Form, one: FieldForm, value: Any, here: str, faults: dict[str, str]) -> str | int | None:
    if value is None or value == "":
        return None
    said: str | int
    match one.shape:
        case Shape.MOMENT:
            said = value.astimezone(LOCAL).strftime(form.moment)
        case Shape.ISO:
            said = value.astimezone(LOCAL).isoformat(timespec="seconds")
        case Shape.FLAG:
            said = int(bool(value))
        case Shape.TRUTH:
            said = str(bool(value))
        case Shape.NUMBER:
            said = int(value)
        case Shape.CODE:
            known = form.codes[one.codes]
            if str(value) not in known:
                faults[here] = f"Bảng mã {one.codes} không có mã cho “{value}”."
                return None
            said = known[str(value)]
        case _:
            said = str(value)
    if one.length is not None and len(str(said)) > one.length:
        if not one.cut:
            faults[here] = f"Dài {len(str(said))} ký tự, giao diện chỉ nhận {one.length}."
            return None
        said = f"{str(said)[: one.length - len(MORE)].rstrip()}{MORE}"
    return str(said) if form.strings else said


def succeeded(answer: Mapping[str, Any]) -> bool:
    """Tell whether an answer of G1 or G2 says yes: `error_code` 0, "0" or "00" (facts 6.1)."""
    return str(answer.get("error_code", "")).strip() in ("0", "00")
