"""
Financial obligations notified during handling (national status 6): what a notice must say, and when the wait is over.

Pure. Facts-lifecycle 2.1 (6), 2.4 (the clock stands meanwhile), 2.10 (6 → 4 when all notices are paid).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from motcua.kernel.errors import Conflict, Invalid

MOST: Final = 10**13
"""The largest sum of a notice, in đồng."""


class DueKind(StrEnum):
    """What is to be paid."""

    TAX = "tax"
    FEE = "fee"
    CHARGE = "charge"


DUE_KINDS: Final = {
    DueKind.TAX: "Thuế, tiền sử dụng đất, tiền thuê đất",
    DueKind.FEE: "Phí",
    DueKind.CHARGE: "Lệ phí",
}


class DueState(StrEnum):
    """Where a notice stands."""

    DUE = "due"
    PAID = "paid"
    CANCELLED = "cancelled"


DUE_STATES: Final = {DueState.DUE: "Chưa nộp", DueState.PAID: "Đã nộp", DueState.CANCELLED: "Đã hủy"}


class NoSuchNotice(Conflict):
    """A notice is not of this dossier, or is paid or cancelled already."""

    code = "notice_settled"
    message = "Thông báo này đã được nộp, đã hủy hoặc không thuộc hồ sơ. Tải lại trang để xem."


class StillOwed(Conflict):
    """Not all notices are paid."""

    code = "still_owed"
    message = "Còn thông báo nghĩa vụ tài chính chưa nộp. Xác nhận đã nộp từng thông báo; nộp đủ thì hồ sơ tự tiếp tục."


@dataclass(frozen=True, slots=True)
class NoticeInput:
    """
    A financial obligation as it is notified. `amount` in đồng, `basis` how it was found (formula, decision),
    `payee` the agency that takes the money; `at_counter`: the receiving unit takes it and gives the receipt.
    """

    kind: str
    label: str
    amount: int
    number: str
    payee: str
    basis: str = ""
    at_counter: bool = False


def checked(notices: Sequence[NoticeInput]) -> list[NoticeInput]:
    """
    Return the notices fit to be kept.

    :raises Invalid: none, more than twenty, or something one must say is missing; errors by the fields of the first.
    """
    if not 0 < len(notices) <= MOST_NOTICES:
        raise Invalid(errors={"notices": f"Ghi từ 1 đến {MOST_NOTICES} khoản phải nộp."})
    for notice in notices:
        errors: dict[str, str] = {}
        if notice.kind not in set(DueKind):
            errors["kind"] = "Chọn loại nghĩa vụ trong danh sách."
        elif notice.at_counter and notice.kind == DueKind.TAX:
            errors["at_counter"] = "Thuế, tiền đất không thu tại Bộ phận Một cửa."
        if not notice.label.strip():
            errors["label"] = "Ghi tên khoản phải nộp."
        if not 0 < notice.amount <= MOST:
            errors["amount"] = "Ghi số tiền lớn hơn 0."
        if not notice.number.strip():
            errors["number"] = "Ghi số, ngày của thông báo."
        if not notice.at_counter and not notice.payee.strip():
            errors["payee"] = "Ghi cơ quan thu tiền."
        if errors:
            raise Invalid(errors=errors)
    return list(notices)


MOST_NOTICES: Final = 20


def over(states: Iterable[str]) -> bool:
    """Tell whether the wait is over: no notice is due any more."""
    return all(state != DueState.DUE for state in states)
