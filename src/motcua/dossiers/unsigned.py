"""Papers that wait for a person's digital signature, or for the agency's by who keeps it (S-59)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from motcua.documents import queries as papers
from motcua.documents.models import Document, Signature
from motcua.documents.queries import DocumentRow
from motcua.documents.rules import DocumentKind, DocumentState, SignatureField
from motcua.dossiers import definitions, queries
from motcua.dossiers.models import Dossier
from motcua.dossiers.queries import ListRow
from motcua.dossiers.rules import LIVE
from motcua.kernel.actor import Actor, ActorKind, Role
from motcua.kernel.calendar import LOCAL

KINDS: Final = (
    DocumentKind.RESULT, DocumentKind.REFUSAL_DECISION, DocumentKind.STOP_NOTICE, DocumentKind.APOLOGY,
    DocumentKind.CORRECTION_NOTICE, DocumentKind.OPINION_REQUEST,
)  # fmt: skip
"""What the competent person issues; papers of the counter are signed there and then, by hand."""
DECIDING: Final = (Role.AGENCY_HEAD, Role.DIVISION_HEAD, Role.OFFICE_HEAD, Role.PROVINCE_LEADER)
COUNTED: Final = 100


@dataclass(frozen=True, slots=True)
class Waiting:
    """A paper that waits for the actor: its dossier, and the field that is theirs to sign."""

    paper: DocumentRow
    dossier: ListRow
    field: SignatureField


def waiting(actor: Actor, at: datetime, *, after: int = 0, size: int) -> list[Waiting]:
    """
    Return papers of dossiers in hand that wait for the actor's signature or seal, oldest first, at most `size + 1`.

    Those whose signatory the actor is and that have no signature yet; and, for who keeps the agency's seal, those
    that the person has signed and the agency has not (two statements).
    """
    found = list(_open(actor, at).filter(pk__gt=after).order_by("pk")[: size + 1])
    shown = (
        queries.by_subjects(actor, [row.subject for row in found if row.subject is not None]) if found else {}
    )
    return [
        Waiting(
            papers.document_row(row), shown[row.subject],
            SignatureField.AGENCY if row.state == DocumentState.SIGNED else SignatureField.SIGNATORY,
        )
        for row in found
        if row.subject in shown
    ]  # fmt: skip


def signs(actor: Actor, at: datetime) -> bool:
    """Tell whether papers of this list can be the actor's to sign: who decides, and who keeps the agency's seal."""
    return actor.kind is ActorKind.STAFF and actor.duty(*DECIDING, *_keepers(at)) is not None


def count(actor: Actor, at: datetime) -> int:
    """Return how many wait, up to `COUNTED`."""
    return _open(actor, at).order_by()[:COUNTED].count()


def _open(actor: Actor, at: datetime) -> QuerySet[Document]:
    if actor.kind is not ActorKind.STAFF or actor.staff_id is None:
        return Document.objects.none()
    mine = Q(signatory=actor.staff_id) & ~Q(state=DocumentState.SIGNED)
    sealing = {duty.agency_id for duty in actor.duties if duty.role in _keepers(at)}
    if sealing:
        whole = Exists(Signature.objects.filter(document=OuterRef("pk"), complete=True))
        mine |= Q(unit__agency__in=sealing, state=DocumentState.SIGNED) & ~Q(whole)
    agencies = {duty.agency_id for duty in actor.duties}
    live = Dossier.objects.filter(agency__in=agencies, state__in=sorted(str(state) for state in LIVE))
    return papers.visible_documents(actor).filter(
        mine, subject__in=live.values("subject"), kind__in=KINDS, copy_no=1, superseded=False
    )


def _keepers(at: datetime) -> frozenset[Role]:
    return definitions.signing(at.astimezone(LOCAL).date()).seal
