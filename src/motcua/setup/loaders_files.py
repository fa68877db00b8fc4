"""
What each data file must look like, and what its records must agree on among themselves and with other
files.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from motcua.catalogue.rules import code_shape
from motcua.dossiers.refunding import Ended
from motcua.evaluation.onpaper.rules import Checks as PaperChecks
from motcua.kernel.actor import DutyScope, Role
from motcua.kernel.codes import tax_check_digit
from motcua.kernel.counting import TimeUnit
from motcua.organisation.rules import Relation, ResolvesTo, Tier
from motcua.payments.rules import FeeKind
from motcua.setup.loaders_schema import (
    Anything,
    Day,
    Flag,
    Listing,
    Named,
    Null,
    Number,
    Record,
    Spec,
    Text,
    Where,
    Whole,
)
from motcua.steering.discipline.rules import Thresholds
from motcua.steering.faults.rules import Seriousness
from motcua.territory.rules import AreaClass, Certainty, DayKind, HoursPurpose, LayerKind

Data = Mapping[str, Any]

CERTAINTY = Text(choices=[str(item) for item in Certainty], of="các mức độ chắc chắn")
TIER = Text(choices=[str(item) for item in Tier], of="các cấp")
LEVEL = Text(choices=("province", "district", "commune"), of="các cấp")
AREA = Text(choices=[str(item) for item in AreaClass], of="các loại địa bàn")
WORDS = Text()
NOTE = Text(blank=True, null=True)
CODE = Text(pattern=r"[A-Za-z0-9][A-Za-z0-9_.\-]*")
HOUR = Text(pattern=r"([01]\d|2[0-3]):[0-5]\d")
MONTH_DAY = Text(pattern=r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
NEXT_WORDS = {"end_done", "end_refused", "pause_applicant", "wait_external", "extend"}


@dataclass(slots=True)
class Known:
    """Codes that files read before have brought; what refers to others is checked against them."""

    catalogues: Data = field(default_factory=dict)
    organisations: Data = field(default_factory=dict)
    successors: Data = field(default_factory=dict)
    policies: Data = field(default_factory=dict)
    fees: dict[str, Data] = field(default_factory=dict)
    exemption_groups: set[str] = field(default_factory=set)
    papers: dict[str, Data] = field(default_factory=dict)
    results: dict[str, Data] = field(default_factory=dict)
    procedures: set[str] = field(default_factory=set)
    processes: list[Data] = field(default_factory=list)
    units: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)

    def codes(self, name: str) -> set[str]:
        """Return the codes of a shared list of the catalogue file."""
        return {item["code"] for item in self.catalogues[name]}


def _coded(
    needs: Mapping[str, Spec] | None = None, may: Mapping[str, Spec] | None = None, least: int = 1
) -> Listing:
    return Listing(Record({"code": CODE, "name": WORDS, **(needs or {})}, may or {}), key="code", least=least)


def catalogues() -> Spec:
    """Return the schema of catalogues.yaml."""
    return Record(
        {
            "schema": Text(choices=("catalogues/v1",), of="các phiên bản cấu trúc"),
            "fields": _coded({"ministry": WORDS}),
            "agency_kinds": _coded({"tier": TIER}),
            "unit_kinds": _coded(
                {
                    "tier": TIER,
                    "resolves_to": Text(
                        choices=[str(item) for item in ResolvesTo], of="các cách xác định đơn vị"
                    ),
                    "target": WORDS,
                }
            ),
            "roles": _coded(),
            "outcomes": _coded({"default_next": WORDS}),
            "channels": _coded(),
            "online_levels": _coded(),
            "receiving_places": _coded(),
            "applicant_kinds": _coded(),
            "time_units": _coded({"hours": Whole(least=1)}, {"note": NOTE}),
            "field_types": Listing(WORDS, least=1),
            "condition_ops": Listing(WORDS, least=1),
            "databases": _coded({"owner": WORDS, "scope": WORDS, "fields": Listing(WORDS, least=1)}),
            "preset_reasons": _coded({"act": WORDS, "label": WORDS}),
            "validators": Listing(Record({"code": CODE, "pattern": WORDS}, {"note": NOTE}), key="code"),
        }
    )


def check_catalogues(doc: Data, where: Where) -> None:
    """Check that roles and outcomes are those the process engine knows."""
    known = {str(role) for role in Role}
    for item in doc["roles"]:
        if item["code"] not in known:
            where.of(item["code"]).into("roles").bad("vai trò này hệ thống chưa biết.")
    for item in doc["validators"]:
        try:
            re.compile(item["pattern"])
        except re.error as fault:
            where.of(item["code"]).into("validators.pattern").bad(f"biểu thức sai: {fault}.")


def organisations(known: Known) -> Spec:
    """Return the schema of organisations.yaml."""
    agency_kind = Text(choices=known.codes("agency_kinds"), of="danh mục loại cơ quan")
    unit_kind = Text(choices=known.codes("unit_kinds"), of="danh mục loại đơn vị")
    location = Record({"lat": Number(), "lon": Number(), "approximate": Flag()})
    one_stop = Record({"code": CODE, "name": WORDS, "kind": agency_kind_or(unit_kind)})
    successor = Record({"code": CODE, "name": WORDS})
    return Record(
        {
            "schema": Text(choices=("organisations/v1",), of="các phiên bản cấu trúc"),
            "province": Record(
                {
                    "code": WORDS,
                    "name": WORDS,
                    "personal_id_prefix": WORDS,
                    "tax_prefix": WORDS,
                    "tier_model": WORDS,
                    "period": Record({"from": Day(), "to": Day()}),
                }
            ),
            "productivity_norms": Record(
                {
                    "unit": WORDS,
                    "urban": Whole(least=1),
                    "rural": Whole(least=1),
                    "remote": Whole(least=1),
                    "legal_basis": WORDS,
                    "certainty": CERTAINTY,
                }
            ),
            "snapshot": WORDS,
            "organisations": Listing(
                Record(
                    {
                        "code": CODE,
                        "name": WORDS,
                        "short_name": WORDS,
                        "tier": TIER,
                        "kind": agency_kind,
                        "parent": Text(null=True),
                        "id_code": Record(
                            {
                                "scheme": Text(null=True),
                                "value": Text(null=True),
                                "legacy_value": Text(null=True),
                                "uncertain": Flag(),
                            }
                        ),
                        "area_class": AREA,
                        "valid_from": Day(),
                        "valid_to": Day(),
                        "uncertain": Flag(),
                    },
                    {
                        "one_stop": one_stop,
                        "location": location,
                        "divisions": Listing(Record({"code": CODE, "name": WORDS, "unit_kind": unit_kind})),
                        "attached_units": Listing(Record({"code": CODE, "name": WORDS, "kind": agency_kind})),
                        "gso_code": Text(pattern=r"\d{3,5}"),
                        "unit_type": WORDS,
                        "seat": WORDS,
                        "serves_districts": Listing(CODE),
                        "formed_by": WORDS,
                        "area_uncertain": Flag(),
                        "note": NOTE,
                        "successor_note": NOTE,
                    },
                ),
                key="code",
                least=1,
            ),
            "reorganisation_2024": Record(
                {
                    "effective_date": Day(),
                    "legal_basis": WORDS,
                    "legal_basis_certainty": CERTAINTY,
                    "counts": Record({"before": Whole(), "after": Whole()}),
                    "certainty_of_counts": CERTAINTY,
                    "summary": WORDS,
                    "relations": Listing(
                        Record(
                            {
                                "new_code": CODE,
                                "new_name": WORDS,
                                "predecessors": Listing(
                                    Record({"gso_code": Text(pattern=r"\d{5}"), "name": WORDS}), least=2
                                ),
                                "certainty": CERTAINTY,
                            },
                            {"note": NOTE},
                        ),
                        key="new_code",
                    ),
                }
            ),
            "reorganisation_2025": Record(
                {
                    "summary": WORDS,
                    "legal_bases": Listing(WORDS, least=1),
                    "legal_bases_certainty": CERTAINTY,
                    "successor_certainty_note": WORDS,
                    "phases": Listing(
                        Record(
                            {
                                "date": Day(),
                                "title": WORDS,
                                "certainty": CERTAINTY,
                                "changes": Listing(
                                    Record(
                                        {
                                            "type": Text(
                                                choices=("merge", "rename", "transfer", "abolish"),
                                                of="các kiểu thay đổi",
                                            ),
                                            "from": Listing(CODE, least=1),
                                            "to": Null(successor),
                                            "certainty": CERTAINTY,
                                        },
                                        {"note": NOTE, "procedures": Listing(CODE), "legal_basis": WORDS},
                                    )
                                ),
                            }
                        )
                    ),
                    "new_units": Listing(
                        Record(
                            {
                                "code": CODE,
                                "gso_code": Text(pattern=r"\d{5}"),
                                "name": WORDS,
                                "unit_type": WORDS,
                                "one_stop": one_stop,
                                "certainty": CERTAINTY,
                            },
                            {"location": location, "note": NOTE},
                        ),
                        key="code",
                    ),
                    "commune_successors": Listing(
                        Record(
                            {
                                "from_code": CODE,
                                "from_name": WORDS,
                                "relation": Text(choices=("merged_into", "split"), of="các kiểu kế tục"),
                                "to": Listing(successor, least=1),
                                "certainty": CERTAINTY,
                            },
                            {"note": NOTE},
                        ),
                        key="from_code",
                    ),
                }
            ),
        }
    )


def agency_kind_or(unit_kind: Text) -> Text:
    """Return the spec of a one-stop unit's kind: it is named in the list of unit kinds."""
    return unit_kind


