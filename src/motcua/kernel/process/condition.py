"""
The words of conditions: a small language for the ways out of a gateway, written and read by officers.

    dien_tich > 500 và loai_dat trong ("o", "vuon")
    không (co_tranh_chap hoặc nguoi_nop = "to_chuc")

Names are keys of form answers and dossier facts. Comparisons: = khác < <= > >= trong, không trong; a name alone
asks whether the answer is there and not "no". Words may be written without marks or in English (và/va/and,
hoặc/hoac/or, không/khong/not, trong/in, đúng/dung/true, sai/false). A text is parsed into a `Condition`; nothing is
evaluated.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final, NamedTuple

from motcua.kernel.process.graph import Condition, ProcessInvalid

MAX_LENGTH: Final = 2_000
MAX_DEPTH: Final = 20


class FactKind(StrEnum):
    """What may be known about a dossier under a name."""

    NUMBER = "number"
    TEXT = "text"
    FLAG = "flag"
    DATE = "date"
    CHOICE = "choice"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Fact:
    """A name a condition may use: what it holds, how people call it, the answers it can have."""

    name: str
    kind: FactKind
    label: str = ""
    choices: tuple[str, ...] = ()


class ConditionInvalid(ProcessInvalid):
    """A condition cannot be read; `position` counts characters from 1."""

    code = "condition_invalid"

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"Ký tự thứ {position}: {message}", position=position)
        self.position = position


class _Token(NamedTuple):
    kind: str
    value: Any
    at: int


_WORDS: Final[Mapping[str, str]] = {
    "và": "and", "va": "and", "and": "and",
    "hoặc": "or", "hoac": "or", "or": "or",
    "không": "not", "khong": "not", "not": "not",
    "trong": "in", "in": "in",
    "khác": "ne", "khac": "ne",
    "đúng": "true", "dung": "true", "true": "true",
    "sai": "false", "false": "false",
}  # fmt: skip
_SIGNS: Final[Mapping[str, str]] = {
    "=": "eq", "==": "eq", "!=": "ne", "≠": "ne", "<>": "ne",
    "<": "lt", "<=": "le", "≤": "le", ">": "gt", ">=": "ge", "≥": "ge",
}  # fmt: skip
_OPERATORS: Final = frozenset(_SIGNS.values())
_PATTERN: Final = re.compile(
    r"""\s*(?:
        (?P<number>-?[0-9]+(?:\.[0-9]+)?(?![\w.]))
      | (?P<text>"(?:[^"\\\n]|\\["\\n])*")
      | (?P<name>[^\W\d]\w*(?:\.\w+)*)
      | (?P<sign><=|>=|!=|<>|==|[=<>≠≤≥])
      | (?P<mark>[(),])
    )""",
    re.VERBOSE,
)
_SPACE: Final = re.compile(r"\s*")
_TEXT: Final = {"eq": "=", "ne": "khác", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


def parse(text: str) -> Condition:
    """
    Return the condition that a text means.

    :raises ConditionInvalid: it cannot be read; the message says where and what is expected.
    """
    text = unicodedata.normalize("NFC", text)
    if len(text) > MAX_LENGTH:
        raise ConditionInvalid(f"điều kiện dài quá {MAX_LENGTH} ký tự.", MAX_LENGTH + 1)
    return _Reader(_tokens(text), len(text) + 1).whole()


def to_text(condition: Condition) -> str:
    """Return the condition in words; `parse` of it is the condition again, groups of one part aside."""
    return _written(condition, inside="")


def check(condition: Condition, known: Mapping[str, Fact]) -> list[str]:
    """
    Return what is wrong with a condition for a process whose dossiers have these facts, in Vietnamese.

    Told are names that nobody fills, answers that a list of choices has not, and comparisons that do not fit
    what a name holds.
    """
    if condition.op in ("all", "any", "not"):
        return list(dict.fromkeys(line for part in condition.parts for line in check(part, known)))
    fact = known.get(condition.field)
    if fact is None:
        near = difflib.get_close_matches(condition.field, known, n=1)
        hint = f" Có phải “{near[0]}”?" if near else ""
        return [f"Không có thông tin “{condition.field}” trong biểu mẫu hay hồ sơ.{hint}"]
    name = f"“{fact.label or fact.name}”"
    values = condition.value if condition.op in ("in", "not_in") else (condition.value,)
    if condition.op == "truthy":
        return []
    if condition.op in ("lt", "le", "gt", "ge") and fact.kind not in (FactKind.NUMBER, FactKind.DATE):
        return [f"{name} không phải số hay ngày nên không so sánh lớn, nhỏ được."]
    problems: list[str] = []
    for value in values:
        problem = _misfit(fact, value, name)
        if problem and problem not in problems:
            problems.append(problem)
    return problems


def _misfit(fact: Fact, value: Any, name: str) -> str:
    match fact.kind:
        case FactKind.NUMBER if isinstance(value, bool) or not isinstance(value, int | float):
            return f"{name} là số, phải so sánh với một số."
        case FactKind.FLAG if not isinstance(value, bool):
            return f"{name} chỉ là đúng hoặc sai."
        case FactKind.TEXT | FactKind.CHOICE | FactKind.LIST if not isinstance(value, str):
            return f"{name} là chữ, phải so sánh với chữ trong ngoặc kép."
        case FactKind.CHOICE if fact.choices and value not in fact.choices:
            return f"{name} không có lựa chọn “{value}”; có: {', '.join(fact.choices)}."
        case FactKind.DATE:
            try:
                date.fromisoformat(value if isinstance(value, str) else "")
            except ValueError:
                return f'{name} là ngày, phải viết như "2026-09-01".'
    return ""


def names(condition: Condition) -> frozenset[str]:
    """Return the names a condition reads."""
    if condition.parts:
        return frozenset().union(*(names(part) for part in condition.parts))
    return frozenset((condition.field,))


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = _end_of_space(text, 0)
    while at < len(text):
        match = _PATTERN.match(text, at)
        if match is None:
            if text[at] == '"':
                raise ConditionInvalid("chuỗi chữ thiếu dấu ngoặc kép đóng.", at + 1)
            raise ConditionInvalid(f"không hiểu “{text[at : at + 12].split()[0]}”.", at + 1)
        kind, word = str(match.lastgroup), match[match.lastgroup or 0]
        value: Any = word
        if kind == "number":
            value = float(word) if "." in word else int(word)
        elif kind == "text":
            value = re.sub(r"\\(.)", lambda part: "\n" if part[1] == "n" else part[1], word[1:-1])
        elif kind == "name" and word.lower() in _WORDS:
            kind = _WORDS[word.lower()]
        elif kind == "sign":
            kind, value = _SIGNS[word], word
        elif kind == "mark":
            kind = word
        found.append(_Token(kind, value, at + 1))
        at = _end_of_space(text, match.end())
    return found


def _end_of_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


class _Reader:
    """Reads by descent: any of all of single tests."""

    def __init__(self, tokens: Sequence[_Token], end: int) -> None:
        self.tokens = tokens
        self.end = end
        self.place = 0
        self.depth = 0

    def whole(self) -> Condition:
        if not self.tokens:
            raise ConditionInvalid("chưa ghi điều kiện.", 1)
        found = self.any()
        if self.place < len(self.tokens):
            raise ConditionInvalid(
                f"cần “và”, “hoặc” hay hết điều kiện ở trước “{self.tokens[self.place].value}”.", self.at
            )
        return found

    @property
    def at(self) -> int:
        return self.tokens[self.place].at if self.place < len(self.tokens) else self.end

    @property
    def kind(self) -> str:
        return self.tokens[self.place].kind if self.place < len(self.tokens) else ""

    def take(self) -> _Token:
        self.place += 1
        return self.tokens[self.place - 1]

    def any(self) -> Condition:
        return self.joined("or", "any", self.all)

    def all(self) -> Condition:
        return self.joined("and", "all", self.one)

    def joined(self, word: str, op: str, part: Any) -> Condition:
        parts = [part()]
        while self.kind == word:
            self.take()
            parts.append(part())
        return parts[0] if len(parts) == 1 else Condition(op, parts=tuple(parts))

    def one(self) -> Condition:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ConditionInvalid(f"lồng nhau quá {MAX_DEPTH} lớp.", self.at)
        try:
            if self.kind == "not":
                self.take()
                return Condition("not", parts=(self.one(),))
            if self.kind == "(":
                self.take()
                inside = self.any()
                self.expect(")", "thiếu dấu ngoặc đóng “)”.")
                return inside
            return self.test()
        finally:
            self.depth -= 1

    def test(self) -> Condition:
        if self.kind != "name":
            raise ConditionInvalid("cần tên một thông tin của biểu mẫu hay hồ sơ.", self.at)
        field = str(self.take().value)
        kind = self.kind
        if kind in _OPERATORS:
            sign = self.take()
            return Condition(kind, field, self.value(f"cần một giá trị sau “{sign.value}”."))
        if kind == "in":
            self.take()
            return Condition("in", field, self.values())
        if kind == "not":
            self.take()
            self.expect("in", "sau “không” ở đây cần “trong”.")
            return Condition("not_in", field, self.values())
        return Condition("truthy", field)

    def values(self) -> tuple[Any, ...]:
        self.expect("(", "cần danh sách giá trị trong ngoặc, như (1, 2).")
        found = [self.value("cần một giá trị.")]
        while self.kind == ",":
            self.take()
            found.append(self.value("cần một giá trị sau dấu phẩy."))
        self.expect(")", "thiếu dấu phẩy hoặc ngoặc đóng “)”.")
        return tuple(found)

    def value(self, missing: str) -> Any:
        if self.kind in ("number", "text"):
            return self.take().value
        if self.kind in ("true", "false"):
            return self.take().kind == "true"
        if self.kind == "name":
            raise ConditionInvalid(
                f'giá trị chữ phải trong ngoặc kép: "{self.tokens[self.place].value}".', self.at
            )
        raise ConditionInvalid(missing, self.at)

    def expect(self, kind: str, missing: str) -> None:
        if self.kind != kind:
            raise ConditionInvalid(missing, self.at)
        self.take()


def _written(condition: Condition, inside: str) -> str:
    match condition.op:
        case "all" | "any":
            if len(condition.parts) == 1:
                return _written(condition.parts[0], inside)
            word = " và " if condition.op == "all" else " hoặc "
            text = word.join(_written(part, condition.op) for part in condition.parts)
            return f"({text})" if inside else text
        case "not":
            return f"không {_written(condition.parts[0], 'not')}"
        case "truthy":
            return condition.field
        case "in" | "not_in":
            values = ", ".join(_literal(value) for value in condition.value)
            return f"{condition.field} {'trong' if condition.op == 'in' else 'không trong'} ({values})"
    return f"{condition.field} {_TEXT[condition.op]} {_literal(condition.value)}"


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "đúng" if value else "sai"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        text = format(value, "f") if value.is_integer() else repr(value)
        return text if "e" not in text else format(value, ".20f").rstrip("0")
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
