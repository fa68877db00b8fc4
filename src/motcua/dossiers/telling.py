"""What members of staff are told of a dossier beside their work lists: kinds, and whom an act tells. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from motcua.kernel.actor import Role
from motcua.kernel.errors import NotFound


class TellKind(StrEnum):
    """What it is about."""

    VERSION_MOVED = "version_moved"
    OPINION_ASKED = "opinion_asked"
    OPINION_GIVEN = "opinion_given"
    OPINION_LATE = "opinion_late"
    OPINION_RECALLED = "opinion_recalled"
    CORRECTION_ASKED = "correction_asked"
    CORRECTION_ORDERED = "correction_ordered"
    CORRECTION_DRAFTED = "correction_drafted"
    PAPER_REPLACED = "paper_replaced"
    PASSED_ON = "passed_on"


TELL_NAMES: Final[Mapping[TellKind, str]] = {
    TellKind.VERSION_MOVED: "Hồ sơ chuyển sang bản quy trình mới",
    TellKind.OPINION_ASKED: "Đơn vị được hỏi ý kiến",
    TellKind.OPINION_GIVEN: "Đã có ý kiến",
    TellKind.OPINION_LATE: "Cho ý kiến chậm",
    TellKind.OPINION_RECALLED: "Rút lại việc hỏi ý kiến",
    TellKind.CORRECTION_ASKED: "Đề nghị đính chính kết quả",
    TellKind.CORRECTION_ORDERED: "Được giao soạn kết quả đính chính",
    TellKind.CORRECTION_DRAFTED: "Kết quả đính chính chờ ký",
    TellKind.PAPER_REPLACED: "Giấy tờ trong hồ sơ đã được thay thế",
    TellKind.PASSED_ON: "Đề nghị gửi hệ thống của bộ, ngành",
}


class TellingNotFound(NotFound):
    """No such message to this person."""

    code = "telling_not_found"
    message = "Không tìm thấy tin này."


@dataclass(frozen=True, slots=True)
class Whom:
    """One member of staff, or whoever holds a role in a unit."""

    staff_id: int | None = None
    unit_id: int | None = None
    role: Role | None = None
