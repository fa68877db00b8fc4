"""
What another process would have made of the time a dossier took, worked out from what really happened.

Pure. The model, in the words the page of trials shows too:

- The engine leads the dossier through its own process and through the tried one, with the same facts at gateways. Steps
  with the same id are the same step and end with the outcomes they had; where the tried process offers others, the
  first way forward is taken (`path.dry_run`).
- A step both have takes the working time it really took, stretched or shortened as its planned hours are. Without
  planned hours in either it takes what it took.
- An added step, and one the dossier now has to pass for the first time, takes its declared hours; without any, what
  like steps (same role, same kind of unit) usually take; without those, nothing. The time of a removed step falls away.
- A step begins when those before it have ended. Branches side by side run at once: the longest counts.
- The end is the end of the step that issues the result; of a dossier that ended on the way, the end of the last step it
  came to. The difference of the two ends, in working minutes, moves the real end. Unchanged, it is nothing at all.
- A dossier that is still open is looked ahead (`ahead`), by its own process and by the tried one: what it did is over,
  a step in hand takes what is left of its usual time, those behind it take theirs. The usual time is what past dossiers
  took there, else the planned hours, stretched as the planned hours are. A step the tried process has before one that
  is done or in hand is not gone back for; a step in hand that it does not have is left at once.

What the model cannot know: that people would have worked otherwise, or that a pause would have fallen elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from statistics import median
from typing import Any, NamedTuple

from motcua.kernel.process import Graph, Node, NodeKind
from motcua.kernel.process.path import dry_run

Visit = tuple[str, int]
"""A step and which visit to it, from 0."""


class Basis(StrEnum):
    """Where the time of an added step comes from."""

    DECLARED = "declared"
    LIKE = "like"
    NONE = "none"


class Assumed(NamedTuple):
    """Working minutes an added step is taken to last, and why so many."""

    minutes: int
    basis: Basis


@dataclass(frozen=True, slots=True)
class Course:
    """
    What a dossier did: the process it ran, the facts its gateways read, by step the outcomes and working minutes of
    its visits in their order. `issued`: it came to the step that issues the result.
    """

    graph: Graph
    facts: Mapping[str, Any]
    outcomes: Mapping[str, Sequence[str]]
    minutes: Mapping[str, Sequence[int]]
    issued: bool


class Span(NamedTuple):
    """A visit in the model, in working minutes from the start of the process."""

    visit: Visit
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Retimed:
    """
    The dossier by the tried process: `shift` is how many working minutes later (or, negative, earlier) it ends.

    `spans` are its visits and `end` their end in the model; `added` and `removed` the steps it passes now and did not
    before, and the other way round.
    """

    shift: int
    end: int
    spans: tuple[Span, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]

    def at(self, before_end: int) -> Visit | None:
        """Return where the dossier stood so many working minutes before its end: of several the one longest there."""
        moment = self.end - before_end
        there = [span for span in self.spans if span.start <= moment < span.end]
        return max(there, key=lambda span: span.end).visit if there else None


@dataclass(frozen=True, slots=True)
class Foreseen:
    """
    An open dossier looked ahead: `left` working minutes by its own process, `by` the tried one.

    The spans and the end of `by` count from now on.
    """

    left: int
    by: Retimed


def with_hours(graph: Graph, hours: Mapping[str, Decimal]) -> Graph:
    """Return the process with other working hours at some of its steps; steps it does not have are left out."""
    if not any(node.id in hours for node in graph.nodes):
        return graph
    nodes = (replace(node, hours=hours[node.id]) if node.id in hours else node for node in graph.nodes)
    return replace(graph, nodes=tuple(nodes))


def assumed(own: Graph, tried: Graph, usual: Mapping[str, int]) -> dict[str, Assumed]:
    """
    Return what each step of the tried process lasts when a dossier passes it that did not before.

    `usual` are the working minutes steps of the own process usually take; a like step without them counts with its
    planned hours.
    """
    like: dict[tuple[str, str], list[int]] = {}
    for node in own.net_nodes:
        minutes = usual.get(node.id) or _planned(node)
        if node.kind is NodeKind.USER_TASK and node.role and minutes:
            like.setdefault((node.role, node.unit_kind), []).append(minutes)
    found = {}
    for node in tried.net_nodes:
        alike = like.get((node.role, node.unit_kind), ())
        if _planned(node):
            found[node.id] = Assumed(_planned(node), Basis.DECLARED)
        elif alike and node.kind is NodeKind.USER_TASK:
            found[node.id] = Assumed(int(median(alike)), Basis.LIKE)
        else:
            found[node.id] = Assumed(0, Basis.NONE)
    return found


Ways = dict[tuple[int, str, str], list[tuple[Visit, tuple[int, ...]]]]
"""Ways through processes that were led before, by process, facts and outcomes: many dossiers go the same."""


def retimed(
    course: Course, tried: Graph, lasting: Mapping[str, Assumed], ways: Ways | None = None
) -> Retimed:
    """
    Return the dossier by the tried process; `lasting` is what `assumed` says of its steps.

    With `ways` a way led once is not led again; whoever keeps them keeps the processes too.

    :raises IllegalStep: no branch of a gateway fits the facts, in either process.
    """
    own, ways = course.graph, {} if ways is None else ways
    before = _visits(course, own, ways)
    real = {(node, no) for node, minutes in course.minutes.items() for no in range(len(minutes))}
    never = frozenset() if course.issued else frozenset(visit for visit, _ in before if visit not in real)

    def took(visit: Visit) -> int:
        if visit in real:
            return course.minutes[visit[0]][visit[1]]
        return _planned(own.by_id[visit[0]]) if own.by_id[visit[0]].kind is NodeKind.TIMER else 0

    passed = {visit for visit, _ in before}

    def takes(visit: Visit) -> int:
        node = tried.by_id[visit[0]]
        if visit in real:
            return _stretched(course.minutes[visit[0]][visit[1]], own.by_id.get(visit[0]), node)
        if visit in passed:
            return _planned(node) if node.kind is NodeKind.TIMER else 0
        return lasting[visit[0]].minutes

    old = _timed(before, took, never)
    new = _timed(_visits(course, tried, ways), takes, never)
    end = _end(new, tried, issued=course.issued)
    was, now = ({span.visit for span in spans} for spans in (old, new))
    return Retimed(
        shift=end - _end(old, own, issued=course.issued),
        end=end,
        spans=tuple(new),
        added=_steps(now - was),
        removed=_steps(was - now),
    )


def usually(own: Graph, usual: Mapping[str, int]) -> dict[str, int]:
    """Return the working minutes each step of a process usually takes: as counted so far, else as planned."""
    return {
        node.id: _planned(node) if node.kind is NodeKind.TIMER else usual.get(node.id, _planned(node))
        for node in own.net_nodes
    }


def then(
    own: Graph, tried: Graph, usual: Mapping[str, int], lasting: Mapping[str, Assumed]
) -> dict[str, int]:
    """Return the same of a tried process; steps the own one does not have take what `assumed` says (`lasting`)."""
    before = usually(own, usual)
    return {
        node.id: _planned(node)
        if node.kind is NodeKind.TIMER
        else _stretched(before[node.id], own.by_id[node.id], node)
        if node.id in before
        else lasting[node.id].minutes
        for node in tried.net_nodes
    }


def ahead(
    course: Course,
    in_hand: Mapping[str, int],
    tried: Graph,
    before: Mapping[str, int],
    after: Mapping[str, int],
    ways: Ways | None = None,
) -> Foreseen:
    """
    Return what an open dossier still takes; `in_hand` are the working minutes spent so far at steps being done.

    `before` and `after` are what steps usually take in its own process and in the tried one.

    :raises IllegalStep: no branch of a gateway fits the facts, in either process.
    """
    ways = {} if ways is None else ways
    if course.issued:
        return Foreseen(0, Retimed(0, 0, (), (), ()))
    old = _coming(course, in_hand, course.graph, before, ways)
    new = _coming(course, in_hand, tried, after, ways)
    left, end = _end(old, course.graph, issued=True), _end(new, tried, issued=True)
    was, now = ({span.visit for span in spans} for spans in (old, new))
    return Foreseen(left, Retimed(end - left, end, tuple(new), _steps(now - was), _steps(was - now)))


def _coming(
    course: Course, in_hand: Mapping[str, int], graph: Graph, lengths: Mapping[str, int], ways: Ways
) -> list[Span]:
    """Return the visits still to come or in hand, from now on; what lies before one that has begun is over."""
    visits = _visits(course, graph, ways)
    held = {(node, len(course.minutes.get(node, ()))): spent for node, spent in in_hand.items()}
    begun = {(node, no) for node, minutes in course.minutes.items() for no in range(len(minutes))} | set(held)
    over = [False] * len(visits)
    for place in reversed(range(len(visits))):
        visit, after = visits[place]
        if over[place] or visit in begun:
            for earlier in after:
                over[earlier] = True
    gone = {visit for place, (visit, _) in enumerate(visits) if over[place] or visit in begun - set(held)}

    def left(visit: Visit) -> int:
        return 0 if visit in gone else max(0, lengths[visit[0]] - held.get(visit, 0))

    return [span for span in _timed(visits, left, frozenset()) if span.visit not in gone]


def _steps(visits: set[Visit]) -> tuple[str, ...]:
    return tuple(sorted({node for node, _ in visits}))


def _planned(node: Node) -> int:
    return int(node.lasting * 60)


def _stretched(minutes: int, own: Node | None, tried: Node) -> int:
    """Return the working minutes of a step at other planned hours."""
    if own is None or not own.lasting or not tried.lasting or own.lasting == tried.lasting:
        return minutes
    return int(minutes * tried.lasting / own.lasting)


def _visits(course: Course, graph: Graph, ways: Ways) -> list[tuple[Visit, tuple[int, ...]]]:
    """Return the visits of the dossier's way through a process, each with the places of those before it."""
    key = id(graph), repr(sorted(course.facts.items())), repr(sorted(course.outcomes.items()))
    if (known := ways.get(key)) is not None:
        return known
    count: Counter[str] = Counter()
    found = []
    for step in dry_run(graph, course.facts, course.outcomes, moments=True):
        found.append(((step.node, count[step.node]), step.after))
        count[step.node] += 1
    ways[key] = found
    return found


def _timed(
    visits: Sequence[tuple[Visit, tuple[int, ...]]], minutes: Callable[[Visit], int], never: frozenset[Visit]
) -> list[Span]:
    """Return the visits with start and end; without those the dossier never came to, and what lies behind them."""
    spans: list[Span | None] = []
    for visit, after in visits:
        before = [spans[place] for place in after]
        if visit in never or None in before:
            spans.append(None)
            continue
        start = max((span.end for span in before if span), default=0)
        spans.append(Span(visit, start, start + minutes(visit)))
    return [span for span in spans if span]


def _end(spans: Sequence[Span], graph: Graph, *, issued: bool) -> int:
    """Return when the result was issued, else when the last step was left."""
    issue = graph.issue if issued else None
    ends = [span.end for span in spans if issue is not None and graph.home(span.visit[0]) == issue.id]
    return max(ends or [span.end for span in spans], default=0)
