"""Kinds of account and party; masking and likeness of people. Pure."""

from __future__ import annotations

from enum import StrEnum


class AccountKind(StrEnum):
    """Staff and citizens have separate accounts and separate sessions."""

    STAFF = "staff"
    CITIZEN = "citizen"


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
