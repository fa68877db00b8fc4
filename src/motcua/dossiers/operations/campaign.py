"""A decision that reaches many dossiers: drafted and previewed, begun as one act, then done one dossier at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from itertools import islice
from typing import Any, Final

from django.db import transaction
from django.db.models import Max

from motcua.dossiers import affected, campaigning, campaigns, events, itemcounts
from motcua.dossiers.affected import Found
from motcua.dossiers.campaigning import (
    CampaignBlocked,
    CampaignInvalid,
    CampaignNotFound,
    CampaignStage,
    Effect,
    Kind,
    OneAtATime,
    Stage,
    TooEarly,
)
from motcua.dossiers.models import Campaign, CampaignItem, ParkedIntake
from motcua.dossiers.operations import onebyone
from motcua.dossiers.operations.common import Done
from motcua.dossiers.operations.recompute import recompute_due
from motcua.dossiers.operations.transfer import controlling, transfer
from motcua.dossiers.reorganising import Choice
from motcua.dossiers.rules import (
    ItemState,
    NoDuty,
    NothingToRecompute,
    NothingToRepeat,
    NothingToTransfer,
)
from motcua.kernel.actor import SYSTEM, Actor, ActorKind, DutyRef
from motcua.kernel.calendar import LOCAL
from motcua.organisation import queries as organisation
from motcua.organisation import successions
from motcua.organisation.operations import succession
from motcua.platform import constraints, idempotency, ledger
from motcua.platform.ledger import Facts
from motcua.territory import operations as territory_operations
from motcua.territory import queries as territory
from motcua.territory.queries import NewDay
from motcua.territory.rules import DayKind

__all__ = [
    "CampaignBlocked",
    "CampaignInvalid",
    "CampaignNotFound",
    "CampaignStage",
    "NothingToRepeat",
    "OneAtATime",
    "TooEarly",
    "carry_out_next",
    "choose",
    "draft_calendar",
    "draft_reorganisation",
    "drop",
    "prepare",
    "repeat",
    "start",
    "stop",
]
MOST_DAYS: Final = 60


def draft_reorganisation(
    *,
    on: date | None,
    decision_no: str,
    decided_on: date | None,
    title: str,
    actor: Actor,
    key: str,
    at: datetime,
    choices: Sequence[Choice] = (),
) -> int:
    """
    Draft a reorganisation of a day with its preview; return its number. `on` is the first day of the successors.

    :raises NoDuty: the actor is neither the system nor a procedure-control officer of the province.
    :raises CampaignInvalid: what the decision is, or the day, is missing; nothing ends by that day.
    :raises Replayed, MissingKey:
    """
    errors = campaigning.decision(decision_no, decided_on, title)
    if on is None:
        errors["ngay"] = "Ghi ngày sắp xếp, ví dụ 01/07/2025."
    elif not successions.endings(on):
        errors["ngay"] = f"Không có đơn vị nào kết thúc trước ngày {on:%d/%m/%Y} trong danh mục cơ quan."
    return _draft(
        Kind.REORGANISE, on, decision_no, decided_on, title, errors, actor, key, at,
        {"choices": [choice.to_json() for choice in choices]},
    )  # fmt: skip


def draft_calendar(
    *,
    days: Sequence[NewDay],
    decision_no: str,
    decided_on: date | None,
    title: str,
    actor: Actor,
    key: str,
    at: datetime,
    earlier: bool = False,
) -> int:
    """
    Draft a change of the working calendar with its preview; return its number. Nothing counts by it yet.

    With `earlier` due dates may also move forward; without, none comes before the one promised.

    :raises NoDuty: the actor is neither the system nor a procedure-control officer of the province.
    :raises CampaignInvalid: no day, too many, the same twice, an unknown layer, a swap without its other day, or what
        the decision is, is missing.
    :raises Replayed, MissingKey:
    """
    errors = {**campaigning.decision(decision_no, decided_on, title), **_day_errors(days)}
    values = {
        "earlier": earlier,
        "days": [
            {
                "layer": day.layer,
                "on": day.on.isoformat(),
                "kind": day.kind.value if day.kind else "",
                "name": day.name.strip(),
                "swap_with": day.swap_with.isoformat() if day.swap_with else "",
            }
            for day in days
        ],
    }
    first = min((day.on for day in days), default=None)
    return _draft(Kind.CALENDAR, first, decision_no, decided_on, title, errors, actor, key, at, values)


def _day_errors(days: Sequence[NewDay]) -> dict[str, str]:
    known = {row.code for row in territory.layers()}
    if not days:
        return {"cac-ngay": "Ghi ít nhất một ngày thay đổi."}
    if len(days) > MOST_DAYS:
        return {"cac-ngay": f"Mỗi lần thay đổi tối đa {MOST_DAYS} ngày."}
    if len({(day.layer, day.on) for day in days}) < len(days):
        return {"cac-ngay": "Có ngày ghi hai lần."}
    if any(day.layer not in known for day in days):
        return {"lich": "Chọn lịch trong danh sách."}
    for day in days:
        if day.kind is not None and not day.name.strip():
            return {"ten": "Ghi tên ngày, ví dụ: Nghỉ bù Giỗ Tổ Hùng Vương."}
        if day.kind is DayKind.SWAPPED_WORK and day.swap_with is None:
            return {"ngay-hoan-doi": "Ngày làm bù cần ghi ngày nghỉ được hoán đổi."}
    return {}


def _draft(
    kind: Kind,
    on: date | None,
    decision_no: str,
    decided_on: date | None,
    title: str,
    errors: Mapping[str, str],
    actor: Actor,
    key: str,
    at: datetime,
    values: Mapping[str, Any],
) -> int:
    body = [kind.value, on, decision_no, decided_on, title, values]
    try:
        with transaction.atomic(durable=True):
            number = idempotency.take(actor, key, "dossiers.campaign_draft", body, at=at)
            _province_wide(actor)
            if errors or on is None or decided_on is None:
                raise CampaignInvalid(errors=dict(errors))
            found = Campaign.objects.create(
                subject=number, kind=kind.value, on=on, decision_no=decision_no.strip(),
                decided_on=decided_on, title=title.strip(), values=dict(values), state=Stage.DRAFT.value,
                account_id=actor.account_id if actor.kind is ActorKind.STAFF else 0, drafted_at=at,
                prepared_at=at,
            )  # fmt: skip
            _list(found, actor, at)
            _note(found, "campaign_draft", actor, at, {"values": values})
            return number
    except idempotency.AlreadyDone as known:
        return known.subject


def _province_wide(actor: Actor) -> DutyRef | None:
    """Return the duty of who may run a campaign. :raises NoDuty:"""
    duty = controlling(actor)
    if not affected.everywhere(actor):
        raise NoDuty("Việc này do cán bộ kiểm soát thủ tục hành chính cấp tỉnh thực hiện.")
    return duty


def choose(
    *, campaign: int, choice: Choice, actor: Actor, key: str, at: datetime, remove: bool = False
) -> None:
    """
    Choose a successor by hand in a draft, for all dossiers of an ended unit or those of a field or place.

    `remove` takes such a choice back.

    :raises NoDuty, CampaignNotFound, CampaignStage, Replayed, MissingKey:
    :raises CampaignInvalid: the unit has not ended, or the one chosen does not exist on the day.
    """
    try:
        with transaction.atomic(durable=True):
            body = {"of": campaign, "choice": choice.to_json(), "remove": remove}
            idempotency.take(actor, key, "dossiers.campaign_choose", body, at=at, subject=campaign)
            found = _lock(campaign, actor, Kind.REORGANISE)
            _at(found, Stage.DRAFT)
            if choice.origin_id not in successions.endings(found.on):
                raise CampaignInvalid(errors={"tu": "Chọn đơn vị đã kết thúc."})
            if not successions.in_force(choice.to_id, found.on):
                raise CampaignInvalid(errors={"den": "Chọn đơn vị đang hoạt động từ ngày sắp xếp."})
            same = (choice.origin_id, choice.field, choice.place_id)
            others = [one for one in _choices(found) if (one.origin_id, one.field, one.place_id) != same]
            kept = others if remove else [*others, choice]
            found.values = {**found.values, "choices": [one.to_json() for one in kept]}
            _list(found, actor, at)
            found.prepared_at = at
            found.save(update_fields=["values", "prepared_at"])
            _note(found, "campaign_choose", actor, at, {"choice": choice.to_json(), "remove": remove})
    except idempotency.AlreadyDone:
        return


def prepare(*, campaign: int, actor: Actor, key: str, at: datetime) -> None:
    """
    Make the preview of a draft anew.

    :raises NoDuty, CampaignNotFound, CampaignStage, Replayed, MissingKey:
    """
    try:
        with transaction.atomic(durable=True):
            idempotency.take(
                actor, key, "dossiers.campaign_prepare", {"of": campaign}, at=at, subject=campaign
            )
            found = _lock(campaign, actor)
            _at(found, Stage.DRAFT)
            _list(found, actor, at)
            found.prepared_at = at
            found.save(update_fields=["prepared_at"])
    except idempotency.AlreadyDone:
        return


def drop(*, campaign: int, actor: Actor, key: str, at: datetime) -> None:
    """
    Give a draft up: nothing of it happens.

    :raises NoDuty, CampaignNotFound, CampaignStage, Replayed, MissingKey:
    """
    try:
        with transaction.atomic(durable=True):
            idempotency.take(actor, key, "dossiers.campaign_drop", {"of": campaign}, at=at, subject=campaign)
            found = _lock(campaign, actor)
            _at(found, Stage.DRAFT)
            found.items.all().delete()
            found.state, found.ended_at = Stage.DROPPED.value, at
            found.save(update_fields=["state", "ended_at"])
            _note(found, "campaign_drop", actor, at, {})
    except idempotency.AlreadyDone:
        return


def start(*, campaign: int, actor: Actor, key: str, at: datetime) -> None:
    """
    Begin: what is not a dossier's takes effect at once (duties, intakes, days of the calendar), a worker does the rest.

    The dossiers are listed anew in the same transaction, so what the preview did not know yet is taken along.

    :raises NoDuty, CampaignNotFound, CampaignStage, Replayed, MissingKey:
    :raises TooEarly: the day of a reorganisation has not come.
    :raises CampaignBlocked: some dossiers have no place to go.
    :raises OneAtATime: another one of the kind is under way.
    """
    try:
        with constraints.kept("campaign_one_running", OneAtATime), transaction.atomic(durable=True):
            idempotency.take(actor, key, "dossiers.campaign_start", {"of": campaign}, at=at, subject=campaign)
            found = _lock(campaign, actor)
            _at(found, Stage.DRAFT)
            kind = Kind(found.kind)
            if kind is Kind.REORGANISE and at.astimezone(LOCAL).date() < found.on:
                raise TooEarly
            _list(found, actor, at)
            blocked = found.items.filter(effect=Effect.BLOCKED.value).count()
            if blocked:
                raise CampaignBlocked(blocked)
            at_once = AT_ONCE[kind](found, actor, at)
            found.state, found.started_at, found.prepared_at = Stage.RUNNING.value, at, at
            found.account_id = actor.account_id if actor.kind is ActorKind.STAFF else 0
            found.save(update_fields=["state", "started_at", "prepared_at", "account_id"])
            _note(
                found, "campaign_start", actor, at,
                {**at_once, "values": found.values, "dossiers": found.items.count()}, told=True,
            )  # fmt: skip
    except idempotency.AlreadyDone:
        return


def stop(*, campaign: int, actor: Actor, key: str, at: datetime) -> None:
    """
    Stop: the dossier in hand is finished, those whose turn has not come wait until it is taken up again.

    :raises NoDuty, CampaignNotFound, CampaignStage, Replayed, MissingKey:
    """
    try:
        with transaction.atomic(durable=True):
            idempotency.take(actor, key, "dossiers.campaign_stop", {"of": campaign}, at=at, subject=campaign)
            found = _lock(campaign, actor)
            _at(found, Stage.RUNNING)
            onebyone.leave_out(found.items)
            _end(found, Stage.STOPPED, actor, at)
    except idempotency.AlreadyDone:
        return


def repeat(*, campaign: int, actor: Actor, key: str, at: datetime) -> None:
    """
    Take up again what was refused, failed or left out; what is done stays done.

    :raises NoDuty, CampaignNotFound, NothingToRepeat, OneAtATime, Replayed, MissingKey:
    """
    try:
        with constraints.kept("campaign_one_running", OneAtATime), transaction.atomic(durable=True):
            idempotency.take(
                actor, key, "dossiers.campaign_repeat", {"of": campaign}, at=at, subject=campaign
            )
            found = _lock(campaign, actor)
            if found.state not in (Stage.STOPPED, Stage.FINISHED):
                raise NothingToRepeat
            onebyone.take_up(found.items)
            found.state, found.ended_at = Stage.RUNNING.value, None
            found.save(update_fields=["state", "ended_at"])
            _note(found, "campaign_start", actor, at, {}, told=True)
    except idempotency.AlreadyDone:
        return


def carry_out_next(*, campaign: int, at: datetime) -> bool:
    """
    Do the act on the next dossier, or end the campaign; tell whether there may be more.

    The act is done as who began the campaign.

    :raises OperationalError, InterfaceError: the database does not answer; the campaign is taken up again here.
    """
    item = CampaignItem.objects.select_related("campaign").filter(
        campaign_id=campaign, campaign__state=Stage.RUNNING.value, state=ItemState.WAITING.value
    ).order_by("no").first()  # fmt: skip
    if item is None:
        return _finish(campaign, at)
    found = item.campaign
    key = f"campaign-{campaign}-{item.no}-{item.attempt}"

    def act() -> dict[str, str]:
        PERFORM[Kind(found.kind)](found, {"code": item.code, "actor": _who(found, at), "key": key, "at": at})
        return {}

    onebyone.perform(item, act, at=at, settled=(NothingToTransfer, NothingToRecompute))
    return True


Perform = Callable[[Campaign, dict[str, Any]], Done]
PERFORM: Final[Mapping[Kind, Perform]] = {
    Kind.REORGANISE: lambda found, common: transfer(
        **common, on=found.on, decision_no=found.decision_no, decided_on=found.decided_on,
        choices=_choices(found),
    ),
    Kind.CALENDAR: lambda found, common: recompute_due(
        **common, decision_no=found.decision_no, decided_on=found.decided_on, title=found.title,
        earlier=found.values["earlier"],
    ),
}  # fmt: skip


def _pass_on(found: Campaign, actor: Actor, at: datetime) -> dict[str, Any]:
    """Let duties and intakes set aside go to the successors."""
    heirs = affected.passing(found.on, _choices(found))
    duties = succession.pass_duties(
        actor=actor,
        duty=controlling(actor),
        passing=heirs,
        on=found.on,
        subject=found.subject,
        decision=_decision(found),
        at=at,
    )
    parked = 0
    for intake in ParkedIntake.objects.select_for_update(no_key=True).filter(unit_id__in=heirs):
        intake.unit_id = heirs[intake.unit_id]
        intake.save(update_fields=["unit"])
        parked += 1
    return {"duties": duties, "parked": parked}


def _enter(found: Campaign, actor: Actor, at: datetime) -> dict[str, Any]:
    """Enter the days of the calendar."""
    note = f"{found.decision_no} ngày {found.decided_on:%d/%m/%Y}: {found.title}"
    return {"days": territory_operations.enter_days(campaigns.days(found), note=note)}


AT_ONCE: Final[Mapping[Kind, Callable[[Campaign, Actor, datetime], dict[str, Any]]]] = {
    Kind.REORGANISE: _pass_on,
    Kind.CALENDAR: _enter,
}


def _choices(found: Campaign) -> list[Choice]:
    return [Choice.from_json(one) for one in found.values["choices"]]


def _decision(found: Campaign) -> dict[str, Any]:
    return {"decision": found.decision_no, "decided_on": found.decided_on}


def _who(found: Campaign, at: datetime) -> Actor:
    return organisation.actor_of(found.account_id, at) if found.account_id else SYSTEM


def _reached(found: Campaign, actor: Actor, at: datetime, *, again: bool = False) -> Iterable[Found]:
    """Return what the campaign reaches; `again`: what came under it while it ran."""
    if found.kind == Kind.REORGANISE:
        return affected.reorganised(actor, found.on, _choices(found))
    since = affected.a_little_before(found.started_at) if again and found.started_at else None
    return affected.recalculated(
        actor, campaigns.days(found), at, earlier=found.values["earlier"], since=since
    )


def _list(found: Campaign, actor: Actor, at: datetime) -> None:
    """List the dossiers of a draft anew."""
    found.items.all().delete()
    _add(found, _reached(found, actor, at), 0)


def _add(found: Campaign, reached: Iterable[Found], last: int) -> int:
    """Write dossiers as items after the number `last`; return how many."""
    count, rest = 0, iter(reached)
    while group := list(islice(rest, 500)):
        CampaignItem.objects.bulk_create(
            CampaignItem(
                campaign=found,
                no=last + count + place,
                state=ItemState.WAITING.value,
                **{**asdict(one), "effect": one.effect.value},
            )
            for place, one in enumerate(group, start=1)
        )
        count += len(group)
    return count


def _lock(number: int, actor: Actor, kind: Kind | None = None) -> Campaign:
    """Return a campaign under its lock. :raises NoDuty, CampaignNotFound:"""
    _province_wide(actor)
    found = Campaign.objects.select_for_update(no_key=True).filter(subject=number).first()
    if found is None or (kind is not None and found.kind != kind):
        raise CampaignNotFound
    return found


def _at(found: Campaign, stage: Stage) -> None:
    if found.state != stage:
        raise CampaignStage


def _finish(campaign: int, at: datetime) -> bool:
    """End a campaign whose dossiers are done, or take along what came under it meanwhile; tell whether it goes on."""
    with transaction.atomic():
        found = Campaign.objects.select_for_update(no_key=True).filter(subject=campaign).first()
        if found is None or found.state != Stage.RUNNING:
            return False
        if found.items.filter(state=ItemState.WAITING.value).exists():
            return True
        known = set(found.items.values_list("dossier", flat=True))
        late = (
            one
            for one in _reached(found, SYSTEM, at, again=True)
            if one.dossier not in known and one.effect is not Effect.BLOCKED
        )
        last = found.items.aggregate(last=Max("no"))["last"] or 0
        if _add(found, late, last):
            return True
        _end(found, Stage.FINISHED, SYSTEM, at)
        return False


def _end(found: Campaign, stage: Stage, actor: Actor, at: datetime) -> None:
    found.state, found.ended_at = stage.value, at
    found.save(update_fields=["state", "ended_at"])
    act = "campaign_stop" if stage is Stage.STOPPED else "campaign_end"
    _note(found, act, actor, at, itemcounts.ended(found.items), told=True)


def _note(
    found: Campaign,
    act: str,
    actor: Actor,
    at: datetime,
    payload: Mapping[str, Any],
    *,
    told: bool = False,
) -> None:
    duty = next(iter(actor.duties), None)
    event = None
    if told:
        waiting = found.items.filter(state=ItemState.WAITING.value).count()
        event = events.CampaignMoved(
            campaign=found.subject, at=at, kind=found.kind, state=found.state, waiting=waiting
        )
    ledger.append_unheaded(
        found.subject,
        act=act,
        actor=actor,
        duty=duty,
        at=at,
        facts=Facts.under(duty),
        payload={"kind": found.kind, "on": found.on, **_decision(found), "title": found.title, **payload},
        event=event,
    )
