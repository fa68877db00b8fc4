"""What is read of remote signing services: which there are, who can sign by one, which signature is under way."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet

from motcua.documents.csc import Bearer
from motcua.documents.models import RemoteSession, SigningCertificate, SigningService
from motcua.documents.queries import keeps
from motcua.documents.rules import SignatureField
from motcua.kernel.actor import Actor
from motcua.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A remote signing service as data."""

    id: int
    code: str
    name: str
    address: str
    sign_in: str
    client_id: str
    bearer: Bearer
    valid_from: date
    valid_to: date | None

    def used(self, on: date) -> bool:
        """Tell whether it is used on a day."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Way:
    """A field that a person can have signed by a service: which certificate, kept where."""

    field: SignatureField
    certificate_id: int
    holder: str
    service: str


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A signature that was begun: what for, where it is confirmed, where the person goes back to, until when."""

    id: int
    document_id: int
    service: str
    page: str
    used: bool
    expires_at: datetime


def services(actor: Actor) -> list[ServiceRow]:
    """Return every service ever entered, for who runs the system; nothing for others."""
    if not keeps(actor):
        return []
    return [service_row(row) for row in SigningService.objects.order_by("name", "id")]


def service_row(row: SigningService) -> ServiceRow:
    """Return a service as it is shown."""
    return ServiceRow(
        row.pk, row.code, row.name, row.address, row.sign_in, row.client_id, Bearer(row.bearer),
        row.valid_from, row.valid_to,
    )  # fmt: skip


def placed(actor: Actor) -> dict[int, tuple[str, str]]:
    """Return service and name of the key of each certificate that has one there, for who runs the system."""
    if not keeps(actor):
        return {}
    rows = SigningCertificate.objects.filter(service__isnull=False)
    return {
        number: (name, credential)
        for number, name, credential in rows.values_list("pk", "service__name", "credential")
    }


def ways(actor: Actor, fields: Collection[SignatureField], unit_ids: Collection[int], on: date) -> list[Way]:
    """
    Return how the actor can have fields of a paper signed by services that are used on a day (one statement).

    `fields` are those that are the actor's to sign, `unit_ids` the units whose certificates the agency's field takes.
    """
    personal = [field for field in fields if field is not SignatureField.AGENCY]
    holders = Q(staff_id=actor.staff_id or 0) if personal else Q()
    if SignatureField.AGENCY in fields:
        holders |= Q(unit_id__in=unit_ids)
    if not fields:
        return []
    rows = usable(on).filter(holders).select_related("service").defer("der").order_by("id")
    return [
        Way(field, row.pk, row.name, row.service.name if row.service else "")
        for row in rows
        for field in (personal if row.unit_id is None else [SignatureField.AGENCY])
    ]


def usable(on: date) -> QuerySet[SigningCertificate]:
    """Return the certificates whose keys lie with a service that is used on a day."""
    return SigningCertificate.objects.filter(
        Q(service__valid_to=None) | Q(service__valid_to__gte=on),
        service__valid_from__lte=on,
        withdrawn_at=None,
    )


def under_way(actor: Actor, number: int) -> UnderWay:
    """
    Return a signature the actor has begun, by its number.

    :raises NotFound: it is not there any more, or somebody else's.
    """
    return _row(actor, Q(pk=number))


def of_state(actor: Actor, state: str) -> UnderWay:
    """
    Return a signature the actor has begun, by what the service sends back with the person.

    :raises NotFound: forged, cleared away, or somebody else's.
    """
    return _row(actor, Q(state=state))


def _row(actor: Actor, which: Q) -> UnderWay:
    found = RemoteSession.objects.filter(which, account=actor.account_id)
    row = found.values_list(
        "pk", "document_id", "certificate__service__name", "page", "used_at", "expires_at"
    ).first()
    if row is None:
        raise NotFound
    number, document_id, service, page, used_at, expires_at = row
    return UnderWay(number, document_id, service or "", page, used_at is not None, expires_at)
