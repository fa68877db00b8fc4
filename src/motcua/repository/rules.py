"""What an owner holds: kinds, certainty, validity on a day and the code of a holding."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
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


def holding_code(owner_number: str, type_code: str, number: str) -> str:
    """
    Return the code of a paper in its owner's repository: owner number "." type "." paper number.

    A paper without a number has only the first two parts (facts-codes 4.5; TT 01/2023/TT-VPCP).
    """
    return ".".join(part for part in (owner_number, type_code, number.strip()) if part)


def valid_on(valid_from: date | None, valid_to: date | None, day: date) -> bool:
    """Tell whether a paper counts on a day; an open end does not end it, both ends count."""
    return (valid_from is None or valid_from <= day) and (valid_to is None or day <= valid_to)


@dataclass(frozen=True, slots=True)
class Result:
    """
    A result to deposit: `type_code` from the result types, `paper_type` what it counts as when handed in.

    `valid_from` defaults to the day of issue; no `valid_to` means without end.
    """

    type_code: str
    title: str
    paper_type: str = ""
    number: str = ""
    issuer: str = ""
    issued_on: date | None = None
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Handed:
    """A component to deposit: the accepted paper of a dossier with its stored file."""

    paper_type: str
    title: str
    file_id: int
    number: str = ""
    issuer: str = ""
    issued_on: date | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    certainty: Certainty = Certainty.CHECKED
