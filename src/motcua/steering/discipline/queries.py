"""
Reading of reminders and cases, confidential: heads over the unit, procedure control and leaders of the province see
them; who is concerned sees the reminders to them, and no case about themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from motcua.catalogue import queries as catalogue
from motcua.documents.queries import DocumentRow
from motcua.documents.rules import DocumentKind, DocumentState
from motcua.dossiers import conduct
from motcua.dossiers.conduct import Conduct, OnRecord
from motcua.dossiers.homes import Home
from motcua.kernel.actor import Actor, ActorKind, Role
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Forbidden
from motcua.organisation import queries as organisation
from motcua.platform import access
from motcua.steering.discipline.models import Case, DisciplineTurn, LookedAt, Reminder
from motcua.steering.discipline.rules import (
    BEHIND,
    CaseState,
    Figures,
    Ground,
    NotToBeSeen,
    Period,
    ReminderState,
    Thresholds,
    suggested,
)

HEADS = (Role.AGENCY_HEAD, Role.OFFICE_HEAD, Role.PROVINCE_LEADER)
OVERSEERS = (*HEADS, Role.KSTT)
OF_UNIT = (Role.DIVISION_HEAD, *HEADS)


class NotAnOverseer(Forbidden):
    """The figures of officers are for heads and procedure control."""

    code = "discipline_not_yours"
    message = "Trang này dành cho người đứng đầu cơ quan và cán bộ kiểm soát thủ tục."


@dataclass(frozen=True, slots=True)
class Line:
    """An officer of a unit with the figures of a period and how many reminders the thresholds' days hold."""

    unit_id: int
    officer_id: int
    figures: Figures


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A case that the thresholds of the day suggest; a person opens it or not."""

    unit_id: int
    officer_id: int
    ground: Ground
    why: str
    figures: Figures
    reminders: int


@dataclass(frozen=True, slots=True)
class Course:
    """One thing done."""

    turn: str
    staff_id: int
    at: datetime
    words: str


def stands_over(actor: Actor, unit_id: int, roles: Sequence[Role] = OVERSEERS) -> bool:
    """Tell whether the actor stands over a unit in one of the roles (any that oversees by default)."""
    if actor.kind is not ActorKind.STAFF or actor.duty(*roles) is None:
        return False
    return access.sees_everything(actor) or unit_id in actor.unit_ids


def conduct_of_officers(actor: Actor, days: Period, now: datetime) -> list[Line]:
    """Return the officers the actor stands over with the figures of a period. :raises NotAnOverseer:"""
    _overseer(actor)
    return [
        Line(one.unit_id, one.officer_id, _figures(one))
        for one in conduct.conduct(actor, *_moments(days), now)
        if one.officer_id != actor.staff_id
    ]


def figures_of_officer(
    actor: Actor, unit_id: int, officer_id: int | None, days: Period, now: datetime
) -> Figures:
    """
    Return the figures of an officer of a unit, or of the whole unit, for a period. :raises NotAnOverseer:
    """
    _overseer(actor)
    rows = [
        one
        for one in conduct.conduct(actor, *_moments(days), now)
        if one.unit_id == unit_id and officer_id in (None, one.officer_id)
    ]
    return Figures(*(sum(getattr(one, name) for one in rows) for name in Figures.__slots__))


def suggestions(actor: Actor, now: datetime) -> list[Suggestion]:
    """Return the cases that are suggested and not open, by the thresholds of the day. :raises NotAnOverseer:"""
    _overseer(actor)
    today = now.astimezone(LOCAL).date()
    setting = catalogue.setting("case_thresholds", today)
    if setting is None:
        return []
    limits = Thresholds.from_json(setting)
    days = Period(today - timedelta(days=limits.days), today)
    known = {(one.unit_id, one.officer_id): one.figures for one in conduct_of_officers(actor, days, now)}
    given = Counter(
        (unit, staff)
        for unit, staff in _seen_reminders(actor)
        .filter(issued_at__gte=_moments(days)[0], staff__isnull=False)
        .values_list("unit_id", "staff_id")
        if staff != actor.staff_id
    )
    open_ones = set(Case.objects.exclude(state=CaseState.CLOSED.value).values_list("staff_id", "ground"))
    looked_at = {
        (one.unit_id, one.staff_id, one.ground): one
        for one in LookedAt.objects.filter(at__gte=_moments(days)[0]).order_by("at", "subject")
    }
    each = (
        Suggestion(unit, officer, ground, "", known.get((unit, officer), Figures()), given[unit, officer])
        for unit, officer in sorted({*known, *given})
        for ground in Ground
        if (officer, ground.value) not in open_ones
    )
    found = (
        _suggestion(one, looked_at.get((one.unit_id, one.officer_id, one.ground.value)), limits)
        for one in each
    )
    return [one for one in found if one is not None]


def _suggestion(one: Suggestion, before: LookedAt | None, limits: Thresholds) -> Suggestion | None:
    """Return a suggestion with why, None where the thresholds do not reach what came since somebody looked."""
    new = one.figures.beyond(before.figures) if before else one.figures
    reminders = max(0, one.reminders - before.reminders) if before else one.reminders
    if one.ground not in suggested(new, reminders, limits):
        return None
    return replace(one, why=suggested(one.figures, one.reminders, limits)[one.ground])


def suggestion(
    actor: Actor, unit_id: int, officer_id: int, ground: Ground, now: datetime
) -> Suggestion | None:
    """Return one of the cases suggested to the actor, None where it is not. :raises NotAnOverseer:"""
    asked = (unit_id, officer_id, ground)
    return next(
        (one for one in suggestions(actor, now) if (one.unit_id, one.officer_id, one.ground) == asked), None
    )


def behind(actor: Actor, unit_id: int, officer_id: int, ground: Ground, now: datetime) -> list[OnRecord]:
    """Return what is on record behind a suggestion in the days of the thresholds. :raises NotAnOverseer:"""
    _overseer(actor)
    today = now.astimezone(LOCAL).date()
    setting = catalogue.setting("case_thresholds", today)
    if setting is None or officer_id == actor.staff_id:
        return []
    since, until = _moments(Period(today - timedelta(days=Thresholds.from_json(setting).days), today))
    return conduct.on_record(actor, unit_id, officer_id, BEHIND[ground], since, until)


def reminders(actor: Actor, limit: int = 200) -> list[Reminder]:
    """Return the reminders the actor gave or stands over, newest first. :raises NotAnOverseer:"""
    _overseer(actor)
    return list(_seen_reminders(actor).order_by("-subject")[:limit])


def own_reminders(actor: Actor, *, unseen: bool = False) -> list[Reminder]:
    """Return the reminders to the actor, and to units the actor leads, newest first."""
    if actor.kind is not ActorKind.STAFF or actor.staff_id is None:
        return []
    found = Reminder.objects.filter(_concerns(actor)).exclude(issued_by_id=actor.staff_id)
    if unseen:
        found = found.exclude(state=ReminderState.ANSWERED.value)
    return list(found.order_by("-subject")[:100])


def reminder(actor: Actor, number: int) -> Reminder:
    """Return a reminder to whom it concerns or who stands over the unit. :raises NotToBeSeen:"""
    found = Reminder.objects.filter(pk=number).first() if actor.kind is ActorKind.STAFF else None
    if found is None or not (concerned(actor, found) or stands_over(actor, found.unit_id)):
        raise NotToBeSeen
    return found


def concerned(actor: Actor, one: Reminder) -> bool:
    """Tell whether a reminder is to the actor: to the person, or to the unit the actor leads."""
    if one.staff_id is not None:
        return one.staff_id == actor.staff_id
    leads = any(duty.unit_id == one.unit_id and duty.role in OF_UNIT for duty in actor.duties)
    return leads and one.issued_by_id != actor.staff_id


def cases(actor: Actor, limit: int = 200) -> list[Case]:
    """Return the cases the actor stands over, newest first, none about themselves. :raises NotAnOverseer:"""
    _overseer(actor)
    return list(
        _over(actor, Case.objects.all()).exclude(staff_id=actor.staff_id).order_by("-subject")[:limit]
    )


def case(actor: Actor, number: int) -> Case:
    """Return a case to who stands over the unit and is not concerned. :raises NotToBeSeen:"""
    found = Case.objects.filter(pk=number).first() if actor.kind is ActorKind.STAFF else None
    if found is None or found.staff_id == actor.staff_id or not stands_over(actor, found.unit_id):
        raise NotToBeSeen
    return found


def discipline_matter(actor: Actor, number: int) -> Reminder | Case:
    """Return a reminder or case by its number, to whom it is for. :raises NotToBeSeen:"""
    if Reminder.objects.filter(pk=number).exists():
        return reminder(actor, number)
    return case(actor, number)


def home(actor: Actor, row: DocumentRow) -> Home:
    """
    Return the reminder or case a letter belongs to, with who signs it.

    Besides those who see the matter, the clerk of the agency that issues it may seal it once its signatory has signed,
    unless it is about the clerk. :raises NotToBeSeen:
    """
    number = row.subject or 0
    kind, signs = (Reminder, "issued_by") if row.kind is DocumentKind.REMINDER else (Case, "opened_by")
    matter = kind._default_manager.filter(pk=number, document_id=row.id).values("staff", signs).first()
    if matter is None:
        raise NotToBeSeen
    if not _seals(actor, row, matter["staff"]):
        discipline_matter(actor, number)
    return Home(number, matter[signs])


def _seals(actor: Actor, row: DocumentRow, concerns: int | None) -> bool:
    agency_id = organisation.root_of(row.unit_id).agency_id
    clerk = any(duty.role is Role.CLERK and duty.agency_id == agency_id for duty in actor.duties)
    return clerk and row.state is DocumentState.SIGNED and actor.staff_id != concerns


def discipline_course(actor: Actor, number: int) -> list[Course]:
    """Return what was done with a reminder or case that the actor may see, oldest first. :raises NotToBeSeen:"""
    discipline_matter(actor, number)
    rows = DisciplineTurn.objects.filter(subject=number).order_by("id")
    return [Course(row.turn, row.staff_id, row.at, row.words) for row in rows]


def officers(actor: Actor, unit_id: int, on: date) -> list[tuple[int, str]]:
    """Return who works in a unit the actor stands over, without the actor: number and name, by name."""
    if not stands_over(actor, unit_id):
        return []
    found = {
        one.staff_id: one.full_name
        for role in Role
        for one in organisation.duty_holders(unit_id, role, on)
        if one.staff_id != actor.staff_id
    }
    return sorted(found.items(), key=lambda pair: pair[1])


def _overseer(actor: Actor) -> None:
    if actor.kind is not ActorKind.STAFF or actor.duty(*OVERSEERS) is None:
        raise NotAnOverseer


def _over(actor: Actor, found: QuerySet[Any]) -> QuerySet[Any]:
    return found if access.sees_everything(actor) else found.filter(unit_id__in=sorted(actor.unit_ids))


def _seen_reminders(actor: Actor) -> QuerySet[Reminder]:
    return _over(actor, Reminder.objects.all())


def _concerns(actor: Actor) -> Q:
    led = sorted({duty.unit_id for duty in actor.duties if duty.role in OF_UNIT})
    return Q(staff_id=actor.staff_id) | Q(staff_id=None, unit_id__in=led)


def _moments(days: Period) -> tuple[datetime, datetime]:
    start = datetime.combine(days.first, datetime.min.time(), tzinfo=LOCAL)
    return start, datetime.combine(days.last + timedelta(days=1), datetime.min.time(), tzinfo=LOCAL)


def _figures(one: Conduct) -> Figures:
    return Figures(one.late, one.unexplained, one.returned, one.demands, one.pauses, one.hardships)
