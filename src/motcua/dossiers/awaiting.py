"""
What a task waits for outside of people, as the process says: moments, messages, automatic steps. Pure.

Sources: BPMN 2.0.2, 13.4 (events) and 10.3 (tasks); R-042, R-045.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from motcua.kernel.calendar import LOCAL, OutOfCalendar, WorkingCalendar
from motcua.kernel.errors import Conflict, Forbidden, Invalid
from motcua.kernel.process import AutoKind, Graph, Node, NodeKind
from motcua.workflow.rules import TaskState

if TYPE_CHECKING:
    from motcua.workflow.queries import TaskRow


class AwaitedKind(StrEnum):
    """What is waited for; the last four are done by the system."""

    TIMER = "timer"
    MESSAGE = "message"
    LOOKUP = "lookup"
    NOTIFY = "notify"
    DOCUMENT = "document"
    SEND = "send"

    @property
    def automatic(self) -> bool:
        """Tell whether the system does it by itself."""
        return self not in (AwaitedKind.TIMER, AwaitedKind.MESSAGE)


class AwaitedState(StrEnum):
    """
    waiting  it has not come
    done     it has come, and the dossier has gone on
    left     a look-up did not confirm: the person of the step does it
    dropped  its step has ended otherwise
    """

    WAITING = "waiting"
    DONE = "done"
    LEFT = "left"
    DROPPED = "dropped"


class EvidenceKind(StrEnum):
    """Where evidence comes from: a source that was asked, a message that came."""

    LOOKUP = "lookup"
    MESSAGE = "message"


AUTOMATIC = frozenset(kind for kind in AwaitedKind if kind.automatic)
KIND_NAMES: Mapping[AwaitedKind, str] = {
    AwaitedKind.TIMER: "Chờ đến giờ hẹn",
    AwaitedKind.MESSAGE: "Chờ thông điệp",
    AwaitedKind.LOOKUP: "Tra cứu dữ liệu",
    AwaitedKind.NOTIFY: "Thông báo cho người nộp",
    AwaitedKind.DOCUMENT: "Lập văn bản",
    AwaitedKind.SEND: "Gửi thông điệp",
}


class NotAwaited(Conflict):
    """The dossier does not wait for this, or not any more."""

    code = "not_awaited"
    message = "Hồ sơ không chờ việc này, hoặc việc này đã xong."


class NotAutomatic(Conflict):
    """Only what the system should have done can be done by hand."""

    code = "not_automatic"
    message = "Việc này không phải bước tự động chưa chạy được."


class NotTheirs(Forbidden):
    """Messages come from partners, the system, or officers who may say that something has come."""

    code = "not_theirs"
    message = "Nhiệm vụ của bạn không gồm việc ghi nhận thông điệp cho hồ sơ này."


@dataclass(frozen=True, slots=True)
class Need:
    """One row to be: `alone` where it belongs to one task, else to the stay in several."""

    node: Node
    kind: AwaitedKind
    name: str
    alone: bool
    since: datetime


def needs(graph: Graph, row: TaskRow, history: Sequence[TaskRow]) -> Iterator[Need]:
    """Return what a task that has just been opened waits for; `history` are the tasks before it."""
    node = graph.by_id[row.node]
    kind = _own(node)
    if kind is not None:
        yield Need(node, kind, node.name, True, row.opened_at)
    for event in graph.boundaries.get(node.id, ()):
        kind = _BESIDE.get(event.kind)
        if kind is not None:
            alone = event.attached_to == node.id
            since = row.opened_at if alone else began(graph, event.attached_to, row, history)
            yield Need(event, kind, event.name or node.name, alone, since)


_BESIDE = {
    NodeKind.BOUNDARY_TIMER: AwaitedKind.TIMER,
    NodeKind.BOUNDARY_MESSAGE: AwaitedKind.MESSAGE,
}
_AUTO = {
    AutoKind.LOOKUP: AwaitedKind.LOOKUP,
    AutoKind.NOTIFY: AwaitedKind.NOTIFY,
    AutoKind.DOCUMENT: AwaitedKind.DOCUMENT,
}


def _own(node: Node) -> AwaitedKind | None:
    match node.kind:
        case NodeKind.TIMER:
            return AwaitedKind.TIMER
        case NodeKind.RECEIVE_TASK:
            return AwaitedKind.MESSAGE
        case NodeKind.MESSAGE:
            return AwaitedKind.MESSAGE if node.wait is None else None
        case NodeKind.SEND_TASK:
            return AwaitedKind.SEND
        case NodeKind.SERVICE_TASK | NodeKind.USER_TASK:
            return _AUTO[node.auto] if node.auto is not None else None
    return None


def began(graph: Graph, element: str, row: TaskRow, history: Iterable[TaskRow]) -> datetime:
    """Return when the present stay in an element with several tasks began: back over tasks without a gap."""
    start: datetime | None = None
    until: datetime | None = None
    for task in [*history, row]:
        if task.node not in graph.by_id or not graph.inside(task.node, element):
            continue
        if start is None or (until is not None and task.opened_at > until):
            start, until = task.opened_at, task.done_at
        elif until is not None:
            until = None if task.done_at is None else max(until, task.done_at)
        if task.state in (TaskState.OPEN, TaskState.WAITING):
            until = None
    assert start is not None  # noqa: S101 (the row itself is inside)
    return start


def moment(
    node: Node, since: datetime, calendar: WorkingCalendar, facts: Mapping[str, Any]
) -> datetime | None:
    """
    Return when a timer goes off: after working hours or days of the dossier's calendar, or as a day begins.

    A day that lies behind has come. None: the fact that holds the day is not known; what waits for it goes on at
    once, and what would happen beside a step does not.
    """
    try:
        if node.on:
            day = _day(node.on) or _day(facts.get(node.on))
            if day is None:
                return None
            return max(since, datetime.combine(day, datetime.min.time(), LOCAL))
        if node.days and not node.hours:
            last = calendar.add_working_days(since.astimezone(LOCAL).date(), node.days)
            return max(since, calendar.end_of_day(last))
        return calendar.add_minutes(since, int(node.hours * 60))
    except OutOfCalendar:
        return None


def _day(value: Any) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def message_name(text: str) -> str:
    """
    Return the name of a message as processes write it.

    :raises Invalid: empty or longer than a process may name one.
    """
    kept = text.strip()
    if not 0 < len(kept) <= 120:
        raise Invalid(errors={"name": "Ghi tên thông điệp (tối đa 120 ký tự)."})
    return kept


def message_id(text: str) -> str:
    """
    Return the sender's own number of a message, by which it is taken once.

    :raises Invalid: empty or too long.
    """
    kept = text.strip()
    if not 0 < len(kept) <= 100:
        raise Invalid(errors={"message_id": "Ghi mã thông điệp của bên gửi (tối đa 100 ký tự)."})
    return kept
