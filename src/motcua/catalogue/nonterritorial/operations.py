"""Writing of the list: assess, enter by decision, end, conclude a pilot; each an act with its entry and event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from motcua.catalogue import queries as catalogue
from motcua.catalogue.models import NonTerritorialAssessment, NonTerritorialEntry, Term
from motcua.catalogue.nonterritorial import events, queries, rules
from motcua.catalogue.nonterritorial.rules import (
    AlreadyEnded,
    AlreadyListed,
    EntryNotFound,
    ListKind,
    NotAllowed,
    NotSuitable,
    Outcome,
    Verdict,
)
from motcua.kernel.actor import Actor, DutyRef
from motcua.kernel.errors import Invalid, NotFound
from motcua.kernel.text import clean
from motcua.organisation import queries as organisation
from motcua.platform import idempotency, ledger
from motcua.platform.ledger import Facts
from motcua.platform.records import Counts, bring

__all__ = [
    "AlreadyEnded",
    "AlreadyListed",
    "EntryNotFound",
    "NotAllowed",
    "NotSuitable",
    "assess",
    "conclude_pilot",
    "end",
    "enter",
    "set_lists",
]

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
Rows = Sequence[Mapping[str, Any]]
_LOCK = 7103


def assess(
    *,
    procedure_code: str,
    answers: Mapping[str, bool],
    note: str,
    actor: Actor,
    key: str,
    at: datetime,
    on_site: Sequence[str] = (),
) -> Verdict:
    """
    Hold a procedure against the criteria and keep the answers with day and name (R-071).

    `on_site` names the steps of its processes that are inspections on site: they cannot be answered away.

    :raises NotAllowed, NotFound, Invalid, Replayed, MissingKey:
    """
    on = at.astimezone(LOCAL).date()
    definition = catalogue.current(procedure_code, on)
    duty = rules.duty(actor, definition.field)
    criteria = queries.criteria()
    found = rules.verdict(criteria, answers)
    rules.check_on_site(answers, on_site)
    kept = {one.code: bool(answers[one.code]) for one in criteria}
    words = clean(note, field="note")[:2000]
    try:
        with transaction.atomic(durable=True):
            body = {"procedure": procedure_code, "answers": kept, "note": words}
            subject = idempotency.take(actor, key, "catalogue.non_territorial_assess", body, at=at)
            NonTerritorialAssessment.objects.create(
                procedure_code=procedure_code,
                answers=kept,
                verdict=found.value,
                assessed_on=on,
                assessed_by_id=actor.staff_id,
                assessed_by_name=actor.name[:200],
                certainty="high",
                note=words,
            )
            _append(
                subject,
                "non_territorial_assess",
                actor,
                duty,
                at,
                procedure_code,
                definition.field,
                {"answers": kept, "verdict": found.value},
                events.Assessed(procedure_code=procedure_code, verdict=found.value),
            )
    except idempotency.AlreadyDone:
        pass
    return found


def enter(
    *,
    procedure_code: str,
    kind: str,
    decision_no: str,
    decision_on: date | None,
    issuer: str,
    unit_kinds: Sequence[str],
    units: Sequence[str],
    valid_from: date | None,
    valid_to: date | None,
    note: str = "",
    actor: Actor,
    key: str,
    at: datetime,
) -> int:
    """
    Put a procedure on the approved list or on a pilot list by a decision; return the entry's number (R-072, R-077).

    It must be assessed suitable, take effect today or later, and share no day with another entry; a pilot has an end.

    :raises NotAllowed, NotFound, NotSuitable, AlreadyListed, Invalid, Replayed, MissingKey:
    """
    today = at.astimezone(LOCAL).date()
    definition = catalogue.current(procedure_code, today)
    duty = rules.duty(actor, definition.field)
    errors: dict[str, str] = {}
    number = rules.decision(decision_no, decision_on, today, errors)
    if kind not in set(ListKind):
        errors["kind"] = "Chọn loại danh mục."
    if valid_from is None or valid_from < today:
        errors["valid_from"] = "Ngày bắt đầu phải từ hôm nay trở đi."
    elif valid_to is not None and valid_to < valid_from:
        errors["valid_to"] = "Ngày kết thúc không được trước ngày bắt đầu."
    if kind == ListKind.PILOT and valid_to is None:
        errors["valid_to"] = "Thí điểm phải có ngày kết thúc."
    if not issuer.strip():
        errors["issuer"] = "Ghi người, cơ quan ký quyết định."
    if set(unit_kinds) - set(queries.one_stop_kinds()):
        errors["unit_kinds"] = "Chọn loại nơi tiếp nhận trong danh sách."
    unknown = [code for code in units if not _known(code, today)]
    if unknown:
        errors["units"] = f"Không có đơn vị: {', '.join(unknown)}."
    if errors or valid_from is None:
        raise Invalid(errors=errors)
    body = {
        "procedure": procedure_code, "kind": kind, "decision": number, "decision_on": decision_on,
        "unit_kinds": list(unit_kinds), "units": list(units), "valid_from": valid_from, "valid_to": valid_to,
    }  # fmt: skip
    try:
        with transaction.atomic(durable=True):
            subject = idempotency.take(actor, key, "catalogue.non_territorial_enter", body, at=at)
            _lock()
            latest = (
                NonTerritorialAssessment.objects.filter(procedure_code=procedure_code).order_by("-pk").first()
            )
            if latest is None or latest.verdict != Verdict.SUITABLE:
                raise NotSuitable
            rules.free(queries.read(), procedure_code, valid_from, valid_to)
            row = NonTerritorialEntry.objects.create(
                procedure_code=procedure_code,
                kind=kind,
                decision_no=number,
                decision_on=decision_on,
                issuer=clean(issuer, field="issuer")[:200],
                unit_kinds=list(dict.fromkeys(unit_kinds)),
                units=list(dict.fromkeys(units)),
                valid_from=valid_from,
                valid_to=valid_to,
                certainty="high",
                note=clean(note, field="note")[:2000],
            )
            _changed(subject, row, "non_territorial_enter", actor, duty, at, definition.field, body)
    except idempotency.AlreadyDone:
        return int(
            NonTerritorialEntry.objects.values_list("pk", flat=True).get(
                procedure_code=procedure_code, valid_from=valid_from
            )
        )
    catalogue.forget_brief()
    return row.pk


def end(
    *,
    entry_id: int,
    last_day: date | None,
    decision_no: str,
    reason: str,
    actor: Actor,
    key: str,
    at: datetime,
) -> None:
    """
    End an entry with a day, by a decision; what was received until then goes on as it was received.

    :raises NotAllowed, EntryNotFound, AlreadyEnded, Invalid, Replayed, MissingKey:
    """
    today = at.astimezone(LOCAL).date()
    number, words = clean(decision_no, field="decision_no")[:60], clean(reason, field="reason")[:2000]
    body = {"entry": entry_id, "last_day": last_day, "decision": number, "reason": words}
    try:
        with transaction.atomic(durable=True):
            subject = idempotency.take(actor, key, "catalogue.non_territorial_end", body, at=at)
            row, duty, procedure_field = _entry(entry_id, actor, today)
            errors: dict[str, str] = {}
            if not number:
                errors["decision_no"] = "Ghi số quyết định."
            if len(words) < 10:
                errors["reason"] = "Ghi rõ lý do (ít nhất 10 ký tự)."
            if last_day is None or last_day < max(today, row.valid_from):
                errors["last_day"] = "Ngày cuối phải từ hôm nay trở đi và không trước ngày bắt đầu."
            elif row.valid_to is not None and last_day >= row.valid_to:
                errors["last_day"] = f"Mục này đã kết thúc vào {row.valid_to:%d/%m/%Y}; chọn ngày sớm hơn."
            if errors:
                raise Invalid(errors=errors)
            row.valid_to, row.end_decision, row.end_reason = last_day, number, words
            row.save(update_fields=["valid_to", "end_decision", "end_reason"])
            _changed(subject, row, "non_territorial_end", actor, duty, at, procedure_field, body)
    except idempotency.AlreadyDone:
        return
    catalogue.forget_brief()


def conclude_pilot(
    *,
    entry_id: int,
    outcome: str,
    decision_no: str,
    until: date | None,
    note: str,
    actor: Actor,
    key: str,
    at: datetime,
) -> None:
    """
    Draw the conclusion on a pilot: it goes on (to a day, or without end), or stops with today (R-077).

    `note` says on which results the decision rests.

    :raises NotAllowed, EntryNotFound, AlreadyListed, Invalid, Replayed, MissingKey:
    :raises AlreadyEnded: it is no pilot, or the conclusion was drawn before.
    """
    today = at.astimezone(LOCAL).date()
    number, words = clean(decision_no, field="decision_no")[:60], clean(note, field="note")[:2000]
    body = {"entry": entry_id, "outcome": outcome, "decision": number, "until": until, "note": words}
    try:
        with transaction.atomic(durable=True):
            subject = idempotency.take(actor, key, "catalogue.non_territorial_conclude", body, at=at)
            row, duty, procedure_field = _entry(entry_id, actor, today, ended=True)
            if row.kind != ListKind.PILOT or row.outcome:
                raise AlreadyEnded
            errors: dict[str, str] = {}
            if outcome not in (Outcome.CONTINUED, Outcome.STOPPED):
                errors["outcome"] = "Chọn tiếp tục hoặc dừng."
            if not number:
                errors["decision_no"] = "Ghi số quyết định."
            if len(words) < 10:
                errors["note"] = "Ghi kết quả thí điểm làm căn cứ (ít nhất 10 ký tự)."
            if outcome == Outcome.CONTINUED and until is not None and until < max(today, row.valid_from):
                errors["until"] = "Ngày kết thúc phải từ hôm nay trở đi."
            if errors:
                raise Invalid(errors=errors)
            if outcome == Outcome.CONTINUED:
                others = [one for one in queries.read() if one.id != row.pk]
                rules.free(others, row.procedure_code, row.valid_from, until)
                row.valid_to = until
            elif row.valid_to is None or row.valid_to > today:
                row.valid_to = max(today, row.valid_from)
            row.outcome, row.outcome_decision, row.outcome_note = outcome, number, words
            row.save(update_fields=["valid_to", "outcome", "outcome_decision", "outcome_note"])
            _changed(subject, row, "non_territorial_conclude", actor, duty, at, procedure_field, body)
    except idempotency.AlreadyDone:
        return
    catalogue.forget_brief()


@transaction.atomic
def set_lists(criteria: Rows, savings: Rows, assessments: Rows, entries: Rows) -> dict[str, Counts]:
    """
    Bring criteria, savings, and the first assessments and entries of the data; what people changed since stays theirs.
    """
    counts = {"non_territorial_terms": bring(Term, [*criteria, *savings], key=("scheme", "code"))}
    if assessments:
        kept = [name for name in assessments[0] if name not in ("procedure_code", "assessed_on")]
        counts["non_territorial_assessments"] = bring(
            NonTerritorialAssessment, assessments, key=("procedure_code", "assessed_on"), once=kept
        )
    if entries:
        kept = [name for name in entries[0] if name not in ("procedure_code", "valid_from")]
        counts["non_territorial_entries"] = bring(
            NonTerritorialEntry, entries, key=("procedure_code", "valid_from"), once=kept
        )
    return counts


def _lock() -> None:
    """Let two officers who enter procedures take turns (one statement)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _known(code: str, on: date) -> bool:
    try:
        unit = organisation.unit_by_code(code)
    except NotFound:
        return False
    return organisation.in_force(unit.id, on) and unit.kind in queries.one_stop_kinds()


