"""Reading of forms (public) and drafts (their owner's alone)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from motcua.forms.models import Draft, FormVersion
from motcua.kernel.actor import Actor, ActorKind
from motcua.kernel.errors import NotFound


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """The e-form of a procedure version; `definition` must not be changed."""

    id: int
    procedure_version_id: int
    form_code: str
    definition: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A citizen's draft in a list."""

    id: int
    procedure_version_id: int
    procedure_code: str
    procedure_name: str
    updated_at: datetime
    choices: Mapping[str, Any]


_forms: dict[int, Form] = {}


def forget() -> None:
    """Drop the forms held in memory (after loading, and in tests)."""
    _forms.clear()


def form(procedure_version_id: int) -> Form:
    """
    Return the e-form of a procedure version; kept in the process for ever, since versions never change.

    :raises NotFound:
    """
    held = _forms.get(procedure_version_id)
    if held is None:
        row = FormVersion.objects.filter(procedure_version_id=procedure_version_id).order_by("id").last()
        if row is None:
            raise NotFound("Thủ tục này chưa có biểu mẫu điện tử.", version=procedure_version_id)
        held = _forms[procedure_version_id] = Form(
            row.pk, row.procedure_version_id, row.form_code, MappingProxyType(row.definition)
        )
    return held


def drafts(actor: Actor, *, limit: int = 50) -> list[DraftRow]:
    """Return the actor's own drafts, newest first; whoever is no citizen has none."""
    if actor.kind is not ActorKind.CITIZEN:
        return []
    rows = (
        Draft.objects.filter(account_id=actor.account_id)
        .order_by("-updated_at", "-id")
        .values_list(
            "id",
            "procedure_version_id",
            "procedure_version__procedure__code",
            "procedure_version__procedure__name",
            "updated_at",
            "choices",
        )[:limit]
    )
    return [DraftRow(*row) for row in rows]


def draft(actor: Actor, draft_id: int) -> Draft:
    """
    Return one's own draft.

    :raises NotFound: it is not there, or is another's.
    """
    found = None
    if actor.kind is ActorKind.CITIZEN:
        found = Draft.objects.filter(pk=draft_id, account_id=actor.account_id).first()
    if found is None:
        raise NotFound
    return found
