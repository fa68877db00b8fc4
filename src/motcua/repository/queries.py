"""Reads of owners' papers and results. Every one takes the actor and cannot return what they may not see."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db.models import BooleanField, F, Q, QuerySet
from django.db.models.expressions import RawSQL

from motcua.kernel.actor import Actor, ActorKind, Role
from motcua.kernel.errors import NotFound
from motcua.platform import access
from motcua.repository.models import Holding, HoldingUse
from motcua.repository.rules import Certainty, HoldingKind, HoldingState

#: Who looks for papers to reuse: the counter at intake, the officers who handle.
REUSERS: Final = (Role.ONE_STOP_OFFICER, Role.RETURN_OFFICER, Role.PROCESSING_OFFICER)


@dataclass(frozen=True, slots=True)
class HoldingRow:
    """A paper or result of an owner as lists show it."""

    id: int
    owner_id: int
    kind: HoldingKind
    type_code: str
    paper_type: str
    code: str
    title: str
    number: str
    issuer: str
    issued_on: date | None
    valid_from: date | None
    valid_to: date | None
    document_id: int | None
    file_id: int | None
    source_subject: int | None
    certainty: Certainty
    state: HoldingState
    created_at: datetime


@dataclass(frozen=True, slots=True)
class UseRow:
    """One reuse of a holding."""

    holding_id: int
    subject: int
    paper_type: str
    used_by_id: int | None
    used_at: datetime


def of_owner(actor: Actor, party_id: int) -> list[HoldingRow]:
    """Return an owner's papers, newest first: all to the owner, to staff those from subjects they may see."""
    return [_row(row) for row in _visible(actor).filter(_owned_by(party_id)).order_by("-id")]


def shelf(
    actor: Actor,
    kind: HoldingKind | None = None,
    *,
    before: tuple[datetime, int] | None = None,
    limit: int = 20,
) -> list[HoldingRow]:
    """Return what a citizen's own repository holds, last entered first, at most `limit`, after (entered, id)."""
    if actor.kind is not ActorKind.CITIZEN or actor.party_id is None:
        return []
    rows = Holding.objects.filter(_owned_by(actor.party_id))
    if kind is not None:
        rows = rows.filter(kind=kind)
    if before is not None:
        rows = rows.filter(Q(created_at__lt=before[0]) | Q(created_at=before[0], pk__lt=before[1]))
    return [_row(row) for row in rows.order_by("-created_at", "-id")[:limit]]


def holding(actor: Actor, holding_id: int) -> HoldingRow:
    """
    Return one holding.

    :raises NotFound: it is not there, or not for this actor.
    """
    row = _visible(actor).filter(pk=holding_id).first()
    if row is None:
        raise NotFound
    return _row(row)


def file_of(actor: Actor, holding_id: int) -> int | None:
    """
    Return the stored file of a holding: its own, or that of its document once it was opened (one statement).

    :raises NotFound: it is not there, or not for this actor.
    """
    found = _visible(actor).filter(pk=holding_id).values("file_id", "document__file_id").first()
    if found is None:
        raise NotFound
    own: int | None = found["file_id"]
    printed: int | None = found["document__file_id"]
    return printed if own is None else own


def match(actor: Actor, party_id: int, paper_types: Collection[str], on: date) -> dict[str, list[HoldingRow]]:
    """
    Return what an owner need not hand in again: by paper type, surest and newest first, valid on the day.

    For the owner, and for staff with a duty at the counter or in handling, who see only the types asked for.
    """
    if not _may_match(actor, party_id):
        return {}
    rows = Holding.objects.filter(
        Q(valid_from=None) | Q(valid_from__lte=on),
        Q(valid_to=None) | Q(valid_to__gte=on),
        _owned_by(party_id),
        paper_type__in=set(paper_types) - {""},
        state=HoldingState.ACTIVE,
    ).order_by(F("issued_on").desc(nulls_last=True), "-id")
    found: dict[str, list[HoldingRow]] = {}
    for row in sorted(rows, key=lambda row: _SURENESS[Certainty(row.certainty)]):
        found.setdefault(row.paper_type, []).append(_row(row))
    return found


def uses_of(actor: Actor, holding_id: int) -> list[UseRow]:
    """Return for what a holding was reused, newest first: for its owner, and staff who may see it."""
    if not _visible(actor).filter(pk=holding_id).exists():
        return []
    rows = HoldingUse.objects.filter(holding=holding_id).order_by("-id")
    return [UseRow(row.holding_id, row.subject, row.paper_type, row.used_by_id, row.used_at) for row in rows]


def ended_uses(actor: Actor, subject: int) -> dict[str, str]:
    """Return which papers of a subject were reused from what has ended since, and why, by type (two statements)."""
    if not access.sees(actor, subject):
        return {}
    rows = HoldingUse.objects.filter(subject=subject).exclude(holding__state=HoldingState.ACTIVE)
    return dict(rows.order_by("id").values_list("paper_type", "holding__end_reason"))


_SURENESS: Final = {Certainty.ISSUED: 0, Certainty.CHECKED: 1, Certainty.HANDED_IN: 2}


def _may_match(actor: Actor, party_id: int) -> bool:
    if actor.kind is ActorKind.SYSTEM:
        return True
    if actor.kind is ActorKind.STAFF:
        return actor.duty(*REUSERS) is not None
    return actor.party_id is not None and actor.party_id == party_id


def _visible(actor: Actor) -> QuerySet[Holding]:
    if actor.kind is ActorKind.SYSTEM:
        return Holding.objects.all()
    if actor.kind is ActorKind.STAFF:
        parameters: Any = access.parameters(actor)
        column = access.visible("repository_holding.source_subject")
        return Holding.objects.filter(RawSQL(column, parameters, output_field=BooleanField()))  # noqa: S611
    if actor.party_id is None:
        return Holding.objects.none()
    return Holding.objects.filter(_owned_by(actor.party_id))


def _owned_by(party_id: int) -> Q:
    """Also what was entered under a record since merged into this one."""
    return Q(owner=party_id) | Q(owner__merged_into=party_id)


def _row(row: Holding) -> HoldingRow:
    return HoldingRow(
        id=row.pk,
        owner_id=row.owner_id,
        kind=HoldingKind(row.kind),
        type_code=row.type_code,
        paper_type=row.paper_type,
        code=row.code,
        title=row.title,
        number=row.number,
        issuer=row.issuer,
        issued_on=row.issued_on,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        document_id=row.document_id,
        file_id=row.file_id,
        source_subject=row.source_subject,
        certainty=Certainty(row.certainty),
        state=HoldingState(row.state),
        created_at=row.created_at,
    )
