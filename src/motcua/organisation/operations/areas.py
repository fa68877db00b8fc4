"""Service areas of one-stop units: given and ended by decision, each an act with its ledger entry and event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from motcua.kernel.actor import Actor, DutyRef, Role
from motcua.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from motcua.kernel.text import clean
from motcua.organisation import areas, events, queries
from motcua.organisation.models import Agency, ServiceArea, Unit
from motcua.platform import idempotency, ledger
from motcua.platform.ledger import Facts
from motcua.platform.records import Counts, bring

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")


class AreaNotFound(NotFound):
    """There is no such service area."""

    code = "service_area_not_found"
    message = "Không tìm thấy phạm vi phục vụ này."


class AreaOver(Conflict):
    """It has ended."""

    code = "service_area_over"
    message = "Phạm vi phục vụ này đã kết thúc."


class AreaThere(Conflict):
    """The unit receives for the agency in some of those days already."""

    code = "service_area_there"
    message = "Nơi tiếp nhận này đã phục vụ cơ quan đó trong những ngày được chọn."


def give_area(
    *,
    unit_code: str,
    agency_code: str,
    decision_no: str,
    valid_from: date | None,
    valid_to: date | None,
    note: str = "",
    actor: Actor,
    key: str,
    at: datetime,
) -> int:
    """
    Let a one-stop unit receive for an agency outside its branch, by a decision; return the area's number (R-078).

    `agency_code` is the code of the agency's root unit.

    :raises Forbidden: the actor is no procedure-control officer.
    :raises AreaThere, Invalid, Replayed, MissingKey:
    """
    duty, today = _duty(actor), at.astimezone(LOCAL).date()
    errors: dict[str, str] = {}
    number = clean(decision_no, field="decision_no")[:60]
    if not number:
        errors["decision_no"] = "Ghi số quyết định."
    if valid_from is None or valid_from < today:
        errors["valid_from"] = "Ngày bắt đầu phải từ hôm nay trở đi."
    elif valid_to is not None and valid_to < valid_from:
        errors["valid_to"] = "Ngày kết thúc không được trước ngày bắt đầu."
    unit, agency = queries.find_unit(unit_code.strip()), queries.find_unit(agency_code.strip())
    if unit is None or not queries.in_force(unit.id, today):
        errors["unit"] = "Chọn nơi tiếp nhận đang hoạt động."
    if agency is None or not queries.in_force(agency.id, today):
        errors["agency"] = "Chọn cơ quan đang hoạt động."
    elif unit is not None and agency.agency_id == unit.agency_id:
        errors["agency"] = "Nơi tiếp nhận này vốn thuộc cơ quan đó."
    if errors or unit is None or agency is None or valid_from is None:
        raise Invalid(errors=errors)
    body = {
        "unit": unit.code, "agency": agency.code, "decision": number, "valid_from": valid_from, "valid_to": valid_to,
    }  # fmt: skip
    try:
        with transaction.atomic(durable=True):
            subject = idempotency.take(actor, key, "organisation.give_area", body, at=at)
            Unit.objects.select_for_update(no_key=True).get(
                pk=unit.id
            )  # two decisions on one unit take turns
            for known in areas.read():
                same = known.unit_id == unit.id and known.agency_id == agency.agency_id
                meets = (valid_to is None or known.valid_from <= valid_to) and (
                    known.valid_to is None or known.valid_to >= valid_from
                )
                if same and meets:
                    raise AreaThere
            row = ServiceArea.objects.create(
                unit_id=unit.id,
                agency_id=agency.agency_id,
                fields=[],
                decision_no=number,
                valid_from=valid_from,
                valid_to=valid_to,
                certainty="high",
                note=clean(note, field="note")[:2000],
            )
            _enter(subject, row, "service_area_give", actor, duty, at, body)
    except idempotency.AlreadyDone:
        found = ServiceArea.objects.filter(unit_id=unit.id, agency_id=agency.agency_id, valid_from=valid_from)
        return int(found.values_list("pk", flat=True).get())
    areas.forget()
    return row.pk


def end_area(
    *, area_id: int, last_day: date | None, decision_no: str, actor: Actor, key: str, at: datetime
) -> None:
    """
    End a service area with a day, by a decision; dossiers received until then are handled on as they were received.

    :raises Forbidden: the actor is no procedure-control officer.
    :raises AreaNotFound, AreaOver, Invalid, Replayed, MissingKey:
    """
    duty, today = _duty(actor), at.astimezone(LOCAL).date()
    number = clean(decision_no, field="decision_no")[:60]
    body = {"area": area_id, "last_day": last_day, "decision": number}
    try:
        with transaction.atomic(durable=True):
            subject = idempotency.take(actor, key, "organisation.end_area", body, at=at)
            row = ServiceArea.objects.select_for_update(no_key=True).filter(pk=area_id).first()
            if row is None:
                raise AreaNotFound
            if row.valid_to is not None and row.valid_to < today:
                raise AreaOver
            errors: dict[str, str] = {}
            if not number:
                errors["decision_no"] = "Ghi số quyết định."
            if last_day is None or last_day < max(today, row.valid_from):
                errors["last_day"] = "Ngày cuối phải từ hôm nay trở đi và không trước ngày bắt đầu."
            if errors:
                raise Invalid(errors=errors)
            row.valid_to, row.end_decision = last_day, number
            row.save(update_fields=["valid_to", "end_decision"])
            _enter(subject, row, "service_area_end", actor, duty, at, body)
    except idempotency.AlreadyDone:
        return
    areas.forget()


@transaction.atomic
def set_areas(rows: Sequence[Mapping[str, Any]]) -> dict[str, Counts]:
    """Bring the service areas of the data; unit and agency by code. What people ended since stays ended."""
    units = dict(Unit.objects.values_list("code", "pk"))
    agencies = dict(Agency.objects.values_list("code", "pk"))
    made = [
        {**row, "unit_id": units[row["unit_id"]], "agency_id": agencies[row["agency_id"]]} for row in rows
    ]
    kept = [name for name in (made[0] if made else {}) if name not in ("unit_id", "agency_id", "valid_from")]
    counts = bring(ServiceArea, made, key=("unit_id", "agency_id", "valid_from"), once=kept)
    areas.forget()
    return {"service_areas": counts}


def _duty(actor: Actor) -> DutyRef:
    held = actor.duty(Role.KSTT)
    if held is None:
        raise Forbidden("Chỉ cán bộ kiểm soát thủ tục hành chính được lập phạm vi phục vụ.")
    return held


def _enter(
    subject: int,
    row: ServiceArea,
    act: str,
    actor: Actor,
    duty: DutyRef,
    at: datetime,
    payload: Mapping[str, Any],
) -> None:
    ledger.append_unheaded(
        subject,
        act=act,
        actor=actor,
        duty=duty,
        at=at,
        facts=Facts(agency_id=row.agency_id, unit_id=row.unit_id),
        payload={**payload, "area": row.pk},
        event=events.ServiceAreaChanged(
            area=row.pk,
            unit=row.unit_id,
            agency=row.agency_id,
            act=act,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
        ),
    )
