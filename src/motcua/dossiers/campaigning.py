"""
What a campaign is: one decision that reaches many dossiers of the province, previewed, then done one by one.

Pure. Two kinds so far: the reorganisation of agencies, and a change of the working calendar.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from motcua.kernel.errors import Conflict, Invalid, NotFound


class Kind(StrEnum):
    """What the decision is about."""

    REORGANISE = "reorganise"
    CALENDAR = "calendar"


KINDS: Final[Mapping[Kind, str]] = {
    Kind.REORGANISE: "Chuyển giao khi sắp xếp tổ chức",
    Kind.CALENDAR: "Thay đổi lịch làm việc",
}


class Stage(StrEnum):
    """Where a campaign stands."""

    DRAFT = "draft"
    RUNNING = "running"
    STOPPED = "stopped"
    FINISHED = "finished"
    DROPPED = "dropped"


STAGES: Final[Mapping[Stage, str]] = {
    Stage.DRAFT: "Đang xem trước",
    Stage.RUNNING: "Đang thực hiện",
    Stage.STOPPED: "Đã dừng",
    Stage.FINISHED: "Đã xong",
    Stage.DROPPED: "Đã bỏ",
}


class Effect(StrEnum):
    """What a campaign does to one dossier, as the preview tells it."""

    MOVES = "moves"
    BLOCKED = "blocked"
    LATER = "later"
    EARLIER = "earlier"
    LATE = "late"
    IN_TIME = "in_time"
    INNER = "inner"


EFFECTS: Final[Mapping[Effect, str]] = {
    Effect.MOVES: "Chuyển cho đơn vị kế tục",
    Effect.BLOCKED: "Chưa có nơi nhận",
    Effect.LATER: "Ngày hẹn lùi lại",
    Effect.EARLIER: "Ngày hẹn sớm hơn",
    Effect.LATE: "Thành quá hạn",
    Effect.IN_TIME: "Không còn quá hạn",
    Effect.INNER: "Chỉ đổi hạn trả lời, bổ sung",
}


class CampaignNotFound(NotFound):
    """No such campaign, or none of this person's concern."""

    code = "campaign_not_found"
    message = "Không tìm thấy đợt này."


class CampaignStage(Conflict):
    """The campaign does not stand where this can be done."""

    code = "campaign_stage"
    message = "Đợt này không còn ở bước đó. Tải lại trang để xem."


class CampaignBlocked(Conflict):
    """Some dossiers have no place to go; that must be mended first."""

    code = "campaign_blocked"

    def __init__(self, count: int) -> None:
        super().__init__(
            f"Còn {count} hồ sơ chưa có nơi nhận. Chọn đơn vị kế tục cho chúng trước khi thực hiện.",
            count=count,
        )


class TooEarly(Conflict):
    """A reorganisation takes effect at midnight of its day, not before."""

    code = "campaign_too_early"
    message = "Chưa đến ngày sắp xếp. Xem trước được ngay, thực hiện từ 0 giờ của ngày đó."


class OneAtATime(Conflict):
    """Another campaign of the kind is under way."""

    code = "campaign_one_at_a_time"
    message = "Đang có một đợt cùng loại chưa xong. Chờ đợt đó xong hoặc dừng lại trước."


def decision(number: str, on: object, title: str) -> dict[str, str]:
    """Return the errors of the decision a campaign rests on, by field; nothing where all is there."""
    errors = {}
    if not 3 <= len(number.strip()) <= 60:
        errors["so"] = "Ghi số, ký hiệu của văn bản, ví dụ 1669/NQ-UBTVQH15."
    if on is None:
        errors["ngay-ban-hanh"] = "Ghi ngày ban hành văn bản, ví dụ 16/06/2025."
    if not 10 <= len(title.strip()) <= 300:
        errors["trich-yeu"] = "Ghi trích yếu nội dung văn bản, từ 10 đến 300 ký tự."
    return errors


class CampaignInvalid(Invalid):
    """What was typed for a campaign is wrong or missing; `errors` name the fields."""

    code = "campaign_invalid"
