"""Remote signing services on the page of trust: which there are, how they are reached, whose keys lie there (S-59)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest

from motcua.documents import csc, remotes
from motcua.documents import operations as documents
from motcua.documents.csc import Bearer
from motcua.documents.operations.services import Terms
from motcua.kernel.actor import Actor
from motcua.kernel.errors import Invalid
from motcua.web import inputs

JOBS: Final = ("dich-vu", "noi-giu-khoa")
TYPED: Final = (
    "ma-dich-vu", "ten-dich-vu", "dia-chi", "dia-chi-xac-nhan", "ma-ung-dung", "cach-vao", "dv-tu-ngay",
    "dv-den-ngay", "ma-khoa", "dich-vu-giu", "chung-thu",
)  # fmt: skip
TARGETS: Final = {
    "service_code": "ma-dich-vu", "service_name": "ten-dich-vu", "address": "dia-chi",
    "sign_in": "dia-chi-xac-nhan", "client_id": "ma-ung-dung", "bearer": "cach-vao", "service_from": "dv-tu-ngay",
    "credential": "ma-khoa", "certificate": "chung-thu",
}  # fmt: skip
BEARERS: Final[Mapping[Bearer, str]] = {
    Bearer.CLIENT: "Mã truy cập riêng của ứng dụng",
    Bearer.SAME: "Chính mã nhận được khi người ký xác nhận",
}


def context(actor: Actor, on: date) -> dict[str, Any]:
    """Return what the page shows of services."""
    return {
        "services": [
            {
                "row": one,
                "used": one.used(on),
                "bearer": BEARERS[one.bearer],
                "secret": bool(settings.SIGNING_SECRETS.get(one.code) or settings.SIGNING_SECRETS.get("*")),
            }
            for one in remotes.services(actor)
        ],
        "bearers": [(one.value, words) for one, words in BEARERS.items()],
        "return_url": f"{settings.BASE_URL}{csc.BACK}",
    }


def do(request: HttpRequest, common: Mapping[str, Any]) -> str:
    """
    Do what a form of this part asks; return what to say.

    :raises Invalid: a field is missing.
    """
    typed = request.POST
    if typed.get("viec") == "noi-giu-khoa":
        number = inputs.number(typed.get("chung-thu", ""))
        if number is None:
            raise Invalid(errors={"certificate": "Chọn chứng thư."})
        code = typed.get("dich-vu-giu", "")
        documents.place_key(
            certificate_id=number, code=code, credential=typed.get("ma-khoa", "").strip(), **common
        )
        return "Đã ghi nơi giữ khóa." if code else "Đã ghi: khóa không còn ở dịch vụ ký số từ xa."
    documents.keep_service(code=typed.get("ma-dich-vu", "").strip(), terms=_terms(typed), **common)
    return "Đã ghi dịch vụ ký số từ xa."


def _terms(typed: Mapping[str, str]) -> Terms:
    first = inputs.day(typed.get("dv-tu-ngay", ""))
    last = inputs.day(typed.get("dv-den-ngay", ""))
    errors = {}
    if first is None or (last is None and typed.get("dv-den-ngay", "").strip()):
        errors["service_from"] = "Ghi ngày bắt đầu như 01/09/2026; ngày kết thúc cũng vậy, hoặc để trống."
    if typed.get("cach-vao") not in set(Bearer):
        errors["bearer"] = "Chọn cách vào dịch vụ."
    if errors or first is None:
        raise Invalid(errors=errors)
    return Terms(
        name=" ".join(typed.get("ten-dich-vu", "").split()),
        address=typed.get("dia-chi", "").strip().rstrip("/"),
        sign_in=typed.get("dia-chi-xac-nhan", "").strip().rstrip("/"),
        client_id=typed.get("ma-ung-dung", "").strip(),
        bearer=Bearer(typed["cach-vao"]),
        valid_from=first,
        valid_to=last,
    )