def check_organisations(doc: Data, where: Where) -> None:
    """Check references between agencies, periods, one-stop units and successions."""
    orgs = {org["code"]: org for org in doc["organisations"]}
    new_units = {unit["code"]: unit for unit in doc["reorganisation_2025"]["new_units"]}
    unit_codes: dict[str, str] = {}
    one_stops = {
        org["one_stop"]["code"]
        for org in orgs.values()
        if "one_stop" in org and org["kind"] in ("ubnd_district", "ubnd_commune")
    }
    for code, org in orgs.items():
        here = where.of(code)
        if org["parent"] is not None and org["parent"] not in orgs:
            here.into("parent").bad(f"cơ quan cấp trên “{org['parent']}” không có trong tệp.")
        if org["valid_to"] < org["valid_from"]:
            here.into("valid_to").bad("ngày kết thúc trước ngày bắt đầu.")
        for served in org.get("serves_districts", []):
            if served not in orgs:
                here.into("serves_districts").bad(f"địa bàn phục vụ “{served}” không có trong tệp.")
        local = org["kind"] in ("ubnd_district", "ubnd_commune")
        if local:
            for name in ("one_stop", "gso_code", "unit_type"):
                if name not in org:
                    here.into(name).bad("thiếu trường này.")
        if org["kind"] == "ubnd_commune":
            parent = orgs.get(org["parent"] or "")
            if parent is not None and parent["kind"] != "ubnd_district":
                here.into("parent").bad("cấp xã phải trực thuộc cấp huyện.")
            if "attached_units" not in org:
                here.into("attached_units").bad("thiếu Công an cấp xã.")
        one_stop = org.get("one_stop")
        own = [one_stop["code"]] if one_stop and local else []
        if one_stop and not local and one_stop["code"] not in (*orgs, *one_stops):
            here.into("one_stop.code").bad(f"Bộ phận Một cửa “{one_stop['code']}” không có trong tệp.")
        own += [item["code"] for item in (*org.get("divisions", []), *org.get("attached_units", []))]
        for unit in own:
            if unit in unit_codes or unit in orgs:
                here.into("code").bad(f"mã đơn vị “{unit}” đã dùng ở {unit_codes.get(unit, unit)}.")
            unit_codes[unit] = code
    for code in orgs:
        seen: set[str] = set()
        step: str | None = code
        while step is not None and step in orgs and step not in seen:
            seen.add(step)
            step = orgs[step]["parent"]
        if step is not None and step in seen:
            where.of(code).into("parent").bad("cơ quan cấp trên đi vòng tròn.")
    for relation in doc["reorganisation_2024"]["relations"]:
        if relation["new_code"] not in orgs:
            where.of(relation["new_code"]).into("new_code").bad("đơn vị mới không có trong tệp.")
    for relation in doc["reorganisation_2025"]["commune_successors"]:
        here = where.of(relation["from_code"])
        if relation["from_code"] not in orgs:
            here.into("from_code").bad("đơn vị cũ không có trong tệp.")
        for target in relation["to"]:
            if target["code"] not in new_units:
                here.into("to.code").bad(f"đơn vị mới “{target['code']}” không có trong new_units.")
    for phase in doc["reorganisation_2025"]["phases"]:
        for change in phase["changes"]:
            for origin in change["from"]:
                if origin not in orgs:
                    where.of(phase["date"]).into("changes.from").bad(f"“{origin}” không có trong tệp.")


