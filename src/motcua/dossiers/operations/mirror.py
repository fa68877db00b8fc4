"""Parts that a ministry's central system decides: what it says is noted here, never decided (NĐ 301/2026, R-065)."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Max

from motcua.catalogue import queries as catalogue
from motcua.documents import operations as documents
from motcua.documents import queries as document_queries
from motcua.dossiers import clockwork, events, papers, rules
from motcua.dossiers import parts as part_rules
from motcua.dossiers.models import MirrorMessage
from motcua.dossiers.operations import parts, passing, tasks
from motcua.dossiers.operations.common import Done, Work, begin, finish, once, told
from motcua.dossiers.operations.telling import tell_others
from motcua.dossiers.rules import Act, Decision, State
from motcua.dossiers.telling import TellKind
from motcua.kernel.actor import SYSTEM, Actor, ActorKind
from motcua.kernel.calendar import LOCAL
from motcua.kernel.counting import Ground, Pause
from motcua.kernel.errors import Invalid
from motcua.organisation import queries as organisation
from motcua.repository import operations as repository
from motcua.repository.rules import Certainty, Handed


@once
def mirror(
    *,
    code: str,
    actor: Actor,
    key: str,
    at: datetime,
    state: str,
    message_id: str,
    said_at: datetime,
    evidence: str,
    number: str = "",
    file_id: int | None = None,
    verifying: bool = False,
    acknowledges: int | None = None,
    seen: int | None = None,
) -> Done:
    """
    Note what the central system says of a part: its state, since when, its number, the result where there is one.

    `message_id` is the system's own number of what it said; told twice it counts once. What comes after something
    later, or after the end, is kept and changes nothing. An officer of the counter that sent or would receive the part
    names the `evidence`; over the connection the system's own account acts. `verifying`: the system says that it
    verifies on site, and the part has the longer limit the law gives for that. That it has the part (`submitted`)
    is the acknowledgement its group's law gives two working hours for; so it is of a request that was passed on
    (`acknowledges` is its number, 0 the part itself, None whatever waits).

    After the end a newer message that names another result brings a corrected one: it takes the place of the one
    before, in the owner's repository too, and whoever used that one is told. The part stays as ended as it was.

    :raises DossierNotFound, Stale, Replayed, NoDuty:
    :raises NotAllowedNow: no central system decides this dossier.
    :raises Invalid: the state is none that can be told, its moment is in the future, evidence is missing, or the
        message was noted with other content.
    :raises NotFound: the file is not the actor's upload.
    """
    body = {
        "state": state, "message": message_id, "said_at": said_at, "evidence": evidence, "number": number,
        "file": file_id, **({"verifying": True} if verifying else {}),
        **({"acknowledges": acknowledges} if acknowledges is not None else {}),
    }  # fmt: skip
    work = begin(act=Act.MIRROR, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    duty = None if actor.kind in (ActorKind.SYSTEM, ActorKind.PARTNER) else passing.counter_of(work)
    said = _checked(state, message_id, said_at, evidence, at)
    dossier = work.dossier
    known = MirrorMessage.objects.filter(dossier_id=dossier.subject, message_id=message_id.strip()).first()
    if known is not None:
        if (known.state, known.said_at, known.number) != (said.value, said_at, number.strip()):
            raise Invalid(errors={"message_id": "Mã thông báo này đã được ghi nhận với nội dung khác."})
        return Done(dossier.subject, dossier.code, dossier.state, dossier.seq, dossier.due_at, again=True)
    changes = MirrorMessage.objects.filter(dossier_id=dossier.subject, applied=True)
    last = changes.exclude(state=State.SUBMITTED.value).aggregate(last=Max("said_at"))
    acknowledged = said is State.SUBMITTED and passing.acknowledge(work, acknowledges)
    if file_id is not None:
        documents.attach(actor=actor, file_ids=[file_id], subject=dossier.subject)
    old = _known(work) if said in part_rules.RESULT or said is State.STOPPED else None
    anew = part_rules.brings_result(
        work.state, said, said_at, last["last"], _named(old), (number.strip(), _digest(file_id))
    )
    moves = part_rules.mirrors(work.state, said, said_at, last["last"])
    applied = acknowledged or moves or anew
    corrects = old if anew else None
    MirrorMessage.objects.create(
        dossier_id=dossier.subject,
        message_id=message_id.strip(),
        state=said.value,
        said_at=said_at,
        number=number.strip(),
        evidence=evidence.strip()[:500],
        file_id=file_id,
        applied=applied,
        verifying=verifying,
        replaces=corrects,
        noted_at=at,
    )
    if moves:
        _apply(work, said, said_at)
    if corrects is not None:
        _replace(work, corrects, number.strip())
    if (moves or anew) and said in part_rules.RESULT and file_id is not None and file_id != _file_of(old):
        _keep(work, number.strip(), file_id, said_at)
    if moves or anew:
        passing.settle(work, corrected=corrects is not None)
    elif not acknowledged and said is work.state and said in rules.ENDED:
        passing.uncorrected(work, said_at)
    limits = parts.relimit(work, verifying=True) if verifying and applied else {}
    return finish(
        work,
        Act.MIRROR,
        duty=duty,
        payload={
            "system": dossier.mirrored,
            "message": message_id.strip(),
            "said": said.value,
            "said_at": said_at,
            "number": number.strip(),
            "applied": applied,
            **({"verifying": True} if verifying else {}),
            **({"replaces": corrects.number, "replaces_message": corrects.message_id} if corrects else {}),
            **({"acknowledges": acknowledges} if acknowledges is not None else {}),
            **limits,
        },
        personal={"evidence": evidence.strip()},
        event=told(work, events.MirroredCorrected, applied=True, text=_told_number(number))
        if corrects is not None
        else told(work, events.Mirrored, applied=applied),
    )


def _known(work: Work) -> MirrorMessage | None:
    """Return the message that gave the part's result as it counts now; None where none gave one."""
    given = MirrorMessage.objects.filter(dossier_id=work.dossier.subject, applied=True).exclude(
        number="", file__isnull=True
    )
    ends = [str(state) for state in (*part_rules.RESULT, State.STOPPED)]
    return given.filter(state__in=ends).select_related("file").order_by("-said_at", "-id").first()


