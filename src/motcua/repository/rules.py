"""What an owner holds: kinds, certainty, validity on a day and the code of a holding."""

from __future__ import annotations

from enum import StrEnum


class HoldingKind(StrEnum):
    """A paper handed in once, or a result issued by an agency."""

    PAPER = "paper"
    RESULT = "result"


class HoldingState(StrEnum):
    """A holding counts until it is revoked or a newer one takes its place."""

    ACTIVE = "active"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"


class Certainty(StrEnum):
    """How sure the content is: issued here, checked against the original, or only as handed in."""

    ISSUED = "issued"
    CHECKED = "checked"
    HANDED_IN = "handed_in"
