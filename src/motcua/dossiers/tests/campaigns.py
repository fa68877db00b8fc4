"""Reorganisations for tests: 1 July 2025 with the data, as its officer drafts and a worker carries it out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from motcua.dossiers.operations import campaign as campaign_operations
from motcua.dossiers.tests.factories import RECOGNITION, Case, key, land_transfer, moment
from motcua.kernel.actor import Actor, Role
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty

JUNE = moment("2025-06-20", "08:30")
DAY = date(2025, 7, 1)
JULY = moment("2025-07-01", "07:45")
DECISION: dict[str, Any] = {"decision_no": "1669/NQ-UBTVQH15", "decided_on": date(2025, 6, 16)}
TITLE = "Nghị quyết về việc sắp xếp các đơn vị hành chính cấp xã"


def kstt(at: datetime = JULY) -> Actor:
    """Return the procedure-control officer of the province on that day."""
    duty = (
        Duty.objects.filter(role=Role.KSTT, valid_from__lte=at.date())
        .exclude(valid_to__lt=at.date())
        .select_related("staff")
        .order_by("id")[0]
    )
    return organisation.actor_of(duty.staff.account_id, at)


def draft(at: datetime = JULY, **more: Any) -> int:
    return campaign_operations.draft_reorganisation(
        on=more.pop("on", DAY), title=TITLE, actor=more.pop("actor", None) or kstt(at), key=key(), at=at,
        **DECISION, **more,
    )  # fmt: skip


def work(number: int, at: datetime = JULY) -> None:
    while campaign_operations.carry_out_next(campaign=number, at=at):
        pass


def run(at: datetime = JULY, **more: Any) -> int:
    number = draft(at, **more)
    campaign_operations.start(campaign=number, actor=kstt(at), key=key(), at=at)
    work(number, at)
    return number


def several() -> list[Case]:
    """Dossiers of a ward, a district, the centre's land branch, in all sorts of states, and one that has ended."""
    found = [Case.taken_in(RECOGNITION, JUNE) for _ in range(2)]
    found.append(Case.filed(RECOGNITION, JUNE))
    found.append(land_transfer(JUNE))
    waits = Case.taken_in(RECOGNITION, JUNE)
    waits.process()
    found.append(waits)
    over = Case.taken_in(RECOGNITION, JUNE)
    over.process()
    over.hand_over()
    return [*found, over]
