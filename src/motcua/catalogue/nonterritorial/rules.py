"""
What may be received outside the territory of its agency, and by whom (R-071 to R-073, R-077).

Pure. Criteria, lists and savings are data (`non_territorial.yaml`) or come by decision.
Sources: QĐ 468/QĐ-TTg; NĐ 309/2026 Art 14(4); register R-071 to R-079.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from motcua.kernel.actor import Actor, DutyRef, Role
from motcua.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from motcua.kernel.text import clean


class ListKind(StrEnum):
    """An entry of the approved list, or of a pilot with an end."""

    APPROVED = "approved"
    PILOT = "pilot"


LIST_KINDS: Mapping[ListKind, str] = {
    ListKind.APPROVED: "Danh mục chính thức",
    ListKind.PILOT: "Danh mục thí điểm",
}


class Verdict(StrEnum):
    """What an assessment came to."""

    SUITABLE = "suitable"
    UNSUITABLE = "unsuitable"


VERDICTS: Mapping[Verdict, str] = {
    Verdict.SUITABLE: "Đủ điều kiện",
    Verdict.UNSUITABLE: "Chưa đủ điều kiện",
}


class Outcome(StrEnum):
    """What was decided about a pilot."""

    OPEN = ""
    CONTINUED = "continued"
    STOPPED = "stopped"


OUTCOMES: Mapping[Outcome, str] = {
    Outcome.OPEN: "Đang thí điểm, chưa kết luận",
    Outcome.CONTINUED: "Tiếp tục thực hiện",
    Outcome.STOPPED: "Dừng thí điểm",
}


class NotAllowed(Forbidden):
    """The list is kept by the procedure-control officers."""

    code = "non_territorial_officer_only"
    message = "Chỉ cán bộ kiểm soát thủ tục hành chính được đánh giá, lập danh mục phi địa giới hành chính."


class EntryNotFound(NotFound):
    """There is no such entry of the list."""

    code = "non_territorial_entry_not_found"
    message = "Không tìm thấy mục này trong danh mục phi địa giới hành chính."


class NotSuitable(Conflict):
    """The last assessment does not carry it, or there is none."""

    code = "non_territorial_not_suitable"
    message = (
        "Thủ tục chưa được đánh giá đủ điều kiện tiếp nhận phi địa giới hành chính. Đánh giá theo tiêu chí trước,"
        " rồi mới đưa vào danh mục."
    )


class AlreadyListed(Conflict):
    """Another entry of the procedure covers some of the days."""

    code = "non_territorial_already_listed"

    def __init__(self, first: date, last: date | None) -> None:
        until = f" đến {last:%d/%m/%Y}" if last else ""
        super().__init__(
            f"Thủ tục đã có trong danh mục từ {first:%d/%m/%Y}{until}; hai mục không được trùng ngày."
        )


class AlreadyEnded(Conflict):
    """The entry has ended, or a conclusion was drawn."""

    code = "non_territorial_ended"
    message = "Mục này đã kết thúc hoặc đã có kết luận."


class NotListed(Conflict):
    """The procedure is on no list that day."""

    code = "non_territorial_not_listed"

    def __init__(self, name: str, on: date) -> None:
        super().__init__(
            f"Ngày {on:%d/%m/%Y}, thủ tục “{name}” không có trong danh mục được tiếp nhận không phụ thuộc địa giới"
            " hành chính. Hồ sơ phải nộp tại nơi tiếp nhận của cơ quan có thẩm quyền."
        )


class UnitNotAllowed(Conflict):
    """The procedure is listed, but not for this unit."""

    code = "non_territorial_unit_not_allowed"

    def __init__(self, unit: str, name: str, decision: str) -> None:
        super().__init__(
            f"{unit} không thuộc các nơi được tiếp nhận thủ tục “{name}” thay cơ quan có thẩm quyền"
            f" (Quyết định {decision})."
        )


@dataclass(frozen=True, slots=True)
class Criterion:
    """A criterion of the assessment; a `yes` to one that `excludes` keeps the procedure off the list."""

    code: str
    text: str
    excludes: bool


ON_SITE: Final = "on_site"
"""The criterion that the process itself answers: some step is an inspection on site."""


def check_on_site(answers: Mapping[str, bool], steps: Sequence[str]) -> None:
    """
    Refuse an assessment that says nothing is inspected on site while steps of the process are (R-071).

    :raises Invalid:
    """
    if steps and answers.get(ON_SITE) is False:
        told = "; ".join(steps)
        raise Invalid(
            errors={ON_SITE: f"Quy trình có bước kiểm tra thực địa: {told}. Tiêu chí này phải là “Có”."}
        )


def verdict(criteria: Sequence[Criterion], answers: Mapping[str, bool]) -> Verdict:
    """
    Return what the answers come to: every condition met and nothing that excludes (R-071).

    :raises Invalid: a criterion has no answer.
    """
    missing = {f"criterion.{one.code}": "Chọn Có hoặc Không." for one in criteria if one.code not in answers}
    if missing or not criteria:
        raise Invalid("Trả lời mọi tiêu chí.", errors=missing or {"criteria": "Chưa có tiêu chí nào."})
    met = all(answers[one.code] is not one.excludes for one in criteria)
    return Verdict.SUITABLE if met else Verdict.UNSUITABLE


@dataclass(frozen=True, slots=True)
class Listed:
    """
    A procedure on a list from one day to another, both counted.

    Any unit of `unit_kinds` and each of `units` (codes) may receive; both empty: every one-stop unit of the province.
    """

    id: int
    procedure_code: str
    kind: ListKind
    decision_no: str
    decision_on: date | None
    issuer: str
    unit_kinds: tuple[str, ...]
    units: tuple[str, ...]
    valid_from: date
    valid_to: date | None
    certainty: str
    note: str = ""
    outcome: Outcome = Outcome.OPEN
    outcome_decision: str = ""
    outcome_note: str = ""
    end_decision: str = ""
    end_reason: str = ""

    def in_force(self, on: date) -> bool:
        """Tell whether the entry holds on a local day."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)

    def lets(self, unit_code: str, unit_kind: str) -> bool:
        """Tell whether a unit may receive."""
        if not self.unit_kinds and not self.units:
            return True
        return unit_kind in self.unit_kinds or unit_code in self.units


