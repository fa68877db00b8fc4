"""
interlinked.yaml: how groups of interlinked procedures run in parts, dated (decision 0024).

The file tells once how a part is filled from its group (`fillings`) and lists by group and period which parts there
are; the catalogue keeps each group's period as one record with everything a dossier needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import pairwise
from typing import Any

from motcua.dossiers import parts as part_rules
from motcua.kernel.deadline import TimeUnit
from motcua.setup.files.shared import CERTAINTY, CODE, LEVEL, NOTE, WORDS, Known
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

Data = Mapping[str, Any]
FILE = "interlinked.yaml"


def interlinked(known: Known) -> Spec:
    """Return the schema of interlinked.yaml."""
    limit = Record(
        {"value": Number(), "unit": Text(choices=[str(unit) for unit in TimeUnit], of="các đơn vị thời hạn")}
    )
    condition = Record(
        {
            "field": WORDS,
            "op": Text(choices=set(known.catalogues["condition_ops"]), of="các phép so sánh"),
            "value": Anything(),
        }
    )
    key = Text(pattern=r"[a-z][a-z0-9_]*")
    paper = Text(choices=set(known.papers), of="danh mục giấy tờ")
    answer = Record(
        {},
        {
            "from": key,
            "value": Anything(),
            "day_of": key,
            "number_of": key,
            "rows": Listing(Named(key), least=1),
            "cases": Listing(Record({"when": condition, "value": Anything()}), least=1),
        },
    )
    step = Record(
        {
            "no": Whole(least=1),
            "name": WORDS,
            "role": Text(choices=known.codes("roles"), of="danh mục vai trò"),
            "unit_kind": Text(choices=known.codes("unit_kinds"), of="danh mục loại đơn vị"),
            "hours": Number(),
            "outcomes": Listing(
                Record(
                    {
                        "code": Text(choices=known.codes("outcomes"), of="danh mục kết cục"),
                        "next": Anything(),
                    }
                ),
                least=1,
            ),
        },
        {"waits_for": Text(choices=("parts",), of="các kiểu chờ"), "note": NOTE, **step_names(known)},
    )
    part = Record(
        {"key": key, "fill": CODE},
        {
            "after": Listing(key),
            "needs": Listing(key),
            "condition": Null(condition),
            "limit": Null(limit),
            "limits": Named(limit, choices=known.codes("channels")),
            "verified_limit": limit,
            "settings": Record({}, {"answer_within": limit, "supplement_within": limit}),
            "mirrored": Null(WORDS),
            "passes": Listing(Record({"result": WORDS, "paper": paper, "to": Listing(key, least=1)})),
            "note": NOTE,
        },
    )
    return Record(
        {
            "schema": Text(choices=("interlinked/v1",), of="các phiên bản cấu trúc"),
            "process": Record(
                {
                    "variant": CODE,
                    "levels": Listing(LEVEL, least=1),
                    "decided_by_unit_kind": Text(
                        choices=known.codes("unit_kinds"), of="danh mục loại đơn vị"
                    ),
                    "steps": Listing(step, least=1),
                }
            ),
            "fillings": Listing(
                Record(
                    {"code": CODE, "name": WORDS, "procedure": WORDS},
                    {
                        "answers": Named(answer),
                        "unasked": Listing(key),
                        "papers": Named(
                            Record({}, {"from": paper, "waived": Flag(), "note": NOTE}),
                            choices=set(known.papers),
                        ),
                        "note": NOTE,
                    },
                ),
                key="code",
            ),
            "groups": Listing(
                Record(
                    {
                        "procedure": WORDS,
                        "valid_from": Day(),
                        "valid_to": Day(null=True),
                        "legal_basis": WORDS,
                        "certainty": CERTAINTY,
                        "limit": Null(limit),
                        "parts": Listing(part, least=1),
                    },
                    {"applies_when": Null(condition), "verified_limit": limit, "note": NOTE},
                ),
                least=1,
            ),
        }
    )


def check_interlinked(doc: Data, bodies: Mapping[str, Data], where: Where) -> None:
    """Check what the records must agree on: procedures, order, forms, papers; `bodies` are records by code."""
    fillings = {item["code"]: item for item in doc["fillings"]}
    for item in doc["fillings"]:
        if item["procedure"] not in bodies:
            where.of(item["code"]).into("procedure").bad(f"thủ tục “{item['procedure']}” không có.")
    periods: dict[str, list[Data]] = {}
    for group in doc["groups"]:
        here = where.of(f"{group['procedure']} từ {group['valid_from']}")
        body = bodies.get(group["procedure"])
        if body is None:
            here.into("procedure").bad(f"thủ tục “{group['procedure']}” không có.")
            continue
        check_step_names(doc["process"]["steps"], body, here.into("process"))
        periods.setdefault(group["procedure"], []).append(group)
        earlier: list[str] = []
        for part in group["parts"]:
            place = here.into(f"parts.{part['key']}")
            for name in ("after", "needs"):
                for other in part.get(name, []):
                    if other not in earlier:
                        place.into(name).bad(f"phần “{other}” không đứng trước phần này.")
            if not set(part.get("needs", [])) <= set(part.get("after", [])):
                place.into("needs").bad("phần cần kết quả phải đứng sau (after) phần cho kết quả.")
            if part["key"] in earlier:
                place.bad("khóa phần bị lặp.")
            earlier.append(part["key"])
            filling = fillings.get(part["fill"])
            if filling is None:
                place.into("fill").bad(f"cách điền “{part['fill']}” không có.")
            elif filling["procedure"] in bodies:
                for fault in _unfilled(filling, body, bodies[filling["procedure"]]):
                    place.into("fill").bad(fault)
        for part in group["parts"]:
            for passed in part.get("passes", []):
                for target in passed["to"]:
                    if target not in earlier:
                        here.into(f"parts.{part['key']}.passes").bad(f"phần “{target}” không có.")
    for procedure, found in periods.items():
        ordered = sorted(found, key=lambda group: group["valid_from"])
        for before, after in pairwise(ordered):
            if before["valid_to"] is None or before["valid_to"] >= after["valid_from"]:
                where.of(procedure).into("valid_to").bad(f"chồng lên giai đoạn từ {after['valid_from']}.")


def _unfilled(filling: Data, group: Data, part: Data) -> Iterator[str]:
    """Yield what of a part's form or papers the group cannot give."""
    asked = {field["key"] for field in group["eform"]["fields"]}
    own = {field["key"]: field for field in part["eform"]["fields"]}
    answers, unasked = filling.get("answers", {}), set(filling.get("unasked", []))
    for key, source in answers.items():
        if key not in own:
            yield f"biểu mẫu của phần không có trường “{key}”."
        if not source:
            yield f"trường “{key}” chưa nói lấy từ đâu."
        used = [source[name] for name in ("from", "day_of") if name in source]
        used += [column for row in source.get("rows", ()) for column in row.values()]
        used += [case["when"]["field"] for case in source.get("cases", ())]
        for name in used:
            if name not in asked:
                yield f"biểu mẫu của nhóm không có trường “{name}”."
    for key in sorted(unasked - own.keys()):
        yield f"biểu mẫu của phần không có trường “{key}”."
    for key, field in own.items():
        if field["required"] and key not in asked and key not in answers and key not in unasked:
            yield f"trường bắt buộc “{key}” không lấy được từ hồ sơ của nhóm."


def rows(doc: Data) -> list[dict[str, Any]]:
    """Return the records the catalogue keeps, one for each group and period."""
    fillings = {item["code"]: item for item in doc["fillings"]}
    return [
        {
            "procedure_code": group["procedure"],
            "valid_from": date.fromisoformat(group["valid_from"]),
            "valid_to": date.fromisoformat(group["valid_to"]) if group["valid_to"] else None,
            "legal_basis": group["legal_basis"],
            "certainty": group["certainty"],
            "note": group.get("note", ""),
            "body": {
                "variant": doc["process"]["variant"],
                "limit": group["limit"],
                "verified_limit": group.get("verified_limit"),
                "applies_when": group.get("applies_when"),
                "parts": [part_rules.plan(part, fillings[part["fill"]]) for part in group["parts"]],
            },
        }
        for group in doc["groups"]
    ]
