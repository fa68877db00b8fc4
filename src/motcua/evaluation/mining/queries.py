"""
Reading of real ways: what a process-control officer sees of the province, a head of the own agencies (R-049).

Figures count dossiers that ended in the period, by the process they ran by; times are working minutes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.db import connection

from motcua.evaluation.mining.rules import BETWEEN
from motcua.evaluation.rules import STAGES, Stage
from motcua.kernel.actor import Actor, ActorKind, DutyScope, Role
from motcua.kernel.errors import Forbidden

MINERS: Final = frozenset({Role.KSTT, Role.AGENCY_HEAD, Role.OFFICE_HEAD, Role.PROVINCE_LEADER})


class NotAMiner(Forbidden):
    """Real ways are for procedure control and for heads of agencies."""

    code = "ways_not_yours"
    message = "Trang này dành cho cán bộ kiểm soát thủ tục và lãnh đạo cơ quan."


@dataclass(frozen=True, slots=True)
class Span:
    """What is looked at: dossiers ended on the local days `first` to `last`, of one agency or of all one may see."""

    first: date
    last: date
    agency_id: int | None = None


@dataclass(frozen=True, slots=True)
class ProcessFigures:
    """What the dossiers of a process came to: times are medians of a dossier; shares are of all time spent."""

    process_id: int
    dossiers: int
    late: int
    reworked: int
    supplemented: int
    spent: int
    waited_share: float


@dataclass(frozen=True, slots=True)
class AgencyFigures:
    """What the dossiers of a process came to at one agency; as `ProcessFigures`."""

    agency_id: int
    dossiers: int
    late: int
    reworked: int
    supplemented: int
    spent: int
    waited_share: float


@dataclass(frozen=True, slots=True)
class PathFigures:
    """One way dossiers took; `spent` is the median, `mark` names the path in addresses."""

    mark: str
    nodes: tuple[str, ...]
    dossiers: int
    late: int
    spent: int


@dataclass(frozen=True, slots=True)
class StepFigures:
    """
    One step: `stays` of `dossiers`; medians and ninth deciles in working minutes.

    `waited` counts the stays whose taking was recorded: only these have a waiting time. `share` is the step's part
    of all the time that all steps took, `over` the stays that lasted longer than planned.
    """

    node: str
    stays: int
    dossiers: int
    waited: int
    waiting_median: int | None
    waiting_p90: int | None
    working_median: int
    working_p90: int
    planned: int
    over: int
    reworks: int
    supplements: int
    share: float


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose dossiers somebody may look into; `agencies` counts only without `province`."""

    province: bool
    agencies: tuple[int, ...]


def reach(actor: Actor) -> Reach:
    """
    Return whose ways the actor may see.

    :raises NotAMiner: none.
    """
    duties = [duty for duty in actor.duties if duty.role in MINERS]
    if actor.kind is ActorKind.SYSTEM:
        return Reach(True, ())
    if actor.kind is not ActorKind.STAFF or not duties:
        raise NotAMiner
    if any(duty.scope is DutyScope.PROVINCE for duty in duties):
        return Reach(True, ())
    return Reach(False, tuple(sorted({duty.agency_id for duty in duties})))


def may_look(actor: Actor) -> bool:
    """Tell whether the actor may see real ways."""
    return actor.kind is ActorKind.STAFF and any(duty.role in MINERS for duty in actor.duties)


_WHERE = (
    "t.ended_on BETWEEN %(first)s AND %(last)s"
    " AND (%(agency)s::bigint IS NULL OR t.agency_id = %(agency)s)"
    " AND (%(province)s OR t.agency_id = ANY(%(agencies)s::bigint[]))"
)


def _values(actor: Actor, span: Span, **more: Any) -> dict[str, Any]:
    seen = reach(actor)
    return {
        "first": span.first, "last": span.last, "agency": span.agency_id, "province": seen.province,
        "agencies": list(seen.agencies), **more,
    }  # fmt: skip


