"""Acts that pages try; the words of a refusal where they belong: at the fields they name, else above the form."""

from __future__ import annotations

from collections.abc import Callable, Container
from types import TracebackType

from django import forms

from motcua.edge.errors import status_of
from motcua.kernel.errors import DomainError, Invalid, NotFound


def by_field(refusal: DomainError | None) -> dict[str, str]:
    """Return what a refusal says of single fields; nothing without a refusal, or when it is of the act as a whole."""
    return dict(refusal.errors) if isinstance(refusal, Invalid) else {}


def general(refusal: DomainError | None, named: Container[str] = ()) -> list[str]:
    """Return what a refusal says of no field among those `named` on the page."""
    errors = by_field(refusal)
    if refusal is not None and not errors:
        return [refusal.message]
    return [text for name, text in errors.items() if name not in named]


def status(refusal: DomainError | None) -> int:
    """Return the HTTP status of a page that says a refusal, or none."""
    return 200 if refusal is None else status_of(refusal)


def placed(refusal: DomainError | None, target: Callable[[str], str]) -> list[dict[str, str]]:
    """Return a refusal's sentences as the error summary draws them; `target` gives a field's id on the page."""
    told = by_field(refusal).items() or [("", text) for text in general(refusal)]
    return [{"message": text, "target": target(name) if name else ""} for name, text in told]


def into(form: forms.Form, refusal: DomainError) -> list[str]:
    """Put a refusal's words to the form's fields; return those that belong to none."""
    for name, text in by_field(refusal).items():
        if name in form.fields:
            form.add_error(name, text)
    return general(refusal, form.fields)


class Attempt:
    """
    An act that a page tries, in a `with` block that ends by returning the answer of success.

    A refusal ends the block instead: it is kept here, its words are put to the `form` where there is one, and the
    page is drawn again. What does not exist for the caller goes on up, and so does what is no refusal.
    """

    def __init__(self, form: forms.Form | None = None, *, sent: bool = False) -> None:
        """`sent`: the request was to do something, also where it names nothing that can be done."""
        self.form = form
        self.sent = sent or (form is not None and form.is_bound)
        self.refusal: DomainError | None = None
        self.general: list[str] = []

    @property
    def ready(self) -> bool:
        """Tell whether the form was sent and nothing is wrong with what it says."""
        return self.form is not None and self.form.is_valid()

    @property
    def errors(self) -> dict[str, str]:
        """Return what the refusal says of single fields."""
        return by_field(self.refusal)

    @property
    def status(self) -> int:
        """Return the HTTP status of the page: just opened, with a form that cannot be taken, or of the refusal."""
        if self.refusal is None and self.sent:
            return 422
        return status(self.refusal)

    def __enter__(self) -> Attempt:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, DomainError) or isinstance(error, NotFound):
            return False
        self.refusal = error
        self.general = general(error) if self.form is None else into(self.form, error)
        return True