def _named(row: MirrorMessage | None) -> tuple[str, str]:
    """Return number and digest of the result a message gave."""
    if row is None:
        return "", ""
    return row.number, row.file.sha256 if row.file is not None else ""


def _file_of(row: MirrorMessage | None) -> int | None:
    return row.file_id if row is not None else None


def _digest(file_id: int | None) -> str:
    return document_queries.file(SYSTEM, file_id).sha256 if file_id is not None else ""


def _told_number(number: str) -> str:
    return f"Số của kết quả mới: {number.strip()}." if number.strip() else ""


def _replace(work: Work, old: MirrorMessage, number: str) -> None:
    """End what the old result gave its owner; tell whoever used it, and the other parts of the group."""
    dossier = work.dossier
    used: list[int] = []
    if old.file_id is not None:
        _, used = repository.supersede(
            source_subject=dossier.subject,
            file_id=old.file_id,
            reason=f"Đính chính bằng văn bản số {number or 'mới'} của {dossier.mirrored}",
            at=work.at,
        )
    tell_others(
        work,
        used,
        TellKind.PAPER_REPLACED,
        f"Kết quả số {old.number or 'cũ'} của hồ sơ {dossier.code} đã được {dossier.mirrored} đính chính."
        " Xem lại giấy tờ lấy từ kết quả này.",
    )


def _checked(state: str, message_id: str, said_at: datetime, evidence: str, at: datetime) -> State:
    errors = {}
    if state not in {str(one) for one in part_rules.SAID}:
        errors["state"] = "Chọn trạng thái trong danh sách."
    if not message_id.strip() or len(message_id.strip()) > 120:
        errors["message_id"] = "Ghi mã thông báo của hệ thống kia (không quá 120 ký tự)."
    if said_at > at:
        errors["said_at"] = "Thời điểm của hệ thống kia không được ở tương lai."
    if len(evidence.strip()) < 10:
        errors["evidence"] = "Ghi rõ căn cứ: thông báo, văn bản hoặc màn hình tra cứu (ít nhất 10 ký tự)."
    if errors:
        raise Invalid(errors=errors)
    return State(state)


def _apply(work: Work, said: State, said_at: datetime) -> None:
    """Bring the part to what was said; its clock starts, holds and goes on with the central system's moments."""
    dossier = work.dossier
    moment = max(said_at, dossier.filed_at)
    if said not in (State.NOT_ACCEPTED, State.WITHDRAWN) and dossier.accepted_at is None:
        clock = clockwork.start(
            moment, parts.limit(work, []), tasks.policy(work), work.calendar, work.bundle.steps
        )
        dossier.accepted_at = dossier.clock_started_at = moment
        dossier.due_at = dossier.original_due_at = clock.deadline.at
        dossier.clock = clock.to_json()
    held = bool(dossier.clock) and work.clock.deadline.suspended
    if held and said is not State.SUPPLEMENT_REQUESTED:
        clock = clockwork.resume(
            work.clock,
            max(moment, work.clock.deadline.pauses[-1].started_at),
            work.bundle.steps,
            work.calendar,
        )
        dossier.clock, dossier.due_at = clock.to_json(), clock.due_at
    elif said is State.SUPPLEMENT_REQUESTED and not held:
        pause = Pause(moment, None, Ground.SUPPLEMENT, reference=dossier.mirrored[:200])
        dossier.clock = clockwork.pause(work.clock, pause, work.bundle.steps, work.calendar).to_json()
        dossier.supplement_count += 1
    dossier.state = said.value
    if said in (State.PROCESSED, State.RETURNED):
        dossier.decision = Decision.APPROVED.value
        dossier.processed_at = dossier.processed_at or moment
    elif said is State.STOPPED:
        dossier.decision = Decision.REFUSED.value
    if said in rules.ENDED:
        dossier.ended_at = dossier.ended_at or moment
    if said is State.RETURNED:
        dossier.returned_at = moment


def _keep(work: Work, number: str, file_id: int, said_at: datetime) -> None:
    """Put the result the central system gave into the owner's repository, where its kind is a lasting paper."""
    kind = papers.result_type(work.bundle)
    if kind.paper_type_id is None:
        return
    paper = catalogue.paper_types()[kind.paper_type.code]  # type: ignore[union-attr]
    repository.deposit_papers(
        owner_id=work.dossier.owner_id,
        owner_number=work.dossier.owner_number,
        papers=[
            Handed(
                paper_type=paper.code,
                title=kind.name,
                number=number,
                issuer=organisation.root_of_agency(work.dossier.agency_id).name,
                issued_on=said_at.astimezone(LOCAL).date(),
                file_id=file_id,
                certainty=Certainty.CHECKED,
            )
        ],
        source_subject=work.dossier.subject,
        at=work.at,
    )
