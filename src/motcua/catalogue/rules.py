"""Conditions, papers by case, fees, variants: what the record of a procedure says for given answers. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from motcua.kernel.calendar import add_months
from motcua.kernel.codes import CodePattern, DateForm

Answers = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PaperNeed:
    """One paper that a case of the procedure asks for."""

    case: str
    case_label: str
    paper: str
    name: str
    originals: int
    copies: int
    present_only: bool
    form_file: str | None
    digitise: bool
    source_db: str | None
    waived_if_in_db: bool
    surrender_original: bool
    note: str


@dataclass(frozen=True, slots=True)
class FeeDue:
    """
    A fee for one channel. `amount` is đồng per `unit` after the reduction, None where a formula gives it.

    `condition` (Vietnamese) says when it is due at all; the officer confirms it.
    """

    fee: str
    name: str
    kind: str
    unit: str
    amount: int | None
    full_amount: int | None
    reduction_percent: int
    exemption: str | None
    condition: str | None


def holds(condition: Mapping[str, Any] | None, answers: Answers) -> bool:
    """
    Tell whether a condition of a form or paper case is met.

    No condition is met always. A field that is not answered decides nothing: every condition on it is unmet.
    Order comparisons of values that cannot be compared are unmet.
    """
    if condition is None:
        return True
    given = answers.get(condition["field"])
    if given is None or given == "" or given == []:
        return False
    wanted, op = condition.get("value"), condition["op"]
    several = given if isinstance(given, list) else [given]
    match op:
        case "truthy":
            return bool(given)
        case "eq":
            return wanted in several
        case "ne":
            return wanted not in several
        case "in":
            return any(one in _list(wanted) for one in several)
        case "not_in":
            return not any(one in _list(wanted) for one in several)
        case "lt" | "le" | "gt" | "ge":
            try:
                return bool(
                    {
                        "lt": lambda: given < wanted,
                        "le": lambda: given <= wanted,
                        "gt": lambda: given > wanted,
                        "ge": lambda: given >= wanted,
                    }[op]()
                )
            except TypeError:
                return False
    raise ValueError(f"unknown condition operator {op!r}")


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def papers_for(body: Mapping[str, Any], answers: Answers) -> list[PaperNeed]:
    """
    Return the papers that the answers call for, in the order of the record.

    The same paper asked for by two cases appears once, with the larger numbers and the stricter demands.
    """
    needs: dict[str, PaperNeed] = {}
    for case in body["required_papers"]:
        if not holds(case["condition"], answers):
            continue
        for paper in case["papers"]:
            need = PaperNeed(
                case=case["code"],
                case_label=case["label_vi"],
                paper=paper["paper"],
                name=paper["name"],
                originals=paper["originals"],
                copies=paper["copies"],
                present_only=paper["present_only"],
                form_file=paper["form_file"],
                digitise=paper["digitise"],
                source_db=paper["source_db"],
                waived_if_in_db=paper["waived_if_in_db"],
                surrender_original=paper.get("surrender_original", False),
                note=paper.get("note") or "",
            )
            known = needs.get(need.paper)
            needs[need.paper] = need if known is None else _stricter(known, need)
    return list(needs.values())


def valid_until(rule: str, months: int | None, issued_on: date) -> date | None:
    """
    Return the last day a paper issued on a day counts: the same day so many months on (the month's last, where it is
    shorter); None where the law sets no number of months (validity rules "permanent", "date_on_paper" …).
    """
    if rule != "months" or not months:
        return None
    return add_months(issued_on, months)


def paper_names(body: Mapping[str, Any]) -> dict[str, str]:
    """Return the names of all papers of a record, whatever the case, by code; the first name where there are two."""
    names: dict[str, str] = {}
    for case in body["required_papers"]:
        for paper in case["papers"]:
            names.setdefault(paper["paper"], paper["name"])
    return names


def _stricter(one: PaperNeed, other: PaperNeed) -> PaperNeed:
    return PaperNeed(
        case=one.case,
        case_label=one.case_label,
        paper=one.paper,
        name=one.name if one.name == other.name else f"{one.name}; {other.name}",
        originals=max(one.originals, other.originals),
        copies=max(one.copies, other.copies),
        present_only=one.present_only and other.present_only,
        form_file=one.form_file or other.form_file,
        digitise=one.digitise or other.digitise,
        source_db=one.source_db,
        waived_if_in_db=one.waived_if_in_db and other.waived_if_in_db,
        surrender_original=one.surrender_original or other.surrender_original,
        note="; ".join(dict.fromkeys(note for note in (one.note, other.note) if note)),
    )


def fees_for(
    body: Mapping[str, Any], channel: str, answers: Answers, exemptions: Collection[str] = ()
) -> list[FeeDue]:
    """
    Return the fees of a channel with the largest reduction that the exemption groups give.

    A channel the procedure does not offer costs what filing directly costs. `answers` are there for records
    whose fees carry a machine-readable `condition`.
    """
    offered = {entry["channel"]: entry for entry in body["channels"]}
    entry = offered.get(channel) or offered.get("direct") or next(iter(offered.values()))
    due: list[FeeDue] = []
    for fee in entry["fees"]:
        if not holds(fee.get("condition"), answers):
            continue
        percent, group = 0, None
        for exemption in body["fee_exemptions"]:
            held = fee["fee"] in exemption["fees"] and exemption["group"] in exemptions
            if held and exemption["reduction_percent"] > percent:
                percent, group = exemption["reduction_percent"], exemption["group"]
        full = fee["amount"]
        due.append(
            FeeDue(
                fee=fee["fee"],
                name=fee.get("name", fee["fee"]),
                kind=fee.get("kind", ""),
                unit=fee["unit"],
                amount=None if full is None else full * (100 - percent) // 100,
                full_amount=full,
                reduction_percent=percent,
                exemption=group,
                condition=fee.get("condition_vi"),
            )
        )
    return due


def channel_limit(body: Mapping[str, Any], channel: str) -> Mapping[str, Any]:
    """
    Return the time limit of a channel as stored: value, unit, cutoff, text_vi; else that of the procedure.
    """
    for entry in body["channels"]:
        if entry["channel"] == channel:
            limit: Mapping[str, Any] = entry["time_limit"]
            return limit
    general: Mapping[str, Any] = body["time_limit"]
    return general


def variant_for(body: Mapping[str, Any], receiving_kind: str) -> Mapping[str, Any]:
    """
    Return the process variant that a dossier received at a unit of this kind runs by.

    Where several levels do the procedure, the one whose first step stands at that kind of unit; else the
    first.
    """
    variants: Sequence[Mapping[str, Any]] = body["process"]
    for variant in variants:
        if variant["steps"][0]["unit_kind"] == receiving_kind:
            return variant
    return variants[0]


def unit_kinds_of(variant: Mapping[str, Any]) -> list[str]:
    """Return every unit kind that a process variant needs, consultations too, in order of appearance."""
    kinds: dict[str, None] = {}
    for step in variant["steps"]:
        kinds[step["unit_kind"]] = None
        for item in (step.get("parallel_consultation") or {}).get("items", []):
            kinds[item["unit_kind"]] = None
    return list(kinds)


def digest(body: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of the canonical JSON of a record."""
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


