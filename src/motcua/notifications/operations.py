"""Every write of notices: from event to message, out of the house, and what became of it."""

from __future__ import annotations

import time
import unicodedata
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
import yaml
from django.db import transaction
from django.db.models import F, Q

from motcua.kernel.actor import Actor, ActorKind
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Forbidden, Invalid
from motcua.kernel.retry import Failure, NotSent, Retry, Sent
from motcua.notifications import queries, rules
from motcua.notifications.gateways import Envelope, Gateways
from motcua.notifications.models import Message, Sender, Template
from motcua.notifications.rules import Channel, NotPhoneable, NotResendable, State, TemplateInvalid
from motcua.platform import idempotency

__all__ = ["NotPhoneable", "NotResendable", "TemplateInvalid"]

log = structlog.get_logger(__name__)
RETRY = Retry()
CLAIM = timedelta(minutes=3)
THREADS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """
    What an event says to its people. `event_id` makes a second handing-over of the event do nothing.

    `text` is a sentence of the process itself; it goes to the portal and by letter, never by SMS.
    """

    event_id: uuid.UUID
    topic: str
    subject: int
    code: str
    at: datetime
    due_at: datetime | None
    party_ids: tuple[int, ...]
    unit_id: int | None
    procedure_version_id: int | None = None
    text: str = ""


@transaction.atomic
def enqueue(notice: Notice, queued_at: datetime, *, settled: bool = False) -> int:
    """
    Write the messages of one event, by the templates of its day; return how many were new.

    Portal messages have arrived as soon as they are written. `settled` keeps what leaves the house from being
    sent: SMS count as delivered, letters as sent (played history of the demo). `queued_at` is real time.
    """
    on = notice.at.astimezone(LOCAL).date()
    templates = queries.templates(notice.topic, on)
    speaker = queries.sender(on)
    if not templates or speaker is None:
        return 0
    values = _values(notice, speaker, needs_names=any(c is not Channel.SMS for c in templates))
    written = []
    for target in rules.targets(queries.contacts(notice.party_ids), templates):
        template = templates[target.channel]
        arrived = target.channel is Channel.PORTAL
        state = State.DELIVERED if arrived else State.QUEUED
        if settled and not arrived:
            state = State.SENT if target.channel is Channel.EMAIL else State.DELIVERED
        waits = state is State.QUEUED
        render = rules.render_sms if target.channel is Channel.SMS else rules.render_text
        written.append(
            Message(
                event_id=notice.event_id,
                subject=notice.subject,
                dossier_code=notice.code,
                unit_id=notice.unit_id,
                party_id=target.party_id,
                channel=target.channel,
                topic=notice.topic,
                title=rules.subject_line(template.title, values),
                text=render(template.body, values),
                address=target.address,
                state=state,
                at=notice.at,
                queued_at=queued_at,
                next_attempt_at=queued_at if waits else None,
                ended_at=None if waits else notice.at,
            )
        )
    before = Message.objects.filter(event_id=notice.event_id).count() if written else 0
    Message.objects.bulk_create(written, ignore_conflicts=True)
    return max(0, len(written) - before)


def _values(notice: Notice, speaker: Sender, *, needs_names: bool) -> dict[str, str]:
    values = {
        "code": notice.code,
        "due": rules.moment(notice.due_at) or "theo giấy báo",
        "at": rules.moment(notice.at),
        "hotline": speaker.hotline,
        "site": speaker.site,
        "link": speaker.link,
        "text": notice.text,
        "procedure": "",
        "unit": "",
    }
    if needs_names:
        field, name = queries.procedure_name(notice.procedure_version_id or 0)
        hidden = not name or queries.sensitivity(speaker).hides(field, name)
        values["procedure"] = "thủ tục hành chính đã nộp" if hidden else f"thủ tục “{name}”"
        values["unit"] = queries.unit_name(notice.unit_id or 0) or speaker.name
    return values


# -- out of the house ----------------------------------------------------------------------------------------


