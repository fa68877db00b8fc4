"""The words of a refusal, put where they belong on a page: at the fields they name, else above the form."""

from __future__ import annotations

from collections.abc import Container

from django import forms

from motcua.kernel.errors import DomainError, Invalid


def by_field(refusal: DomainError | None) -> dict[str, str]:
    """Return what a refusal says of single fields; nothing without a refusal, or when it is of the act as a whole."""
    return dict(refusal.errors) if isinstance(refusal, Invalid) else {}


def general(refusal: DomainError | None, named: Container[str] = ()) -> list[str]:
    """Return what a refusal says of no field among those `named` on the page."""
    errors = by_field(refusal)
    if refusal is not None and not errors:
        return [refusal.message]
    return [text for name, text in errors.items() if name not in named]


def into(form: forms.Form, refusal: DomainError) -> list[str]:
    """Put a refusal's words to the form's fields; return those that belong to none."""
    for name, text in by_field(refusal).items():
        if name in form.fields:
            form.add_error(name, text)
    return general(refusal, form.fields)
