"""Finding units in a small province of two districts, before and after its districts end."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any

import pytest

from motcua.organisation.rules import PlaceNeeded, ResolvesTo, UnitUnknown
from motcua.organisation.tree import FOREVER, AgencyNode, KindNode, Link, Node, StandIn, Tree, UnitRef

START, END, NEW = date(2021, 1, 1), date(2025, 6, 30), date(2025, 7, 1)
THEN, LATER = date(2023, 10, 2), date(2025, 7, 2)


class Builder:
    """Agencies and units by name."""

    def __init__(self) -> None:
        self.numbers = count(1)
        self.agencies: dict[str, AgencyNode] = {}
        self.nodes: dict[str, Node] = {}
        self.links: list[Link] = []
        self.services: list[tuple[int, int]] = []

    def agency(
        self, code: str, kind: str, parent: str | None, first: date = START, last: date = FOREVER
    ) -> None:
        number = next(self.numbers)
        self.agencies[code] = AgencyNode(
            number, code, kind, self.agencies[parent].id if parent else None, code
        )
        self.unit(code, kind, code, parent, first, last, root=True)

    def unit(
        self,
        code: str,
        kind: str,
        agency: str,
        parent: str | None,
        first: date = START,
        last: date = FOREVER,
        **more: Any,
    ) -> None:
        self.nodes[code] = Node(
            ref=UnitRef(next(self.numbers), code, code, self.agencies[agency].id, kind, "x"),
            parent_id=self.nodes[parent].ref.id if parent else None,
            one_stop_id=None,
            attached_to_id=self.nodes[more["attached_to"]].ref.id if "attached_to" in more else None,
            is_root=more.get("root", False),
            fields=frozenset(more.get("fields", ())),
            valid_from=first,
            valid_to=last,
            calendar=None,
            id_code="",
            legacy_id_code="",
        )

    def tree(self) -> Tree:
        kinds = {
            "province_leader": (ResolvesTo.ORGANISATION, "ubnd_province"),
            "ubnd_province": (ResolvesTo.ORGANISATION, "ubnd_province"),
            "district_leader": (ResolvesTo.ORGANISATION, "ubnd_district"),
            "commune_leader": (ResolvesTo.ORGANISATION, "ubnd_commune"),
            "ubnd_commune": (ResolvesTo.ORGANISATION, "ubnd_commune"),
            "one_stop_province": (ResolvesTo.ORGANISATION, "one_stop_province"),
            "one_stop_commune": (ResolvesTo.ONE_STOP, "one_stop_commune"),
            "one_stop_district": (ResolvesTo.ONE_STOP, "one_stop_district"),
            "div": (ResolvesTo.DIVISION, "div"),
            "group": (ResolvesTo.OFFICER_GROUP, "ubnd_commune"),
            "police_commune": (ResolvesTo.ORGANISATION, "police_commune"),
            "tax_district": (ResolvesTo.ORGANISATION, "tax_district"),
            "branch": (ResolvesTo.ORGANISATION, "branch"),
            "gone": (ResolvesTo.ORGANISATION, "gone"),
            "dept": (ResolvesTo.ORGANISATION, "dept"),
            "other_dept": (ResolvesTo.ORGANISATION, "other_dept"),
        }
        stand_ins = [
            StandIn(old, new, NEW, FOREVER)
            for old, new in (
                ("district_leader", "commune_leader"),
                ("one_stop_district", "one_stop_commune"),
                ("div", "group"),
            )
        ]
        return Tree(
            revision=1,
            nodes=self.nodes.values(),
            agencies=self.agencies.values(),
            kinds=[KindNode(code, f"Loại {code}", how, target) for code, (how, target) in kinds.items()],
            stand_ins=stand_ins,
            links=self.links,
            services=self.services,
        )


@pytest.fixture
def built() -> Builder:
    b = Builder()
    b.agency("T", "ubnd_province", None)
    b.agency("TT", "one_stop_province", "T")
    b.agency("S", "dept", "T")
    b.agency("S2", "other_dept", "T")
    b.agency("CA", "police_province", None)
    b.agency("CC1", "branch", "S")
    b.agency("CC2", "branch", "S")
    for code in ("CC1", "CC2"):
        b.nodes[code] = Node(
            **{
                **{name: getattr(b.nodes[code], name) for name in Node.__slots__},
                "fields": frozenset({"thu_y"} if code == "CC1" else {"nong_san"}),
            }
        )
    b.agency("TAX", "tax_district", "T", START, END)
    for district in ("H1", "H2"):
        b.agency(district, "ubnd_district", "T", START, END)
        b.unit(f"{district}.MC", "one_stop_district", district, district, START, END)
        b.unit(f"{district}.D", "div", district, district, START, END)
        b.services.append((b.agencies["TAX"].id, b.agencies[district].id))
        for number in (1, 2):
            commune = f"{district}X{number}"
            b.agency(commune, "ubnd_commune", district, START, END)
            b.unit(f"{commune}.MC", "one_stop_commune", commune, commune, START, END)
            b.unit(f"{commune}.G", "group", commune, commune, START, END)
            b.unit(f"{commune}.CA", "police_commune", "CA", "CA", START, END, attached_to=commune)
    b.agency("N", "ubnd_commune", "T", NEW)
    b.unit("N.MC", "one_stop_commune", "N", "N", NEW)
    b.unit("N.G", "group", "N", "N", NEW)
    for old in ("H1X1", "H1X2"):
        for suffix in ("", ".MC", ".G"):
            b.links.append(
                Link(b.nodes[old + suffix].ref.id, b.nodes["N" + suffix].ref.id, NEW, 1, frozenset())
            )
    b.links.append(Link(b.nodes["H1.MC"].ref.id, b.nodes["N.MC"].ref.id, NEW, 1, frozenset()))
    b.links.append(Link(b.nodes["S"].ref.id, b.nodes["S2"].ref.id, NEW, 1, frozenset({"2.000001"})))
    return b


def find(built: Builder, kind: str, at: str, on: date = THEN, **more: Any) -> str:
    held = built.tree()
    place = more.pop("place", None)
    return held.resolve(
        kind,
        built.nodes[at].ref.id,
        on,
        place_unit_id=built.nodes[place].ref.id if place else None,
        **more,
    ).code


@pytest.mark.parametrize(
    ("kind", "at", "unit"),
    [
        ("province_leader", "H1X1.MC", "T"),
        ("one_stop_province", "TT", "TT"),
        ("district_leader", "H1X1.MC", "H1"),
        ("one_stop_district", "H2X1.MC", "H2.MC"),
        ("div", "H2X2.MC", "H2.D"),
        ("div", "H1.MC", "H1.D"),
        ("commune_leader", "H1X2.MC", "H1X2"),
        ("group", "H1X2.MC", "H1X2.G"),
        ("police_commune", "H2X1.MC", "H2X1.CA"),
        ("police_commune", "H2X1.CA", "H2X1.CA"),
        ("commune_leader", "H2X1.CA", "H2X1"),
        ("tax_district", "H2.MC", "TAX"),
    ],
)
def test_three_levels(built: Builder, kind: str, at: str, unit: str) -> None:
    assert find(built, kind, at) == unit


@pytest.mark.parametrize(
    ("kind", "at", "place", "unit"),
    [
        ("ubnd_commune", "H1.MC", "H1X2", "H1X2"),
        ("district_leader", "TT", "H2X1", "H2"),
        ("district_leader", "TT", "H2", "H2"),
        ("ubnd_commune", "TT", "H2X1", "H2X1"),
    ],
)
def test_the_place_is_asked_for_and_used(built: Builder, kind: str, at: str, place: str, unit: str) -> None:
    with pytest.raises(PlaceNeeded) as refusal:
        find(built, kind, at)
    assert "địa bàn" in refusal.value.message
    assert find(built, kind, at, place=place) == unit


@pytest.mark.parametrize(
    ("kind", "at", "unit"),
    [
        ("district_leader", "H1X1.MC", "N"),
        ("one_stop_district", "H1X1.MC", "N.MC"),
        ("one_stop_commune", "H1.MC", "N.MC"),
        ("div", "H1X2.MC", "N.G"),
        ("div", "N.MC", "N.G"),
    ],
)
def test_two_levels_by_succession(built: Builder, kind: str, at: str, unit: str) -> None:
    assert find(built, kind, at, LATER) == unit


def test_branches_are_told_apart_by_field(built: Builder) -> None:
    assert find(built, "branch", "TT", procedure_field="thu_y") == "CC1"
    assert find(built, "branch", "TT", procedure_field="nong_san") == "CC2"
    with pytest.raises(UnitUnknown, match="nhiều đơn vị"):
        find(built, "branch", "TT")


def test_transferred_procedures_follow(built: Builder) -> None:
    assert find(built, "dept", "TT", procedure_code="2.000001") == "S"
    assert find(built, "dept", "TT", LATER, procedure_code="2.000001") == "S2"
    assert find(built, "dept", "TT", LATER, procedure_code="2.000002") == "S"


def test_what_cannot_be_found_names_kind_and_day(built: Builder) -> None:
    with pytest.raises(UnitUnknown) as refusal:
        find(built, "gone", "H1X1.MC")
    assert "Loại gone" in refusal.value.message and "02/10/2023" in refusal.value.message
    with pytest.raises(UnitUnknown, match="kế tục"):
        find(built, "commune_leader", "H2X1.MC", LATER)
    with pytest.raises(UnitUnknown, match="danh mục"):
        find(built, "nonsense", "H2X1.MC")


def test_reach_has_everything_below_and_before(built: Builder) -> None:
    held = built.tree()
    codes = {number: code for code, node in built.nodes.items() for number in (node.ref.id,)}
    new = {codes[number] for number in held.reach(built.nodes["N.MC"].ref.id, False)}
    assert new == {"N.MC", "H1X1.MC", "H1X2.MC", "H1.MC"}
    district = {codes[number] for number in held.reach(built.nodes["H1"].ref.id, True)}
    assert {"H1.D", "H1X1", "H1X1.MC", "H1X2.G"} <= district
    assert not any(code.startswith("H2") or code.endswith(".CA") for code in district)
