"""
Papers that belong to no dossier: whoever issues a kind says here who may see one, and who signs it.

The room that keeps the matter (a hand-over list, a guidance, a closed book, a letter inside the administration) fills
its kinds in when the process starts; so one operation and one page sign them all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from motcua.documents import queries as papers
from motcua.documents.queries import DocumentRow
from motcua.documents.rules import DocumentKind
from motcua.dossiers.signatures import ToSign
from motcua.kernel.actor import SYSTEM, Actor
from motcua.kernel.errors import NotFound
from motcua.organisation import queries as organisation


@dataclass(frozen=True, slots=True)
class Home:
    """The matter a paper belongs to: its number in the ledger, who signs the paper, who took over what it lists."""

    subject: int
    signatory_id: int | None
    receiver_id: int | None = None

    def to_sign(self, row: DocumentRow) -> ToSign:
        """Return the paper as it waits for signatures."""
        agency_id = organisation.root_of(row.unit_id).agency_id
        return ToSign(self.signatory_id, agency_id, receiver_id=self.receiver_id)


Find = Callable[[Actor, DocumentRow], Home]
_FINDERS: Final[dict[DocumentKind, Find]] = {}


def issues(find: Find, *kinds: DocumentKind) -> None:
    """Register who tells of papers of these kinds (called in AppConfig.ready); `find` raises NotFound for strangers."""
    _FINDERS.update(dict.fromkeys(kinds, find))


def known() -> frozenset[DocumentKind]:
    """Return the kinds of paper that may belong to no dossier."""
    return frozenset(_FINDERS)


def of(actor: Actor, document_id: int) -> tuple[DocumentRow, Home]:
    """
    Return a paper that belongs to no dossier, with its home.

    :raises NotFound: there is none, it is a reprint, or the matter is not for this actor.
    """
    row = papers.document(SYSTEM, document_id)
    find = _FINDERS.get(row.kind)
    if find is None or row.copy_no > 1:
        raise NotFound
    return row, find(actor, row)
