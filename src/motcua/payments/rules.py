"""What is owed for a subject: kinds, states and sums, in whole đồng."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from motcua.kernel import errors
from motcua.kernel.text import clean


class FeeKind(StrEnum):
    """Phí (fee for a service) and lệ phí (state charge) are kept apart in every sum."""

    FEE = "phi"
    CHARGE = "le_phi"


class ObligationState(StrEnum):
    """An obligation is due, paid, waived (with its ground) or given back."""

    DUE = "due"
    PAID = "paid"
    WAIVED = "waived"
    REFUNDED = "refunded"


class RefundState(StrEnum):
    """Money paid for what was withdrawn: to be decided on, to be given back, not to be, given back."""

    OPEN = "open"
    DUE = "due"
    NONE = "none"
    DONE = "done"


REFUND_NAMES: Final[Mapping[RefundState, str]] = {
    RefundState.OPEN: "Chờ xác định hoàn trả",
    RefundState.DUE: "Chờ hoàn trả tiền",
    RefundState.NONE: "Không hoàn trả",
    RefundState.DONE: "Đã hoàn trả",
}


class CollectedWhen(StrEnum):
    """When the money is asked for (hình thức thu): at receipt, with a supplement, at the return."""

    AT_RECEIPT = "at_receipt"
    AT_SUPPLEMENT = "at_supplement"
    AT_RETURN = "at_return"


class Method(StrEnum):
    """How the money came."""

    CASH = "cash"
    CARD = "card"
    TRANSFER = "transfer"
    ONLINE = "online"


class NotPayable(errors.Conflict):
    """What is to be paid, waived or given back is no longer in the state for it."""

    code = "not_payable"
    message = "Khoản phí, lệ phí này đã được xử lý. Tải lại trang để xem tình trạng hiện tại."


class NoRefund(errors.Conflict):
    """There is nothing paid to decide on, or it was decided, or given back already."""

    code = "no_refund"
    message = "Không có khoản đã nộp nào chờ việc này. Tải lại trang để xem tình trạng hiện tại."


@dataclass(frozen=True, slots=True)
class RefundDecision:
    """What is given back, in đồng (0: nothing), and by which rule, or why not."""

    amount: int
    ground: str


def refund_decision(decision: RefundDecision, paid: int) -> RefundDecision:
    """
    Return a decision on money paid, fit to be kept; `paid` in đồng.

    :raises errors.Invalid: more than was paid, or no ground in words.
    """
    found: dict[str, str] = {}
    ground = clean(decision.ground, field="refund_ground")[:500]
    if not 0 <= decision.amount <= paid:
        found["refund"] = f"Số tiền hoàn trả từ 0 đến {paid:,} đồng đã nộp.".replace(",", ".")
    if len(ground) < 10:
        found["refund_ground"] = "Ghi căn cứ hoàn trả, hoặc lý do không hoàn trả (ít nhất 10 ký tự)."
    if found:
        raise errors.Invalid(errors=found)
    return RefundDecision(decision.amount, ground)


class ReasonMissing(errors.Invalid):
    """Money is waived or given back only with a written ground."""

    code = "reason_missing"
    message = "Ghi căn cứ miễn, giảm hoặc hoàn trả."


@dataclass(frozen=True, slots=True)
class Line:
    """
    One fee or charge to open: `amount` is the whole sum in đồng, after reductions, for `quantity` units.

    A reduction to nothing is opened with `amount` 0 and its ground in `exemption`: it is waived at once.
    """

    fee_code: str
    kind: FeeKind
    label: str
    amount: int
    channel: str
    quantity: int = 1
    collected_when: CollectedWhen = CollectedWhen.AT_RECEIPT
    exemption: str = ""

    def __post_init__(self) -> None:
        if self.amount < 0 or self.quantity < 1:
            raise ValueError("an obligation has a sum of at least 0 and a quantity of at least 1")


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums in đồng, fees (phí) and charges (lệ phí) apart."""

    fees: int = 0
    charges: int = 0

    @property
    def total(self) -> int:
        """Return both together."""
        return self.fees + self.charges


def totals(amounts: Iterable[tuple[FeeKind, int]]) -> Totals:
    """Return the sums of (kind, amount in đồng) pairs."""
    fees = charges = 0
    for kind, amount in amounts:
        if kind is FeeKind.FEE:
            fees += amount
        else:
            charges += amount
    return Totals(fees, charges)


def receipt_number(no: int, year: int) -> str:
    """Return the printed number of a receipt: "0000127/2023"."""
    return f"{no:07d}/{year}"


_METHODS = {
    Method.CASH: "Tiền mặt",
    Method.CARD: "Thẻ",
    Method.TRANSFER: "Chuyển khoản",
    Method.ONLINE: "Trực tuyến",
}


def method_label(method: Method) -> str:
    """Return the Vietnamese word of a way of paying."""
    return _METHODS[method]


def kind_label(kind: FeeKind) -> str:
    """Return "Phí" or "Lệ phí"."""
    return "Phí" if kind is FeeKind.FEE else "Lệ phí"
