"""Tokens: issued to a partner that knows its secret; a wrong secret stands in the partner's ledger."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from motcua.exchange import queries
from motcua.exchange.models import Partner, Token
from motcua.exchange.operations import partners
from motcua.exchange.rules import TOKEN_LASTS


@transaction.atomic
def issue(*, partner: Partner, token: str, scopes: Collection[str], real_at: datetime) -> None:
    """Keep the digest of a token that was just made; those whose time is over go (two statements)."""
    Token.objects.filter(expires_at__lte=real_at).delete()
    Token.objects.create(
        partner=partner,
        digest=queries.digest(token),
        scopes=sorted(scopes),
        issued_at=real_at,
        expires_at=real_at + TOKEN_LASTS,
    )


@transaction.atomic
def refused(*, client_id: str, at: datetime) -> None:
    """Note in a partner's ledger that somebody came with its client id and a wrong secret; nothing for unknown ids."""
    row = queries.client(client_id, at)
    if row is not None:
        partners.note(row.pk, "partner_sign_in_refused", queries.actor_of(row), None, at, {})
