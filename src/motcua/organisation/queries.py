"""Reading of agencies, units, staff and duties. Agencies and units are public; staff lists need a duty."""

from __future__ import annotations

import re
import threading
import time as real_time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from django.db.models import Q

from motcua.kernel.actor import WITHOUT_SIGHT, Actor, ActorKind, DutyRef, DutyScope, Role
from motcua.kernel.calendar import LOCAL, WorkingCalendar
from motcua.kernel.errors import NotFound
from motcua.kernel.text import fold, tokens
from motcua.organisation.models import (
    Agency,
    AgencyKind,
    AgencyService,
    Duty,
    Revision,
    Staff,
    Succession,
    Unit,
    UnitKind,
    UnitKindSuccession,
)
from motcua.organisation.rules import PlaceNeeded, ResolvesTo, UnitUnknown, bare_name
from motcua.organisation.tree import (
    FOREVER,
    AgencyNode,
    KindNode,
    Link,
    Node,
    StandIn,
    Tree,
    UnitRef,
)
from motcua.platform import reading
from motcua.territory import queries as territory

CHECK_SECONDS = 30.0
"""How long a process may trust the tree it holds before it looks whether it changed."""

_lock = threading.Lock()
_tree: Tree | None = None
_checked_at: float = float("-inf")


class _Kept:
    """Texts by number that a process may know for `CHECK_SECONDS`; `ask` reads those it does not (one statement)."""

    def __init__(self, ask: Callable[[Collection[int]], dict[int, str]]) -> None:
        self._ask = ask
        self.forget()

    def forget(self) -> None:
        """Ask anew for everything."""
        self._held: dict[int, str] = {}
        self._since = float("-inf")

    def of(self, numbers: Collection[int]) -> dict[int, str]:
        """Return the texts of those of the numbers that have one."""
        now = real_time.monotonic()
        if now - self._since > CHECK_SECONDS:
            self._held, self._since = {}, now
        held = self._held
        missing = {number for number in numbers if number not in held}
        if missing:
            held = self._held = {**held, **dict.fromkeys(missing, ""), **self._ask(missing)}
        return {number: held[number] for number in numbers if held[number]}


def _ask_names(numbers: Collection[int]) -> dict[int, str]:
    return dict(Staff.objects.filter(pk__in=numbers).values_list("pk", "full_name"))


def _ask_behalf(numbers: Collection[int]) -> dict[int, str]:
    lent_ones = Duty.objects.filter(pk__in=numbers, delegated_by__isnull=False)
    return dict(lent_ones.values_list("pk", "delegated_by__staff__full_name"))


_names, _behalf = _Kept(_ask_names), _Kept(_ask_behalf)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a duty."""

    staff_id: int
    account_id: int
    full_name: str
    duty_id: int
    unit_id: int
    role: Role
    fields: frozenset[str]

    def covers(self, procedure_field: str) -> bool:
        """Tell whether the duty reaches procedures of this field."""
        return not self.fields or procedure_field in self.fields


@dataclass(frozen=True, slots=True)
class DemoStaff:
    """A member of staff that the demo's sign-in page lists, with the roles held and one unit."""

    account_id: int
    username: str
    full_name: str
    position: str
    unit_name: str
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class CodePrefix:
    """What a dossier code starts with at a unit: identifier of QĐ 20/2020 and of the 2018 rule."""

    id: str
    legacy_id: str


def tree() -> Tree:
    """
    Return the agency tree; kept in the process, checked by one statement at most every 30 s.

    A tree that changed is built anew as a whole, so holders of the old one are undisturbed.
    """
    global _tree, _checked_at
    now = real_time.monotonic()
    held = _tree
    if held is not None and now - _checked_at <= CHECK_SECONDS:
        return held
    with _lock:
        number = Revision.objects.filter(name="tree").values_list("number", flat=True).first() or 0
        if _tree is None or _tree.revision != number:
            _tree = _build(number)
        _checked_at = real_time.monotonic()
        return _tree


