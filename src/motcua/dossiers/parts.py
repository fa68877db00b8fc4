"""
The parts of an interlinked group: which there are, when each may begin, what it is filled with, when the group is done.

Pure. A part's plan is the dated data as the catalogue keeps it, frozen with the dossier of the group. Sources: NĐ
61/2018 Art. 19.6 and 19.7; NĐ 63/2024 as amended by NĐ 301/2026 (facts-lifecycle.md 2.6); decision 0024.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from typing import Any

from motcua.catalogue import rules as catalogue
from motcua.dossiers.rules import ENDED, PAUSED, STATE_NAMES, Decision, State
from motcua.kernel.counting import Limit, TimeUnit

Plan = Mapping[str, Any]
HOURS_A_DAY = 8


class PartState(StrEnum):
    """Where a part stands for its group; once it is opened, its own dossier says the rest."""

    WAITING = "waiting"
    OPENED = "opened"
    IMPOSSIBLE = "impossible"
    WITHDRAWN = "withdrawn"


PART_STATE_NAMES: Mapping[PartState, str] = {
    PartState.WAITING: "Chưa đến lượt",
    PartState.OPENED: "Đã chuyển cơ quan giải quyết",
    PartState.IMPOSSIBLE: "Không thực hiện được",
    PartState.WITHDRAWN: "Người nộp không đề nghị nữa",
}
RESULT = frozenset({State.PROCESSED, State.RETURNED})


def plan(part: Mapping[str, Any], filling: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plan of a part as it is kept, from its record of the data and how it is filled."""
    after = list(part.get("after", ()))
    return {
        "key": part["key"],
        "name": filling["name"],
        "procedure": filling["procedure"],
        "after": after,
        "needs": list(part.get("needs", after)),
        "condition": part.get("condition"),
        "limit": part.get("limit"),
        "limits": dict(part.get("limits", {})),
        "verified_limit": part.get("verified_limit"),
        "settings": dict(part.get("settings", {})),
        "mirrored": part.get("mirrored") or "",
        "passes": [dict(passed) for passed in part.get("passes", ())],
        "answers": dict(filling.get("answers", {})),
        "papers": dict(filling.get("papers", {})),
    }


