"""Every write of the figures: reading on, and making them anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import structlog
from django.db import connection, transaction

from motcua.dossiers.rules import Act
from motcua.evaluation import queries, rules
from motcua.evaluation.models import Reading, Stock, Tally
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Conflict
from motcua.platform import marks

log = structlog.get_logger(__name__)

# Listened to by the live page; sent once per batch, never by an act.
NOTICE = "motcua_figures"
_LOCK = 7101
COUNTED_BY = marks.fingerprint_of(Path(rules.__file__), Path(__file__))
"""The rules of counting as they stand in the code: a change of them is a change of the figures."""
HANDED_ON, TAKEN_OVER = rules.Measure.HANDED_ON.value, rules.Measure.TAKEN_OVER.value


class OtherCluster(Conflict):
    """The cursor is ahead of the database's transaction counter: the data came from another cluster."""

    code = "figures_other_cluster"
    message = "Cơ sở dữ liệu đã được khôi phục từ máy chủ khác: cần dựng lại số liệu (tallies rebuild)."


class RebuildSuperseded(Conflict):
    """Another rebuild was started meanwhile."""

    code = "figures_rebuild_superseded"
    message = "Một lần dựng lại số liệu khác đã bắt đầu sau; lần này dừng."


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild found: entries read, and how many rows of the old figures were not equal to the new."""

    entries: int
    differing: int


def catch_up(limit: int = 2000) -> int:
    """
    Count the next ledger entries, at most `limit`, cursor and figures in one transaction; return how many.

    Two callers take turns: the reading row is locked. Listeners are told once, at commit.

    :raises OtherCluster:
    """
    with transaction.atomic():
        reading = _live()
        below, ceiling = queries.horizon()
        if reading.xid >= ceiling:
            raise OtherCluster(cursor=reading.xid, ceiling=ceiling)
        count, changed = _step(reading, below, limit)
        if changed:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_notify(%s, %s)", [NOTICE, f"{reading.generation}.{reading.version}"]
                )
    return count


def rebuild(batch: int = 5000) -> Rebuilt:
    """
    Make all figures anew from the ledger into the next generation, beside the live one, then put it in its
    place.

    The pages keep their figures meanwhile. In the last step both generations stand at the same entry and are
    compared.

    :raises RebuildSuperseded: another rebuild began later.
    """
    with transaction.atomic():
        live = _live()
        _drop([left.generation for left in Reading.objects.exclude(generation=live.generation)])
        new = Reading.objects.create(generation=live.generation + 1, live=False, counted_by=COUNTED_BY)
    while True:
        with transaction.atomic():
            below, _ = queries.horizon()
            count, _ = _step(_locked(new.generation), below, batch)
        if count < batch:
            break
    with transaction.atomic():
        live, fresh = _live(), _locked(new.generation)
        below, _ = queries.horizon()
        for reading in (live, fresh):
            while _step(reading, below, batch)[0] == batch:
                pass
        differing = _differing(live.generation, fresh.generation)
        if differing:
            log.warning("figures_differed", rows=differing, generation=live.generation)
        Reading.objects.filter(generation=live.generation).update(live=False)
        Reading.objects.filter(generation=fresh.generation).update(live=True, version=live.version + 1)
        _drop([live.generation])
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [NOTICE, f"{fresh.generation}.{live.version + 1}"])
    return Rebuilt(fresh.entries, differing)


def rebuild_if_outdated() -> Rebuilt | None:
    """
    Make the figures anew where they were counted by other rules than those of today (after an upgrade), else nothing.

    A rebuild that is interrupted is begun again by the next call: the old generation stays the live one till then.

    :raises RebuildSuperseded: another rebuild began later.
    """
    with transaction.atomic():
        live = _live()
    if live.counted_by == COUNTED_BY:
        return None
    done = rebuild()
    log.info("figures_counted_anew", entries=done.entries, differing=done.differing)
    return done


def _live() -> Reading:
    found = Reading.objects.select_for_update(no_key=True).filter(live=True).first()
    if found is not None:
        return found
    with connection.cursor() as cursor:  # the very first reader, or one just behind it
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    found = Reading.objects.select_for_update(no_key=True).filter(live=True).first()
    return found or Reading.objects.create(generation=1, live=True, counted_by=COUNTED_BY)


def _locked(generation: int) -> Reading:
    found = Reading.objects.select_for_update(no_key=True).filter(generation=generation).first()
    if found is None:
        raise RebuildSuperseded(generation=generation)
    return found


def _drop(generations: Sequence[int]) -> None:
    for model in (Tally, Stock, Reading):
        model._default_manager.filter(generation__in=generations).delete()


TallyKey = tuple[date, int, str, int, int, str, str]
StockKey = tuple[int, str, int, str, datetime | None]


def _step(reading: Reading, below: int, limit: int) -> tuple[int, bool]:
    """Count the next entries into the reading's generation; return how many, and whether a figure changed."""
    entries = queries.entries_after(reading.xid, reading.entry_id, below=below, limit=limit)
    if not entries:
        return 0, False
    tallies: Counter[TallyKey] = Counter()
    stock: Counter[StockKey] = Counter()
    for entry in entries:
        change = rules.Change(
            entry.act, entry.state_before, entry.state_after, entry.occurred_at, entry.due_before,
            entry.due_after, entry.paused_at, entry.by_hand, entry.for_another, entry.agency_before is not None,
            entry.own_fault, entry.handed_on,
        )  # fmt: skip
        received, agency = entry.home_unit_id or 0, entry.agency_id or 0
        handles, former = entry.handling_unit_id or received, entry.agency_before or agency
        procedure = entry.procedure_code or ""
        day = entry.occurred_at.astimezone(LOCAL).date()
        officer, channel = entry.officer_id or 0, entry.channel or ""
        kind = rules.PART if entry.part else ""
        for one in rules.counted(change):
            place, whose = received if one.at_receipt else handles, former if one.former else agency
            tallies[day, place, kind + one.measure.value, whose, officer, procedure, channel] += one.value
        # where it stood: handled elsewhere, with who had it before a transfer, or thought competent
        was = (
            entry.handling_unit_id or entry.from_unit_id or received,
            entry.from_agency_id or former,
        )
        if entry.act == Act.CONFIRM_RECEIPT:  # it leaves the receiving unit
            was = (received, former)
        if entry.from_unit_id is not None and rules.stage(entry.state_before) in rules.OPEN:
            for passed, (place, whose) in ((HANDED_ON, was), (TAKEN_OVER, (handles, agency))):
                tallies[day, place, kind + passed, whose, officer, procedure, channel] += 1
        for standing, value in rules.stock(change):
            place, whose = (handles, agency) if value > 0 else was
            stock[place, kind + standing.stage.value, whose, procedure, standing.due_at] += value
    moved = {key: value for key, value in stock.items() if value}
    _add_tallies(reading.generation, tallies)
    _add_stock(reading.generation, moved)
    reading.xid, reading.entry_id = entries[-1].xid, entries[-1].entry_id
    reading.entries += len(entries)
    changed = bool(tallies or moved)
    reading.version += changed
    reading.save(update_fields=["xid", "entry_id", "entries", "version"])
    return len(entries), changed


