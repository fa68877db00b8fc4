"""What a procedure's page says: the record of the catalogue with codes turned into words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from motcua.web import words

Body = Mapping[str, Any]
Names = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class PaperLine:
    """A required paper."""

    name: str
    originals: int
    copies: int
    present_only: bool
    waived_if_in_db: bool
    surrender_original: bool
    source: str
    note: str


@dataclass(frozen=True, slots=True)
class Case:
    """Papers of one case; `condition` tells whether the case does not always apply."""

    label: str
    condition: bool
    papers: tuple[PaperLine, ...]


@dataclass(frozen=True, slots=True)
class FeeLine:
    """A fee of a channel, in đồng; None where a formula decides."""

    name: str
    amount: int | None
    unit: str
    condition: str


@dataclass(frozen=True, slots=True)
class ChannelLine:
    """Limit and fees of one way of filing."""

    name: str
    limit: str
    extension: str
    fees: tuple[FeeLine, ...]


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step of the process; working hours."""

    name: str
    who: str
    hours: float


@dataclass(frozen=True, slots=True)
class Variant:
    """A process variant; the title is empty when there is only one."""

    title: str
    steps: tuple[StepLine, ...]


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of the e-form as the preview names it."""

    label: str
    required: bool
    conditional: bool


@dataclass(frozen=True, slots=True)
class FormPart:
    """A section of the e-form."""

    label: str
    fields: tuple[FormField, ...]


@dataclass(frozen=True, slots=True)
class ProcedureView:
    """The whole page."""

    code: str
    name: str
    field_code: str
    field_name: str
    levels: str
    limit: str
    fee_line: str
    online_level: str
    can_file: bool
    superseded: str
    certainty: Mapping[str, str]
    cases: tuple[Case, ...]
    channels: tuple[ChannelLine, ...]
    exemptions: str
    variants: tuple[Variant, ...]
    form: tuple[FormPart, ...]
    results: tuple[str, ...]
    legal_bases: tuple[str, ...]
    related: tuple[tuple[str, str], ...]
    applicants: str
    places: tuple[str, ...]
    agency: str
    source: str


def _named(names: Names, scheme: str, code: str | None) -> str:
    return names.get(scheme, {}).get(code or "", code or "")


def limit_text(limit: Mapping[str, Any]) -> str:
    """Return a limit in the words of the law; value and unit where it has none."""
    text = limit.get("text_vi")
    unit = words.TIME_UNITS.get(str(limit["unit"]), str(limit["unit"]))
    return str(text) if text else f"{limit['value']:02d} {unit}"


def _extension(limit: Mapping[str, Any]) -> str:
    extra = limit.get("extension")
    if not extra:
        return ""
    unit = words.TIME_UNITS.get(str(extra["unit"]), str(extra["unit"]))
    return f"{extra['reason_vi']}: tối đa {extra['max_value']} {unit}."


def _fee_line(channels: Sequence[ChannelLine]) -> str:
    amounts = {fee.amount for channel in channels for fee in channel.fees}
    if None in amounts:
        return "Theo cách tính, xem bảng"
    known = sorted(amount for amount in amounts if amount is not None)
    if not any(known):
        return "Không thu"
    low, high = (f"{value:,}".replace(",", ".") for value in (known[0], known[-1]))
    if low == high:
        return f"{high} đồng"
    return (
        f"{low} đến {high} đồng, tùy trường hợp"
        if known[0]
        else f"Không thu, hoặc đến {high} đồng tùy trường hợp"
    )


def levels_text(levels: Sequence[str]) -> str:
    """Return 'Cấp huyện, cấp xã', the highest first."""
    found = [name for code, name in words.LEVELS.items() if code in levels]
    return ", ".join(found[:1] + [name[0].lower() + name[1:] for name in found[1:]])


def present(body: Body, names: Names, related: Mapping[str, str]) -> ProcedureView:
    """
    Return the page of a procedure's record (data/procedures: README).

    `names` holds the words of codes by scheme: agency_kinds, unit_kinds, databases, receiving_places,
    applicant_kinds, fee_exemption_groups, result_types. `related` names the procedures the record points at.
    """
    channels = tuple(
        ChannelLine(
            words.CHANNELS.get(item["channel"], item["channel"]),
            limit_text(item["time_limit"]),
            _extension(item["time_limit"]),
            tuple(
                FeeLine(
                    str(fee.get("name") or fee["fee"]),
                    fee["amount"],
                    str(fee.get("unit") or ""),
                    str(fee.get("condition_vi") or ""),
                )
                for fee in item["fees"]
            ),
        )
        for item in body["channels"]
    )
    certainty = dict(body.get("certainty_detail") or {})
    in_force = body["status"] == "in_force"
    return ProcedureView(
        code=body["code"],
        name=body["name"],
        field_code=body["field"],
        field_name=body["field_name"],
        levels=levels_text(body["levels"]),
        limit=limit_text(body["time_limit"]),
        fee_line=_fee_line(channels),
        online_level=body["online_level"],
        can_file=in_force and body["online_level"] != "thong_tin",
        superseded=""
        if in_force
        else "Không nộp hồ sơ mới theo thủ tục này. Xem thủ tục liên quan ở cuối trang.",
        certainty=certainty,
        cases=tuple(_case(case, names) for case in body["required_papers"] if case["papers"]),
        channels=channels,
        exemptions="; ".join(
            dict.fromkeys(
                f"{_named(names, 'fee_exemption_groups', item['group'])} (giảm {item['reduction_percent']}%)"
                if item["reduction_percent"] != 100
                else f"{_named(names, 'fee_exemption_groups', item['group'])} (miễn)"
                for item in body.get("fee_exemptions") or ()
            )
        ),
        variants=tuple(_variant(item, names, len(body["process"]) > 1) for item in body["process"]),
        form=_form(body["eform"]),
        results=tuple(_named(names, "result_types", item["type"]) for item in body["results"]),
        legal_bases=tuple(body["legal_bases"]),
        related=tuple(
            (code, related[code]) for code in body.get("related_procedures") or () if code in related
        ),
        applicants=", ".join(_named(names, "applicant_kinds", kind) for kind in body["applicants"]),
        places=tuple(_named(names, "receiving_places", place) for place in body["receiving_places"]),
        agency=_named(names, "agency_kinds", body["deciding_agency_kind"]),
        source=str(body.get("source") or "").rstrip("."),
    )


def _case(case: Mapping[str, Any], names: Names) -> Case:
    return Case(
        case["label_vi"],
        case["condition"] is not None,
        tuple(
            PaperLine(
                name=paper["name"],
                originals=int(paper["originals"]),
                copies=int(paper["copies"]),
                present_only=bool(paper["present_only"]),
                waived_if_in_db=bool(paper.get("waived_if_in_db")),
                surrender_original=bool(paper.get("surrender_original")),
                source=_named(names, "databases", paper.get("source_db")),
                note=str(paper.get("note") or ""),
            )
            for paper in case["papers"]
        ),
    )


def _variant(variant: Mapping[str, Any], names: Names, several: bool) -> Variant:
    steps = tuple(
        StepLine(
            step["name"],
            ", ".join(
                part
                for part in (
                    words.ROLES.get(step["role"], step["role"]),
                    _named(names, "unit_kinds", step["unit_kind"]),
                )
                if part
            ),
            float(step["hours"]),
        )
        for step in variant["steps"]
    )
    return Variant(levels_text(variant["levels"]) if several else "", steps)


def _form(eform: Mapping[str, Any]) -> tuple[FormPart, ...]:
    parts = []
    for section in eform["sections"]:
        fields = tuple(
            FormField(item["label_vi"], bool(item["required"]), bool(item.get("show_if")))
            for item in eform["fields"]
            if item["section"] == section["key"]
        )
        if fields:
            parts.append(FormPart(section["label_vi"], fields))
    return tuple(parts)