def successors(known: Known) -> Spec:
    """Return the schema of successors.yaml."""
    agency_kind = Text(choices=known.codes("agency_kinds"), of="danh mục loại cơ quan")
    unit_kind = Text(choices=known.codes("unit_kinds"), of="danh mục loại đơn vị")
    field_code = Text(choices=known.codes("fields"), of="danh mục lĩnh vực")
    return Record(
        {
            "schema": Text(choices=("successors/v1",), of="các phiên bản cấu trúc"),
            "identifiers": Record(
                {
                    "certainty": CERTAINTY,
                    "central_parent": WORDS,
                    "new_province_prefix": Text(pattern=r"[A-Z]\d{2}"),
                    "new_commune_first": Whole(least=1),
                    "old_commune_first": Whole(least=1),
                }
            ),
            "commune_groups": Listing(
                Record(
                    {
                        "kind": unit_kind,
                        "suffix": CODE,
                        "name": WORDS,
                        "name_2025": WORDS,
                        "certainty": CERTAINTY,
                    }
                ),
                key="kind",
            ),
            "commune_police": Record(
                {
                    "parent": CODE,
                    "code": WORDS,
                    "parent_2025": CODE,
                    "code_2025": WORDS,
                    "name_2025": WORDS,
                    "certainty": CERTAINTY,
                }
            ),
            "responsibilities": Listing(
                Record({"unit": CODE, "fields": Listing(field_code, least=1), "certainty": CERTAINTY}),
                key="unit",
            ),
            "agencies": Listing(
                Record(
                    {
                        "code": CODE,
                        "name": WORDS,
                        "short_name": WORDS,
                        "kind": agency_kind,
                        "tier": TIER,
                        "parent": Text(null=True),
                        "id_code": WORDS,
                        "legacy_id_code": WORDS,
                        "valid_from": Day(),
                        "valid_to": Day(null=True),
                        "from": Listing(CODE, least=1),
                        "relation": Text(choices=[str(item) for item in Relation], of="các kiểu kế tục"),
                        "certainty": CERTAINTY,
                    },
                    {"serves_former": CODE},
                ),
                key="code",
            ),
            "district_seats": Listing(
                Record({"district": CODE, "to": CODE, "certainty": CERTAINTY}), key="district"
            ),
            "sector_successors": Listing(
                Record({"kind": agency_kind, "to": CODE, "certainty": CERTAINTY}), key="kind"
            ),
            "district_units_to": Named(unit_kind, known.codes("unit_kinds"), "danh mục loại đơn vị"),
        }
    )


def check_successors(doc: Data, orgs_doc: Data, where: Where) -> None:
    """Check that every agency named exists in the agency file or here."""
    there = {org["code"]: org for org in orgs_doc["organisations"]}
    here_codes = {item["code"] for item in doc["agencies"]}
    new_units = {unit["code"] for unit in orgs_doc["reorganisation_2025"]["new_units"]}
    every = set(there) | here_codes | new_units
    for item in doc["agencies"]:
        here = where.of(item["code"])
        if item["code"] in there:
            here.into("code").bad("mã này đã có trong organisations.yaml.")
        if item["parent"] is not None and item["parent"] not in every:
            here.into("parent").bad(f"cơ quan cấp trên “{item['parent']}” không có.")
        for origin in item["from"]:
            if origin not in every:
                here.into("from").bad(f"cơ quan cũ “{origin}” không có.")
        if "serves_former" in item and item["serves_former"] not in there:
            here.into("serves_former").bad(f"“{item['serves_former']}” không có.")
    for phase in orgs_doc["reorganisation_2025"]["phases"]:
        for change in phase["changes"]:
            if change["to"] is not None and change["to"]["code"] not in every:
                where.of(change["to"]["code"]).into("agencies").bad(
                    "organisations.yaml nêu cơ quan kế tục này, phần bổ sung chưa mô tả."
                )
    for item in doc["district_seats"]:
        if item["district"] not in there:
            where.of(item["district"]).into("district").bad("không có cấp huyện này.")
        if item["to"] not in new_units:
            where.of(item["district"]).into("to").bad(f"đơn vị mới “{item['to']}” không có.")
    for item in doc["sector_successors"]:
        if item["to"] not in every:
            where.of(item["kind"]).into("to").bad(f"“{item['to']}” không có.")
    for name in ("parent", "parent_2025"):
        if doc["commune_police"][name] not in every:
            where.into(f"commune_police.{name}").bad("cơ quan này không có.")


def kind_successions(known: Known) -> Spec:
    """Return the schema of unit_kind_succession.yaml."""
    unit_kind = Text(choices=known.codes("unit_kinds"), of="danh mục loại đơn vị")
    return Record(
        {
            "schema": Text(choices=("unit_kind_succession/v1",), of="các phiên bản cấu trúc"),
            "items": Listing(
                Record(
                    {
                        "kind": unit_kind,
                        "stand_in": unit_kind,
                        "valid_from": Day(),
                        "valid_to": Day(null=True),
                        "certainty": CERTAINTY,
                        "note": NOTE,
                    }
                ),
                key="kind",
            ),
        }
    )


def fees_holidays(known: Known) -> Spec:
    """Return the schema of fees_holidays.yaml."""
    amount = Whole(null=True, least=0)
    return Record(
        {
            "schema": Text(choices=("fees_holidays/v1",), of="các phiên bản cấu trúc"),
            "timezone": WORDS,
            "weekend": Listing(WORDS),
            "holiday_types": _coded(),
            "holidays": Listing(
                Record(
                    {
                        "date": Day(),
                        "name": WORDS,
                        "type": Text(choices=[str(item) for item in DayKind], of="các loại ngày"),
                        "certainty": CERTAINTY,
                    },
                    {"swap_with": Day(), "apply": Flag(), "note": NOTE},
                ),
                key="date",
            ),
            "office_hours": _coded(
                {
                    "applies_to": Listing(WORDS),
                    "days": Listing(
                        Text(
                            choices=(
                                "monday",
                                "tuesday",
                                "wednesday",
                                "thursday",
                                "friday",
                                "saturday",
                                "sunday",
                            ),
                            of="các thứ trong tuần",
                        ),
                        least=1,
                    ),
                    "periods": Listing(Listing(HOUR), least=1),
                    "hours_per_day": Number(),
                    "certainty": CERTAINTY,
                },
                {"season": Record({"from": MONTH_DAY, "to": MONTH_DAY}), "note": NOTE},
            ),
            "same_day_cutoff": Record({"time": HOUR, "rule": WORDS, "certainty": CERTAINTY}),
            "fee_exemption_groups": _coded({"proof_db": Text(null=True)}),
            "fee_catalogue": _coded(
                {
                    "kind": Text(choices=("phi", "le_phi"), of="các loại phí"),
                    "unit": WORDS,
                    "amounts": Record({"direct": amount, "online": amount, "post": amount}),
                    "legal_basis": WORDS,
                    "scope": WORDS,
                    "certainty": CERTAINTY,
                    "valid_from": Day(),
                    "valid_to": Day(null=True),
                },
                {"note": NOTE},
            ),
        }
    )


