"""
From the files of procedures, papers and fees to the normalised records that the catalogue keeps.

Normalising adds what the files leave in words or elsewhere: the time limit as a kind of rule (same day,
cut-off),
names and kinds of fees. Everything else stays as the file has it, certainty included.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from motcua.kernel.deadline import TimeUnit
from motcua.kernel.text import fold

Row = dict[str, Any]
Data = Mapping[str, Any]

SHARED_LISTS = (
    "roles", "outcomes", "channels", "online_levels", "receiving_places", "applicant_kinds", "time_units",
    "databases", "validators", "preset_reasons",
)  # fmt: skip

SAME_DAY = re.compile(r"Trong ngày\b", re.IGNORECASE)
AFTER_HOUR = re.compile(r"nhận sau (\d{1,2}) giờ", re.IGNORECASE)
UNITS = {
    "working_day": TimeUnit.WORKING_DAYS,
    "day": TimeUnit.DAYS,
    "hour": TimeUnit.WORKING_HOURS,
    "month": TimeUnit.MONTHS,
}


def limit_of(time_limit: Data) -> Row:
    """
    Return the kind of limit: value, unit of `kernel.deadline.TimeUnit`, cutoff 'HH:MM' or None.

    A limit worded "trong ngày" is same-day whatever its structured value; "nhận sau 15 giờ" is its cut-off.
    """
    text = time_limit["text_vi"]
    if SAME_DAY.match(text):
        hour = AFTER_HOUR.search(text)
        return {
            "value": 1,
            "unit": TimeUnit.SAME_DAY.value,
            "cutoff": f"{int(hour[1]):02d}:00" if hour else None,
        }
    return {"value": time_limit["value"], "unit": UNITS[time_limit["unit"]].value, "cutoff": None}


def normalise(record: Data, fees: Mapping[str, Data]) -> Row:
    """Return the record of a procedure with limits as kinds of rule and fees by name."""
    body: Row = dict(record)
    body["time_limit"] = {**record["time_limit"], "limit": limit_of(record["time_limit"])}
    body["channels"] = [
        {
            **channel,
            "time_limit": {**channel["time_limit"], "limit": limit_of(channel["time_limit"])},
            "fees": [
                {
                    **fee,
                    "name": fees[fee["fee"]]["name"],
                    "kind": fees[fee["fee"]]["kind"],
                    "legal_basis": fees[fee["fee"]]["legal_basis"],
                    "certainty": fees[fee["fee"]]["certainty"],
                }
                for fee in channel["fees"]
            ],
        }
        for channel in record["channels"]
    ]
    return body


def terms(doc: Data, receiving_kinds: Mapping[str, str]) -> list[Row]:
    """Return the rows of the small shared lists; receiving places carry the kind of unit behind them."""
    rows: list[Row] = []
    for scheme in SHARED_LISTS:
        for position, item in enumerate(doc[scheme]):
            extra = {key: value for key, value in item.items() if key not in ("code", "name")}
            if scheme == "receiving_places" and item["code"] in receiving_kinds:
                extra["unit_kind"] = receiving_kinds[item["code"]]
            rows.append(
                {
                    "scheme": scheme,
                    "code": item["code"],
                    "name": item.get("name", item["code"]),
                    "position": position,
                    "extra": extra,
                }
            )
    for scheme in ("field_types", "condition_ops"):
        rows += [
            {"scheme": scheme, "code": code, "name": code, "position": position, "extra": {}}
            for position, code in enumerate(doc[scheme])
        ]
    return rows


def paper_row(item: Data) -> Row:
    """Return the row of a paper type."""
    return {
        "code": item["code"],
        "name": item["name"],
        "folded": fold(item["name"]),
        "group": item["group"],
        "issuer_kind": item["issuing_agency_kind"],
        "validity_rule": item["validity"]["rule"],
        "validity_months": item["validity"]["months"],
        "validity_note": item["validity"].get("note", ""),
        "identity_fields": item["identity_fields"],
        "database": item["database"],
        "national_code": item["national_code"] or "",
        "certainty": item["certainty"],
        "note": item.get("note", ""),
    }


def result_row(item: Data) -> Row:
    """Return the row of a result type; its paper type by code."""
    return {
        "code": item["code"],
        "name": item["name"],
        "issuer_kind": item["issuing_agency_kind"],
        "validity_rule": item["validity"]["rule"],
        "validity_months": item["validity"]["months"],
        "validity_note": item["validity"].get("note", ""),
        "paper_type_id": item["paper_type"],
        "electronic_format": item["electronic_format"],
        "certainty": item["certainty"],
        "note": item.get("note", ""),
    }


def fee_row(item: Data) -> Row:
    """Return the row of a fee."""
    return {
        "code": item["code"],
        "name": item["name"],
        "kind": item["kind"],
        "unit": item["unit"],
        "amounts": item["amounts"],
        "legal_basis": item["legal_basis"],
        "scope": item["scope"],
        "valid_from": date.fromisoformat(item["valid_from"]),
        "valid_to": date.fromisoformat(item["valid_to"]) if item["valid_to"] else None,
        "certainty": item["certainty"],
        "note": item.get("note", ""),
    }


@dataclass(frozen=True, slots=True)
class NonTerritorial:
    """Rows of the criteria, savings, first assessments and first entries of the lists."""

    criteria: list[Row]
    savings: list[Row]
    assessments: list[Row]
    entries: list[Row]


def non_territorial(doc: Data) -> NonTerritorial:
    """
    Return the rows of the file of non-territorial reception.

    What is listed was decided to be suitable: the first assessment says so, with the certainty of the list.
    """
    criteria = [
        {
            "scheme": "non_territorial_criteria",
            "code": item["code"],
            "name": item["text"],
            "position": position,
            "extra": {"excludes": item["excludes"]},
        }
        for position, item in enumerate(doc["criteria"])
    ]
    savings = [
        {
            "scheme": "non_territorial_savings",
            "code": item["code"],
            "name": item["source"],
            "position": position,
            "extra": {
                name: item[name]
                for name in ("tier", "hours", "kilometres", "valid_from", "valid_to", "certainty")
            },
        }
        for position, item in enumerate(doc["savings"])
    ]
    answers = {item["code"]: not item["excludes"] for item in doc["criteria"]}
    assessments, entries = [], []
    for listed in doc["lists"]:
        for item in listed["procedures"]:
            assessments.append(
                {
                    "procedure_code": item["code"],
                    "assessed_on": date.fromisoformat(listed["decision_on"]),
                    "answers": answers,
                    "verdict": "suitable",
                    "certainty": listed["certainty"],
                    "note": f"Theo danh mục {listed['decision_no']}",
                }
            )
            entries.append(
                {
                    "procedure_code": item["code"],
                    "valid_from": date.fromisoformat(listed["valid_from"]),
                    "valid_to": date.fromisoformat(listed["valid_to"]) if listed["valid_to"] else None,
                    "kind": listed["kind"],
                    "decision_no": listed["decision_no"],
                    "decision_on": date.fromisoformat(listed["decision_on"]),
                    "issuer": listed["issuer"],
                    "unit_kinds": listed["unit_kinds"],
                    "units": listed["units"],
                    "certainty": listed["certainty"],
                    "note": item["note"] or listed["note"] or "",
                }
            )
    return NonTerritorial(criteria, savings, assessments, entries)
