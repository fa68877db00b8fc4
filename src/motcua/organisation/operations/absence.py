"""Duties lent in absence, from one day to another: the colleague acts under a duty that names whose it is."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from motcua.kernel.actor import Actor, ActorKind, Role
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from motcua.organisation import events
from motcua.organisation.models import Duty
from motcua.platform import idempotency, ledger
from motcua.platform.ledger import Facts


class NotLent(NotFound):
    """No such lent duty of this person."""

    code = "duty_not_lent"
    message = "Không tìm thấy ủy quyền này."


class LentOver(Conflict):
    """The lent duty has ended already."""

    code = "duty_lent_over"
    message = "Ủy quyền này đã kết thúc."


class AlreadyHolds(Conflict):
    """The colleague holds the same duty in those days anyway."""

    code = "duty_already_held"
    message = "Người này đã có đúng nhiệm vụ đó trong những ngày được chọn."


def lend(
    *,
    actor: Actor,
    duty_id: int,
    to_staff_id: int,
    valid_from: date,
    valid_to: date,
    reason: str,
    key: str,
    at: datetime,
) -> int:
    """
    Lend one's own duty to a colleague of the same agency for some days, both counted; return the lent duty's id.

    The giver keeps the duty: who comes back early acts again at once. What was lent cannot be lent on, and never lasts
    longer than the duty it comes from.

    :raises Forbidden: the duty is not the actor's, is lent itself, or is that of an administrator.
    :raises NotFound: nobody such in the agency.
    :raises Invalid: days in the past, the last before the first, beyond the duty's own end, or no reason.
    :raises AlreadyHolds, Replayed, MissingKey:
    """
    body = [duty_id, to_staff_id, valid_from.isoformat(), valid_to.isoformat(), reason]
    try:
        with transaction.atomic(durable=True):
            subject = idempotency.take(actor, key, "organisation.lend", body, at=at)
            held = next((duty for duty in actor.duties if duty.id == duty_id), None)
            if held is None or held.delegated_by is not None or held.role is Role.ADMIN:
                raise Forbidden
            origin = Duty.objects.select_for_update(no_key=True).get(pk=duty_id)
            _check(origin, valid_from, valid_to, reason, at.astimezone(LOCAL).date())
            _check_taker(origin, to_staff_id, valid_from, valid_to)
            lent = Duty.objects.create(
                staff_id=to_staff_id,
                unit_id=origin.unit_id,
                role=origin.role,
                scope=origin.scope,
                fields=origin.fields,
                valid_from=valid_from,
                valid_to=valid_to,
                delegated_by=origin,
            )
            ledger.append_unheaded(
                subject,
                act="duty_lend",
                actor=actor,
                duty=held,
                at=at,
                facts=Facts.under(held),
                payload={
                    "duty": lent.pk,
                    "origin": origin.pk,
                    "to": to_staff_id,
                    "from_day": valid_from,
                    "to_day": valid_to,
                },
                personal={"reason": reason.strip()},
                event=events.DutyLent(
                    duty=lent.pk,
                    origin=origin.pk,
                    unit=origin.unit_id,
                    giver=origin.staff_id,
                    taker=to_staff_id,
                    valid_from=valid_from,
                    valid_to=valid_to,
                    at=at,
                ),
            )
            return lent.pk
    except idempotency.AlreadyDone:
        return (
            Duty.objects.filter(delegated_by_id=duty_id, staff_id=to_staff_id, valid_from=valid_from)
            .values_list("pk", flat=True)
            .get()
        )


def _check(origin: Duty, first: date, last: date, reason: str, today: date) -> None:
    errors: dict[str, str] = {}
    if first < today:
        errors["valid_from"] = "Chọn ngày bắt đầu từ hôm nay trở đi."
    if last < first:
        errors["valid_to"] = "Ngày cuối phải từ ngày bắt đầu trở đi."
    elif origin.valid_to is not None and last > origin.valid_to:
        errors["valid_to"] = f"Nhiệm vụ của bạn chỉ đến hết ngày {origin.valid_to:%d/%m/%Y}."
    if not reason.strip():
        errors["reason"] = "Ghi lý do ủy quyền, ví dụ: nghỉ phép, đi công tác."
    if errors:
        raise Invalid(errors=errors)


def _check_taker(origin: Duty, staff_id: int, first: date, last: date) -> None:
    """Let a colleague of the agency take it who does not hold it anyway."""
    overlapping = Duty.objects.filter(staff_id=staff_id, valid_from__lte=last).filter(
        Q(valid_to=None) | Q(valid_to__gte=first)
    )
    in_agency = overlapping.filter(
        unit__agency_id=origin.unit.agency_id, delegated_by=None, staff__account__is_active=True
    )
    if staff_id == origin.staff_id or not in_agency.exists():
        raise NotFound("Chỉ ủy quyền được cho người đang công tác trong cùng cơ quan.")
    same = Duty.objects.filter(staff_id=staff_id, unit_id=origin.unit_id, role=origin.role)
    meets = Q(valid_to=None) | Q(valid_to__gte=first)
    if same.filter(valid_from__lte=last).filter(meets).exists() or same.filter(valid_from=first).exists():
        raise AlreadyHolds


def take_back(*, actor: Actor, duty_id: int, key: str, at: datetime) -> None:
    """
    End a lent duty: with today where it is in force; one that has not begun never will.

    The giver may, and the colleague may give it back.

    :raises NotLent: it is not there, or neither lent nor borrowed by the actor.
    :raises LentOver, Replayed, MissingKey:
    """
    today = at.astimezone(LOCAL).date()
    try:
        with transaction.atomic(durable=True):
            subject = idempotency.take(actor, key, "organisation.take_back", [duty_id], at=at)
            lent = (
                Duty.objects.select_for_update(no_key=True, of=("self",))
                .select_related("delegated_by")
                .filter(pk=duty_id, delegated_by__isnull=False)
                .first()
            )
            origin = lent.delegated_by if lent is not None else None
            if (
                lent is None
                or origin is None
                or actor.kind is not ActorKind.STAFF
                or actor.staff_id not in (lent.staff_id, origin.staff_id)
            ):
                raise NotLent
            if lent.valid_to is not None and lent.valid_to < today:
                raise LentOver
            last = today
            if lent.valid_from > today:
                last = lent.valid_from - timedelta(days=1)
                Duty.objects.filter(pk=lent.pk).delete()
            elif lent.valid_to is None or lent.valid_to > today:
                Duty.objects.filter(pk=lent.pk).update(valid_to=today)
            else:
                raise LentOver("Ủy quyền này kết thúc hết hôm nay.")
            ledger.append_unheaded(
                subject,
                act="duty_take_back",
                actor=actor,
                duty=actor.duties[0] if actor.duties else None,
                at=at,
                facts=Facts(unit_id=lent.unit_id),
                payload={"duty": duty_id, "origin": origin.pk, "last_day": last},
                event=events.DutyTakenBack(
                    duty=duty_id,
                    origin=origin.pk,
                    giver=origin.staff_id,
                    taker=lent.staff_id,
                    last_day=last,
                    at=at,
                ),
            )
    except idempotency.AlreadyDone:
        return
