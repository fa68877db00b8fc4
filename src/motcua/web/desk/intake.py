"""
Intake at the counter in one screen: person, procedure, form, papers, fees, return channel, slip.

The form carries everything; nothing is kept on the way but what the citizen's screen shows (in the session).
Every step is a plain sending of the form, so the page works without scripts; with them the cursor goes to the
next thing that is missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final

from django.http import QueryDict

from motcua.catalogue import queries as catalogue
from motcua.catalogue import rules as catalogue_rules
from motcua.catalogue.queries import Definition, ProcedureRow
from motcua.catalogue.rules import FeeDue, PaperNeed
from motcua.dossiers import competent, definitions, nonterritorial
from motcua.dossiers.afteroutage import LateReceipt
from motcua.dossiers.operations import FeesTaken, Filing, PaperInput
from motcua.dossiers.rules import Channel, ReturnChannel
from motcua.forms import queries as forms
from motcua.forms import rules as form_rules
from motcua.kernel import deadline
from motcua.kernel.actor import Actor
from motcua.kernel.calendar import LOCAL
from motcua.kernel.codes import CardData, Gender, digits_of, parse_card
from motcua.kernel.errors import DomainError, NotFound
from motcua.organisation import queries as organisation
from motcua.organisation.tree import UnitRef
from motcua.parties import queries as parties
from motcua.parties.queries import Candidate, PartyRow
from motcua.repository import queries as repository
from motcua.repository.queries import HoldingRow
from motcua.web import eform, inputs, words
from motcua.web.components import FieldView, Option
from motcua.web.desk import fields, places

GENDERS: Final[Mapping[Gender, str]] = {Gender.MALE: "nam", Gender.FEMALE: "nu"}
MOST_FOUND: Final = 8
# E-form keys that say how the result is received; where a form has them they are not asked twice.
RECEIVE: Final = "receive_method"
RECEIVE_ADDRESS: Final = "receive_address"
RECEIVE_CHANNEL: Final[Mapping[str, str]] = {
    "one_stop": ReturnChannel.DIRECT.value,
    "post": ReturnChannel.POST.value,
    "electronic": ReturnChannel.ACCOUNT.value,
}
_GUESS: Final = "population.child_"
_PERSON_ID: Final = re.compile(r"^(?P<who>.*?)_?id$")


@dataclass(slots=True)
class Intake:
    """An intake as far as it has come, read from the form that was sent."""

    actor: Actor
    unit: UnitRef
    at: datetime
    typed: QueryDict
    channel: str = Channel.DIRECT.value
    owner: PartyRow | None = None
    submitter: PartyRow | None = None
    card: CardData | None = None
    found: list[PartyRow] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)
    unknown: str = ""
    of: Definition | None = None
    procedures: list[ProcedureRow] = field(default_factory=list)
    procedure_text: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    prefilled: frozenset[str] = frozenset()
    errors: dict[str, str] = field(default_factory=dict)
    general: list[str] = field(default_factory=list)
    holdings: dict[str, list[HoldingRow]] = field(default_factory=dict)
    fresh: bool = False
    late: LateReceipt | None = None
    _competence: competent.Competence | None = None

    @property
    def on(self) -> date:
        """Return the local day of the intake."""
        return self.at.astimezone(LOCAL).date()

    @property
    def form(self) -> Mapping[str, Any]:
        """Return the e-form of the procedure."""
        assert self.of is not None  # noqa: S101  (asked for only when one is chosen)
        return forms.form(self.of.id).definition

    @property
    def needs(self) -> list[PaperNeed]:
        """Return the papers this case asks for."""
        return catalogue_rules.papers_for(self.of.body, self.answers) if self.of else []

    @property
    def fees(self) -> list[FeeDue]:
        """Return the fees of the channel with the exemptions that were seen."""
        if self.of is None:
            return []
        return catalogue_rules.fees_for(self.of.body, self.channel, {}, self.exemptions)

    @property
    def exemptions(self) -> tuple[str, ...]:
        """Return the groups whose proof was seen."""
        return tuple(self.typed.getlist("mien"))

    @property
    def asks_receive(self) -> bool:
        """Tell whether the e-form itself asks how the result comes back."""
        return self.of is not None and any(item["key"] == RECEIVE for item in self.form["fields"])

    @property
    def needs_place(self) -> bool:
        """Tell whether the commune must be named at this receiving unit."""
        if self.of is None:
            return False
        deciding = self.competent or self.unit
        variant = catalogue_rules.variant_for(self.of.body, deciding.kind)
        kinds = catalogue_rules.unit_kinds_of(variant)
        return organisation.missing_place(kinds, deciding.id, self.on, procedure_field=self.of.field)

    @property
    def competence(self) -> competent.Competence:
        """Return for whom this counter may receive the procedure."""
        if self.of is None:
            return competent.Competence(own=True)
        if self._competence is None:
            self._competence = competent.of_unit(self.of, self.unit, self.on)
        return self._competence

    @property
    def competent(self) -> UnitRef | None:
        """Return the unit of the agency that decides, where it is not this counter's own."""
        typed = self.typed.get("co-quan", "")
        offered = (*self.competence.areas, *self.competence.others)
        chosen = next((unit for unit in offered if str(unit.id) == typed), None)
        return chosen or self.competence.only()

    @property
    def for_another(self) -> bool:
        """Tell whether it is received for an agency that has to confirm."""
        return self.competent is not None and self.competent not in self.competence.areas

    def by_residence(self) -> UnitRef | None:
        """Return the unit by the owner's residence, where it is another than this counter."""
        if self.of is None or self.owner is None or not self.competence.asks:
            return None
        found = competent.suggested(self.of, self.owner.place_code, self.on)
        return found if found is not None and found.agency_id != self.unit.agency_id else None

    def ticked(self, paper: str) -> bool:
        """Tell whether a paper lies on the counter."""
        return paper in self.typed.getlist("giay")

    def reused(self, paper: str) -> bool:
        """Tell whether a paper is taken from the owner's repository."""
        return bool(self.holdings.get(paper)) and not self.ticked(paper)

    def waived(self, need: PaperNeed) -> bool:
        """Tell whether a database holds what the paper says, so that it need not be handed in."""
        return bool(need.waived_if_in_db and need.source_db and not need.surrender_original)

    def count(self, fee: FeeDue) -> int:
        """Return how many units of a fee are owed: one without a condition, else what the counter confirmed."""
        text = self.typed.get(f"phi-{fee.fee}", "")
        if text.isdecimal() and len(text) < 4:
            return int(text)
        return 0 if fee.condition else 1

    @property
    def total(self) -> int:
        """Return the sum of the fees in đồng."""
        return sum((fee.amount or 0) * self.count(fee) for fee in self.fees)

    def return_channel(self) -> tuple[str, str]:
        """Return the return channel and its address, from the e-form where it asks."""
        if self.asks_receive:
            chosen = RECEIVE_CHANNEL.get(str(self.answers.get(RECEIVE, "")), ReturnChannel.DIRECT.value)
            return chosen, str(self.answers.get(RECEIVE_ADDRESS) or "")
        chosen = self.typed.get("tra", "")
        if chosen not in set(ReturnChannel):
            chosen = ReturnChannel.DIRECT.value
        return chosen, self.typed.get("tra-dia-chi", "").strip()

    def due(self) -> datetime | None:
        """Return when the result would be due if the dossier were accepted now."""
        if self.of is None:
            return None
        try:
            deciding = self.competent or self.unit
            bundle = definitions.current(self.of.code, deciding.id, self.on)
            decided = organisation.resolve_unit(
                bundle.process.graph.decided_by, deciding.id, self.on, place_unit_id=self.place_id(),
                procedure_code=self.of.code, procedure_field=self.of.field,
            )  # fmt: skip
            calendar = organisation.calendar(organisation.root_of_agency(decided.agency_id).id)
            policy = catalogue.policy(self.of, self.channel, self.on)
            if self.for_another:
                return nonterritorial.expected(
                    self.at, self.of.limit(self.channel), definitions.settings(bundle, self.on), policy,
                    organisation.calendar(self.unit.id), calendar,
                )  # fmt: skip
            return deadline.due(self.at, self.of.limit(self.channel), policy, calendar).at
        except DomainError:
            return None

    def place_id(self) -> int | None:
        """Return the commune that was chosen."""
        return places.chosen(self.typed.get("dia-ban", ""), self.on)

    def filing(self) -> Filing:
        """Return what is filed."""
        assert self.of is not None and self.owner is not None  # noqa: S101  (checked before)
        channel, address = self.return_channel()
        sets = self.typed.get("so-bo", "1")
        return Filing(
            procedure_code=self.of.code,
            receiving_unit_id=self.unit.id,
            channel=self.channel,
            owner_id=self.owner.id,
            submitter_id=(self.submitter or self.owner).id,
            answers=self.answers,
            papers={
                need.paper: PaperInput(
                    handed_in=self.ticked(need.paper),
                    reused=self.reused(need.paper),
                    borrowed_original=self.ticked(need.paper) and need.paper in self.typed.getlist("giu"),
                )
                for need in self.needs
            },
            return_channel=channel,
            return_address=address,
            sets=int(sets) if sets.isdecimal() and len(sets) < 3 else 1,
            place_unit_id=self.place_id() if self.needs_place else None,
            competent_unit_id=self.competent.id if self.competent else None,
        )

    def fees_taken(self) -> FeesTaken:
        """Return what the counter settled about fees."""
        return FeesTaken(
            due={fee.fee: self.count(fee) for fee in self.fees if fee.amount is not None},
            paid=self.typed.get("da-thu") == "1",
            exemptions=self.exemptions,
        )


