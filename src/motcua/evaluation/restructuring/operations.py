"""Writing of the register: proposed, changed, approved, put in use, judged by what was measured, or dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from motcua.catalogue import queries as catalogue
from motcua.evaluation.restructuring import events, queries, rules
from motcua.evaluation.restructuring.models import Restructuring
from motcua.evaluation.restructuring.rules import (
    AlreadyOpen,
    Measure,
    NotAKeeper,
    RestructuringNotFound,
    Stage,
    WrongStage,
)
from motcua.kernel.actor import Actor, DutyRef
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Invalid
from motcua.kernel.text import clean, said
from motcua.platform import constraints, idempotency, ledger
from motcua.platform.ledger import Facts

__all__ = [
    "AlreadyOpen",
    "NotAKeeper",
    "RestructuringNotFound",
    "WrongStage",
    "amend",
    "approve",
    "conclude",
    "drop",
    "go_live",
    "propose",
]
Given = Mapping[str, Decimal | None]


def propose(
    *,
    procedure_code: str,
    what: str,
    legal_changes: str,
    before: Given,
    after: Given,
    actor: Actor,
    key: str,
    at: datetime,
) -> int:
    """
    Enter how a procedure is to be restructured, with its five measures now and then; return its number.

    :raises NotFound: there is no such procedure in force.
    :raises NotAKeeper: the actor keeps no procedures of its field.
    :raises Invalid: nothing is said, a measure is missing, or nothing gets less.
    :raises AlreadyOpen, Replayed, MissingKey:
    """
    of = catalogue.current(procedure_code, at.astimezone(LOCAL).date())
    try:
        with constraints.kept("restructuring_one_open", AlreadyOpen), transaction.atomic(durable=True):
            body = [procedure_code, what, legal_changes, _plain(before), _plain(after)]
            number = idempotency.take(actor, key, "evaluation.restructure", body, at=at)
            duty = queries.keeps(actor, of.field)
            if duty is None:
                raise NotAKeeper
            row = Restructuring(
                subject=number,
                procedure_code=of.code,
                field=of.field,
                proposed_by_id=actor.staff_id,
                proposed_at=at,
            )
            _content(row, what, legal_changes, before, after)
            row.save(force_insert=True)
            _note(row, "restructuring_proposed", actor, duty, at, {"before": row.before, "after": row.after})
            return number
    except idempotency.AlreadyDone as known:
        return known.subject


def amend(
    *,
    number: int,
    what: str,
    legal_changes: str,
    before: Given,
    after: Given,
    actor: Actor,
    key: str,
    at: datetime,
) -> None:
    """
    Change what is proposed, until it is approved.

    :raises RestructuringNotFound, NotAKeeper, WrongStage, Invalid, Replayed, MissingKey:
    """
    try:
        with transaction.atomic(durable=True):
            body = [number, what, legal_changes, _plain(before), _plain(after)]
            idempotency.take(actor, key, "evaluation.restructure_amend", body, at=at, subject=number)
            row, duty = _lock(number, actor, Stage.PROPOSED)
            _content(row, what, legal_changes, before, after)
            row.save(update_fields=["what", "legal_changes", "before", "after"])
            _note(row, "restructuring_amended", actor, duty, at, {"before": row.before, "after": row.after})
    except idempotency.AlreadyDone:
        return


def approve(
    *, number: int, decision_no: str, decided_on: date | None, actor: Actor, key: str, at: datetime
) -> None:
    """
    Enter the decision that approves a proposal.

    :raises RestructuringNotFound, NotAKeeper, WrongStage, Replayed, MissingKey:
    :raises Invalid: the decision has no number, no day, or a day to come.
    """
    try:
        with transaction.atomic(durable=True):
            body = [number, decision_no, decided_on]
            idempotency.take(actor, key, "evaluation.restructure_approve", body, at=at, subject=number)
            row, duty = _lock(number, actor, Stage.PROPOSED)
            words = clean(decision_no, field="decision_no", single_line=True)
            errors = {}
            if not 0 < len(words) <= 60:
                errors["decision_no"] = "Ghi số, ký hiệu quyết định, không quá 60 ký tự."
            if decided_on is None or decided_on > at.astimezone(LOCAL).date():
                errors["decided_on"] = "Ghi ngày ký quyết định, không sau hôm nay."
            if errors:
                raise Invalid(errors=errors)
            row.stage, row.decision_no, row.decided_on = Stage.APPROVED.value, words, decided_on
            row.save(update_fields=["stage", "decision_no", "decided_on"])
            told = {"decision": words, "decided_on": decided_on}
            _note(row, "restructuring_approved", actor, duty, at, told)
    except idempotency.AlreadyDone:
        return


def go_live(*, number: int, on: date | None, actor: Actor, key: str, at: datetime) -> None:
    """
    Say since which day the procedure runs the new way: on the day of the decision or later, today at the latest.

    :raises RestructuringNotFound, NotAKeeper, WrongStage, Invalid, Replayed, MissingKey:
    """
    try:
        with transaction.atomic(durable=True):
            idempotency.take(actor, key, "evaluation.restructure_live", [number, on], at=at, subject=number)
            row, duty = _lock(number, actor, Stage.APPROVED)
            today, first = at.astimezone(LOCAL).date(), row.decided_on
            if on is None or on > today or (first is not None and on < first):
                raise Invalid(errors={"on": "Ghi ngày bắt đầu áp dụng: từ ngày ký quyết định đến hôm nay."})
            row.stage, row.live_on = Stage.LIVE.value, on
            row.save(update_fields=["stage", "live_on"])
            _note(row, "restructuring_live", actor, duty, at, {"on": on})
    except idempotency.AlreadyDone:
        return


def conclude(*, number: int, words: str, days: int, actor: Actor, key: str, at: datetime) -> None:
    """
    Judge a restructuring by what was measured over at most `days` days before and since; the figures are kept.

    :raises RestructuringNotFound, NotAKeeper, WrongStage, Replayed, MissingKey:
    :raises Invalid: nothing is said, or no dossier has ended since it runs the new way.
    """
    try:
        with transaction.atomic(durable=True):
            body = [number, words, days]
            idempotency.take(actor, key, "evaluation.restructure_conclude", body, at=at, subject=number)
            row, duty = _lock(number, actor, Stage.LIVE)
            told = said(clean(words, field="words"), "words")
            today = at.astimezone(LOCAL).date()
            found = queries.measured(actor, row.live_on, row.procedure_code, today, days)
            if found is None or found.after is None:
                raise Invalid(
                    errors={"words": "Chưa có hồ sơ nào kết thúc từ ngày áp dụng nên chưa đánh giá được."}
                )
            row.effect = {
                "first": [day.isoformat() for day in found.first],
                "then": [day.isoformat() for day in found.then],
                "before": asdict(found.before) if found.before else None,
                "after": asdict(found.after),
            }
            row.stage, row.words, row.ended_at = Stage.CONCLUDED.value, told, at
            row.save(update_fields=["stage", "words", "ended_at", "effect"])
            _note(row, "restructuring_concluded", actor, duty, at, {"effect": row.effect, "words": told})
    except idempotency.AlreadyDone:
        return


def drop(*, number: int, words: str, actor: Actor, key: str, at: datetime) -> None:
    """
    Give a restructuring up before it runs, with the reason.

    :raises RestructuringNotFound, NotAKeeper, WrongStage, Invalid, Replayed, MissingKey:
    """
    try:
        with transaction.atomic(durable=True):
            idempotency.take(
                actor, key, "evaluation.restructure_drop", [number, words], at=at, subject=number
            )
            row, duty = _lock(number, actor, Stage.PROPOSED, Stage.APPROVED)
            told = said(clean(words, field="words"), "words")
            row.stage, row.words, row.ended_at = Stage.DROPPED.value, told, at
            row.save(update_fields=["stage", "words", "ended_at"])
            _note(row, "restructuring_dropped", actor, duty, at, {"words": told})
    except idempotency.AlreadyDone:
        return


def _plain(values: Given) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}


def _content(row: Restructuring, what: str, legal_changes: str, before: Given, after: Given) -> None:
    errors: dict[str, str] = {}
    kept: dict[str, dict[Measure, Decimal]] = {}
    for name, given in (("before", before), ("after", after)):
        try:
            kept[name] = rules.measures(given, f"{name}_")
        except Invalid as wrong:
            errors |= wrong.errors
    if not errors and not rules.improves(kept["before"], kept["after"]):
        errors["after_steps"] = "Phương án phải giảm được ít nhất một chỉ tiêu so với hiện nay."
    try:
        row.what = said(clean(what, field="what"), "what")
    except Invalid as wrong:
        errors |= wrong.errors
    if errors:
        raise Invalid(errors=errors)
    row.legal_changes = clean(legal_changes, field="legal_changes")[:2000]
    row.before, row.after = ({one.value: str(kept[name][one]) for one in Measure} for name in kept)


def _lock(number: int, actor: Actor, *stages: Stage) -> tuple[Restructuring, DutyRef]:
    queries.restructuring(actor, number)
    row = Restructuring.objects.select_for_update(no_key=True).get(pk=number)
    duty = queries.keeps(actor, row.field)
    if duty is None:
        raise NotAKeeper
    if row.stage not in stages:
        raise WrongStage
    return row, duty


def _note(
    row: Restructuring, act: str, actor: Actor, duty: DutyRef, at: datetime, payload: Mapping[str, Any]
) -> None:
    ledger.append_unheaded(
        row.subject,
        act=act,
        actor=actor,
        duty=duty,
        at=at,
        facts=Facts.under(duty, procedure_code=row.procedure_code, field_code=row.field),
        payload={"stage": row.stage, **payload},
        event=events.RestructuringMoved(
            restructuring=row.subject, at=at, procedure_code=row.procedure_code, stage=row.stage
        ),
    )
