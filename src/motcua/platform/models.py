"""The tables of the plumbing: ledger, seals, outbox, idempotency keys, access, read traces.

Ledger, outbox and read traces are partitioned by month and append-only; their SQL stands in the migrations,
so the models here only describe them (`managed = False`). Nothing has a foreign key into them.
"""

from __future__ import annotations

from django.db import models

from motcua.platform.models_clock import DemoClock as DemoClock


class LedgerEntry(models.Model):
    """One act on one subject; chained per subject by `prev` and `hash` (R-291)."""

    pk = models.CompositePrimaryKey("subject", "seq")
    entry_id = models.BigIntegerField()
    subject = models.BigIntegerField()
    seq = models.IntegerField()
    act = models.TextField()
    schema = models.SmallIntegerField()
    actor_kind = models.TextField()
    account_id = models.BigIntegerField()
    duty_id = models.BigIntegerField(null=True)
    agency_id = models.BigIntegerField(null=True)
    unit_id = models.BigIntegerField(null=True)
    officer_id = models.BigIntegerField(null=True)
    procedure_code = models.TextField(null=True)
    field_code = models.TextField(null=True)
    channel = models.TextField(null=True)
    state_before = models.TextField(null=True)
    state_after = models.TextField(null=True)
    due_before = models.DateTimeField(null=True)
    due_after = models.DateTimeField(null=True)
    pauses_before = models.IntegerField(null=True)
    pauses_after = models.IntegerField(null=True)
    occurred_at = models.DateTimeField()
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    payload = models.JSONField()
    personal_digest = models.BinaryField(null=True)
    prev = models.BinaryField()
    hash = models.BinaryField()

    class Meta:
        managed = False
        db_table = "platform_ledgerentry"


class LedgerPersonal(models.Model):
    """Personal values of an entry, kept apart so that the law's erasure leaves the chain whole."""

    pk = models.CompositePrimaryKey("subject", "seq")
    subject = models.BigIntegerField()
    seq = models.IntegerField()
    salt = models.BinaryField()
    values = models.JSONField()

    class Meta:
        managed = False
        db_table = "platform_ledgerpersonal"


class SealedLeaf(models.Model):
    """An entry's place in the one log of the installation."""

    leaf_no = models.BigIntegerField(primary_key=True)
    subject = models.BigIntegerField()
    seq = models.IntegerField()
    hash = models.BinaryField()

    class Meta:
        managed = False
        db_table = "platform_sealedleaf"


class Seal(models.Model):
    """The signed root over all leaves up to `size`; made each minute when something is new."""

    no = models.BigIntegerField(primary_key=True)
    size = models.BigIntegerField()
    root = models.BinaryField()
    peaks = models.JSONField()
    cursor_xid = models.TextField()
    sealed_at = models.DateTimeField()
    key_id = models.TextField()
    signature = models.BinaryField()

    class Meta:
        managed = False
        db_table = "platform_seal"


class OutboxEvent(models.Model):
    """An event written in the transaction of its act; read by consumers in commit order per subject."""

    event_id = models.BigIntegerField(primary_key=True)
    message_id = models.UUIDField()
    topic = models.TextField()
    subject = models.BigIntegerField()
    seq = models.IntegerField()
    payload = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "platform_outboxevent"


class OutboxCursor(models.Model):
    """How far a consumer has read: everything below (`xid`, `event_id`) was handled or is parked."""

    consumer = models.TextField(primary_key=True)
    xid = models.TextField()
    event_id = models.BigIntegerField()
    handled = models.BigIntegerField(default=0)

    class Meta:
        managed = False
        db_table = "platform_outboxcursor"


class OutboxFailure(models.Model):
    """An event a consumer could not take yet; later events of its subject wait behind it."""

    consumer = models.TextField()
    event_id = models.BigIntegerField()
    message_id = models.UUIDField()
    topic = models.TextField()
    subject = models.BigIntegerField()
    attempts = models.IntegerField(default=0)
    next_at = models.DateTimeField()
    error = models.TextField(default="")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("consumer", "event_id"), name="platform_outboxfailure_once"),
        )
        indexes = (models.Index(fields=("consumer", "subject"), name="platform_outboxfailure_subject"),)


class IdempotencyKey(models.Model):
    """A write's key, unique per actor, inserted in the write's own transaction."""

    actor_kind = models.TextField()
    account_id = models.BigIntegerField()
    key = models.TextField()
    operation = models.TextField()
    body_digest = models.BinaryField()
    subject = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("account_id", "actor_kind", "key"), name="platform_idempotencykey_once"
            ),
        )


class Access(models.Model):
    """Who may see a subject: a unit of staff, or a party. Written by the rooms above, joined by every query."""

    subject = models.BigIntegerField()
    unit_id = models.BigIntegerField(null=True)
    party_id = models.BigIntegerField(null=True)
    scope = models.TextField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("subject", "unit_id"),
                condition=models.Q(unit_id__isnull=False),
                name="platform_access_unit_once",
            ),
            models.UniqueConstraint(
                fields=("subject", "party_id"),
                condition=models.Q(party_id__isnull=False),
                name="platform_access_party_once",
            ),
            models.CheckConstraint(
                condition=models.Q(unit_id__isnull=False) ^ models.Q(party_id__isnull=False),
                name="platform_access_one_holder",
                violation_error_message="Quyền xem thuộc về một đơn vị hoặc một người.",
            ),
        )
        indexes = (
            models.Index(fields=("unit_id", "subject"), name="platform_access_by_unit"),
            models.Index(fields=("party_id", "subject"), name="platform_access_by_party"),
        )


class AccessNote(models.Model):
    """The trace that reading a person's data leaves."""

    note_id = models.BigIntegerField(primary_key=True)
    subject = models.BigIntegerField()
    actor_kind = models.TextField()
    account_id = models.BigIntegerField()
    purpose = models.TextField()
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "platform_accessnote"


class Attempt(models.Model):
    """Failures of one kind by one client or at one code, in the window from `since` to `until` (real time)."""

    pk = models.CompositePrimaryKey("scope", "who")
    scope = models.TextField()
    who = models.BinaryField()
    failures = models.IntegerField()
    since = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("until",), name="platform_attempt_until"),)
