"""Whom digital signatures are trusted from: authorities, certificates of people and units, services (R-059, S-59)."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from motcua.documents import operations as documents
from motcua.documents import queries, remotes
from motcua.documents.operations import NotTheKeeper
from motcua.edge import actors, keys
from motcua.kernel.actor import Actor, Role
from motcua.kernel.errors import Invalid, NotFound
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.web import inputs, refusals
from motcua.web.components import Crumb
from motcua.web.desk import pages, rows, services

URL: Final = "/can-bo/chung-thu-so/"
TYPED: Final = ("nguon", "tu-ngay", "den-ngay", "ten-dang-nhap", "ma-don-vi", *services.TYPED)
TARGETS: Final = {
    "valid_from": "tu-ngay", "source": "nguon", "holder": "ten-dang-nhap", "anchor_file": "tep-to-chuc",
    "certificate_file": "tep-chung-thu", **services.TARGETS,
}  # fmt: skip
LARGEST: Final = 64 * 1024


@pages.officer
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Show trusted authorities and registered certificates, as who runs the system; enter and withdraw them."""
    actor, on = actors.staff(request), clock.real_now().date()
    if actor.duty(Role.ADMIN) is None:
        raise NotTheKeeper
    attempt = refusals.Attempt()
    if request.method == "POST":
        with attempt:
            messages.success(request, _do(request, actor))
            return redirect(URL)
    held = queries.certificates(actor)
    names = organisation.staff_names({one.staff_id for one in held if one.staff_id is not None})
    keys_at = remotes.placed(actor)
    context: dict[str, Any] = {
        **services.context(actor, on),
        "anchors": [
            {"row": one, "trusted": one.valid_from <= on and (one.valid_to is None or on <= one.valid_to)}
            for one in queries.anchors(actor)
        ],
        "certificates": [
            {
                "row": one,
                "holder": names.get(one.staff_id or 0, "")
                if one.unit_id is None
                else rows.unit_name(one.unit_id),
                "number": str(one.id),
                "service": " / ".join(keys_at.get(one.id, ())),
                "expired": one.valid_to.date() < on,
            }
            for one in held
        ],
        "typed": {name.replace("-", "_"): request.POST.get(name, "") for name in TYPED},
        "doing": request.POST.get("viec", "") if attempt.refusal is not None else "",
        "errors": refusals.placed(attempt.refusal, lambda name: TARGETS.get(name, "")),
        "today": on,
        "here": URL,
        "key": keys.new(),
        "crumbs": [pages.HOME, Crumb("Chứng thư số")],
    }
    return pages.show(request, "desk/trust.html", context, section=URL, status=attempt.status)


def _do(request: HttpRequest, actor: Actor) -> str:
    """Do what the form asks; return what to say."""
    common: dict[str, Any] = {"actor": actor, "key": keys.key(request), "at": clock.now()}
    match request.POST.get("viec"):
        case "tin-cay":
            documents.trust(
                data=_file(request, "tep-to-chuc", "anchor_file"),
                source=request.POST.get("nguon", ""),
                valid_from=inputs.day(request.POST.get("tu-ngay", "")),
                valid_to=_last_day(request),
                **common,
            )
            return "Đã ghi tổ chức chứng thực."
        case "dang-ky":
            data = _file(request, "tep-chung-thu", "certificate_file")
            staff_id, unit_id = _holder(request)
            documents.register(data=data, staff_id=staff_id, unit_id=unit_id, **common)
            return "Đã đăng ký chứng thư số."
        case job if job in services.JOBS:
            return services.do(request, common)
        case "thu-hoi":
            number = inputs.number(request.POST.get("so", "")) or 0
            documents.withdraw(certificate_id=number, **common)
            return "Đã ngừng dùng chứng thư. Văn bản đã ký trước đây không thay đổi."
    raise NotFound


def _last_day(request: HttpRequest) -> date | None:
    typed = request.POST.get("den-ngay", "").strip()
    last = inputs.day(typed)
    if typed and last is None:
        raise Invalid(errors={"valid_from": "Ghi ngày kết thúc như 31/12/2030, hoặc để trống."})
    return last


def _holder(request: HttpRequest) -> tuple[int | None, int | None]:
    """
    Return whose certificate it is: a member of staff by sign-in name, or a unit by its code.

    :raises Invalid: both or none is typed, or there is nobody of that name.
    """
    username, code = request.POST.get("ten-dang-nhap", "").strip(), request.POST.get("ma-don-vi", "").strip()
    if bool(username) == bool(code):
        raise Invalid(errors={"holder": "Ghi tên đăng nhập của cán bộ, hoặc mã đơn vị; chỉ một trong hai."})
    if code:
        unit = organisation.find_unit(code)
        if unit is None:
            raise Invalid(errors={"holder": f"Không có đơn vị mã {code}."})
        return None, unit.id
    staff_id = organisation.staff_called(username)
    if staff_id is None:
        raise Invalid(errors={"holder": f"Không có cán bộ nào đăng nhập bằng tên {username}."})
    return staff_id, None


def _file(request: HttpRequest, name: str, field: str) -> bytes:
    """
    Return the bytes of a certificate that was sent.

    :raises Invalid: none was chosen, or it is too large for one.
    """
    upload = request.FILES.get(name)
    if not isinstance(upload, UploadedFile) or upload.size is None or upload.size > LARGEST:
        raise Invalid(errors={field: "Chọn tệp chứng thư số (.cer, .crt hoặc .pem)."})
    return bytes(upload.read())
