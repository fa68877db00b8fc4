"""Two receiving units, a provincial leader, a head of one unit, an officer; dossiers in the ledger."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from motcua.dossiers.rules import State
from motcua.evaluation import operations, queries
from motcua.kernel.actor import SYSTEM, DutyScope, Role
from motcua.organisation import queries as organisation
from motcua.organisation.models import Agency, Duty, Staff, Unit
from motcua.parties.models import Account
from motcua.platform import clock, ledger

FROM = date(2021, 1, 1)


def unit(code: str, name: str) -> Unit:
    """Make an agency with its root unit."""
    agency = Agency.objects.create(
        code=code, name=name, short_name=name, folded=name.lower(), kind="k", tier="commune",
        id_code_certainty="high", area_class="urban", valid_from=FROM, certainty="high",
    )  # fmt: skip
    return Unit.objects.create(
        code=code, name=name, short_name=name, folded=name.lower(), kind="k", tier="commune", agency=agency,
        is_root=True, valid_from=FROM, certainty="high",
    )  # fmt: skip


def member(username: str, at: Unit, role: Role, scope: DutyScope = DutyScope.UNIT) -> Account:
    """Make a member of staff with one duty."""
    account = Account.objects.create(username=username, kind="staff", password="!")
    staff = Staff.objects.create(account=account, full_name=username.title(), folded=username)
    Duty.objects.create(staff=staff, unit=at, role=role, scope=scope, valid_from=FROM)
    organisation.forget_tree()
    return account


def session(account: Account) -> str:
    """Sign in; return the session key."""
    store = SessionStore()
    store[SESSION_KEY] = str(account.pk)
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store.create()
    return str(store.session_key)


def cookie(account: Account) -> dict[str, str]:
    """Return the cookie of the account's session."""
    return {settings.STAFF_SESSION_COOKIE_NAME: session(account)}


def received(subject: int, at: Unit, *, due: datetime | None = None) -> None:
    """Let a dossier be received now."""
    now = clock.now()
    ledger.append(
        subject=subject, seq=0, prev=ledger.START, act="accept", actor=SYSTEM, duty=None, at=now,
        facts=ledger.Facts(
            agency_id=at.agency_id, unit_id=at.pk, state_after=State.ACCEPTED,
            due_after=due or now + timedelta(days=2),
        ),
        payload={},
    )  # fmt: skip


def count_now(seconds: float = 60.0) -> None:
    """Bring the figures up to date; an open transaction anywhere on the server holds them up for a while."""
    end = time.monotonic() + seconds
    while operations.catch_up() or queries.behind():
        assert time.monotonic() < end, "the figures stay behind"
        time.sleep(0.02)