def forget_tree() -> None:
    """Let the next `tree` and `staff_names` read the data again at once (after loading, and in tests)."""
    global _tree, _checked_at
    with _lock:
        _tree, _checked_at = None, float("-inf")
        _names.forget()
        _behalf.forget()


def _build(number: int) -> Tree:
    return Tree(
        revision=number,
        nodes=[
            Node(
                ref=UnitRef(
                    row["id"], row["code"], row["name"], row["agency_id"], row["kind"], row["tier"], row["short_name"]
                ),
                parent_id=row["parent_id"],
                one_stop_id=row["one_stop_id"],
                attached_to_id=row["attached_to_id"],
                is_root=row["is_root"],
                fields=frozenset(row["fields"]),
                valid_from=row["valid_from"],
                valid_to=row["valid_to"] or FOREVER,
                calendar=row["calendar__code"],
                id_code=row["id_code"],
                legacy_id_code=row["legacy_id_code"],
            )
            for row in Unit.objects.values(
                "id", "code", "name", "short_name", "agency_id", "kind", "tier", "parent_id", "one_stop_id",
                "attached_to_id", "is_root", "fields", "valid_from", "valid_to", "calendar__code", "id_code",
                "legacy_id_code",
            )
        ],
        agencies=[
            AgencyNode(row["id"], row["code"], row["kind"], row["parent_id"], row["place__code"])
            for row in Agency.objects.values("id", "code", "kind", "parent_id", "place__code")
        ],
        kinds=[
            KindNode(row.code, row.name, ResolvesTo(row.resolves_to), row.target) for row in
            UnitKind.objects.all()
        ],
        stand_ins=[
            StandIn(row.kind, row.stand_in, row.valid_from, row.valid_to or FOREVER)
            for row in UnitKindSuccession.objects.all()
        ],
        links=[
            Link(row.origin_id, row.successor_id, row.on, row.rank, frozenset(row.procedures))
            for row in Succession.objects.all()
        ],
        services=AgencyService.objects.values_list("agency_id", "served_id"),
    )  # fmt: skip


def resolve_unit(
    unit_kind: str,
    receiving_unit_id: int,
    on: date,
    *,
    place_unit_id: int | None = None,
    procedure_code: str | None = None,
    procedure_field: str | None = None,
) -> UnitRef:
    """
    Return the unit of `unit_kind` that works on a dossier received at `receiving_unit_id`, on a local date.

    Province kinds give the one unit in force; district kinds the district of the receiving unit, or the
    branch
    that serves it; commune kinds its commune. A kind that no longer exists is done by the kind that the dated
    table names. `place_unit_id` (a unit of the dossier's commune or district) decides where the receiving unit
    serves many; `procedure_field` tells sibling branches apart, `procedure_code` follows transferred
    procedures.
    Costs no SQL while the tree in memory is fresh.

    :raises PlaceNeeded: the territory decides and is not known.
    :raises UnitUnknown: no unit, nor any that stands in.
    """
    return tree().resolve(
        unit_kind,
        receiving_unit_id,
        on,
        place_unit_id=place_unit_id,
        procedure_code=procedure_code,
        procedure_field=procedure_field,
    )


def unit(unit_id: int) -> UnitRef:
    """
    Return a unit, in force or not.

    :raises NotFound:
    """
    node = tree().nodes.get(unit_id)
    if node is None:
        raise NotFound("Không tìm thấy đơn vị này.", unit=unit_id)
    return node.ref


def find_unit(code: str) -> UnitRef | None:
    """Return a unit by its code, in force or not; None where there is no such code."""
    node = tree().by_code.get(code)
    return node.ref if node is not None else None


def unit_by_code(code: str) -> UnitRef:
    """
    Return a unit by its code, in force or not.

    :raises NotFound:
    """
    found = find_unit(code)
    if found is None:
        raise NotFound("Không tìm thấy đơn vị này.", unit=code)
    return found


