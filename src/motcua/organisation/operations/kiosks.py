"""Kiosks: put up, paired with a machine, taken out of use; each an act with its ledger entry and event (R-087)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from motcua.kernel.actor import SYSTEM, Actor, DutyRef, Role
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Invalid
from motcua.kernel.text import clean
from motcua.organisation import events, queries
from motcua.organisation.kiosks import hashed
from motcua.organisation.models import Kiosk, Unit
from motcua.organisation.rules import KioskClosed, KioskNotFound, NotTheAdministrator, WrongPairingCode
from motcua.platform import idempotency, ledger, subjects
from motcua.platform.ledger import Facts

CODE_LETTERS = "ABCDEFGHKLMNPQRSTUVWXYZ23456789"  # none that is taken for another when read aloud
CODE_LENGTH = 10
CODE_LIVES = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Pairing:
    """A kiosk and the code to type at its machine; no code when the request was answered before."""

    kiosk_id: int
    code: str


def put_up(*, unit_code: str, name: str, actor: Actor, key: str, at: datetime) -> Pairing:
    """
    Put up a kiosk at a one-stop unit; the code pairs the machine with it.

    :raises NotTheAdministrator, Invalid, Replayed, MissingKey:
    """
    duty = _duty(actor)
    called = clean(name, field="name")[:80]
    errors = {} if called else {"name": "Đặt tên để nhận ra máy, ví dụ: Ki-ốt sảnh tầng 1."}
    unit = queries.find_unit(unit_code.strip())
    if unit is None or not queries.in_force(unit.id, at.astimezone(LOCAL).date()):
        errors["unit"] = "Chọn nơi tiếp nhận đang hoạt động."
    if errors or unit is None:
        raise Invalid(errors=errors)
    body = {"unit": unit_code, "name": called}
    try:
        with transaction.atomic(durable=True):
            subject = idempotency.take(actor, key, "organisation.put_up_kiosk", body, at=at)
            Unit.objects.select_for_update(no_key=True).get(pk=unit.id)
            if Kiosk.objects.filter(unit_id=unit.id, name=called, closed_at=None).exists():
                raise Invalid(errors={"name": "Nơi này đã có ki-ốt mang tên đó."})
            row = Kiosk(pk=subject, unit_id=unit.id, name=called)
            code = _coded(row, at)
            row.save(force_insert=True)
            _enter(subject, row, "kiosk_put_up", actor, duty, at)
            return Pairing(row.pk, code)
    except idempotency.AlreadyDone as done:
        return Pairing(done.subject, "")


def renew_code(*, kiosk_id: int, actor: Actor, key: str, at: datetime) -> Pairing:
    """
    Give a kiosk a new pairing code; the machine that was paired with it is one no more.

    :raises NotTheAdministrator, KioskNotFound, KioskClosed, Replayed, MissingKey:
    """
    duty = _duty(actor)
    try:
        with transaction.atomic(durable=True):
            subject = idempotency.take(actor, key, "organisation.kiosk_code", {"kiosk": kiosk_id}, at=at)
            row = _locked(kiosk_id)
            code = _coded(row, at)
            row.save(update_fields=["code_hash", "code_until", "key_hash", "paired_at"])
            _enter(subject, row, "kiosk_code", actor, duty, at)
            return Pairing(row.pk, code)
    except idempotency.AlreadyDone:
        return Pairing(kiosk_id, "")


def pair(*, code: str, at: datetime) -> str:
    """
    Make the machine at which the code is typed the kiosk, and return the key its browser keeps; a code pairs once.

    The act is the system's: nobody is signed in at the machine.

    :raises WrongPairingCode:
    """
    typed = "".join(code.split()).upper()
    with transaction.atomic(durable=True):
        row = Kiosk.objects.select_for_update(no_key=True).filter(code_hash=hashed(typed)).first()
        if row is None or row.closed_at is not None or row.code_until is None or row.code_until < at:
            raise WrongPairingCode
        secret = secrets.token_urlsafe(32)
        row.code_hash, row.code_until = None, None
        row.key_hash, row.paired_at = hashed(secret), at
        row.save(update_fields=["code_hash", "code_until", "key_hash", "paired_at"])
        _enter(subjects.new(), row, "kiosk_pair", SYSTEM, None, at)
    return secret


def close(*, kiosk_id: int, actor: Actor, key: str, at: datetime) -> None:
    """
    Take a kiosk out of use; its machine shows the portal like any browser from the next request on.

    :raises NotTheAdministrator, KioskNotFound, KioskClosed, Replayed, MissingKey:
    """
    duty = _duty(actor)
    try:
        with transaction.atomic(durable=True):
            subject = idempotency.take(actor, key, "organisation.close_kiosk", {"kiosk": kiosk_id}, at=at)
            row = _locked(kiosk_id)
            row.closed_at, row.code_hash, row.code_until, row.key_hash = at, None, None, None
            row.save(update_fields=["closed_at", "code_hash", "code_until", "key_hash"])
            _enter(subject, row, "kiosk_close", actor, duty, at)
    except idempotency.AlreadyDone:
        return


def _duty(actor: Actor) -> DutyRef:
    held = actor.duty(Role.ADMIN)
    if held is None:
        raise NotTheAdministrator
    return held


def _locked(kiosk_id: int) -> Kiosk:
    row = Kiosk.objects.select_for_update(no_key=True).filter(pk=kiosk_id).first()
    if row is None:
        raise KioskNotFound
    if row.closed_at is not None:
        raise KioskClosed
    return row


def _coded(row: Kiosk, at: datetime) -> str:
    code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
    row.code_hash, row.code_until, row.key_hash, row.paired_at = hashed(code), at + CODE_LIVES, None, None
    return code


def _enter(subject: int, row: Kiosk, act: str, actor: Actor, duty: DutyRef | None, at: datetime) -> None:
    ledger.append_unheaded(
        subject,
        act=act,
        actor=actor,
        duty=duty,
        at=at,
        facts=Facts(unit_id=row.unit_id),
        payload={"kiosk": row.pk, "name": row.name},
        event=events.KioskChanged(kiosk=row.pk, unit=row.unit_id, act=act),
    )