def read(actor: Actor, unit: UnitRef, at: datetime, typed: QueryDict) -> Intake:
    """
    Return the intake behind a form: look up the people, the procedure, the answers.

    Taken on paper during an outage, it is an intake of the moment the paper was taken.
    """
    late = late_receipt(typed)
    taken = late.received_at if late is not None and late.received_at is not None else at
    intake = Intake(actor, unit, min(taken, at), typed, late=late)
    if typed.get("kenh") in (Channel.DIRECT.value, Channel.POST.value):
        intake.channel = str(typed["kenh"])
    _people(intake)
    _procedure(intake)
    if intake.of is not None:
        _answers(intake)
        if intake.owner is not None:
            intake.holdings = repository.match(
                actor, intake.owner.id, [need.paper for need in intake.needs], intake.on
            )
    return intake


def late_receipt(typed: QueryDict) -> LateReceipt | None:
    """Return when the paper was taken and why it is entered only now; None for an ordinary intake."""
    if typed.get("sau-su-co") != "1":
        return None
    return LateReceipt(
        inputs.moment(typed.get("nhan-luc", "")),
        inputs.number(typed.get("su-co", "")),
        typed.get("ly-do-su-co", ""),
    )


# People ---------------------------------------------------------------------------------------------


def _people(intake: Intake) -> None:
    typed = intake.typed
    intake.submitter = _party(intake.actor, typed.get("_nop") or typed.get("nguoi-nop", ""))
    intake.owner = _party(intake.actor, typed.get("_chu") or typed.get("chu", "")) or intake.submitter
    asked = typed.get("tim-nguoi", "").strip()
    if not asked or typed.get("_nop") or typed.get("_chu"):
        return
    found = look_up(intake.actor, asked)
    intake.card, intake.found, intake.unknown = found.card, found.rows, found.unknown
    intake.candidates = found.candidates
    if found.sure is not None:
        if intake.submitter is None:
            intake.submitter = intake.owner = found.sure
        else:
            intake.owner = found.sure
        intake.found = []


