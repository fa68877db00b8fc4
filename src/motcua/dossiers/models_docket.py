"""Lists by which papers of dossiers go from hand to hand, and the forwards on paper that wait for one."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from motcua.dossiers.docketing import DocketKind, DocketState


class Docket(models.Model):
    """
    A list of dossiers whose papers were handed over. `subject` is its number in the ledger; the paper hangs on it.

    `to_unit` where the receiver works in the system; else `to_name` says who (post office, other agency). `receiver` is
    the officer of that unit who found everything there, and may sign for it.
    """

    subject = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=10)
    state = models.CharField(max_length=10)
    number = models.CharField(max_length=60)
    document_id = models.BigIntegerField()
    from_unit = models.ForeignKey("organisation.Unit", models.PROTECT, related_name="+", db_index=False)
    to_unit = models.ForeignKey(
        "organisation.Unit", models.PROTECT, null=True, related_name="+", db_index=False
    )
    to_name = models.CharField(max_length=300)
    giver = models.ForeignKey("organisation.Staff", models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField()
    remark = models.CharField(max_length=300, blank=True, default="")
    receiver_name = models.CharField(max_length=200, blank=True, default="")
    receiver = models.ForeignKey(
        "organisation.Staff", models.PROTECT, null=True, related_name="+", db_index=False
    )
    closed_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True, default="")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=[str(state) for state in DocketState]), name="docket_state"
            ),
            models.CheckConstraint(
                condition=Q(kind=str(DocketKind.UNIT), to_unit__isnull=False)
                | Q(kind__in=[str(DocketKind.POST), str(DocketKind.OUTSIDE)], to_unit__isnull=True),
                name="docket_receiver",
            ),
            models.CheckConstraint(
                condition=Q(state=str(DocketState.SENT), closed_at__isnull=True)
                | (~Q(state=str(DocketState.SENT)) & Q(closed_at__isnull=False)),
                name="docket_closed",
            ),
        )
        indexes = (
            models.Index(fields=("from_unit", "-subject"), name="docket_from"),
            models.Index(fields=("to_unit", "-subject"), name="docket_to"),
        )


class DocketItem(models.Model):
    """A dossier on a list; `got` is what the receiver said, `papers` how many sheets or files went along."""

    docket = models.ForeignKey(Docket, models.PROTECT, related_name="items")
    no = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=60)
    owner_name = models.CharField(max_length=300)
    procedure_name = models.CharField(max_length=1000)
    papers = models.PositiveSmallIntegerField()
    pending = models.BooleanField(default=True)
    got = models.BooleanField(null=True)
    remark = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("docket", "no"), name="docketitem_no_once"),
            models.UniqueConstraint(
                fields=("code",), condition=Q(pending=True), name="docketitem_one_pending"
            ),
        )
        indexes = (models.Index(fields=("code",), name="docketitem_code"),)


class PaperTrip(models.Model):
    """A forward whose papers went along by hand (R-058); without a `docket` it waits for its list."""

    subject = models.BigIntegerField()
    code = models.CharField(max_length=60)
    from_unit = models.ForeignKey("organisation.Unit", models.PROTECT, related_name="+", db_index=False)
    to_unit = models.ForeignKey("organisation.Unit", models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    docket = models.ForeignKey(Docket, models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = (
            models.Index(
                fields=("from_unit", "to_unit", "id"),
                condition=Q(docket__isnull=True),
                name="papertrip_waiting",
            ),
        )