def unit_in_force(unit_id: int, on: date) -> UnitRef:
    """
    Return the unit while it exists, later the unit that took its work over.

    :raises NotFound: it ended without a successor.
    """
    node = tree().successor(unit_id, on)
    if node is None:
        raise NotFound(f"Đơn vị không còn hoạt động vào ngày {on:%d/%m/%Y}.", unit=unit_id)
    return node.ref


def unit_of_place(place_code: str, on: date) -> UnitRef | None:
    """Return the root unit of the People's Committee of a place (or of the place it passed into) on a day."""
    held = tree()
    for agency in held.agencies.values():
        if agency.place_code == place_code and agency.id in held.roots:
            node = held.successor(held.roots[agency.id], on)
            if node is not None and node.in_force(on):
                return node.ref
    return None


def code_prefix(unit_id: int) -> CodePrefix:
    """
    Return the identifiers that dossier codes of a unit start with.

    :raises NotFound: the unit has no identifier; a made-up prefix would hide the province (facts-codes.md
        4.4).
    """
    held = tree()
    node = held.nodes.get(unit_id)
    while node is not None and not node.id_code:
        node = held.nodes.get(node.parent_id) if node.parent_id else None
    if node is None:
        raise NotFound("Đơn vị chưa có mã định danh để cấp mã hồ sơ.", unit=unit_id)
    return CodePrefix(node.id_code, node.legacy_id_code)


def calendar(unit_id: int) -> WorkingCalendar:
    """
    Return the working calendar of a unit: its own layer, else that of a unit above it, else the province's.
    """
    return territory.calendar(_layer(unit_id))


def calendar_with(unit_id: int, days_off: Sequence[date], days_on: Sequence[date] = ()) -> WorkingCalendar:
    """Return the calendar of a unit as it would be with more days off or worked, for a trial."""
    return territory.calendar_with(_layer(unit_id), days_off, days_on)


def calendar_as(unit_id: int, days: Sequence[territory.NewDay]) -> WorkingCalendar:
    """Return the calendar of a unit as it would be with days announced in any layer, for a preview."""
    return territory.calendar_as(layer_of(unit_id), days)


def layer_of(unit_id: int) -> str | None:
    """Return the calendar layer that counts for a unit: its own, else that of a unit above, None the province's."""
    return _layer(unit_id)


def _layer(unit_id: int) -> str | None:
    """Return the calendar layer of a unit: its own, else that of a unit above it, None for the province's."""
    held = tree()
    node = held.nodes.get(unit_id)
    while node is not None and node.calendar is None:
        node = held.nodes.get(node.parent_id) if node.parent_id else None
    return node.calendar if node else None


def actor_of(account_id: int, at: datetime) -> Actor:
    """
    Return the actor behind an account with the duties in force on the local day of `at`: one statement.

    Scopes are expanded with the tree in memory; a successor unit's people also see what its predecessors
    held.

    :raises NotFound: the account does not exist or is closed.
    """
    on = at.astimezone(LOCAL).date()
    with reading.prepared() as cursor:
        cursor.execute(_ACTOR, {"account": account_id, "on": on})
        rows = cursor.fetchall()
    if not rows:
        raise NotFound("Tài khoản không tồn tại hoặc đã bị khóa.", account=account_id)
    kind, display_name, party_id, staff_id, full_name = rows[0][:5]
    duties = tuple(
        DutyRef(
            id=duty_id,
            unit_id=unit_id,
            agency_id=agency_id,
            role=Role(role),
            scope=DutyScope(scope),
            fields=frozenset(fields),
            delegated_by=delegated_by,
            for_staff_id=for_staff_id,
        )
        for *_, duty_id, unit_id, agency_id, role, scope, fields, delegated_by, for_staff_id in rows
        if duty_id is not None
    )
    held = tree()
    units: set[int] = set()
    for duty in duties:
        if duty.unit_id not in held.nodes:
            held = _fresh_tree()
        if duty.role in WITHOUT_SIGHT:
            continue
        units |= held.reach(duty.unit_id, duty.scope is not DutyScope.UNIT)
    return Actor(
        kind=ActorKind(kind),
        account_id=account_id,
        name=full_name or display_name,
        party_id=party_id,
        staff_id=staff_id,
        duties=duties,
        unit_ids=frozenset(units),
        province_wide=any(
            duty.scope is DutyScope.PROVINCE and duty.role not in WITHOUT_SIGHT for duty in duties
        ),
    )


