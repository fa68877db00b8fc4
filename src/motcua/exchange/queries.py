"""Every read of partners and messages: who looks after the systems sees all of them, a partner its own parts."""

from __future__ import annotations

import hashlib
import time as real_time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from motcua.catalogue import queries as catalogue
from motcua.documents import queries as documents
from motcua.documents.queries import FileRow
from motcua.dossiers import passings, sight
from motcua.dossiers import queries as dossiers
from motcua.dossiers.models import Dossier
from motcua.exchange import links, rules, wire
from motcua.exchange.models import Counterpart, FirstSync, InterfaceUse, Message, Partner, Token, WireForm
from motcua.exchange.portals import Terms
from motcua.exchange.rules import (
    Check,
    Differs,
    Direction,
    Kind,
    LinkOver,
    MessageNotFound,
    MessageState,
    PartnerNotFound,
    Scope,
    ScopeMissing,
    Sync,
    TokenNeeded,
    Trouble,
)
from motcua.exchange.wire import Generation
from motcua.kernel.actor import SYSTEM, Actor, ActorKind, Role
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import NotFound
from motcua.parties import queries as parties
from motcua.platform import access, history
from motcua.platform.history import Happened

HELD = (MessageState.QUEUED.value, MessageState.FAILED.value)
"""Messages of ours that are not through."""

# Partners


@dataclass(frozen=True, slots=True)
class Calling:
    """A partner at the door: who acts, for which partner, with which scopes."""

    partner_id: int
    code: str
    statuses: str
    actor: Actor
    scopes: frozenset[Scope]

    def may(self, scope: Scope) -> None:
        """:raises ScopeMissing: the token is not for this."""
        if scope not in self.scopes:
            raise ScopeMissing(f"Mã truy cập không có quyền {scope.value}.")


