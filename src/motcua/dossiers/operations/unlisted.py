"""Demands beside the published record: the act is refused, the attempt is kept and told (R-066)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec

from django.db import transaction

from motcua.dossiers import events
from motcua.dossiers.models import UnlistedDemand
from motcua.dossiers.operations.common import Done
from motcua.dossiers.published import Demand, UnlistedPaper
from motcua.kernel.actor import Actor, ActorKind
from motcua.kernel.calendar import LOCAL
from motcua.kernel.text import fold
from motcua.platform import ledger, subjects
from motcua.platform.ledger import Facts

P = ParamSpec("P")
ACT = "unlisted_demand"


def reporting(operation: Callable[P, Done]) -> Callable[P, Done]:
    """Keep the attempt in a transaction of its own after the act was refused and left nothing behind."""

    @wraps(operation)
    def run(*args: P.args, **kwargs: P.kwargs) -> Done:
        try:
            return operation(*args, **kwargs)
        except UnlistedPaper as refusal:
            given: dict[str, Any] = kwargs
            report(refusal.demand, actor=given["actor"], at=given["at"])
            raise

    return run


def report(demand: Demand, *, actor: Actor, at: datetime) -> int:
    """Keep what an officer asked for beside the record, and tell it; return how many were new today."""
    if actor.kind is not ActorKind.STAFF:
        return 0
    on = at.astimezone(LOCAL).date()
    duty = next((one for one in actor.duties if one.unit_id == demand.unit_id), None)
    new = 0
    with transaction.atomic(durable=True):
        for name in demand.names:
            known = UnlistedDemand.objects.filter(
                account_id=actor.account_id, on=on, dossier_subject=demand.subject,
                procedure_code=demand.procedure_code, folded=fold(name)[:300],
            )  # fmt: skip
            if known.exists():
                continue
            row = UnlistedDemand.objects.create(
                subject=subjects.new(),
                dossier_subject=demand.subject,
                code=demand.code,
                act=demand.act,
                name=name[:300],
                folded=fold(name)[:300],
                procedure_code=demand.procedure_code,
                agency_id=demand.agency_id,
                unit_id=demand.unit_id,
                officer_id=actor.staff_id,
                account_id=actor.account_id,
                on=on,
                at=at,
            )
            ledger.append_unheaded(
                row.subject,
                act=ACT,
                actor=actor,
                duty=duty,
                at=at,
                facts=Facts(
                    agency_id=demand.agency_id, unit_id=demand.unit_id, procedure_code=demand.procedure_code
                ),
                payload={"tried": demand.act, "dossier": demand.subject, "code": demand.code},
                personal={"name": name},
                event=events.UnlistedDemanded(
                    demand=row.subject, at=at, act=demand.act, procedure_code=demand.procedure_code,
                    unit_id=demand.unit_id, officer_id=actor.staff_id,
                ),
            )  # fmt: skip
            new += 1
    return new