_ACTOR = """
SELECT account.kind, account.display_name, account.party_id, staff.id, staff.full_name,
       duty.id, duty.unit_id, unit.agency_id, duty.role, duty.scope, duty.fields, duty.delegated_by_id,
       origin.staff_id
FROM parties_account account
LEFT JOIN organisation_staff staff ON staff.account_id = account.id AND account.kind = 'staff'
LEFT JOIN organisation_duty duty ON duty.staff_id = staff.id
     AND duty.valid_from <= %(on)s AND (duty.valid_to IS NULL OR duty.valid_to >= %(on)s)
LEFT JOIN organisation_unit unit ON unit.id = duty.unit_id
LEFT JOIN organisation_duty origin ON origin.id = duty.delegated_by_id
WHERE account.id = %(account)s AND account.is_active
ORDER BY duty.id
"""


def _fresh_tree() -> Tree:
    """Read the tree again: a duty names a unit that the tree in memory does not know yet."""
    forget_tree()
    return tree()


def duty_holders(unit_id: int, role: Role, on: date, procedure_field: str | None = None) -> list[Holder]:
    """Return who holds a role in a unit on a day, by name; with a field, only those whose duty reaches it."""
    rows = (
        Duty.objects.filter(unit_id=unit_id, role=role, valid_from__lte=on, staff__account__is_active=True)
        .exclude(valid_to__lt=on)
        .order_by("staff__folded", "id")
        .values_list("staff_id", "staff__account_id", "staff__full_name", "id", "unit_id", "role", "fields")
    )
    holders = [
        Holder(staff, account, name, duty, unit_number, Role(held), frozenset(fields))
        for staff, account, name, duty, unit_number, held, fields in rows
    ]
    return [one for one in holders if procedure_field is None or one.covers(procedure_field)]


def colleagues(actor: Actor, unit_id: int, on: date) -> list[Holder]:
    """Return who holds any duty in a unit on a day, for an actor who may see the unit; others get nothing."""
    if not (actor.province_wide or unit_id in actor.unit_ids or actor.duty(Role.ADMIN) is not None):
        return []
    rows = (
        Duty.objects.filter(unit_id=unit_id, valid_from__lte=on, staff__account__is_active=True)
        .exclude(valid_to__lt=on)
        .order_by("staff__folded", "id")
        .values_list("staff_id", "staff__account_id", "staff__full_name", "id", "unit_id", "role", "fields")
    )
    return [
        Holder(staff, account, name, duty, unit_number, Role(held), frozenset(fields))
        for staff, account, name, duty, unit_number, held, fields in rows
    ]


def receiving_units(
    unit_kinds: Sequence[str], on: date, search: str = "", *, after: str = "", limit: int = 50
) -> list[UnitRef]:
    """
    Return the units of the kinds where a person may file, in the order of their codes.

    `search` matches beginnings of words of the name, of its agency's and of the district above, diacritics aside.
    A kind that no longer exists gives the units that stand in for it. Page on with the code of the last row as `after`.
    """
    wanted = _words(search)
    rows: list[UnitRef] = []
    for ref, words in _receiving(tree(), tuple(unit_kinds), on):
        if ref.code > after and all(any(word.startswith(part) for word in words) for part in wanted):
            rows.append(ref)
            if len(rows) == limit:
                break
    return rows


def matches(unit: UnitRef, search: str) -> bool:
    """Tell whether a search text finds a unit, as `receiving_units` does."""
    held = tree()
    words = _words(f"{unit.name} {_district_above(held, unit.id)} {_root_name(held, unit)}")
    return all(any(word.startswith(part) for word in words) for part in _words(search))