def check_fees_holidays(doc: Data, where: Where) -> None:
    """Check swapped days and sessions."""
    days = {item["date"]: item for item in doc["holidays"]}
    for code, item in days.items():
        if item["type"].startswith("swapped"):
            pair = item.get("swap_with")
            if pair not in days or days[pair].get("swap_with") != code:
                where.of(code).into("swap_with").bad("ngày hoán đổi không có cặp.")
    for hours in doc["office_hours"]:
        before = ""
        for period in hours["periods"]:
            if len(period) != 2 or not before <= period[0] < period[1]:
                where.of(hours["code"]).into("periods").bad("buổi làm việc sai hoặc chồng nhau.")
                break
            before = period[1]


def paper_types(known: Known) -> Spec:
    """Return the schema of paper_types.yaml."""
    issuers = Text()
    databases = Text(choices=known.codes("databases"), of="danh mục cơ sở dữ liệu")
    validity = Record({"rule": WORDS, "months": Whole(null=True, least=1)}, {"note": NOTE})
    return Record(
        {
            "schema": Text(choices=("paper_types/v1",), of="các phiên bản cấu trúc"),
            "code_scheme": Record({"paper": WORDS, "result": WORDS, "groups": Named(WORDS)}),
            "other_issuers": _coded(),
            "validity_rules": _coded(),
            "paper_types": Listing(
                Record(
                    {
                        "code": Text(pattern=r"GT-[A-Z]{2}-\d{2}"),
                        "name": WORDS,
                        "group": WORDS,
                        "issuing_agency_kind": issuers,
                        "validity": validity,
                        "identity_fields": Listing(WORDS, least=1),
                        "database": Null(
                            Record(
                                {"code": databases, "lookup_by": Listing(WORDS), "must_not_ask_again": Flag()}
                            )
                        ),
                        "national_code": Text(null=True),
                        "certainty": CERTAINTY,
                    },
                    {"note": NOTE},
                ),
                key="code",
                least=1,
            ),
            "result_types": Listing(
                Record(
                    {
                        "code": Text(pattern=r"KQ-[A-Z]{2}-\d{2}"),
                        "name": WORDS,
                        "issuing_agency_kind": issuers,
                        "validity": validity,
                        "paper_type": Text(null=True),
                        "electronic_format": WORDS,
                        "certainty": CERTAINTY,
                    },
                    {"note": NOTE},
                ),
                key="code",
                least=1,
            ),
        }
    )


def check_paper_types(doc: Data, known: Known, where: Where) -> None:
    """Check issuers, validity rules, and which paper a result becomes."""
    issuers = known.codes("agency_kinds") | {item["code"] for item in doc["other_issuers"]}
    rules = {item["code"] for item in doc["validity_rules"]}
    papers = {item["code"] for item in doc["paper_types"]}
    for item in (*doc["paper_types"], *doc["result_types"]):
        here = where.of(item["code"])
        if item["issuing_agency_kind"] not in issuers:
            here.into("issuing_agency_kind").bad(f"“{item['issuing_agency_kind']}” không có trong danh mục.")
        if item["validity"]["rule"] not in rules:
            here.into("validity.rule").bad(f"“{item['validity']['rule']}” không có trong validity_rules.")
        if (item["validity"]["rule"] == "months") != (item["validity"]["months"] is not None):
            here.into("validity.months").bad("có số tháng khi và chỉ khi hiệu lực tính theo tháng.")
        if item["code"].split("-")[1] not in doc["code_scheme"]["groups"]:
            here.into("code").bad("nhóm trong mã không có trong code_scheme.groups.")
    for item in doc["result_types"]:
        if item["paper_type"] is not None and item["paper_type"] not in papers:
            where.of(item["code"]).into("paper_type").bad(f"giấy tờ “{item['paper_type']}” không có.")