def send_due(at: datetime, gateways: Gateways, limit: int = 100) -> Sent:
    """
    Send what is due: claim in one transaction, send outside of any, record each outcome in its own.

    A process that dies in between leaves a claim that ends by itself; the reference keeps the gateway from
    sending twice. When a way out proves to be away, the rest of its messages wait without being tried. `at`
    is real time.
    """
    claimed = _claim(at, limit)
    if not claimed:
        return Sent()
    started = time.monotonic()
    away: set[Channel] = set()

    def attempt(envelope: Envelope) -> str | NotSent:
        if envelope.channel in away:
            return NotSent(Failure.OUTAGE, "Kênh gửi đang gián đoạn")
        try:
            return gateways.send(envelope)
        except NotSent as trouble:
            if trouble.failure is Failure.OUTAGE:
                away.add(envelope.channel)
            return trouble

    with ThreadPoolExecutor(min(THREADS, len(claimed))) as pool:
        outcomes = list(pool.map(attempt, [envelope for envelope, _ in claimed]))
    done = at + timedelta(seconds=time.monotonic() - started)
    counts = [_record(row, outcome, done) for (_, row), outcome in zip(claimed, outcomes, strict=True)]
    result = Sent(
        sum(state is State.SENT for state in counts),
        sum(state is State.QUEUED for state in counts),
        sum(state is State.FAILED for state in counts),
    )
    log.info("messages_sent", sent=result.sent, postponed=result.postponed, failed=result.failed)
    return result


@transaction.atomic
def _claim(at: datetime, limit: int) -> list[tuple[Envelope, Message]]:
    rows = list(
        Message.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(Q(claimed_until=None) | Q(claimed_until__lt=at), state=State.QUEUED, next_attempt_at__lte=at)
        .order_by("next_attempt_at", "id")[:limit]
    )
    claim, until = uuid.uuid4(), at + CLAIM
    Message.objects.filter(id__in=[row.id for row in rows]).update(claim=claim, claimed_until=until)
    speakers: dict[date, Sender | None] = {}
    claimed = []
    for row in rows:
        row.claim = claim
        on = row.at.astimezone(LOCAL).date()
        if on not in speakers:
            speakers[on] = queries.sender(on)
        speaker = speakers[on]
        channel = Channel(row.channel)
        name = "" if speaker is None else speaker.sms_name if channel is Channel.SMS else speaker.email
        reference = f"{row.event_id.hex}-{row.party_id}-{channel}"
        claimed.append((Envelope(row.id, channel, row.address, row.title, row.text, reference, name), row))
    return claimed


def _record(row: Message, outcome: str | NotSent, at: datetime) -> State:
    """
    Write the outcome, unless the claim was lost meanwhile or the message has moved on (a fast receipt, a
    call).
    """
    mine = Message.objects.filter(id=row.id, claim=row.claim, state=State.QUEUED)
    free: dict[str, Any] = {"claim": None, "claimed_until": None}
    if isinstance(outcome, str):
        mine.update(
            state=State.SENT, provider_id=outcome, sent_at=at, error="", attempts=F("attempts") + 1,
            next_attempt_at=at + RECEIPT_AFTER if row.channel == Channel.SMS else None, **free,
        )  # fmt: skip
        return State.SENT
    counted = 0 if outcome.failure is Failure.OUTAGE else 1
    again = RETRY.next(outcome.failure, attempts=row.attempts + counted, queued_at=row.queued_at, at=at)
    state = State.FAILED if again is None else State.QUEUED
    mine.update(
        state=state, error=str(outcome)[:300], attempts=F("attempts") + counted, next_attempt_at=again,
        ended_at=at if again is None else None, **free,
    )  # fmt: skip
    return state


# -- what became of it ---------------------------------------------------------------------------------------

RECEIPT_AFTER = timedelta(seconds=30)


@transaction.atomic
def record_receipt(provider_id: str, *, delivered: bool, error: str, at: datetime) -> bool:
    """Take a delivery report; False when no message waits for it. A repeated report changes nothing."""
    row = (
        Message.objects.select_for_update(no_key=True)
        .filter(provider_id=provider_id, state=State.SENT)
        .exclude(provider_id="")
        .first()
    )
    if row is None:
        return False
    row.state = rules.after_receipt(State(row.state), delivered)
    row.error = "" if delivered else (error or "Nhà mạng báo không chuyển được")[:300]
    row.ended_at, row.next_attempt_at = at, None
    row.save(update_fields=["state", "error", "ended_at", "next_attempt_at"])
    return True


