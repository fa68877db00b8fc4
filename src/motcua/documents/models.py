"""Files, frozen documents and the number series of units."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from motcua.documents.models_remote import RemoteSession as RemoteSession
from motcua.documents.models_remote import SigningService as SigningService
from motcua.documents.models_signing import Signature as Signature
from motcua.documents.models_signing import SigningCertificate as SigningCertificate
from motcua.documents.models_signing import TrustAnchor as TrustAnchor
from motcua.documents.rules import DocumentKind, DocumentState, FileKind


class File(models.Model):
    """One stored file. The bytes lie in the blob store under `sha256`; the row says whose they are."""

    subject = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=20, choices=[(k.value, k.value) for k in FileKind])
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    mime = models.CharField(max_length=60)
    name = models.CharField(max_length=150)
    pages = models.PositiveIntegerField(null=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(size__gt=0), name="documents_file_not_empty"),
            models.CheckConstraint(
                condition=models.Q(sha256__regex="^[0-9a-f]{64}$"), name="documents_file_sha256"
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=[k.value for k in FileKind]), name="documents_file_kind"
            ),
        )
        indexes = (models.Index(fields=("subject", "id"), name="documents_file_subject"),)


class NumberSeries(models.Model):
    """The last number of a unit in a series and year; it rolls back with its act, so there is no gap."""

    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="+")
    series = models.CharField(max_length=40)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("unit", "series", "year"), name="documents_numberseries_once"),
        )


class Document(models.Model):
    """
    A paper the system issues: frozen in its act (`context` holds everything it says), printed later.

    `frame` is the template row as it stood at that moment (path, title, form number, act), `digest` the
    SHA-256 of what is frozen, `created_at` the act's time. A reprint is a row of its own with the same
    number and the next `copy_no`; `replaces` points to the paper a corrected one takes the place of.
    `withheld`: decided but not issued yet; until then the people of the dossier cannot open it. `signatory` is the
    member of staff who signs it (None: made by the system); `file` its newest version, signed or not.
    """

    subject = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=30, choices=[(k.value, k.value) for k in DocumentKind])
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="+")
    series = models.CharField(max_length=40, blank=True)
    year = models.PositiveSmallIntegerField()
    no = models.PositiveIntegerField(null=True)
    number = models.CharField(max_length=60, blank=True)
    copy_no = models.PositiveSmallIntegerField(default=1)
    title = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in DocumentState])
    template = models.CharField(max_length=80)
    frame = models.JSONField()
    context = models.JSONField()
    digest = models.CharField(max_length=64)
    file = models.ForeignKey(File, null=True, on_delete=models.PROTECT, related_name="+")
    copy_of = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    replaces = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    withheld = models.BooleanField(default=False, db_default=False)
    signatory = models.ForeignKey(
        "organisation.Staff", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("unit", "series", "year", "no"),
                condition=models.Q(copy_no=1, no__isnull=False),
                name="documents_document_number_once",
            ),
            models.UniqueConstraint(fields=("copy_of", "copy_no"), name="documents_document_copy_once"),
            models.CheckConstraint(
                condition=models.Q(copy_no=1, copy_of__isnull=True)
                | models.Q(copy_no__gt=1, copy_of__isnull=False),
                name="documents_document_copy",
            ),
            models.CheckConstraint(
                condition=models.Q(state=DocumentState.FROZEN.value, file__isnull=True)
                | models.Q(
                    state__in=[DocumentState.RENDERED.value, DocumentState.SIGNED.value], file__isnull=False
                ),
                name="documents_document_file_when_rendered",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=[k.value for k in DocumentKind]), name="documents_document_kind"
            ),
        )
        indexes = (
            models.Index(fields=("subject", "id"), name="documents_document_subject"),
            models.Index(fields=("unit", "kind", "created_at"), name="documents_document_unit_kind"),
            models.Index(
                fields=("replaces",),
                condition=models.Q(replaces__isnull=False),
                name="documents_document_replaces",
            ),
        )
