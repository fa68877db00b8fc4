"""Requests about a part that a central system decides: passed on, acknowledged, answered (R-065, NĐ 301/2026)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db.models import DateTimeField, Value
from django.db.models.functions import Coalesce

from motcua.documents import operations as documents
from motcua.dossiers import events, passing, rules
from motcua.dossiers.correcting import Asker
from motcua.dossiers.models import Dossier, PassedOn
from motcua.dossiers.operations import arming, tasks
from motcua.dossiers.operations.common import Done, Work, begin, finish, once, told
from motcua.dossiers.operations.telling import tell
from motcua.dossiers.passing import MOST_FILES, PASS_NAMES, PassKind
from motcua.dossiers.rules import Act, State
from motcua.dossiers.telling import TellKind, Whom
from motcua.kernel.actor import Actor, ActorKind, DutyRef, Role
from motcua.kernel.errors import Invalid
from motcua.organisation import queries as organisation


@once
def ask_system(
    *,
    code: str,
    kind: str,
    words: str,
    actor: Actor,
    key: str,
    at: datetime,
    file_ids: Collection[int] = (),
    seen: int | None = None,
) -> Done:
    """
    Ask something of the central system that decides a part: a supplement, a withdrawal, a correction (`PassKind`).

    As the people of the dossier, or a counter that sent or would receive the part. The part stays as it is until the
    system says otherwise; it is to say within the time of an acknowledgement that it has the request, and to answer it
    within `request_answered_within` (dated data). Over a connection
    the request goes by itself, else the counter tells it another way and notes the answer.

    :raises DossierNotFound, Stale, Replayed, NoDuty, ReasonMissing:
    :raises NotAllowedNow: no central system decides this dossier, or that cannot be asked as it stands.
    :raises AlreadyPassedOn: it was asked before and is not answered.
    :raises Invalid: there is no such request, or too many files.
    :raises NotFound: a file is not the actor's upload.
    """
    body = {"kind": kind, "words": words, "files": sorted(file_ids)}
    work = begin(act=Act.ASK_SYSTEM, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    if kind not in set(PassKind):
        raise Invalid(errors={"kind": "Chọn đề nghị trong danh sách."})
    if len(set(file_ids)) > MOST_FILES:
        raise Invalid(errors={"files": f"Gửi mỗi lần không quá {MOST_FILES} tệp."})
    duty = None if actor.kind is ActorKind.CITIZEN else counter_of(work)
    return passed(work, PassKind(kind), rules.reason(words), duty, file_ids)


def passed(
    work: Work, kind: PassKind, words: str, duty: DutyRef | None, file_ids: Collection[int] = ()
) -> Done:
    """
    Write a request about a part under its lock down, with its entry and event.

    :raises NotAllowedNow, AlreadyPassedOn, NotFound:
    """
    dossier, at = work.dossier, work.at
    before = list(PassedOn.objects.filter(dossier_id=dossier.subject).values_list("kind", "settled_at"))
    passing.check(kind, work.state, dossier.decision, [one for one, settled in before if settled is None])
    documents.attach(actor=work.actor, file_ids=file_ids, subject=dossier.subject)
    by_applicant = work.actor.kind is ActorKind.CITIZEN
    row = PassedOn.objects.create(
        dossier_id=dossier.subject,
        no=len(before) + 1,
        kind=kind.value,
        words=words,
        files=sorted(set(file_ids)),
        asked_by=(Asker.APPLICANT if by_applicant else Asker.COUNTER).value,
        asked_at=at,
        answer_by=tasks.answer_until(work),
        answered_by=tasks.request_answered_by(work),
    )
    work.beside.append(arming.request_until(dossier.subject, row.answer_by, row.answered_by))
    if by_applicant:
        tell(
            work,
            TellKind.PASSED_ON,
            f"Người nộp đề nghị: {PASS_NAMES[kind].lower()}. Chưa có kết nối thì báo cho {dossier.mirrored}.",
            [Whom(unit_id=_sender(dossier), role=Role.ONE_STOP_OFFICER)],
        )
    return finish(
        work,
        Act.ASK_SYSTEM,
        duty=duty,
        payload={
            "system": dossier.mirrored,
            "request": row.no,
            "kind": kind.value,
            "files": len(row.files),
            "answer_by": row.answer_by,
        },
        personal={"reason": words},
        event=told(
            work, events.SystemAsked, request=row.no, asks=kind.value, answer_by=row.answer_by,
            text=PASS_NAMES[kind].lower(),
        ),
    )  # fmt: skip


def counter_of(work: Work) -> DutyRef:
    """
    Return the one-stop duty of the actor where a mirrored part went to, or where its group was received.

    :raises NoDuty: the actor has neither.
    """
    for unit_id in (work.dossier.receiving_unit_id, _sender(work.dossier)):
        for duty in work.actor.duties:
            if duty.role == Role.ONE_STOP_OFFICER and unit_id in organisation.reach(duty.unit_id):
                return duty
    raise rules.NoDuty


def _sender(dossier: Dossier) -> int:
    """Return the unit that received the group of a part."""
    return Dossier.objects.values_list("receiving_unit_id", flat=True).get(pk=dossier.parent_id or 0)


def acknowledge(work: Work, of: int | None) -> bool:
    """
    Note that the central system has the part, or requests about it; False where it was known or not asked for.

    `of` is the number of a request, 0 the part itself; None: whatever waits for it.
    """
    dossier = work.dossier
    if not of and work.state is State.SUBMITTED and dossier.answer_by is not None:
        dossier.answer_by = None
        return True
    waiting = PassedOn.objects.filter(
        dossier_id=dossier.subject, acknowledged_at__isnull=True, settled_at__isnull=True
    )
    if of is not None:
        waiting = waiting.filter(no=of)
    found = waiting.update(acknowledged_at=work.at)
    if found:
        work.beside.append(arming.requests_stand(dossier.subject))
    return bool(found)


def settle(work: Work, *, corrected: bool) -> None:
    """Close the requests that are answered by what changed the part (one statement)."""
    _settle(work, passing.answered(work.state, corrected=corrected))


def uncorrected(work: Work, said_at: datetime) -> None:
    """Close requests for a correction: the central system repeated the result since, as it was (one statement)."""
    _settle(work, [PassKind.CORRECTION], asked_at__lte=said_at)


def _settle(work: Work, answered: Sequence[PassKind], **asked: datetime) -> None:
    kinds = [str(kind) for kind in answered]
    open_rows = PassedOn.objects.filter(dossier_id=work.dossier.subject, settled_at__isnull=True, **asked)
    now = Value(work.at, output_field=DateTimeField())
    if open_rows.filter(kind__in=kinds).update(
        settled_at=work.at, acknowledged_at=Coalesce("acknowledged_at", now)
    ):
        work.beside.append(arming.requests_stand(work.dossier.subject))
