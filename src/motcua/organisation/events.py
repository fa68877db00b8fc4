"""What the organisation room tells upwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyLent:
    """Somebody's duty is held by a colleague for some days, both counted."""

    NAME: ClassVar[str] = "organisation.duty_lent.v1"
    duty: int
    origin: int
    unit: int
    giver: int
    taker: int
    valid_from: date
    valid_to: date
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyGiven:
    """Somebody was given a duty because a role in a unit had no holder."""

    NAME: ClassVar[str] = "organisation.duty_given.v1"
    duty: int
    unit: int
    taker: int
    role: str
    valid_from: date
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyTakenBack:
    """A lent duty ended before its day; `last_day` is the last day it was, or would have been, in force."""

    NAME: ClassVar[str] = "organisation.duty_taken_back.v1"
    duty: int
    origin: int
    giver: int
    taker: int
    last_day: date
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KioskChanged:
    """A kiosk was put up, given a pairing code, paired with a machine or taken out of use; `act` says which."""

    NAME: ClassVar[str] = "organisation.kiosk.v1"
    kiosk: int
    unit: int
    act: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAreaChanged:
    """A one-stop unit receives for an agency outside its branch, or no longer; `act` says which."""

    NAME: ClassVar[str] = "organisation.service_area.v1"
    area: int
    unit: int
    agency: int
    act: str
    valid_from: date
    valid_to: date | None
