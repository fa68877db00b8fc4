"""
Strict reading of data files: every fault of a file found at once, each with file, record, field and a
Vietnamese reason.

A file is described by specs (`Record`, `Listing`, `Text` …). What a spec does not name is a fault, so that
a misspelt
key never passes silently.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, ClassVar, Protocol

import yaml

from motcua.kernel.errors import Invalid


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a data file."""

    file: str
    record: str
    field: str
    message: str

    def __str__(self) -> str:
        parts = [self.file]
        if self.record:
            parts.append(f"bản ghi {self.record}")
        if self.field:
            parts.append(f"trường {self.field}")
        return f"{', '.join(parts)}: {self.message}"


class LoadFailed(Invalid):
    """Data files with faults; nothing of those files was loaded. `problems` lists every fault."""

    code = "load_failed"
    message = "Dữ liệu có lỗi; tệp có lỗi chưa được nạp."

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__(f"Dữ liệu có {len(problems)} lỗi; tệp có lỗi chưa được nạp.")


@dataclass(frozen=True, slots=True)
class Where:
    """Where in a file the checking stands; `problems` collects."""

    file: str
    problems: list[Problem] = field(default_factory=list)
    record: str = ""
    path: str = ""

    def bad(self, message: str) -> None:
        """Note a fault here."""
        self.problems.append(Problem(self.file, self.record, self.path, message))

    def into(self, name: str) -> Where:
        """Return the place of a field inside."""
        return replace(self, path=f"{self.path}.{name}" if self.path else name)

    def of(self, record: str) -> Where:
        """Return the place of a record of the file."""
        return replace(self, record=record, path="")


class Spec(Protocol):
    """What a value must be."""

    def check(self, value: Any, where: Where) -> None:
        """Note every fault of the value."""


def _kind(value: Any) -> str:
    match value:
        case None:
            return "trống"
        case bool():
            return "đúng/sai"
        case int():
            return "số nguyên"
        case float():
            return "số thập phân"
        case str():
            return f"chữ “{value[:40]}”"
        case list():
            return "danh sách"
        case dict():
            return "nhóm trường"
    return type(value).__name__


@dataclass(frozen=True, slots=True)
class Text:
    """A text; `pattern` in full, `choices` the codes allowed, `of` names the list in the message."""

    null: bool = False
    blank: bool = False
    pattern: str | None = None
    choices: Collection[str] | None = None
    of: str = "danh mục"

    def check(self, value: Any, where: Where) -> None:
        if value is None and self.null:
            return
        if not isinstance(value, str):
            where.bad(f"phải là chữ, đang là {_kind(value)}.")
        elif not value.strip() and not self.blank:
            where.bad("không được để trống.")
        elif self.pattern is not None and not re.fullmatch(self.pattern, value):
            where.bad(f"“{value}” sai dạng.")
        elif self.choices is not None and value not in self.choices and not (self.blank and not value):
            where.bad(f"“{value}” không có trong {self.of}.")


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from `least` on."""

    null: bool = False
    least: int | None = None

    def check(self, value: Any, where: Where) -> None:
        if value is None and self.null:
            return
        if isinstance(value, bool) or not isinstance(value, int):
            where.bad(f"phải là số nguyên, đang là {_kind(value)}.")
        elif self.least is not None and value < self.least:
            where.bad(f"phải từ {self.least} trở lên.")


@dataclass(frozen=True, slots=True)
class Number:
    """A number, whole or not."""

    null: bool = False

    def check(self, value: Any, where: Where) -> None:
        if value is None and self.null:
            return
        if isinstance(value, bool) or not isinstance(value, int | float):
            where.bad(f"phải là số, đang là {_kind(value)}.")


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    def check(self, value: Any, where: Where) -> None:
        if not isinstance(value, bool):
            where.bad(f"phải là đúng/sai, đang là {_kind(value)}.")


@dataclass(frozen=True, slots=True)
class Day:
    """A day as text, YYYY-MM-DD."""

    null: bool = False

    def check(self, value: Any, where: Where) -> None:
        if value is None and self.null:
            return
        try:
            if isinstance(value, str) and len(value) == 10:
                date.fromisoformat(value)
                return
        except ValueError:
            pass
        where.bad(f"phải là ngày dạng NNNN-TT-NN, đang là {_kind(value)}.")


@dataclass(frozen=True, slots=True)
class Anything:
    """Whatever the file holds; for values that a later check reads."""

    def check(self, value: Any, where: Where) -> None:
        return


@dataclass(frozen=True, slots=True)
class Null:
    """Either empty or what the inner spec says."""

    inner: Spec

    def check(self, value: Any, where: Where) -> None:
        if value is not None:
            self.inner.check(value, where)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list; `key` makes its items records of the file, told apart by that field, which may not repeat."""

    item: Spec
    key: str | None = None
    least: int = 0

    def check(self, value: Any, where: Where) -> None:
        if not isinstance(value, list):
            where.bad(f"phải là danh sách, đang là {_kind(value)}.")
            return
        if len(value) < self.least:
            where.bad(f"cần ít nhất {self.least} mục.")
        seen: set[str] = set()
        for number, one in enumerate(value, 1):
            if self.key is None:
                self.item.check(one, where.into(f"[{number}]"))
                continue
            name = one.get(self.key) if isinstance(one, Mapping) else None
            place = where.of(str(name) if name is not None else f"thứ {number}")
            if isinstance(name, str):
                if name in seen:
                    place.into(self.key).bad(f"mã “{name}” bị lặp.")
                seen.add(name)
            self.item.check(one, place)


