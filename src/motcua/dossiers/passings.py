"""Reading what was asked of a part that a central system decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from motcua.documents import queries as documents
from motcua.documents.queries import FileRow
from motcua.dossiers.models import Dossier, PassedOn
from motcua.dossiers.passing import PASS_NAMES, PassKind
from motcua.kernel.actor import Actor, ActorKind


@dataclass(frozen=True, slots=True)
class PassedRow:
    """One request with the files it adds, and how far it is."""

    no: int
    kind: PassKind
    words: str
    files: tuple[FileRow, ...]
    asked_by: str
    asked_at: datetime
    answer_by: datetime
    acknowledged_at: datetime | None
    settled_at: datetime | None
    answered_by: datetime | None
    refusal: str
    refusal_paper: str
    refusal_file: FileRow | None

    @property
    def name(self) -> str:
        """Return what is asked for, in words."""
        return PASS_NAMES[self.kind]

    def unacknowledged(self, now: datetime) -> bool:
        """Tell whether the system is past the time in which it should have said that it has the request."""
        return self.acknowledged_at is None and self.settled_at is None and now > self.answer_by

    def unanswered(self, now: datetime) -> bool:
        """Tell whether the system is past the time in which it should have answered the request."""
        return self.settled_at is None and self.answered_by is not None and now > self.answered_by


def of_dossier(actor: Actor, dossier: Dossier) -> list[PassedRow]:
    """
    Return what was asked of a mirrored part, the last first; `dossier` comes from a query that knew the actor.

    Two statements, none for a dossier that is decided here.
    """
    if not dossier.mirrored or actor.kind is ActorKind.ANONYMOUS:
        return []
    rows = list(PassedOn.objects.filter(dossier_id=dossier.subject).order_by("-no"))
    files = {one.id: one for one in documents.everything_of(actor, dossier.subject)[1]} if rows else {}
    return [
        PassedRow(
            row.no, PassKind(row.kind), row.words, tuple(files[one] for one in row.files if one in files),
            row.asked_by, row.asked_at, row.answer_by, row.acknowledged_at, row.settled_at, row.answered_by,
            row.refusal, row.refusal_paper, files.get(row.refusal_file or 0),
        )
        for row in rows
    ]  # fmt: skip
