"""The slip of a dossier issued anew: what it promises has changed."""

from __future__ import annotations

from motcua.documents import queries as documents
from motcua.documents.models import Document
from motcua.documents.rules import DocumentKind
from motcua.dossiers import papers
from motcua.dossiers.operations.common import Work, freeze
from motcua.dossiers.operations.receipt import components_of
from motcua.kernel.actor import SYSTEM
from motcua.parties import queries as parties


def replace(work: Work, unit_id: int) -> Document:
    """Freeze the slip of the dossier as it is now, under a number of the unit; it names the one it replaces."""
    dossier = work.dossier
    people = parties.rows(SYSTEM, [dossier.owner_id, dossier.submitter_id])
    before = documents.latest(SYSTEM, dossier.subject, DocumentKind.SLIP)
    return freeze(
        work,
        papers.slip(
            dossier,
            work.bundle,
            papers.corrected(people[dossier.owner_id], dossier),
            people[dossier.submitter_id],
            components_of(dossier),
            (),
            work.actor,
            replaces_number=before.number if before else "",
        ),
        unit_id=unit_id,
        replaces_id=before.id if before else None,
    )
