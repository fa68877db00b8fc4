"""Procedures with their papers, forms, processes and fees."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from motcua.setup.files.shared import (
    CERTAINTY,
    CODE,
    LEVEL,
    NOTE,
    WORDS,
    Data,
    Known,
)
from motcua.setup.files.stepnames import check_step_names, step_names
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

NEXT_WORDS = {"end_done", "end_refused", "pause_applicant", "wait_external", "extend"}


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
                                                **step_names(known),
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
            place = here.into(f"process.{process['variant']}")
            _check_process(process, record, place)
            check_step_names(process["steps"], record, place)


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
