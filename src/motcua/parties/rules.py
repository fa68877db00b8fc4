"""Kinds of account and party; masking and likeness of people. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from motcua.kernel.errors import Conflict


class AccountKind(StrEnum):
    """Staff and citizens have separate accounts and separate sessions; a partner's system signs in for tokens."""

    STAFF = "staff"
    CITIZEN = "citizen"
    PARTNER = "partner"


class PartyKind(StrEnum):
    """Whom a dossier can belong to."""

    PERSON = "person"
    ORGANISATION = "organisation"


def mask(number: str, head: int = 3, tail: int = 4) -> str:
    """
    Return the number with its middle hidden: '030071995247' → '030•••••5247'.

    Numbers too short to hide anything between head and tail are hidden but for the last two signs. The
    bullets do not tell the true length beyond that of a personal number.
    """
    if not number:
        return ""
    if len(number) <= head + tail:
        return "•" * max(len(number) - 2, 0) + number[-2:]
    return number[:head] + "•" * (len(number) - head - tail) + number[-tail:]


def mask_phone(phone: str) -> str:
    """Return the phone with all but its last three digits hidden."""
    return "•" * max(len(phone) - 3, 0) + phone[-3:] if phone else ""


class NotMergeable(Conflict):
    """Two records that cannot be one: different kinds, different numbers, or one was merged already."""

    code = "not_mergeable"
    message = "Hai bản ghi này không thể gộp làm một."


@dataclass(frozen=True, slots=True)
class Likeness:
    """What two records have in common; `sure` when the number is the same."""

    sure: bool
    reasons: tuple[str, ...]


def likeness(
    *,
    id_number: str,
    folded: str,
    birth_date: date | None,
    phone: str,
    other_number: str,
    other_folded: str,
    other_birth_date: date | None,
    other_phone: str,
) -> Likeness | None:
    """
    Return why two records may be one (Vietnamese reasons), or None.

    The same number is sure; the same folded name with the same birth date is likely, unless both have numbers
    and they differ.
    """
    if id_number and id_number == other_number:
        return Likeness(True, ("Cùng số định danh hoặc mã số thuế",))
    if id_number and other_number:
        return None
    if folded != other_folded or birth_date is None or birth_date != other_birth_date:
        return None
    reasons = ["Cùng họ tên và ngày sinh"]
    if phone and phone == other_phone:
        reasons.append("Cùng số điện thoại")
    return Likeness(False, tuple(reasons))
