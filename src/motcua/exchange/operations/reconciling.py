"""
What a portal has against what we have: asked dossier by dossier, differences kept, told again by an act (facts 6.9).

Nothing of a dossier is changed: where the two differ, ours is told once more.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef

from motcua.catalogue import queries as catalogue
from motcua.dossiers.models import Dossier
from motcua.dossiers.rules import LIVE, State
from motcua.exchange import portals, queries
from motcua.exchange.connectors import Line
from motcua.exchange.models import Counterpart, Message, Partner
from motcua.exchange.operations import partners, portal
from motcua.exchange.operations.sending import CLAIM, THREADS, Lines
from motcua.exchange.portals import Seen, Terms
from motcua.exchange.rules import Direction, NotAPortal
from motcua.kernel.actor import Actor
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import NotFound
from motcua.kernel.retry import NotSent
from motcua.organisation import queries as organisation
from motcua.platform import idempotency

log = structlog.get_logger(__name__)
Look = Callable[[Line, Terms, str], Seen]


@dataclass(frozen=True, slots=True)
class Checked:
    """What one round found: how many dossiers were looked at, differ, and could not be asked about."""

    looked: int = 0
    differing: int = 0
    unanswered: int = 0


def check_due(
    *, at: datetime, real_at: datetime, line_of: Lines, look: Look = portals.look, limit: int = 20
) -> Checked:
    """
    Ask portals what they have of the dossiers whose turn it is, and keep in what it differs from ours.

    A dossier with a message on the way waits for it. Claimed in one transaction, asked outside of any.
    """
    wanted = queries.check_rules(at)
    if wanted is None:
        return Checked()
    rows = _claimed(at, real_at, limit)
    if not rows:
        return Checked()

    def ask(row: Counterpart) -> Seen | NotSent | None:
        terms = found[row.partner.code]
        if terms is None:
            return None
        try:
            line = line_of(row.partner.code, row.partner.address, portal=True)
            return look(line, terms, row.remote_code or row.dossier_code)
        except NotSent as trouble:
            return trouble

    on = at.astimezone(LOCAL).date()
    found = {row.partner.code: queries.spoken(row.partner.code, on) for row in rows}
    with ThreadPoolExecutor(min(THREADS, len(rows))) as pool:
        answers = list(pool.map(ask, rows))
    looked = differing = 0
    for row, seen in zip(rows, answers, strict=True):
        terms = found[row.partner.code]
        if terms is None or not isinstance(seen, Seen):
            continue  # asked again when the claim is over
        ours, live = _ours(row, on)
        row.differences = portals.compared(terms.form, ours, row.steps, seen)
        row.has_status = portals.status_seen(seen)
        row.checked_at = real_at
        row.check_at = real_at + wanted.again if live or row.differences else None
        # told anew meanwhile: that one sets when to look
        Counterpart.objects.filter(pk=row.pk, told_at=row.told_at).update(
            differences=row.differences, has_status=row.has_status, checked_at=real_at, check_at=row.check_at
        )
        looked += 1
        differing += bool(row.differences)
    done = Checked(looked, differing, len(rows) - looked)
    log.info("portal_checked", looked=looked, differing=differing, unanswered=done.unanswered)
    return done


@transaction.atomic
def _claimed(at: datetime, real_at: datetime, limit: int) -> list[Counterpart]:
    on_the_way = Message.objects.filter(
        partner=OuterRef("partner"), subject=OuterRef("subject"), direction=Direction.OUT.value,
        state__in=queries.HELD,
    )  # fmt: skip
    rows = list(
        Counterpart.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        .select_related("partner__account")
        .filter(~Exists(on_the_way), check_at__lte=real_at)
        .filter(partner__in=Partner.objects.filter(queries.in_force(at)))
        .order_by("check_at", "id")[:limit]
    )
    Counterpart.objects.filter(pk__in=[row.pk for row in rows]).update(check_at=real_at + CLAIM)
    return rows


def _ours(row: Counterpart, on: date) -> tuple[dict[str, Any], bool]:
    """Return what the portal should have, and whether the dossier can still change."""
    dossier = Dossier.objects.only("state", "due_at").get(pk=row.subject)
    number, _ = catalogue.status_map(row.partner.statuses, on).get(dossier.state, (None, ""))
    return {"status": number, "due_at": dossier.due_at}, State(dossier.state) in LIVE


def tell_again(*, counterpart: int, actor: Actor, key: str, at: datetime, real_at: datetime) -> int:
    """
    Tell a portal a dossier of which it has something else once more, with all its steps; in the partner's ledger.

    Returns the number of the partner.

    :raises NotFound, NotTheKeeper, SwitchedOff, NotAPortal, Replayed, MissingKey:
    """
    try:
        with transaction.atomic(durable=True):
            idempotency.take(actor, key, "exchange.tell_again", [counterpart], at=at, subject=counterpart)
            row = Counterpart.objects.filter(pk=counterpart).first() if queries.watches(actor) else None
            if row is None:
                raise NotFound("Không tìm thấy hồ sơ này trong danh sách đối soát.")
            partner, duty = partners.kept(row.partner_id, actor)
            if queries.spoken(partner.code, at.astimezone(LOCAL).date()) is None:
                raise NotAPortal
            whole(partner, row.subject, message_id=f"gui-lai-{key}"[:120], at=at, real_at=real_at)
            partners.note(partner.pk, "partner_tell_again", actor, duty, at, {"code": row.dossier_code})
            return partner.pk
    except idempotency.AlreadyDone:
        return Counterpart.objects.values_list("partner_id", flat=True).get(pk=counterpart)


def whole(partner: Partner, subject: int, *, message_id: str, at: datetime, real_at: datetime) -> None:
    """Queue a dossier as it stands, with all its steps up to now."""
    dossier = Dossier.objects.get(pk=subject)
    numbers = catalogue.status_map(partner.statuses, at.astimezone(LOCAL).date())
    number, name = numbers.get(dossier.state, (None, ""))
    state = {
        "code": dossier.code,
        "state": dossier.state,
        "agency": organisation.root_of_agency(dossier.agency_id).code,
        "status": number,
        "status_name": name,
        "due_at": dossier.due_at.isoformat() if dossier.due_at else None,
    }
    portal.queued(
        partner,
        state,
        subject=subject,
        seq=dossier.seq,
        message_id=message_id,
        steps=None,
        at=at,
        real_at=real_at,
    )