def policies(known: Known) -> Spec:
    """Return the schema of policies.yaml."""
    dated: dict[str, Spec] = {"valid_from": Day(), "valid_to": Day(null=True), "certainty": CERTAINTY}
    unit_kind = Text(choices=known.codes("unit_kinds"), of="danh mục loại đơn vị")
    limit = Record(
        {
            "value": Whole(least=1),
            "unit": Text(choices=[str(item) for item in TimeUnit], of="các đơn vị thời gian"),
        }
    )
    return Record(
        {
            "schema": Text(choices=("policies/v1",), of="các phiên bản cấu trúc"),
            "receiving_place_kinds": Named(unit_kind, known.codes("receiving_places"), "danh mục nơi nhận"),
            "calendar_layers": _coded(
                {
                    "kind": Text(choices=[str(item) for item in LayerKind], of="các tầng lịch"),
                    "parent": Text(null=True),
                }
            ),
            "holiday_layer": CODE,
            "one_stop_layer": CODE,
            "office_hours_use": Listing(
                Record(
                    {
                        "hours": CODE,
                        "layer": CODE,
                        "purpose": Text(choices=[str(item) for item in HoursPurpose], of="các mục đích"),
                        "apply": Flag(),
                    }
                ),
                key="hours",
            ),
            "deadline_policies": Listing(
                Record(
                    {
                        "scope": Text(
                            choices=("nation", "territory", "field", "procedure"), of="các phạm vi"
                        ),
                        "key": Text(blank=True),
                        "params": Record(
                            {},
                            {
                                "count_first_day": Flag(),
                                "due_time": Text(choices=("end_of_session", "same_time"), of="giờ đến hạn"),
                                "roll_rest_day": Flag(),
                                "cutoff": Null(HOUR),
                                "pause_unit": Text(choices=("days", "hours"), of="đơn vị tạm dừng"),
                                "answer_within": limit,
                                "supplement_within": limit,
                                "collect_within": limit,
                                "uncollected": Record(
                                    {
                                        "bounds": Listing(Whole(least=1), least=1),
                                        "remind_every": Whole(least=1),
                                        "archive_after": Whole(least=1),
                                    }
                                ),
                                "warn_before": Listing(limit),
                                "apology_lead": limit,
                                "explain_within": limit,
                                "enter_within": limit,
                                "pause_checks": Record(
                                    {"last_hours": limit, "longest": limit, "most": Whole(least=1)}
                                ),
                                "paper_checks": Record(
                                    {name: Whole(least=1) for name in PaperChecks.__slots__}
                                ),
                                "fault_limits": Record(dict.fromkeys(Seriousness, limit)),
                                "case_thresholds": Record(
                                    dict.fromkeys(Thresholds.__slots__, Whole(least=1))
                                ),
                                "forward_cutoff": HOUR,
                                "confirm_within": limit,
                                "suspend_grounds": Listing(
                                    Text(
                                        choices=(
                                            "applicant_confirmation",
                                            "system_outage",
                                            "external_appraisal",
                                        ),
                                        of="các căn cứ tạm dừng",
                                    )
                                ),
                                "correction_grounds": Listing(
                                    Record(
                                        {
                                            "code": CODE,
                                            "label": WORDS,
                                            "fault": Text(
                                                choices=("agency", "applicant", "nobody"), of="bên có lỗi"
                                            ),
                                            "within": limit,
                                        },
                                        {"basis": WORDS},
                                    ),
                                    key="code",
                                ),
                                "refund_rules": Listing(
                                    Record(
                                        {
                                            "ended": Listing(
                                                Text(
                                                    choices=[str(one) for one in Ended],
                                                    of="các cách kết thúc",
                                                ),
                                                least=1,
                                            ),
                                            "percent": Whole(least=0),
                                            "words": WORDS,
                                            "certainty": CERTAINTY,
                                        },
                                        {
                                            "fees": Listing(CODE, least=1),
                                            "kinds": Listing(
                                                Text(
                                                    choices=[str(one) for one in FeeKind], of="các loại phí"
                                                ),
                                                least=1,
                                            ),
                                            "handled": Flag(),
                                            "basis": WORDS,
                                        },
                                    )
                                ),
                                "draft_templates": Listing(
                                    Record(
                                        {
                                            "code": CODE,
                                            "title": WORDS,
                                            "abstract": WORDS,
                                            "paragraphs": Listing(WORDS, least=1),
                                            "with_answers": Flag(),
                                        }
                                    ),
                                    key="code",
                                ),
                                "contact": Record({"hotline": WORDS, "website": WORDS}),
                            },
                        ),
                        **dated,
                    },
                    {"legal_basis": WORDS, "note": NOTE},
                )
            ),
            "code_policies": Listing(
                Record({"code": CODE, "pattern": WORDS, **dated}, {"legal_basis": WORDS, "note": NOTE}),
                key="code",
            ),
            "status_maps": Listing(
                Record(
                    {
                        "partner": CODE,
                        "states": Named(Record({"status": Whole(least=0), "name": WORDS})),
                        **dated,
                    }
                )
            ),
            "print_templates": Listing(
                Record(
                    {
                        "code": CODE,
                        "regime": CODE,
                        "form_no": Text(blank=True),
                        "title": WORDS,
                        "path": WORDS,
                        "legal_basis": WORDS,
                        **dated,
                    }
                )
            ),
            "publication": Record({"valid_from": Day(), "published_on": Day(), "certainty": CERTAINTY}),
        }
    )


def check_policies(doc: Data, fees_doc: Data, where: Where) -> None:
    """Check layers, hours and patterns."""
    layers = {item["code"] for item in doc["calendar_layers"]}
    fees = {item["code"] for item in fees_doc["fee_catalogue"]}
    for item in doc["deadline_policies"]:
        for rule in item["params"].get("refund_rules", ()):
            unknown = sorted(set(rule.get("fees", ())) - fees)
            if unknown:
                where.into("refund_rules").bad(
                    f"khoản thu {', '.join(unknown)} không có trong fees_holidays.yaml."
                )
            if rule["percent"] > 100:
                where.into("refund_rules").bad("tỷ lệ hoàn trả không quá 100.")
    for item in doc["calendar_layers"]:
        if item["parent"] is not None and item["parent"] not in layers:
            where.of(item["code"]).into("parent").bad(f"tầng lịch “{item['parent']}” không có.")
    for name in ("holiday_layer", "one_stop_layer"):
        if doc[name] not in layers:
            where.into(name).bad(f"tầng lịch “{doc[name]}” không có.")
    hours = {item["code"] for item in fees_doc["office_hours"]}
    used = {item["hours"] for item in doc["office_hours_use"]}
    for item in doc["office_hours_use"]:
        if item["hours"] not in hours:
            where.of(item["hours"]).into("hours").bad("giờ làm việc này không có trong fees_holidays.yaml.")
        if item["layer"] not in layers:
            where.of(item["hours"]).into("layer").bad(f"tầng lịch “{item['layer']}” không có.")
    for code in sorted(hours - used):
        where.of(code).into("office_hours_use").bad("chưa nói giờ này đặt ở tầng lịch nào.")
    for item in doc["code_policies"]:
        try:
            code_shape(item["pattern"])
        except ValueError:
            where.of(item["code"]).into("pattern").bad(f"mẫu mã hồ sơ “{item['pattern']}” sai dạng.")


