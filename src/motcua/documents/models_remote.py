"""Remote signing services, and signatures that are under way at one of them."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from motcua.documents.csc import Bearer
from motcua.documents.rules import SignatureField


class SigningService(models.Model):
    """
    A service that keeps keys and signs with them when their holder confirms; used from `valid_from` to `valid_to`.

    Addresses are those of `csc.Line`, `sign_in` empty where it is the same. The client's secret is no data: the
    environment holds it under `code` (MOTCUA_SIGNING_SECRETS).
    """

    code = models.CharField(max_length=31, unique=True)
    name = models.CharField(max_length=200)
    address = models.CharField(max_length=300)
    sign_in = models.CharField(max_length=300, blank=True)
    client_id = models.CharField(max_length=200)
    bearer = models.CharField(max_length=10, choices=[(b.value, b.value) for b in Bearer])
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=models.F("valid_from")),
                name="documents_service_period",
            ),
        )


class RemoteSession(models.Model):
    """
    A signature that somebody was sent to a service for: once used or expired it is worth nothing, and goes.

    `base_file` is the version that is signed, `page` the page that takes the signed one in. `added`, `attributes`,
    `digest`, `start` and `end` are those of `interrupted.Halfway`; `state` and `verifier` those of OAuth. Real time.
    """

    state = models.CharField(max_length=64, unique=True)
    verifier = models.CharField(max_length=128)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    document = models.ForeignKey("documents.Document", on_delete=models.CASCADE, related_name="+")
    field = models.CharField(max_length=10, choices=[(f.value, f.value) for f in SignatureField])
    base_file = models.ForeignKey("documents.File", on_delete=models.CASCADE, related_name="+")
    certificate = models.ForeignKey(
        "documents.SigningCertificate", on_delete=models.CASCADE, related_name="+"
    )
    page = models.CharField(max_length=300)
    added = models.BinaryField()
    attributes = models.BinaryField()
    digest = models.BinaryField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)