def poll_receipts(at: datetime, gateways: Gateways, limit: int = 50) -> int:
    """
    Ask the gateway for SMS whose report has not come; return how many are settled. Given up a day after
    sending.
    """
    if gateways.sms is None:
        return 0
    waiting = list(
        Message.objects.filter(
            state=State.SENT,
            channel=Channel.SMS,
            next_attempt_at__lte=at,
            sent_at__gt=at - RETRY.give_up_after,
        ).order_by("next_attempt_at")[:limit]
    )
    settled = 0
    for row in waiting:
        try:
            delivered, error = gateways.sms.status(row.provider_id)
        except NotSent as trouble:
            if trouble.failure is Failure.OUTAGE:
                break
            delivered, error = None, str(trouble)
        if delivered is None:
            pause = min(max(at - (row.sent_at or at), RECEIPT_AFTER), timedelta(hours=1))
            Message.objects.filter(id=row.id, state=State.SENT).update(next_attempt_at=at + pause)
        elif record_receipt(row.provider_id, delivered=delivered, error=error, at=at):
            settled += 1
    return settled


@transaction.atomic
def record_phone_call(*, message_id: int, actor: Actor, key: str, at: datetime, note: str) -> Message:
    """
    Record that the person was told by telephone, because the message did not reach them.

    :raises Replayed, NotFound, Forbidden, NotPhoneable, Invalid:
    """
    note = " ".join(unicodedata.normalize("NFC", note).split())
    if not _first(actor, key, "notifications.record_phone_call", message_id, {"note": note}, at):
        return queries.lock(message_id, actor)
    row = queries.lock(message_id, actor)
    if actor.kind is not ActorKind.STAFF:
        raise Forbidden
    rules.ensure_phoneable(State(row.state))
    if not 1 <= len(note) <= 500:
        raise Invalid(errors={"note": "Ghi ngắn gọn đã báo cho ai, nội dung gì (tối đa 500 ký tự)."})
    row.state, row.note, row.phoned_by, row.ended_at, row.next_attempt_at = (
        State.BY_PHONE, note, actor.account_id, at, None,
    )  # fmt: skip
    row.save(update_fields=["state", "note", "phoned_by", "ended_at", "next_attempt_at"])
    return row


@transaction.atomic
def resend(*, message_id: int, actor: Actor, key: str, at: datetime) -> Message:
    """
    Queue a failed message again, with all attempts before it. `at` is real time.

    :raises Replayed, NotFound, Forbidden, NotResendable:
    """
    if not _first(actor, key, "notifications.resend", message_id, {}, at):
        return queries.lock(message_id, actor)
    row = queries.lock(message_id, actor)
    if actor.kind is not ActorKind.STAFF:
        raise Forbidden
    rules.ensure_resendable(State(row.state), Channel(row.channel))
    row.state, row.attempts, row.queued_at, row.next_attempt_at = State.QUEUED, 0, at, at
    row.error, row.ended_at, row.provider_id = "", None, ""
    row.save(
        update_fields=[
            "state", "attempts", "queued_at", "next_attempt_at", "error", "ended_at", "provider_id",
        ]
    )  # fmt: skip
    return row


@transaction.atomic
def mark_read(*, message_id: int, actor: Actor, at: datetime) -> None:
    """
    Note that the citizen opened a portal message; opening it again changes nothing.

    :raises NotFound:
    """
    row = queries.lock(message_id, actor)
    if row.read_at is None and actor.kind is ActorKind.CITIZEN:
        row.read_at = at
        row.save(update_fields=["read_at"])


def _first(
    actor: Actor, key: str, operation: str, message_id: int, body: Mapping[str, Any], at: datetime
) -> bool:
    """Take the key of a write; False when this very write was done before."""
    try:
        idempotency.take(actor, key, operation, {"message": message_id, **body}, at=at, subject=message_id)
    except idempotency.AlreadyDone:
        return False
    return True


# -- templates -----------------------------------------------------------------------------------------------


