"""What the printed papers of a dossier say, taken from the dossier as it stands when the paper is frozen."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.conf import settings

from motcua.catalogue import queries as catalogue
from motcua.catalogue.models import ResultType
from motcua.documents import papers
from motcua.documents.queries import DocumentRow
from motcua.documents.rules import DocumentKind
from motcua.dossiers import definitions, drafting, facts, rewording
from motcua.dossiers.clockwork import Clock
from motcua.dossiers.correcting import CorrectionGround, Fault
from motcua.dossiers.definitions import Bundle
from motcua.dossiers.drafting import DraftTemplate
from motcua.dossiers.models import Dossier
from motcua.dossiers.rules import (
    BY_CITIZEN,
    CHANNEL_NAMES,
    COMPETENT,
    STATE_NAMES,
    STOP_ASKED_NAMES,
    Channel,
    ComponentState,
    PaperHandedIn,
    ReturnChannel,
    State,
    StopAsked,
)
from motcua.dossiers.verifying import Minutes
from motcua.forms import rules as form_rules
from motcua.kernel.actor import Actor
from motcua.kernel.calendar import LOCAL
from motcua.kernel.deadline import classify, limit_vi
from motcua.organisation import queries as organisation
from motcua.organisation.tree import UnitRef
from motcua.parties.queries import PartyRow
from motcua.payments.rules import RefundDecision
from motcua.workflow import hands
from motcua.workflow.queries import TaskRow
from motcua.workflow.rules import TaskState


def office(unit: UnitRef, bundle: Bundle, on: date) -> papers.Office:
    """Return the head of a slip: the agency above, the receiving unit, and whom to ask (dated data)."""
    agency = organisation.root_of(unit.id)
    contact = definitions.settings(bundle, on).get("contact", {})
    return papers.Office(
        agency=agency.name,
        unit=unit.name,
        place=organisation.place_name(unit.id),
        phone=contact.get("hotline", ""),
        website=contact.get("website", ""),
    )


def lookup_url(code: str) -> str:
    """Return where anybody may ask for a dossier, at the address this installation is reached under."""
    return f"{settings.BASE_URL}/tra-cuu/{code}"


def verify_url(dossier: Dossier) -> str:
    """Return where whoever holds the result may see whether it still counts."""
    return f"{lookup_url(dossier.code)}?ma={dossier.check_value}"


def return_place(dossier: Dossier, unit: UnitRef, owner: PartyRow) -> str:
    """Return where the result is to be had, as the applicant chose."""
    if dossier.return_channel == ReturnChannel.ACCOUNT:
        return dossier.return_address or "tài khoản của chủ hồ sơ trên Cổng dịch vụ công"
    if dossier.return_channel == ReturnChannel.POST:
        return dossier.return_address or owner.address or unit.name
    return dossier.return_address or unit.name


def through_other(dossier: Dossier) -> bool:
    """Tell whether papers reach the owner through other hands, so that numbers on them are masked."""
    return dossier.return_channel == ReturnChannel.POST or dossier.channel == Channel.POST


def letterhead(unit: UnitRef, bundle: Bundle, on: date) -> papers.Letterhead:
    """Return the head of an official document of the agency a unit belongs to."""
    return agency_letterhead(unit, definitions.settings(bundle, on).get("contact", {}))


def agency_letterhead(unit: UnitRef, contact: Mapping[str, str]) -> papers.Letterhead:
    """Return the same with the telephone and address of a setting `contact`."""
    agency = organisation.root_of(unit.id)
    parent = organisation.parent_of(agency.agency_id)
    return papers.Letterhead(
        agency=agency.name,
        parent=parent.name if parent else "",
        place=organisation.place_name(unit.id),
        phone=contact.get("hotline", ""),
        website=contact.get("website", ""),
    )


def party(row: PartyRow) -> papers.Party:
    """Return a party as papers name it."""
    return papers.Party(
        name=row.display_name,
        id_label="Số định danh cá nhân" if row.kind == "person" else "Mã số thuế",
        id_number=row.id_number,
        address=row.address,
        phone=row.phone,
        email=row.email,
    )


_FORMS = {
    ComponentState.REUSED: papers.PaperForm.REUSED,
    ComponentState.SHARED: papers.PaperForm.REUSED,
    ComponentState.FETCHED: papers.PaperForm.DATABASE,
    ComponentState.SATISFIED: papers.PaperForm.ELECTRONIC,
}


def lines(components: Iterable[PaperHandedIn]) -> tuple[papers.PaperLine, ...]:
    """Return the components as lines of a slip; missing ones that were not required are left out."""
    return tuple(
        papers.PaperLine(
            name=paper.name,
            form=_FORMS.get(paper.state)
            or (
                papers.PaperForm.ELECTRONIC
                if paper.file_id
                else papers.PaperForm.ORIGINAL
                if paper.originals or paper.present_only
                else papers.PaperForm.COPY
            ),
            quantity=max(paper.originals, paper.copies, 1),
            note="Xuất trình" if paper.present_only else "",
            borrowed=paper.borrowed_original,
        )
        for paper in components
        if paper.state is not ComponentState.MISSING
    )


def slip(
    dossier: Dossier,
    bundle: Bundle,
    owner: PartyRow,
    submitter: PartyRow,
    components: Sequence[PaperHandedIn],
    fees: Sequence[papers.FeeLine],
    actor: Actor,
    notes: Sequence[str] = (),
    *,
    replaces_number: str = "",
) -> papers.Slip:
    """Return the appointment slip (form 01) of a dossier accepted now; `notes` are lines below the table."""
    unit = organisation.unit(dossier.receiving_unit_id)
    if dossier.confirmed_at is not None and dossier.competent_unit_id is not None:
        unit = organisation.unit(dossier.competent_unit_id)  # its own slip, with the promised date
    received_at = dossier.clock_started_at or dossier.accepted_at
    assert received_at is not None  # noqa: S101  (accepted)
    return papers.Slip(
        office=office(unit, bundle, received_at.astimezone(LOCAL).date()),
        dossier_code=dossier.code,
        owner=party(owner),
        submitter=party(submitter) if submitter.id != owner.id else None,
        procedure=bundle.procedure.name,
        papers=lines(components),
        limit_text=limit_text(dossier, bundle),
        received_at=received_at.astimezone(LOCAL),
        due_at=dossier.due_at.astimezone(LOCAL) if dossier.due_at else None,
        return_place=return_place(dossier, organisation.unit(dossier.receiving_unit_id), owner),
        return_channel=CHANNEL_NAMES.get(dossier.return_channel, dossier.return_channel),
        receiver_name=actor.name,
        sets=dossier.sets,
        fees=tuple(fees),
        register_no=str(dossier.register_no or ""),
        lookup_url=lookup_url(dossier.code),
        lookup_code=dossier.check_value,
        electronic=dossier.channel in BY_CITIZEN,
        through_other=through_other(dossier),
        notes=(*notes, *for_another(dossier)),
        expected_due_at=dossier.expected_due_at.astimezone(LOCAL)
        if dossier.expected_due_at and dossier.due_at is None
        else None,
        replaces_number=replaces_number,
    )


def limit_text(dossier: Dossier, bundle: Bundle) -> str:
    """Return the time limit a slip states: as the record words it, for a group and its parts as their clock has it."""
    if dossier.clock and (dossier.part or bundle.awaits_parts):
        return limit_vi(Clock.from_json(dossier.clock).deadline.limit)
    return bundle.procedure.limit_text(dossier.terms)


def for_another(dossier: Dossier) -> tuple[str, ...]:
    """Return what a slip says of a dossier received for another agency: who decides, from when the limit counts."""
    if not dossier.non_territorial or dossier.competent_unit_id is None:
        return ()
    agency = organisation.root_of_agency(dossier.agency_id).name
    here = organisation.unit(dossier.receiving_unit_id).name
    if dossier.confirmed_at is not None:
        return (
            f"Hồ sơ nộp tại {here}; cơ quan giải quyết là {agency}.",
            f"{agency} đã nhận hồ sơ, thời hạn tính từ lúc ghi trên giấy này. Giấy này thay giấy tiếp nhận đã cấp.",
        )
    return (
        f"{here} nhận hồ sơ thay; cơ quan giải quyết là {agency}.",
        f"Thời hạn giải quyết tính từ lúc {agency} xác nhận đã nhận hồ sơ. Ngày hẹn trả ở trên là ngày dự kiến;"
        " ngày hẹn chính thức được báo ngay khi có xác nhận.",
    )


def supplement_request(
    dossier: Dossier,
    bundle: Bundle,
    owner: PartyRow,
    actor: Actor,
    *,
    items: Sequence[Mapping[str, str]],
    reason: str,
    ground: str,
    stage: papers.Stage,
    clock: papers.ClockEffect,
    answer_by: datetime | None,
    at: datetime,
) -> papers.SupplementRequest:
    """Return the request for supplement (form 02)."""
    return papers.SupplementRequest(
        office=office(organisation.unit(dossier.receiving_unit_id), bundle, at.astimezone(LOCAL).date()),
        dossier_code=dossier.code,
        owner=party(owner),
        procedure=bundle.procedure.name,
        stage=stage,
        clock=clock,
        items=tuple(papers.SupplementItem(name=item["name"], what=item.get("what", "")) for item in items),
        reasons=(reason,),
        grounds=(ground,) if ground else (),
        answer_by=answer_by.astimezone(LOCAL) if answer_by else None,
        guide_name=actor.name,
        made_at=at.astimezone(LOCAL),
        electronic=dossier.channel in BY_CITIZEN,
        through_other=through_other(dossier),
    )


def guidance(
    bundle: Bundle,
    person: PartyRow,
    actor: Actor,
    unit_id: int,
    *,
    items: Sequence[Mapping[str, str]],
    where: str,
    at: datetime,
) -> papers.SupplementRequest:
    """Return the slip of a guidance (form 02): nothing is filed yet, so it has no code and no limit."""
    return papers.SupplementRequest(
        office=office(organisation.unit(unit_id), bundle, at.astimezone(LOCAL).date()),
        dossier_code="",
        owner=party(person),
        procedure=bundle.procedure.name,
        stage=papers.Stage.RECEIPT,
        clock=papers.ClockEffect.NOT_STARTED,
        items=tuple(papers.SupplementItem(name=item["name"], what=item.get("what", "")) for item in items),
        reasons=(where,) if where else (GUIDED,),
        guide_name=actor.name,
        made_at=at.astimezone(LOCAL),
    )


GUIDED = "Hồ sơ chưa đủ thành phần theo quy định nên chưa tiếp nhận."


def refusal(
    dossier: Dossier,
    bundle: Bundle,
    owner: PartyRow,
    actor: Actor,
    *,
    reason: str,
    guidance: str,
    at: datetime,
) -> papers.Refusal:
    """Return the refusal to receive (form 03)."""
    return papers.Refusal(
        office=office(organisation.unit(dossier.receiving_unit_id), bundle, at.astimezone(LOCAL).date()),
        dossier_code=dossier.code,
        owner=party(owner),
        procedure=bundle.procedure.name,
        reasons=(reason,),
        guidance=guidance,
        receiver_name=actor.name,
        made_at=at.astimezone(LOCAL),
        electronic=dossier.channel in BY_CITIZEN,
        through_other=through_other(dossier),
    )


def stop_notice(
    dossier: Dossier,
    bundle: Bundle,
    owner: PartyRow,
    signer: papers.Signer,
    *,
    asked: StopAsked,
    reason: str,
    ground: str,
    refund: RefundDecision | None,
    returned: Sequence[str],
    step: str,
    at: datetime,
) -> papers.StopNotice:
    """Return the notice that handling is stopped (form 05); `returned` names papers given back. No `refund`: later."""
    return papers.StopNotice(
        office=office(organisation.unit(dossier.receiving_unit_id), bundle, at.astimezone(LOCAL).date()),
        dossier_code=dossier.code,
        owner=party(owner),
        procedure=bundle.procedure.name,
        received_at=dossier.accepted_at.astimezone(LOCAL) if dossier.accepted_at else None,
        stage=step or STATE_NAMES[State(dossier.state)],
        asked_by=STOP_ASKED_NAMES[asked],
        reason=reason,
        decision_taken=bool(dossier.decision),
        signer=signer,
        made_at=at.astimezone(LOCAL),
        refund=refund.amount if refund else 0,
        refund_later=refund is None,
        papers_returned=tuple(returned),
        grounds=(ground,) if ground else (),
        recipients=("Như trên", organisation.unit(dossier.receiving_unit_id).name),
        through_other=through_other(dossier),
    )


def apology(
    dossier: Dossier,
    bundle: Bundle,
    owner: PartyRow,
    signer: papers.Signer,
    *,
    due_at: datetime,
    new_due_at: datetime,
    reason: str,
    at: datetime,
) -> papers.Apology:
    """Return the letter of apology with the new date (form 04)."""
    assert dossier.accepted_at is not None  # noqa: S101  (it has a due date: it was accepted)
    unit = organisation.unit(dossier.receiving_unit_id)
    return papers.Apology(
        office=office(unit, bundle, at.astimezone(LOCAL).date()),
        dossier_code=dossier.code,
        owner=party(owner),
        procedure=bundle.procedure.name,
        received_at=dossier.accepted_at.astimezone(LOCAL),
        due_at=due_at.astimezone(LOCAL),
        new_due_at=new_due_at.astimezone(LOCAL),
        reason=reason,
        signer=signer,
        made_at=at.astimezone(LOCAL),
        recipients=("Như trên", unit.name),
        through_other=through_other(dossier),
    )


def control_slip(
    dossier: Dossier,
    bundle: Bundle,
    owner: PartyRow,
    tasks: Sequence[TaskRow],
    people: Mapping[int, organisation.Appointed],
    at: datetime,
    *,
    maker_name: str = "",
) -> papers.ControlSlip:
    """Return the process control slip of an accepted dossier, made from its tasks as they stand; `people` did them."""
    assert dossier.accepted_at is not None  # noqa: S101  (its steps run: it was accepted)
    unit = organisation.unit(dossier.receiving_unit_id)
    return papers.ControlSlip(
        office=office(unit, bundle, at.astimezone(LOCAL).date()),
        dossier_code=dossier.code,
        owner=party(owner),
        procedure=bundle.procedure.name,
        received_at=dossier.accepted_at.astimezone(LOCAL),
        due_at=dossier.due_at.astimezone(LOCAL) if dossier.due_at else None,
        hand_overs=_hand_overs(tasks, people),
        made_at=at.astimezone(LOCAL),
        signatures=signatures(hands.signatures(bundle.graph, tasks), people),
        maker_name=maker_name,
    )


def doers(tasks: Iterable[TaskRow]) -> set[int]:
    """Return the staff who did or hold the tasks."""
    return {one for task in tasks for one in (task.assignee_id, task.done_by_id) if one is not None}


def _hand_overs(
    tasks: Sequence[TaskRow], people: Mapping[int, organisation.Appointed]
) -> tuple[papers.HandOver, ...]:
    """Return the hand-overs behind the steps: who did a step, who got the next, how the step stood to its plan."""

    def name(staff_id: int | None) -> str:
        return people[staff_id].full_name if staff_id is not None and staff_id in people else ""

    return tuple(
        papers.HandOver(
            giver_unit=organisation.unit_name(before.unit_id),
            giver_name=name(before.done_by_id),
            receiver_unit=organisation.unit_name(after.unit_id),
            receiver_name=name(after.done_by_id or after.assignee_id),
            at=before.done_at.astimezone(LOCAL),
            result=papers.StepResult(classify(before.done_at, before.due_at).value)
            if before.due_at
            else None,
            step=before.name,
            note=before.note,
        )
        for before, after in itertools.pairwise(tasks)
        if before.state in (TaskState.DONE, TaskState.JOINED) and before.done_at is not None
    )


def borrowed_originals(
    dossier: Dossier,
    bundle: Bundle,
    owner: PartyRow,
    submitter: PartyRow,
    kept: Iterable[tuple[str, int]],
    actor: Actor,
    *,
    returned_at: datetime | None = None,
    returned_to: str = "",
    receiver_name: str = "",
) -> papers.BorrowedOriginals:
    """
    Return the receipt for originals that the unit keeps: names with how many sheets.

    With `returned_at` they were given back by the actor to `returned_to`; `receiver_name` had taken them.
    """
    assert dossier.accepted_at is not None  # noqa: S101  (what was taken in was accepted)
    unit = organisation.unit(dossier.receiving_unit_id)
    return papers.BorrowedOriginals(
        office=office(unit, bundle, dossier.accepted_at.astimezone(LOCAL).date()),
        dossier_code=dossier.code,
        owner=party(owner),
        procedure=bundle.procedure.name,
        items=tuple(papers.Original(name, sheets=max(sheets, 1)) for name, sheets in kept),
        purpose="Đối chiếu, thẩm tra hồ sơ",
        borrowed_at=dossier.accepted_at.astimezone(LOCAL),
        return_by=dossier.due_at.astimezone(LOCAL) if dossier.due_at else None,
        receiver_name=actor.name if returned_at is None else receiver_name,
        submitter=party(submitter) if submitter.id != owner.id else None,
        returned_at=returned_at.astimezone(LOCAL) if returned_at is not None else None,
        returned_to=returned_to,
        returned_by=actor.name if returned_at is not None else "",
    )


def opinion_request(
    dossier: Dossier,
    bundle: Bundle,
    signer: papers.Signer,
    unit: UnitRef,
    *,
    asked: Sequence[str],
    content: str,
    answer_by: datetime,
    at: datetime,
) -> papers.OpinionRequest:
    """Return the letter that asks other units for their opinion; `unit` leads the handling."""
    assert dossier.accepted_at is not None  # noqa: S101  (running: it was accepted)
    return papers.OpinionRequest(
        head=letterhead(unit, bundle, at.astimezone(LOCAL).date()),
        dossier_code=dossier.code,
        procedure=bundle.procedure.name,
        owner=papers.Party(name=dossier.owner_name),
        received_at=dossier.accepted_at.astimezone(LOCAL),
        lead=organisation.full_name(unit),
        asked=tuple(asked),
        content=content,
        answer_by=answer_by.astimezone(LOCAL),
        signer=signer,
        issued_on=at.astimezone(LOCAL).date(),
        recipients=("Như trên", organisation.unit(dossier.receiving_unit_id).name),
        verify_url=lookup_url(dossier.code),
    )


def correction_notice(
    dossier: Dossier,
    bundle: Bundle,
    owner: PartyRow,
    signer: papers.Signer,
    unit: UnitRef,
    *,
    old: DocumentRow,
    ground: CorrectionGround,
    reason: str,
    due_at: datetime,
    at: datetime,
) -> papers.CorrectionNotice:
    """Return the notice that a result is corrected; where the agency was at fault it apologises."""
    on = at.astimezone(LOCAL).date()
    return papers.CorrectionNotice(
        head=letterhead(unit, bundle, on),
        dossier_code=dossier.code,
        owner=party(owner),
        procedure=bundle.procedure.name,
        old_title=old.title,
        old_number=old.number,
        old_issued_on=old.created_at.astimezone(LOCAL).date(),
        ground=ground.label,
        basis=ground.basis,
        reason=reason,
        due_at=due_at.astimezone(LOCAL),
        issued_on=on,
        signer=signer,
        apology=ground.fault is Fault.AGENCY,
        refusal=old.kind is DocumentKind.REFUSAL_DECISION,
        on_paper=dossier.return_channel != ReturnChannel.ACCOUNT,
        recipients=("Như trên", organisation.unit(dossier.receiving_unit_id).name),
        verify_url=lookup_url(dossier.code),
        through_other=through_other(dossier),
    )


def site_minutes(
    dossier: Dossier,
    bundle: Bundle,
    signer: papers.Signer,
    unit: UnitRef,
    minutes: Minutes,
    *,
    purpose: str,
    files: int,
    at: datetime,
) -> papers.SiteMinutes:
    """Return the minutes of a verification on site, drawn up by somebody of `unit`."""
    return papers.SiteMinutes(
        head=letterhead(unit, bundle, at.astimezone(LOCAL).date()),
        dossier_code=dossier.code,
        procedure=bundle.procedure.name,
        owner=papers.Party(name=dossier.owner_name),
        began_at=minutes.began_at.astimezone(LOCAL),
        ended_at=minutes.ended_at.astimezone(LOCAL),
        place=minutes.place,
        participants=tuple(papers.SiteParticipant(one.name, one.role) for one in minutes.participants),
        findings=minutes.findings,
        conclusion=minutes.conclusion,
        signer=signer,
        issued_on=at.astimezone(LOCAL).date(),
        purpose=purpose,
        files=files,
        verify_url=lookup_url(dossier.code),
    )


def refusal_decision(
    dossier: Dossier,
    bundle: Bundle,
    owner: PartyRow,
    signer: papers.Signer,
    unit: UnitRef,
    *,
    reason: str,
    on: date,
) -> papers.RefusalDecision:
    """Return the official document by which a request is refused after appraisal."""
    assert dossier.accepted_at is not None  # noqa: S101  (decided on: it was accepted)
    return papers.RefusalDecision(
        head=letterhead(unit, bundle, on),
        dossier_code=dossier.code,
        owner=party(owner),
        procedure=bundle.procedure.name,
        received_at=dossier.accepted_at.astimezone(LOCAL),
        issued_on=on,
        reasons=(reason,),
        grounds=tuple(bundle.procedure.body["legal_bases"][:4]),
        signer=signer,
        recipients=("Như trên", organisation.unit(dossier.receiving_unit_id).name),
        through_other=through_other(dossier),
    )


def reworded_refusal(
    issued: papers.RefusalDecision,
    bundle: Bundle,
    said: Mapping[str, str],
    signer: papers.Signer,
    unit: UnitRef,
    *,
    on: date,
    replaces: DocumentRow,
) -> papers.RefusalDecision:
    """Return a refusal that was issued with a slip of the pen in its new words (`rewording.Wording`)."""
    return rewording.anew(
        issued, said, head=letterhead(unit, bundle, on), signer=signer, on=on, replaces=_replacing(replaces)
    )


def result(
    dossier: Dossier,
    bundle: Bundle,
    owner: PartyRow,
    answers: Mapping[str, Any],
    signer: papers.Signer,
    unit: UnitRef,
    *,
    on: date,
    signatures: tuple[papers.Signature, ...] = (),
    replaces: DocumentRow | None = None,
) -> papers.ResultDocument:
    """
    Return the result of a request that was granted: what the form says, in the form of NĐ 30/2020.

    `replaces` is the result it takes the place of. Its QR leads to the look-up, which tells whether it still counts.
    """
    kind = result_type(bundle)
    return papers.ResultDocument(
        head=letterhead(unit, bundle, on),
        dossier_code=dossier.code,
        type_name=kind.name,
        abstract=bundle.procedure.name,
        issued_on=on,
        opening=f"Cấp cho: {owner.display_name}",
        groups=_groups(_worded(bundle, answers)),
        paragraphs=(_replacing(replaces),) if replaces else (),
        verify_url=verify_url(dossier),
        grounds=tuple(bundle.procedure.body["legal_bases"][:6]),
        signer=signer,
        recipients=("Người đề nghị", organisation.unit(dossier.receiving_unit_id).name),
        signatures=signatures,
    )


def _replacing(old: DocumentRow) -> str:
    on = old.created_at.astimezone(LOCAL)
    return f"Văn bản này thay thế văn bản số {old.number} ngày {on:%d/%m/%Y}. Văn bản cũ không còn giá trị sử dụng."


def draft(
    dossier: Dossier,
    bundle: Bundle,
    answers: Mapping[str, Any],
    template: DraftTemplate,
    unit: UnitRef,
    *,
    at: datetime,
) -> papers.DraftPaper:
    """Return the draft that a template makes of a dossier as it stands."""
    shown = _worded(bundle, answers)
    by_key = {item["key"]: item for item in bundle.form["fields"]}
    values = {
        **{
            key: form_rules.display(by_key[key], value)
            for key, value in answers.items()
            if key in by_key and value not in (None, "", [])
        },
        drafting.CODE: dossier.code,
        drafting.PROCEDURE: bundle.procedure.name,
        facts.OWNER_NAME: dossier.owner_name,
        facts.OWNER_NUMBER: dossier.owner_number,
    }
    return papers.DraftPaper(
        head=letterhead(unit, bundle, at.astimezone(LOCAL).date()),
        dossier_code=dossier.code,
        title=template.title,
        abstract=drafting.filled(template.abstract, values),
        paragraphs=tuple(drafting.filled(text, values) for text in template.paragraphs),
        made_at=at.astimezone(LOCAL),
        issued_on=at.astimezone(LOCAL).date(),
        groups=_groups(shown) if template.with_answers else (),
        verify_url=lookup_url(dossier.code),
    )


def _groups(shown: Sequence[tuple[str, list[tuple[str, str]]]]) -> tuple[papers.EntryGroup, ...]:
    return tuple(
        papers.EntryGroup(title, tuple(papers.Entry(label, value) for label, value in entries))
        for title, entries in shown
        if entries
    )


def signatures(
    found: Iterable[tuple[int, TaskRow]], people: Mapping[int, organisation.Appointed]
) -> tuple[papers.Signature, ...]:
    """Return signatures for a paper: level and task as `workflow.hands` has them, and who they are."""
    made = []
    for level, row in found:
        person = people.get(row.done_by_id or 0)
        made.append(
            papers.Signature(
                level=level,
                step=row.name,
                position=person.position if person else "",
                name=person.full_name if person else "",
                at=(row.done_at or row.opened_at).astimezone(LOCAL),
            )
        )
    return tuple(made)


def _worded(bundle: Bundle, answers: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return what the form says, by section, as people read it; empty answers are left out."""
    return [
        (
            section.label,
            [
                (field["label_vi"], form_rules.display(field, answers[field["key"]]))
                for field in section.fields
                if answers.get(field["key"]) not in (None, "", [])
            ],
        )
        for section in form_rules.sections(bundle.form, answers)
    ]