def in_force(unit_id: int, on: date) -> bool:
    """Tell whether a unit exists on a local day."""
    node = tree().nodes.get(unit_id)
    return node is not None and node.in_force(on)


@lru_cache(maxsize=256)
def _receiving(
    held: Tree, unit_kinds: tuple[str, ...], on: date
) -> tuple[tuple[UnitRef, tuple[str, ...]], ...]:
    found: dict[int, UnitRef] = {}
    for asked in unit_kinds:
        kind: str | None = asked
        while kind is not None and kind in held.kinds:
            nodes = held.units_of_kind(kind, on)
            if nodes:
                found |= {node.ref.id: node.ref for node in nodes}
                break
            kind = held.stand_in(kind, on)
    return tuple(
        (ref, _words(f"{ref.name} {_district_above(held, ref.id)} {_root_name(held, ref)}"))
        for ref in sorted(found.values(), key=lambda ref: ref.code)
    )


def _words(text: str) -> tuple[str, ...]:
    """Return the words of a name; "Ủy ban nhân dân" is one, so that "dân" finds places of that name only."""
    return tokens(fold(text).replace("uy ban nhan dan", "ubnd"))


def _root_name(held: Tree, unit: UnitRef) -> str:
    root = held.nodes.get(held.roots.get(unit.agency_id, 0))
    return root.ref.name if root is not None else ""


def unit_name(unit_id: int | None) -> str:
    """Return the short name of a unit, nothing where there is none."""
    if unit_id is None:
        return ""
    try:
        found = unit(unit_id)
    except NotFound:
        return ""
    return found.short_name or found.name


def full_name(unit: UnitRef) -> str:
    """
    Return the name of a unit that no other unit shares: a commune's with the district above it, where that is not
    already said. Two wards may have one name ("phường Tân Dân" in Chí Linh and in Kinh Môn).
    """
    above = _district_above(tree(), unit.id)
    return unit.name if not above or above in unit.name else f"{unit.name}, {above}"


def place_label(unit: UnitRef) -> str:
    """Return a commune's unit by its place, as people choose it ("Phường Tân Dân, thị xã Kinh Môn"), else its name."""
    held = tree()
    own = held.nodes.get(held.roots.get(unit.agency_id, 0))
    if own is None or unit.tier != "commune":
        return unit.name
    name, above = bare_name(own.ref.name), _district_above(held, unit.id)
    label = name if not above or above in name else f"{name}, {above}"
    return label[0].upper() + label[1:]


@lru_cache(maxsize=8192)
def _district_above(held: Tree, unit_id: int) -> str:
    """Return the district's name above a commune's unit, without the words for its committee; empty where none is."""
    node = held.nodes.get(unit_id)
    agency = held.agencies.get(node.ref.agency_id) if node and node.ref.tier == "commune" else None
    above = held.nodes.get(held.roots.get(agency.parent_id or 0, 0)) if agency else None
    return bare_name(above.ref.name) if above is not None and above.ref.tier == "district" else ""


def missing_place(
    unit_kinds: Sequence[str], receiving_unit_id: int, on: date, *, procedure_field: str | None = None
) -> bool:
    """
    Tell whether a process with these unit kinds needs the dossier's commune to be named at this receiving
    unit.
    """
    for kind in unit_kinds:
        try:
            resolve_unit(kind, receiving_unit_id, on, procedure_field=procedure_field)
        except PlaceNeeded:
            return True
        except UnitUnknown:
            continue
    return False


def agency_kinds() -> dict[str, str]:
    """Return the names of the kinds of agency by code, in catalogue order."""
    return dict(_agency_kinds(tree()))


@lru_cache(maxsize=4)
def _agency_kinds(held: Tree) -> tuple[tuple[str, str], ...]:
    return tuple(AgencyKind.objects.order_by("id").values_list("code", "name"))


def unit_kinds() -> dict[str, str]:
    """Return the names of the kinds of unit by code, in catalogue order: who a step of a process is given to."""
    return dict(_unit_kinds(tree()))


