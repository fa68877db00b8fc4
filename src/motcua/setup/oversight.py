"""
What the demo shows of watching over the work: faults, reminders and cases, signs of paper, restructuring, outages.

Each line of the data (`province/cases.yaml`) names an act, who does it (`as`) and, with `name`, how later lines call
what came of it (`of`). `cases.py` does the lines in the order of time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from motcua.dossiers.operations import outage
from motcua.evaluation.onpaper import operations as onpaper
from motcua.evaluation.restructuring import operations as restructuring
from motcua.evaluation.restructuring.rules import Measure
from motcua.kernel.actor import Actor
from motcua.kernel.calendar import LOCAL
from motcua.organisation import queries as organisation
from motcua.parties.models import Account
from motcua.parties.rules import AccountKind
from motcua.steering.discipline import operations as discipline
from motcua.steering.discipline.rules import Ground, Period, ReminderKind
from motcua.steering.faults import operations as faults
from motcua.steering.faults.rules import Seriousness, System

Said = Mapping[str, Any]


class Line(NamedTuple):
    """One line at its moment: what it says, who does it, the key of the act, and the subject it is `of` (0: none)."""

    said: Said
    actor: Actor
    key: str
    at: datetime
    of: int

    @property
    def common(self) -> dict[str, Any]:
        """Return what every act takes."""
        return {"actor": self.actor, "key": self.key, "at": self.at}

    @property
    def unit_id(self) -> int:
        """Return the unit that the line names."""
        return organisation.unit_by_code(self.said["unit"]).id

    def day(self, name: str) -> date:
        """Return a day of the line."""
        return date.fromisoformat(self.said[name])

    def moment(self, name: str) -> datetime:
        """Return a local moment of the line."""
        return moment(self.said[name])

    @property
    def days(self) -> Period:
        """Return the days whose figures a reminder or a case rests on."""
        return Period(self.day("first"), self.day("last"))


def moment(text: str) -> datetime:
    """Return a local moment of the data, such as "2023-09-29 15:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


def staff(username: str, at: datetime) -> Actor:
    """Return an officer of the demo by the name they sign in with."""
    account = Account.objects.get(kind=AccountKind.STAFF.value, username=username)
    return organisation.actor_of(account.pk, at)


def _whom(line: Line) -> int:
    return staff(line.said["whom"], line.at).staff_id or 0


def _report_fault(line: Line) -> int:
    return faults.report(
        system=System(line.said["system"]), seriousness=Seriousness(line.said["seriousness"]),
        where=line.said["where"], what=line.said["what"], file_ids=(), **line.common,
    )  # fmt: skip


def _remind(line: Line) -> int:
    return discipline.remind(
        kind=ReminderKind(line.said["kind"]), unit_id=line.unit_id, staff_id=_whom(line), days=line.days,
        text=line.said["text"], **line.common,
    )  # fmt: skip


def _open_case(line: Line) -> int:
    return discipline.open_case(
        ground=Ground(line.said["ground"]), unit_id=line.unit_id, staff_id=_whom(line), days=line.days,
        what=line.said["what"], proposal=line.said["proposal"], **line.common,
    )  # fmt: skip


def _compare_book(line: Line) -> int:
    compared = onpaper.compare_book(
        unit_id=line.unit_id, year=line.at.astimezone(LOCAL).year, text="\n".join(line.said["numbers"]),
        **line.common,
    )  # fmt: skip
    return compared.finding or 0


def _restructure(line: Line) -> int:
    sides = {
        side: {one.value: Decimal(line.said[side][one.value]) for one in Measure}
        for side in ("before", "after")
    }
    return restructuring.propose(
        procedure_code=line.said["procedure"], what=line.said["what"], legal_changes=line.said["legal_changes"],
        before=sides["before"], after=sides["after"], **line.common,
    )  # fmt: skip


def _declare_outage(line: Line) -> int:
    return outage.declare_outage(
        what=line.said["what"], began_at=line.moment("began"), ended_at=line.moment("ended"),
        agency_id=organisation.unit(line.unit_id).agency_id, **line.common,
    )  # fmt: skip


STARTING: Final[Mapping[str, Callable[[Line], int]]] = {
    "compare_book": _compare_book,
    "declare_outage": _declare_outage,
    "open_case": _open_case,
    "remind": _remind,
    "report_fault": _report_fault,
    "restructure": _restructure,
}
"""Acts that something new comes of; each returns its number."""

FOLLOWING: Final[Mapping[str, Callable[[Line], object]]] = {
    "answer_fault": lambda line: faults.answer(fault=line.of, text=line.said["text"], **line.common),
    "close_fault": lambda line: faults.close(fault=line.of, **line.common),
    "see_reminder": lambda line: discipline.see(reminder=line.of, **line.common),
    "answer_reminder": lambda line: discipline.answer(
        reminder=line.of, text=line.said["text"], **line.common
    ),
    "decide_case": lambda line: discipline.decide(
        case=line.of, decision=line.said["text"], follow_up_on=line.day("look_again"), **line.common
    ),
    "follow_case": lambda line: discipline.follow(
        case=line.of, found=line.said["text"], follow_up_on=line.day("look_again"), **line.common
    ),
    "ask_sign": lambda line: onpaper.ask(
        finding=line.of, question=line.said["text"], answer_by=line.moment("due"), **line.common
    ),
    "answer_sign": lambda line: onpaper.answer(finding=line.of, text=line.said["text"], **line.common),
    "approve_restructuring": lambda line: restructuring.approve(
        number=line.of, decision_no=line.said["decision_no"], decided_on=line.day("decided_on"), **line.common
    ),
    "restructuring_live": lambda line: restructuring.go_live(
        number=line.of, on=line.day("on"), **line.common
    ),
}
"""Acts on what an earlier line began."""
