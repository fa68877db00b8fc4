"""A head's day: who carries how much, what is late, and work moved from one officer to another."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from motcua.dossiers.operations import bulk
from motcua.dossiers.rules import BulkAct
from motcua.edge import actors, keys
from motcua.kernel.actor import Actor
from motcua.kernel.errors import Conflict, Invalid, NotFound
from motcua.organisation import queries as organisation
from motcua.organisation.tree import UnitRef
from motcua.platform import clock
from motcua.web import inputs
from motcua.web.components import Crumb, FieldView, Option
from motcua.web.desk import pages, rows, work
from motcua.web.desk.bulk import URL as RUNS
from motcua.web.desk.bulk import targets_of
from motcua.workflow import team

URL: Final = "/can-bo/don-vi/"
POOL: Final = "chua-nhan"
SHOWN: Final = 200


class HeadNeeded(NotFound):
    """The page is for those who share out the work of a unit."""

    code = "head_needed"
    message = "Trang này dành cho trưởng phòng và lãnh đạo phân công việc của đơn vị."


def units_led(actor: Actor) -> list[UnitRef]:
    """
    Return the units in force whose work the actor shares out, by name, those with staff first asked.

    :raises HeadNeeded: none.
    """
    on, tree = clock.today(), organisation.tree()
    nodes = [tree.nodes[unit] for unit in team.led(actor)]
    found = sorted((node.ref for node in nodes if node.in_force(on)), key=lambda ref: ref.name)
    if not found:
        raise HeadNeeded
    return found


def unit_asked(actor: Actor, asked: str, units: list[UnitRef]) -> UnitRef:
    """Return the unit asked for if the actor leads it, else that of the leading duty, else the first."""
    own = actor.duty(*pages.SHARING)
    for wanted in (asked, str(own.unit_id) if own else ""):
        for unit in units:
            if str(unit.id) == wanted:
                return unit
    return units[0]


@pages.officer
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show the load of each officer of a unit, and the tasks of one of them, of nobody, or of all."""
    actor, now = actors.staff(request), clock.now()
    units = units_led(actor)
    unit = unit_asked(actor, request.GET.get("don-vi", ""), units)
    asked = request.GET.get("nguoi", "")
    loads = {load.staff_id: load for load in team.loads(actor, unit.id, now, pages.end_of_today(actor, now))}
    people = {one.staff_id: one.full_name for one in organisation.colleagues(actor, unit.id, clock.today())}
    gone = {staff for staff in loads if staff is not None} - set(people)
    names = {**people, **organisation.staff_names(gone)}
    staff_id = number if (number := inputs.number(asked)) in names else None
    found = team.tasks(actor, unit.id, staff_id, pool=asked == POOL, limit=SHOWN)

    def url(who: str) -> str:
        return f"{URL}?{urlencode({'don-vi': unit.id, 'nguoi': who})}"

    most = max((load.hours for load in loads.values()), default=Decimal())
    lines = []
    for who, name in [(None, "Chưa ai nhận"), *sorted(names.items(), key=lambda one: one[1])]:
        load = loads.get(who)
        lines.append(
            {
                "staff": who or "",
                "name": name,
                "url": url(str(who) if who else POOL),
                "chosen": asked == (str(who) if who else POOL),
                "here": who is None or who in people,
                "open": load.open if load else 0,
                "overdue": load.overdue if load else 0,
                "today": load.due_today if load else 0,
                "hours": load.hours if load else 0,
                "percent": int(load.hours * 100 / most) if load and most else 0,
                "oldest": rows.left_text(now, load.oldest_due_at, unit.id) if load and load.overdue else "",
            }
        )
    context: dict[str, Any] = {
        "unit": unit.name,
        "unit_id": unit.id,
        "unit_field": FieldView(
            "don-vi", "Đơn vị", "select", value=str(unit.id), required=True, quiet=True,
            options=tuple(Option(str(one.id), one.short_name or one.name) for one in units),
        ) if len(units) > 1 else None,
        "lines": lines,
        "total": sum(load.open for load in loads.values()),
        "overdue": sum(load.overdue for load in loads.values()),
        "tasks": work.lines(actor, found, now),
        "whose": names.get(staff_id, "") if staff_id else ("Chưa ai nhận" if asked == POOL else ""),
        "asked": asked,
        "all_url": f"{URL}?{urlencode({'don-vi': unit.id})}",
        "people": [(str(number), name) for number, name in sorted(people.items(), key=lambda one: one[1])],
        "pick": True,
        "here": request.get_full_path(),
        "cut": len(found) == SHOWN,
        "handover_url": f"/can-bo/ban-giao/lap/?tu={staff_id}" if staff_id else "",
        "crumbs": [pages.HOME, Crumb("Việc của đơn vị")],
    }  # fmt: skip
    return pages.show(request, "desk/team.html", context, section=URL)


@pages.officer
@require_POST
def move(request: HttpRequest) -> HttpResponse:
    """Give the ticked tasks to an officer: an act on each, under way at once."""
    actor = actors.staff(request)
    staff = request.POST.get("staff_id", "")
    back = f"{URL}?{urlencode({'don-vi': request.POST.get('don-vi', ''), 'nguoi': request.POST.get('nguoi', '')})}"
    try:
        number = bulk.start(
            act=BulkAct.ASSIGN,
            targets=targets_of(request.POST.getlist("chon")),
            actor=actor,
            key=keys.key(request),
            at=clock.now(),
            staff_id=inputs.number(staff),
            note=request.POST.get("note", ""),
        )
    except (Invalid, Conflict) as refusal:
        messages.error(request, refusal.message)
        return redirect(back)
    return redirect(f"{RUNS}{number}/")
