"""Reading of places and calendars. Public reference data: no actor limits it."""

from __future__ import annotations

import threading
import time as real_time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time

from django.db.models import Q

from motcua.kernel import calendar as kernel_calendar
from motcua.kernel.calendar import Layer, SessionRule, WorkingCalendar
from motcua.kernel.errors import NotFound
from motcua.territory.models import CalendarLayer, DayMark, OfficeHours, Place, PlaceSuccession, Revision
from motcua.territory.rules import DayKind, HoursPurpose, LayerKind, PlaceLevel

CHECK_SECONDS = 30.0
"""How long a process may trust the calendars it holds before it looks whether they changed."""

_lock = threading.Lock()
_calendars: dict[str, WorkingCalendar] = {}
_held_revision: int = -1
_checked_at: float = float("-inf")

_KINDS = {
    DayKind.HOLIDAY: kernel_calendar.DayKind.HOLIDAY,
    DayKind.COMPENSATORY: kernel_calendar.DayKind.COMPENSATORY,
    DayKind.SWAPPED_OFF: kernel_calendar.DayKind.SWAPPED_OFF,
    DayKind.SWAPPED_WORK: kernel_calendar.DayKind.SWAPPED_ON,
    DayKind.CLOSURE: kernel_calendar.DayKind.CLOSURE,
}


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A place as lists and forms show it."""

    id: int
    code: str
    name: str
    level: str
    unit_type: str
    parent_code: str | None
    area_class: str
    valid_from: date
    valid_to: date | None


def calendar(layer_code: str | None = None) -> WorkingCalendar:
    """
    Return the working calendar of a layer laid over its parents; without a code, that of the province.

    Kept in the process; at most every 30 s one statement asks whether the data changed.

    :raises NotFound: there is no such layer.
    """
    global _held_revision, _checked_at
    now = real_time.monotonic()
    if now - _checked_at > CHECK_SECONDS:
        with _lock:
            number = Revision.objects.filter(name="calendars").values_list("number", flat=True).first() or 0
            if number != _held_revision:
                _calendars.clear()
                _held_revision = number
            _checked_at = now
    held = _calendars.get(layer_code or "")
    if held is None:
        held = _build(layer_code)
        _calendars[layer_code or ""] = held
    return held


def forget_calendars() -> None:
    """Let the next `calendar` read the data again at once (after loading, and in tests)."""
    global _held_revision, _checked_at
    with _lock:
        _calendars.clear()
        _held_revision, _checked_at = -1, float("-inf")


def calendar_with(
    layer_code: str | None, days_off: Sequence[date], days_on: Sequence[date] = ()
) -> WorkingCalendar:
    """
    Return the working calendar of a layer as it would be with more days off or worked, for a trial; it is not kept.

    A day worked besides has the hours of its weekday where it has any, else those of a Monday.

    :raises NotFound: there is no such layer.
    """
    worked = [
        kernel_calendar.DayMark(day, kernel_calendar.DayKind.SWAPPED_ON, "Ngày làm bù thử") for day in days_on
    ]
    return _build(
        layer_code, [kernel_calendar.Closure(day, day, "Ngày nghỉ thử") for day in days_off], worked=worked
    )


@dataclass(frozen=True, slots=True)
class NewDay:
    """
    A day of a layer to be: announced with its kind, or (`kind` None) an ordinary day again.

    `swap_with` is the other day of a swap.
    """

    layer: str
    on: date
    kind: DayKind | None
    name: str
    swap_with: date | None = None


def calendar_as(layer_code: str | None, days: Sequence[NewDay]) -> WorkingCalendar:
    """
    Return the working calendar of a layer as it would be with days announced in any layer; it is not kept.

    :raises NotFound: there is no such layer.
    """
    return _build(layer_code, days=days)


def _build(
    layer_code: str | None,
    closures: Sequence[kernel_calendar.Closure] = (),
    days: Sequence[NewDay] = (),
    worked: Sequence[kernel_calendar.DayMark] = (),
) -> WorkingCalendar:
    layers = {layer.pk: layer for layer in CalendarLayer.objects.all()}
    wanted = next(
        (
            layer
            for layer in sorted(layers.values(), key=lambda layer: layer.code)
            if (layer.code == layer_code if layer_code else layer.kind == LayerKind.PROVINCE)
        ),
        None,
    )
    if wanted is None:
        raise NotFound("Không tìm thấy lịch làm việc.", layer=layer_code)
    chain: list[int] = []
    step: CalendarLayer | None = wanted
    while step is not None:
        chain.append(step.pk)
        step = layers[step.parent_id] if step.parent_id else None
    marks: dict[int, list[kernel_calendar.DayMark]] = {pk: [] for pk in chain}
    new = {(day.layer, day.on): day for day in days}
    for mark in DayMark.objects.filter(layer_id__in=chain, apply=True).order_by("on"):
        if (layers[mark.layer_id].code, mark.on) in new:
            continue
        marks[mark.layer_id].append(
            kernel_calendar.DayMark(
                on=mark.on,
                kind=_KINDS[DayKind(mark.kind)],
                name=mark.name,
                certainty=mark.certainty,
                stands_for=mark.swap_with if mark.kind == DayKind.SWAPPED_WORK else None,
            )
        )
    for pk in chain:
        marks[pk] += [
            kernel_calendar.DayMark(
                on=day.on,
                kind=_KINDS[day.kind],
                name=day.name,
                stands_for=day.swap_with if day.kind is DayKind.SWAPPED_WORK else None,
            )
            for day in new.values()
            if day.layer == layers[pk].code and day.kind is not None
        ]
    hours: dict[int, list[SessionRule]] = {pk: [] for pk in chain}
    for row in OfficeHours.objects.filter(layer_id__in=chain, apply=True).order_by("id"):
        hours[row.layer_id].append(
            SessionRule(
                valid_from=row.valid_from,
                valid_to=row.valid_to,
                weekdays=frozenset(row.weekdays),
                periods=tuple(
                    (time.fromisoformat(start), time.fromisoformat(end)) for start, end in row.periods
                ),
                counts=row.purpose == HoursPurpose.COUNTED,
                season=(_month_day(row.season_from), _month_day(row.season_to)) if row.season_from else None,
                name=row.name,
            )
        )
    return WorkingCalendar.build(
        [
            Layer(name=layers[pk].name, sessions=tuple(hours[pk]), days=tuple(marks[pk]))
            for pk in reversed(chain)
        ],
        days=worked,
        closures=closures,
    )


def _month_day(text: str) -> tuple[int, int]:
    month, day = text.split("-")
    return int(month), int(day)


def place(code: str) -> PlaceRow:
    """
    Return a place by code, whatever its period.

    :raises NotFound:
    """
    found = Place.objects.select_related("parent").filter(code=code).first()
    if found is None:
        raise NotFound("Không tìm thấy địa bàn này.", place=code)
    return _row(found)


def places(level: PlaceLevel, on: date, parent_code: str | None = None) -> list[PlaceRow]:
    """Return the places of a level in force on a day, by name; `parent_code` keeps those of one parent."""
    rows = Place.objects.select_related("parent").filter(
        Q(valid_to=None) | Q(valid_to__gte=on), level=level, valid_from__lte=on
    )
    if parent_code is not None:
        rows = rows.filter(parent__code=parent_code)
    return [_row(row) for row in rows.order_by("folded", "code")]


def successors(code: str, on: date) -> list[PlaceRow]:
    """
    Return the places that hold the territory of `code` on a day: itself, or what it passed into (maybe
    several).

    :raises NotFound: no place has the code.
    """
    start = Place.objects.select_related("parent").filter(code=code).first()
    if start is None:
        raise NotFound("Không tìm thấy địa bàn này.", place=code)
    found: dict[str, PlaceRow] = {}
    waiting = [start]
    while waiting:
        step = waiting.pop()
        if step.valid_to is None or step.valid_to >= on:
            found[step.code] = _row(step)
            continue
        waiting += [
            link.successor
            for link in PlaceSuccession.objects.select_related("successor__parent").filter(
                origin=step, on__lte=on
            )
        ]
    return sorted(found.values(), key=lambda row: row.code)


def _row(found: Place) -> PlaceRow:
    return PlaceRow(
        id=found.pk,
        code=found.code,
        name=found.name,
        level=found.level,
        unit_type=found.unit_type,
        parent_code=found.parent.code if found.parent else None,
        area_class=found.area_class,
        valid_from=found.valid_from,
        valid_to=found.valid_to,
    )


def place_name(code: str) -> str:
    """Return the full name of a place by its code; empty when there is none."""
    return Place.objects.filter(code=code).values_list("name", flat=True).first() or ""


@dataclass(frozen=True, slots=True)
class LayerRow:
    """A layer of calendars; `parent` is the one it is laid over."""

    code: str
    name: str
    kind: str
    parent: str | None


def layers() -> list[LayerRow]:
    """Return the layers of calendars, the general ones first."""
    order = list(LayerKind)
    rows = [
        LayerRow(row.code, row.name, row.kind, row.parent.code if row.parent else None)
        for row in CalendarLayer.objects.select_related("parent").order_by("code")
    ]
    return sorted(rows, key=lambda row: (order.index(LayerKind(row.kind)), row.code))


def covered_by(layer_code: str) -> frozenset[str | None]:
    """Return the layers laid over one, itself too; None stands for the province's, where it is among them."""
    rows = {row.code: row for row in layers()}
    found: set[str | None] = set()
    for row in rows.values():
        step: LayerRow | None = row
        while step is not None:
            if step.code == layer_code:
                found.add(row.code)
                break
            step = rows.get(step.parent) if step.parent else None
    province = next((row.code for row in rows.values() if row.kind == LayerKind.PROVINCE), None)
    return frozenset(found | ({None} if province in found else set()))


@dataclass(frozen=True, slots=True)
class DayRow:
    """An announced day of a layer as lists show it; `note` names the paper it rests on."""

    layer: str
    on: date
    kind: str
    name: str
    swap_with: date | None
    note: str


def announced(since: date, until: date) -> list[DayRow]:
    """Return the announced days in force in a period, by day and layer."""
    rows = DayMark.objects.filter(apply=True, on__gte=since, on__lte=until).select_related("layer")
    return [
        DayRow(row.layer.code, row.on, row.kind, row.name, row.swap_with, row.note)
        for row in rows.order_by("on", "layer__code")
    ]