def procedures(known: Known) -> Spec:
    """Return the schema of a file of procedures (README.md beside the data)."""

    def of(name: str, label: str) -> Text:
        return Text(choices=known.codes(name), of=f"danh mục {label}")

    agency_kind, unit_kind = of("agency_kinds", "loại cơ quan"), of("unit_kinds", "loại đơn vị")
    database = Text(null=True, choices=known.codes("databases"), of="danh mục cơ sở dữ liệu")
    unit = of("time_units", "đơn vị thời gian")
    time_limit = Record(
        {"value": Whole(least=1), "unit": unit, "hours": Whole(least=1), "text_vi": WORDS},
        {"extension": Record({"reason_vi": WORDS, "max_value": Whole(least=1), "unit": unit})},
    )
    fee_code = Text(choices=set(known.fees), of="danh mục phí")
    condition = Null(
        Record(
            {
                "field": WORDS,
                "op": Text(choices=set(known.catalogues["condition_ops"]), of="các phép so sánh"),
                "value": Anything(),
            }
        )
    )
    field_type = Text(choices=set(known.catalogues["field_types"]), of="các kiểu trường")
    key = Text(pattern=r"[a-z][a-z0-9_]*")
    labelled = Record({"key": key, "label_vi": WORDS})
    day_limit = Text(pattern=r"today|\d{4}-\d{2}-\d{2}")
    validation = Record(
        {},
        {
            "validator": of("validators", "kiểu kiểm tra"),
            "pattern": WORDS,
            "min": Number(),
            "max": Number(),
            "max_length": Whole(least=1),
            "not_after": day_limit,
            "not_before": day_limit,
            "after_field": WORDS,
            "min_age": Whole(least=0),
            "max_age": Whole(least=0),
            "max_days": Whole(least=0),
            "max_months": Whole(least=0),
            "max_days_ago": Whole(least=0),
            "accept": Listing(WORDS, least=1),
            "max_mb": Whole(least=1),
        },
    )
    return Record(
        {
            "schema": Text(choices=("procedures/v1",), of="các phiên bản cấu trúc"),
            "group": CODE,
            "group_name": WORDS,
            "procedures": Listing(
                Record(
                    {
                        "code": Text(pattern=r"\d\.\d{6}"),
                        "name": WORDS,
                        "field": of("fields", "lĩnh vực"),
                        "field_name": WORDS,
                        "levels": Listing(LEVEL, least=1),
                        "deciding_agency_kind": agency_kind,
                        "coordinating_agency_kinds": Listing(agency_kind),
                        "receiving_places": Listing(of("receiving_places", "nơi nhận"), least=1),
                        "applicants": Listing(of("applicant_kinds", "đối tượng"), least=1),
                        "online_level": of("online_levels", "mức dịch vụ công"),
                        "non_territorial": Flag(),
                        "status": Text(choices=("in_force", "superseded", "abolished"), of="các trạng thái"),
                        "code_history": Listing(
                            Record(
                                {
                                    "code": Text(pattern=r"\d\.\d{6}"),
                                    "valid_from": Day(null=True),
                                    "valid_to": Day(null=True),
                                    "certainty": CERTAINTY,
                                }
                            )
                        ),
                        "time_limit": time_limit,
                        "channels": Listing(
                            Record(
                                {
                                    "channel": of("channels", "kênh"),
                                    "time_limit": time_limit,
                                    "fees": Listing(
                                        Record(
                                            {
                                                "fee": fee_code,
                                                "amount": Whole(null=True, least=0),
                                                "unit": WORDS,
                                                "condition_vi": Text(null=True),
                                            },
                                            {"condition": condition},
                                        )
                                    ),
                                }
                            ),
                            least=1,
                        ),
                        "fee_exemptions": Listing(
                            Record(
                                {
                                    "group": Text(
                                        choices=known.exemption_groups, of="danh mục diện miễn giảm"
                                    ),
                                    "fees": Listing(fee_code),
                                    "reduction_percent": Whole(least=0),
                                }
                            )
                        ),
                        "required_papers": Listing(
                            Record(
                                {
                                    "code": WORDS,
                                    "label_vi": WORDS,
                                    "condition": condition,
                                    "papers": Listing(
                                        Record(
                                            {
                                                "paper": Text(
                                                    choices=set(known.papers), of="danh mục giấy tờ"
                                                ),
                                                "name": WORDS,
                                                "originals": Whole(least=0),
                                                "copies": Whole(least=0),
                                                "present_only": Flag(),
                                                "form_file": Text(null=True),
                                                "digitise": Flag(),
                                                "source_db": database,
                                                "waived_if_in_db": Flag(),
                                            },
                                            {"surrender_original": Flag(), "note": NOTE},
                                        ),
                                        least=1,
                                    ),
                                }
                            ),
                            least=1,
                        ),
                        "eform": Record(
                            {
                                "form_code": WORDS,
                                "sections": Listing(labelled, least=1),
                                "fields": Listing(
                                    Record(
                                        {
                                            "key": key,
                                            "label_vi": WORDS,
                                            "type": field_type,
                                            "section": WORDS,
                                            "required": Flag(),
                                        },
                                        {
                                            "options": Listing(
                                                Record({"value": WORDS, "label_vi": WORDS}), least=1
                                            ),
                                            "validation": validation,
                                            "columns": Listing(
                                                Record({"key": key, "label_vi": WORDS, "type": field_type}),
                                                least=1,
                                            ),
                                            "prefill": WORDS,
                                            "show_if": condition,
                                        },
                                    ),
                                    least=1,
                                ),
                            }
                        ),
                        "results": Listing(
                            Record(
                                {
                                    "type": Text(choices=set(known.results), of="danh mục kết quả"),
                                    "validity": Record({"rule": WORDS, "months": Whole(null=True)}),
                                }
                            ),
                            least=1,
                        ),
                        "legal_bases": Listing(WORDS, least=1),
                        "process": Listing(
                            Record(
                                {
                                    "variant": CODE,
                                    "levels": Listing(LEVEL, least=1),
                                    "decided_by_unit_kind": unit_kind,
                                    "total_hours": Number(),
                                    "steps": Listing(
                                        Record(
                                            {
                                                "no": Whole(least=1),
                                                "name": WORDS,
                                                "role": of("roles", "vai trò"),
                                                "unit_kind": unit_kind,
                                                "hours": Number(),
                                                "outcomes": Listing(
                                                    Record(
                                                        {
                                                            "code": of("outcomes", "kết cục"),
                                                            "next": Anything(),
                                                        }
                                                    ),
                                                    least=1,
                                                ),
                                            },
                                            {
                                                "note": NOTE,
                                                "on_site": Flag(),
                                                "parallel_consultation": Record(
                                                    {
                                                        "mode": Text(
                                                            choices=("all",), of="các kiểu lấy ý kiến"
                                                        ),
                                                        "items": Listing(
                                                            Record(
                                                                {
                                                                    "unit_kind": unit_kind,
                                                                    "about": WORDS,
                                                                    "hours": Number(),
                                                                    "on_silence": Text(
                                                                        choices=("agree", "not_allowed"),
                                                                        of="các quy ước khi im lặng",
                                                                    ),
                                                                }
                                                            ),
                                                            least=1,
                                                        ),
                                                    }
                                                ),
                                            },
                                        ),
                                        least=1,
                                    ),
                                }
                            ),
                            least=1,
                        ),
                        "certainty": CERTAINTY,
                        "certainty_detail": Named(CERTAINTY),
                        "source": WORDS,
                    },
                    {
                        "sub_procedures": Listing(WORDS),
                        "related_procedures": Listing(WORDS),
                        "notes": NOTE,
                        "name_current": WORDS,
                    },
                ),
                key="code",
                least=1,
            ),
        }
    )


