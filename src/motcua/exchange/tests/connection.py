"""A connection for tests: a partner with a secret, and who looks after connections."""

from __future__ import annotations

from datetime import date

from motcua.dossiers.tests.factories import MONDAY, key
from motcua.exchange.models import Partner
from motcua.exchange.operations import partners
from motcua.exchange.operations.partners import Terms
from motcua.kernel.actor import Actor, Role
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty

MINISTRY = "Hệ thống thông tin giải quyết thủ tục hành chính tập trung của Bộ Tư pháp"
_SECRETS: dict[int, str] = {}


def admin() -> Actor:
    """Return who looks after the systems."""
    duty = Duty.objects.filter(role=Role.ADMIN.value).order_by("id")[0]
    return organisation.actor_of(duty.staff.account_id, MONDAY)


def connected(*, new: str = "", address: str = "") -> Partner:
    """Return a partner with a fresh secret: the one of the data, or another put in by the administrator."""
    if new:
        code = key().replace("-", "_")
        terms = Terms(["parts:report", "parts:read"], "dvcqg", address, date(2023, 1, 1))
        name = f"{new} {code}"
        number = partners.add(code=code, name=name, terms=terms, actor=admin(), key=key(), at=MONDAY)
        row = Partner.objects.select_related("account").get(pk=number)
    else:
        row = Partner.objects.select_related("account").get(name=MINISTRY)
        if address:
            terms = Terms(row.scopes, row.statuses, address, row.valid_from)
            partners.change(partner=row.pk, terms=terms, actor=admin(), key=key(), at=MONDAY)
    _SECRETS[row.pk] = partners.renew_secret(partner=row.pk, actor=admin(), key=key(), at=MONDAY)
    return Partner.objects.select_related("account").get(pk=row.pk)


def secret_of(row: Partner) -> str:
    """Return the secret a partner was given here."""
    return _SECRETS[row.pk]


PDF_RESULT = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n% of a ministry\ntrailer<</Root 1 0 R>>\n%%EOF\n"
"""The file of a result."""