@lru_cache(maxsize=4)
def _unit_kinds(held: Tree) -> tuple[tuple[str, str], ...]:
    return tuple(UnitKind.objects.order_by("id").values_list("code", "name"))


def reach(unit_id: int) -> frozenset[int]:
    """
    Return the unit with the units whose work it took over: what a duty in it covers. No SQL while fresh.
    """
    held = tree()
    return held.reach(unit_id, False) if unit_id in held.nodes else frozenset((unit_id,))


def root_of(unit_id: int) -> UnitRef:
    """
    Return the root unit of the agency a unit belongs to.

    :raises NotFound:
    """
    return root_of_agency(unit(unit_id).agency_id)


def root_of_agency(agency_id: int) -> UnitRef:
    """
    Return the root unit of an agency, in force or not.

    :raises NotFound:
    """
    root = tree().roots.get(agency_id)
    if root is None:
        raise NotFound("Không tìm thấy cơ quan này.", agency=agency_id)
    return unit(root)


def parent_of(agency_id: int) -> UnitRef | None:
    """Return the root unit of the agency above, or None at the top."""
    above = tree().agencies[agency_id].parent_id
    return root_of_agency(above) if above is not None else None


def told_apart(unit_ids: Collection[int]) -> dict[int, str]:
    """
    Return the names of units so that no two read the same: with the unit above, else their period, else their code.
    """
    nodes = tree().nodes
    held = [nodes[number] for number in unit_ids if number in nodes]
    names = {node.ref.id: node.ref.name for node in held}
    for more in (_above, _period, _code):
        twice = {name for name, times in Counter(names.values()).items() if times > 1}
        for node in held:
            if names[node.ref.id] in twice and (added := more(node)):
                names[node.ref.id] = f"{names[node.ref.id]} ({added})"
    return names


def _above(node: Node) -> str:
    held = tree()
    above = held.nodes.get(node.parent_id) if node.parent_id else None
    root = held.nodes.get(held.roots.get(node.ref.agency_id, 0))
    for one in (root, above):
        if one is not None and one.ref.id != node.ref.id and one.ref.name not in node.ref.name:
            return one.ref.short_name or one.ref.name
    return ""


def _code(node: Node) -> str:
    return node.ref.code


def _period(node: Node) -> str:
    if node.valid_to != FOREVER:
        return f"đến {node.valid_to:%d/%m/%Y}"
    return f"từ {node.valid_from:%d/%m/%Y}"


def place_name(unit_id: int) -> str:
    """
    Return the name of the administrative unit where a unit has its seat, as documents date from it (địa
    danh).
    """
    held = tree()
    agency = held.agencies.get(unit(unit_id).agency_id)
    while agency is not None and not agency.place_code:
        agency = held.agencies.get(agency.parent_id) if agency.parent_id else None
    return _seat_name(agency.place_code) if agency and agency.place_code else ""


@lru_cache(maxsize=1024)
def _seat_name(place_code: str) -> str:
    name = territory.place_name(place_code)
    return re.sub(r"^(tỉnh|thành phố|huyện|thị xã|phường|xã|thị trấn)\s+", "", name.split(",")[0].strip())


def position_of(staff_id: int | None) -> str:
    """Return the position of a member of staff in the words of their appointment, or nothing."""
    found = Staff.objects.filter(pk=staff_id).values_list("position", flat=True).first() if staff_id else None
    return found or ""


@dataclass(frozen=True, slots=True)
class Appointed:
    """A member of staff as processes name signers: user name, and position in the words of the appointment."""

    staff_id: int
    username: str
    full_name: str
    position: str


def appointed(staff_ids: Collection[int]) -> dict[int, Appointed]:
    """Return members of staff by number with user name and position (one statement, none for nobody)."""
    if not staff_ids:
        return {}
    rows = Staff.objects.filter(pk__in=set(staff_ids)).values_list(
        "pk", "account__username", "full_name", "position"
    )
    return {row[0]: Appointed(*row) for row in rows}


