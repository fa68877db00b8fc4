"""An intake begun at the counter and set aside: typed values are kept for the officer who typed them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from motcua.dossiers.models import ParkedIntake
from motcua.dossiers.rules import NoDuty
from motcua.kernel.actor import Actor, Role
from motcua.kernel.errors import NotFound


def park(
    *,
    actor: Actor,
    unit_id: int,
    title: str,
    values: Mapping[str, Any],
    at: datetime,
    parked_id: int | None = None,
) -> ParkedIntake:
    """
    Keep an intake for later; with `parked_id` the one kept before is replaced.

    :raises NoDuty: the actor is no one-stop officer of the unit.
    """
    if actor.duty(Role.ONE_STOP_OFFICER, unit_id=unit_id) is None:
        raise NoDuty
    kept = {
        "unit_id": unit_id,
        "title": title.strip()[:200] or "Hồ sơ đang nhập",
        "values": dict(values),
        "parked_at": at,
    }
    mine = ParkedIntake.objects.filter(account_id=actor.account_id)
    if parked_id is not None and mine.filter(id=parked_id).update(**kept):
        return mine.get(id=parked_id)
    return ParkedIntake.objects.create(account_id=actor.account_id, **kept)


def unpark(*, actor: Actor, parked_id: int) -> None:
    """
    Drop a parked intake: taken up again, or not wanted.

    :raises NotFound: it is not the actor's.
    """
    dropped, _ = ParkedIntake.objects.filter(id=parked_id, account_id=actor.account_id).delete()
    if not dropped:
        raise NotFound("Không tìm thấy hồ sơ đang tạm giữ này.")
