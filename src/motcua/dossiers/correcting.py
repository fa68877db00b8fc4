"""
Rules of correcting a result that was issued with a mistake: who was at fault, by when, where a correction stands.

Pure. The grounds are dated settings (`correction_grounds`): each says whose fault it is and within which time the new
result is due. Source: NĐ 30/2020 (a document issued with a mistake is corrected or replaced by one of the same form),
facts-lifecycle.md 2.3, facts-digitisation.md 10.5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from motcua.documents.rules import DocumentKind
from motcua.dossiers.rules import CORRECTABLE, Act, Decision, NotAllowedNow, State
from motcua.kernel.counting import Limit
from motcua.kernel.errors import Conflict, Invalid


class CorrectionState(StrEnum):
    """
    asked    the applicant, or the counter for them, says that the result is wrong
    refused  the competent person does not correct it
    ordered  it is to be corrected: an officer prepares the new result
    drafted  the new result waits for its signature
    signed   it is issued; the old paper is to be taken back
    done     the new result is with its owner
    """

    ASKED = "asked"
    REFUSED = "refused"
    ORDERED = "ordered"
    DRAFTED = "drafted"
    SIGNED = "signed"
    DONE = "done"


CORRECTION_NAMES: Final[Mapping[CorrectionState, str]] = {
    CorrectionState.ASKED: "Chờ cơ quan xem xét",
    CorrectionState.REFUSED: "Không đính chính",
    CorrectionState.ORDERED: "Đang soạn kết quả mới",
    CorrectionState.DRAFTED: "Chờ ký kết quả mới",
    CorrectionState.SIGNED: "Đã ký, chờ trả kết quả mới",
    CorrectionState.DONE: "Đã trả kết quả mới",
}
AT_WORK: Final = frozenset({CorrectionState.ORDERED, CorrectionState.DRAFTED})
"""The agency owes the new result: its limit runs, and the old one is not handed out."""
OPEN: Final = AT_WORK | {CorrectionState.ASKED, CorrectionState.SIGNED}
ISSUED: Final[Mapping[Decision, DocumentKind]] = {
    Decision.APPROVED: DocumentKind.RESULT,
    Decision.REFUSED: DocumentKind.REFUSAL_DECISION,
}
"""What is corrected: the result that grants, or the official document that refuses."""


class Asker(StrEnum):
    """Who said that the result is wrong."""

    APPLICANT = "applicant"
    COUNTER = "counter"
    AGENCY = "agency"


ASKER_NAMES: Final[Mapping[Asker, str]] = {
    Asker.APPLICANT: "Người nộp hồ sơ đề nghị",
    Asker.COUNTER: "Bộ phận Một cửa ghi nhận đề nghị",
    Asker.AGENCY: "Cơ quan giải quyết tự phát hiện",
}


class Fault(StrEnum):
    """Whose the mistake is; the agency's owes an apology."""

    AGENCY = "agency"
    APPLICANT = "applicant"
    NOBODY = "nobody"


FAULT_NAMES: Final[Mapping[Fault, str]] = {
    Fault.AGENCY: "Lỗi của cơ quan giải quyết",
    Fault.APPLICANT: "Do thông tin người nộp khai",
    Fault.NOBODY: "Không do lỗi của bên nào",
}


class OldOriginal(StrEnum):
    """What became of the paper original of the old result."""

    TAKEN_BACK = "taken_back"
    LOST = "lost"
    NONE = "none"


OLD_ORIGINAL_NAMES: Final[Mapping[OldOriginal, str]] = {
    OldOriginal.TAKEN_BACK: "Đã thu lại bản giấy cũ",
    OldOriginal.LOST: "Người nhận báo đã mất bản giấy cũ",
    OldOriginal.NONE: "Chưa từng phát bản giấy",
}


class NothingToCorrect(NotAllowedNow):
    """No result was issued, or no correction stands where the act begins."""

    code = "nothing_to_correct"


class CorrectionOpen(Conflict):
    """The result of the dossier is being corrected, or that was asked for, already."""

    code = "correction_open"
    message = "Kết quả của hồ sơ này đã có một đề nghị đính chính đang được giải quyết."


class ResultBeingCorrected(NotAllowedNow):
    """The result is wrong and a new one is being made: the old one is not handed out."""

    code = "result_being_corrected"

    def __init__(self) -> None:
        super().__init__("Kết quả đang được đính chính; trả kết quả mới sau khi được ký, không trả bản cũ.")


@dataclass(frozen=True, slots=True)
class CorrectionGround:
    """Why a result may be corrected, whose fault that is, and in which time the new result is due."""

    code: str
    label: str
    fault: Fault
    within: Limit
    basis: str = ""


def grounds(settings: Iterable[Mapping[str, Any]]) -> dict[str, CorrectionGround]:
    """Return the grounds of the settings by code, in their order."""
    return {
        row["code"]: CorrectionGround(
            row["code"],
            row["label"],
            Fault(row["fault"]),
            Limit.from_json(row["within"]),
            row.get("basis", ""),
        )
        for row in settings
    }


def ground(code: str, allowed: Mapping[str, CorrectionGround]) -> CorrectionGround:
    """
    Return a ground of the closed list.

    :raises Invalid: it is none of them.
    """
    if code not in allowed:
        raise Invalid(errors={"ground": "Chọn căn cứ đính chính trong danh sách."})
    return allowed[code]


def old_original(text: str) -> OldOriginal:
    """
    Return what became of the old paper.

    :raises Invalid: it is not said.
    """
    if text not in set(OldOriginal):
        raise Invalid(errors={"old_original": "Chọn bản giấy cũ đã thu lại, đã mất hay chưa từng phát."})
    return OldOriginal(text)


def expect(state: str | None, *wanted: CorrectionState) -> None:
    """
    Let an act pass that begins where the correction stands (None: there is none).

    :raises NothingToCorrect:
    """
    if state not in wanted:
        names = " hoặc ".join(f"“{CORRECTION_NAMES[one]}”" for one in wanted)
        raise NothingToCorrect(f"Việc này chỉ làm khi đính chính kết quả đang ở bước {names}.")


def issued_kind(state: State, decision: str, *, mirrored: str) -> DocumentKind | None:
    """Return which kind of paper of ours ended the dossier and can be corrected; None where there is none."""
    if mirrored or state not in CORRECTABLE:
        return None
    return ISSUED.get(Decision(decision))


def doable(
    state: State,
    at: CorrectionState | None,
    *,
    issued: bool,
    decides: bool,
    prepares: bool,
    serves: bool,
) -> frozenset[Act]:
    """
    Return which acts a person may do where a correction stands (`at` None: none is open); the operations check again.

    `issued`: a result of ours exists; `decides` is the competent person, `prepares` the officer named, `serves` the
    counter that received.
    """
    if state not in CORRECTABLE or not issued:
        return frozenset()
    found: set[Act] = set()
    if at is None and serves:
        found.add(Act.ASK_CORRECTION)
    if at in (None, CorrectionState.ASKED) and decides:
        found.add(Act.ORDER_CORRECTION)
    if at is CorrectionState.ASKED and decides:
        found.add(Act.REFUSE_CORRECTION)
    if at in AT_WORK and (decides or prepares):
        found.add(Act.DRAFT_CORRECTION)
    if at is CorrectionState.DRAFTED and decides:
        found.add(Act.SIGN_CORRECTION)
    if at is CorrectionState.SIGNED and serves:
        found.add(Act.RETURN_CORRECTION)
    return frozenset(found)