@transaction.atomic
def load_templates(path: Path) -> int:
    """
    Load senders and templates from a YAML file of the province; return how many templates there are.

    All or nothing, and the same file twice changes nothing.

    :raises TemplateInvalid: `errors` names record and field of every fault of the file.
    """
    data = yaml.safe_load(path.read_text("utf-8"))
    errors: dict[str, str] = {}
    senders = [_sender(path.name, no, record, errors) for no, record in enumerate(_list(data, "senders"), 1)]
    templates: list[Template] = []
    for no, record in enumerate(_list(data, "templates"), 1):
        templates += _templates(path.name, no, record, errors)
    if not senders or not templates:
        errors[path.name] = "thiếu “senders” hoặc “templates”"
    if errors:
        listed = "; ".join(f"{where}: {fault}" for where, fault in errors.items())
        raise TemplateInvalid(listed, errors=errors)
    for sender in senders:
        Sender.objects.update_or_create(
            valid_from=sender.valid_from, defaults=_plain(sender, ("id", "valid_from"))
        )
    for template in templates:
        Template.objects.update_or_create(
            topic=template.topic, channel=template.channel, valid_from=template.valid_from,
            defaults=_plain(template, ("id", "topic", "channel", "valid_from")),
        )  # fmt: skip
    queries.forget()
    return len(templates)


def _list(data: Any, key: str) -> Sequence[Any]:
    found = data.get(key) if isinstance(data, Mapping) else None
    return found if isinstance(found, list) else []


def _plain(row: Sender | Template, without: tuple[str, ...]) -> dict[str, Any]:
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.attname not in without
    }


def _text(record: Any, field: str, where: str, errors: dict[str, str], needed: bool = True) -> str:
    value = record.get(field) if isinstance(record, Mapping) else None
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or (needed and not value.strip()):
        errors[f"{where}.{field}"] = "thiếu hoặc không phải chữ"
        return ""
    return value.strip()


def _end(record: Any, field: str, where: str, errors: dict[str, str], needed: bool = False) -> date | None:
    value = record.get(field) if isinstance(record, Mapping) else None
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            value = "?"
    if isinstance(value, date) or (value is None and not needed):
        return value
    errors[f"{where}.{field}"] = "phải là ngày dạng năm-tháng-ngày"
    return None


def _start(record: Any, where: str, errors: dict[str, str]) -> date:
    return _end(record, "valid_from", where, errors, needed=True) or date.max


def _sender(name: str, no: int, record: Any, errors: dict[str, str]) -> Sender:
    where = f"{name}: senders[{no}]"
    fields = {
        key: _text(record, key, where, errors)
        for key in ("name", "hotline", "site", "link", "email", "sms_name")
    }
    for key in ("hotline", "site"):
        if len(rules.gsm(fields[key])) > rules.SMS_FIELDS[key]:
            errors[f"{where}.{key}"] = f"dài quá {rules.SMS_FIELDS[key]} ký tự của tin nhắn"
    hidden = record.get("never_named") if isinstance(record, Mapping) else None
    hidden = hidden if isinstance(hidden, Mapping) else {}
    return Sender(
        **fields,
        hidden_fields=[str(code) for code in hidden.get("fields") or []],
        hidden_words=[str(word) for word in hidden.get("words") or []],
        valid_from=_start(record, where, errors),
        valid_to=_end(record, "valid_to", where, errors),
    )


def _templates(name: str, no: int, record: Any, errors: dict[str, str]) -> list[Template]:
    where = f"{name}: templates[{no}]"
    topic = _text(record, "topic", where, errors)
    title = _text(record, "title", where, errors)
    valid_from = _start(record, where, errors)
    valid_to = _end(record, "valid_to", where, errors)
    made = []
    for channel in Channel:
        body = _text(record, channel.value, where, errors, needed=False)
        if not body:
            continue
        try:
            rules.check_template(channel, title, body)
        except TemplateInvalid as fault:
            errors[f"{where}.{channel}"] = fault.message
        made.append(
            Template(
                topic=topic,
                channel=channel,
                title="" if channel is Channel.SMS else title,
                body=body,
                valid_from=valid_from,
                valid_to=valid_to,
            )
        )
    if not made:
        errors[where] = "không có nội dung cho kênh nào"
    return made
