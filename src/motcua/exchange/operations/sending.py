"""Messages to partners: queued from events, sent with retries, acknowledged by the answer, sent again by hand."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from motcua.dossiers import operations as dossiers
from motcua.dossiers.models import Dossier
from motcua.dossiers.rules import State
from motcua.exchange import portals, queries
from motcua.exchange.connectors import Line
from motcua.exchange.models import Message, Partner
from motcua.exchange.operations import partners, portal
from motcua.exchange.operations.portal import Ready
from motcua.exchange.operations.queueing import queue
from motcua.exchange.rules import (
    AGAIN,
    AGAIN_AT_PORTAL,
    KIND_NAMES,
    Direction,
    Kind,
    MessageNotFound,
    MessageState,
    NotResendable,
    NotTheKeeper,
)
from motcua.kernel.actor import Actor, Role
from motcua.kernel.errors import DomainError
from motcua.kernel.retry import Failure, NotSent, Sent
from motcua.platform import idempotency

log = structlog.get_logger(__name__)
CLAIM = timedelta(minutes=3)
THREADS = 4
THE_PART = 0
"""In the place of a request's number: the message hands the part itself over."""

Send = Callable[[Line, Mapping[str, Any]], str]
Lines = Callable[..., Line]
"""
Where a partner's messages go, from its code and the address it is agreed to have; `portal`: by an interface of the
national portal.
"""
Tell = Callable[[Line, portals.Terms, portals.Telling, portals.Said], None]


@transaction.atomic
def enqueue(
    *,
    event_id: uuid.UUID,
    kind: Kind,
    subject: int,
    at: datetime,
    real_at: datetime,
    request: int = THE_PART,
) -> bool:
    """
    Queue a message about a part for the partner that decides it; False where none takes it, or it was queued before.

    `request` is the number of what is asked about a part that was handed over. What the partner is told is frozen here.
    """
    row = Dossier.objects.filter(pk=subject).first()
    partner = queries.deciding(row.mirrored, at) if row is not None and row.mirrored else None
    if row is None or partner is None or not (partner.address or settings.PARTNER_STANDIN_URL):
        return False
    known = Message.objects.filter(partner=partner, message_id=str(event_id), direction=Direction.OUT.value)
    if known.exists():
        return False
    told = queries.contents(row) if request == THE_PART else queries.asked(row, request)
    content = {"message_id": str(event_id), "kind": kind.value, **told}
    queue(partner, kind, subject, row.code, content, at=at, real_at=real_at)
    return True


def send_due(
    *,
    at: datetime,
    real_at: datetime,
    send: Send,
    line_of: Lines,
    limit: int = 20,
    tell: Tell = portals.tell,
) -> Sent:
    """
    Send what is due: claimed in one transaction, sent outside of any, each outcome in its own.

    A dossier's messages go in their order: one that is not through holds those after it. `at` is the clock of acts: by
    it the answer to a message is noted as the acknowledgement of its part. `line_of` gives address and token of a
    partner by its code and address. What goes by an interface of the national portal is told by `tell`.
    """
    claimed = _claim(at, real_at, limit)
    if not claimed:
        return Sent()

    ready = {row.pk: portal.prepared(row, at=at, real_at=real_at) for row in claimed}

    def attempt(row: Message) -> str | NotSent:
        made = ready[row.pk]
        if isinstance(made, NotSent):
            return made
        try:
            if made is not None:
                line = line_of(row.partner.code, row.partner.address, portal=True)
                tell(line, made.terms, made.telling, made.said)
                return made.said.receipt
            body = {**row.content, "sent_at": at.isoformat()}
            return send(line_of(row.partner.code, row.partner.address), body)
        except NotSent as trouble:
            return trouble

    with ThreadPoolExecutor(min(THREADS, len(claimed))) as pool:
        outcomes = list(pool.map(attempt, claimed))
    states = [
        _record(row, outcome, ready[row.pk], at, real_at)
        for row, outcome in zip(claimed, outcomes, strict=True)
    ]
    done = Sent(
        *(states.count(state) for state in (MessageState.SENT, MessageState.QUEUED, MessageState.FAILED))
    )
    log.info("partner_messages_sent", sent=done.sent, postponed=done.postponed, failed=done.failed)
    return done


