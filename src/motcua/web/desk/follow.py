"""Matters that are followed act by act (signs, faults, reminders, cases): their forms, refusals and course."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from motcua.kernel.errors import DomainError
from motcua.web import components, refusals
from motcua.web.components import ErrorItem, FieldView


@dataclass(frozen=True, slots=True)
class ActForm:
    """One thing that may be done now: `slug` ends its address; `shown` stands open, others fold."""

    slug: str
    title: str
    button: str
    fields: Sequence[FieldView] = ()
    help: str = ""
    shown: bool = False
    danger: bool = False
    files: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """What was typed into which form, and why it was refused."""

    slug: str
    typed: Mapping[str, str]
    refusal: DomainError | None

    @property
    def status(self) -> int:
        """Return the HTTP status of the refusal."""
        return refusals.status(self.refusal)

    @property
    def errors(self) -> Mapping[str, str]:
        """Return the refusal's sentences by field."""
        return refusals.by_field(self.refusal)


def context(forms: Sequence[ActForm], refused: Refused | None) -> dict[str, Any]:
    """Return what `desk/follow_acts.html` draws: the forms; of the refused one also what is wrong."""
    if refused is None:
        return {"acts": forms, "errors": [], "general": []}
    drawn: list[ActForm] = []
    summary: list[ErrorItem] = []
    general = refusals.general(refused.refusal, refused.errors)
    for form in forms:
        if form.slug != refused.slug:
            drawn.append(form)
            continue
        filled = [
            replace(one, value=refused.typed.get(one.name, one.value), error=refused.errors.get(one.name, ""))
            for one in form.fields
        ]
        drawn.append(replace(form, fields=filled, shown=True))
        summary = components.summary(filled)
        named = {one.name for one in filled}
        general = refusals.general(refused.refusal, named)
    return {"acts": drawn, "errors": summary, "general": general}


def done(
    request: HttpRequest,
    act: Callable[[], object],
    page: Callable[[Refused], HttpResponse],
    *,
    slug: str,
    said: str,
    url: str,
) -> HttpResponse:
    """Do an act and say so on the page it leads to; a refusal shows the page again with what was typed."""
    with refusals.Attempt() as attempt:
        act()
        messages.success(request, said)
        return redirect(url)
    return page(Refused(slug, request.POST.dict(), attempt.refusal))