@dataclass(frozen=True, slots=True)
class Record:
    """A group of named fields: all of `needs`, any of `may`, nothing else."""

    needs: Mapping[str, Spec]
    may: Mapping[str, Spec] = field(default_factory=dict)

    def check(self, value: Any, where: Where) -> None:
        if not isinstance(value, Mapping):
            where.bad(f"phải là nhóm trường, đang là {_kind(value)}.")
            return
        for name in value:
            if name not in self.needs and name not in self.may:
                where.into(str(name)).bad("trường lạ, không có trong cấu trúc.")
        for name, spec in self.needs.items():
            if name not in value:
                where.into(name).bad("thiếu trường này.")
            else:
                spec.check(value[name], where.into(name))
        for name, spec in self.may.items():
            if name in value:
                spec.check(value[name], where.into(name))


@dataclass(frozen=True, slots=True)
class Named:
    """A group whose names are codes of a list and whose values are all alike."""

    item: Spec
    choices: Collection[str] | None = None
    of: str = "danh mục"

    def check(self, value: Any, where: Where) -> None:
        if not isinstance(value, Mapping):
            where.bad(f"phải là nhóm trường, đang là {_kind(value)}.")
            return
        for name, one in value.items():
            if self.choices is not None and name not in self.choices:
                where.into(str(name)).bad(f"“{name}” không có trong {self.of}.")
            self.item.check(one, where.into(str(name)))


class _Loader(yaml.CSafeLoader):
    """YAML without repeated keys."""

    repeated: ClassVar[str] = "khóa “{}” bị lặp"


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, _Loader.repeated.format(key), key_node.start_mark
            )
        seen.add(key)
    return dict(loader.construct_mapping(node, deep=True))


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read(path: Path, name: str, problems: list[Problem]) -> Any:
    """Return the content of a YAML file in NFC, or None after noting why it cannot be read."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        problems.append(Problem(name, "", "", "không có tệp này."))
        return None
    except (OSError, UnicodeDecodeError) as fault:
        problems.append(Problem(name, "", "", f"không đọc được tệp: {fault}."))
        return None
    if not unicodedata.is_normalized("NFC", text):
        problems.append(Problem(name, "", "", "văn bản không ở dạng chuẩn NFC."))
        text = unicodedata.normalize("NFC", text)
    try:
        return yaml.load(text, _Loader)  # noqa: S506 (a safe loader)
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark
        line = f"dòng {mark.line + 1}: " if mark else ""
        problems.append(Problem(name, "", "", f"{line}sai cú pháp YAML ({fault.problem})."))
    except yaml.YAMLError as fault:
        problems.append(Problem(name, "", "", f"sai cú pháp YAML ({fault})."))
    return None