@dataclass(slots=True)
class Found:
    """What a scan or a typed text says about who it is."""

    sure: PartyRow | None = None
    rows: list[PartyRow] = field(default_factory=list)
    card: CardData | None = None
    candidates: list[Candidate] = field(default_factory=list)
    unknown: str = ""


def look_up(actor: Actor, text: str) -> Found:
    """Find a person by chip card, number, phone or name; a card of nobody known tells who may be the same."""
    card = parse_card(text)
    if card is not None:
        row = parties.by_number(actor, card.number)
        if row is None and card.old_number:
            row = parties.by_number(actor, card.old_number)
        if row is not None:
            return Found(sure=row, card=card)
        likely = parties.candidates(
            actor, id_number=card.number, name=card.full_name, birth_date=card.birth_date
        )
        return Found(card=card, candidates=likely, unknown=card.number)
    number = digits_of(text)
    if number.replace("-", "").isdigit() and len(number) in (10, 13, 14):
        row = parties.by_number(actor, number)
        if row is not None:
            return Found(sure=row)
    rows = parties.search(actor, text, limit=MOST_FOUND)
    exact = [row for row in rows if text in (row.id_number, row.phone)]
    if len(exact) == 1 and len(rows) == 1:
        return Found(sure=exact[0])
    return Found(rows=rows, unknown="" if rows else text)


