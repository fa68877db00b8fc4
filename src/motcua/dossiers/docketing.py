"""Papers of dossiers handed from one place to another by list: kinds, states, refusals (R-057, R-058)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from motcua.dossiers.rules import State
from motcua.kernel.errors import Conflict, Invalid, NotFound

MOST: Final = 200
"""Most dossiers on one list: what a person hands over and counts at one time."""


class DocketKind(StrEnum):
    """To whom the papers go."""

    UNIT = "unit"
    POST = "post"
    OUTSIDE = "outside"


DOCKET_KINDS: Final[Mapping[DocketKind, str]] = {
    DocketKind.UNIT: "Phòng, đơn vị trong hệ thống",
    DocketKind.POST: "Bưu điện",
    DocketKind.OUTSIDE: "Cơ quan khác chưa dùng hệ thống",
}


class DocketState(StrEnum):
    """Where a list stands; both kinds of reception close it."""

    SENT = "sent"
    RECEIVED = "received"
    DIFFERENT = "different"
    CANCELLED = "cancelled"


DOCKET_STATES: Final[Mapping[DocketState, str]] = {
    DocketState.SENT: "Chờ bên nhận xác nhận",
    DocketState.RECEIVED: "Đã nhận đủ",
    DocketState.DIFFERENT: "Đã nhận, có chênh lệch",
    DocketState.CANCELLED: "Đã hủy",
}

NOTHING_TO_HAND: Final = frozenset({State.SUBMITTED, State.NOT_ACCEPTED, State.VOID})
"""States in which an office holds no papers of a dossier that could be handed on."""


class DocketNotFound(NotFound):
    """No such list, or none of this person's unit."""

    code = "docket_not_found"
    message = "Không tìm thấy phiếu bàn giao này."


class DocketClosed(Conflict):
    """It was received or cancelled already."""

    code = "docket_closed"
    message = "Phiếu bàn giao này đã được xác nhận hoặc đã hủy."


class AlreadyOnDocket(Conflict):
    """One of the dossiers stands on another list that nobody has confirmed."""

    code = "already_on_docket"
    message = "Có hồ sơ đang nằm trong một phiếu bàn giao khác chưa được xác nhận."


class NotYourUnit(Invalid):
    """The list starts from a unit in which the actor has no duty."""

    code = "docket_not_your_unit"
    message = "Bạn không có nhiệm vụ tại đơn vị giao."


@dataclass(frozen=True, slots=True)
class Counted:
    """What the receiver found: of each dossier on the list whether it was there, and the remark."""

    got: Mapping[str, bool]
    remarks: Mapping[str, str]
    different: bool


def counted(codes: Sequence[str], found: Collection[str], remarks: Mapping[str, str], note: str) -> Counted:
    """
    Return what the receiver found, from the codes scanned or ticked.

    Anything missing, remarked or left over needs a word: a remark at the dossier, or a note for what came beyond the
    list.

    :raises Invalid: a dossier is missing without a remark, or more came than the list has and no note says so.
    """
    held = set(found)
    got = {code: code in held for code in codes}
    kept = {code: remarks.get(code, "").strip()[:300] for code in codes if remarks.get(code, "").strip()}
    errors = {
        f"ghi-{code}": f"Ghi rõ vì sao chưa nhận được hồ sơ {code}."
        for code, there in got.items()
        if not there and code not in kept
    }
    beyond = sorted(held - set(codes))
    if beyond and not note.strip():
        errors["note"] = f"Có mã không nằm trong phiếu ({', '.join(beyond[:5])}): ghi rõ ở ô ghi chú."
    if errors:
        raise Invalid(errors=errors)
    return Counted(got, kept, bool(kept) or not all(got.values()) or bool(beyond))
