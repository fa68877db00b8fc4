"""What the books of a unit say as papers, from what stands at the moment: the register, the list of a counter's day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from motcua.catalogue import queries as catalogue
from motcua.documents import papers
from motcua.dossiers import daybook, queries
from motcua.dossiers.daybook import DayCounts, KeptOriginal, RegisterEntry, Undigitised
from motcua.dossiers.queries import Filters, ListRow
from motcua.dossiers.rules import CHANNEL_NAMES, RETURN_CHANNEL_NAMES, STATE_NAMES, State
from motcua.kernel.actor import Actor
from motcua.kernel.calendar import LOCAL
from motcua.organisation import queries as organisation
from motcua.organisation.tree import UnitRef
from motcua.parties import queries as parties
from motcua.parties.queries import PartyRow
from motcua.payments import queries as payments
from motcua.payments.queries import TakenRow
from motcua.payments.rules import FeeKind, Method

METHODS: Final = {
    Method.CASH: "Tiền mặt",
    Method.CARD: "Thẻ",
    Method.TRANSFER: "Chuyển khoản",
    Method.ONLINE: "Trực tuyến",
}
KINDS: Final = {FeeKind.FEE: "Phí", FeeKind.CHARGE: "Lệ phí"}
MOST_WAITING: Final = 100


def office(unit: UnitRef) -> papers.Office:
    """Return the head of a paper of a unit."""
    return papers.Office(
        agency=organisation.root_of(unit.id).name, unit=unit.name, place=organisation.place_name(unit.id)
    )


def span(first: date, last: date) -> tuple[datetime, datetime]:
    """Return the first moment of a period of days, both counted, and the first moment after it, in Vietnam."""
    return (
        datetime.combine(first, time(), tzinfo=LOCAL),
        datetime.combine(last + timedelta(days=1), time(), tzinfo=LOCAL),
    )


def register(
    actor: Actor,
    unit: UnitRef,
    found: Sequence[RegisterEntry],
    first_day: date,
    last_day: date,
    scope: str,
    at: datetime,
    *,
    keeper_name: str,
    verify_url: str = "",
    closed: bool = False,
    replaces: str = "",
) -> papers.Register:
    """Return the register of a unit for a period (form 06 of 2018, 07 of 2025)."""
    people = parties.rows(actor, {row.owner_id for row in found}) if found else {}
    return papers.Register(
        office=office(unit),
        scope=scope,
        year=first_day.year,
        volume="01",
        first_day=first_day,
        last_day=last_day,
        rows=tuple(_register_row(row, people[row.owner_id]) for row in found),
        made_at=at.astimezone(LOCAL),
        keeper_name=keeper_name,
        verify_url=verify_url,
        closed=closed,
        replaces=replaces,
    )


def _register_row(row: RegisterEntry, owner: PartyRow) -> papers.RegisterRow:
    return papers.RegisterRow(
        dossier_code=row.code,
        procedure=catalogue.definition(row.procedure_version_id).name,
        owner=papers.Party(
            name=row.owner_name,
            id_number=row.owner_number,
            address=owner.address,
            phone=row.owner_phone,
        ),
        authority=organisation.root_of_agency(row.agency_id).name,
        received_at=row.accepted_at.astimezone(LOCAL),
        due_at=row.due_at.astimezone(LOCAL) if row.due_at else None,
        sets=row.sets,
        ready_at=row.processed_at.astimezone(LOCAL) if row.processed_at else None,
        returned_at=row.returned_at.astimezone(LOCAL) if row.returned_at else None,
        channel=RETURN_CHANNEL_NAMES.get(row.return_channel, ""),
        note=register_note(row),
        no=row.register_no or 0,
    )


def register_note(row: RegisterEntry) -> str:
    """Return the remark of a line: how it came, supplement, withdrawal, stop, the successor that has it."""
    parts = [CHANNEL_NAMES.get(row.channel, "")] if row.channel != "direct" else []
    if row.supplement_count:
        parts.append("có yêu cầu bổ sung")
    if row.state in ("withdrawn", "stopped", "void"):
        parts.append(STATE_NAMES[State(row.state)].lower())
    if row.registered_unit_id is not None:
        parts.append(f"chuyển giao cho {organisation.full_name(organisation.unit(row.receiving_unit_id))}")
    text = ", ".join(part for part in parts if part)
    return text[:1].upper() + text[1:]


@dataclass(frozen=True, slots=True)
class CounterDay:
    """What a counter looks back on at the end of a day; `codes` names the dossiers of the receipts."""

    counts: DayCounts
    undigitised: Sequence[Undigitised]
    waiting: Sequence[ListRow]
    kept: Sequence[KeptOriginal]
    taken: Sequence[TakenRow]
    codes: Mapping[int, str]


def counter_day(actor: Actor, unit_id: int, on: date) -> CounterDay:
    """Return what a counter did on a day, what it has still to do, and the money it took, of what the actor may see."""
    since, until = span(on, on)
    taken = payments.taken_on(actor, unit_id, on)
    found = queries.by_subjects(actor, [row.subject for row in taken]) if taken else {}
    return CounterDay(
        daybook.day_counts(actor, unit_id, since, until),
        daybook.not_digitised(actor, unit_id, since, until),
        queries.listing(actor, Filters(states=("accepted",), unit_id=unit_id), size=MOST_WAITING),
        daybook.kept_originals(actor, unit_id),
        taken,
        {subject: row.code for subject, row in found.items()},
    )


def end_of_day(
    unit: UnitRef,
    on: date,
    day: CounterDay,
    at: datetime,
    *,
    officer_name: str,
    receiver_name: str = "",
    replaces: str = "",
) -> papers.EndOfDay:
    """Return the list of a counter's day."""
    return papers.EndOfDay(
        office=office(unit),
        day=on,
        officer_name=officer_name,
        made_at=at.astimezone(LOCAL),
        received=day.counts.received,
        received_online=day.counts.online,
        returned=day.counts.returned,
        not_digitised=tuple(
            papers.OpenDossier(
                dossier_code=row.code,
                procedure="",
                owner_name=row.owner_name,
                received_at=span(on, on)[0],
                what=f"Thiếu bản quét của {row.missing_scans} giấy tờ",
            )
            for row in day.undigitised
        ),
        not_forwarded=tuple(
            papers.OpenDossier(
                dossier_code=row.code,
                procedure=catalogue.definition(row.procedure_version_id).name,
                owner_name=row.owner_name,
                received_at=(row.accepted_at or row.filed_at).astimezone(LOCAL),
                what="Chưa chuyển",
                holder=organisation.unit_name(row.holder_unit_id),
            )
            for row in day.waiting
        ),
        originals_kept=tuple(
            papers.OpenDossier(
                dossier_code=row.code,
                procedure=catalogue.definition(row.procedure_version_id).name,
                owner_name=row.owner_name,
                received_at=row.accepted_at.astimezone(LOCAL),
                what=row.paper,
            )
            for row in day.kept
        ),
        fees=tuple(
            papers.FeeTaken(
                receipt_number=row.receipt_number,
                dossier_code=day.codes.get(row.subject, ""),
                payer_name=row.payer_name,
                label=row.label,
                kind_label=KINDS.get(row.kind, ""),
                method=METHODS.get(row.method, str(row.method)),
                amount=row.amount,
                paid_at=row.paid_at.astimezone(LOCAL),
            )
            for row in day.taken
        ),
        receiver_name=receiver_name,
        replaces=replaces,
    )
