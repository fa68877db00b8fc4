"""Files that come in: stored, joined, given to the subject of an act."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.conf import settings
from django.db import connection

from motcua.documents import joining, rules
from motcua.documents.models import File
from motcua.documents.rules import (
    FileKind,
    UploadLimits,
)
from motcua.kernel.actor import Actor
from motcua.kernel.errors import NotFound
from motcua.platform import access, blobs


def upload_limits() -> UploadLimits:
    """Return the installation's limits; a form field may hand narrower ones to `store_upload`."""
    usual = UploadLimits()
    return UploadLimits(max_bytes=getattr(settings, "UPLOAD_MAX_BYTES", usual.max_bytes))


def store_upload(
    *,
    actor: Actor,
    name: str,
    data: bytes,
    at: datetime,
    subject: int | None = None,
    kind: FileKind = FileKind.COMPONENT,
    limits: UploadLimits | None = None,
) -> File:
    """
    Check and keep a file handed in; without a subject it waits for `attach` (uploads to a draft).

    Two statements with a subject, one without. Call it outside an act: it flushes the file to the disk.

    :raises UploadRefused: the file cannot be taken; the message says why.
    :raises NotFound: the actor does not see the subject.
    """
    upload = rules.check_upload(name, data, limits or upload_limits())
    if subject is not None and not access.sees(actor, subject):
        raise NotFound(subject=subject)
    return File.objects.create(
        subject=subject,
        kind=kind,
        sha256=blobs.put(data),
        size=len(data),
        mime=upload.mime,
        name=upload.name,
        uploaded_by_id=actor.account_id or None,
        created_at=at,
    )


def attach(*, actor: Actor, file_ids: Collection[int], subject: int) -> None:
    """
    Give the actor's waiting uploads their subject (one statement, inside the act).

    :raises NotFound: one of them is not an upload of this actor, or belongs to another subject.
    """
    wanted = set(file_ids)
    if not wanted:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE documents_file SET subject = %s WHERE id = ANY(%s) AND uploaded_by_id = %s"
            " AND (subject IS NULL OR subject = %s)",
            [subject, sorted(wanted), actor.account_id, subject],
        )
        if cursor.rowcount != len(wanted):
            raise NotFound


def lend(*, file_id: int | None, subject: int, at: datetime) -> int | None:
    """
    Give a subject a file that another one has already: the same bytes, a row of its own (one statement).

    Runs inside the act of a room above, which has checked that this may be. None stays None.
    """
    if file_id is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO documents_file (subject, kind, sha256, size, mime, name, pages, created_at)"
            " SELECT %s, %s, sha256, size, mime, name, pages, %s FROM documents_file WHERE id = %s RETURNING id",
            [subject, FileKind.COMPONENT.value, at, file_id],
        )
        row = cursor.fetchone()
    if row is None:
        raise NotFound(file=file_id)
    return int(row[0])


def join_uploads(*, actor: Actor, file_ids: Sequence[int], name: str, at: datetime) -> File:
    """
    Make one PDF of several uploads of the actor, in order: front and back of a card, pages photographed singly.

    Call it outside an act. The parts stay; what a dossier keeps is the whole. A single one is returned as it is.

    :raises NotFound: one is not an upload of this actor that waits.
    :raises UploadRefused: too many, together too large, or one is digitally signed (joining would break it).
    """
    rows = _waiting(actor, file_ids)
    if len(file_ids) == 1:
        return rows[file_ids[0]]
    whole = joining.join(_parts(rows, file_ids), upload_limits())
    return store_upload(actor=actor, name=rules.clean_name(f"{name[:120]}.pdf"), data=whole, at=at)


def check_join(*, actor: Actor, file_ids: Sequence[int]) -> None:
    """
    Refuse now what could not be joined when the dossier is sent; a single file always can.

    :raises NotFound, UploadRefused: as `join_uploads`.
    """
    if len(file_ids) > 1:
        joining.join(_parts(_waiting(actor, file_ids), file_ids), upload_limits())


def _waiting(actor: Actor, file_ids: Sequence[int]) -> dict[int, File]:
    """Return uploads of the actor that belong to no subject yet. :raises NotFound: one is none of these."""
    rows = {
        row.pk: row
        for row in File.objects.filter(pk__in=file_ids, uploaded_by_id=actor.account_id, subject=None)
    }
    if not actor.account_id or not file_ids or set(rows) != set(file_ids):
        raise NotFound
    return rows


def _parts(rows: Mapping[int, File], file_ids: Sequence[int]) -> list[joining.Part]:
    return [
        joining.Part(rows[each].name, rows[each].mime, blobs.read(rows[each].sha256)) for each in file_ids
    ]
