"""What is owed for a subject: kinds, states and sums, in whole đồng."""

from __future__ import annotations

from enum import StrEnum


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