def check_procedures(doc: Data, known: Known, every: Collection[str], where: Where) -> None:
    """Check what the records of a file of procedures must agree on inside."""
    for record in doc["procedures"]:
        here = where.of(record["code"])
        hours = {item["code"]: item["hours"] for item in known.catalogues["time_units"]}
        limits = [("time_limit", record["time_limit"])]
        limits += [(f"channels.{item['channel']}", item["time_limit"]) for item in record["channels"]]
        for name, limit in limits:
            if limit["hours"] != limit["value"] * hours[limit["unit"]]:
                here.into(f"{name}.hours").bad("số giờ khác số ngày nhân số giờ mỗi ngày.")
        if len({item["channel"] for item in record["channels"]}) != len(record["channels"]):
            here.into("channels").bad("kênh bị lặp.")
        for key in ("sub_procedures", "related_procedures"):
            for code in record.get(key, []):
                if code not in every:
                    here.into(key).bad(f"thủ tục “{code}” không có.")
        fields = _check_form(record["eform"], known, here.into("eform"))
        cases: set[str] = set()
        for case in record["required_papers"]:
            place = here.into(f"required_papers.{case['code']}")
            if case["code"] in cases:
                place.bad("mã trường hợp bị lặp.")
            cases.add(case["code"])
            _check_condition(case["condition"], fields, place)
        for process in record["process"]:
            _check_process(process, record, here.into(f"process.{process['variant']}"))


def _check_condition(condition: Data | None, fields: Mapping[str, Data], where: Where) -> None:
    if condition is None:
        return
    target = fields.get(condition["field"])
    if target is None:
        where.bad(f"điều kiện dùng trường “{condition['field']}” không có (hoặc đứng sau).")
        return
    if "options" in target and condition["op"] in ("eq", "ne", "in", "not_in"):
        allowed = {option["value"] for option in target["options"]}
        wanted = condition["value"] if isinstance(condition["value"], list) else [condition["value"]]
        for value in wanted:
            if value not in allowed:
                where.bad(f"giá trị “{value}” không thuộc lựa chọn của “{condition['field']}”.")


def _check_form(form: Data, known: Known, where: Where) -> dict[str, Data]:
    sections = {section["key"] for section in form["sections"]}
    bases = {item["code"]: set(item["fields"]) for item in known.catalogues["databases"]}
    fields: dict[str, Data] = {}
    for item in form["fields"]:
        here = where.into(item["key"])
        if item["key"] in fields:
            here.bad("khóa trường bị lặp.")
        if item["section"] not in sections:
            here.into("section").bad(f"phần “{item['section']}” không có.")
        if item["type"] in ("select", "radio", "multiselect") and not item.get("options"):
            here.into("options").bad("thiếu danh sách lựa chọn.")
        if item["type"] == "table" and not item.get("columns"):
            here.into("columns").bad("thiếu các cột của bảng.")
        rule = item.get("validation", {})
        if "pattern" in rule:
            try:
                re.compile(rule["pattern"])
            except re.error as fault:
                here.into("validation.pattern").bad(f"biểu thức sai: {fault}.")
        if "after_field" in rule and rule["after_field"] not in fields:
            here.into("validation.after_field").bad(f"trường “{rule['after_field']}” không đứng trước.")
        if "prefill" in item:
            base, _, name = item["prefill"].partition(".")
            if name not in bases.get(base, set()):
                here.into("prefill").bad(f"nguồn “{item['prefill']}” không có.")
        _check_condition(item.get("show_if"), fields, here.into("show_if"))
        fields[item["key"]] = item
    return fields


def _check_process(process: Data, record: Data, where: Where) -> None:
    steps = process["steps"]
    if abs(sum(step["hours"] for step in steps) - process["total_hours"]) > 1e-9:
        where.into("total_hours").bad("tổng giờ các bước khác total_hours.")
    if abs(process["total_hours"] - record["time_limit"]["hours"]) > 1e-9:
        where.into("total_hours").bad("tổng giờ khác thời hạn giải quyết.")
    for number, step in enumerate(steps, 1):
        here = where.into(f"steps[{number}]")
        if step["no"] != number:
            here.into("no").bad("số bước không liên tục.")
        for outcome in step["outcomes"]:
            target = outcome["next"]
            if isinstance(target, bool) or not (
                (isinstance(target, int) and 1 <= target <= len(steps)) or target in NEXT_WORDS
            ):
                here.into(f"outcomes.{outcome['code']}.next").bad(f"bước tiếp theo “{target}” không có.")


def non_territorial(known: Known) -> Spec:
    """Return the schema of non_territorial.yaml."""
    dated: dict[str, Spec] = {"valid_from": Day(), "valid_to": Day(null=True), "certainty": CERTAINTY}
    unit = Text(choices=known.units, of="danh sách đơn vị")
    return Record(
        {
            "schema": Text(choices=("non_territorial/v1",), of="các phiên bản cấu trúc"),
            "criteria": Listing(
                Record({"code": CODE, "text": WORDS, "excludes": Flag()}), key="code", least=1
            ),
            "savings": Listing(
                Record(
                    {
                        "code": CODE,
                        "tier": TIER,
                        "hours": Number(),
                        "kilometres": Number(),
                        "source": WORDS,
                        **dated,
                    }
                ),
                key="code",
            ),
            "lists": Listing(
                Record(
                    {
                        "kind": Text(choices=("approved", "pilot"), of="các loại danh mục"),
                        "decision_no": WORDS,
                        "decision_on": Day(),
                        "issuer": WORDS,
                        "unit_kinds": Listing(
                            Text(choices=known.codes("unit_kinds"), of="danh mục loại đơn vị")
                        ),
                        "units": Listing(unit),
                        "procedures": Listing(
                            Record(
                                {"code": Text(choices=known.procedures, of="danh mục thủ tục"), "note": NOTE}
                            ),
                            key="code",
                            least=1,
                        ),
                        "note": NOTE,
                        **dated,
                    }
                )
            ),
            "service_areas": Listing(
                Record({"unit": unit, "agency": unit, "decision_no": WORDS, "note": NOTE, **dated})
            ),
        }
    )


def check_non_territorial(doc: Data, where: Where) -> None:
    """Check that pilots end, and that no procedure stands on two lists on one day."""
    seen: dict[str, list[Data]] = {}
    for number, item in enumerate(doc["lists"], 1):
        place = where.into(f"lists[{number}]")
        if item["kind"] == "pilot" and item["valid_to"] is None:
            place.into("valid_to").bad("danh mục thí điểm phải có ngày kết thúc.")
        for entry in item["procedures"]:
            for other in seen.setdefault(entry["code"], []):
                later = max(item["valid_from"], other["valid_from"])
                if all(one["valid_to"] is None or one["valid_to"] >= later for one in (item, other)):
                    place.of(entry["code"]).into("code").bad("đã có trong một danh mục khác cùng thời gian.")
            seen[entry["code"]].append(item)


