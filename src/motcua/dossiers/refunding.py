"""
What is given back of fees and charges paid for a dossier that ended without what they were paid for. Pure.

The rules are dated settings (`refund_rules`): by fee or kind of fee, by how the dossier ended, and by whether the
agency had begun to handle it; the first that fits counts. Each says how sure it is. They propose; an officer decides,
and says why where the decision differs. Source: facts-lifecycle.md 2.10 (refund check), Law 97/2015/QH13 on fees.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from motcua.dossiers.rules import State
from motcua.payments.rules import FeeKind
from motcua.territory.rules import Certainty

LONGEST: Final = 500
"""Most characters of a ground, as `payments` keeps it."""


class Ended(StrEnum):
    """How the dossier ended."""

    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"
    LAPSED = "lapsed"
    REFUSED = "refused"


ENDED_NAMES: Final[Mapping[Ended, str]] = {
    Ended.WITHDRAWN: "người nộp rút hồ sơ",
    Ended.STOPPED: "dừng giải quyết",
    Ended.LAPSED: "dừng do không bổ sung đúng hạn",
    Ended.REFUSED: "quyết định không giải quyết",
}


@dataclass(frozen=True, slots=True)
class RefundRule:
    """`percent` of what was paid is given back; without `fees` and `kinds` of any fee, `handled` None: either."""

    ended: frozenset[Ended]
    percent: int
    words: str
    certainty: Certainty
    fees: frozenset[str] = frozenset()
    kinds: frozenset[FeeKind] = frozenset()
    handled: bool | None = None
    basis: str = ""

    def fits(self, fee_code: str, kind: FeeKind, ended: Ended, *, handled: bool) -> bool:
        """Tell whether the rule says what becomes of a fee."""
        return (
            ended in self.ended
            and (self.handled is None or self.handled == handled)
            and (not self.fees or fee_code in self.fees)
            and (not self.kinds or kind in self.kinds)
        )

    def said(self) -> str:
        """Return the rule in words with its legal basis."""
        return f"{self.words} ({self.basis})" if self.basis else self.words


@dataclass(frozen=True, slots=True)
class PaidFee:
    """A fee or charge that was paid, in đồng."""

    fee_code: str
    kind: FeeKind
    label: str
    amount: int


@dataclass(frozen=True, slots=True)
class Line:
    """What the rules give back of one fee, in đồng; `rule` None: they say nothing of it."""

    fee: PaidFee
    rule: RefundRule | None

    @property
    def amount(self) -> int | None:
        """Return the sum given back, rounded down to the đồng."""
        return None if self.rule is None else self.fee.amount * self.rule.percent // 100


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the rules propose, fee by fee."""

    lines: tuple[Line, ...]

    @property
    def paid(self) -> int:
        """Return all that was paid, in đồng."""
        return sum(line.fee.amount for line in self.lines)

    @property
    def amount(self) -> int | None:
        """Return what is to be given back in all; None while a fee has no rule, or nothing was paid."""
        amounts = [line.amount for line in self.lines]
        return None if None in amounts or not amounts else sum(one for one in amounts if one is not None)

    @property
    def ground(self) -> str:
        """Return the rules used, each once, as the ground of the decision."""
        said = dict.fromkeys(line.rule.said() for line in self.lines if line.rule is not None)
        return " ".join(said)[:LONGEST]

    @property
    def unsure(self) -> bool:
        """Tell whether a rule used has not been checked against the law by the province."""
        return any(line.rule is not None and line.rule.certainty is not Certainty.HIGH for line in self.lines)


def refund_rules(settings: Iterable[Mapping[str, Any]]) -> tuple[RefundRule, ...]:
    """Return the rules of the dated settings, in their order."""
    return tuple(
        RefundRule(
            ended=frozenset(Ended(one) for one in row["ended"]),
            percent=row["percent"],
            words=row["words"],
            certainty=Certainty(row["certainty"]),
            fees=frozenset(row.get("fees", ())),
            kinds=frozenset(FeeKind(kind) for kind in row.get("kinds", ())),
            handled=row.get("handled"),
            basis=row.get("basis", ""),
        )
        for row in settings
    )


def proposal(
    rules: Sequence[RefundRule], paid: Iterable[PaidFee], ended: Ended, *, handled: bool
) -> Proposal:
    """Return what the rules give back of what was paid; of each fee the first rule that fits counts."""
    return Proposal(
        tuple(
            Line(fee, next((one for one in rules if one.fits(fee.fee_code, fee.kind, ended, handled=handled)), None))
            for fee in paid
        )
    )  # fmt: skip


def begun(state: State) -> bool:
    """Tell whether the agency had begun to handle a dossier that stood in a state."""
    return state not in (State.SUBMITTED, State.ACCEPTED)


def given_back(rules: Iterable[RefundRule], ended: Ended) -> tuple[list[str], list[str]] | None:
    """
    Return the fee codes and kinds of fees of which something may be given back after such an end.

    Both empty: of any. None: of no fee, so that nothing is to be decided.
    """
    found = [rule for rule in rules if ended in rule.ended and rule.percent]
    if not found:
        return None
    if any(not rule.fees and not rule.kinds for rule in found):
        return [], []
    codes = sorted(code for rule in found for code in rule.fees)
    return codes, sorted(kind.value for rule in found if not rule.fees for kind in rule.kinds)