@transaction.atomic
def _claim(at: datetime, real_at: datetime, limit: int) -> list[Message]:
    before = Message.objects.filter(
        partner=OuterRef("partner"),
        subject=OuterRef("subject"),
        direction=Direction.OUT.value,
        state__in=queries.HELD,
        pk__lt=OuterRef("pk"),
    )
    rows = list(
        Message.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        .select_related("partner__account")
        .filter(Q(claimed_until=None) | Q(claimed_until__lt=real_at), ~Exists(before))
        .filter(
            partner__in=Partner.objects.filter(queries.in_force(at)),
            state=MessageState.QUEUED.value,
            next_attempt_at__lte=real_at,
        )
        .order_by("next_attempt_at", "id")[:limit]
    )
    claim = uuid.uuid4()
    Message.objects.filter(pk__in=[row.pk for row in rows]).update(claim=claim, claimed_until=real_at + CLAIM)
    for row in rows:
        row.claim = claim
    return rows


def _record(
    row: Message, outcome: str | NotSent, made: Ready | NotSent | None, at: datetime, real_at: datetime
) -> MessageState:
    """Write the outcome, unless the claim was lost meanwhile."""
    mine = Message.objects.filter(pk=row.pk, claim=row.claim, state=MessageState.QUEUED.value)
    free: dict[str, Any] = {"claim": None, "claimed_until": None}
    retry = AGAIN if made is None else AGAIN_AT_PORTAL
    if isinstance(made, Ready):
        portal.keep(row, made, told=isinstance(outcome, str), at=at, real_at=real_at)
        free["wire"] = made.said.calls
    if isinstance(outcome, str):
        if row.kind != Kind.STATE:
            _acknowledged(row, outcome, at)
        mine.update(
            state=MessageState.SENT.value, receipt=outcome, reason="", ended_at=real_at, next_attempt_at=None,
            attempts=F("attempts") + 1, **free,
        )  # fmt: skip
        return MessageState.SENT
    counted = 0 if outcome.failure is Failure.OUTAGE else 1
    again = retry.next(
        outcome.failure,
        attempts=row.attempts + counted,
        queued_at=row.retried_at or row.created_at,
        at=real_at,
    )
    state = MessageState.FAILED if again is None else MessageState.QUEUED
    mine.update(
        state=state.value, reason=str(outcome)[:300], attempts=F("attempts") + counted, next_attempt_at=again,
        ended_at=real_at if again is None else None, **free,
    )  # fmt: skip
    return state


def _acknowledged(row: Message, receipt: str, at: datetime) -> None:
    """Note the answer as the acknowledgement of the part, or of what is asked; one that went on meanwhile has it."""
    try:
        dossiers.mirror(
            code=row.dossier_code,
            actor=queries.actor_of(row.partner),
            key=f"exchange-receipt-{row.pk}",
            at=at,
            state=State.SUBMITTED.value,
            message_id=f"nhan-{receipt}",
            said_at=at,
            evidence=f"Hệ thống kia trả lời đã nhận tin “{KIND_NAMES[Kind(row.kind)]}”, mã nhận {receipt}.",
            acknowledges=int(row.content.get("request", THE_PART)),
        )
    except DomainError as refusal:
        log.warning("acknowledgement_not_noted", message=row.pk, code=refusal.code)


def resend(*, message: int, actor: Actor, key: str, at: datetime, real_at: datetime) -> None:
    """
    Queue a message that failed again, with all attempts before it; it stands in the partner's ledger.

    :raises MessageNotFound, NotTheKeeper, NotResendable, Replayed, MissingKey:
    """
    try:
        with transaction.atomic(durable=True):
            idempotency.take(actor, key, "exchange.resend", [message], at=at, subject=message)
            rows = Message.objects.select_for_update(no_key=True)
            row = rows.filter(pk=message).first() if queries.watches(actor) and message < 2**63 else None
            if row is None:
                raise MessageNotFound
            duty = actor.duty(Role.ADMIN)
            if duty is None:
                raise NotTheKeeper
            if row.state != MessageState.FAILED:
                raise NotResendable
            row.state, row.attempts, row.retried_at = MessageState.QUEUED.value, 0, real_at
            row.next_attempt_at, row.ended_at, row.reason = real_at, None, ""
            row.save(
                update_fields=["state", "attempts", "retried_at", "next_attempt_at", "ended_at", "reason"]
            )
            told = {"message": row.pk, "code": row.dossier_code}
            partners.note(row.partner_id, "partner_resend", actor, duty, at, told)
    except idempotency.AlreadyDone:
        return
