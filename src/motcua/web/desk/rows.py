"""Lines of lists as templates draw them: values only, nothing left to ask the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from motcua.catalogue import queries as catalogue
from motcua.dossiers.queries import ListRow
from motcua.dossiers.rules import CHANNEL_NAMES, OPEN, RUNNING, STATE_NAMES, State
from motcua.kernel.calendar import LOCAL
from motcua.kernel.deadline import remaining
from motcua.organisation import queries as organisation
from motcua.parties.rules import mask
from motcua.web import words
from motcua.workflow.queries import TaskRow


@dataclass(frozen=True, slots=True)
class DossierLine:
    """A dossier in a list. `left` is the working time to `when`; `mark` the class of the row (late, today)."""

    code: str
    url: str
    procedure: str
    owner: str
    number: str
    submitter: str
    state: str
    look: str
    channel: str
    step: str
    where: str
    who: str
    when: datetime | None
    when_label: str
    left: str
    mark: str
    seq: int

    def __getitem__(self, name: str) -> Any:
        """Return a value by name: the first thing a template tries, and in a long list the cheapest."""
        return getattr(self, name)


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A task in a work list with the dossier it belongs to."""

    id: int
    step: str
    about: str
    unit: str
    who: str
    mine: bool
    takeable: bool
    due_at: datetime | None
    left: str
    mark: str
    dossier: DossierLine | None

    def __getitem__(self, name: str) -> Any:
        """Return a value by name: the first thing a template tries, and in a long list the cheapest."""
        return getattr(self, name)


unit_name = organisation.unit_name


def left_text(now: datetime, moment: datetime | None, unit_id: int) -> str:
    """Return the working time left until a moment, or passed since."""
    return str(remaining(now, moment, organisation.calendar(unit_id))) if moment is not None else ""


def mark_of(now: datetime, moment: datetime | None) -> str:
    """Return how a row with this end looks: late, today, or nothing."""
    if moment is None:
        return ""
    if moment < now:
        return "is-late"
    return "is-today" if moment.astimezone(LOCAL).date() == now.astimezone(LOCAL).date() else ""


def dossier_url(code: str) -> str:
    """Return the address of a dossier's page."""
    return f"/can-bo/ho-so/{code}/"


_SOMEWHERE = OPEN | {State.PROCESSED}


def line(row: ListRow, now: datetime) -> DossierLine:
    """Return a dossier as a list shows it."""
    state = State(row.state)
    when, label = row.due_at, "Hẹn trả"
    running = state in RUNNING
    if state is State.SUBMITTED:
        when, label, running = row.answer_by, "Trả lời trước", True
    elif state is State.SUPPLEMENT_REQUESTED:
        when, label, running = row.supplement_due_at, "Hạn bổ sung", True
    return DossierLine(
        code=row.code,
        url=dossier_url(row.code),
        procedure=catalogue.definition(row.procedure_version_id).name,
        owner=row.owner_name,
        number=mask(row.owner_number),
        submitter=row.submitter_name,
        state=STATE_NAMES[state],
        look=words.LOOKS.get(state, "plain"),
        channel=CHANNEL_NAMES.get(row.channel, row.channel),
        step=row.step_name,
        where=unit_name(row.holder_unit_id or row.receiving_unit_id) if state in _SOMEWHERE else "",
        who=row.holder_name,
        when=when,
        when_label=label,
        left=left_text(now, when, row.receiving_unit_id) if running else "",
        mark=mark_of(now, when) if running else "",
        seq=row.seq,
    )


def lines(found: Iterable[ListRow], now: datetime) -> list[DossierLine]:
    """Return dossiers as a list shows them."""
    return [line(row, now) for row in found]


def task_line(
    task: TaskRow,
    row: ListRow | None,
    names: Mapping[int, str],
    now: datetime,
    *,
    mine: bool,
    takeable: bool,
) -> TaskLine:
    """Return a task as a work list shows it."""
    return TaskLine(
        id=task.id,
        step=task.name,
        about=task.about,
        unit=unit_name(task.unit_id),
        who=names.get(task.assignee_id or 0, ""),
        mine=mine,
        takeable=takeable,
        due_at=task.due_at,
        left=left_text(now, task.due_at, task.unit_id),
        mark=mark_of(now, task.due_at),
        dossier=line(row, now) if row is not None else None,
    )
