"""What a partner tells of a part it decides: kept in the log, then the very act an officer would do by hand (R-065)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from motcua.catalogue import queries as catalogue
from motcua.documents import operations as documents
from motcua.documents import queries as document_queries
from motcua.documents.models import File
from motcua.dossiers import operations as dossiers
from motcua.dossiers import sight
from motcua.dossiers.models import Dossier, MirrorMessage
from motcua.exchange import rules
from motcua.exchange.models import Message
from motcua.exchange.queries import Calling
from motcua.exchange.rules import Direction, Kind, MessageChanged, MessageState, Scope
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import DomainError, Invalid
from motcua.platform import canonical

REFUSAL_KEPT = 2000


@dataclass(frozen=True, slots=True)
class ResultTold:
    """The result as its metadata describe it; `file_id` is what the upload of the signed file was answered with."""

    number: str = ""
    file_id: int | None = None
    sha256: str = ""
    signed_by: str = ""
    signed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """One message of a partner: what it says of a part, by its own number of states, since when."""

    message_id: str
    dossier: str
    status: int
    said_at: datetime
    note: str = ""
    verifying: bool = False
    result: ResultTold = ResultTold()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a message is answered with; `again`: it had been taken before, and nothing was done."""

    message_id: str
    outcome: MessageState
    dossier: str
    state: str
    again: bool = False


def receive(*, calling: Calling, report: Report, at: datetime, real_at: datetime) -> Receipt:
    """
    Take a message: log it, let the part follow it as the partner's own account, and log what came of it.

    The same message again is answered as the first time and counted. One that was refused may come again under its
    id. What comes after something newer is kept and changes nothing.

    :raises ScopeMissing: the token is not for reporting; nothing is logged.
    :raises MessageChanged: the id came before with another content.
    :raises DomainError: what the act itself refuses; the log keeps the message and the reason.
    """
    calling.may(Scope.REPORT)
    content = asdict(report)
    told = canonical.digest(canonical.dumps(content).encode()).hex()
    row = _logged(calling, report, told, at, real_at)
    if row.digest != told:
        changed = MessageChanged()
        _log(calling, report, told, at, real_at, MessageState.REFUSED, changed)
        raise changed
    if row.state != MessageState.RECEIVED:
        Message.objects.filter(pk=row.pk).update(times=F("times") + 1)
        dossier = Dossier.objects.get(pk=row.subject or 0)
        return Receipt(row.message_id, MessageState(row.state), dossier.code, dossier.state, again=True)
    try:
        done = _done(calling, report, at)
    except DomainError as refusal:
        _end(row, real_at, MessageState.REFUSED, code=refusal.code, reason=refusal.message[:REFUSAL_KEPT])
        raise
    applied = MirrorMessage.objects.filter(
        dossier_id=done.subject, message_id=report.message_id, applied=True
    ).exists()
    outcome = MessageState.APPLIED if applied else MessageState.KEPT
    _end(row, real_at, outcome, subject=done.subject)
    return Receipt(report.message_id, outcome, done.code, done.state, again=done.again)


def misshapen(
    *, calling: Calling, body: bytes, code: str, reason: str, at: datetime, real_at: datetime
) -> None:
    """
    Log a request that does not have the shape of the interface, masked and bounded; nothing came of it.

    Nothing is logged of who may not report.
    """
    if Scope.REPORT not in calling.scopes:
        return
    kept = rules.kept_of(body)
    said = {
        name: value if isinstance(value := kept.get(name), str) else "" for name in ("message_id", "dossier")
    }
    _insert(
        calling,
        Kind.MISSHAPEN,
        said["message_id"],
        said["dossier"],
        kept,
        canonical.digest(body).hex(),
        at,
        real_at,
        MessageState.REFUSED,
        code=code,
        reason=reason,
    )


def upload(*, calling: Calling, name: str, data: bytes, at: datetime) -> File:
    """
    Keep the file of a result until a message names it.

    :raises ScopeMissing, UploadRefused:
    """
    calling.may(Scope.REPORT)
    return documents.store_upload(actor=calling.actor, name=name, data=data, at=at)


def _done(calling: Calling, report: Report, at: datetime) -> dossiers.Done:
    """Do the act the message asks for."""
    numbers = catalogue.status_map(calling.statuses, at.astimezone(LOCAL).date())
    state, result = rules.told_state(report.status, numbers), report.result
    if result.file_id is not None:
        kept = document_queries.file(calling.actor, result.file_id)
        if kept.sha256 != result.sha256.lower():
            raise Invalid(errors={"result.sha256": "Mã băm không khớp với tệp đã gửi."})
    words = [f"Tin {report.message_id} qua kết nối.", report.note.strip()]
    if result.signed_by:
        words.append(f"Người ký: {result.signed_by.strip()}.")
    return dossiers.mirror(
        code=report.dossier,
        actor=calling.actor,
        key=f"exchange-{report.message_id}",
        at=at,
        state=state.value,
        message_id=report.message_id,
        said_at=rules.moment_of(report.said_at, at),
        evidence=" ".join(word for word in words if word)[:500],
        number=result.number,
        file_id=result.file_id,
        verifying=report.verifying,
    )


def _logged(calling: Calling, report: Report, told: str, at: datetime, real_at: datetime) -> Message:
    """Return the row of the message: a new one, or the one it has already."""
    try:
        with transaction.atomic():
            return _log(calling, report, told, at, real_at, MessageState.RECEIVED, None)
    except IntegrityError:
        taken = Message.objects.exclude(state=MessageState.REFUSED.value).filter(
            partner_id=calling.partner_id, direction=Direction.IN.value, message_id=report.message_id
        )
        # the other one may have been refused in this very moment
        return taken.first() or _log(calling, report, told, at, real_at, MessageState.RECEIVED, None)


def _log(
    calling: Calling,
    report: Report,
    told: str,
    at: datetime,
    real_at: datetime,
    state: MessageState,
    refusal: DomainError | None,
) -> Message:
    return _insert(
        calling, Kind.REPORT, report.message_id, report.dossier, json.loads(canonical.dumps(asdict(report))), told,
        at, real_at, state,
        code=refusal.code if refusal else "", reason=refusal.message if refusal else "",
    )  # fmt: skip


def _insert(
    calling: Calling,
    kind: Kind,
    message_id: str,
    dossier: str,
    content: Mapping[str, Any],
    told: str,
    at: datetime,
    real_at: datetime,
    state: MessageState,
    *,
    code: str,
    reason: str,
) -> Message:
    own = sight.seen(calling.actor).filter(code=dossier)
    return Message.objects.create(
        partner_id=calling.partner_id,
        direction=Direction.IN.value,
        kind=kind.value,
        message_id=message_id,
        subject=own.values_list("pk", flat=True).first(),
        dossier_code=dossier,
        content=content,
        digest=told,
        state=state.value,
        code=code,
        reason=reason[:REFUSAL_KEPT],
        at=at,
        created_at=real_at,
        ended_at=real_at if state is MessageState.REFUSED else None,
    )


def _end(row: Message, real_at: datetime, state: MessageState, **more: object) -> None:
    Message.objects.filter(pk=row.pk).update(state=state.value, ended_at=real_at, **more)
