"""Verification on site: the visits of one's units, those of one dossier, their minutes (NĐ 61/2018 Art 19.3)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from motcua.catalogue import queries as catalogue
from motcua.documents import operations as documents
from motcua.documents.rules import UploadRefused
from motcua.dossiers import queries, verifications, verifying
from motcua.dossiers.operations import (
    call_off_verification,
    move_verification,
    plan_verification,
    record_verification,
)
from motcua.dossiers.rules import PAUSED, RUNNING, State
from motcua.dossiers.verifications import VerificationRow
from motcua.dossiers.verifying import MOST_FILES, VERIFICATION_NAMES, VerificationState
from motcua.edge import actors, keys
from motcua.kernel.actor import Actor
from motcua.kernel.errors import Invalid
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.web import inputs, refusals
from motcua.web.components import Crumb
from motcua.web.desk import pages, rows
from motcua.web.desk.holding import holds

URL: Final = "/can-bo/xac-minh/"
TYPED: Final = (
    "luc", "noi", "noi_dung", "nguoi_di", "ly_do", "bat_dau", "ket_thuc", "nguoi", "ket_qua", "ket_luan", "moi",
)  # fmt: skip
# Where on the page an error belongs, by what was sent: {n} is the visit's number, {k} the form of its minutes.
_VISIT: Final = {"planned_at": "o-luc{n}", "place": "o-noi{n}", "visitors": "o-nguoi_di{n}"}
TARGETS: Final = {
    "hen": {**_VISIT, "purpose": "o-noi_dung"},
    "doi": {**_VISIT, "reason": "ly-do-doi-{n}"},
    "huy": {"reason": "ly-do-huy-{n}"},
    "bien-ban": {
        "began_at": "bat-dau-{k}", "ended_at": "ket-thuc-{k}", "place": "noi-bb-{k}", "participants": "nguoi-{k}",
        "findings": "ket-qua-{k}", "conclusion": "ket-luan-{k}", "files": "tep-{k}",
    },
}  # fmt: skip


@pages.officer
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show the visits that one's units have planned, the next first; those whose moment has passed want minutes."""
    actor, now = actors.staff(request), clock.now()
    found = verifications.to_make(actor)
    context = {
        "rows": [_line(one, now, {}) for one in found],
        "passed": sum(one.planned_at is not None and one.planned_at < now for one in found),
        "crumbs": [pages.HOME, Crumb("Xác minh thực địa")],
    }
    return pages.show(request, "desk/verifications.html", context, section=URL)


@pages.officer
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, code: str) -> HttpResponse:
    """Show the verifications of a dossier; plan, move, call off, record."""
    actor, now = actors.staff(request), clock.now()
    d = queries.one(actor, code).dossier
    attempt = refusals.Attempt()
    what = request.POST.get("viec", "")
    if request.method == "POST" and what in DO:
        with attempt:
            messages.success(request, DO[what](request, actor, code))
            return redirect(f"{rows.dossier_url(code)}xac-minh/")
    found = verifications.of_dossier(actor, d.subject)
    people = {one.made_by_id for one in found} | {one.recorded_by_id for one in found}
    names = organisation.staff_names({one for one in people if one is not None})
    alive = State(d.state) in RUNNING | PAUSED and not d.mirrored
    held = alive and holds(actor, d.subject)
    lines = [_line(one, now, names) for one in found]
    for line, one in zip(lines, found, strict=True):
        line["mine"] = one.is_open and (held or (alive and one.made_by_id == actor.staff_id))
    context: dict[str, Any] = {
        "d": d,
        "procedure": catalogue.definition(d.procedure_version_id).name,
        "lines": lines,
        "may_plan": held and State(d.state) in RUNNING,
        "may_record": held,
        "typed": {name: request.POST.get(name, "") for name in TYPED},
        "doing": what if attempt.refusal is not None else "",
        "about": inputs.number(request.POST.get("so", "")),
        "errors": refusals.placed(attempt.refusal, lambda name: _target(request, name)),
        "here": f"{rows.dossier_url(code)}xac-minh/",
        "seen": d.seq,
        "key": keys.new(),
        "crumbs": [
            pages.HOME,
            Crumb("Xác minh thực địa", URL),
            Crumb(d.code, rows.dossier_url(code)),
            Crumb("Xác minh"),
        ],
    }
    return pages.show(request, "desk/verifications_of.html", context, section=URL, status=attempt.status)


def _target(request: HttpRequest, name: str) -> str:
    """Return the id of the field that an error is about, on the form that was sent."""
    number = request.POST.get("so", "")[:20]
    made = TARGETS[request.POST["viec"]].get(name, "")
    return made.format(n=number, k=f"{number}{'b' if number else 'k'}")


