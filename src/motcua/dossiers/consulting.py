"""
Rules of working together on a dossier: opinions asked of other units outside the drawn process.

Pure. Sources: NĐ 61/2018 Art. 19.5 (content and deadline, late opinions), 19.6 (all at once, lead agency named).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from motcua.dossiers.rules import PAUSED, RUNNING, State
from motcua.kernel.actor import Role
from motcua.kernel.errors import Conflict, Invalid, NotFound


class OpinionState(StrEnum):
    """Where a question to one body stands; `recalled` was taken back, or ended with the dossier."""

    OPEN = "open"
    GIVEN = "given"
    RECALLED = "recalled"


class Stance(StrEnum):
    """What an opinion comes to."""

    AGREE = "agree"
    DISAGREE = "disagree"
    NOT_CONCERNED = "not_concerned"


STANCES: Final[Mapping[Stance, str]] = {
    Stance.AGREE: "Đồng ý",
    Stance.DISAGREE: "Không đồng ý",
    Stance.NOT_CONCERNED: "Không thuộc phạm vi, không liên quan",
}


ANSWERING: Final = (Role.COORDINATOR, Role.PROCESSING_OFFICER, Role.DIVISION_HEAD, Role.AGENCY_HEAD)
"""Who answers for a unit that is asked."""
MOST_ASKED: Final = 20
AWAITING: Final[frozenset[State]] = RUNNING | PAUSED
"""States in which opinions are still awaited."""


class OpinionNotFound(NotFound):
    """No such question, or not one of this actor's concern."""

    code = "opinion_not_found"
    message = "Không tìm thấy việc hỏi ý kiến này."


class OpinionClosed(Conflict):
    """It was answered or recalled already."""

    code = "opinion_closed"
    message = "Việc hỏi ý kiến này đã được trả lời hoặc đã rút lại."


class NothingLate(Conflict):
    """No question's time has run out unanswered."""

    code = "opinion_not_late"
    message = "Không có ý kiến nào quá hạn chưa trả lời."


def question(
    content: str, due_at: datetime | None, units: Sequence[int], at: datetime
) -> tuple[str, datetime, list[int]]:
    """
    Return a question as it may be asked: cleaned, every unit once (NĐ 61/2018 Art. 19.5: content and deadline).

    :raises Invalid:
    """
    errors: dict[str, str] = {}
    text, chosen = content.strip()[:4000], list(dict.fromkeys(units))
    if len(text) < 10:
        errors["content"] = "Ghi rõ nội dung cần cho ý kiến (ít nhất 10 ký tự)."
    if due_at is None or due_at <= at:
        errors["due_at"] = "Thời hạn cho ý kiến phải sau lúc này."
    if not chosen:
        errors["units"] = "Chọn ít nhất một đơn vị cần hỏi ý kiến."
    elif len(chosen) > MOST_ASKED:
        errors["units"] = f"Mỗi lần hỏi không quá {MOST_ASKED} đơn vị."
    if errors:
        raise Invalid(errors=errors)
    assert due_at is not None  # noqa: S101  (refused above)
    return text, due_at, chosen


def answer(stance: str, text: str) -> tuple[Stance, str]:
    """
    Return an opinion as it may be given; who does not agree says why.

    :raises Invalid:
    """
    if stance not in set(Stance):
        raise Invalid(errors={"stance": "Chọn đồng ý, không đồng ý hoặc không liên quan."})
    words = text.strip()[:4000]
    if stance != Stance.AGREE and len(words) < 10:
        raise Invalid(errors={"text": "Ghi rõ nội dung ý kiến (ít nhất 10 ký tự)."})
    return Stance(stance), words