def _party(actor: Actor, text: str) -> PartyRow | None:
    party_id = inputs.number(text)
    if party_id is None:
        return None
    try:
        return parties.party(actor, party_id)
    except NotFound:
        return None


# The procedure --------------------------------------------------------------------------------------


def _procedure(intake: Intake) -> None:
    typed = intake.typed
    chosen = typed.get("_thu-tuc") or typed.get("thu-tuc", "")
    asked = typed.get("tim-thu-tuc", "").strip()
    if chosen and not (asked and "_tim-thu-tuc" in typed):
        try:
            of = catalogue.current(chosen, intake.on)
        except NotFound:
            intake.general.append("Thủ tục này không còn hiệu lực.")
        else:
            if takes(of, intake.unit, intake.on):
                intake.of = of
                return
            intake.general.append(f"{intake.unit.name} không tiếp nhận thủ tục {of.name}.")
    if asked:
        intake.procedure_text = asked
        intake.procedures = offered(asked, intake.unit, intake.on)
        if len(intake.procedures) == 1:
            intake.of = catalogue.definition(intake.procedures[0].version_id)
            intake.procedures = []


def takes(of: Definition, unit: UnitRef, on: date) -> bool:
    """Tell whether a unit receives dossiers of a procedure, by its own competence or for other agencies."""
    own = unit.kind in catalogue.receiving_kinds(of.receiving_places)
    return of.status == "in_force" and (own or competent.of_unit(of, unit, on).any)


def offered(text: str, unit: UnitRef, on: date) -> list[ProcedureRow]:
    """Return the procedures a unit receives that match a few letters: the best fit first, then the shortest name."""
    rows = [
        row
        for row in catalogue.search(text, on=on, limit=60)
        if takes(catalogue.definition(row.version_id), unit, on)
    ]
    rows.sort(key=lambda row: (int(row.key.partition("|")[0]), len(row.name)))
    return rows[:MOST_FOUND]


# The form -------------------------------------------------------------------------------------------


def _answers(intake: Intake) -> None:
    """Read the answers; a form drawn for the first time is filled with what is known and with the usual case."""
    of, typed = intake.of, intake.typed
    assert of is not None  # noqa: S101  (asked for only when one is chosen)
    known = parties.known(intake.actor, intake.owner.id) if intake.owner is not None else {}
    usual = expand(intake.actor, intake.form, defaults(intake.form, known))
    drawn_of, _, drawn_for = typed.get("_to-khai", "").partition(":")
    if drawn_of == of.code:
        shown = frozenset(typed.get("_shown", "").split(","))
        answers = {
            **{key: value for key, value in usual.items() if key not in shown},
            **eform.read(intake.form, typed, {}),
        }
        if drawn_for != owner_mark(intake):  # the person was found after the form was begun
            answers |= {key: value for key, value in usual.items() if answers.get(key) in (None, "", [])}
    else:
        answers, intake.fresh = dict(usual), True
    intake.answers = expand(intake.actor, intake.form, answers)
    intake.prefilled = frozenset(key for key, value in usual.items() if answers.get(key) == value)


def owner_mark(intake: Intake) -> str:
    """Return for whom the form was drawn, as the form carries it."""
    return str(intake.owner.id) if intake.owner is not None else ""