def _add_tallies(generation: int, tallies: Counter[TallyKey]) -> None:
    if not tallies:
        return
    keys = sorted(tallies)  # one order for everybody: no deadlock between two generations' writers
    columns = [list(column) for column in zip(*keys, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO evaluation_tally (generation, day, unit_id, measure, agency_id, officer_id,"
            " procedure_code, channel, value) SELECT %s, * FROM unnest(%s::date[], %s::bigint[], %s::text[],"
            " %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::int[])"
            " ON CONFLICT (generation, day, unit_id, measure, agency_id, officer_id, procedure_code, channel)"
            " DO UPDATE SET value = evaluation_tally.value + excluded.value",
            [generation, *columns, [tallies[key] for key in keys]],
        )


def _add_stock(generation: int, stock: dict[StockKey, int]) -> None:
    if not stock:
        return
    columns = [list(column) for column in zip(*stock, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO evaluation_stock (generation, unit_id, stage, agency_id, procedure_code, due_at,"
            " value) SELECT %s, * FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[],"
            " %s::timestamptz[], %s::int[])"
            " ON CONFLICT (generation, unit_id, stage, due_at, agency_id, procedure_code)"
            " DO UPDATE SET value = evaluation_stock.value + excluded.value",
            [generation, *columns, list(stock.values())],
        )
        cursor.execute("DELETE FROM evaluation_stock WHERE generation = %s AND value = 0", [generation])


_DIFFERING = """
SELECT (SELECT count(*) FROM (
    SELECT day, unit_id, measure, agency_id, officer_id, procedure_code, channel, value
    FROM evaluation_tally WHERE generation = %(a)s
    EXCEPT SELECT day, unit_id, measure, agency_id, officer_id, procedure_code, channel, value
    FROM evaluation_tally WHERE generation = %(b)s) t)
  + (SELECT count(*) FROM (
    SELECT unit_id, stage, agency_id, procedure_code, due_at, value
    FROM evaluation_stock WHERE generation = %(a)s
    EXCEPT SELECT unit_id, stage, agency_id, procedure_code, due_at, value
    FROM evaluation_stock WHERE generation = %(b)s) s)
"""


def _differing(one: int, other: int) -> int:
    total = 0
    with connection.cursor() as cursor:
        for pair in ({"a": one, "b": other}, {"a": other, "b": one}):
            cursor.execute(_DIFFERING, pair)
            total += int(cursor.fetchone()[0])
    return total