def demo_staff(on: date) -> list[DemoStaff]:
    """Return the staff that the demo's sign-in page lists, with their duties of the day, by user name."""
    people: dict[int, DemoStaff] = {}
    rows = (
        Duty.objects.filter(
            staff__account__demo=True,
            staff__account__is_active=True,
            staff__fictitious=True,
            valid_from__lte=on,
        )
        .exclude(valid_to__lt=on)
        .order_by("staff__account__username", "id")
        .values_list(
            "staff__account_id",
            "staff__account__username",
            "staff__full_name",
            "staff__position",
            "unit__name",
            "role",
        )
    )
    for account_id, username, full_name, position, unit_name, role in rows:
        known = people.get(account_id)
        held = known.roles if known else ()
        if Role(role) not in held:
            held = (*held, Role(role))
        people[account_id] = DemoStaff(
            account_id, username, full_name, position, known.unit_name if known else unit_name, held
        )
    return list(people.values())


def staff_called(username: str) -> int | None:
    """Return the member of staff who signs in with a name, if there is one."""
    return Staff.objects.filter(account__username=username).values_list("pk", flat=True).first()


def staff_names(staff_ids: Collection[int]) -> dict[int, str]:
    """
    Return the names of members of staff by number: who did what is no secret inside.

    Kept in the process for `CHECK_SECONDS`.
    """
    return _names.of(staff_ids)


@dataclass(frozen=True, slots=True)
class Lent:
    """A duty lent in absence: whose, to whom, from and to which day (both counted)."""

    id: int
    origin_id: int
    unit_id: int
    role: Role
    giver: str
    taker: str
    giver_id: int
    taker_id: int
    valid_from: date
    valid_to: date | None


def lent(actor: Actor, on: date) -> list[Lent]:
    """Return the duties the actor has lent or borrowed that have not ended by a day, the earliest first."""
    if actor.kind is not ActorKind.STAFF or actor.staff_id is None:
        return []
    rows = (
        Duty.objects.filter(delegated_by__isnull=False)
        .filter(Q(staff_id=actor.staff_id) | Q(delegated_by__staff_id=actor.staff_id))
        .exclude(valid_to__lt=on)
        .select_related("staff", "delegated_by__staff")
        .order_by("valid_from", "id")
    )
    return [
        Lent(
            row.pk, row.delegated_by.pk, row.unit_id, Role(row.role), row.delegated_by.staff.full_name,
            row.staff.full_name, row.delegated_by.staff_id, row.staff_id, row.valid_from, row.valid_to,
        )
        for row in rows
        if row.delegated_by is not None
    ]  # fmt: skip


def role_holders(role: Role, at: datetime) -> list[tuple[int, str]]:
    """Return who holds a role anywhere at a moment: number and name, by name."""
    on = at.astimezone(LOCAL).date()
    held = Duty.objects.filter(Q(valid_to=None) | Q(valid_to__gte=on), role=role, valid_from__lte=on)
    return list(
        held.order_by("staff__full_name", "staff_id").values_list("staff_id", "staff__full_name").distinct()
    )


def at_work(staff_ids: Collection[int], first: date, last: date) -> set[int]:
    """Return who of the staff held a duty of their own from `first` to `last` and lent none of it meanwhile."""
    wanted = set(staff_ids)
    if not wanted:
        return set()
    held = Duty.objects.filter(
        Q(valid_to=None) | Q(valid_to__gte=last), valid_from__lte=first, delegated_by=None
    )
    lent_ones = Duty.objects.filter(
        Q(valid_to=None) | Q(valid_to__gte=first), delegated_by__staff_id__in=wanted, valid_from__lte=last
    )
    away = set(lent_ones.values_list("delegated_by__staff_id", flat=True))
    return set(held.filter(staff_id__in=wanted).values_list("staff_id", flat=True)) - away


def on_behalf(duty_ids: Collection[int]) -> dict[int, str]:
    """
    Return for those of the duties that were lent whose they are; acts name it.

    Kept in the process as `staff_names` are.
    """
    return _behalf.of(duty_ids)
