"""What is owed for a subject: kinds, states and sums, in whole đồng."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from motcua.kernel import errors


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