def _number(request: HttpRequest) -> int:
    return inputs.number(request.POST.get("so", "")) or 0


def _visit(request: HttpRequest) -> dict[str, Any]:
    return {
        "planned_at": inputs.moment(request.POST.get("luc", "")),
        "place": request.POST.get("noi", ""),
        "visitors": request.POST.get("nguoi_di", ""),
        "applicant_needed": request.POST.get("moi") == "1",
    }


def _plan(request: HttpRequest, actor: Actor, code: str) -> str:
    plan_verification(
        **pages.sent(request, actor, code), **_visit(request), purpose=request.POST.get("noi_dung", "")
    )
    return "Đã hẹn xác minh thực địa."


def _move(request: HttpRequest, actor: Actor, code: str) -> str:
    move_verification(
        **pages.sent(request, actor, code), **_visit(request), verification_id=_number(request),
        reason=request.POST.get("ly_do", ""),
    )  # fmt: skip
    return "Đã dời lịch xác minh thực địa."


def _call_off(request: HttpRequest, actor: Actor, code: str) -> str:
    call_off_verification(
        **pages.sent(request, actor, code),
        verification_id=_number(request),
        reason=request.POST.get("ly_do", ""),
    )
    return "Đã hủy hẹn xác minh thực địa."


def _record(request: HttpRequest, actor: Actor, code: str) -> str:
    uploads = request.FILES.getlist("tep")
    if len(uploads) > MOST_FILES:
        raise Invalid(errors={"files": f"Mỗi biên bản kèm không quá {MOST_FILES} tệp."})
    subject = queries.one(actor, code).dossier.subject
    record_verification(
        **pages.sent(request, actor, code),
        verification_id=_number(request) or None,
        began_at=inputs.moment(request.POST.get("bat_dau", "")),
        ended_at=inputs.moment(request.POST.get("ket_thuc", "")),
        place=request.POST.get("noi", ""),
        participants=verifying.people(request.POST.get("nguoi", "")),
        findings=request.POST.get("ket_qua", ""),
        conclusion=request.POST.get("ket_luan", ""),
        file_ids=[_stored(upload, actor, subject) for upload in uploads],
    )
    return "Đã lập biên bản xác minh thực địa."


def _stored(upload: UploadedFile[bytes], actor: Actor, subject: int) -> int:
    """
    Keep a photo or a scan of the dossier and return its number.

    :raises Invalid: the file cannot be taken.
    """
    limits = documents.upload_limits()
    if upload.size is not None and upload.size > limits.max_bytes:
        raise Invalid(errors={"files": f"Tệp {upload.name} lớn hơn {limits.max_bytes // 1024 // 1024} MB."})
    try:
        return documents.store_upload(
            actor=actor, name=upload.name or "", data=upload.read(), at=clock.now(), subject=subject
        ).pk
    except UploadRefused as refused:
        raise Invalid(errors={"files": f"{upload.name}: {refused.message}"}) from refused


DO: Final = {"hen": _plan, "doi": _move, "huy": _call_off, "bien-ban": _record}


def _line(one: VerificationRow, now: datetime, names: dict[int, str]) -> dict[str, Any]:
    ended = one.state == VerificationState.PLANNED and not one.is_open
    return {
        "id": one.id,
        "state": "Hồ sơ đã kết thúc" if ended else VERIFICATION_NAMES[VerificationState(one.state)],
        "open": one.is_open,
        "recorded": one.state == VerificationState.RECORDED,
        "passed": one.is_open and one.planned_at is not None and one.planned_at < now,
        "planned_at": one.planned_at,
        "place": one.place,
        "purpose": one.purpose,
        "visitors": one.visitors,
        "needed": one.applicant_needed,
        "moved": one.moved,
        "reason": one.reason,
        "by": names.get(one.made_by_id, ""),
        "began_at": one.began_at,
        "ended_at": one.ended_at,
        "participants": one.participants,
        "findings": one.findings,
        "conclusion": one.conclusion,
        "recorded_by": names.get(one.recorded_by_id or 0, ""),
        "paper": f"{rows.dossier_url(one.code)}giay/{one.document_id}/" if one.document_id else "",
        "files": [f"{rows.dossier_url(one.code)}tep/{file_id}/" for file_id in one.file_ids],
        "unit": rows.unit_name(one.unit_id),
        "code": one.code,
        "owner": one.owner_name,
        "procedure": catalogue.definition(one.procedure_version_id).name,
        "url": f"{rows.dossier_url(one.code)}xac-minh/",
    }
