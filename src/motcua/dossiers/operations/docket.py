"""Hand-over lists: made and numbered by who gives, confirmed with what was found by who receives (R-057, R-058)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction

from motcua.documents import operations as documents
from motcua.documents import papers
from motcua.dossiers import docketing, events, rules
from motcua.dossiers.docketing import (
    MOST,
    NOTHING_TO_HAND,
    AlreadyOnDocket,
    DocketClosed,
    DocketKind,
    DocketNotFound,
    DocketState,
    NotYourUnit,
)
from motcua.dossiers.dockets import Going, going
from motcua.dossiers.models import Docket, DocketItem, PaperTrip
from motcua.dossiers.operations import restating
from motcua.kernel.actor import WITHOUT_SIGHT, Actor, ActorKind, DutyRef
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Invalid
from motcua.organisation import queries as organisation
from motcua.platform import access, constraints, idempotency, ledger
from motcua.platform.ledger import Facts

SERIES = ("BGHS", "PBG")


def make(
    *,
    codes: Sequence[str],
    from_unit_id: int,
    kind: DocketKind,
    to_unit_id: int | None,
    to_name: str,
    remark: str,
    actor: Actor,
    key: str,
    at: datetime,
) -> int:
    """
    Make the list of dossiers whose papers are handed over, numbered in the giving unit's year; return its number.

    A dossier under way that the unit forwarded as electronic is restated: its papers went by hand after all (R-058).

    :raises NotYourUnit: the actor has no duty in the giving unit.
    :raises Invalid: nothing on it, too much, a dossier the actor does not see or has no papers of, no receiver.
    :raises AlreadyOnDocket: one stands on another open list.
    :raises Replayed, MissingKey:
    """
    wanted = list(dict.fromkeys(codes))
    body = [wanted, from_unit_id, kind.value, to_unit_id, to_name, remark]
    try:
        with constraints.kept("docketitem_one_pending", AlreadyOnDocket), transaction.atomic(durable=True):
            number = idempotency.take(actor, key, "dossiers.docket", body, at=at)
            duty = _duty(actor, from_unit_id)
            if duty is None or actor.staff_id is None:
                raise NotYourUnit(errors={"don-vi": NotYourUnit.message})
            name = _receiver(kind, from_unit_id, to_unit_id, to_name)
            found = _goods(actor, wanted)
            restating.on_paper(found, from_unit_id=from_unit_id, docket=number, actor=actor, duty=duty, at=at)
            unit = organisation.unit(from_unit_id)
            paper = papers.HandOverList(
                office=papers.Office(
                    agency=organisation.root_of(unit.id).name,
                    unit=unit.name,
                    place=organisation.place_name(unit.id),
                ),
                receiver=name,
                rows=tuple(
                    papers.HandOverListRow(one.code, one.procedure, one.owner_name, one.papers)
                    for one in found
                ),
                giver_name=actor.name,
                made_at=at.astimezone(LOCAL),
                remark=remark.strip()[:300],
                verify_url=f"{settings.BASE_URL}/can-bo/phieu-ban-giao/{number}/",
                receiver_signs=kind is DocketKind.UNIT,
            )
            access.grant(number, units=[from_unit_id, *([to_unit_id] if to_unit_id else [])], scope="docket")
            document = documents.freeze(
                subject=number, paper=paper, unit_id=unit.id, at=at, series=SERIES[0], symbol=SERIES[1],
                signatory_id=actor.staff_id,
            )  # fmt: skip
            docket = Docket.objects.create(
                subject=number, kind=kind.value, state=DocketState.SENT.value, number=document.number,
                document_id=document.pk, from_unit_id=from_unit_id,
                to_unit_id=to_unit_id if kind is DocketKind.UNIT else None, to_name=name,
                giver_id=actor.staff_id, made_at=at, remark=remark.strip()[:300],
            )  # fmt: skip
            DocketItem.objects.bulk_create(
                DocketItem(
                    docket=docket, no=no, code=one.code, owner_name=one.owner_name,
                    procedure_name=one.procedure, papers=one.papers,
                )
                for no, one in enumerate(found, start=1)
            )  # fmt: skip
            PaperTrip.objects.filter(code__in=wanted, from_unit_id=from_unit_id, docket__isnull=True).update(
                docket=docket
            )
            _note(docket, "docket_made", actor, duty, at, len(found))
            return number
    except idempotency.AlreadyDone as done:
        return done.subject


def _duty(actor: Actor, unit_id: int) -> DutyRef | None:
    if actor.kind is not ActorKind.STAFF:
        return None
    return next(
        (
            duty
            for duty in actor.duties
            if duty.role not in WITHOUT_SIGHT and unit_id in organisation.reach(duty.unit_id)
        ),
        None,
    )


def _receiver(kind: DocketKind, from_unit_id: int, to_unit_id: int | None, to_name: str) -> str:
    if kind is DocketKind.UNIT:
        if to_unit_id is None or to_unit_id == from_unit_id:
            raise Invalid(errors={"to_unit": "Chọn đơn vị nhận, khác đơn vị giao."})
        return organisation.full_name(organisation.unit(to_unit_id))[:300]
    name = to_name.strip()[:300]
    if not name:
        raise Invalid(errors={"to_name": "Ghi tên bên nhận."})
    return name


def _goods(actor: Actor, wanted: Sequence[str]) -> list[Going]:
    if not 0 < len(wanted) <= MOST:
        raise Invalid(errors={"ma": f"Ghi ít nhất một mã hồ sơ, nhiều nhất {MOST} mã."})
    found = {one.code: one for one in going(actor, wanted)}
    unknown = [code for code in wanted if code not in found]
    if unknown:
        raise Invalid(errors={"ma": f"Không tìm thấy hồ sơ {', '.join(unknown[:5])}."})
    empty = [one.code for one in found.values() if one.state in NOTHING_TO_HAND]
    if empty:
        raise Invalid(errors={"ma": f"Cơ quan không giữ giấy tờ của hồ sơ {', '.join(empty[:5])}."})
    return [found[code] for code in wanted]


def receive(
    *,
    docket: int,
    found: Collection[str],
    remarks: Mapping[str, str],
    note: str,
    receiver_name: str,
    actor: Actor,
    key: str,
    at: datetime,
) -> DocketState:
    """
    Confirm a list with what was found: as an officer of the receiving unit, or, where the receiver has no part in the
    system, as the giving unit with the name of who signed the paper.

    :raises DocketNotFound: it is not there, or not for the actor.
    :raises Invalid: something is missing or beyond the list without a word; no name of who signed.
    :raises DocketClosed, Replayed, MissingKey:
    """
    body = [docket, sorted(set(found)), dict(sorted(remarks.items())), note, receiver_name]
    try:
        with transaction.atomic(durable=True):
            idempotency.take(actor, key, "dossiers.docket_receive", body, at=at, subject=docket)
            held = _lock(docket)
            duty = _duty(actor, held.to_unit_id or held.from_unit_id)
            if duty is None:
                raise DocketNotFound
            if held.to_unit_id is not None and actor.staff_id == held.giver_id:
                raise Invalid(errors={"": "Người giao không tự xác nhận phần nhận."})
            name = actor.name if held.to_unit_id is not None else receiver_name.strip()[:200]
            if not name:
                raise Invalid(errors={"receiver_name": "Ghi họ tên người đã ký nhận trên phiếu."})
            items = list(held.items.order_by("no"))
            result = docketing.counted([item.code for item in items], found, remarks, note)
            for item in items:
                item.pending, item.got = False, result.got[item.code]
                item.remark = result.remarks.get(item.code, "")
            DocketItem.objects.bulk_update(items, ["pending", "got", "remark"])
            state = DocketState.DIFFERENT if result.different else DocketState.RECEIVED
            if state is DocketState.RECEIVED and held.to_unit_id is not None:
                held.receiver_id = actor.staff_id
            _close(held, state, at, note, name)
            _note(held, f"docket_{state.value}", actor, duty, at, sum(result.got.values()), note)
            return state
    except idempotency.AlreadyDone:
        return DocketState(Docket.objects.values_list("state", flat=True).get(subject=docket))


def cancel(*, docket: int, reason: str, actor: Actor, key: str, at: datetime) -> None:
    """
    Take a list back before it is confirmed, as the giving unit, with the reason; its papers wait for another list.

    What only this list told to have gone on paper is electronic again.

    :raises DocketNotFound, DocketClosed, ReasonMissing, Replayed, MissingKey:
    """
    try:
        with transaction.atomic(durable=True):
            body = [docket, reason]
            idempotency.take(actor, key, "dossiers.docket_cancel", body, at=at, subject=docket)
            held = _lock(docket)
            duty = _duty(actor, held.from_unit_id)
            if duty is None:
                raise DocketNotFound
            words = rules.reason(reason)
            held.items.update(pending=False)
            restating.electronic_again(docket, actor=actor, duty=duty, at=at)
            PaperTrip.objects.filter(docket=held).update(docket=None)
            _close(held, DocketState.CANCELLED, at, words, "")
            _note(held, "docket_cancelled", actor, duty, at, 0, words)
    except idempotency.AlreadyDone:
        return


def _lock(number: int) -> Docket:
    found = Docket.objects.select_for_update(no_key=True).filter(subject=number).first()
    if found is None:
        raise DocketNotFound
    if found.state != DocketState.SENT:
        raise DocketClosed
    return found


def _close(held: Docket, state: DocketState, at: datetime, note: str, receiver_name: str) -> None:
    held.state, held.closed_at = state.value, max(at, held.made_at)
    held.note, held.receiver_name = note.strip()[:2000], receiver_name
    held.save(update_fields=["state", "closed_at", "note", "receiver_name", "receiver"])


def _note(
    held: Docket, act: str, actor: Actor, duty: DutyRef, at: datetime, count: int, words: str = ""
) -> None:
    ledger.append_unheaded(
        held.subject,
        act=act,
        actor=actor,
        duty=duty,
        at=at,
        facts=Facts.under(duty),
        payload={
            "number": held.number, "kind": held.kind, "from_unit": held.from_unit_id, "to_unit": held.to_unit_id,
            "dossiers": count,
        },
        personal={"words": words, "receiver": held.receiver_name} if words or held.receiver_name else None,
        event=events.DocketMoved(
            docket=held.subject, at=at, state=held.state, from_unit=held.from_unit_id, to_unit=held.to_unit_id,
            dossiers=count,
        ),
    )  # fmt: skip
