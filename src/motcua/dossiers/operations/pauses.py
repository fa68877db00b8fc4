"""The record of pauses, made again from dossier and ledger whenever an act touches a clock (R-191)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from motcua.dossiers import definitions, pausecheck, paymentnotices
from motcua.dossiers.dues import DueState
from motcua.dossiers.models import Component, Dossier, PauseRecord, SupplementRequest
from motcua.dossiers.pausecheck import Checks, Held
from motcua.dossiers.rules import Act, ComponentState
from motcua.kernel.actor import SYSTEM, ActorKind
from motcua.kernel.calendar import LOCAL
from motcua.kernel.counting import Ground
from motcua.organisation import queries as organisation
from motcua.payments import queries as payments
from motcua.platform import history
from motcua.platform.history import Happened


def look(subject: int, now: datetime) -> int:
    """
    Make the record of a dossier's pauses again and return how many there are; in the caller's transaction.

    Nothing happens for a subject that is no dossier or was never paused.
    """
    dossier = Dossier.objects.filter(subject=subject).first()
    pauses = dossier.clock["deadline"]["pauses"] if dossier is not None and dossier.clock else []
    if dossier is None or not pauses:
        return 0
    entries = history.entries(SYSTEM, subject)
    bundle = definitions.bundle(
        dossier.procedure_version_id, dossier.form_version_id, dossier.process_version_id
    )
    asked = {row.requested_at: row for row in SupplementRequest.objects.filter(dossier_id=subject)}
    had = {
        row.name.casefold()
        for row in Component.objects.filter(dossier_id=subject)
        if row.state != ComponentState.MISSING
    }
    paid = [row.settled_at for row in payments.of_subject(SYSTEM, subject) if row.receipt_number]
    paid += [
        row.settled_at for row in paymentnotices.of_subject(SYSTEM, subject) if row.state is DueState.PAID
    ]
    told = [_begun(entries, datetime.fromisoformat(one["started_at"])) for one in pauses]
    held = [
        _held(one, begun, entries, asked, had, [moment for moment in paid if moment is not None])
        for one, begun in zip(pauses, told, strict=True)
    ]
    settings = definitions.settings(bundle, held[-1].started_at.astimezone(LOCAL).date())
    checks = Checks.from_json(settings["pause_checks"]) if "pause_checks" in settings else None
    calendar = organisation.calendar(organisation.root_of_agency(dossier.agency_id).id)
    rows = []
    for number, (checked, begun) in enumerate(
        zip(pausecheck.check(held, checks, calendar, max(now, held[-1].started_at)), told, strict=True), 1
    ):
        rows.append(
            PauseRecord(
                dossier_id=subject,
                no=number,
                agency_id=dossier.agency_id,
                unit_id=begun.unit_id if begun else None,
                officer_id=begun.officer_id if begun else None,
                ground=checked.held.ground.value,
                started_at=checked.held.started_at,
                ended_at=checked.held.ended_at,
                minutes=max(0, checked.minutes),
                findings=[one.to_json() for one in checked.findings],
                kinds=[one.kind.value for one in checked.findings],
            )
        )
    PauseRecord.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["dossier", "no"],
        update_fields=[
            "agency", "unit", "officer", "ground", "started_at", "ended_at", "minutes", "findings", "kinds",
        ],
    )  # fmt: skip
    return len(rows)


def look_again(now: datetime, limit: int = 500) -> int:
    """Bring the pauses that go on up to date, those looked at longest ago first in the order of their beginning."""
    subjects = (
        PauseRecord.objects.filter(ended_at__isnull=True)
        .order_by("started_at", "id")
        .values_list("dossier_id", flat=True)[:limit]
    )
    return sum(look(subject, now) for subject in subjects)


def _begun(entries: Sequence[Happened], at: datetime) -> Happened | None:
    return next(
        (entry for entry in entries if entry.at == at and entry.state_after != entry.state_before), None
    )


def _held(
    pause: Mapping[str, Any],
    begun: Happened | None,
    entries: Sequence[Happened],
    asked: Mapping[datetime, SupplementRequest],
    had: set[str],
    paid: Sequence[datetime],
) -> Held:
    started = datetime.fromisoformat(pause["started_at"])
    ended = datetime.fromisoformat(pause["ended_at"]) if pause["ended_at"] else None
    ground = Ground(pause["ground"])
    request = asked.get(started)
    items = request.items if request else []
    ending = next(
        (e for e in entries if e.at == ended and e.act in (Act.SUPPLEMENT, Act.RESUME, Act.CONFIRM_PAYMENT)),
        None,
    )
    own_hand = (
        ground in pausecheck.BY_APPLICANT
        and begun is not None
        and ending is not None
        and ending.actor_kind != ActorKind.CITIZEN
        and ending.officer_id == begun.officer_id
        and not any(started <= moment <= (ended or started) for moment in paid)
    )
    return Held(
        started,
        ended,
        ground,
        begun.due_before if begun else None,
        tuple(
            i["name"] for i in items if i["name"].strip().casefold() in had and not i.get("what", "").strip()
        ),
        own_hand,
    )