def _entry(
    entry_id: int, actor: Actor, today: date, *, ended: bool = False
) -> tuple[NonTerritorialEntry, DutyRef, str]:
    """Return an entry under its lock with the actor's duty; one that is over only where `ended` allows it."""
    _lock()
    row = NonTerritorialEntry.objects.select_for_update(no_key=True).filter(pk=entry_id).first()
    if row is None:
        raise EntryNotFound
    definition = catalogue.any_version(row.procedure_code)
    duty = rules.duty(actor, definition.field)
    if not ended and row.valid_to is not None and row.valid_to < today:
        raise AlreadyEnded
    return row, duty, definition.field


def _changed(
    subject: int,
    row: NonTerritorialEntry,
    act: str,
    actor: Actor,
    duty: DutyRef,
    at: datetime,
    procedure_field: str,
    payload: Mapping[str, Any],
) -> None:
    event = events.ListChanged(
        entry=row.pk,
        procedure_code=row.procedure_code,
        act=act,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )
    told = {**payload, "entry": row.pk, "decision": payload["decision"]}
    _append(subject, act, actor, duty, at, row.procedure_code, procedure_field, told, event)


def _append(
    subject: int,
    act: str,
    actor: Actor,
    duty: DutyRef,
    at: datetime,
    procedure_code: str,
    procedure_field: str,
    payload: Mapping[str, Any],
    event: Any,
) -> None:
    ledger.append_unheaded(
        subject,
        act=act,
        actor=actor,
        duty=duty,
        at=at,
        facts=Facts.under(duty, procedure_code=procedure_code, field_code=procedure_field),
        payload=payload,
        event=event,
    )