def chosen(plans: Iterable[Plan], answers: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the parts that a case with these answers has; what follows a part that is not there follows nothing."""
    kept = [one for one in plans if catalogue.holds(one["condition"], answers)]
    keys = {one["key"] for one in kept}
    return [
        {**one, **{name: [other for other in one[name] if other in keys] for name in ("after", "needs")}}
        for one in kept
    ]


def limit_of(plan: Plan, channel: str) -> Limit | None:
    """Return the limit the group's law gives the part by a channel; None: that of the part's own procedure."""
    raw = plan["limits"].get(channel) or plan["limit"]
    return Limit.from_json(raw) if raw else None


def verified_limit(plan: Plan) -> Limit | None:
    """Return the longer limit the group's law gives the part when it is verified on site; None where it gives none."""
    raw = plan.get("verified_limit")
    return Limit.from_json(raw) if raw else None


def overall(limits: Mapping[str, Limit], after: Mapping[str, Sequence[str]]) -> Limit:
    """
    Return the limit of a group that has none of its own: the longest way through its parts, in working days.

    Parts side by side count once. A part's limit in other units is rounded up to whole working days.
    """
    ends: dict[str, Decimal] = {}

    def end(key: str) -> Decimal:
        if key not in ends:
            ends[key] = _days(limits[key]) + max((end(other) for other in after[key]), default=Decimal(0))
        return ends[key]

    days = max((end(key) for key in limits), default=Decimal(1))
    return Limit(int(days.to_integral_value(ROUND_CEILING)), TimeUnit.WORKING_DAYS)


def _days(limit: Limit) -> Decimal:
    value = Decimal(limit.value)
    match limit.unit:
        case TimeUnit.WORKING_HOURS:
            days = value / HOURS_A_DAY
        case TimeUnit.ELAPSED_HOURS:
            days = value / 24
        case TimeUnit.MONTHS:
            days = value * 30
        case _:
            days = value
    return max(days.to_integral_value(ROUND_CEILING), Decimal(1))


@dataclass(frozen=True, slots=True)
class Standing:
    """
    How one part stands: its state for the group and, once opened, the state and decision of its dossier.

    `waits`: a supplement was asked for before its agency took it in.
    """

    key: str
    after: tuple[str, ...]
    needs: tuple[str, ...]
    state: PartState
    dossier: State | None = None
    decision: str = ""
    waits: bool = False

    @property
    def ended(self) -> bool:
        """Tell whether nothing is to be expected of it any more, but the handing over of what it gave."""
        if self.state is PartState.OPENED:
            return self.dossier in ENDED
        return self.state is not PartState.WAITING

    @property
    def granted(self) -> bool:
        """Tell whether it gave the result that was asked for."""
        return (
            self.state is PartState.OPENED
            and self.dossier in RESULT
            and self.decision == Decision.APPROVED.value
        )

    @property
    def paused(self) -> bool:
        """Tell whether its own clock is held."""
        return self.state is PartState.OPENED and (self.dossier in PAUSED or self.waits)

    @property
    def given_up(self) -> bool:
        """Tell whether the applicant took it back."""
        return self.state is PartState.WITHDRAWN or (
            self.state is PartState.OPENED and self.dossier is State.WITHDRAWN
        )


@dataclass(frozen=True, slots=True)
class Next:
    """
    What a group has to do now: parts to open, parts that can no longer be done with the part that failed them.

    `paused`: every part under way waits for the applicant or somebody else, so the group's clock is held. `ended`: no
    part is left; `granted`: at least one gave its result; `abandoned`: none did, because the applicant took them back.
    """

    opens: tuple[str, ...] = ()
    impossible: Mapping[str, str] = field(default_factory=dict)
    paused: bool = False
    ended: bool = False
    granted: bool = False
    abandoned: bool = False


def following(standings: Sequence[Standing]) -> Next:
    """
    Return what follows from how the parts stand; asked again after it was done, it opens and blocks nothing more.

    A part opens when all before it have ended and those whose result it needs gave it; it can no longer be done as
    soon as one of those has ended without.
    """
    by_key = {one.key: one for one in standings}
    failed: dict[str, str] = {}
    for one in standings:  # in the order of the data, where a part stands behind what it follows
        if one.state is not PartState.WAITING:
            continue
        lacking = [
            key for key in one.needs if key in failed or (by_key[key].ended and not by_key[key].granted)
        ]
        if lacking:
            failed[one.key] = lacking[0]
    opens = tuple(
        one.key
        for one in standings
        if one.state is PartState.WAITING
        and one.key not in failed
        and all(by_key[key].ended or key in failed for key in one.after)
    )
    live = [one for one in standings if one.state is PartState.OPENED and not one.ended]
    ended = not opens and all(one.ended or one.key in failed for one in standings)
    granted = any(one.granted for one in standings)
    left = [one for one in standings if one.key not in failed and one.state is not PartState.IMPOSSIBLE]
    return Next(
        opens=opens,
        impossible=failed,
        paused=bool(live) and not opens and all(one.paused for one in live),
        ended=ended,
        granted=granted,
        abandoned=ended and not granted and bool(left) and all(one.given_up for one in left),
    )


def answers_for(
    plan: Plan,
    fields: Iterable[Mapping[str, Any]],
    given: Mapping[str, Any],
    numbers: Mapping[str, str],
) -> dict[str, Any]:
    """
    Return the answers of a part's form: asked once in the group's, copied or turned as the plan says.

    `fields` are those of the part's form, `numbers` the numbers of results by the key of their part. What nobody was
    asked is left out: the agency takes it from its databases.
    """
    found: dict[str, Any] = {}
    for item in fields:
        key = item["key"]
        source = plan["answers"].get(key)
        value = given.get(key) if source is None else _sourced(source, given, numbers)
        if value in (None, "", []):
            continue
        if item.get("show_if") and not catalogue.holds(item["show_if"], {**given, **found}):
            continue
        found[key] = value
    return found


def _sourced(source: Mapping[str, Any], given: Mapping[str, Any], numbers: Mapping[str, str]) -> Any:
    for case in source.get("cases", ()):
        if catalogue.holds(case["when"], given):
            return case["value"]
    if "from" in source:
        return given.get(source["from"])
    if "day_of" in source:
        return str(given.get(source["day_of"]) or "")[:10]
    if "number_of" in source:
        return numbers.get(source["number_of"], "")
    if "rows" in source:
        return [
            {column: given[name] for column, name in row.items() if given.get(name)} for row in source["rows"]
        ]
    return source.get("value")


def passed_to(plans: Iterable[Plan], key: str) -> dict[str, tuple[str, str]]:
    """Return which papers other parts' results become in a part: by paper code, the part and the result type."""
    return {
        passed["paper"]: (one["key"], passed["result"])
        for one in plans
        for passed in one["passes"]
        if key in passed["to"]
    }


SAID: tuple[State, ...] = (
    State.SUBMITTED,
    State.ACCEPTED,
    State.IN_PROCESS,
    State.SUPPLEMENT_REQUESTED,
    State.PROCESSED,
    State.RETURNED,
    State.STOPPED,
    State.NOT_ACCEPTED,
    State.WITHDRAWN,
)
"""What a central system can say of a part; `submitted`: it has the part, and has not taken it in yet."""
SAID_NAMES: Mapping[State, str] = {
    **{state: STATE_NAMES[state] for state in SAID},
    State.SUBMITTED: "Đã nhận được hồ sơ, chưa tiếp nhận",
}


def brings_result(
    now: State,
    said: State,
    said_at: datetime,
    last: datetime | None,
    known: Sequence[str],
    told: Sequence[str],
) -> bool:
    """
    Tell whether what a central system said after a part's end brings its result anew: corrected, or only now.

    `known` and `told` name a result as it was given last and now: its number and the digest of its file, empty where
    there is none. The outcome stays: what was granted is granted anew, what was refused is refused anew. Only what is
    newer counts, and only what differs from what is known.
    """
    same = (now in RESULT and said in RESULT) or (now is State.STOPPED and said is State.STOPPED)
    newer = last is None or said_at >= last
    return same and newer and any(new and new != old for old, new in zip(known, told, strict=True))


def mirrors(now: State, said: State, said_at: datetime, last: datetime | None) -> bool:
    """
    Tell whether what a central system said changes a part: it is newer than the last that did, and not after the end.

    After its end a result may still be handed over; nothing else follows. That it has the part changes no state.
    """
    if said is State.SUBMITTED:
        return False
    if last is not None and said_at < last:
        return False
    if now in ENDED:
        return now is State.PROCESSED and said is State.RETURNED
    return said is not now
