"""Putting a message of ours into the log, behind those its dossier has for a partner."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from motcua.exchange.models import Message, Partner
from motcua.exchange.rules import Direction, Kind, MessageState
from motcua.platform import canonical


def queue(
    partner: Partner,
    kind: Kind,
    subject: int,
    dossier_code: str,
    content: Mapping[str, Any],
    *,
    at: datetime,
    real_at: datetime,
) -> None:
    """Put a message of ours behind those a dossier has for a partner; what it says is frozen with it."""
    Message.objects.create(
        partner=partner, direction=Direction.OUT.value, kind=kind.value, message_id=content["message_id"],
        subject=subject, dossier_code=dossier_code, content=content,
        digest=canonical.digest(canonical.dumps(content).encode()).hex(), state=MessageState.QUEUED.value,
        at=at, created_at=real_at, next_attempt_at=real_at,
    )  # fmt: skip
