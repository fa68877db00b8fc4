"""Signatures on papers, the certificates people and units sign with, the authorities that are trusted."""

from __future__ import annotations

from django.db import models

from motcua.documents.models_remote import SigningService
from motcua.documents.rules import SignatureField
from motcua.documents.signing import Revocation


class TrustAnchor(models.Model):
    """
    A certification authority whose certificates count from `valid_from` to `valid_to` (days, both included).

    `source` says where the certificate was taken from and by which decision it is trusted.
    """

    name = models.CharField(max_length=200)
    der = models.BinaryField()
    sha256 = models.CharField(max_length=64, unique=True)
    source = models.CharField(max_length=300)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=models.F("valid_from")),
                name="documents_anchor_period",
            ),
        )


class SigningCertificate(models.Model):
    """
    A certificate registered for a member of staff or for a unit (its digital seal); withdrawn, it stays.

    `service` keeps its key under `credential`; without one the key is on a token or a card of the signer's.
    """

    staff = models.ForeignKey("organisation.Staff", null=True, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey("organisation.Unit", null=True, on_delete=models.PROTECT, related_name="+")
    der = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    issuer = models.CharField(max_length=200)
    serial = models.CharField(max_length=64)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField()
    service = models.ForeignKey(SigningService, null=True, on_delete=models.PROTECT, related_name="+")
    credential = models.CharField(max_length=200, blank=True, default="", db_default="")
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(staff__isnull=True, unit__isnull=False)
                | models.Q(staff__isnull=False, unit__isnull=True),
                name="documents_certificate_of_one",
            ),
            models.UniqueConstraint(
                fields=("sha256",),
                condition=models.Q(withdrawn_at__isnull=True),
                name="documents_certificate_once",
            ),
            models.CheckConstraint(
                condition=models.Q(service__isnull=True, credential="")
                | (models.Q(service__isnull=False) & ~models.Q(credential="")),
                name="documents_certificate_credential",
            ),
        )


class Signature(models.Model):
    """
    A digital signature on an issued paper, as it was checked when it came in.

    `base_file` is the version that was signed, `file` the version with the signature: both are kept. `claimed_at` is
    the clock of the signing computer, `stamped_at` that of a time-stamp authority, `checked_at` when it was checked
    (real time), `created_at` the act's time. `complete`: no signature field of the paper is empty any more.
    """

    document = models.ForeignKey("documents.Document", on_delete=models.PROTECT, related_name="signatures")
    field = models.CharField(max_length=10, choices=[(f.value, f.value) for f in SignatureField])
    base_file = models.ForeignKey("documents.File", on_delete=models.PROTECT, related_name="+")
    file = models.OneToOneField("documents.File", on_delete=models.PROTECT, related_name="+")
    certificate = models.ForeignKey(SigningCertificate, on_delete=models.PROTECT, related_name="+")
    anchor_sha256 = models.CharField(max_length=64)
    signer = models.CharField(max_length=200)
    staff = models.ForeignKey("organisation.Staff", on_delete=models.PROTECT, related_name="+")
    claimed_at = models.DateTimeField(null=True)
    stamped_at = models.DateTimeField(null=True)
    revocation = models.CharField(max_length=12, choices=[(r.value, r.value) for r in Revocation])
    algorithm = models.CharField(max_length=60)
    complete = models.BooleanField()
    checked_at = models.DateTimeField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("document", "field"), name="documents_signature_field_once"),
        )
