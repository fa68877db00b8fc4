"""Every read of the figures; a leader sees the units their duties reach (law 7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.db import connection, transaction

from motcua.evaluation.rules import OPEN, STAGES, Stage
from motcua.kernel.actor import Actor, ActorKind, Role
from motcua.kernel.errors import NotFound
from motcua.organisation import queries as organisation

LEADING = frozenset(
    {
        Role.DIVISION_HEAD, Role.AGENCY_HEAD, Role.OFFICE_HEAD, Role.OFFICE_OFFICER, Role.KSTT,
        Role.PROVINCE_LEADER, Role.WARD_OFFICE,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counts:
    """
    Figures of a day and of the stock now, of one unit or of all.

    `taken_for_another` are those of the received that another agency decides; they are no figure beside it.
    """

    received: int = 0
    taken_for_another: int = 0
    handled: int = 0
    early: int = 0
    on_time: int = 0
    late: int = 0
    open: int = 0
    overdue: int = 0
    waiting: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Counts)))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the leader's table: a receiving unit, or a handling agency with its root unit's code."""

    id: int
    code: str
    name: str
    counts: Counts


class By(StrEnum):
    """What a line of the table stands for."""

    UNIT = "unit"
    AGENCY = "agency"


class Sort(StrEnum):
    """What the table may be sorted by."""

    NAME = "name"
    RECEIVED = "received"
    TAKEN_FOR_ANOTHER = "taken_for_another"
    HANDLED = "handled"
    EARLY = "early"
    ON_TIME = "on_time"
    LATE = "late"
    OPEN = "open"
    OVERDUE = "overdue"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Figures:
    """The table of a day. `version` changes whenever a counted act changed any figure."""

    day: date
    at: datetime
    version: str
    by: By
    rows: tuple[Row, ...]
    total: Counts

    def sorted(self, by: Sort, descending: bool) -> Figures:
        """Return the same figures with the rows in another order; equal ones by name."""
        rows = sorted(self.rows, key=lambda row: (row.name, row.code), reverse=descending and by is Sort.NAME)
        if by is not Sort.NAME:
            rows.sort(key=lambda row: getattr(row.counts, by.value), reverse=descending)
        return replace(self, rows=tuple(rows))


def leads(actor: Actor) -> bool:
    """Tell whether the actor holds a duty that looks at figures."""
    return actor.kind is ActorKind.STAFF and any(duty.role in LEADING for duty in actor.duties)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose dossiers somebody's figures cover; equal scopes see equal figures."""

    province: bool = False
    units: tuple[int, ...] = ()
    agencies: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return self.province or bool(self.units)


def scope(actor: Actor) -> Scope:
    """
    Return what the actor's figures cover: dossiers received by the units the duties reach, and those handled
    by the agencies whose root unit is among these; nothing without a leading duty.
    """
    if not leads(actor):
        return Scope()
    if actor.province_wide:
        return Scope(province=True)
    nodes = organisation.tree().nodes
    roots = (nodes[unit].ref.agency_id for unit in actor.unit_ids if unit in nodes and nodes[unit].is_root)
    return Scope(units=tuple(sorted(actor.unit_ids)), agencies=tuple(sorted(set(roots))))


_SEEN = "(%(province)s OR unit_id = ANY(%(units)s::bigint[]) OR agency_id = ANY(%(agencies)s::bigint[]))"
_TALLIES = f"""
SELECT {{column}},
       coalesce(sum(value) FILTER (WHERE measure = 'received'), 0)
         - coalesce(sum(value) FILTER (WHERE measure = 'voided'), 0),
       coalesce(sum(value) FILTER (WHERE measure = 'taken_for_another'), 0),
       coalesce(sum(value) FILTER (WHERE measure = 'handled_early'), 0),
       coalesce(sum(value) FILTER (WHERE measure = 'handled_on_time'), 0),
       coalesce(sum(value) FILTER (WHERE measure = 'handled_late'), 0)
FROM evaluation_tally
WHERE generation = %(generation)s AND day = %(day)s AND {_SEEN}
GROUP BY 1
"""  # noqa: S608  (texts of ours; values are parameters)
_STOCK = f"""
SELECT {{column}}, coalesce(sum(value) FILTER (WHERE stage IN ('running', 'waiting')), 0),
       coalesce(sum(value) FILTER (WHERE stage = 'running' AND due_at < %(at)s), 0),
       coalesce(sum(value) FILTER (WHERE stage = 'waiting'), 0)
FROM evaluation_stock
WHERE generation = %(generation)s AND {_SEEN}
GROUP BY 1
"""  # noqa: S608  (texts of ours; values are parameters)
_COLUMNS = {By.UNIT: "unit_id", By.AGENCY: "agency_id"}