_PATTERN = re.compile(
    r"\{(?P<prefix>legacy_id|id)\}(?P<sep>[^0-9A-Za-z.{}])\{(?P<day>yyMMdd|yyyyMMdd)\}(?P=sep)\{n:(?P<n>\d+)\}"
)


@dataclass(frozen=True, slots=True)
class CodeShape:
    """A dossier-code pattern of the data, read: which identifier stands first, and the kernel's pattern."""

    prefix: str
    pattern: CodePattern

    def make(self, *, id: str, legacy_id: str, day: date, number: int) -> str:
        """
        Return the code of the `number`-th dossier of a day at the unit with these identifiers.

        :raises CodeInvalid: the unit has no identifier of the kind, or the number is below 1.
        """
        return self.pattern.make(legacy_id if self.prefix == "legacy_id" else id, day, number)


def code_shape(text: str) -> CodeShape:
    """
    Read a pattern like '{legacy_id}-{yyMMdd}-{n:4}'.

    :raises ValueError: it has another form.
    """
    found = _PATTERN.fullmatch(text)
    if found is None:
        raise ValueError(f"unknown pattern of dossier codes: {text!r}")
    return CodeShape(
        found["prefix"],
        CodePattern(
            DateForm.YYMMDD if found["day"] == "yyMMdd" else DateForm.YYYYMMDD, int(found["n"]), found["sep"]
        ),
    )