def defaults(form: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return what a form begins with: what is known of the person, and the usual case of each choice others hang on.
    """
    answers = form_rules.prefill(form, known)
    decisive = eform.controls(form, {RECEIVE})
    nationality = str(known.get("population.nationality") or "VN")
    for item in form["fields"]:
        key = item["key"]
        values = [str(option["value"]) for option in item.get("options") or ()]
        if key in answers or item["type"] not in ("select", "radio") or not item["required"]:
            continue
        if key in decisive or key == "submit_as":
            answers[key] = values[0]
        elif "nationality" in key and nationality in values:
            answers[key] = nationality
    return answers


def expand(actor: Actor, form: Mapping[str, Any], answers: dict[str, Any]) -> dict[str, Any]:
    """Fill the fields beside a number: of the person whose card was scanned into it, or whose number was typed."""
    keys = {item["key"]: item["type"] for item in form["fields"]}
    for key, kind in keys.items():
        match = _PERSON_ID.match(key)
        if kind != "personal_id" or match is None:
            continue
        who = match["who"]
        name = str(answers.get(f"{who}_name") or "")
        card = parse_card(name) if "|" in name else parse_card(str(answers.get(key) or ""))
        if card is None:
            continue
        if "|" in name:
            answers[f"{who}_name"] = ""
        beside = {
            part: f"{who}_{part}"
            for part in ("name", "birth_date", "address", "gender", "ethnicity", "phone")
            if f"{who}_{part}" in keys
        }
        answers[key] = card.number
        empty = [name for name in beside.values() if not answers.get(name)]
        if not empty and card.is_bare:
            continue
        said = _said(actor, card)
        for part, name in beside.items():
            if said.get(part) and (not card.is_bare or not answers.get(name)):
                answers[name] = said[part]
    return answers


def _said(actor: Actor, card: CardData) -> dict[str, str]:
    """Return what card and database say of a person, by part of a field's key; the card in the hand goes first."""
    said: dict[str, str] = {}
    row = parties.by_number(actor, card.number)
    if row is not None:
        said = {
            "name": row.display_name,
            "birth_date": row.birth_date.isoformat() if row.birth_date else "",
            "address": row.address,
            "phone": row.phone,
        }
    if card.full_name:
        said["name"] = card.full_name
    if card.birth_date:
        said["birth_date"] = card.birth_date.isoformat()
    if card.address and not said.get("address"):
        said["address"] = card.address
    if card.gender is not None and card.gender in GENDERS:
        said["gender"] = GENDERS[card.gender]
    return said


def check(intake: Intake) -> bool:
    """Find everything that is missing or wrong before the act is tried; True when nothing is."""
    if intake.owner is None:
        intake.errors["tim-nguoi"] = "Chưa có người nộp. Quét thẻ căn cước hoặc tìm theo số, tên."
    if intake.of is None:
        intake.errors["tim-thu-tuc"] = "Chưa chọn thủ tục."
        return False
    clean, errors = form_rules.validate(intake.form, intake.answers, intake.on)
    intake.errors |= errors
    for need in intake.needs:
        if not (intake.ticked(need.paper) or intake.reused(need.paper) or intake.waived(need)):
            intake.errors[f"giay-{need.paper}"] = f"Còn thiếu: {need.name}."
    if not intake.competence.own and intake.competent is None:
        intake.errors["co-quan"] = "Chọn cơ quan có thẩm quyền giải quyết hồ sơ này."
    if intake.needs_place and intake.place_id() is None:
        intake.errors["dia-ban"] = "Chọn địa bàn (xã, phường, huyện) mà hồ sơ liên quan."
    channel, address = intake.return_channel()
    if channel == ReturnChannel.POST and not address:
        intake.errors["tra-dia-chi"] = "Ghi địa chỉ để bưu chính giao kết quả."
    if not intake.errors:
        intake.answers = clean
    return not intake.errors


# Drawing --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """A section of the form: what must be typed stands first; the rest can be opened."""

    label: str
    now: tuple[FieldView, ...]
    later: tuple[FieldView, ...]


def parts(intake: Intake) -> list[Part]:
    """Return the sections of the form, each with what must be typed apart from what is filled in or may stay empty."""
    shown = {item["key"] for item in form_rules.visible(intake.form, intake.answers)}
    reload = eform.controls(intake.form, _case_fields(intake.of))
    drawn = eform.sections(intake.form, intake.answers, shown=shown, errors=intake.errors, reload=reload)
    people = [
        (match["who"], item.get("prefill") or "")
        for item in intake.form["fields"]
        if item["type"] == "personal_id" and (match := _PERSON_ID.match(item["key"]))
    ]
    beside = {f"{who}_name" for who, _ in people}
    # A guess at who the parents are is shown, to be read, though it is filled in.
    guessed = tuple(f"{who}_" for who, source in people if source.startswith(_GUESS))
    guesses = {
        item["key"] for item in intake.form["fields"] if str(item.get("prefill", "")).startswith(_GUESS)
    }
    made = []
    for section in drawn:
        now: list[FieldView] = []
        later: list[FieldView] = []
        for view in section.fields:
            sure = view.name in intake.prefilled - guesses and not view.name.startswith(guessed)
            fixed = sure or not view.required
            wrong = bool(view.error) or any(cell.error for row in view.rows for cell in row)
            scanned = view.kind == "personal_id" or view.name in beside
            long = replace(view, maxlength=400) if scanned else view
            (later if fixed and not wrong else now).append(
                # the browser at the counter knows the officer's data, never those of who sits in front of it
                replace(long, help="" if view.kind in _PLAIN else view.help, autocomplete="off")
            )
        made.append(Part(section.label, tuple(now), tuple(later)))
    return made


_PLAIN: Final = frozenset({"date", "phone", "year", "tax_code", "personal_id"})


def _case_fields(of: Definition | None) -> set[str]:
    conditions = (case["condition"] for case in of.body["required_papers"]) if of else ()
    return {condition["field"] for condition in conditions if condition}


def papers(intake: Intake) -> list[dict[str, Any]]:
    """Return the papers to tick, with what the databases and the repository hold already."""
    names = {item.code: item.name for item in catalogue.terms("databases")}
    made = []
    for need in intake.needs:
        held = intake.holdings.get(need.paper) or []
        made.append(
            {
                "code": need.paper,
                "name": need.name,
                "count": _count(need),
                "note": need.note,
                "present_only": need.present_only,
                "waived": f"Đã có trong {names.get(need.source_db or '', 'cơ sở dữ liệu')}"
                if intake.waived(need)
                else "",
                "held": _held(held[0]) if held else "",
                "ticked": intake.ticked(need.paper),
                "keep": need.paper in intake.typed.getlist("giu"),
                "needed": not (intake.waived(need) or held),
                "keepable": bool(need.originals) or need.present_only,
                "error": intake.errors.get(f"giay-{need.paper}", ""),
            }
        )
    return made


def _count(need: PaperNeed) -> str:
    if need.present_only:
        return "xuất trình"
    found = [
        f"{need.originals} bản chính" if need.originals else "",
        f"{need.copies} bản sao" if need.copies else "",
    ]
    return ", ".join(text for text in found if text)


def _held(row: HoldingRow) -> str:
    parts_ = ["Đã có trong kho", f"số {row.number}" if row.number else ""]
    if row.issued_on:
        parts_.append(f"ngày {row.issued_on:%d/%m/%Y}")
    return ", ".join(part for part in parts_ if part)


def fee_lines(intake: Intake) -> list[dict[str, Any]]:
    """Return the fees with how many units are owed."""
    return [
        {
            "code": fee.fee,
            "name": fee.name,
            "unit": fee.unit,
            "amount": fee.amount,
            "condition": fee.condition or "",
            "count": intake.count(fee),
            "reduced": fee.reduction_percent,
            "sum": (fee.amount or 0) * intake.count(fee),
        }
        for fee in intake.fees
    ]


def exemption_choices(intake: Intake) -> list[dict[str, Any]]:
    """Return the groups that pay less here, those of the owner marked."""
    if intake.of is None or not intake.of.body["fee_exemptions"]:
        return []
    names = {item.code: item.name for item in catalogue.exemption_groups()}
    own = set(parties.groups(intake.actor, intake.owner.id)) if intake.owner else set()
    return [
        {
            "code": row["group"],
            "name": names.get(row["group"], row["group"]),
            "percent": row["reduction_percent"],
            "ticked": row["group"] in intake.exemptions,
            "own": row["group"] in own,
        }
        for row in intake.of.body["fee_exemptions"]
    ]


def competence_field(intake: Intake) -> FieldView | None:
    """Return the choice of the agency that decides; None where there is nothing to choose."""
    held = intake.competence
    if not held.asks:
        return None
    hint = intake.by_residence()
    options = [
        Option(str(unit.id), f"{organisation.full_name(unit)} (phục vụ tại đây)") for unit in held.areas
    ]
    options += [Option(str(unit.id), organisation.full_name(unit)) for unit in held.others]
    words = "Nơi có thẩm quyền giải quyết, không phải nơi nhận hồ sơ."
    if hint is not None:
        words = f"Theo nơi cư trú của chủ hồ sơ: {organisation.full_name(hint)}. {words}"
    return FieldView(
        "co-quan",
        "Hồ sơ thuộc thẩm quyền của",
        "select",
        value=intake.typed.get("co-quan", ""),
        required=not held.own,
        quiet=held.own,
        blank=f"{intake.unit.name} (tại đây)" if held.own else "Chọn cơ quan",
        error=intake.errors.get("co-quan", ""),
        help=words,
        options=tuple(options),
    )


def return_fields(intake: Intake) -> list[FieldView]:
    """Return how the result comes back, where the e-form does not ask it."""
    if intake.asks_receive:
        return []
    channel, address = intake.return_channel()
    return [
        FieldView(
            "tra", "Nhận kết quả", "radio", value=channel, required=True,
            options=tuple(Option(str(code), name) for code, name in words.RETURN_CHANNELS.items()),
        ),
        FieldView(
            "tra-dia-chi", "Địa chỉ nhận qua bưu chính", "address", value=address, width="l",
            error=intake.errors.get("tra-dia-chi", ""),
        ),
    ]  # fmt: skip


def title(intake: Intake) -> str:
    """Return the name under which an intake is parked."""
    found = [intake.owner.display_name if intake.owner else "", intake.of.name if intake.of else ""]
    return ", ".join(part for part in found if part) or intake.procedure_text


def mirror(intake: Intake) -> dict[str, Any]:
    """
    Return what the citizen's screen shows: what is being entered about them, nothing from inside.

    Numbers of people are masked: whoever stands behind them reads the screen too.
    """
    sections: Sequence[eform.SectionView] = ()
    if intake.of is not None:
        shown = {item["key"] for item in form_rules.visible(intake.form, intake.answers)}
        sections = eform.written(intake.form, fields.hidden_numbers(intake.form, intake.answers), shown)
    due = intake.due()
    return {
        "unit": intake.unit.name,
        "owner": intake.owner.display_name if intake.owner else "",
        "procedure": intake.of.name if intake.of else "",
        "sections": [
            {
                "label": part.label,
                "fields": [
                    (view.label, view.value) for view in part.fields if view.kind != "table" and view.value
                ],
            }
            for part in sections
        ],
        "papers": [
            {
                "name": need.name,
                "state": "Đã nhận"
                if intake.ticked(need.paper)
                else "Đã có dữ liệu"
                if intake.waived(need) or intake.reused(need.paper)
                else "Chưa có",
            }
            for need in intake.needs
        ],
        "fees": [(fee["name"], fee["sum"]) for fee in fee_lines(intake) if fee["sum"]],
        "total": intake.total,
        "due": due.isoformat() if due else "",
        "code": "",
    }


def person_form(card: CardData | None, typed: str) -> dict[str, Any]:
    """Return what a new person's form begins with: the card's data, or the name or number typed."""
    if card is not None:
        return {
            "full_name": card.full_name,
            "personal_id": card.number if len(card.number) == 12 else "",
            "birth_date": card.birth_date,
            "gender": GENDERS.get(card.gender, "") if card.gender else "",
            "address": card.address,
        }
    digits = digits_of(typed)
    if digits.isdigit():
        return {"phone": typed} if digits.startswith("0") and len(digits) == 10 else {"personal_id": typed}
    return {"full_name": typed}