def figures(actor: Actor, *, day: date, at: datetime, by: By = By.UNIT) -> Figures:
    """
    Return received and handled of the local `day` and the stock at the moment `at`, for what the actor leads.

    Three statements, whatever the number of rows. Received is net of void dossiers; a dossier that waits for
    a supplement or a payment is open but not overdue.

    :raises NotFound: the actor leads nothing.
    """
    covered = scope(actor)
    if not covered:
        raise NotFound
    return figures_of(covered, day=day, at=at, by=by)


def figures_of(covered: Scope, *, day: date, at: datetime, by: By = By.UNIT) -> Figures:
    """Return the figures of a scope that `scope` has given; listeners of one scope share them."""
    generation, number = _live()
    values: dict[str, Any] = {
        "generation": generation,
        "day": day,
        "at": at,
        "province": covered.province,
        "units": list(covered.units),
        "agencies": list(covered.agencies),
    }
    counts: dict[int, Counts] = {}
    with connection.cursor() as cursor:
        cursor.execute(_TALLIES.format(column=_COLUMNS[by]), values)
        for key, received, taken, early, on_time, late in cursor.fetchall():
            counts[key] = Counts(received, taken, early + on_time + late, early, on_time, late)
        cursor.execute(_STOCK.format(column=_COLUMNS[by]), values)
        for key, opened, overdue, waiting in cursor.fetchall():
            counts[key] = replace(counts.get(key, Counts()), open=opened, overdue=overdue, waiting=waiting)
    shown = {key: count for key, count in counts.items() if count != Counts()}
    names = _names(by, shown)
    rows = tuple(Row(key, *names[key], count) for key, count in shown.items())
    total = sum((row.counts for row in rows), Counts())
    found = Figures(day, at, f"{generation}.{number}", by, rows, total)
    return found.sorted(Sort.OVERDUE, descending=True)


@dataclass(frozen=True, slots=True)
class PartsRow:
    """How an agency did its parts of interlinked groups in a period; open ones as they stand at the moment."""

    agency_id: int
    code: str
    name: str
    received: int
    early: int
    on_time: int
    late: int
    open: int
    overdue: int


def parts_by_agency(actor: Actor, *, first: date, last: date, at: datetime) -> list[PartsRow]:
    """
    Return by agency the parts of interlinked groups taken in and done from `first` to `last` (local days), late first.

    They are not in the totals: there a group counts once, where it was received (facts-reports.md 9.1). What made a
    group late is seen here, at the agency whose part it was.

    :raises NotFound: the actor leads nothing.
    """
    covered = scope(actor)
    if not covered:
        raise NotFound
    generation, _ = _live()
    with connection.cursor() as cursor:
        cursor.execute(
            _PARTS,
            {
                "generation": generation,
                "first": first,
                "last": last,
                "at": at,
                "province": covered.province,
                "units": list(covered.units),
                "agencies": list(covered.agencies),
            },
        )
        found = cursor.fetchall()
    names = _names(By.AGENCY, [row[0] for row in found])
    return [PartsRow(row[0], *names[row[0]], *row[1:]) for row in found]


