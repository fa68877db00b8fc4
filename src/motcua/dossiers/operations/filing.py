"""Filing a dossier, and taking one in at the counter in one go (R-001, R-013, R-050)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import Any

from motcua.catalogue import queries as catalogue
from motcua.catalogue import rules as catalogue_rules
from motcua.catalogue.nonterritorial import queries as nonterritorial
from motcua.catalogue.queries import Definition
from motcua.documents import operations as documents
from motcua.dossiers import afteroutage, definitions, events, published, rules
from motcua.dossiers.afteroutage import LateReceipt
from motcua.dossiers.models import Answers, Component, Dossier
from motcua.dossiers.operations import outage, slips, tasks
from motcua.dossiers.operations.common import Done, Work, blank, finish, once, opened, told
from motcua.dossiers.operations.numbering import next_code
from motcua.dossiers.operations.receipt import FeesTaken, accepted, reception_duty
from motcua.dossiers.operations.unlisted import reporting
from motcua.dossiers.published import Demand, UnlistedPaper
from motcua.dossiers.rules import (
    Act,
    Channel,
    ComponentState,
    NoDuty,
    NotAcceptable,
    PaperHandedIn,
    ReturnChannel,
    State,
)
from motcua.forms import rules as form_rules
from motcua.kernel import codes
from motcua.kernel.actor import SYSTEM, Actor, ActorKind
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Invalid
from motcua.kernel.process import Outcome
from motcua.kernel.text import fold
from motcua.organisation import areas, kiosks
from motcua.organisation import queries as organisation
from motcua.organisation.tree import UnitRef
from motcua.parties import queries as parties
from motcua.platform import access, idempotency
from motcua.repository import operations as repository
from motcua.repository import queries as repository_queries
from motcua.workflow.operations import Moved


@dataclass(frozen=True, slots=True)
class PaperInput:
    """
    What the filer says of one paper: a stored file, what lies on the counter, or what the owner's repository has.

    `holding_id` names which one is reused; without it the surest and newest that counts today.
    """

    file_id: int | None = None
    handed_in: bool = False
    reused: bool = False
    borrowed_original: bool = False
    holding_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """
    A dossier to be filed. Owner and submitter are parties; one submitter may file for many.

    `papers` maps the code of a paper type to what was handed in; `place_unit_id` is a unit of the commune or
    district it concerns, where the receiving unit serves many. `competent_unit_id` is the unit of the agency that
    decides, where another one receives. `kiosk_id` is the kiosk at which the citizen files, and only that.
    """

    procedure_code: str
    receiving_unit_id: int
    channel: str
    owner_id: int
    submitter_id: int
    answers: Mapping[str, Any]
    papers: Mapping[str, PaperInput] = field(default_factory=dict)
    return_channel: str = ReturnChannel.ACCOUNT.value
    return_address: str = ""
    sets: int = 1
    place_unit_id: int | None = None
    competent_unit_id: int | None = None
    kiosk_id: int | None = None


@reporting
@once
def file(*, filing: Filing, actor: Actor, key: str, at: datetime) -> Done:
    """
    File a dossier: it waits for the receiving unit's answer (NĐ 45/2020: 8 working hours, a dated setting).

    A citizen files under their own name, for themselves or an organisation they stand for, and hands in files.

    :raises NoDuty: the actor is neither the submitter nor a one-stop officer of the receiving unit, or may not file
        for that owner.
    :raises Invalid: the form or a choice is wrong, or a citizen hands in paper; `errors` name the fields.
    :raises NotAcceptable: required papers are missing.
    :raises NotFound, PlaceNeeded, UnitUnknown, NotListed, UnitNotAllowed, Replayed:
    """
    subject = idempotency.take(actor, key, "dossiers.file", asdict(filing), at=at)
    work, components = prepared(filing, actor, at, subject)
    duty = None if actor.kind is ActorKind.CITIZEN else reception_duty(work)
    lacking = rules.missing(components)
    if lacking:
        raise NotAcceptable("Còn thiếu giấy tờ bắt buộc: " + "; ".join(lacking) + ".", missing=lacking)
    moved = tasks.start(work)
    write(work, filing, components)
    tasks.show(work, moved)
    return filed(work, duty, kiosk_id=filing.kiosk_id)


@reporting
@once
def take_in(
    *,
    filing: Filing,
    actor: Actor,
    key: str,
    at: datetime,
    fees: FeesTaken | None = None,
    late: LateReceipt | None = None,
    slip: bool | None = None,
) -> Done:
    """
    File and accept at the counter in one transaction: two acts, two entries, two events (R-050).

    `late`: the paper was taken while the system was down (R-053). The dossier is received then, by the law and in the
    numbering of that day; the entries keep both moments, steps and money are of the moment of entry. `slip`: as
    `accept` takes it; what was received on paper has its slip.

    :raises NoDuty, Invalid, NotAcceptable, NotFound, PlaceNeeded, UnitUnknown, OutageNotFound, Replayed:
    """
    body = {
        **asdict(filing),
        "fees": fees.body() if fees else None,
        **({"late": asdict(late)} if late else {}),
        **slips.asked(slip),
    }
    subject = idempotency.take(actor, key, "dossiers.take_in", body, at=at)
    received = afteroutage.moment(late.received_at, at) if late else at
    work, components = prepared(filing, actor, received, subject)
    duty, entry = reception_duty(work), None
    if late is not None:
        work.entered_at = at
        entry = outage.checked(work, late)
    moved = started(work)
    write(work, filing, components)
    filed(work, duty, save=False)
    accepting = replace(opened(work.dossier, actor, received), entered_at=work.entered_at, entry=entry)
    return accepted(
        accepting, duty, components, fees, lambda: moved, slip=True if late and slip is None else slip
    )


def filed(work: Work, duty: Any, *, save: bool = True, kiosk_id: int | None = None) -> Done:
    dossier = work.dossier
    return finish(
        work,
        Act.FILE,
        duty=duty,
        payload={
            "form_version": dossier.form_version_id,
            "process_version": dossier.process_version_id,
            **({"kiosk": kiosk_id} if kiosk_id is not None else {}),
        },
        personal={"owner": dossier.owner_name, "number": dossier.owner_number, "phone": dossier.owner_phone},
        event=told(work, events.Filed, answer_by=dossier.answer_by, unit_ids=(dossier.receiving_unit_id,)),
        save=save,
    )


def prepared(filing: Filing, actor: Actor, at: datetime, subject: int) -> tuple[Work, list[PaperHandedIn]]:
    """Check every input and return the dossier-to-be with its papers; nothing is written yet."""
    on = at.astimezone(LOCAL).date()
    if filing.channel not in set(Channel) or filing.return_channel not in set(ReturnChannel):
        raise Invalid(errors={"channel": "Chọn cách nộp hồ sơ và cách nhận kết quả trong danh sách."})
    if actor.kind is ActorKind.CITIZEN:
        _check_citizen(actor, filing)
    elif actor.kind is ActorKind.ANONYMOUS:
        raise NoDuty
    if not 1 <= filing.sets <= 99:
        raise Invalid(errors={"sets": "Số bộ hồ sơ từ 1 đến 99."})
    receiving = organisation.unit_in_force(filing.receiving_unit_id, on)
    competent, non_territorial = competence(
        catalogue.current(filing.procedure_code, on), receiving, filing.competent_unit_id, on
    )
    deciding = competent or receiving
    bundle = definitions.current(filing.procedure_code, deciding.id, on, filing.answers)
    if competent is not None and bundle.awaits_parts:
        raise Invalid(
            errors={
                "receiving_unit": "Thủ tục liên thông nhiều phần phải nộp tại nơi có thẩm quyền tiếp nhận."
            }
        )
    procedure = bundle.procedure
    terms = _terms(procedure, filing, on)
    _check_place(bundle, filing, deciding.id, on)
    answers, errors = form_rules.validate(bundle.form, filing.answers, on)
    if errors:
        raise Invalid("Biểu mẫu còn chỗ chưa đúng.", errors=errors)
    people = parties.rows(SYSTEM, [filing.owner_id, filing.submitter_id])
    owner, submitter = people[filing.owner_id], people[filing.submitter_id]
    decided = organisation.resolve_unit(
        bundle.process.graph.decided_by,
        deciding.id,
        on,
        place_unit_id=filing.place_unit_id,
        procedure_code=procedure.code,
        procedure_field=procedure.field,
    )
    dossier = Dossier(
        subject=subject,
        check_value=codes.check_value(os.urandom(codes.CHECK_ENTROPY_BYTES)),
        seq=0,
        head=b"",
        procedure_version_id=procedure.id,
        form_version_id=bundle.form_version_id,
        process_version_id=bundle.process.id,
        procedure_code=procedure.code,
        field_code=procedure.field,
        receiving_unit_id=receiving.id,
        place_unit_id=filing.place_unit_id,
        competent_unit_id=competent.id if competent else None,
        non_territorial=non_territorial,
        agency_id=decided.agency_id,
        channel=filing.channel,
        terms_as="" if terms == filing.channel else terms,
        return_channel=filing.return_channel,
        return_address=filing.return_address.strip()[:300],
        sets=filing.sets,
        owner_id=owner.id,
        submitter_id=submitter.id,
        owner_name=owner.display_name,
        owner_folded=fold(owner.display_name),
        owner_number=owner.id_number,
        owner_phone=owner.phone or submitter.phone,
        submitter_name=submitter.display_name if submitter.id != owner.id else "",
        state=State.SUBMITTED.value,
        filed_at=at,
    )
    work = Work(dossier, actor, at, bundle, blank())
    work.answers = answers
    tasks.answer_from(work)
    _check_listed(filing, work)
    return work, _components(procedure.body, filing, answers, _reusable(filing, actor, on))


def _check_listed(filing: Filing, work: Work) -> None:
    """
    Refuse papers an officer took in beside the published record of the procedure (R-066).

    :raises UnlistedPaper: the attempt is kept and told.
    """
    record = set(published.names(work.bundle.procedure.body).values())
    types = catalogue.paper_types()
    beside = tuple(
        types[code].name
        for code, given in sorted(filing.papers.items())
        if code in types and code not in record and given != PaperInput()
    )
    if beside and work.actor.kind is ActorKind.STAFF:
        raise UnlistedPaper(
            Demand(
                Act.FILE.value, beside, work.dossier.procedure_code, work.dossier.agency_id,
                work.dossier.receiving_unit_id,
            ),
            field="papers",
        )  # fmt: skip


def competence(
    of: Definition, receiving: UnitRef, competent_unit_id: int | None, on: date
) -> tuple[UnitRef | None, bool]:
    """
    Return the unit of the agency that decides, where it is not the receiving unit's own, and whether that agency has
    to confirm its receipt: not where the receiving unit is its counter (a service area, R-078).

    Nobody needs to name the competent unit where the province has only one.

    :raises Invalid: the unit does not receive the procedure, or it is not said who is competent.
    :raises NotListed, UnitNotAllowed: it may not be received for another agency that day, or not by this unit.
    """
    kinds = catalogue.receiving_kinds(of.receiving_places)
    own = receiving.kind in kinds
    if competent_unit_id is None:
        if own:
            return None, False
        if nonterritorial.listing_of(of.code, on) is None:
            raise Invalid(errors={"receiving_unit": f"{receiving.name} không tiếp nhận thủ tục này."})
        nonterritorial.allowed(of, receiving, on)
        only = organisation.receiving_units(kinds, on, limit=2)
        if len(only) != 1:
            raise Invalid(errors={"competent_unit": "Chọn cơ quan có thẩm quyền giải quyết hồ sơ này."})
        return only[0], True
    competent = organisation.unit_in_force(competent_unit_id, on)
    if own and competent.agency_id == receiving.agency_id:
        return None, False
    if areas.serves(receiving.id, competent.agency_id, on, of.field):
        return competent, False
    if competent.kind not in kinds:
        raise Invalid(
            errors={"competent_unit": f"{competent.name} không có thẩm quyền tiếp nhận thủ tục này."}
        )
    nonterritorial.allowed(of, receiving, on)
    return competent, True


def started(work: Work) -> Moved:
    """Start the process of a dossier taken in at the counter; one for another agency waits to be forwarded."""
    if work.dossier.non_territorial:
        return tasks.start(work)
    return tasks.start(work, received=Outcome.ACCEPT)


def _terms(procedure: Definition, filing: Filing, on: date) -> str:
    """
    Return the channel whose limits and fees count.

    :raises Invalid: the procedure is not filed by this channel, or it is no kiosk that files.
    """
    if filing.channel == Channel.KIOSK or filing.kiosk_id is not None:
        if filing.channel != Channel.KIOSK or filing.kiosk_id is None or not kiosks.in_use(filing.kiosk_id):
            raise Invalid(errors={"channel": "Chỉ nộp được qua ki-ốt tại ki-ốt đang sử dụng."})
        terms = catalogue.kiosk_terms(procedure, on)
        if terms is None:
            raise Invalid(errors={"channel": "Thủ tục này chưa nhận hồ sơ qua ki-ốt."})
        return terms
    if not procedure.offers(filing.channel) and filing.channel != Channel.DIRECT:
        raise Invalid(errors={"channel": "Thủ tục này không nhận hồ sơ theo cách đó."})
    return filing.channel


def _check_citizen(actor: Actor, filing: Filing) -> None:
    """
    Hold a citizen to their own name, to whom they stand for and to files (one statement for another owner).

    :raises NoDuty: another submitter, channel or owner.
    :raises Invalid: paper that only a counter could have been handed.
    """
    if actor.party_id != filing.submitter_id or Channel(filing.channel) not in rules.BY_CITIZEN:
        raise NoDuty("Bạn chỉ nộp được hồ sơ dưới tên của mình.")
    if filing.owner_id != actor.party_id and all(
        row.id != filing.owner_id for row in parties.represented(actor)
    ):
        raise NoDuty("Bạn chỉ nộp được cho mình hoặc cho tổ chức bạn đại diện theo pháp luật.")
    on_paper = [code for code, given in filing.papers.items() if given.handed_in or given.borrowed_original]
    if on_paper:
        raise Invalid(
            errors={f"papers.{code}": "Nộp trực tuyến cần tệp đã tải lên." for code in sorted(on_paper)}
        )


def _check_place(bundle: definitions.Bundle, filing: Filing, receiving_unit_id: int, on: date) -> None:
    """
    Refuse now what no step could be resolved for later.

    :raises Invalid: the receiving unit serves many communes or districts and none is named.
    """
    kinds = [node.unit_kind for node in bundle.graph.net_nodes if node.unit_kind]
    if filing.place_unit_id is None and organisation.missing_place(
        kinds, receiving_unit_id, on, procedure_field=bundle.procedure.field
    ):
        raise Invalid(errors={"place_unit": "Chọn địa bàn (xã, phường, huyện) mà hồ sơ liên quan."})


def _reusable(filing: Filing, actor: Actor, on: date) -> dict[str, int]:
    """
    Return which holding of the owner stands in for each paper to be reused (one statement, none without any).

    :raises Invalid: the repository has none that counts today and that this actor may use.
    """
    asked = {code: given for code, given in filing.papers.items() if given.reused}
    if not asked:
        return {}
    matches = repository_queries.match(actor, filing.owner_id, list(asked), on)
    found = {}
    for code, given in asked.items():
        offered = [row.id for row in matches.get(code, ()) if given.holding_id in (None, row.id)]
        if not offered:
            raise Invalid(
                errors={"papers": "Kho của chủ hồ sơ không còn giấy tờ này để dùng lại. Hãy nộp tệp."}
            )
        found[code] = offered[0]
    return found


def _components(
    body: Mapping[str, Any], filing: Filing, answers: Mapping[str, Any], reusable: Mapping[str, int]
) -> list[PaperHandedIn]:
    """Return every paper the case asks for, with where it comes from; papers that were not asked for are refused."""
    needs = catalogue_rules.papers_for(body, answers)
    unknown = set(filing.papers) - {need.paper for need in needs}
    if unknown:
        raise Invalid(errors={"papers": f"Trường hợp này không cần giấy tờ: {', '.join(sorted(unknown))}."})
    found = []
    for need in needs:
        given = filing.papers.get(need.paper, PaperInput())
        if given.file_id is not None or given.handed_in:
            state = ComponentState.HANDED_IN
        elif given.reused and not need.surrender_original:
            state = ComponentState.REUSED
        elif need.waived_if_in_db and need.source_db and not need.surrender_original:
            state = ComponentState.FETCHED
        elif need.form_file and filing.channel in rules.BY_CITIZEN:
            state = ComponentState.SATISFIED  # the e-form is the declaration
        else:
            state = ComponentState.MISSING
        found.append(
            PaperHandedIn(
                paper=need.paper,
                name=need.name,
                state=state,
                originals=need.originals,
                copies=need.copies,
                present_only=need.present_only,
                borrowed_original=given.borrowed_original,
                file_id=given.file_id,
                required=True,
                digitise=need.digitise and not need.present_only,
                holding_id=reusable.get(need.paper) if state is ComponentState.REUSED else None,
            )
        )
    return found


def _reuse(work: Work, papers: Sequence[PaperHandedIn]) -> list[PaperHandedIn]:
    """Log each reuse with the holding, and give the dossier the file it stands for (R-051)."""
    dossier, ready = work.dossier, []
    for paper in papers:
        if paper.holding_id is None:
            ready.append(paper)
            continue
        repository.record_use(
            actor=work.actor,
            holding_id=paper.holding_id,
            party_id=dossier.owner_id,
            paper_type=paper.paper,
            subject=dossier.subject,
            at=work.at,
        )
        file_id = documents.lend(
            file_id=repository_queries.file_of(SYSTEM, paper.holding_id), subject=dossier.subject, at=work.at
        )
        ready.append(replace(paper, file_id=file_id))
    return ready


def _answer_files(form: Mapping[str, Any], answers: Mapping[str, Any]) -> list[int]:
    """Return the stored files that the form's own answers carry."""
    keys = [item["key"] for item in form["fields"] if item["type"] == "file"]
    return [int(one["file_id"]) for key in keys for one in answers.get(key) or () if "file_id" in one]


