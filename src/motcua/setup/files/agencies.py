"""Agencies and units, and what came in their place."""

from __future__ import annotations

from motcua.organisation.rules import Relation
from motcua.setup.files.shared import (
    AREA,
    CERTAINTY,
    CODE,
    NOTE,
    TIER,
    WORDS,
    Data,
    Known,
)
from motcua.setup.loaders_schema import (
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