def _rows(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


_OVERVIEW = f"""
SELECT t.process_id, count(*), count(*) FILTER (WHERE late), count(*) FILTER (WHERE reworks > 0),
       count(*) FILTER (WHERE supplements > 0), percentile_disc(0.5) WITHIN GROUP (ORDER BY spent),
       coalesce(sum(waited)::float8 / nullif(sum(spent), 0), 0)
FROM evaluation_trace t WHERE {_WHERE}
GROUP BY t.process_id ORDER BY 2 DESC, 1
"""  # noqa: S608  (texts of ours; values are parameters)


def overview(actor: Actor, span: Span) -> list[ProcessFigures]:
    """
    Return every process dossiers ran by, the most used first (one statement).

    :raises NotAMiner:
    """
    return [ProcessFigures(*row) for row in _rows(_OVERVIEW, _values(actor, span))]


@dataclass(frozen=True, slots=True)
class SpanFigures:
    """What the dossiers of some processes came to in a span: medians and ninth decile in working minutes."""

    dossiers: int
    late: int
    reworked: int
    supplemented: int
    spent: int
    spent_p90: int
    waited_share: float


_FIGURES = f"""
SELECT count(*), count(*) FILTER (WHERE late), count(*) FILTER (WHERE reworks > 0),
       count(*) FILTER (WHERE supplements > 0), percentile_disc(0.5) WITHIN GROUP (ORDER BY spent),
       percentile_disc(0.9) WITHIN GROUP (ORDER BY spent), coalesce(sum(waited)::float8 / nullif(sum(spent), 0), 0)
FROM evaluation_trace t WHERE t.process_id = ANY(%(processes)s::bigint[]) AND {_WHERE}
"""  # noqa: S608  (texts of ours; values are parameters)


def figures(actor: Actor, processes: Collection[int], span: Span) -> SpanFigures | None:
    """
    Return what dossiers of these processes came to, None where none ended in the span (one statement).

    :raises NotAMiner:
    """
    (row,) = _rows(_FIGURES, _values(actor, span, processes=list(processes)))
    return SpanFigures(*row) if row[0] else None


_PATHS = f"""
SELECT md5(t.path), t.path, count(*), count(*) FILTER (WHERE late),
       percentile_disc(0.5) WITHIN GROUP (ORDER BY spent), sum(count(*)) OVER (), count(*) OVER ()
FROM evaluation_trace t WHERE t.process_id = %(process)s AND {_WHERE}
GROUP BY t.path ORDER BY 3 DESC, t.path LIMIT %(limit)s
"""  # noqa: S608  (texts of ours; values are parameters)


def paths(
    actor: Actor, process_id: int, span: Span, *, limit: int = 15
) -> tuple[list[PathFigures], int, int]:
    """
    Return the ways taken most often, how many dossiers there are, and how many different ways (one statement).

    :raises NotAMiner:
    """
    rows = _rows(_PATHS, _values(actor, span, process=process_id, limit=limit))
    found = [
        PathFigures(mark, tuple(path.split(BETWEEN)) if path else (), count, late, spent)
        for mark, path, count, late, spent, _, _ in rows
    ]
    return found, int(rows[0][5]) if rows else 0, int(rows[0][6]) if rows else 0


_AGENCIES = f"""
SELECT t.agency_id, count(*), count(*) FILTER (WHERE late), count(*) FILTER (WHERE reworks > 0),
       count(*) FILTER (WHERE supplements > 0), percentile_disc(0.5) WITHIN GROUP (ORDER BY spent),
       coalesce(sum(waited)::float8 / nullif(sum(spent), 0), 0)
FROM evaluation_trace t WHERE t.process_id = %(process)s AND {_WHERE}
GROUP BY t.agency_id ORDER BY 2 DESC, 1 LIMIT %(limit)s
"""  # noqa: S608  (texts of ours; values are parameters)


def agencies(actor: Actor, process_id: int, span: Span, *, limit: int = 30) -> list[AgencyFigures]:
    """
    Return what the dossiers of a process came to at each agency, the most dossiers first (one statement).

    :raises NotAMiner:
    """
    return [
        AgencyFigures(*row) for row in _rows(_AGENCIES, _values(actor, span, process=process_id, limit=limit))
    ]


_STEPS = f"""
SELECT s.node, count(*), count(DISTINCT t.subject), count(s.waiting),
       percentile_disc(0.5) WITHIN GROUP (ORDER BY s.waiting),
       percentile_disc(0.9) WITHIN GROUP (ORDER BY s.waiting),
       percentile_disc(0.5) WITHIN GROUP (ORDER BY s.working),
       percentile_disc(0.9) WITHIN GROUP (ORDER BY s.working),
       percentile_disc(0.5) WITHIN GROUP (ORDER BY s.planned),
       count(*) FILTER (WHERE coalesce(s.waiting, 0) + s.working > s.planned AND s.planned > 0),
       count(*) FILTER (WHERE s.again), count(*) FILTER (WHERE s.asked),
       sum(coalesce(s.waiting, 0) + s.working)::bigint
FROM evaluation_trace t,
     unnest(t.nodes, t.waiting, t.working, t.planned, t.again, t.asked)
       AS s(node, waiting, working, planned, again, asked)
WHERE t.process_id = %(process)s AND {_WHERE}
GROUP BY s.node
"""  # noqa: S608  (texts of ours; values are parameters)


def steps(
    actor: Actor, process_id: int, span: Span, outside: Collection[str] = frozenset()
) -> list[StepFigures]:
    """
    Return the figures of every step dossiers stayed at (one statement); the order is the caller's.

    `outside` are the steps that wait for somebody outside: they have no part of the office's time.

    :raises NotAMiner:
    """
    rows = _rows(_STEPS, _values(actor, span, process=process_id))
    total = sum(row[-1] for row in rows if row[0] not in outside)
    return [
        StepFigures(*(*row[:-1], row[-1] / total if total and row[0] not in outside else 0.0)) for row in rows
    ]


_BEHIND: Final = {
    "": "true",
    "lam-lai": "EXISTS (SELECT 1 FROM unnest(t.nodes, t.again) AS s(node, again) WHERE s.again"
    " AND (%(node)s = '' OR s.node = %(node)s))",
    "bo-sung": "EXISTS (SELECT 1 FROM unnest(t.nodes, t.asked) AS s(node, asked) WHERE s.asked"
    " AND (%(node)s = '' OR s.node = %(node)s))",
    "qua-gio": "EXISTS (SELECT 1 FROM unnest(t.nodes, t.waiting, t.working, t.planned)"
    " AS s(node, waiting, working, planned) WHERE coalesce(s.waiting, 0) + s.working > s.planned AND s.planned > 0"
    " AND (%(node)s = '' OR s.node = %(node)s))",
    "tre-han": "t.late",
}
WHYS: Final = tuple(_BEHIND)


def dossiers_behind(
    actor: Actor,
    process_id: int,
    span: Span,
    *,
    path: str = "",
    node: str = "",
    why: str = "",
    limit: int = 200,
) -> list[int]:
    """
    Return the dossiers behind a figure, those that took longest first: of a path (`mark`), a step, a reason.

    :raises NotAMiner:
    :raises KeyError: `why` is none of `WHYS`.
    """
    sql = (
        "SELECT t.subject FROM evaluation_trace t WHERE t.process_id = %(process)s"  # noqa: S608  (texts of ours; values are parameters)
        f" AND (%(path)s = '' OR md5(t.path) = %(path)s) AND (%(node)s = '' OR %(node)s = ANY(t.nodes))"
        f" AND {_BEHIND[why]} AND {_WHERE} ORDER BY t.spent DESC, t.subject LIMIT %(limit)s"
    )
    values = _values(actor, span, process=process_id, path=path, node=node, limit=limit)
    return [int(subject) for (subject,) in _rows(sql, values)]


@dataclass(frozen=True, slots=True)
class Circulation:
    """How the dossiers of an agency were handed on: electronically, or with papers by hand (R-058)."""

    agency_id: int
    electronic: int
    on_paper: int

    @property
    def percent(self) -> int:
        """Return the electronic share, rounded down."""
        total = self.electronic + self.on_paper
        return 100 * self.electronic // total if total else 0


_CIRCULATION = """
SELECT t.agency_id, coalesce(sum(value) FILTER (WHERE measure = 'forwarded_electronically'), 0),
       coalesce(sum(value) FILTER (WHERE measure = 'forwarded_on_paper'), 0)
FROM evaluation_tally t JOIN evaluation_reading r ON r.generation = t.generation AND r.live
WHERE t.measure IN ('forwarded_electronically', 'forwarded_on_paper') AND t.day BETWEEN %(first)s AND %(last)s
  AND (%(agency)s::bigint IS NULL OR t.agency_id = %(agency)s)
  AND (%(province)s OR t.agency_id = ANY(%(agencies)s::bigint[]))
GROUP BY t.agency_id
"""


def circulation(actor: Actor, span: Span) -> list[Circulation]:
    """
    Return how dossiers were handed on in the period, the agencies with the lowest electronic share first.

    :raises NotAMiner:
    """
    found = [
        Circulation(int(agency), int(electronic), int(paper))
        for agency, electronic, paper in _rows(_CIRCULATION, _values(actor, span))
    ]
    return sorted(found, key=lambda one: (one.percent, -one.on_paper, one.agency_id))


# What the reader needs -----------------------------------------------------------------------------------------

_ENDED = sorted(state for state, stage in STAGES.items() if stage in (Stage.ENDED, Stage.VOID))
_MOVED = """
SELECT e.xid::text::bigint, e.entry_id, e.subject,
       coalesce(e.state_after = ANY(%(ended)s) OR e.state_before = ANY(%(ended)s), false)
FROM platform_ledgerentry e
WHERE (e.xid, e.entry_id) > (%(xid)s::text::xid8, %(entry_id)s) AND e.xid < %(below)s::text::xid8
ORDER BY e.xid, e.entry_id LIMIT %(limit)s
"""


def moved_after(xid: int, entry_id: int, *, below: int, limit: int) -> list[tuple[int, int, int, bool]]:
    """Return the next ledger entries: cursor, subject, and whether the entry ends or reopens a dossier."""
    values = {"xid": str(xid), "entry_id": entry_id, "below": str(below), "limit": limit, "ended": _ENDED}
    return [(row[0], row[1], row[2], row[3]) for row in _rows(_MOVED, values)]


_TAKEN = """
SELECT e.subject, (e.payload ->> 'task')::bigint, min(e.at) FROM platform_ledgerentry e
WHERE e.subject = ANY(%(subjects)s::bigint[]) AND e.act = 'assign' AND e.payload ->> 'to' IS NOT NULL
GROUP BY 1, 2
"""


def taken(subjects: Sequence[int]) -> dict[int, Any]:
    """Return when each task of the subjects was first taken, or given to somebody, by task."""
    return {task: at for _, task, at in _rows(_TAKEN, {"subjects": list(subjects)})}


USUAL_DAYS: Final = 180
USUAL_STAYS: Final = 5
_USUAL = """
SELECT s.node, percentile_cont(0.5) WITHIN GROUP (ORDER BY coalesce(s.waiting, 0) + s.working)
FROM (SELECT nodes, waiting, working FROM evaluation_trace
      WHERE process_id = %(process)s AND ended_on BETWEEN %(first)s AND %(last)s ORDER BY ended_on DESC LIMIT 500) t,
     unnest(t.nodes, t.waiting, t.working) AS s(node, waiting, working)
GROUP BY s.node HAVING count(*) >= %(stays)s
"""


def usual(process_version_id: int, on: date) -> dict[str, int]:
    """
    Return by step how many working minutes a stay usually lasts, waiting included: the median of the newest dossiers.

    Counted are at most 500 dossiers that ended in the half year before; a step few went through is left out.
    """
    values = {
        "process": process_version_id, "first": on - timedelta(days=USUAL_DAYS), "last": on, "stays": USUAL_STAYS,
    }  # fmt: skip
    return {node: round(minutes) for node, minutes in _rows(_USUAL, values)}
