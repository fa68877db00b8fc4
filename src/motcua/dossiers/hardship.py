"""
What may have made an applicant come or wait more often than the law wants, by an officer's acts (R-189). Pure.

A sign is a fact of the record with its dossier, never a finding: a second supplement can be right. Sources: NĐ 61/2018
Art. 15.3 (guidance once, complete), NĐ 63/2010 Art. 20.4 (at most two trips), 61/2018 Art. 17.1 (refusal on a ground).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class HardshipKind(StrEnum):
    """What happened."""

    ASKED_AGAIN = "asked_again"
    REFUSED_COMPLETE = "refused_complete"
    MANY_TRIPS = "many_trips"


HARDSHIPS: Final[Mapping[HardshipKind, str]] = {
    HardshipKind.ASKED_AGAIN: "Yêu cầu bổ sung từ lần thứ hai khi đang giải quyết",
    HardshipKind.REFUSED_COMPLETE: "Từ chối tiếp nhận hồ sơ đã có đủ giấy tờ theo danh mục",
    HardshipKind.MANY_TRIPS: "Một người phải được hướng dẫn từ lần thứ ba cho cùng thủ tục",
}
TRIPS: Final = 2
"""Trips a person should need at most for a case (NĐ 61/2018 Art. 15.3, NĐ 63/2010 Art. 20.4)."""
