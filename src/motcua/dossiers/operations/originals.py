"""Receipts for originals the counter borrows: frozen when they are taken in, and again when they are given back."""

from __future__ import annotations

from collections.abc import Sequence

from motcua.documents import operations as documents
from motcua.documents import papers as paper_kinds
from motcua.documents import queries as document_queries
from motcua.documents.rules import DocumentKind
from motcua.dossiers import papers
from motcua.dossiers.models import Component
from motcua.dossiers.operations.common import Work
from motcua.dossiers.rules import PaperHandedIn
from motcua.kernel.actor import SYSTEM
from motcua.parties import queries as parties
from motcua.parties.queries import PartyRow


def taken(work: Work, components: Sequence[PaperHandedIn], owner: PartyRow, submitter: PartyRow) -> None:
    """Freeze the receipt for what was borrowed at acceptance (one statement), nothing where nothing was."""
    kept = [(one.name, one.originals) for one in components if one.borrowed_original]
    if kept:
        _freeze(
            work, papers.borrowed_originals(work.dossier, work.bundle, owner, submitter, kept, work.actor)
        )


def given_back(work: Work, collector: str) -> None:
    """Freeze the receipt anew with who got the originals back, in the place of the first; none is kept any more."""
    dossier = work.dossier
    rows = Component.objects.filter(
        dossier_id=dossier.subject, borrowed_original=True, handed_back_at=None
    ).order_by("no")
    kept = list(rows.values_list("name", "originals"))
    if not kept or dossier.accepted_at is None:
        return
    rows.update(handed_back_at=work.at)
    before = document_queries.latest_content(SYSTEM, dossier.subject, DocumentKind.BORROWED_ORIGINALS)
    number, first = (before[0].id, before[1]) if before else (None, None)
    people = parties.rows(SYSTEM, [dossier.owner_id, dossier.submitter_id])
    paper = papers.borrowed_originals(
        dossier,
        work.bundle,
        people[dossier.owner_id],
        people[dossier.submitter_id],
        kept,
        work.actor,
        returned_at=work.at,
        returned_to=collector.strip(),
        receiver_name=first.receiver_name if isinstance(first, paper_kinds.BorrowedOriginals) else "",
    )
    _freeze(work, paper, replaces_id=number)


def _freeze(work: Work, paper: paper_kinds.BorrowedOriginals, replaces_id: int | None = None) -> None:
    document = documents.freeze(
        subject=work.dossier.subject,
        paper=paper,
        unit_id=work.dossier.receiving_unit_id,
        at=work.at,
        replaces_id=replaces_id,
        signatory_id=work.actor.staff_id,
    )
    work.papers[paper.KIND.value] = document.pk
