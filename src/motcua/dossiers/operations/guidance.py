"""Guidance at the counter before anything is filed: once, complete, on a slip (NĐ 61/2018 Art. 15.3; form 02)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from motcua.documents import operations as documents
from motcua.dossiers import definitions, events, papers, published, rules
from motcua.dossiers.models import Guidance
from motcua.dossiers.operations import hardships
from motcua.dossiers.operations.unlisted import report
from motcua.dossiers.published import Demand, UnlistedPaper
from motcua.dossiers.rules import NoDuty
from motcua.kernel.actor import Actor, Role
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Conflict, Invalid
from motcua.parties import queries as parties
from motcua.platform import access, idempotency, ledger
from motcua.platform.ledger import Facts

ACT = "guide"
MOST_ITEMS = 30


class AlreadyGuided(Conflict):
    """The person was guided about this procedure today: guidance is complete the first time."""

    code = "already_guided"
    message = "Hôm nay người này đã được hướng dẫn về thủ tục này. Xem lại phiếu đã in; hướng dẫn chỉ một lần, nêu đủ."


def guide(
    *,
    party_id: int,
    procedure_code: str,
    unit_id: int,
    items: Sequence[Mapping[str, str]],
    where: str,
    actor: Actor,
    key: str,
    at: datetime,
) -> int:
    """
    Tell somebody at the counter what is lacking and where to go, and make the slip; return the guidance's number.

    `items` are {"name", "what"}: papers of the published record, or what is said in the form; `where` says where to go
    and what to do. Nothing is filed, no code is given.

    :raises NoDuty: the actor is no one-stop officer of the unit.
    :raises NotFound: person or procedure is not there. :raises AlreadyGuided, Replayed, MissingKey:
    :raises Invalid: nothing is said. :raises UnlistedPaper: a paper beside the record is asked for; it is told.
    """
    wanted = [
        {"name": one["name"].strip()[:300], "what": one.get("what", "").strip()[:500]}
        for one in items
        if one["name"].strip()
    ]
    told = where.strip()[:2000]
    body = {"party": party_id, "procedure": procedure_code, "unit": unit_id, "items": wanted, "where": told}
    try:
        with transaction.atomic(durable=True):
            return _guide(party_id, procedure_code, unit_id, wanted, told, actor, key, at, body)
    except idempotency.AlreadyDone as known:
        return known.subject
    except UnlistedPaper as refusal:
        report(refusal.demand, actor=actor, at=at)
        raise


def _guide(
    party_id: int,
    procedure_code: str,
    unit_id: int,
    wanted: list[dict[str, str]],
    told: str,
    actor: Actor,
    key: str,
    at: datetime,
    body: Mapping[str, object],
) -> int:
    duty = actor.duty(Role.ONE_STOP_OFFICER, unit_id=unit_id)
    if duty is None:
        raise NoDuty
    subject = idempotency.take(actor, key, "dossiers.guide", body, at=at)
    if not wanted and not told:
        raise Invalid(errors={"items": "Chọn giấy tờ còn thiếu hoặc ghi nơi cần đến."})
    if len(wanted) > MOST_ITEMS:
        raise Invalid(errors={"items": f"Mỗi phiếu tối đa {MOST_ITEMS} nội dung."})
    on = at.astimezone(LOCAL).date()
    person = parties.party(actor, party_id)
    bundle = definitions.current(procedure_code, unit_id, on)
    beside = published.unlisted(wanted, published.names(bundle.procedure.body))
    if beside:
        raise UnlistedPaper(Demand(ACT, beside, procedure_code, duty.agency_id, unit_id))
    before = list(Guidance.objects.filter(party_id=person.id, procedure_code=procedure_code).order_by("trip"))
    if before and before[-1].on == on:
        raise AlreadyGuided
    access.grant(subject, units=[unit_id], parties=[person.id], scope="work")
    series, symbol = rules.SERIES["supplement_request"]
    slip = papers.guidance(bundle, person, actor, unit_id, items=wanted, where=told, at=at)
    document = documents.freeze(
        subject=subject, paper=slip, unit_id=unit_id, at=at, series=series, symbol=symbol,
        signatory_id=actor.staff_id,
    )  # fmt: skip
    row = Guidance.objects.create(
        subject=subject,
        party_id=person.id,
        procedure_code=procedure_code,
        unit_id=unit_id,
        officer_id=actor.staff_id,
        trip=before[-1].trip + 1 if before else 1,
        items=wanted,
        where=told,
        on=on,
        at=at,
        document_id=document.pk,
    )
    hardships.guided(row, procedure_code, at)
    ledger.append_unheaded(
        subject,
        act=ACT,
        actor=actor,
        duty=duty,
        at=at,
        facts=Facts(
            agency_id=duty.agency_id, unit_id=unit_id, procedure_code=procedure_code,
            field_code=bundle.procedure.field, channel="direct",
        ),
        payload={"trip": row.trip, "items": len(wanted), "form": document.number},
        personal={"party": person.id, "items": wanted, "where": told},
        event=events.Guided(
            guidance=subject, at=at, party_id=person.id, procedure_code=procedure_code, unit_id=unit_id,
            trip=row.trip,
        ),
    )  # fmt: skip
    return subject
