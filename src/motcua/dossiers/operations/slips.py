"""The slip of a dossier: when one is made, and its issue anew when what it promises has changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from motcua.catalogue import queries as catalogue
from motcua.documents import queries as documents
from motcua.documents.models import Document
from motcua.documents.papers import FeeLine, Paper, Slip
from motcua.documents.rules import DocumentKind
from motcua.dossiers import papers
from motcua.dossiers.models import Component, Dossier
from motcua.dossiers.operations.common import Work, freeze
from motcua.dossiers.rules import Channel, ComponentState, PaperHandedIn
from motcua.kernel.actor import SYSTEM
from motcua.kernel.calendar import LOCAL
from motcua.parties import queries as parties
from motcua.parties.queries import PartyRow
from motcua.payments import queries as payments
from motcua.payments.queries import ObligationRow
from motcua.payments.rules import CollectedWhen, Line


def on_request(work: Work) -> bool:
    """
    Tell whether an accepted dossier gets its slip only when asked for: the person waits at the counter for a result of
    the same day, by a kind of limit that the setting of the day names (NĐ 61/2018 Art. 17.4).
    """
    dossier, day = work.dossier, work.at.astimezone(LOCAL).date()
    at_once = catalogue.setting("slip_on_request", day) or ()
    return (
        dossier.channel == Channel.DIRECT
        and dossier.due_at is not None
        and dossier.due_at.astimezone(LOCAL).date() == day
        and work.bundle.procedure.limit(dossier.terms).unit in at_once
    )


def asked(slip: bool | None) -> Mapping[str, bool]:
    """Return what the idempotency key covers of the choice; nothing where none was made."""
    return {} if slip is None else {"slip": slip}


def components_of(dossier: Dossier) -> list[PaperHandedIn]:
    """Return the papers of a dossier as rules know them."""
    rows = Component.objects.filter(dossier_id=dossier.subject).order_by("no")
    return [
        PaperHandedIn(
            paper=row.paper, name=row.name, state=ComponentState(row.state), originals=row.originals,
            copies=row.copies, present_only=row.present_only, borrowed_original=row.borrowed_original,
            file_id=row.file_id, required=row.required, digitise=row.digitise,
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class AtHand:
    """What a slip is made of beside the dossier; `no` is its number where the act has drawn it already."""

    owner: PartyRow
    submitter: PartyRow
    components: Sequence[PaperHandedIn]
    fees: Sequence[FeeLine]
    notes: Sequence[str] = ()
    no: int | None = None


def made(work: Work, unit_id: int, first: AtHand | None = None) -> Document:
    """
    Freeze the slip of the dossier as it is now, under a number of the unit.

    `first` is what the act that accepts has at hand. Without it everything is read, and the slip names the one it
    replaces, if there is one, with the fees that one told: what was promised stays promised.
    """
    dossier = work.dossier
    before = None if first else documents.latest_content(SYSTEM, dossier.subject, DocumentKind.SLIP)
    using = first or _read(work, before[1] if before else None)
    dossier.slip_on_request = False
    return freeze(
        work,
        papers.slip(
            dossier,
            work.bundle,
            using.owner,
            using.submitter,
            using.components,
            using.fees,
            work.actor,
            using.notes,
            replaces_number=before[0].number if before else "",
        ),
        unit_id=unit_id,
        no=using.no,
        replaces_id=before[0].id if before else None,
    )


def _read(work: Work, before: Paper | None) -> AtHand:
    dossier = work.dossier
    people = parties.rows(SYSTEM, [dossier.owner_id, dossier.submitter_id])
    if isinstance(before, Slip):
        fees: Sequence[FeeLine] = before.fees
    else:
        owed = payments.of_subject(SYSTEM, dossier.subject)
        fees = fee_lines(one for one in owed if one.collected_when is CollectedWhen.AT_RECEIPT)
    return AtHand(
        papers.corrected(people[dossier.owner_id], dossier),
        people[dossier.submitter_id],
        components_of(dossier),
        fees,
    )


def fee_lines(owed: Iterable[Line | ObligationRow]) -> list[FeeLine]:
    """Return fees as a slip tells them."""
    return [FeeLine(one.label, one.amount) for one in owed]
