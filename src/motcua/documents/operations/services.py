"""Remote signing services and whose keys lie there, entered by who runs the system (S-59)."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from motcua.documents.csc import Bearer
from motcua.documents.models import SigningCertificate, SigningService
from motcua.documents.operations.trust import kept
from motcua.env import Mode
from motcua.kernel.actor import Actor
from motcua.kernel.addresses import is_encrypted, is_endpoint
from motcua.kernel.errors import Invalid, NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a service is reached, and from when to when it is used (days, both included); see `csc.Line`."""

    name: str
    address: str
    sign_in: str
    client_id: str
    bearer: Bearer
    valid_from: date
    valid_to: date | None = None

    def check(self) -> None:
        """:raises Invalid: a name is missing, an address cannot be called, the days are not in order."""
        errors = {}
        if not 3 <= len(self.name) <= 200:
            errors["service_name"] = "Ghi tên dịch vụ (3 đến 200 ký tự)."
        for name, address in (("address", self.address), ("sign_in", self.sign_in)):
            if (address or name == "address") and not _callable(address):
                errors[name] = "Địa chỉ phải có dạng https://may-chu/duong-dan, không có dấu ? hoặc #."
        if not re.fullmatch(r"[^\s]{1,200}", self.client_id):
            errors["client_id"] = "Ghi mã ứng dụng mà dịch vụ đã cấp (không có dấu cách)."
        if self.valid_to is not None and self.valid_to < self.valid_from:
            errors["service_from"] = "Ngày kết thúc phải sau ngày bắt đầu."
        if errors:
            raise Invalid(errors=errors)


def _callable(address: str) -> bool:
    """Tell whether an address can be called; without encryption only a stand-in's, which no real system has."""
    return is_endpoint(address) and (is_encrypted(address) or settings.MODE is not Mode.PRODUCTION)


def enter_service(*, code: str, terms: Terms, at: datetime) -> SigningService:
    """
    Enter a service as data; one that is there already gets the new terms. A person does it with `keep_service`.

    :raises Invalid:
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,30}", code):
        raise Invalid(
            errors={"service_code": "Mã gồm chữ thường không dấu, số và gạch dưới, từ 2 đến 31 ký tự."}
        )
    terms.check()
    row, _ = SigningService.objects.update_or_create(code=code, defaults={**asdict(terms), "created_at": at})
    return row


def keep_service(*, code: str, terms: Terms, actor: Actor, key: str, at: datetime) -> int:
    """
    Put a service in, or change it, as who runs the system; return the number of the act.

    A last day is how one ceases to be used; what was signed by it stays.

    :raises NotTheKeeper, Invalid, Replayed, MissingKey:
    """
    told = {"code": code, **asdict(terms)}

    def write() -> dict[str, Any]:
        enter_service(code=code, terms=terms, at=at)
        return told

    return kept("signing_service", told, write, actor, key, at)


@transaction.atomic
def enter_place(*, certificate_id: int, code: str, credential: str) -> SigningCertificate:
    """
    Enter as data that the key of a certificate lies with a service, or with none (`code` empty).

    :raises NotFound: the certificate is not registered any more.
    :raises Invalid: there is no such service, or its name of the key is missing.
    """
    row = SigningCertificate.objects.select_for_update().filter(pk=certificate_id, withdrawn_at=None).first()
    if row is None:
        raise NotFound
    service = SigningService.objects.filter(code=code).first() if code else None
    if code and service is None:
        raise Invalid(errors={"credential": "Chọn dịch vụ trong danh sách."})
    if service is not None and not re.fullmatch(r"[^\s]{1,200}", credential):
        raise Invalid(
            errors={"credential": "Ghi mã chứng thư tại dịch vụ (credentialID, không có dấu cách)."}
        )
    row.service, row.credential = service, credential if service is not None else ""
    row.save(update_fields=["service", "credential"])
    return row


def place_key(
    *, certificate_id: int, code: str, credential: str, actor: Actor, key: str, at: datetime
) -> int:
    """
    Say that the key of a registered certificate lies with a service, or with none, as who runs the system.

    :raises NotTheKeeper, NotFound, Invalid, Replayed, MissingKey:
    """

    def write() -> dict[str, Any]:
        row = enter_place(certificate_id=certificate_id, code=code, credential=credential)
        return {"certificate": row.sha256, "service": code, "credential": row.credential}

    body = {"certificate": certificate_id, "service": code, "credential": credential}
    return kept("place_key", body, write, actor, key, at)
