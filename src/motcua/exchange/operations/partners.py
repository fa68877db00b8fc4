"""Connections: put in, changed, given a new secret, switched off; each act in the ledger of its partner (R-065)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from motcua.catalogue import queries as catalogue
from motcua.exchange import events, queries, rules
from motcua.exchange.models import Partner, Token
from motcua.exchange.rules import NotTheKeeper, SwitchedOff
from motcua.kernel.actor import SYSTEM, Actor, ActorKind, DutyRef, Role
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Invalid
from motcua.parties.models import Account
from motcua.parties.rules import AccountKind
from motcua.platform import idempotency, ledger, subjects
from motcua.platform.ledger import Facts
from motcua.platform.records import Counts


@dataclass(frozen=True, slots=True)
class Terms:
    """What a connection is agreed to: its rights, its list of state numbers, where messages go, from when to when."""

    scopes: Sequence[str]
    statuses: str
    address: str
    valid_from: date
    valid_to: date | None = None

    def checked(self) -> Mapping[str, Any]:
        """
        Return the values of the row.

        :raises Invalid:
        """
        errors = rules.address_fault(self.address)
        if self.statuses not in catalogue.status_lists(self.valid_from):
            errors["statuses"] = "Chọn bảng trạng thái trong danh sách."
        if self.valid_to is not None and self.valid_to < self.valid_from:
            errors["valid_to"] = "Ngày kết thúc phải sau ngày bắt đầu."
        if errors:
            raise Invalid(errors=errors)
        return {
            "scopes": rules.scopes_of(self.scopes),
            "statuses": self.statuses,
            "address": self.address,
            "valid_from": self.valid_from,
            "valid_to": self.valid_to,
        }


def add(*, code: str, name: str, terms: Terms, actor: Actor, key: str, at: datetime) -> int:
    """
    Put a connection in; it has no secret yet, so its system cannot sign in.

    :raises NotTheKeeper, Invalid, Replayed, MissingKey:
    """
    code, name = code.strip(), " ".join(name.split())
    try:
        with transaction.atomic(durable=True):
            number = idempotency.take(actor, key, "exchange.add_partner", [code, name, _told(terms)], at=at)
            duty = _keeper(actor)
            rules.check_partner(code=code, name=name, address=terms.address)
            values = terms.checked()
            if (
                Partner.objects.filter(code=code).exists()
                or Account.objects.filter(username=_client(code)).exists()
            ):
                raise Invalid(errors={"code": "Mã này đã có."})
            if Partner.objects.filter(name=name).exists():
                raise Invalid(errors={"name": "Hệ thống có tên này đã có."})
            _make(number, code, name, values)
            note(number, "partner_add", actor, duty, at, {"code": code, "name": name, **_told(terms)})
            return number
    except idempotency.AlreadyDone as done:
        return done.subject


def change(*, partner: int, terms: Terms, actor: Actor, key: str, at: datetime) -> None:
    """
    Change what a connection is agreed to; tokens keep no right that is taken away.

    :raises PartnerNotFound, NotTheKeeper, SwitchedOff, Invalid, Replayed, MissingKey:
    """
    try:
        with transaction.atomic(durable=True):
            row, duty = _taken(partner, "exchange.change_partner", _told(terms), actor, key, at)
            values = terms.checked()
            before = {name: getattr(row, name) for name in values}
            for name, value in values.items():
                setattr(row, name, value)
            row.save(update_fields=list(values))
            changed = {name: {"before": before[name], "after": row_value} for name, row_value in values.items()
                       if before[name] != row_value}  # fmt: skip
            note(row.pk, "partner_change", actor, duty, at, changed)
    except idempotency.AlreadyDone:
        return


def renew_secret(*, partner: int, actor: Actor, key: str, at: datetime) -> str:
    """
    Make a new secret and return it, this once; what was signed in with the old one is signed out.

    A repeated key makes nothing and returns an empty text: the secret was shown.

    :raises PartnerNotFound, NotTheKeeper, SwitchedOff, Replayed, MissingKey:
    """
    try:
        with transaction.atomic(durable=True):
            row, duty = _taken(partner, "exchange.renew_secret", {}, actor, key, at)
            secret = secrets.token_urlsafe(32)
            _give(row, secret, at)
            note(row.pk, "partner_secret", actor, duty, at, {})
            return secret
    except idempotency.AlreadyDone:
        return ""


def switch_off(*, partner: int, reason: str, actor: Actor, key: str, at: datetime) -> None:
    """
    End a connection: its tokens die at once, nothing is sent any more; officers note by hand again.

    :raises PartnerNotFound, NotTheKeeper, SwitchedOff, Invalid, Replayed, MissingKey:
    """
    try:
        with transaction.atomic(durable=True):
            row, duty = _taken(partner, "exchange.switch_off", {"reason": reason}, actor, key, at)
            words = " ".join(reason.split())
            if not 10 <= len(words) <= 500:
                raise Invalid(errors={"reason": "Ghi lý do ngừng kết nối (10 đến 500 ký tự)."})
            Account.objects.filter(pk=row.account_id).update(is_active=False)
            row.valid_to = max(row.valid_from, at.astimezone(LOCAL).date())
            row.save(update_fields=["valid_to"])
            Token.objects.filter(partner=row).delete()
            note(row.pk, "partner_off", actor, duty, at, {"reason": words})
    except idempotency.AlreadyDone:
        return


def connect_stand_in(*, secret: str, at: datetime) -> list[str]:
    """
    Give the partners of the demo that have no secret yet the stand-in's, by the system; return the codes of all.

    :raises NotTheKeeper: never: the system acts.
    """
    codes = []
    for number, code in Partner.objects.order_by("code").values_list("pk", "code"):
        codes.append(code)
        with transaction.atomic(durable=True):
            row = queries.lock(SYSTEM, number)
            if row.secret_at is None:
                _give(row, secret, at)
                note(row.pk, "partner_secret", SYSTEM, None, at, {})
    return codes


@transaction.atomic
def set_partners(rows: Sequence[Mapping[str, Any]]) -> dict[str, Counts]:
    """
    Bring the partners of the data: new ones are put in; what the administrator has changed since stays.

    Like all data that is loaded it stands in no ledger: a province begins with an empty one.
    """
    made = 0
    for item in rows:
        if Partner.objects.filter(code=item["code"]).exists():
            continue
        values = {name: value for name, value in item.items() if name not in ("code", "name")}
        _make(subjects.new(), item["code"], item["name"], values)
        made += 1
    return {"partners": Counts(made=made, same=len(rows) - made)}


def _client(code: str) -> str:
    return f"partner-{code}"


def _make(number: int, code: str, name: str, values: Mapping[str, Any]) -> None:
    account = Account(username=_client(code), kind=AccountKind.PARTNER.value, display_name=name)
    account.set_unusable_password()
    account.save()
    Partner.objects.create(subject=number, code=code, name=name, account=account, **values)


def _give(row: Partner, secret: str, at: datetime) -> None:
    row.account.set_password(secret)
    row.account.save(update_fields=["password"])
    row.secret_at = at
    row.save(update_fields=["secret_at"])
    Token.objects.filter(partner=row).delete()


def _keeper(actor: Actor) -> DutyRef:
    duty = actor.duty(Role.ADMIN) if actor.kind is ActorKind.STAFF else None
    if duty is None:
        raise NotTheKeeper
    return duty


def _taken(
    partner: int, operation: str, body: Mapping[str, Any], actor: Actor, key: str, at: datetime
) -> tuple[Partner, DutyRef]:
    idempotency.take(actor, key, operation, [partner, body], at=at, subject=partner)
    return kept(partner, actor)


def kept(partner: int, actor: Actor) -> tuple[Partner, DutyRef]:
    """
    Return a connection under its row lock, for who looks after it and while it is on.

    :raises PartnerNotFound, NotTheKeeper, SwitchedOff:
    """
    row = queries.lock(actor, partner)
    duty = _keeper(actor)
    if not row.account.is_active:
        raise SwitchedOff
    return row, duty


def _told(terms: Terms) -> dict[str, Any]:
    return {
        "scopes": list(terms.scopes),
        "statuses": terms.statuses,
        "address": terms.address,
        "valid_from": terms.valid_from,
        "valid_to": terms.valid_to,
    }


def note(
    number: int, act: str, actor: Actor, duty: DutyRef | None, at: datetime, payload: Mapping[str, Any]
) -> None:
    """Write an act on a connection into its ledger, with its event."""
    queries.forget_followers()
    ledger.append_unheaded(
        number, act=act, actor=actor, duty=duty, at=at, facts=Facts.under(duty), payload=payload,
        event=events.PartnerMoved(partner=number, at=at, act=act),
    )  # fmt: skip