def people(known: Known) -> Spec:
    """Return the schema of people.yaml."""
    short = Text(null=True)
    return Record(
        {
            "schema": Text(choices=("people/v1",), of="các phiên bản cấu trúc"),
            "notice": WORDS,
            "reference_date": Day(),
            "seed": Whole(),
            "persons": Listing(
                Record(
                    {
                        "code": CODE,
                        "fictitious": Flag(),
                        "personal_id": Text(pattern=r"\d{12}"),
                        "full_name": WORDS,
                        "gender": Text(choices=("nam", "nu"), of="giới tính"),
                        "birth_date": Day(),
                        "age_at_reference": Whole(),
                        "ethnicity": WORDS,
                        "religion": WORDS,
                        "nationality": WORDS,
                        "place_of_origin": short,
                        "permanent_commune": short,
                        "permanent_address": WORDS,
                        "temporary_commune": short,
                        "marital_status": WORDS,
                        "spouse": short,
                        "father": short,
                        "mother": short,
                        "household": short,
                        "relation_to_head": WORDS,
                        "job": short,
                        "phone": short,
                        "email": short,
                        "has_vneid_level2": Flag(),
                        "social_insurance_no": short,
                        "flags": Listing(WORDS),
                        "deceased": Flag(),
                        "death_date": Day(null=True),
                    }
                ),
                key="code",
                least=1,
            ),
            "households": Listing(
                Record(
                    {
                        "code": CODE,
                        "fictitious": Flag(),
                        "commune": CODE,
                        "address": WORDS,
                        "head": CODE,
                        "members": Listing(CODE, least=1),
                        "poverty_status": WORDS,
                    }
                ),
                key="code",
            ),
            "enterprises": Listing(
                Record(
                    {
                        "code": CODE,
                        "fictitious": Flag(),
                        "tax_code": Text(pattern=r"\d{10}(-\d{3})?"),
                        "type": WORDS,
                        "name": WORDS,
                        "commune": CODE,
                        "address": WORDS,
                        "legal_rep": CODE,
                        "legal_rep_id": WORDS,
                        "charter_capital": Whole(least=0),
                        "established_date": Day(),
                        "status": WORDS,
                        "business_lines": Listing(Record({"code": WORDS, "name": WORDS, "is_main": Flag()})),
                        "phone": short,
                        "email": short,
                    }
                ),
                key="code",
            ),
        }
    )


def check_people(doc: Data, known: Known, where: Where) -> None:
    """Check relatives, households, representatives, places and repeated numbers."""
    places = {org["code"] for org in known.organisations["organisations"]}
    persons = {person["code"]: person for person in doc["persons"]}
    homes = {home["code"] for home in doc["households"]}
    numbers: dict[str, str] = {}
    for code, person in persons.items():
        here = where.of(code)
        if person["personal_id"] in numbers:
            here.into("personal_id").bad(f"số định danh trùng với {numbers[person['personal_id']]}.")
        numbers[person["personal_id"]] = code
        for key in ("spouse", "father", "mother"):
            if person[key] is not None and person[key] not in persons:
                here.into(key).bad(f"“{person[key]}” không có trong tệp.")
        for key in ("place_of_origin", "permanent_commune", "temporary_commune"):
            if person[key] is not None and person[key] not in places:
                here.into(key).bad(f"địa bàn “{person[key]}” không có.")
        if person["household"] is not None and person["household"] not in homes:
            here.into("household").bad(f"hộ “{person['household']}” không có.")
    for firm in doc["enterprises"]:
        here = where.of(firm["code"])
        if firm["tax_code"] in numbers:
            here.into("tax_code").bad(f"mã số thuế trùng với {numbers[firm['tax_code']]}.")
        numbers[firm["tax_code"]] = firm["code"]
        if tax_check_digit(firm["tax_code"][:9]) != int(firm["tax_code"][9]):
            here.into("tax_code").bad("số kiểm tra của mã số thuế sai.")
        if firm["legal_rep"] not in persons:
            here.into("legal_rep").bad(f"người đại diện “{firm['legal_rep']}” không có.")
        if firm["commune"] not in places:
            here.into("commune").bad(f"địa bàn “{firm['commune']}” không có.")


def demo_staff(known: Known) -> Spec:
    """Return the schema of demo_staff.yaml."""
    role = Text(choices=[str(item) for item in Role], of="danh mục vai trò")
    scope = Text(choices=[str(item) for item in DutyScope], of="các phạm vi")
    post = Record(
        {"suffix": Text(pattern=r"[a-z0-9]+"), "position": WORDS, "roles": Listing(role, least=1)},
        {"scope": scope, "fields": Listing(Text(choices=known.codes("fields"), of="danh mục lĩnh vực"))},
    )
    return Record(
        {
            "schema": Text(choices=("demo_staff/v1",), of="các phiên bản cấu trúc"),
            "notice": WORDS,
            "password": Text(pattern=r"\S{8,}"),
            "valid_from": Day(),
            "names": Record(
                {
                    "family": Listing(WORDS, least=1),
                    "middle_male": Listing(WORDS, least=1),
                    "middle_female": Listing(WORDS, least=1),
                    "male": Listing(WORDS, least=1),
                    "female": Listing(WORDS, least=1),
                }
            ),
            "prefixes": Named(
                Text(pattern=r"[a-z0-9]+(-[a-z0-9]+)*"), known.units or None, "danh mục đơn vị"
            ),
            "rules": Listing(
                Record({"unit_kinds": Listing(WORDS, least=1), "posts": Listing(post, least=1)})
            ),
            "people": Listing(
                Record(
                    {
                        "username": Text(pattern=r"[a-z0-9][a-z0-9.\-]*"),
                        "full_name": WORDS,
                        "position": WORDS,
                        "duties": Listing(
                            Record(
                                {
                                    "unit": Text(choices=known.units or None, of="danh mục đơn vị"),
                                    "role": role,
                                },
                                {
                                    "scope": scope,
                                    "fields": Listing(
                                        Text(choices=known.codes("fields"), of="danh mục lĩnh vực")
                                    ),
                                    "valid_from": Day(),
                                    "valid_to": Day(null=True),
                                },
                            ),
                            least=1,
                        ),
                    }
                ),
                key="username",
            ),
        }
    )