def write(work: Work, filing: Filing, components: Sequence[PaperHandedIn]) -> None:
    """Write papers and answers, let those who need it see the dossier, and give the code last."""
    dossier = work.dossier
    documents.attach(
        actor=work.actor,
        file_ids=[
            *(paper.file_id for paper in components if paper.file_id is not None),
            *_answer_files(work.bundle.form, work.answers),
        ],
        subject=dossier.subject,
    )
    components = _reuse(work, components)
    Component.objects.bulk_create(
        Component(
            dossier_id=dossier.subject,
            no=number,
            paper=paper.paper,
            name=paper.name[:300],
            state=paper.state.value,
            originals=paper.originals,
            copies=paper.copies,
            required=paper.required,
            present_only=paper.present_only,
            borrowed_original=paper.borrowed_original,
            digitise=paper.digitise,
            file_id=paper.file_id,
        )
        for number, paper in enumerate(components, 1)
    )
    Answers.objects.create(subject=dossier.subject, answers=work.answers)
    access.grant(
        dossier.subject,
        # the agency answers for it from now on: its head is warned of what waits, and signs what is late
        units=[dossier.receiving_unit_id, organisation.root_of_agency(dossier.agency_id).id],
        parties=[dossier.owner_id, dossier.submitter_id],
        scope="work",
    )
    dossier.code, dossier.code_tail = next_code(dossier.receiving_unit_id, work.at)
