"""Kinds of place, area and calendar entry."""

from __future__ import annotations

from enum import StrEnum


class Certainty(StrEnum):
    """How sure a value of the data is; kept from the source file to the page."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class PlaceLevel(StrEnum):
    """Administrative level of a place; `district` is history after 30 June 2025."""

    PROVINCE = "province"
    DISTRICT = "district"
    COMMUNE = "commune"


class AreaClass(StrEnum):
    """Class of an area; it decides the productivity norm of a one-stop unit (QĐ 468/QĐ-TTg)."""

    URBAN = "urban"
    RURAL = "rural"
    REMOTE = "remote"


class LayerKind(StrEnum):
    """Layers of calendars, the general one first."""

    NATION = "nation"
    PROVINCE = "province"
    UNIT = "unit"


class DayKind(StrEnum):
    """What an announced day is (facts-documents-calendar.md 12.1)."""

    HOLIDAY = "holiday"
    COMPENSATORY = "compensatory"
    SWAPPED_OFF = "swapped_off"
    SWAPPED_WORK = "swapped_work"
    CLOSURE = "closure"


class HoursPurpose(StrEnum):
    """Sessions that count towards limits, or sessions in which papers are only received and handed out."""

    COUNTED = "counted"
    RECEIVING = "receiving"
