"""Stages of a restructuring, and the five measures it is held against (QĐ 468, R-044)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from motcua.kernel.errors import Conflict, Forbidden, Invalid, NotFound


class Measure(StrEnum):
    """What is told of a procedure before and after; hours are working hours, cost is đồng a dossier."""

    STEPS = "steps"
    HOURS = "hours"
    PAPERS = "papers"
    VISITS = "visits"
    COST = "cost"


MEASURES: Final[Mapping[Measure, str]] = {
    Measure.STEPS: "Số bước",
    Measure.HOURS: "Thời gian giải quyết (giờ làm việc)",
    Measure.PAPERS: "Số giấy tờ phải nộp",
    Measure.VISITS: "Số lần người dân đi lại",
    Measure.COST: "Chi phí một hồ sơ (đồng)",
}
MOST: Final = Decimal(1_000_000_000)


class Stage(StrEnum):
    """Where a restructuring stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    LIVE = "live"
    CONCLUDED = "concluded"
    DROPPED = "dropped"


STAGES: Final[Mapping[Stage, str]] = {
    Stage.PROPOSED: "Đang đề xuất",
    Stage.APPROVED: "Đã phê duyệt",
    Stage.LIVE: "Đang áp dụng",
    Stage.CONCLUDED: "Đã đánh giá",
    Stage.DROPPED: "Không thực hiện",
}
OPEN: Final = frozenset({Stage.PROPOSED, Stage.APPROVED, Stage.LIVE})


class RestructuringNotFound(NotFound):
    """There is none of this number, or it is not for the actor."""

    code = "restructuring_not_found"
    message = "Không tìm thấy phương án tái cấu trúc này."


class NotAKeeper(Forbidden):
    """The register is kept by procedure-control officers of the field."""

    code = "restructuring_not_yours"
    message = "Việc này do cán bộ kiểm soát thủ tục hành chính của lĩnh vực thực hiện."


class WrongStage(Conflict):
    """The act belongs to another stage."""

    code = "restructuring_stage"
    message = "Phương án đã sang bước khác. Xem lại tình trạng trước khi làm tiếp."


class AlreadyOpen(Conflict):
    """One restructuring of a procedure at a time."""

    code = "restructuring_open"
    message = "Thủ tục này đang có một phương án tái cấu trúc chưa kết thúc."


def measures(given: Mapping[str, Decimal | None], prefix: str) -> dict[Measure, Decimal]:
    """
    Return the five measures, whole or with a part; `prefix` names the fields they were typed into.

    :raises Invalid: one is missing, negative or beyond a thousand million.
    """
    errors: dict[str, str] = {}
    found: dict[Measure, Decimal] = {}
    for one in Measure:
        value = given.get(one.value)
        if value is None:
            errors[f"{prefix}{one.value}"] = f"Ghi {MEASURES[one][0].lower()}{MEASURES[one][1:]}."
        elif not 0 <= value <= MOST:
            errors[f"{prefix}{one.value}"] = "Ghi số từ 0 đến 1 tỷ."
        else:
            found[one] = value
    if errors:
        raise Invalid(errors=errors)
    return found


def improves(before: Mapping[Measure, Decimal], after: Mapping[Measure, Decimal]) -> bool:
    """Tell whether anything gets less for the people or the office."""
    return any(after[one] < before[one] for one in Measure)


def change(before: Decimal, after: Decimal) -> Decimal | None:
    """Return by how many percent a measure changes, less than nothing for a saving; None from nothing."""
    return (after - before) * 100 / before if before else None


@dataclass(frozen=True, slots=True)
class Spans:
    """Two spans of equally many days, before and since a procedure runs the new way; both ends count."""

    before: tuple[date, date]
    after: tuple[date, date]


def spans(live_on: date, today: date, most: int) -> Spans | None:
    """Return what is compared on a day: at most `most` days each; None before the first day is over."""
    days = min((today - live_on).days, most)
    if days < 1:
        return None
    return Spans(
        (live_on - timedelta(days=days), live_on - timedelta(days=1)),
        (live_on, live_on + timedelta(days=days - 1)),
    )
