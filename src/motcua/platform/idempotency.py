"""
A write happens once per key: the key is inserted in the write's own transaction, unique per actor.

The same key with the same body answers with the subject it made the first time; with another body it is refused.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection

from motcua.kernel.actor import Actor
from motcua.kernel.errors import Invalid, Replayed
from motcua.platform import canonical


class MissingKey(Invalid):
    """A write came without a key."""

    code = "missing_key"
    message = "Yêu cầu thiếu mã chống gửi trùng. Mở lại trang rồi thực hiện lại."


class AlreadyDone(Exception):
    """The same write was done before, on this subject."""

    def __init__(self, subject: int) -> None:
        self.subject = subject
        super().__init__(subject)


def take(
    actor: Actor, key: str, operation: str, body: Any, *, at: datetime, subject: int | None = None
) -> int:
    """
    Take the key for this write and return its subject: the given one, or a new number.

    :raises MissingKey: the key is empty or longer than 200 characters.
    :raises AlreadyDone: the same write was committed before.
    :raises Replayed: the key was used for another body or operation.
    """
    if not key or len(key) > 200:
        raise MissingKey
    digest = canonical.digest(canonical.dumps(body).encode())
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO platform_idempotencykey (actor_kind, account_id, key, operation, body_digest, subject, at)"
            " VALUES (%s, %s, %s, %s, %s, coalesce(%s::bigint, nextval('platform_subject_seq')), %s)"
            " ON CONFLICT (account_id, actor_kind, key) DO NOTHING RETURNING subject",
            [actor.kind.value, actor.account_id, key, operation, digest, subject, at],
        )
        row = cursor.fetchone()
        if row:
            return int(row[0])
        cursor.execute(
            "SELECT operation, body_digest, subject FROM platform_idempotencykey"
            " WHERE account_id = %s AND actor_kind = %s AND key = %s",
            [actor.account_id, actor.kind.value, key],
        )
        known, known_digest, known_subject = cursor.fetchone()
    if known != operation or bytes(known_digest) != digest:
        raise Replayed
    raise AlreadyDone(int(known_subject))
