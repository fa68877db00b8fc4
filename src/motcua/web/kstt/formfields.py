"""Fields that the forms of these pages share."""

from __future__ import annotations

from typing import Any

from django import forms

from motcua.web import components, inputs
from motcua.web.components import FieldView


class Date(forms.DateField):
    """A day as people write it."""

    def __init__(self, label: str, *, required: bool = True, help_text: str = "") -> None:
        super().__init__(
            label=label,
            required=required,
            help_text=help_text,
            input_formats=["%d/%m/%Y", "%Y-%m-%d"],
            widget=forms.TextInput(attrs={"width": "s", "inputmode": "numeric", "autocomplete": "off"}),
            error_messages={
                "required": "Ghi ngày, ví dụ 01/12/2026.",
                "invalid": "Ghi ngày dạng 01/12/2026.",
            },
        )


def line(label: str, *, required: bool = True, help_text: str = "", longest: int = 60) -> forms.CharField:
    """Return a field of one line."""
    return forms.CharField(
        label=label,
        required=required,
        max_length=longest,
        help_text=help_text,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": f"Cần nhập {label[0].lower()}{label[1:]}."},
    )


def text(label: str, *, required: bool = True, help_text: str = "") -> forms.CharField:
    """Return a field of several lines."""
    return forms.CharField(
        label=label,
        required=required,
        max_length=2000,
        help_text=help_text,
        widget=forms.Textarea,
        error_messages={"required": f"Cần ghi {label[0].lower()}{label[1:]}."},
    )


class Amount(forms.DecimalField):
    """A number that may have a decimal comma and dots between thousands."""

    def __init__(self, label: str, *, help_text: str = "") -> None:
        super().__init__(
            label=label,
            help_text=help_text,
            widget=forms.TextInput(attrs={"width": "s", "inputmode": "decimal", "autocomplete": "off"}),
            error_messages={"required": "Ghi một số, không có thì ghi 0.", "invalid": "Ghi số, ví dụ 2,5."},
        )

    def to_python(self, value: Any) -> Any:
        return super().to_python(inputs.decimal(value) if isinstance(value, str) else value)


def views(form: forms.Form) -> list[FieldView]:
    """Return the fields of a form as the pages draw them."""
    return [components.from_bound(form[name]) for name in form.fields]
