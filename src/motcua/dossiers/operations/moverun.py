"""Beginning to move many dossiers to another version of their process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from motcua.dossiers import rules
from motcua.dossiers.operations import bulk
from motcua.dossiers.rules import BulkAct
from motcua.kernel.actor import Actor
from motcua.kernel.calendar import LOCAL
from motcua.platform import idempotency
from motcua.workflow.versions import queries as versions
from motcua.workflow.versions import rules as version_rules


def start(
    *,
    version_id: int,
    targets: Sequence[bulk.Target],
    reason: str,
    mapping: Mapping[str, str],
    actor: Actor,
    key: str,
    at: datetime,
) -> int:
    """
    Begin to move dossiers to a version, each an act of its own, and return the number of the run.

    :raises Invalid: none or more than 500 dossiers. :raises ReasonMissing, NotAllowed, VersionNotInForce, Replayed:
    """
    words = rules.reason(reason)
    new = versions.approved(version_id, at.astimezone(LOCAL).date())
    version_rules.duty(actor, new.field)
    rules.how_many(len(targets))
    values: dict[str, Any] = {"version": version_id, "mapping": dict(mapping), "note": words}
    body = {**values, "targets": [[target.code, target.seen] for target in targets]}
    try:
        with transaction.atomic(durable=True):
            number = idempotency.take(actor, key, "dossiers.move_versions", body, at=at)
            bulk.begin(number=number, act=BulkAct.MOVE, targets=targets, values=values, actor=actor, at=at)
            return number
    except idempotency.AlreadyDone as known:
        return known.subject