_PARTS = rf"""
SELECT agency_id, sum(received), sum(early), sum(on_time), sum(late), sum(open), sum(overdue) FROM (
  SELECT agency_id,
         coalesce(sum(value) FILTER (WHERE measure = 'part_received'), 0) AS received,
         coalesce(sum(value) FILTER (WHERE measure = 'part_handled_early'), 0) AS early,
         coalesce(sum(value) FILTER (WHERE measure = 'part_handled_on_time'), 0) AS on_time,
         coalesce(sum(value) FILTER (WHERE measure = 'part_handled_late'), 0) AS late, 0 AS open, 0 AS overdue
  FROM evaluation_tally
  WHERE generation = %(generation)s AND day BETWEEN %(first)s AND %(last)s AND measure LIKE 'part\_%%' AND {_SEEN}
  GROUP BY 1
  UNION ALL
  SELECT agency_id, 0, 0, 0, 0, coalesce(sum(value), 0),
         coalesce(sum(value) FILTER (WHERE stage = 'part_running' AND due_at < %(at)s), 0)
  FROM evaluation_stock WHERE generation = %(generation)s AND stage LIKE 'part\_%%' AND {_SEEN}
  GROUP BY 1) parts
GROUP BY 1 HAVING sum(received) + sum(early) + sum(on_time) + sum(late) + sum(open) > 0
ORDER BY sum(late) + sum(overdue) DESC, agency_id
"""  # noqa: S608  (texts of ours; values are parameters)


def _names(by: By, keys: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Return code and name of each key's unit; no two names read the same."""
    tree = organisation.tree()
    units = {key: key if by is By.UNIT else tree.roots.get(key, 0) for key in keys}
    told = organisation.told_apart(units.values())
    return {
        key: (tree.nodes[unit].ref.code, told[unit]) if unit in told else ("", "Chưa rõ đơn vị")
        for key, unit in units.items()
    }


def version() -> str:
    """Return the version of the live figures."""
    generation, number = _live()
    return f"{generation}.{number}"


def _live() -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT generation, version FROM evaluation_reading WHERE live")
        row = cursor.fetchone()
    return (row[0], row[1]) if row else (0, 0)


# -- the ledger, in order of commit --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One ledger entry as the figures need it.

    `home_unit_id` is the unit that received the dossier, or the successor that has it since a reorganisation: all its
    figures stand there, whoever acts (`officer_id`), so that received, handled and open of a unit speak of the
    same dossiers. The agency is the one that handles it. `from_unit_id` and `from_agency_id` are those it was with
    before a transfer, None in every other entry. `part`: of an interlinked
    group, which is counted itself. Only of a dossier received for another agency (`for_another`) everything but the
    receipt counts for that agency's unit (`handling_unit_id`) once it has confirmed; `agency_before` is an agency that
    turned out not to be competent.
    """

    xid: int
    entry_id: int
    act: str
    state_before: str | None
    state_after: str | None
    occurred_at: datetime
    due_before: datetime | None
    due_after: datetime | None
    agency_id: int | None
    officer_id: int | None
    procedure_code: str | None
    channel: str | None
    home_unit_id: int | None
    paused_at: datetime | None
    from_unit_id: int | None = None
    from_agency_id: int | None = None
    part: bool = False
    by_hand: bool = False
    for_another: bool = False
    handling_unit_id: int | None = None
    agency_before: int | None = None
    own_fault: bool = False
    handed_on: bool = False


# Only transactions that are over for everybody are read: an entry with a lower number may still be
# committing. The bound on recorded_at spares the partitions of later months.
_ENTRIES = """
SELECT e.xid::text::bigint, e.entry_id, e.act, e.state_before, e.state_after, e.occurred_at, e.due_before,
       e.due_after, e.agency_id, e.officer_id, e.procedure_code, e.channel,
       coalesce((e.payload->>'receiving_unit')::bigint, home.unit_id), pause.began,
       CASE WHEN e.act = 'transfer' THEN (e.payload->>'from_unit')::bigint END,
       CASE WHEN e.act = 'transfer' THEN (e.payload->>'from_agency')::bigint END,
       e.payload ? 'part',
       coalesce(e.payload ->> 'by' = 'paper', false),
       e.payload ? 'for_another', (e.payload->>'handling_unit')::bigint, (e.payload->>'agency_before')::bigint,
       coalesce(e.payload ->> 'fault' = 'agency', false), e.payload ? 'by'
FROM platform_ledgerentry e
LEFT JOIN LATERAL (
  SELECT p.unit_id FROM platform_ledgerentry p
  WHERE NOT e.payload ? 'receiving_unit' AND p.subject = e.subject AND p.seq = 1
    AND p.recorded_at <= e.recorded_at LIMIT 1) home ON true
LEFT JOIN LATERAL (
  SELECT max(p.occurred_at) AS began FROM platform_ledgerentry p
  WHERE e.state_before = ANY(%(waiting)s) AND e.state_after <> ALL(%(open)s)
    AND p.subject = e.subject AND p.seq < e.seq AND p.recorded_at <= e.recorded_at
    AND p.state_after = ANY(%(waiting)s) AND p.state_before IS DISTINCT FROM p.state_after) pause ON true
WHERE (e.xid, e.entry_id) > (%(xid)s::text::xid8, %(entry_id)s) AND e.xid < %(horizon)s::text::xid8
ORDER BY e.xid, e.entry_id
LIMIT %(limit)s
"""


def horizon() -> tuple[int, int]:
    """
    Return the transaction below which everything is over, and the one the next transaction will get at least.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint"
            " FROM pg_current_snapshot() s"
        )
        row = cursor.fetchone()
    return int(row[0]), int(row[1])


