"""
A result that was issued with a mistake: asked for, ordered or refused, drafted, signed anew, handed over.

A refusal is corrected by the same acts: its words (`rewording`), never its outcome.

The dossier stays as completed as it was, with its first times: what is measured is when the first result came, and a
correction is counted apart, with a limit of its own. The old result stays readable and is marked as replaced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from motcua.documents import queries as documents
from motcua.documents.papers import Paper, RefusalDecision
from motcua.documents.queries import DocumentRow
from motcua.documents.rules import DocumentKind
from motcua.dossiers import correcting, corrections, events, papers, rewording, rules
from motcua.dossiers.correcting import (
    AT_WORK,
    OPEN,
    Asker,
    CorrectionOpen,
    CorrectionState,
    Fault,
    NothingToCorrect,
)
from motcua.dossiers.models import Answers, ResultCorrection
from motcua.dossiers.operations import tasks
from motcua.dossiers.operations.common import (
    Done,
    Work,
    begin,
    competent,
    finish,
    freeze,
    once,
    settings,
    told,
)
from motcua.dossiers.operations.ending import deposit
from motcua.dossiers.operations.receipt import applicant_or_counter
from motcua.dossiers.operations.telling import tell, tell_others
from motcua.dossiers.rules import COMPETENT, Act, NoDuty, ReturnChannel, State
from motcua.dossiers.telling import TellKind, Whom
from motcua.forms import rules as form_rules
from motcua.kernel.actor import SYSTEM, Actor, ActorKind, DutyRef, Role
from motcua.kernel.calendar import LOCAL
from motcua.kernel.counting import due_at
from motcua.kernel.errors import Invalid
from motcua.kernel.text import fold
from motcua.kernel.wording import moment_vi
from motcua.organisation import queries as organisation
from motcua.organisation.tree import UnitRef
from motcua.parties import queries as parties
from motcua.platform import canonical
from motcua.repository import operations as repository

APOLOGY = "Sai sót này thuộc trách nhiệm của cơ quan giải quyết. Cơ quan xin lỗi ông/bà về sự bất tiện này."


@once
def ask_correction(
    *, code: str, what: str, actor: Actor, key: str, at: datetime, seen: int | None = None
) -> Done:
    """
    Say that the result is wrong and what, as the people of the dossier or the counter for them.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, ReasonMissing, NothingToCorrect:
    :raises CorrectionOpen: one is asked for or under way already.
    """
    work = begin(
        act=Act.ASK_CORRECTION, code=code, actor=actor, key=key, at=at, seen=seen, body={"what": what}
    )
    duty = applicant_or_counter(work)
    words = rules.reason(what)
    asker = Asker.APPLICANT if actor.kind is ActorKind.CITIZEN else Asker.COUNTER
    row, _ = _new(work, _all(work), asker, words)
    _keep(work, row)
    head = organisation.root_of_agency(work.dossier.agency_id).id
    tell(
        work,
        TellKind.CORRECTION_ASKED,
        "Có đề nghị đính chính kết quả đã phát hành.",
        [Whom(unit_id=head, role=role) for role in COMPETENT],
    )
    return finish(
        work,
        Act.ASK_CORRECTION,
        duty=duty,
        payload={"correction": row.no, "asked_by": asker.value},
        personal={"reason": words},
        event=told(work, events.CorrectionAsked),
    )


@once
def refuse_correction(
    *, code: str, reason: str, actor: Actor, key: str, at: datetime, seen: int | None = None
) -> Done:
    """
    Leave the result as it is, with the reason, as the competent person.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, ReasonMissing, NothingToCorrect:
    """
    work = begin(
        act=Act.REFUSE_CORRECTION, code=code, actor=actor, key=key, at=at, seen=seen, body={"reason": reason}
    )
    duty, words = _by_person(work), rules.reason(reason)
    row = _standing(work, CorrectionState.ASKED)
    row.state, row.reason = CorrectionState.REFUSED.value, words
    row.decided_by_id, row.decided_at, row.done_at = actor.staff_id, at, at
    _keep(work, row)
    return finish(
        work,
        Act.REFUSE_CORRECTION,
        duty=duty,
        payload={"correction": row.no},
        personal={"reason": words},
        event=told(work, events.CorrectionRefused),
    )


@once
def order_correction(
    *,
    code: str,
    ground: str,
    reason: str,
    staff_id: int,
    actor: Actor,
    key: str,
    at: datetime,
    seen: int | None = None,
) -> Done:
    """
    Order that the result be corrected, on request or of the agency's own accord, as the competent person.

    `ground` is one of the dated settings: it says whose fault it is and within which time the new result is due. The
    applicant gets a numbered notice, with an apology where the agency was at fault. Who prepares the new result,
    `staff_id`, is one of those who did the dossier's work (`corrections.candidates`).

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, ReasonMissing, NothingToCorrect, CorrectionOpen:
    :raises Invalid: the ground or the officer is not in the list.
    """
    body = {"ground": ground, "reason": reason, "staff": staff_id}
    work = begin(act=Act.ORDER_CORRECTION, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    duty = _by_person(work)
    why = correcting.ground(ground, correcting.grounds(settings(work).get("correction_grounds", ())))
    words, dossier = rules.reason(reason), work.dossier
    if staff_id not in corrections.candidates(SYSTEM, dossier, at.astimezone(LOCAL).date()):
        raise Invalid(errors={"staff_id": "Chọn người soạn kết quả mới trong danh sách."})
    known = _all(work)
    row = known[-1] if known and known[-1].state in OPEN else None
    if row is None:
        row, old = _new(work, known, Asker.AGENCY, words)
    elif row.state == CorrectionState.ASKED:
        old = documents.document(SYSTEM, row.old_document_id)
    else:
        raise CorrectionOpen
    until = due_at(at, why.within, tasks.policy(work), work.calendar)
    owner = parties.rows(SYSTEM, [dossier.owner_id])[dossier.owner_id]
    unit = organisation.unit(duty.unit_id)
    notice = freeze(
        work,
        papers.correction_notice(
            dossier, work.bundle, owner, papers.signer(actor, unit), unit,
            old=old, ground=why, reason=words, due_at=until, at=at,
        ),
        unit_id=unit.id,
    )  # fmt: skip
    row.state, row.ground, row.label = CorrectionState.ORDERED.value, why.code, why.label
    row.fault, row.reason, row.due_at = why.fault.value, words, until
    row.decided_by_id, row.decided_at, row.officer_id = actor.staff_id, at, staff_id
    row.notice_id = notice.pk
    _keep(work, row)
    dossier.correcting = True
    tell(
        work,
        TellKind.CORRECTION_ORDERED,
        f"Bạn được giao soạn kết quả đính chính, xong trước {moment_vi(until.astimezone(LOCAL))}.",
        [Whom(staff_id=staff_id)],
    )
    return finish(
        work,
        Act.ORDER_CORRECTION,
        duty=duty,
        payload={
            "correction": row.no,
            "ground": why.code,
            "fault": why.fault.value,
            "form": notice.number,
            "until": until,
            "to": staff_id,
            "replaces": old.number,
        },
        personal={"reason": words},
        event=told(
            work,
            events.CorrectionOrdered,
            document_id=notice.pk,
            answer_by=until,
            fault=why.fault.value,
            text=_said(old, APOLOGY if why.fault is Fault.AGENCY else ""),
        ),
    )


@once
def draft_correction(
    *,
    code: str,
    answers: Mapping[str, Any],
    actor: Actor,
    key: str,
    at: datetime,
    owner_name: str = "",
    wording: Mapping[str, str] | None = None,
    seen: int | None = None,
) -> Done:
    """
    Prepare the new result: what the form's answers, or the owner's name, must say; a draft may be written anew.

    As the officer named in the order, or the competent person. `answers` replace those of the same key. Of a refusal
    `wording` replaces words of the same name (`rewording.Wording`), and nothing else can be changed.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, NothingToCorrect:
    :raises Invalid: a value the form refuses, words a refusal cannot have, or nothing that differs.
    """
    body = {
        "answers": dict(answers),
        "owner_name": owner_name,
        **({"wording": dict(wording)} if wording is not None else {}),
    }
    work = begin(act=Act.DRAFT_CORRECTION, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    row = _standing(work, *AT_WORK)
    duty = _preparing(work, row)
    issued = documents.content(SYSTEM, row.old_document_id)
    if isinstance(issued, RefusalDecision):
        row.draft, changes = _refusal_drafted(issued, answers, owner_name, wording or {})
    else:
        row.draft, changes = _result_drafted(work, answers, owner_name, wording or {})
    row.state, row.drafted_at = CorrectionState.DRAFTED.value, at
    _keep(work, row)
    tell(
        work,
        TellKind.CORRECTION_DRAFTED,
        "Kết quả đính chính đã soạn xong, chờ ký.",
        [Whom(staff_id=row.decided_by_id)],
    )
    return finish(
        work,
        Act.DRAFT_CORRECTION,
        duty=duty,
        payload={"correction": row.no, "fields": sorted(changes)},
        personal={"before_after": changes},
        event=told(work, events.CorrectionDrafted),
    )


@once
def sign_correction(*, code: str, actor: Actor, key: str, at: datetime, seen: int | None = None) -> Done:
    """
    Sign the new result, as the competent person: it is numbered and issued, the old one is replaced everywhere.

    The owner's repository has the new one in the place of the old one. Of a dossier whose result has not been handed
    over the usual hand-over gives the new one; otherwise the counter gives it against the old paper.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, NothingToCorrect:
    """
    work = begin(act=Act.SIGN_CORRECTION, code=code, actor=actor, key=key, at=at, seen=seen, body={})
    duty = _by_person(work)
    row = _standing(work, CorrectionState.DRAFTED)
    dossier = work.dossier
    if row.draft["owner_name"] != dossier.owner_name:
        dossier.owner_name = row.draft["owner_name"]
        dossier.owner_folded = fold(dossier.owner_name)
    old = documents.document(SYSTEM, row.old_document_id)
    unit = organisation.unit(duty.unit_id)
    if old.kind is DocumentKind.REFUSAL_DECISION:
        paper, title, changes = _refusal_anew(work, row.draft, unit, old)
    else:
        paper, title, changes = _result_anew(work, row.draft, unit, old)
    new = freeze(work, paper, unit_id=unit.id, title=title, replaces_id=old.id)
    waits = work.state is State.RETURNED and dossier.return_channel != ReturnChannel.ACCOUNT
    row.state = (CorrectionState.SIGNED if waits else CorrectionState.DONE).value
    row.new_document_id, row.signed_by_id, row.signed_at = new.pk, actor.staff_id, at
    row.done_at = None if waits else at
    _keep(work, row)
    dossier.correcting = False
    ended, used = repository.supersede(
        source_subject=dossier.subject,
        document_id=old.id,
        reason=f"Đính chính bằng văn bản số {new.number}",
        at=at,
    )
    if ended:
        deposit(work, new.pk, new.number, at)
    tell_others(
        work,
        used,
        TellKind.PAPER_REPLACED,
        f"Giấy tờ lấy từ kết quả số {old.number} của hồ sơ {dossier.code} đã được đính chính. Xem lại giấy tờ.",
    )
    return finish(
        work,
        Act.SIGN_CORRECTION,
        duty=duty,
        payload={
            "correction": row.no,
            "fault": row.fault,
            "form": new.number,
            "replaces": old.number,
            "late": row.due_at is not None and at > row.due_at,
        },
        personal={"before_after": changes},
        event=told(
            work,
            events.ResultCorrected,
            document_id=new.pk,
            replaces_id=old.id,
            fault=row.fault,
            text=_said(old, ""),
        ),
    )


@once
def return_correction(
    *,
    code: str,
    actor: Actor,
    key: str,
    at: datetime,
    old_original: str,
    how: str = ReturnChannel.DIRECT.value,
    collector: str = "",
    proof: str = "",
    seen: int | None = None,
) -> Done:
    """
    Hand the new result over at the counter or by post, and record what became of the old paper.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, NothingToCorrect:
    :raises Invalid: nobody took it, the postal item has no number, or it is not said where the old paper is.
    """
    body = {"how": how, "collector": collector, "proof": proof, "old_original": old_original}
    work = begin(act=Act.RETURN_CORRECTION, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    duty = work.duty(Role.ONE_STOP_OFFICER, Role.RETURN_OFFICER, unit_id=work.dossier.receiving_unit_id)
    row = _standing(work, CorrectionState.SIGNED)
    rules.handed(how, collector, proof)
    kept = correcting.old_original(old_original)
    row.state, row.old_original, row.done_at = CorrectionState.DONE.value, kept.value, at
    _keep(work, row)
    return finish(
        work,
        Act.RETURN_CORRECTION,
        duty=duty,
        payload={"correction": row.no, "how": how, "old_original": kept.value},
        personal={"collector": collector.strip(), "proof": proof.strip()},
        event=told(work, events.CorrectionReturned, how=how, old_original=kept.value),
    )


# Inside

Changes = Mapping[str, tuple[Any, Any]]
"""What a correction changes: before and after, by the name of the field."""


def _said(old: DocumentRow, words: str) -> str:
    """Return what the applicant is told besides: of a refusal, that it stays one."""
    more = rewording.UNCHANGED if old.kind is DocumentKind.REFUSAL_DECISION else ""
    return " ".join(text for text in (more, words) if text)


def _result_drafted(
    work: Work, answers: Mapping[str, Any], owner_name: str, wording: Mapping[str, str]
) -> tuple[dict[str, Any], Changes]:
    """Return the draft of a result that grants, and what it changes. :raises Invalid:"""
    dossier = work.dossier
    kept = Answers.objects.get(subject=dossier.subject)
    on = dossier.filed_at.astimezone(LOCAL).date()  # what was right to say then is judged by then
    clean, errors = form_rules.validate(work.bundle.form, {**kept.answers, **answers}, on)
    if errors:
        raise Invalid("Biểu mẫu còn chỗ chưa đúng.", errors=errors)
    name = owner_name.strip()[:300] or dossier.owner_name
    changes = rules.changed({"owner_name": dossier.owner_name, **kept.answers}, {"owner_name": name, **clean})
    if not changes or wording:
        raise Invalid(errors={"answers": "Chưa có nội dung nào của kết quả thay đổi."})
    return {"answers": clean, "owner_name": name}, changes


def _refusal_drafted(
    issued: RefusalDecision, answers: Mapping[str, Any], owner_name: str, wording: Mapping[str, str]
) -> tuple[dict[str, Any], Changes]:
    """Return the draft of a refusal in its new words, and what it changes. :raises Invalid:"""
    old = rewording.worded(issued)
    named = {"owner_name": owner_name} if owner_name.strip() else {}
    said = rewording.reworded(old, {**named, **wording}).to_json()
    changes = rules.changed(old.to_json(), said)
    if not changes or answers:
        raise Invalid(
            errors={"wording": "Văn bản từ chối chỉ sửa được câu chữ; chưa có câu chữ nào thay đổi."}
        )
    return said, changes


def _result_anew(
    work: Work, draft: Mapping[str, Any], unit: UnitRef, old: DocumentRow
) -> tuple[Paper, str, Changes]:
    """Return the new result with its title, and what it changes; the answers of the dossier change with it."""
    dossier, clean = work.dossier, draft["answers"]
    kept = Answers.objects.get(subject=dossier.subject)
    owner = parties.rows(SYSTEM, [dossier.owner_id])[dossier.owner_id]
    if dossier.owner_name != work.before["owner_name"]:
        owner = papers.corrected(owner, dossier)
    changes = rules.changed(
        {"owner_name": work.before["owner_name"], **kept.answers},
        {"owner_name": dossier.owner_name, **clean},
    )
    kept.answers, kept.revision = clean, kept.revision + 1
    kept.save(update_fields=["answers", "revision"])
    paper = papers.result(
        dossier, work.bundle, owner, clean, papers.signer(work.actor, unit), unit,
        on=work.at.astimezone(LOCAL).date(), replaces=old,
    )  # fmt: skip
    return paper, papers.result_type(work.bundle).name, changes


def _refusal_anew(
    work: Work, draft: Mapping[str, Any], unit: UnitRef, old: DocumentRow
) -> tuple[Paper, str, Changes]:
    """Return the refusal in its new words with its title, and what it changes."""
    issued = documents.content(SYSTEM, old.id)
    assert isinstance(issued, RefusalDecision)  # noqa: S101  (its kind says so)
    paper = papers.reworded_refusal(
        issued, work.bundle, draft, papers.signer(work.actor, unit), unit,
        on=work.at.astimezone(LOCAL).date(), replaces=old,
    )  # fmt: skip
    return paper, "", rules.changed(rewording.worded(issued).to_json(), draft)


def _by_person(work: Work) -> DutyRef:
    duty = competent(work)
    if duty is None:
        raise NoDuty("Việc này do người có thẩm quyền của cơ quan giải quyết thực hiện.")
    return duty


def _preparing(work: Work, row: ResultCorrection) -> DutyRef | None:
    """Return the duty of who prepares the new result: the officer named, under any duty, or the competent person."""
    mine = next((duty for duty in work.actor.duties if duty.covers(work.dossier.field_code)), None)
    if work.actor.staff_id is not None and work.actor.staff_id == row.officer_id and mine is not None:
        return mine
    return _by_person(work)


def _all(work: Work) -> list[ResultCorrection]:
    """Return the corrections of the dossier in order; only the last can be open."""
    return list(ResultCorrection.objects.filter(dossier_id=work.dossier.subject).order_by("no"))


def _standing(work: Work, *wanted: CorrectionState) -> ResultCorrection:
    """
    Return the correction that is open, where the act begins.

    :raises NothingToCorrect:
    """
    known = _all(work)
    row = known[-1] if known and known[-1].state in OPEN else None
    correcting.expect(row.state if row else None, *wanted)
    assert row is not None  # noqa: S101  (refused above)
    return row


def _new(
    work: Work, known: Sequence[ResultCorrection], asker: Asker, words: str
) -> tuple[ResultCorrection, DocumentRow]:
    """
    Return a correction of the result as it was issued last, not stored yet, and that result.

    :raises NothingToCorrect, CorrectionOpen:
    """
    dossier = work.dossier
    if any(one.state in OPEN for one in known):
        raise CorrectionOpen
    kind = correcting.issued_kind(work.state, dossier.decision, mirrored=dossier.mirrored)
    old = documents.latest(SYSTEM, dossier.subject, kind) if kind else None
    if old is None:
        raise NothingToCorrect("Hồ sơ này chưa có kết quả nào do cơ quan phát hành để đính chính.")
    made = ResultCorrection(
        dossier_id=dossier.subject, no=len(known) + 1, state=CorrectionState.ASKED.value, asked_by=asker.value,
        asked_at=work.at, what=words, old_document_id=old.id,
    )  # fmt: skip
    return made, old


_FIELDS = [field for field in ResultCorrection._meta.concrete_fields if not field.primary_key]
_COLUMNS = [field.attname for field in _FIELDS]
_UPSERT = (
    f"INSERT INTO dossiers_resultcorrection ({', '.join(_COLUMNS)})"  # noqa: S608  (columns of ours)
    f" VALUES ({', '.join('%s::jsonb' if name == 'draft' else '%s' for name in _COLUMNS)})"
    f" ON CONFLICT (dossier_id, no) DO UPDATE SET {', '.join(f'{name} = EXCLUDED.{name}' for name in _COLUMNS)}"
)


def _keep(work: Work, row: ResultCorrection) -> None:
    """Write the correction together with the act's ledger entry."""
    values = [getattr(row, field.attname) for field in _FIELDS]
    work.beside.append(
        (_UPSERT, [canonical.dumps(value) if isinstance(value, dict) else value for value in values])
    )
