"""Shapes that the partials in templates/components draw. Values only; no request, no database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a list."""

    value: str
    label: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class FieldView:
    """
    One input as `components/field.html` draws it.

    `kind`: text, textarea, number, money, date, datetime, year, select, radio, checkbox, multiselect, file,
    email, tel, password, hidden, table, address, personal_id, tax_code, phone, area_m2. `width`: xs, s, m, l
    or empty (full). `quiet` leaves out "(không bắt buộc)" (filters); `blank` names the empty choice.
    """

    name: str
    label: str
    kind: str = "text"
    value: str = ""
    values: tuple[str, ...] = ()
    required: bool = False
    help: str = ""
    error: str = ""
    options: tuple[Option, ...] = ()
    autocomplete: str = ""
    inputmode: str = ""
    width: str = ""
    unit: str = ""
    source: str = ""
    maxlength: int | None = None
    accept: str = ""
    readonly: bool = False
    reload: bool = False
    quiet: bool = False
    blank: str = ""
    columns: tuple[FieldView, ...] = ()
    rows: tuple[tuple[FieldView, ...], ...] = ()
    id: str = ""

    def __getitem__(self, name: str) -> Any:
        """Return a value by name: the first thing a template tries, and in a long form the cheapest."""
        return getattr(self, name)

    @property
    def html_id(self) -> str:
        """Return the id of the input, from which ids of help and error are made."""
        return self.id or f"f-{self.name}"

    @property
    def described_by(self) -> str:
        """Return the ids of help and error text for aria-describedby."""
        parts = [f"{self.html_id}-help"] if self.help else []
        if self.error:
            parts.append(f"{self.html_id}-error")
        return " ".join(parts)

    @property
    def grouped(self) -> bool:
        """Tell whether the input is a group (fieldset with legend) and not one control with a label."""
        return self.kind in {"radio", "multiselect", "table"}


@dataclass(frozen=True, slots=True)
class ErrorItem:
    """A line of the error summary: what is wrong, and the id of the input it leads to, or the page that mends it."""

    target: str
    message: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Crumb:
    """A step of the breadcrumb; the last one has no address."""

    label: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class StepView:
    """A step of the stepper: state is done, now or next."""

    label: str
    state: str = "next"
    url: str = ""


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """An entry of a timeline: state is done, now, next or late; `at` a datetime or None."""

    what: str
    at: Any = None
    state: str = "done"
    who: str = ""
    more: str = ""
    tag: str = ""


@dataclass(frozen=True, slots=True)
class FileItem:
    """An uploaded or offered file. `size` in bytes."""

    name: str
    size: int | None = None
    url: str = ""
    note: str = ""
    remove_name: str = ""
    remove_value: str = ""


@dataclass(frozen=True, slots=True)
class DeadlineView:
    """A due date as `components/deadline.html` explains it; `lines` come from kernel.deadline.explain."""

    due_at: Any
    lines: Sequence[str] = field(default_factory=tuple)
    state: str = "running"
    left: str = ""
    original_due_at: Any = None
    paused_since: Any = None


def from_bound(bound: forms.BoundField, **changes: Any) -> FieldView:
    """Return a Django form field as a FieldView."""
    source, widget = bound.field, bound.field.widget
    options: tuple[Option, ...] = ()
    kind = "text"
    value = bound.value()
    if isinstance(widget, forms.CheckboxSelectMultiple):  # before RadioSelect, which it derives from
        kind = "multiselect"
    elif isinstance(widget, forms.RadioSelect):
        kind = "radio"
    elif isinstance(widget, forms.Select):
        kind = "select"
    elif isinstance(widget, forms.CheckboxInput):
        kind = "checkbox"
    elif isinstance(widget, forms.Textarea):
        kind = "textarea"
    elif isinstance(widget, forms.FileInput):
        kind = "file"
    elif isinstance(widget, forms.HiddenInput):
        kind = "hidden"
    elif isinstance(widget, forms.EmailInput):
        kind = "email"
    elif isinstance(source, forms.DateField):
        kind = "date"
        value = value.strftime("%d/%m/%Y") if hasattr(value, "strftime") else value
    if isinstance(source, forms.ChoiceField | forms.MultipleChoiceField):
        options = tuple(Option(str(code), str(label)) for code, label in bound_choices(source) if code != "")
    many = tuple(str(item) for item in value) if isinstance(value, list | tuple) else ()
    attrs: Mapping[str, Any] = widget.attrs
    values: dict[str, Any] = {
        "name": bound.html_name,
        "label": str(bound.label),
        "kind": kind,
        "value": "" if value is None or many else str(value),
        "values": many,
        "required": source.required,
        "help": str(source.help_text),
        "error": " ".join(str(error) for error in bound.errors),
        "options": options,
        "autocomplete": str(attrs.get("autocomplete", "")),
        "inputmode": str(attrs.get("inputmode", "")),
        "width": str(attrs.get("width", "")),
        "maxlength": getattr(source, "max_length", None),
        "accept": str(attrs.get("accept", "")),
    }
    return FieldView(**{**values, **changes})


def bound_choices(source: forms.ChoiceField) -> list[tuple[Any, Any]]:
    """Return the flat choices of a field (groups are not used here)."""
    choices: Any = source.choices
    return list(choices)


def summary(fields: Sequence[FieldView], general: Sequence[str] = ()) -> list[ErrorItem]:
    """Return the lines of the error summary, in the order of the page."""
    lines = [ErrorItem("", message) for message in general]
    for item in fields:
        if item.error:
            target = item.html_id if not item.grouped else f"{item.html_id}-0"
            lines.append(ErrorItem(target, _named(item, item.error)))
        for row in item.rows:
            for cell in row:
                if cell.error:
                    lines.append(ErrorItem(cell.html_id, f"{item.label}, {cell.label}: {cell.error}"))
    return lines


def _named(item: FieldView, message: str) -> str:
    """Return the message with the label before it, unless it names the field or the label is a sentence."""
    if item.kind == "checkbox" or item.label.lower() in message.lower():
        return message
    return f"{item.label}: {message}"
