"""
From the agency file to rows: places, agencies, units and successions of 2024, 1 March 2025 and 1 July 2025.

What the file leaves open (sub-agencies after 2025, identifiers of vertical-sector agencies) comes from the
supplement `successors.yaml` with its own, low certainty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from motcua.kernel.text import fold
from motcua.organisation.rules import Relation

Row = dict[str, Any]
Data = Mapping[str, Any]
COMMITTEE = "Ủy ban nhân dân "


@dataclass(slots=True)
class Rows:
    """What the operations of territory and organisation take; references by code."""

    places: list[Row] = field(default_factory=list)
    place_successions: list[Row] = field(default_factory=list)
    norms: list[Row] = field(default_factory=list)
    agencies: list[Row] = field(default_factory=list)
    units: list[Row] = field(default_factory=list)
    services: list[Row] = field(default_factory=list)
    successions: list[Row] = field(default_factory=list)


def build(doc: Data, extra: Data, one_stop_layer: str) -> Rows:
    """Return every row; both documents have passed their schema and reference checks."""
    return _Builder(doc, extra, one_stop_layer).rows()


class _Builder:
    def __init__(self, doc: Data, extra: Data, one_stop_layer: str) -> None:
        self.doc, self.extra, self.layer = doc, extra, one_stop_layer
        self.out = Rows()
        self.orgs: dict[str, Data] = {org["code"]: org for org in doc["organisations"]}
        self.agencies: dict[str, Row] = {}
        self.units: dict[str, Row] = {}
        self.fields = {item["unit"]: item["fields"] for item in extra["responsibilities"]}
        self.last_day = date.fromisoformat(doc["province"]["period"]["to"])
        self.first_day = date.fromisoformat(doc["province"]["period"]["from"])
        self.new_day = self.last_day + timedelta(days=1)

    def rows(self) -> Rows:
        out = self.out
        out.norms = [
            {
                "area_class": name,
                "dossiers_per_year": self.doc["productivity_norms"][name],
                "legal_basis": self.doc["productivity_norms"]["legal_basis"],
                "certainty": self.doc["productivity_norms"]["certainty"],
            }
            for name in ("urban", "rural", "remote")
        ]
        self._province_places()
        for org in self.doc["organisations"]:
            self._agency_of_file(org)
        self._communes_before_2024()
        for item in self.extra["agencies"]:
            self._agency_of_supplement(item)
        self._communes_of_2025()
        self._transfers()
        self._district_ends()
        out.agencies, out.units = list(self.agencies.values()), list(self.units.values())
        return out

    # Places
    # ----------------------------------------------------------------------------------------------------

    def _province_places(self) -> None:
        province = self.doc["province"]
        self.old_place, self.new_place = "TINH", "TINH25"
        self._place(
            self.old_place, province["name"], "province", None, province["code"], "", "urban", self.first_day,
            self.last_day, "high",
        )  # fmt: skip
        merged = next(item for item in self.extra["agencies"] if item["kind"] == "ubnd_province")
        self._place(
            self.new_place, merged["name"].removeprefix(COMMITTEE), "province", None, "", "", "urban",
            self.new_day, None, merged["certainty"],
        )  # fmt: skip
        self._place_succession(
            self.old_place, self.new_place, self.new_day, Relation.MERGED, merged["certainty"]
        )

    def _place(
        self,
        code: str,
        name: str,
        level: str,
        parent: str | None,
        gso: str,
        unit_type: str,
        area_class: str,
        valid_from: date,
        valid_to: date | None,
        certainty: str,
        *,
        location: Data | None = None,
        area_certainty: str = "medium",
        note: str = "",
    ) -> None:
        self.out.places.append(
            {
                "code": code,
                "name": name,
                "folded": fold(name),
                "level": level,
                "unit_type": unit_type,
                "gso_code": gso,
                "parent_id": parent,
                "area_class": area_class,
                "area_certainty": area_certainty,
                "latitude": location["lat"] if location else None,
                "longitude": location["lon"] if location else None,
                "valid_from": valid_from,
                "valid_to": valid_to,
                "certainty": certainty,
                "note": note,
            }
        )

    def _place_succession(
        self, origin: str, successor: str, on: date, relation: Relation, certainty: str, note: str = ""
    ) -> None:
        self.out.place_successions.append(
            {
                "origin_id": origin,
                "successor_id": successor,
                "on": on,
                "relation": relation.value,
                "certainty": certainty,
                "note": note,
            }
        )

    # Agencies and units
    # ------------------------------------------------------------------------------------------

    def _agency(
        self,
        code: str,
        name: str,
        short_name: str,
        kind: str,
        tier: str,
        parent: str | None,
        valid_from: date,
        valid_to: date | None,
        certainty: str,
        *,
        place: str | None = None,
        id_code: str = "",
        legacy: str = "",
        scheme: str = "",
        id_certainty: str = "low",
        area_class: str = "urban",
        counter_name: str = "",
        one_stop: str | None = None,
        note: str = "",
    ) -> None:
        self.agencies[code] = {
            "code": code,
            "name": name,
            "short_name": short_name,
            "folded": fold(f"{name} {short_name}"),
            "kind": kind,
            "tier": tier,
            "parent_id": parent,
            "place_id": place,
            "id_code": id_code,
            "legacy_id_code": legacy,
            "id_scheme": scheme,
            "id_code_certainty": id_certainty,
            "area_class": area_class,
            "counter_name": counter_name,
            "valid_from": valid_from,
            "valid_to": valid_to,
            "certainty": certainty,
            "note": note,
        }
        self._unit(
            code, name, short_name, kind, tier, code, parent, valid_from, valid_to, certainty, root=True,
            one_stop=one_stop, id_code=id_code, legacy=legacy,
            layer=self.layer if kind.startswith("one_stop") else None,
        )  # fmt: skip

    def _unit(
        self,
        code: str,
        name: str,
        short_name: str,
        kind: str,
        tier: str,
        agency: str,
        parent: str | None,
        valid_from: date,
        valid_to: date | None,
        certainty: str,
        *,
        root: bool = False,
        one_stop: str | None = None,
        attached_to: str | None = None,
        id_code: str = "",
        legacy: str = "",
        layer: str | None = None,
    ) -> None:
        self.units[code] = {
            "code": code,
            "name": name,
            "short_name": short_name,
            "folded": fold(f"{name} {short_name}"),
            "kind": kind,
            "tier": tier,
            "agency_id": agency,
            "parent_id": parent,
            "one_stop_id": one_stop,
            "attached_to_id": attached_to,
            "calendar_id": layer,
            "is_root": root,
            "fields": self.fields.get(code, []),
            "id_code": id_code,
            "legacy_id_code": legacy,
            "valid_from": valid_from,
            "valid_to": valid_to,
            "certainty": certainty,
        }

    def _succession(
        self,
        origin: str,
        successor: str,
        on: date,
        relation: Relation,
        certainty: str,
        *,
        rank: int = 1,
        procedures: list[str] | None = None,
        legal_basis: str = "",
        note: str = "",
    ) -> None:
        self.out.successions.append(
            {
                "origin_id": origin,
                "successor_id": successor,
                "on": on,
                "relation": relation.value,
                "rank": rank,
                "procedures": procedures or [],
                "legal_basis": legal_basis,
                "certainty": certainty,
                "note": note,
            }
        )

    def _agency_of_file(self, org: Data) -> None:
        certainty = "low" if org["uncertain"] else "high"
        starts, ends = date.fromisoformat(org["valid_from"]), date.fromisoformat(org["valid_to"])
        place: str | None = None
        local = org["kind"] in ("ubnd_district", "ubnd_commune")
        if org["kind"] == "ubnd_province":
            place = self.old_place
        elif local:
            place = org["code"]
            self._place(
                org["code"],
                org["name"].removeprefix(COMMITTEE),
                org["tier"],
                self.old_place if org["tier"] == "district" else org["parent"],
                org["gso_code"],
                org["unit_type"],
                org["area_class"],
                starts,
                ends,
                certainty,
                location=org.get("location"),
                area_certainty="low" if org.get("area_uncertain") else "medium",
                note=org.get("note", ""),
            )
        one_stop = org.get("one_stop")
        own_one_stop = bool(one_stop) and local
        identifier = org["id_code"]
        id_code, legacy = identifier["value"] or "", identifier["legacy_value"] or ""
        if not id_code:
            id_code, legacy = self._assumed_identifier(org)
        self._agency(
            org["code"],
            org["name"],
            org["short_name"],
            org["kind"],
            org["tier"],
            org["parent"],
            starts,
            ends,
            certainty,
            place=place,
            id_code=id_code,
            legacy=legacy,
            scheme=identifier["scheme"] or "",
            id_certainty="low" if identifier["uncertain"] or not identifier["value"] else "high",
            area_class=org["area_class"],
            counter_name=one_stop["name"] if one_stop and not own_one_stop else "",
            one_stop=one_stop["code"] if one_stop else None,
            note=org.get("note", "") or org.get("successor_note", ""),
        )
        if own_one_stop and one_stop:
            self._unit(
                one_stop["code"], one_stop["name"], "Bộ phận Một cửa", one_stop["kind"], org["tier"],
                org["code"], org["code"], starts, ends, certainty, id_code=id_code, legacy=legacy,
                layer=self.layer,
            )  # fmt: skip
        for division in org.get("divisions", []):
            self._unit(
                division["code"], division["name"], division["name"], division["unit_kind"], org["tier"],
                org["code"], org["code"], starts, ends, certainty,
                one_stop=one_stop["code"] if one_stop else None,
            )  # fmt: skip
        for served in org.get("serves_districts", []):
            self.out.services.append({"agency_id": org["code"], "served_id": served})
        if org["kind"] == "ubnd_commune":
            self._officer_groups(org["code"], self._short_place(org["name"]), starts, ends, "name")
            for attached in org["attached_units"]:
                self._police(
                    attached["code"], attached["name"], org["code"], starts, ends, certainty,
                    self.extra["commune_police"]["parent"], org["gso_code"],
                    f"{int(legacy.split('.')[1]):03d}.{legacy.split('.')[2]}",
                )  # fmt: skip

    def _short_place(self, name: str) -> str:
        return name.removeprefix(COMMITTEE).partition(",")[0]

    def _assumed_identifier(self, org: Data) -> tuple[str, str]:
        """
        Return an assumed identifier under the agency's own ministry, so that dossier codes can be issued.
        """
        scheme = org["id_code"]["scheme"] or "Z01"
        middle = self.extra["identifiers"]["central_parent"]
        self._numbers = getattr(self, "_numbers", {})
        if org["kind"].endswith("_province"):
            kinds = self._numbers.setdefault((scheme, "province"), [])
            kinds.append(org["code"])
            suffix = f".{len(kinds)}" if len(kinds) > 1 else ""
            group = f"{len(kinds):02d}" if len(kinds) > 1 else "00"
            return f"{scheme}.{middle}{suffix}", f"000.{group}.{middle}.{scheme}"
        known = self._numbers.setdefault((scheme, "district"), [])
        known.append(org["code"])
        number = 10 + len(known)
        return f"{scheme}.{middle}.{number}", f"000.{number}.{middle}.{scheme}"

    def _officer_groups(
        self, agency: str, place: str, starts: date, ends: date | None, name_key: str
    ) -> None:
        for group in self.extra["commune_groups"]:
            name = group[name_key].format(place=place)
            self._unit(
                f"{agency}.{group['suffix']}", name, name.removesuffix(f" {place}"), group["kind"], "commune",
                agency, agency, starts, ends, group["certainty"], one_stop=f"{agency}.MC",
            )  # fmt: skip

    def _police(
        self,
        code: str,
        name: str,
        commune: str,
        starts: date,
        ends: date | None,
        certainty: str,
        parent: str,
        gso: str,
        legacy_head: str,
    ) -> None:
        middle = self.agencies[parent]["id_code"]
        province = middle.rpartition(".")[2]
        self._unit(
            code, name, name.partition(",")[0], "police_commune", "central", parent, parent, starts, ends,
            certainty, attached_to=commune, id_code=f"{middle}.{gso}",
            legacy=f"{legacy_head}.{province}.{middle.partition('.')[0]}",
        )  # fmt: skip

    # 1 December 2024
    # ---------------------------------------------------------------------------------------------

    def _communes_before_2024(self) -> None:
        """Make the communes that the reorganisation of 2024 merged; their own identifiers are assumed."""
        plan = self.doc["reorganisation_2024"]
        on = date.fromisoformat(plan["effective_date"])
        ends = on - timedelta(days=1)
        counters: dict[str, int] = {}
        for relation in plan["relations"]:
            new = self.orgs[relation["new_code"]]
            district = self.orgs[new["parent"]]
            formed = "formed_by" in new
            for predecessor in relation["predecessors"]:
                gso = predecessor["gso_code"]
                if gso == new["gso_code"] and not formed:
                    continue
                code = f"{new['parent']}.{gso}" + (".2021" if gso == new["gso_code"] else "")
                number = counters[new["parent"]] = (
                    counters.get(new["parent"], self.extra["identifiers"]["old_commune_first"] - 1) + 1
                )
                parent_legacy = district["id_code"]["legacy_value"].split(".")
                id_code = f"{district['id_code']['value']}.{number}"
                legacy = f"000.{number:02d}.{parent_legacy[2]}.{parent_legacy[3]}"
                kind_word = predecessor["name"].split(" ")[0]
                unit_type = {"phường": "phuong", "thị": "thi_tran"}.get(kind_word, "xa")
                place_name = f"{predecessor['name']}, {district['name'].removeprefix(COMMITTEE)}"
                area = "rural" if unit_type == "xa" else "urban"
                certainty = relation["certainty"]
                self._place(
                    code, place_name, "commune", new["parent"], gso, unit_type, area, self.first_day, ends,
                    certainty, area_certainty="low",
                )  # fmt: skip
                self._commune(
                    code, place_name, predecessor["name"], new["parent"], self.first_day, ends, certainty,
                    id_code, legacy, area, "name", f"Bộ phận Tiếp nhận và Trả kết quả UBND {predecessor['name']}",
                )  # fmt: skip
                suffix = ".2021" if code.endswith(".2021") else ""
                self._police(
                    self.extra["commune_police"]["code"].format(gso=gso) + suffix,
                    f"Công an {place_name}", code, self.first_day, ends, certainty,
                    self.extra["commune_police"]["parent"], gso + ("1" if suffix else ""),
                    f"{number:03d}.{parent_legacy[2]}",
                )  # fmt: skip
                self._commune_passes(
                    code, new["code"], on, Relation.MERGED, certainty, 1, plan["legal_basis"],
                    relation.get("note", ""),
                )  # fmt: skip

    def _commune(
        self,
        code: str,
        place_name: str,
        short: str,
        parent: str,
        starts: date,
        ends: date | None,
        certainty: str,
        id_code: str,
        legacy: str,
        area: str,
        name_key: str,
        one_stop_name: str,
    ) -> None:
        self._agency(
            code, COMMITTEE + place_name, f"UBND {short}", "ubnd_commune", "commune", parent, starts, ends,
            certainty, place=code, id_code=id_code, legacy=legacy, scheme=id_code.partition(".")[0],
            area_class=area, one_stop=f"{code}.MC",
        )  # fmt: skip
        self._unit(
            f"{code}.MC", one_stop_name, "Bộ phận Một cửa", "one_stop_commune", "commune", code, code, starts,
            ends, certainty, id_code=id_code, legacy=legacy, layer=self.layer,
        )  # fmt: skip
        self._officer_groups(code, short, starts, ends, name_key)

    def _commune_passes(
        self,
        origin: str,
        successor: str,
        on: date,
        relation: Relation,
        certainty: str,
        rank: int,
        legal_basis: str,
        note: str = "",
    ) -> None:
        """
        Note that a commune, and each of its units, passed to the unit of the same kind in the successor.
        """
        self._place_succession(origin, successor, on, relation, certainty, note)
        kinds = ["", ".MC", *(f".{group['suffix']}" for group in self.extra["commune_groups"])]
        pairs = [(f"{origin}{kind}", f"{successor}{kind}") for kind in kinds]
        pairs += [(one, other) for one in self._attached(origin) for other in self._attached(successor)]
        for one, other in pairs:
            self._succession(
                one, other, on, relation, certainty, rank=rank, legal_basis=legal_basis, note=note
            )

    def _attached(self, commune: str) -> list[str]:
        return [code for code, unit in self.units.items() if unit["attached_to_id"] == commune]

    # 2025 ------------------------------------------------------------------------------------------------
    # --------

    def _agency_of_supplement(self, item: Data) -> None:
        starts = date.fromisoformat(item["valid_from"])
        ends = date.fromisoformat(item["valid_to"]) if item["valid_to"] else None
        centres = {
            True: next(one["code"] for one in self.extra["agencies"] if one["kind"] == "one_stop_province"),
            False: next(
                org["code"] for org in self.doc["organisations"] if org["kind"] == "one_stop_province"
            ),
        }
        centre = centres[starts >= self.new_day]
        self._agency(
            item["code"],
            item["name"],
            item["short_name"],
            item["kind"],
            item["tier"],
            item["parent"],
            starts,
            ends,
            item["certainty"],
            place=self.new_place if item["kind"] == "ubnd_province" else None,
            id_code=item["id_code"],
            legacy=item["legacy_id_code"],
            scheme=item["id_code"].partition(".")[0],
            one_stop=centre,
        )
        for origin in item["from"]:
            self._succession(
                origin, item["code"], starts, Relation(item["relation"]), item["certainty"],
                note="" if item["certainty"] == "high" else "Theo cơ cấu chung, cần đối chiếu.",
            )  # fmt: skip

    def _communes_of_2025(self) -> None:
        plan = self.doc["reorganisation_2025"]
        new_units = {unit["code"]: unit for unit in plan["new_units"]}
        city = next(item["code"] for item in self.extra["agencies"] if item["kind"] == "ubnd_province")
        legal_basis = plan["legal_bases"][1] if len(plan["legal_bases"]) > 1 else plan["legal_bases"][0]
        former: dict[str, str] = {}
        sources: dict[str, list[str]] = {}
        for relation in plan["commune_successors"]:
            for target in relation["to"]:
                former.setdefault(target["code"], self.orgs[relation["from_code"]]["parent"])
                sources.setdefault(target["code"], []).append(relation["from_code"])
        rules, police = self.extra["identifiers"], self.extra["commune_police"]
        for index, unit in enumerate(plan["new_units"]):
            number = rules["new_commune_first"] + index
            prefix = rules["new_province_prefix"]
            id_code, legacy = f"{prefix}.{number}", f"{number:03d}.00.00.{prefix}"
            areas = {self.orgs[code]["area_class"] for code in sources[unit["code"]]}
            area = "urban" if unit["unit_type"] == "phuong" else "remote" if areas == {"remote"} else "rural"
            city_name = self.agencies[city]["name"].removeprefix(COMMITTEE)
            place_name = f"{unit['name']}, {city_name}"
            self._place(
                unit["code"], place_name, "commune", self.new_place, unit["gso_code"], unit["unit_type"], area,
                self.new_day, None, unit["certainty"], location=unit.get("location"), area_certainty="low",
            )  # fmt: skip
            self._commune(
                unit["code"], place_name, unit["name"], city, self.new_day, None, unit["certainty"], id_code,
                legacy, area, "name_2025", unit["one_stop"]["name"],
            )  # fmt: skip
            self._police(
                police["code_2025"].format(gso=unit["gso_code"]),
                police["name_2025"].format(place=place_name), unit["code"], self.new_day, None,
                police["certainty"], police["parent_2025"], unit["gso_code"], f"{number:03d}.00",
            )  # fmt: skip
        for relation in plan["commune_successors"]:
            gso = self.orgs[relation["from_code"]]["gso_code"]
            # Where the territory is split, the part that keeps the code of the old commune keeps its files.
            targets = sorted(
                enumerate(relation["to"]),
                key=lambda one: (new_units[one[1]["code"]]["gso_code"] != gso, one[0]),
            )
            for rank, (_, target) in enumerate(targets, 1):
                self._commune_passes(
                    relation["from_code"], target["code"], self.new_day, Relation(relation["relation"]),
                    relation["certainty"], rank, legal_basis, relation.get("note", ""),
                )  # fmt: skip
        for item in self.extra["agencies"]:
            if "serves_former" in item:
                self.out.services += [
                    {"agency_id": item["code"], "served_id": code}
                    for code, district in former.items()
                    if district == item["serves_former"]
                ]

    def _transfers(self) -> None:
        """Procedures that passed to another agency while the agency they came from lived on (or ended)."""
        for phase in self.doc["reorganisation_2025"]["phases"]:
            for change in phase["changes"]:
                if change["type"] != "transfer":
                    continue
                for origin in change["from"]:
                    self._succession(
                        origin, change["to"]["code"], date.fromisoformat(phase["date"]), Relation.TRANSFERRED,
                        change["certainty"], procedures=list(change["procedures"]),
                        legal_basis=change.get("legal_basis", ""), note=change.get("note", ""),
                    )  # fmt: skip

    def _district_ends(self) -> None:
        """Where the work of districts and of the vertical sector in districts went."""
        groups = {group["kind"]: group["suffix"] for group in self.extra["commune_groups"]}
        stand_in = self.extra["district_units_to"]
        for item in self.extra["district_seats"]:
            district, target = item["district"], item["to"]
            self._place_succession(district, target, self.new_day, Relation.SPLIT, item["certainty"])
            pairs = [(district, target), (f"{district}.MC", f"{target}.MC")]
            pairs += [
                (division["code"], f"{target}.{groups[stand_in[division['unit_kind']]]}")
                for division in self.orgs[district].get("divisions", [])
            ]
            for origin, successor in pairs:
                self._succession(
                    origin, successor, self.new_day, Relation.SPLIT, item["certainty"],
                    note="Đơn vị cấp xã ở nơi đặt trụ sở huyện nhận hồ sơ đang giải quyết (ước định).",
                )  # fmt: skip
        for item in self.extra["sector_successors"]:
            for org in self.doc["organisations"]:
                if org["kind"] == item["kind"]:
                    on = date.fromisoformat(org["valid_to"]) + timedelta(days=1)
                    self._succession(org["code"], item["to"], on, Relation.MERGED, item["certainty"])
