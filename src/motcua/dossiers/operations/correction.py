"""Correcting the intake: a typing error (the due date stays), or the wrong procedure (void and refile)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from motcua.dossiers import events, rules
from motcua.dossiers.models import Answers
from motcua.dossiers.nonterritorial import underway
from motcua.dossiers.operations import filing as filings
from motcua.dossiers.operations import slips, tasks
from motcua.dossiers.operations.common import Done, begin, finish, locked, once, opened, told
from motcua.dossiers.operations.filing import Filing
from motcua.dossiers.operations.receipt import FeesTaken, accepted, reception_duty
from motcua.dossiers.rules import Act, ReturnChannel, State
from motcua.forms import rules as form_rules
from motcua.kernel.actor import Actor
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Invalid
from motcua.kernel.text import fold
from motcua.platform import idempotency

HEAD_FIELDS = ("owner_name", "owner_phone", "return_channel", "return_address", "sets")


@once
def correct_intake(
    *,
    code: str,
    actor: Actor,
    key: str,
    at: datetime,
    reason: str,
    head: Mapping[str, Any],
    answers: Mapping[str, Any],
    seen: int | None = None,
) -> Done:
    """
    Correct a typing error after acceptance: reason, before and after are kept, a replacement slip is printed.

    `head` may change owner_name, owner_phone, return_channel, return_address and sets; `answers` replace those of
    the same key. Due date and clock stay as promised.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, ReasonMissing:
    :raises Invalid: an unknown field, a value the form refuses, or nothing that differs.
    """
    body = {"reason": reason, "head": dict(head), "answers": dict(answers)}
    work = begin(act=Act.CORRECT_INTAKE, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    duty = reception_duty(work)
    words = rules.reason(reason)
    dossier = work.dossier
    unknown = set(head) - set(HEAD_FIELDS)
    if unknown:
        raise Invalid(errors=dict.fromkeys(sorted(unknown), "Thông tin này không đính chính được."))
    if head.get("return_channel", dossier.return_channel) not in set(ReturnChannel):
        raise Invalid(errors={"return_channel": "Chọn cách nhận kết quả trong danh sách."})
    if "sets" in head and not (isinstance(head["sets"], int) and 1 <= head["sets"] <= 99):
        raise Invalid(errors={"sets": "Số bộ hồ sơ từ 1 đến 99."})
    if "owner_name" in head and not str(head["owner_name"]).strip():
        raise Invalid(errors={"owner_name": "Ghi họ tên chủ hồ sơ."})
    kept = Answers.objects.get(subject=dossier.subject)
    clean, errors = form_rules.validate(
        work.bundle.form, {**kept.answers, **answers}, at.astimezone(LOCAL).date()
    )
    if errors:
        raise Invalid("Biểu mẫu còn chỗ chưa đúng.", errors=errors)
    before = {**{name: getattr(dossier, name) for name in HEAD_FIELDS}, **kept.answers}
    for name, value in head.items():
        setattr(dossier, name, value.strip() if isinstance(value, str) else value)
    dossier.owner_folded = fold(dossier.owner_name)
    after = {**{name: getattr(dossier, name) for name in HEAD_FIELDS}, **clean}
    difference = rules.changed(before, after)
    if not difference:
        raise Invalid(errors={"head": "Chưa có thông tin nào thay đổi."})
    if clean != kept.answers:
        kept.answers, kept.revision = clean, kept.revision + 1
        kept.save(update_fields=["answers", "revision"])
    replacement = slips.made(work, dossier.receiving_unit_id)
    return finish(
        work,
        Act.CORRECT_INTAKE,
        duty=duty,
        payload={"fields": sorted(difference), "slip": replacement.number},
        personal={"reason": words, "before_after": {k: list(v) for k, v in difference.items()}},
        event=told(work, events.Corrected, document_id=replacement.id),
    )


@once
def void_and_refile(
    *,
    code: str,
    filing: Filing,
    actor: Actor,
    key: str,
    at: datetime,
    reason: str,
    fees: FeesTaken | None = None,
    seen: int | None = None,
) -> Done:
    """
    Void a dossier taken in under the wrong procedure, or for an agency that is not competent and decides by another
    process than the one that is, and take it in again, in one transaction: counted once.

    The answer is the new dossier, which names the old one; both keep their codes.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, ReasonMissing, Invalid, NotAcceptable:
    """
    body = {"code": code, "reason": reason, "fees": fees.body() if fees else None, **asdict(filing)}
    subject = idempotency.take(
        actor, key, "dossiers.void", body, at=at
    )  # a replay answers with the new dossier
    old = locked(act=Act.VOID, code=code, actor=actor, at=at, seen=seen)
    duty = reception_duty(old)
    words = rules.reason(reason)
    elsewhere = underway(old.dossier) and filing.competent_unit_id != old.dossier.competent_unit_id
    if filing.procedure_code == old.dossier.procedure_code and not elsewhere:
        raise Invalid(errors={"procedure": "Chọn thủ tục khác với thủ tục đã nhập."})
    new, components = filings.prepared(filing, actor, at, subject)
    tasks.cancel(old, words)
    old.dossier.state, old.dossier.ended_at = State.VOID, at
    tasks.ended(old)
    moved = filings.started(new)
    filings.write(new, filing, components)
    new.dossier.refiled_from_id = old.dossier.subject
    finish(
        old,
        Act.VOID,
        duty=duty,
        payload={"refiled_as": new.dossier.code},
        personal={"reason": words},
        event=told(old, events.Voided, refiled_as=new.dossier.code),
    )
    filings.filed(new, duty, save=False)
    return accepted(opened(new.dossier, actor, at), duty, components, fees, lambda: moved)
