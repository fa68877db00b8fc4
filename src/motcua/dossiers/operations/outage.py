"""Outages: declared and ended by who runs the system; dossiers taken on paper meanwhile, entered afterwards (R-053)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from motcua.dossiers import afteroutage, definitions, events
from motcua.dossiers.afteroutage import LateReceipt, NotDeclaring, OutageEnded, OutageNotFound
from motcua.dossiers.models import LateEntry, Outage
from motcua.dossiers.operations import tasks
from motcua.dossiers.operations.common import Work, settings
from motcua.dossiers.outages import declared
from motcua.dossiers.rules import Channel
from motcua.kernel.actor import Actor, DutyRef, Role
from motcua.kernel.counting import due_at
from motcua.kernel.errors import Invalid
from motcua.kernel.wording import moment_vi
from motcua.organisation import queries as organisation
from motcua.platform import idempotency, ledger
from motcua.platform.ledger import Facts

ON_PAPER = frozenset({Channel.DIRECT.value, Channel.POST.value})


def declare_outage(
    *,
    what: str,
    began_at: datetime | None,
    ended_at: datetime | None,
    agency_id: int | None,
    actor: Actor,
    key: str,
    at: datetime,
) -> int:
    """
    Declare an outage, over already or going on, of the province or of one agency; return its number.

    :raises NotDeclaring: the actor does not run the system.
    :raises Invalid: nothing is said of it, or its moments are not in order.
    :raises Replayed, MissingKey:
    """
    body = {"what": what, "began_at": began_at, "ended_at": ended_at, "agency": agency_id}
    try:
        with transaction.atomic(durable=True):
            number = idempotency.take(actor, key, "dossiers.declare_outage", body, at=at)
            duty = _running(actor)
            words, began = afteroutage.declaration(what, began_at, ended_at, at)
            if agency_id is not None:
                organisation.root_of_agency(agency_id)
            row = Outage.objects.create(
                subject=number, what=words, began_at=began, ended_at=ended_at, agency_id=agency_id,
                declared_by_id=actor.staff_id or 0, declared_at=at,
            )  # fmt: skip
            _note(row, "declare_outage", actor, duty, at)
            return number
    except idempotency.AlreadyDone as done:
        return done.subject


def end_outage(*, outage_id: int, ended_at: datetime | None, actor: Actor, key: str, at: datetime) -> None:
    """
    Say when a declared outage was over: from then on dossiers are entered as usual.

    :raises NotDeclaring, OutageNotFound, OutageEnded, Replayed, MissingKey:
    :raises Invalid: before its beginning, or to come.
    """
    try:
        with transaction.atomic(durable=True):
            body = {"outage": outage_id, "ended_at": ended_at}
            idempotency.take(actor, key, "dossiers.end_outage", body, at=at, subject=outage_id)
            duty = _running(actor)
            row = Outage.objects.select_for_update(no_key=True).filter(subject=outage_id).first()
            if row is None:
                raise OutageNotFound
            if row.ended_at is not None:
                raise OutageEnded
            if ended_at is None:
                raise Invalid(errors={"ended_at": "Ghi lúc hệ thống hoạt động lại."})
            afteroutage.declaration(row.what, row.began_at, ended_at, at)
            row.ended_at = ended_at
            row.save(update_fields=["ended_at"])
            _note(row, "end_outage", actor, duty, at)
    except idempotency.AlreadyDone:
        return


def checked(work: Work, late: LateReceipt) -> LateEntry:
    """
    Return the row that will say that a dossier is entered after an outage; nothing is written (one statement).

    :raises OutageNotFound:
    :raises Invalid: not taken on paper, not during the outage, or later than the dated setting allows.
    """
    dossier, entered = work.dossier, work.now
    if dossier.channel not in ON_PAPER:
        raise Invalid(errors={"channel": "Chỉ hồ sơ nhận bản giấy mới nhập sau sự cố."})
    outage = declared(late.outage_id) if late.outage_id is not None else None
    unit = organisation.unit(dossier.receiving_unit_id)
    reason = afteroutage.within(work.at, outage, unit.agency_id, late.reason)
    calendar = organisation.calendar(unit.id)
    since = work.at if outage is None else outage.ended_at or entered
    allowed = definitions.limit(settings(work)["enter_within"])
    afteroutage.in_time(due_at(since, allowed, tasks.policy(work), calendar), entered)
    return LateEntry(
        dossier_id=dossier.subject,
        unit_id=unit.id,
        outage_id=outage.id if outage else None,
        reason=reason,
        received_at=work.at,
        entered_at=entered,
        delay_minutes=calendar.minutes_between(work.at, entered),
        entered_by_id=work.actor.staff_id or 0,
    )


def slip_lines(work: Work) -> list[str]:
    """Return what the slip says of a dossier entered afterwards: until when the paper waited."""
    if work.entry is None:
        return []
    return [f"Nhận giấy tờ khi hệ thống gặp sự cố; nhập vào hệ thống lúc {moment_vi(work.now)}."]


def keep(work: Work) -> None:
    """Write that a dossier was entered afterwards, with the entry of its acceptance."""
    row = work.entry
    if row is None:
        return
    work.beside.append(
        (
            "INSERT INTO dossiers_lateentry (dossier_id, unit_id, outage_id, reason, received_at, entered_at,"
            " delay_minutes, entered_by_id) SELECT %s, %s, %s, %s, %s, %s, %s, %s",
            [
                row.dossier_id, row.unit_id, row.outage_id, row.reason, row.received_at, row.entered_at,
                row.delay_minutes, row.entered_by_id,
            ],
        )
    )  # fmt: skip


def told(work: Work) -> dict[str, Any]:
    """Return what the ledger's entry of acceptance says of a dossier entered afterwards."""
    row = work.entry
    if row is None:
        return {}
    return {
        "entered_late": {
            "received_at": row.received_at, "entered_at": row.entered_at, "outage": row.outage_id,
            "delay_minutes": row.delay_minutes,
        }
    }  # fmt: skip


def _running(actor: Actor) -> DutyRef:
    """
    Return the duty of who runs the system.

    :raises NotDeclaring:
    """
    duty = actor.duty(Role.ADMIN)
    if duty is None:
        raise NotDeclaring
    return duty


def _note(row: Outage, act: str, actor: Actor, duty: DutyRef, at: datetime) -> None:
    ledger.append_unheaded(
        row.subject,
        act=act,
        actor=actor,
        duty=duty,
        at=at,
        facts=Facts.under(duty),
        payload={
            "what": row.what, "began_at": row.began_at, "ended_at": row.ended_at, "agency": row.agency_id,
        },
        event=events.OutageMoved(
            outage=row.subject, at=at, began_at=row.began_at, ended_at=row.ended_at, agency=row.agency_id
        ),
    )  # fmt: skip