def result_type(bundle: Bundle) -> ResultType:
    """Return the kind of result the procedure gives first; the refusal notice is none."""
    kinds = catalogue.result_types()
    return next(
        (kinds[row["type"]] for row in bundle.procedure.body["results"] if kinds[row["type"]].paper_type_id),
        kinds[bundle.procedure.body["results"][0]["type"]],
    )


def signer(actor: Actor, unit: UnitRef, position: str | None = None) -> papers.Signer:
    """
    Return the signature block of the person who decides for an agency; a deputy signs for the head (NĐ 30/2020).

    `position` where it is known already; None asks for it.
    """
    agency = organisation.root_of(unit.id)
    collegial = agency.kind.startswith("ubnd_")
    held = organisation.position_of(actor.staff_id) if position is None else position
    deputy = f"KT. {_bare(held[4:])}" if held.startswith("Phó ") else ""
    prefixes = ("TM. ỦY BAN NHÂN DÂN" if collegial else "", deputy)
    return papers.Signer(
        position=(_bare(held) if deputy or collegial else held) or "THỦ TRƯỞNG CƠ QUAN",
        name=actor.name,
        prefixes=tuple(prefix for prefix in prefixes if prefix),
    )


def _bare(position: str) -> str:
    """Return a position without the name of its agency, as it stands in a signature block."""
    return position.split(" UBND")[0].split(" Ủy ban")[0].split(" Sở")[0].upper()


def competent_signer(dossier: Dossier, on: date) -> papers.Signer:
    """Return the block of who is competent at the agency on a day, for a paper the system makes by itself."""
    root = organisation.root_of_agency(dossier.agency_id)
    held = next((one for role in COMPETENT for one in organisation.duty_holders(root.id, role, on)), None)
    return papers.Signer(
        position=(organisation.position_of(held.staff_id) if held else "") or "THỦ TRƯỞNG CƠ QUAN",
        name=held.full_name if held else "",
        prefixes=("TM. ỦY BAN NHÂN DÂN",) if root.kind.startswith("ubnd_") else (),
    )


def corrected(row: PartyRow, dossier: Dossier) -> PartyRow:
    """Return the owner as the corrected dossier names them."""
    return replace(row, display_name=dossier.owner_name, phone=dossier.owner_phone)
