"""
What people ask of a part that a ministry's central system decides: passed on to that system, answered by it.

Pure. Nothing is decided here: a supplement, a withdrawal or a correction is asked for, the system says that it has the
request (within the time its group's law gives for an acknowledgement) and then, by its messages, what became of it.
Sources: NĐ 63/2024 as amended by NĐ 301/2026 (facts-lifecycle.md 2.6), R-065; decisions 0032, 0037.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final

from motcua.dossiers.correcting import issued_kind
from motcua.dossiers.rules import ENDED, FROM, Act, NotAllowedNow, State
from motcua.kernel.errors import Conflict


class PassKind(StrEnum):
    """What is asked for."""

    SUPPLEMENT = "supplement"
    WITHDRAWAL = "withdrawal"
    CORRECTION = "correction"


PASS_NAMES: Final[Mapping[PassKind, str]] = {
    PassKind.SUPPLEMENT: "Bổ sung giấy tờ, thông tin",
    PassKind.WITHDRAWAL: "Rút hồ sơ",
    PassKind.CORRECTION: "Đính chính kết quả",
}
MOST_FILES: Final = 20


class AlreadyPassedOn(Conflict):
    """The same was asked for before and is not answered yet."""

    code = "already_passed_on"
    message = "Đề nghị này đã được chuyển và đang chờ hệ thống của bộ, ngành trả lời."


class NoSuchRequest(Conflict):
    """There is no such request, or it was answered."""

    code = "no_such_request"
    message = "Không có đề nghị này, hoặc đề nghị đã có trả lời."


def passable(state: State, decision: str) -> tuple[PassKind, ...]:
    """Return what may be asked of a mirrored part as it stands."""
    found = []
    if state is State.SUPPLEMENT_REQUESTED:
        found.append(PassKind.SUPPLEMENT)
    if state in FROM[Act.WITHDRAW] and not decision:
        found.append(PassKind.WITHDRAWAL)
    if issued_kind(state, decision, mirrored="") is not None:
        found.append(PassKind.CORRECTION)
    return tuple(found)


def check(kind: PassKind, state: State, decision: str, unanswered: Collection[str]) -> None:
    """
    Let a request pass; papers may be added as often as there are any, the others wait for their answer.

    :raises NotAllowedNow: it cannot be asked as the part stands. :raises AlreadyPassedOn:
    """
    if kind not in passable(state, decision):
        raise NotAllowedNow(f"Lúc này không chuyển được đề nghị “{PASS_NAMES[kind]}” cho phần này.")
    if kind is not PassKind.SUPPLEMENT and kind.value in unanswered:
        raise AlreadyPassedOn


def answered(state: State, *, corrected: bool) -> list[PassKind]:
    """Return which requests a message answers after which the part stands so; `corrected`: its result is new."""
    found = [] if state is State.SUPPLEMENT_REQUESTED else [PassKind.SUPPLEMENT]
    if state in ENDED:
        found.append(PassKind.WITHDRAWAL)
    if corrected:
        found.append(PassKind.CORRECTION)
    return found