def listed(entries: Iterable[Listed], procedure_code: str, on: date) -> Listed | None:
    """Return the entry under which a procedure is received on a local day."""
    return next((one for one in entries if one.procedure_code == procedure_code and one.in_force(on)), None)


def free(entries: Iterable[Listed], procedure_code: str, first: date, last: date | None) -> None:
    """
    Let a new entry pass that shares no day with another of its procedure.

    :raises AlreadyListed:
    """
    for one in entries:
        if one.procedure_code != procedure_code:
            continue
        if (last is None or one.valid_from <= last) and (one.valid_to is None or one.valid_to >= first):
            raise AlreadyListed(one.valid_from, one.valid_to)


def duty(actor: Actor, procedure_field: str) -> DutyRef:
    """
    Return the duty under which the actor keeps the list for a field of procedures.

    :raises NotAllowed:
    """
    held = actor.duty(Role.KSTT, procedure_field=procedure_field)
    if held is None:
        raise NotAllowed
    return held


def decision(number: str, on: date | None, today: date, errors: dict[str, str]) -> str:
    """Return the cleaned number of a decision; what is wrong goes into `errors`."""
    kept = clean(number)[:60]
    if not kept:
        errors["decision_no"] = "Ghi số quyết định."
    if on is None:
        errors["decision_on"] = "Ghi ngày quyết định."
    elif on > today:
        errors["decision_on"] = "Ngày quyết định không được sau hôm nay."
    return kept


@dataclass(frozen=True, slots=True)
class Saving:
    """What one trip to an agency of a tier costs a person: hours and kilometres there and back (an estimate)."""

    tier: str
    hours: Decimal
    kilometres: Decimal
    valid_from: date
    valid_to: date | None
    certainty: str
    source: str


@dataclass(frozen=True, slots=True)
class Saved:
    """What the public was spared: trips, hours, kilometres (R-079)."""

    trips: int = 0
    hours: Decimal = Decimal(0)
    kilometres: Decimal = Decimal(0)

    def __add__(self, other: Saved) -> Saved:
        return Saved(self.trips + other.trips, self.hours + other.hours, self.kilometres + other.kilometres)


def saved(savings: Iterable[Saving], tier: str, on: date, *, dossiers: int, collected: int) -> Saved:
    """
    Return what dossiers handed in elsewhere have spared: one trip each, and another where the result was not fetched
    from the agency either. Nothing where no parameter holds for the tier of the deciding agency that day.
    """
    held = next(
        (
            one
            for one in savings
            if one.tier == tier and one.valid_from <= on and (one.valid_to is None or on <= one.valid_to)
        ),
        None,
    )
    if held is None:
        return Saved()
    trips = dossiers + collected
    return Saved(trips, held.hours * trips, held.kilometres * trips)