def digest(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def in_force(at: datetime) -> Q:
    """Return the condition for partners whose connection is on at a moment of the clock of acts."""
    on = at.astimezone(LOCAL).date()
    until = Q(valid_to__isnull=True) | Q(valid_to__gte=on)
    return until & Q(account__is_active=True, valid_from__lte=on)


def calling(token: str, *, at: datetime, real_at: datetime) -> Calling:
    """
    Return the partner that holds a token (one statement).

    :raises TokenNeeded: there is no such token, its time is over, or its partner is off.
    """
    found = (
        Token.objects.select_related("partner__account")
        .filter(digest=digest(token), expires_at__gt=real_at)
        .filter(partner__in=Partner.objects.filter(in_force(at)))
        .first()
    )
    if found is None:
        raise TokenNeeded
    row = found.partner
    scopes = frozenset(Scope(scope) for scope in found.scopes if scope in row.scopes)
    return Calling(row.pk, row.code, row.statuses, actor_of(row), scopes)


def actor_of(row: Partner) -> Actor:
    """Return the partner's service account as it acts: it sees the parts its system decides."""
    return Actor(
        kind=ActorKind.PARTNER,
        account_id=row.account_id,
        name=row.name,
        systems=frozenset({row.name}),
    )


def client(client_id: str, at: datetime) -> Partner | None:
    """Return the partner in force with a client id; for the token endpoint, which checks the secret."""
    return (
        Partner.objects.select_related("account")
        .filter(in_force(at), account__username=client_id, secret_at__isnull=False)
        .first()
    )


def deciding(system: str, at: datetime) -> Partner | None:
    """Return the partner in force that decides parts under this name and takes messages; by the system only."""
    rows = Partner.objects.select_related("account").filter(in_force(at), name=system)
    return rows.first()


_HELD_SECONDS = 1.0
_following: dict[date, tuple[float, list[Partner]]] = {}


def followers(at: datetime) -> list[Partner]:
    """
    Return the partners in force that are told the state of every dossier; by the system only.

    One statement for a batch of events: held until the batch is over (`forget_followers`), a second at most.
    """
    now, on = real_time.monotonic(), at.astimezone(LOCAL).date()
    held = _following.get(on)
    if held is None or now - held[0] > _HELD_SECONDS:
        rows = Partner.objects.filter(in_force(at), scopes__contains=[Scope.STATES.value])
        held = _following[on] = now, list(rows.order_by("pk"))
    return held[1]


def forget_followers() -> None:
    """Ask anew who follows all dossiers: after a batch of events, and when this process changed a connection."""
    _following.clear()


def spoken(partner: str, on: date) -> Terms | None:
    """Return how a partner (by code) is spoken to on a day; None: by our neutral messages. By the system only."""
    found: Terms | None = catalogue.briefly(("interface", partner, on), lambda: _spoken(partner, on))
    return found


def _spoken(partner: str, on: date) -> Terms | None:
    in_period = Q(valid_to=None) | Q(valid_to__gte=on)
    use = (
        InterfaceUse.objects.filter(in_period, partner=partner, valid_from__lte=on)
        .order_by("-valid_from")
        .first()
    )
    if use is None:
        return None
    form = (
        WireForm.objects.filter(in_period, interface=use.interface, valid_from__lte=on)
        .order_by("-valid_from")
        .first()
    )
    if form is None:
        return None
    return Terms(wire.form_of(form.body, Generation(use.interface)), use.unit, use.target, use.own_codes)


def check_rules(at: datetime) -> Check | None:
    """Return when portals are asked what they have, as the dated settings of the day say."""
    return rules.check(catalogue.setting("portal_check", at.astimezone(LOCAL).date()))


def keeps(actor: Actor) -> bool:
    """Tell whether the actor looks after connections."""
    return actor.duty(Role.ADMIN) is not None


def watches(actor: Actor) -> bool:
    """Tell whether the actor may look at connections and messages."""
    return actor.duty(Role.ADMIN, Role.KSTT) is not None


@dataclass(frozen=True, slots=True)
class PartnerRow:
    """A connection as lists show it; `account_on`: it was not switched off, though its days may be over."""

    subject: int
    code: str
    name: str
    client_id: str
    scopes: tuple[Scope, ...]
    statuses: str
    address: str
    valid_from: date
    valid_to: date | None
    on: bool
    account_on: bool
    secret_at: datetime | None
    heard_at: datetime | None
    sent_at: datetime | None
    waiting: int
    failed: int


def partners(actor: Actor, at: datetime) -> list[PartnerRow]:
    """Return every connection with how it stands (three statements); none to who may not look."""
    if not watches(actor):
        return []
    return _rows(Partner.objects.all(), at)


def partner(actor: Actor, subject: int, at: datetime) -> PartnerRow:
    """
    Return one connection.

    :raises PartnerNotFound:
    """
    found = _rows(Partner.objects.filter(pk=subject), at) if watches(actor) and subject < 2**63 else []
    if not found:
        raise PartnerNotFound
    return found[0]


def _rows(wanted: QuerySet[Partner], at: datetime) -> list[PartnerRow]:
    found = list(wanted.select_related("account").order_by("name"))
    ids = [row.pk for row in found]
    on = set(Partner.objects.filter(in_force(at), pk__in=ids).values_list("pk", flat=True))
    last: dict[tuple[int, str], datetime] = {}
    count: dict[tuple[int, str], int] = {}
    told = Message.objects.filter(partner_id__in=ids).exclude(state=MessageState.REFUSED.value)
    for each in told.values("partner_id", "direction", "state").annotate(n=Count("id"), last=Max("at")):
        count[each["partner_id"], each["state"]] = each["n"]
        if each["state"] not in HELD:
            key = (each["partner_id"], each["direction"])
            last[key] = max(each["last"], last.get(key, each["last"]))
    return [
        PartnerRow(
            subject=row.pk,
            code=row.code,
            name=row.name,
            client_id=row.account.username,
            scopes=tuple(Scope(scope) for scope in row.scopes),
            statuses=row.statuses,
            address=row.address,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            on=row.pk in on,
            account_on=row.account.is_active,
            secret_at=row.secret_at,
            heard_at=last.get((row.pk, Direction.IN)),
            sent_at=last.get((row.pk, Direction.OUT)),
            waiting=count.get((row.pk, MessageState.QUEUED), 0),
            failed=count.get((row.pk, MessageState.FAILED), 0),
        )
        for row in found
    ]


@dataclass(frozen=True, slots=True)
class Health:
    """
    How a connection keeps in step: since when (real time) its oldest message of ours waits, what that means, and of
    the messages sent in the window how many were there in time; `cleared` is how many the log no longer has.
    """

    waits_since: datetime | None
    trouble: Trouble
    sent: int
    in_time: int
    cleared: int

    @property
    def share(self) -> int | None:
        """Return the whole per cent of messages that were there in time; None: none was sent."""
        return self.in_time * 100 // self.sent if self.sent else None


_HEALTH = """
SELECT p.subject,
  (SELECT min(m.created_at) FROM exchange_message m WHERE m.partner_id = p.subject AND m.direction = 'out'
   AND m.state IN ('queued', 'failed') AND (p.valid_to IS NULL OR p.valid_to >= %s)),
  s.sent, s.in_time,
  (SELECT coalesce(sum(c.count), 0) FROM exchange_messagecount c WHERE c.partner_id = p.subject)
FROM exchange_partner p CROSS JOIN LATERAL (
  SELECT count(*) AS sent, count(*) FILTER (WHERE m.ended_at <= m.created_at + %s::interval) AS in_time
  FROM exchange_message m WHERE m.partner_id = p.subject AND m.direction = 'out' AND m.state = 'sent'
  AND m.created_at >= %s) s
"""


def sync_rules(at: datetime) -> Sync | None:
    """Return how fast systems are to be in step on the day of a moment, as the dated settings say."""
    return rules.sync(catalogue.setting("partner_sync", at.astimezone(LOCAL).date()))


def health(actor: Actor, *, at: datetime, real_at: datetime) -> dict[int, Health]:
    """
    Return how every connection keeps in step by the rules of the day `at` (one statement); none to who may not look.

    Delays are real time. Where no rule is in force nothing is measured.
    """
    wanted = sync_rules(at)
    if wanted is None or not watches(actor):
        return {}
    with connection.cursor() as cursor:
        on = at.astimezone(LOCAL).date()
        cursor.execute(_HEALTH, [on, str(wanted.within), real_at - wanted.window])
        return {
            subject: Health(
                since, wanted.trouble(real_at - since if since else None), sent, in_time, int(cleared)
            )
            for subject, since, sent, in_time, cleared in cursor.fetchall()
        }


@dataclass(frozen=True, slots=True)
class InStep:
    """
    Of the dossiers of an agency (code of its root unit) that a system was told of: how many, and of how many it has
    every state.
    """

    agency: str
    told: int
    in_step: int

    @property
    def share(self) -> int:
        """Return the whole per cent, rounded down."""
        return self.in_step * 100 // self.told


_IN_STEP = """
SELECT agency, count(*), count(*) FILTER (WHERE through) FROM (
  SELECT bool_and(state = 'sent') AS through, (array_agg(content ->> 'agency' ORDER BY id DESC))[1] AS agency
  FROM exchange_message WHERE partner_id = %s AND direction = 'out' AND kind = 'state' GROUP BY subject) dossier
GROUP BY agency ORDER BY agency
"""


_AT_PORTAL = """
SELECT c.agency, count(*), count(*) FILTER (
  WHERE c.checked_at >= c.told_at AND c.has_status IS NOT NULL AND c.differences = '[]'::jsonb AND NOT EXISTS (
    SELECT 1 FROM exchange_message m WHERE m.partner_id = c.partner_id AND m.subject = c.subject
    AND m.direction = 'out' AND m.state IN ('queued', 'failed')))
FROM exchange_counterpart c WHERE c.partner_id = %s GROUP BY c.agency ORDER BY c.agency
"""


def in_step(actor: Actor, partner: int, at: datetime) -> list[InStep]:
    """
    Return by agency how many dossiers a system that follows all of them has with their full history (R-063).

    Where it is asked what it has (an interface of the national portal), by what it was seen to have since it was told
    last; else by what it acknowledged, over what the log still holds. Nothing to who may not look.
    """
    if not watches(actor):
        return []
    code = Partner.objects.values_list("code", flat=True).get(pk=partner)
    asked = spoken(code, at.astimezone(LOCAL).date()) is not None
    with connection.cursor() as cursor:
        cursor.execute(_AT_PORTAL if asked else _IN_STEP, [partner])
        return [InStep(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class DifferingRow:
    """A dossier of which a portal has something else than we: what differs, ours and theirs, seen when."""

    id: int
    subject: int
    code: str
    remote_code: str
    agency: str
    checked_at: datetime | None
    differences: tuple[tuple[Differs, str, str], ...]
    again: bool


_DIFFERING = 200


def differing(actor: Actor, partner: int) -> list[DifferingRow]:
    """
    Return the dossiers of which a portal has something else, seen last first, at most 200; none to who may not look.

    `again`: it was queued to be told once more.
    """
    if not watches(actor):
        return []
    waits = Message.objects.filter(
        partner=OuterRef("partner"),
        subject=OuterRef("subject"),
        direction=Direction.OUT.value,
        state__in=HELD,
    )
    rows = (
        Counterpart.objects.filter(partner_id=partner).exclude(differences=[]).annotate(again=Exists(waits))
    )
    return [
        DifferingRow(
            row.pk, row.subject, row.dossier_code, row.remote_code, row.agency, row.checked_at,
            tuple((Differs(one["what"]), one["ours"], one["theirs"]) for one in row.differences), row.again,
        )
        for row in rows.filter(checked_at__isnull=False).order_by("-checked_at", "pk")[:_DIFFERING]
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class AtPortal:
    """How a portal stands: its interface, how many dossiers it was told of, looked at, differ; the latest look."""

    generation: Generation
    own_codes: bool
    told: int
    looked: int
    differing: int
    looked_at: datetime | None


def at_portal(actor: Actor, partner: int, at: datetime) -> AtPortal | None:
    """Return how a portal stands; None for another partner and to who may not look."""
    row = Partner.objects.filter(pk=partner).first() if watches(actor) else None
    terms = spoken(row.code, at.astimezone(LOCAL).date()) if row is not None else None
    if row is None or terms is None or Scope.STATES.value not in row.scopes:
        return None
    found = Counterpart.objects.filter(partner=row).aggregate(
        told=Count("id"),
        looked=Count("id", filter=Q(checked_at__isnull=False)),
        differing=Count("id", filter=~Q(differences=[])),
        looked_at=Max("checked_at"),
    )
    return AtPortal(terms.form.generation, terms.own_codes, **found)


def first_syncs(actor: Actor, partner: int) -> list[FirstSync]:
    """Return the first synchronisations of a partner, newest first; none to who may not look."""
    return list(FirstSync.objects.filter(partner_id=partner).order_by("-id")[:20]) if watches(actor) else []


def troubled(actor: Actor, *, at: datetime, real_at: datetime) -> int:
    """Return how many connections are out of step (one statement); 0 to who may not look."""
    found = health(actor, at=at, real_at=real_at)
    return sum(one.trouble is not Trouble.NONE for one in found.values())


def lock(actor: Actor, subject: int) -> Partner:
    """
    Return a connection under its row lock.

    :raises PartnerNotFound: missing, or not for this actor.
    """
    rows = Partner.objects.select_for_update(no_key=True, of=("self",)).select_related("account")
    row = rows.filter(pk=subject).first() if watches(actor) or actor.kind is ActorKind.SYSTEM else None
    if row is None:
        raise PartnerNotFound
    return row


# What a partner is told of a part


def part(calling: Calling, code: str) -> dict[str, Any]:
    """
    Return the data of a part the partner decides, as its messages tell them.

    :raises ScopeMissing:
    :raises NotFound: no such part, or another system decides it.
    """
    calling.may(Scope.READ)
    row = sight.seen(calling.actor).filter(code=code).first()
    if row is None:
        raise NotFound("Không có hồ sơ này trong số hồ sơ hệ thống của bạn giải quyết.")
    return {**contents(row), "state": row.state}


def file(calling: Calling, file_id: int) -> FileRow:
    """
    Return a file of a part the partner decides: its papers, and the results it gave itself.

    :raises NotFound, ScopeMissing:
    """
    calling.may(Scope.READ)
    found = documents.file(SYSTEM, file_id) if 0 < file_id < 2**63 else None
    if (
        found is None
        or found.subject is None
        or not sight.seen(calling.actor).filter(pk=found.subject).exists()
    ):
        raise NotFound("Không có tệp này trong hồ sơ hệ thống của bạn giải quyết.")
    return found


def handed(token: str, *, at: datetime, real_at: datetime) -> FileRow:
    """
    Return the file a link is for, and leave the trace that its partner read it.

    :raises LinkOver: it was altered or is over, its partner is off or does not follow dossiers, or the file is gone.
    """
    scope = links.opened(token, real_at)
    row = (
        Partner.objects.select_related("account")
        .filter(in_force(at), pk=scope.partner, scopes__contains=[Scope.STATES.value])
        .first()
    )
    found = documents.file(SYSTEM, scope.file) if row is not None else None
    if row is None or found is None or found.subject != scope.subject:
        raise LinkOver
    access.note(actor_of(row), scope.subject, "exchange.handed", at)
    return found


def contents(row: Dossier) -> dict[str, Any]:
    """Return what a partner is told of a part: whose it is, its answers, its papers with their files."""
    view = dossiers.one(SYSTEM, row.code)
    people = parties.rows(SYSTEM, [row.owner_id, row.submitter_id])
    procedure = catalogue.definition(row.procedure_version_id)
    group = Dossier.objects.values_list("code", flat=True).get(pk=row.parent_id or row.pk)
    files = {one.id: one for one in documents.everything_of(SYSTEM, row.subject)[1]}
    return {
        "dossier": row.code,
        "group": group,
        "part": row.part,
        "procedure": {"code": procedure.code, "name": procedure.name},
        "channel": row.channel,
        "filed_at": row.filed_at.isoformat(),
        "answer_by": row.answer_by.isoformat() if row.answer_by else None,
        "owner": _person(people[row.owner_id]),
        "submitter": _person(people[row.submitter_id]),
        "answers": dict(view.answers),
        "papers": [
            {
                "paper": item.paper,
                "name": item.name,
                "state": item.state,
                "file": _file(files[item.file_id]) if item.file_id in files else None,
            }
            for item in view.components
        ],
    }


def asked(row: Dossier, request: int) -> dict[str, Any]:
    """Return what a partner is told of a request about a part: what is asked, in which words, with which files."""
    found = next(one for one in passings.of_dossier(SYSTEM, row) if one.no == request)
    group = Dossier.objects.values_list("code", flat=True).get(pk=row.parent_id or row.pk)
    return {
        "dossier": row.code,
        "group": group,
        "part": row.part,
        "request": found.no,
        "asked_at": found.asked_at.isoformat(),
        "words": found.words,
        "files": [_file(one) for one in found.files],
    }


def _person(row: parties.PartyRow) -> dict[str, Any]:
    return {
        "name": row.display_name,
        "number": row.id_number,
        "phone": row.phone,
        "email": row.email,
        "address": row.address,
    }


def _file(row: FileRow) -> dict[str, Any]:
    return {"file_id": row.id, "name": row.name, "mime": row.mime, "size": row.size, "sha256": row.sha256}


# Messages


@dataclass(frozen=True, slots=True)
class MessageFilters:
    """What is looked for; `text` is part of a dossier's code or of a message's id."""

    partner_id: int | None = None
    direction: Direction | None = None
    state: MessageState | None = None
    kind: Kind | None = None
    text: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message without its content."""

    id: int
    partner_id: int
    partner: str
    direction: Direction
    kind: Kind
    message_id: str
    dossier_code: str
    state: MessageState
    reason: str
    at: datetime
    times: int
    attempts: int
    receipt: str


def _row(row: Message) -> MessageRow:
    return MessageRow(
        row.pk, row.partner_id, row.partner.name, Direction(row.direction), Kind(row.kind), row.message_id,
        row.dossier_code, MessageState(row.state), row.reason, row.at, row.times, row.attempts, row.receipt,
    )  # fmt: skip


def messages(
    actor: Actor, wanted: MessageFilters, *, before: int | None = None, size: int = 50
) -> list[MessageRow]:
    """Return messages, newest first, paged by id, one more than `size`; none to who may not look (one statement)."""
    if not watches(actor):
        return []
    rows = _wanted(wanted)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return [
        _row(row)
        for row in rows.select_related("partner").defer("content", "wire").order_by("-pk")[: size + 1]
    ]


def _wanted(wanted: MessageFilters) -> QuerySet[Message]:
    rows = Message.objects.all()
    for name, value in (
        ("partner_id", wanted.partner_id),
        ("direction", wanted.direction),
        ("state", wanted.state),
        ("kind", wanted.kind),
        ("at__date__gte", wanted.since),
        ("at__date__lte", wanted.until),
    ):
        if value is not None:
            rows = rows.filter(**{name: value})
    if wanted.text:
        rows = rows.filter(Q(dossier_code__icontains=wanted.text) | Q(message_id__icontains=wanted.text))
    return rows


@dataclass(frozen=True, slots=True)
class MessageView:
    """
    One message with its content; `open`: the actor sees the dossier, so nothing is masked.

    `wire`: the calls of the last try, where its partner has an interface of its own.
    """

    row: MessageRow
    content: Mapping[str, Any]
    open: bool
    wire: Sequence[Mapping[str, Any]] = ()


def message(actor: Actor, number: int, at: datetime) -> MessageView:
    """
    Return one message; its personal data to who may see the dossier, which leaves a trace, masked to others.

    :raises MessageNotFound:
    """
    found = (
        Message.objects.select_related("partner").filter(pk=number).first()
        if watches(actor) and 0 < number < 2**63
        else None
    )
    if found is None:
        raise MessageNotFound
    sees = found.subject is not None and access.sees(actor, found.subject)
    if sees and found.subject is not None:
        access.note(actor, found.subject, "exchange.message", at)
    shown = [found.content, found.wire or []]
    content, calls = shown if sees else rules.masked(shown)
    return MessageView(_row(found), content, sees, calls)


@dataclass(frozen=True, slots=True)
class Contact:
    """
    How the connection that a mirrored part depends on stands: when a message last came and went.

    `connected`: it is on at all. `waits_since`: a message of this part is not through yet; `failed`: nor will it be
    tried again by itself.
    """

    connected: bool
    heard_at: datetime | None = None
    sent_at: datetime | None = None
    waits_since: datetime | None = None
    failed: bool = False


def contact(actor: Actor, dossier: Dossier, at: datetime) -> Contact | None:
    """Return how the connection of a mirrored part stands, to staff who see the part (three statements); else None."""
    if not dossier.mirrored or actor.kind is not ActorKind.STAFF:
        return None
    row = deciding(dossier.mirrored, at)
    if row is None:
        return Contact(False)
    heard = Q(direction=Direction.IN.value) & ~Q(state=MessageState.REFUSED.value)
    through = Q(direction=Direction.OUT.value, state=MessageState.SENT.value)
    last = Message.objects.filter(partner=row).aggregate(
        heard=Max("at", filter=heard), sent=Max("at", filter=through)
    )
    held = Message.objects.filter(partner=row, subject=dossier.subject, state__in=HELD).order_by("pk").first()
    return Contact(
        True,
        last["heard"],
        last["sent"],
        held.at if held else None,
        held is not None and held.state == MessageState.FAILED,
    )


def course(actor: Actor, subject: int) -> list[Happened]:
    """Return what was done with a connection, newest first; nothing to who may not look."""
    return list(reversed(history.entries(SYSTEM, subject))) if watches(actor) else []
