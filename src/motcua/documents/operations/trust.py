"""Whom signatures are trusted from: authorities and certificates, entered by who runs the system."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from motcua.documents import events, signing
from motcua.documents.models import SigningCertificate, TrustAnchor
from motcua.documents.signing import SignatureRefused
from motcua.kernel.actor import Actor, ActorKind, Role
from motcua.kernel.errors import Forbidden, Invalid, NotFound
from motcua.platform import idempotency, ledger
from motcua.platform.ledger import Facts


class NotTheKeeper(Forbidden):
    """Only who runs the system says which certificates count."""

    code = "not_the_keeper"
    message = "Việc này dành cho quản trị hệ thống."


def enter_anchor(
    *, data: bytes, source: str, valid_from: date, valid_to: date | None, at: datetime
) -> TrustAnchor:
    """
    Enter a certification authority as data; one that is there already gets the new days and source.

    For loading; a person does it with `trust`.

    :raises SignatureRefused: it is no certificate, or one that issues none.
    """
    read = signing.certificate(data)
    if not read.issues:
        raise SignatureRefused(
            "certificate",
            "Chứng thư này không phải của tổ chức chứng thực (không được cấp chứng thư khác).",
        )
    row, _ = TrustAnchor.objects.update_or_create(
        sha256=read.sha256,
        defaults={
            "name": read.name, "der": read.der, "source": source.strip()[:300], "valid_from": valid_from,
            "valid_to": valid_to, "created_at": at,
        },
    )  # fmt: skip
    return row


def enter_certificate(
    *, data: bytes, staff_id: int | None, unit_id: int | None, at: datetime
) -> SigningCertificate:
    """
    Enter the certificate a member of staff, or a unit, signs with, as data; a person does it with `register`.

    :raises SignatureRefused: it is no certificate, one that issues others, or registered for somebody already.
    """
    read = signing.certificate(data)
    if read.issues:
        raise SignatureRefused(
            "certificate", "Đây là chứng thư của tổ chức chứng thực, không phải của người hay đơn vị."
        )
    if SigningCertificate.objects.filter(sha256=read.sha256, withdrawn_at=None).exists():
        raise SignatureRefused("certificate", f"Chứng thư của {read.name} đã được đăng ký.")
    return SigningCertificate.objects.create(
        staff_id=staff_id,
        unit_id=unit_id,
        der=read.der,
        sha256=read.sha256,
        name=read.name,
        issuer=read.issuer,
        serial=read.serial,
        valid_from=read.valid_from,
        valid_to=read.valid_to,
        created_at=at,
    )


def trust(
    *,
    data: bytes,
    source: str,
    valid_from: date | None,
    valid_to: date | None,
    actor: Actor,
    key: str,
    at: datetime,
) -> int:
    """
    Trust a certification authority between two days (both included), as who runs the system; return its number.

    The same certificate once more changes its days: that is how one ceases to be trusted.

    :raises NotTheKeeper: the actor does not run the system.
    :raises Invalid: a day or the source is missing, or the days are not in order.
    :raises SignatureRefused: it is no certificate of an authority.
    :raises Replayed, MissingKey:
    """
    body = {"sha256": hashlib.sha256(data).hexdigest(), "source": source, "from": valid_from, "to": valid_to}

    def write() -> dict[str, Any]:
        if valid_from is None or (valid_to is not None and valid_to < valid_from):
            raise Invalid(errors={"valid_from": "Ghi ngày bắt đầu tin cậy, không sau ngày kết thúc."})
        if not source.strip():
            raise Invalid(errors={"source": "Ghi nguồn lấy chứng thư và văn bản làm căn cứ."})
        row = enter_anchor(data=data, source=source, valid_from=valid_from, valid_to=valid_to, at=at)
        return {"anchor": row.sha256, "name": row.name, "from": valid_from, "to": valid_to}

    return kept("trust_anchor", body, write, actor, key, at)


def register(
    *,
    data: bytes,
    staff_id: int | None,
    unit_id: int | None,
    actor: Actor,
    key: str,
    at: datetime,
) -> int:
    """
    Register a certificate for a person or a unit, as who runs the system; return the number of the act.

    :raises NotTheKeeper: the actor does not run the system.
    :raises Invalid: not exactly one of person and unit is named.
    :raises SignatureRefused: it is no certificate of a person or unit, or registered already.
    :raises Replayed, MissingKey:
    """
    body = {"sha256": hashlib.sha256(data).hexdigest(), "staff": staff_id, "unit": unit_id}

    def write() -> dict[str, Any]:
        if (staff_id is None) == (unit_id is None):
            raise Invalid(errors={"holder": "Chọn một cán bộ hoặc một đơn vị."})
        row = enter_certificate(data=data, staff_id=staff_id, unit_id=unit_id, at=at)
        return {"certificate": row.sha256, "staff": staff_id, "unit": unit_id}

    return kept("register_certificate", body, write, actor, key, at)


def withdraw(*, certificate_id: int, actor: Actor, key: str, at: datetime) -> int:
    """
    Withdraw a registered certificate: nothing is signed with it from now on, what was signed stays.

    :raises NotTheKeeper: the actor does not run the system.
    :raises NotFound: it is not registered any more.
    :raises Replayed, MissingKey:
    """

    def write() -> dict[str, Any]:
        row = SigningCertificate.objects.select_for_update().filter(pk=certificate_id, withdrawn_at=None)
        held = row.first()
        if held is None:
            raise NotFound
        held.withdrawn_at = at
        held.save(update_fields=["withdrawn_at"])
        return {"certificate": held.sha256}

    return kept("withdraw_certificate", {"certificate": certificate_id}, write, actor, key, at)


def kept(
    act: str,
    body: Mapping[str, Any],
    write: Callable[[], dict[str, Any]],
    actor: Actor,
    key: str,
    at: datetime,
) -> int:
    """
    Do an act of who runs the system, with its ledger entry and event; return its number.

    :raises NotTheKeeper, Replayed, MissingKey:
    """
    try:
        with transaction.atomic(durable=True):
            number = idempotency.take(actor, key, f"documents.{act}", body, at=at)
            duty = actor.duty(Role.ADMIN) if actor.kind is ActorKind.STAFF else None
            if duty is None:
                raise NotTheKeeper
            ledger.append_unheaded(
                number, act=act, actor=actor, duty=duty, at=at, facts=Facts.under(duty), payload=write(),
                event=events.TrustMoved(number=number, at=at, act=act),
            )  # fmt: skip
            return number
    except idempotency.AlreadyDone as done:
        return done.subject
