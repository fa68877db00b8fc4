"""Every read of notices: citizens see their own, staff those of the units their duties reach (law 7)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar, cast

from django.db.models import BooleanField, Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from motcua.catalogue import queries as catalogue
from motcua.kernel.actor import Actor, ActorKind
from motcua.kernel.errors import NotFound
from motcua.notifications.models import Message, Sender, Template
from motcua.notifications.rules import CHANNEL_NAMES, STATE_NAMES, Channel, Contact, Sensitivity, State
from motcua.organisation import queries as organisation
from motcua.parties.models import Account, Party
from motcua.platform import access, reading

PAGE = 50
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Notice:
    """A message as pages show it; `address` is masked."""

    id: int
    subject: int
    dossier_code: str
    channel: Channel
    channel_name: str
    topic: str
    title: str
    text: str
    address: str
    state: State
    state_name: str
    at: datetime
    attempts: int
    error: str
    note: str
    read: bool


def masked(address: str) -> str:
    """Return an address of which enough is left to recognise it."""
    if "@" in address:
        name, _, domain = address.partition("@")
        return f"{name[:1]}•••@{domain}"
    return f"{address[:3]}•••••{address[-2:]}" if len(address) > 5 else ""


def _notice(row: Message) -> Notice:
    channel, state = Channel(row.channel), State(row.state)
    return Notice(
        id=row.id, subject=row.subject, dossier_code=row.dossier_code, channel=channel,
        channel_name=CHANNEL_NAMES[channel], topic=row.topic, title=row.title, text=row.text,
        address=masked(row.address), state=state, state_name=STATE_NAMES[state], at=row.at,
        attempts=row.attempts, error=row.error, note=row.note, read=row.read_at is not None,
    )  # fmt: skip


def visible(actor: Actor) -> QuerySet[Message]:
    """Return the messages the actor may see: a citizen those to them, staff those of dossiers they see."""
    if actor.kind is ActorKind.CITIZEN:
        return Message.objects.filter(party_id=actor.party_id) if actor.party_id else Message.objects.none()
    if actor.kind is ActorKind.STAFF:
        condition = access.visible("notifications_message.subject").replace("(%s OR", "(%s::boolean OR")
        shown = RawSQL(condition, access.parameters(actor), output_field=BooleanField())  # noqa: S611
        return Message.objects.filter(shown)
    return Message.objects.all() if actor.kind is ActorKind.SYSTEM else Message.objects.none()


def _of_units(actor: Actor) -> Q:
    if actor.kind is not ActorKind.STAFF:
        return Q(pk__in=[])
    return Q() if actor.province_wide else Q(unit_id__in=sorted(actor.unit_ids))


def failed(actor: Actor, *, before: int | None = None, limit: int = PAGE) -> list[Notice]:
    """
    Return the messages that reached nobody, of dossiers received by the actor's units; newest first, paged by
    id.
    """
    rows = Message.objects.filter(_of_units(actor), state=State.FAILED)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [_notice(row) for row in rows.order_by("-id")[:limit]]


def failed_count(actor: Actor, ceiling: int = 100) -> int:
    """Return how many there are, counted up to the ceiling."""
    return Message.objects.filter(_of_units(actor), state=State.FAILED)[:ceiling].count()


def own(actor: Actor, *, before: int | None = None, limit: int = PAGE) -> list[Notice]:
    """Return the portal messages of the citizen, newest first, paged by id."""
    if actor.kind is not ActorKind.CITIZEN:
        return []
    rows = visible(actor).filter(channel=Channel.PORTAL)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [_notice(row) for row in rows.order_by("-id")[:limit]]


def unread_count(actor: Actor, ceiling: int = 100) -> int:
    """Return how many portal messages the citizen has not opened, counted up to the ceiling."""
    if actor.kind is not ActorKind.CITIZEN:
        return 0
    return visible(actor).filter(channel=Channel.PORTAL, read_at=None)[:ceiling].count()


def of_subject(actor: Actor, subject: int) -> list[Notice]:
    """Return what was sent about one dossier, oldest first (one statement)."""
    if actor.kind is ActorKind.CITIZEN:
        mine, values = "m.party_id = %s", [actor.party_id]
    elif actor.kind in (ActorKind.STAFF, ActorKind.SYSTEM):
        mine, values = access.visible("m.subject"), access.parameters(actor)
    else:
        return []
    with reading.prepared() as cursor:
        cursor.execute(
            "SELECT m.id, m.subject, m.dossier_code, m.channel, m.topic, m.title, m.text, m.address, m.state, m.at,"  # noqa: S608  (texts of ours; values are parameters)
            " m.attempts, m.error, m.note, m.read_at IS NOT NULL"
            f" FROM notifications_message m WHERE m.subject = %s AND {mine} ORDER BY m.id",
            [subject, *values],
        )
        return [_of_row(*row) for row in cursor.fetchall()]


def _of_row(*row: Any) -> Notice:
    number, subject, code, sent_by, topic, title, text, address, standing, at, attempts, error, note, read = (
        row
    )
    channel, state = Channel(sent_by), State(standing)
    return Notice(
        number, subject, code, channel, CHANNEL_NAMES[channel], topic, title, text, masked(address), state,
        STATE_NAMES[state], at, attempts, error, note, read,
    )  # fmt: skip


def waiting_count(actor: Actor, at: datetime) -> int:
    """Return how many messages should have gone out by now (real time) and have not."""
    return visible(actor).filter(state=State.QUEUED, next_attempt_at__lte=at).count()


def lock(message_id: int, actor: Actor) -> Message:
    """
    Return one message, locked for the transaction.

    :raises NotFound: missing, or not for this actor.
    """
    row = visible(actor).select_for_update(no_key=True, of=("self",)).filter(id=message_id).first()
    if row is None:
        raise NotFound
    return row


def address(message_id: int, actor: Actor, at: datetime) -> str:
    """
    Return the full number or address, to call it; reading it leaves a trace.

    :raises NotFound: missing, or not for this actor.
    """
    row = visible(actor).filter(id=message_id).first()
    if row is None:
        raise NotFound
    access.note(actor, row.subject, "notifications.address", at)
    return row.address


# -- what the handler needs to write a message (the system reads, no person) ---------------------------------


def contacts(party_ids: Iterable[int]) -> list[Contact]:
    """
    Return how to reach the parties, in the order given; a merged record is reached by the one that was kept.
    """
    wanted = list(dict.fromkeys(party_ids))
    account = Account.objects.filter(party=OuterRef("pk"), is_active=True)
    rows = Party.objects.filter(pk__in=wanted).annotate(has_account=Exists(account))
    found = {row.pk: row for row in rows}
    kept_ids = [row.merged_into_id for row in found.values() if row.merged_into_id]
    kept = {
        row.pk: row for row in Party.objects.filter(pk__in=kept_ids).annotate(has_account=Exists(account))
    } if kept_ids else {}  # fmt: skip
    chosen: dict[int, Contact] = {}
    for party_id in wanted:
        row = found.get(party_id)
        if row is not None:
            row = kept.get(row.merged_into_id or 0, row)
            chosen[row.pk] = Contact(row.pk, row.has_account, row.phone, row.email)
    return list(chosen.values())


KEPT_SECONDS = 30.0
_kept: dict[tuple[str, date], tuple[float, Any]] = {}


def _briefly(what: str, on: date, read: Callable[[], T]) -> T:
    """Return a value kept in the process for half a minute: the same few templates serve every event."""
    now = time.monotonic()
    found = _kept.get((what, on))
    if found is not None and now - found[0] <= KEPT_SECONDS:
        return cast("T", found[1])
    if len(_kept) > 2000:
        _kept.clear()
    value = read()
    _kept[what, on] = (now, value)
    return value


def forget() -> None:
    """Let templates and senders be read again at once (after loading, and in tests)."""
    _kept.clear()


def templates(topic: str, on: date) -> Mapping[Channel, Template]:
    """
    Return the templates of a topic in force on a day, by channel; a change is seen within half a minute.
    """

    def read() -> Mapping[Channel, Template]:
        rows = Template.objects.filter(_in_force(on), topic=topic).order_by("valid_from")
        return {Channel(row.channel): row for row in rows}

    return _briefly(topic, on, read)


def sender(on: date) -> Sender | None:
    """Return who speaks on a day; a change is seen within half a minute."""
    return _briefly("", on, lambda: Sender.objects.filter(_in_force(on)).order_by("-valid_from").first())


def sensitivity(speaker: Sender) -> Sensitivity:
    """Return what this sender's letters do not name."""
    return Sensitivity(frozenset(speaker.hidden_fields), tuple(speaker.hidden_words))


def procedure_name(version_id: int) -> tuple[str, str]:
    """Return (field code, name) of the procedure a dossier was filed under; empty when it is not known."""
    try:
        found = catalogue.definition(version_id)
    except NotFound:
        return ("", "")
    return (found.field, found.name)


def unit_name(unit_id: int) -> str:
    """Return the name of a unit as letters give it; empty when it is not known."""
    try:
        return organisation.unit(unit_id).name
    except NotFound:
        return ""


def _in_force(on: date) -> Q:
    return Q(valid_from__lte=on) & (Q(valid_to__isnull=True) | Q(valid_to__gte=on))