def entries_after(xid: int, entry_id: int, *, below: int, limit: int) -> list[Entry]:
    """Return the next entries of transactions below `below`, in order of commit cursor."""
    with connection.cursor() as cursor:
        cursor.execute(
            _ENTRIES,
            {
                "xid": str(xid),
                "entry_id": entry_id,
                "horizon": str(below),
                "limit": limit,
                "open": [state for state, kind in STAGES.items() if kind in OPEN],
                "waiting": [state for state, kind in STAGES.items() if kind is Stage.WAITING],
            },
        )
        return [Entry(*row) for row in cursor.fetchall()]


# -- the same figures by plain SQL, sharing no code with the reader ------------------------------------------

_CHECK_TALLIES = """
WITH live AS (SELECT generation, xid::text::xid8 AS xid, entry_id FROM evaluation_reading WHERE live),
entry AS (
  SELECT e.*, (e.occurred_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS day,
    coalesce((e.payload->>'receiving_unit')::bigint,
      first_value(e.unit_id) OVER (PARTITION BY e.subject ORDER BY e.seq)) AS home,
    coalesce((e.payload->>'handling_unit')::bigint, (e.payload->>'receiving_unit')::bigint,
      first_value(e.unit_id) OVER (PARTITION BY e.subject ORDER BY e.seq)) AS hand,
    e.payload ? 'for_another' AS other, (e.payload->>'agency_before')::bigint AS former,
    e.state_before IN ('accepted', 'in_process', 'supplement_requested', 'payment_requested', 'suspended') AS was_open,
    e.state_after IN ('accepted', 'in_process', 'supplement_requested', 'payment_requested', 'suspended') AS is_open,
    CASE WHEN e.state_before IN ('supplement_requested', 'payment_requested', 'suspended') THEN coalesce(
      max(e.occurred_at) FILTER (WHERE e.state_after IN ('supplement_requested', 'payment_requested', 'suspended')
          AND e.state_before IS DISTINCT FROM e.state_after)
        OVER (PARTITION BY e.subject ORDER BY e.seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
      e.occurred_at) ELSE e.occurred_at END AS clock_end
  FROM platform_ledgerentry e, live WHERE (e.xid, e.entry_id) <= (live.xid, live.entry_id)),
counted AS (
  SELECT *, 'filed' AS measure FROM entry WHERE coalesce(state_before, '') = '' AND state_after <> ''
  UNION ALL SELECT *, 'received' FROM entry
    WHERE is_open AND coalesce(state_before, '') IN ('', 'submitted', 'void')
  UNION ALL SELECT *, CASE
      WHEN due_before IS NULL THEN 'handled_on_time'
      WHEN clock_end > due_before THEN 'handled_late'
      WHEN (clock_end AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
         < (due_before AT TIME ZONE 'Asia/Ho_Chi_Minh')::date THEN 'handled_early'
      ELSE 'handled_on_time' END
    FROM entry WHERE was_open
      AND state_after IN ('not_accepted', 'withdrawn', 'stopped', 'processed', 'returned')
  UNION ALL SELECT *, 'reopened' FROM entry
    WHERE is_open AND state_before IN ('not_accepted', 'withdrawn', 'stopped', 'processed', 'returned')
  UNION ALL SELECT *, 'voided' FROM entry WHERE was_open AND state_after = 'void'
  UNION ALL SELECT *, CASE WHEN payload ->> 'by' = 'paper' THEN 'forwarded_on_paper' ELSE 'forwarded_electronically' END
    FROM entry WHERE act = 'forward' OR (payload ? 'by' AND act <> 'restate_forward')
  UNION ALL SELECT *, 'results_corrected' FROM entry WHERE act = 'sign_correction'
  UNION ALL SELECT *, 'corrected_for_agency' FROM entry WHERE act = 'sign_correction' AND payload ->> 'fault' = 'agency'
  UNION ALL SELECT *, 'refused_at_receipt' FROM entry
    WHERE state_after = 'not_accepted' AND state_before IS DISTINCT FROM state_after
  UNION ALL SELECT *, 'withdrawn' FROM entry WHERE state_after = 'withdrawn' AND was_open
  UNION ALL SELECT *, 'stopped' FROM entry
    WHERE state_after = 'stopped' AND state_before IS DISTINCT FROM state_after
  UNION ALL SELECT *, 'results_ready' FROM entry
    WHERE state_after = 'processed' AND state_before IS DISTINCT FROM state_after
  UNION ALL SELECT *, 'returned' FROM entry
    WHERE state_after = 'returned' AND state_before IS DISTINCT FROM state_after
  UNION ALL SELECT *, 'refused_after_appraisal' FROM entry WHERE act = 'refuse_request'
  UNION ALL SELECT *, 'supplement_requests' FROM entry WHERE act = 'request_supplement'
  UNION ALL SELECT *, 'taken_over' FROM entry WHERE act = 'transfer' AND was_open
  UNION ALL SELECT *, 'handed_on' FROM entry WHERE act = 'transfer' AND was_open),
placed AS (
  SELECT *, CASE WHEN measure IN ('filed', 'received', 'refused_at_receipt', 'voided', 'forwarded_on_paper',
        'forwarded_electronically') THEN home
      WHEN measure = 'handed_on'
      THEN coalesce((payload->>'handling_unit')::bigint, (payload->>'from_unit')::bigint) ELSE hand END AS place,
    CASE measure WHEN 'handed_on' THEN (payload->>'from_agency')::bigint ELSE agency_id END AS whose,
    1 AS n FROM counted
  UNION ALL SELECT entry.*, 'taken_for_another', home, agency_id, 1 FROM entry WHERE other
    AND is_open AND coalesce(state_before, '') IN ('', 'submitted', 'void')
  UNION ALL SELECT entry.*, 'taken_for_another', home, agency_id, -1 FROM entry WHERE other
    AND was_open AND state_after = 'void'
  UNION ALL SELECT entry.*, m, home, agency_id, CASE WHEN payload ->> 'by' = way THEN 1 ELSE -1 END
    FROM entry, (VALUES ('forwarded_on_paper', 'paper'), ('forwarded_electronically', 'electronic')) v(m, way)
    WHERE act = 'restate_forward'
  UNION ALL SELECT *, 'come_from_another', hand, agency_id, 1 FROM entry WHERE other AND act = 'confirm_receipt'
  UNION ALL SELECT entry.*, m, home, CASE WHEN n < 0 THEN former ELSE agency_id END, n
    FROM entry, (VALUES ('received'), ('taken_for_another')) v(m), (VALUES (-1), (1)) w(n) WHERE former IS NOT NULL),
plain AS (
  SELECT day, CASE WHEN payload ? 'part' THEN 'part_' ELSE '' END || measure AS measure,
    coalesce(place, 0) AS unit_id, coalesce(whose, 0) AS agency_id,
    coalesce(officer_id, 0) AS officer_id, coalesce(procedure_code, '') AS procedure_code,
    coalesce(channel, '') AS channel, sum(n) AS value
  FROM placed GROUP BY 1, 2, 3, 4, 5, 6, 7),
kept AS (SELECT t.* FROM evaluation_tally t JOIN live USING (generation))
SELECT day, measure, unit_id, agency_id, officer_id, procedure_code, channel,
       coalesce(kept.value, 0) AS kept, coalesce(plain.value, 0) AS plain
FROM kept FULL JOIN plain USING (day, measure, unit_id, agency_id, officer_id, procedure_code, channel)
WHERE coalesce(kept.value, 0) <> coalesce(plain.value, 0)
ORDER BY day, measure LIMIT %(limit)s
"""
_CHECK_STOCK = """
WITH live AS (SELECT generation, xid::text::xid8 AS xid, entry_id FROM evaluation_reading WHERE live),
last AS (
  SELECT DISTINCT ON (e.subject) e.*, coalesce((e.payload->>'handling_unit')::bigint,
    (e.payload->>'receiving_unit')::bigint,
    (SELECT f.unit_id FROM platform_ledgerentry f WHERE f.subject = e.subject AND f.seq = 1)) AS home
  FROM platform_ledgerentry e, live
  WHERE e.state_after IS NOT NULL AND (e.xid, e.entry_id) <= (live.xid, live.entry_id)
  ORDER BY e.subject, e.seq DESC),
plain AS (
  SELECT coalesce(home, 0) AS unit_id, coalesce(agency_id, 0) AS agency_id,
    coalesce(procedure_code, '') AS procedure_code, coalesce(due_after, 'infinity') AS due_at,
    CASE WHEN payload ? 'part' THEN 'part_' ELSE '' END
      || CASE WHEN state_after IN ('accepted', 'in_process') THEN 'running' ELSE 'waiting' END AS stage,
    count(*) AS value
  FROM last WHERE state_after IN ('accepted', 'in_process', 'supplement_requested', 'payment_requested', 'suspended')
  GROUP BY 1, 2, 3, 4, 5),
kept AS (
  SELECT s.unit_id, s.agency_id, s.procedure_code, coalesce(s.due_at, 'infinity') AS due_at, s.stage, s.value
  FROM evaluation_stock s JOIN live USING (generation))
SELECT unit_id, agency_id, procedure_code, nullif(due_at, 'infinity'), stage,
       coalesce(kept.value, 0) AS kept, coalesce(plain.value, 0) AS plain
FROM kept FULL JOIN plain USING (unit_id, agency_id, procedure_code, due_at, stage)
WHERE coalesce(kept.value, 0) <> coalesce(plain.value, 0)
ORDER BY unit_id LIMIT %(limit)s
"""


def differences(limit: int = 20) -> list[Mapping[str, Any]]:
    """
    Return where the live figures differ from plain SQL over the same ledger entries; empty when all is well.
    """
    found: list[Mapping[str, Any]] = []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('jit', 'off', true)"
        )  # compiling the plan takes longer than running it
        for table, statement in (("tally", _CHECK_TALLIES), ("stock", _CHECK_STOCK)):
            cursor.execute(statement, {"limit": limit})
            names = [column.name for column in cursor.description]
            found += [{"table": table, **dict(zip(names, row, strict=True))} for row in cursor.fetchall()]
    return found


def behind() -> int:
    """Return how many committed ledger entries are not counted yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM platform_ledgerentry e, (SELECT coalesce(max(xid), 0) AS xid,"
            " coalesce(max(entry_id), 0) AS entry_id FROM evaluation_reading WHERE live) r"
            " WHERE (e.xid, e.entry_id) > (r.xid::text::xid8, r.entry_id)"
        )
        (count,) = cursor.fetchone()
    return int(count)
