"""Reads of files and documents. Every one takes the actor and cannot return what they may not see."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import BooleanField, Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from motcua.documents import papers
from motcua.documents.models import Document, File, Signature, SigningCertificate, TrustAnchor
from motcua.documents.rules import (
    CHECKABLE,
    FOR_THE_PARTIES,
    SIGNATURE_FIELDS,
    DocumentKind,
    DocumentState,
    FileKind,
    SignatureField,
    Signed,
    check_value,
)
from motcua.documents.signing import Revocation
from motcua.kernel.actor import SYSTEM, Actor, ActorKind, Role
from motcua.kernel.errors import NotFound
from motcua.platform import access, blobs, reading


@dataclass(frozen=True, slots=True)
class FileRow:
    """A stored file; its bytes are the blob `sha256`, `size` of them."""

    id: int
    subject: int | None
    kind: FileKind
    name: str
    mime: str
    size: int
    sha256: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """
    An issued paper as lists show it. `created_at` is the act's time.

    `superseded`: a later paper replaces it. `file_id` is None until the paper is first opened.
    """

    id: int
    subject: int | None
    unit_id: int
    kind: DocumentKind
    number: str
    copy_no: int
    title: str
    state: DocumentState
    created_at: datetime
    file_id: int | None
    superseded: bool


def file(actor: Actor, file_id: int) -> FileRow:
    """
    Return one file: the actor's own upload, or of a subject they may see.

    :raises NotFound: it is not there, or not for this actor.
    """
    row = _visible_files(actor).filter(pk=file_id).first()
    if row is None:
        raise NotFound
    return _file_row(row)


def document(actor: Actor, document_id: int) -> DocumentRow:
    """
    Return one issued paper.

    :raises NotFound: it is not there, or not for this actor.
    """
    row = visible_documents(actor).filter(pk=document_id).first()
    if row is None:
        raise NotFound
    return document_row(row)


_PAPERS = (
    "SELECT d.id, d.subject, d.unit_id, d.kind, d.number, d.copy_no, d.title, d.state, d.created_at, d.file_id,"  # noqa: S608  (texts of ours; values are parameters)
    " EXISTS (SELECT 1 FROM documents_document newer WHERE newer.replaces_id = d.id), false"
    " FROM documents_document d WHERE d.subject = %s AND (%s::text[] IS NULL OR d.kind = ANY(%s::text[])"
    f" AND NOT d.withheld) AND {access.visible('d.subject')}"
)
_FILES = (
    "SELECT f.id, f.subject, NULL, f.kind, f.name, NULL, f.mime, f.sha256, f.created_at, f.size, false, true"  # noqa: S608  (texts of ours; values are parameters)
    " FROM documents_file f WHERE f.subject = %s AND ((%s::text[] IS NULL OR f.kind = ANY(%s::text[])"
    " AND NOT EXISTS (SELECT 1 FROM documents_document held WHERE held.file_id = f.id AND held.withheld))"
    f" AND {access.visible('f.subject')} OR f.uploaded_by_id = %s)"
)
_PAPERS_FOR_THE_PARTIES = sorted(FOR_THE_PARTIES)
_FILES_FOR_THE_PARTIES = [str(FileKind.COMPONENT), str(FileKind.RESULT)]


def documents_of(actor: Actor, subject: int) -> list[DocumentRow]:
    """Return the papers of a subject in the order of issue; the people of it see only what is for them."""
    return _of_subject(f"{_PAPERS} ORDER BY 1", _visible(actor, subject, _PAPERS_FOR_THE_PARTIES))[0]


def everything_of(actor: Actor, subject: int) -> tuple[list[DocumentRow], list[FileRow]]:
    """
    Return the papers of a subject in the order of issue and its files in the order of storing (one statement).

    The people of it see only what is for them, and what they stored themselves.
    """
    papers = _visible(actor, subject, _PAPERS_FOR_THE_PARTIES)
    files = _visible(actor, subject, _FILES_FOR_THE_PARTIES)
    return _of_subject(f"{_PAPERS} UNION ALL {_FILES} ORDER BY 1", [*papers, *files, actor.account_id])


def _visible(actor: Actor, subject: int, for_the_parties: Sequence[str]) -> list[Any]:
    """Return the parameters of `_PAPERS`, and all but the last of `_FILES`."""
    kinds = None if actor.kind in (ActorKind.STAFF, ActorKind.SYSTEM) else for_the_parties
    return [subject, kinds, kinds, *access.parameters(actor)]


def _of_subject(sql: str, values: list[Any]) -> tuple[list[DocumentRow], list[FileRow]]:
    papers: list[DocumentRow] = []
    files: list[FileRow] = []
    with reading.prepared() as cursor:
        cursor.execute(sql, values)
        for row in cursor.fetchall():
            (
                number,
                subject,
                unit_id,
                kind,
                text,
                copy_no,
                title,
                state,
                created_at,
                other,
                superseded,
                is_file,
            ) = row
            if is_file:
                files.append(FileRow(number, subject, FileKind(kind), text, title, other, state, created_at))
            else:
                papers.append(
                    DocumentRow(
                        number, subject, unit_id, DocumentKind(kind), text, copy_no, title, DocumentState(state),
                        created_at, other, superseded,
                    )
                )  # fmt: skip
    return papers, files


def documents_of_unit(actor: Actor, unit_id: int, kind: DocumentKind, year: int) -> list[DocumentRow]:
    """Return the papers of one kind that a unit issued in a year (registers, end-of-day lists)."""
    rows = visible_documents(actor).filter(unit_id=unit_id, kind=kind, year=year, copy_no=1)
    return [document_row(row) for row in rows.order_by("created_at", "id")]


def visible_documents(actor: Actor) -> QuerySet[Document]:
    """Return the documents the actor may see, each with `superseded`, without the frozen content."""
    rows = Document.objects.annotate(
        superseded=RawSQL(
            "EXISTS (SELECT 1 FROM documents_document newer WHERE newer.replaces_id = documents_document.id)",
            (),
            output_field=BooleanField(),
        )
    ).defer("context", "frame")
    seen = Q(_sees(actor, "documents_document.subject"))
    if actor.kind is ActorKind.STAFF:
        own = Q(subject=None)
        if not actor.province_wide:
            own &= Q(unit_id__in=actor.unit_ids)
        return rows.filter(seen | own)
    if actor.kind is ActorKind.SYSTEM:
        return rows
    return rows.filter(seen, kind__in=FOR_THE_PARTIES, withheld=False)


def _visible_files(actor: Actor) -> QuerySet[File]:
    seen = Q(_sees(actor, "documents_file.subject"))
    if actor.kind is ActorKind.SYSTEM:
        return File.objects.all()
    if actor.kind is not ActorKind.STAFF:
        seen &= Q(kind__in=_FILES_FOR_THE_PARTIES)
        seen &= ~Q(Exists(Document.objects.filter(file=OuterRef("pk"), withheld=True)))
    if actor.account_id:
        seen |= Q(uploaded_by=actor.account_id)
    return File.objects.filter(seen)


def _sees(actor: Actor, column: str) -> RawSQL:
    parameters: Any = access.parameters(actor)
    return RawSQL(access.visible(column), parameters, output_field=BooleanField())  # noqa: S611 (a column of ours)


def _file_row(row: File) -> FileRow:
    return FileRow(
        row.pk, row.subject, FileKind(row.kind), row.name, row.mime, row.size, row.sha256, row.created_at
    )


def document_row(row: Any) -> DocumentRow:
    """Return the list row of a document read by `visible_documents`."""
    return DocumentRow(
        id=row.pk,
        subject=row.subject,
        unit_id=row.unit_id,
        kind=DocumentKind(row.kind),
        number=row.number,
        copy_no=row.copy_no,
        title=row.title,
        state=DocumentState(row.state),
        created_at=row.created_at,
        file_id=row.file_id,
        superseded=row.superseded,
    )


def latest(actor: Actor, subject: int, kind: DocumentKind, title: str = "") -> DocumentRow | None:
    """Return the last paper of a kind issued for a subject (no reprint), of one title where it is given, or None."""
    rows = visible_documents(actor).filter(subject=subject, kind=kind, copy_no=1)
    row = (rows.filter(title=title) if title else rows).order_by("-id").first()
    return document_row(row) if row is not None else None


def latest_content(actor: Actor, subject: int, kind: DocumentKind) -> tuple[DocumentRow, papers.Paper] | None:
    """Return the same paper with what it says, as it was frozen (one statement)."""
    rows = visible_documents(actor).defer(None).defer("frame")
    row = rows.filter(subject=subject, kind=kind, copy_no=1).order_by("-id").first()
    return (document_row(row), papers.from_json(kind, row.context)) if row is not None else None


def content(actor: Actor, document_id: int) -> papers.Paper:
    """
    Return what an issued paper says, as it was frozen.

    :raises NotFound: it is not there, or not for this actor.
    """
    row = visible_documents(actor).filter(pk=document_id).values_list("kind", "context").first()
    if row is None:
        raise NotFound
    return papers.from_json(DocumentKind(row[0]), row[1])


@dataclass(frozen=True, slots=True)
class Missing:
    """Numbers of a unit's yearly series that were given and stand on no document; `symbol` is what follows them."""

    unit_id: int
    series: str
    year: int
    numbers: tuple[int, ...]
    symbol: str


def missing_numbers(actor: Actor, year: int, newest: int) -> list[Missing]:
    """
    Return the numbers of a year that stand on no document, among the `newest` of each series (one statement).

    Looked up by the key of numbers, so the length of a series does not count. A series in which no document is numbered
    (the follow-up book, whose numbers dossiers carry) is none of these. Only who sees the whole province is answered.
    """
    if not access.sees_everything(actor):
        return []
    with connection.cursor() as cursor:
        cursor.execute(_MISSING, {"year": year, "newest": newest})
        return [
            Missing(unit, series, year, tuple(numbers), symbol) for unit, series, numbers, symbol in cursor
        ]


_MISSING = """
SELECT s.unit_id, s.series, array_agg(n.no ORDER BY n.no), split_part(last.number, '/', 2)
FROM documents_numberseries s
JOIN LATERAL (
  SELECT d.number FROM documents_document d
  WHERE d.unit_id = s.unit_id AND d.series = s.series AND d.year = s.year AND d.copy_no = 1 AND d.no IS NOT NULL
  ORDER BY d.no DESC LIMIT 1) last ON true
CROSS JOIN LATERAL generate_series(greatest(1, s.last - %(newest)s + 1), s.last) AS n(no)
WHERE s.year = %(year)s AND NOT EXISTS (
  SELECT 1 FROM documents_document d
  WHERE d.unit_id = s.unit_id AND d.series = s.series AND d.year = s.year AND d.no = n.no AND d.copy_no = 1)
GROUP BY s.unit_id, s.series, last.number ORDER BY s.unit_id, s.series
"""


def results_of(
    actor: Actor, unit_ids: Collection[int], since: datetime, until: datetime
) -> list[DocumentRow]:
    """Return the result documents of units made from `since` to before `until`, by the key of unit and kind."""
    rows = visible_documents(actor).filter(
        unit_id__in=sorted(unit_ids),
        kind=DocumentKind.RESULT,
        created_at__gte=since,
        created_at__lt=until,
        copy_no=1,
    )
    return [document_row(row) for row in rows.order_by("id")]


def numbers_known(actor: Actor, unit_ids: Collection[int], year: int, numbers: Collection[int]) -> list[str]:
    """Return the full numbers of the units' documents of a year that start with one of the numbers."""
    rows = visible_documents(actor).filter(
        unit_id__in=sorted(unit_ids), year=year, no__in=sorted(numbers), copy_no=1
    )
    return list(rows.values_list("number", flat=True))


# Signatures -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SignatureRow:
    """
    A digital signature on a paper. `signer` and `issuer` are names of the certificate.

    `at` is when it was signed: by a time-stamp authority where there is one, else by the signing computer, else when
    it came in; `certain` tells the first. `checked_at` (real time) is when every check was passed; `intact`: the stored
    file is byte for byte the one that was checked. `complete`: no field of the paper is empty any more.
    """

    document_id: int
    field: SignatureField
    signer: str
    issuer: str
    serial: str
    at: datetime
    certain: bool
    revocation: Revocation
    checked_at: datetime
    file_id: int
    base_file_id: int
    sha256: str
    intact: bool
    complete: bool
    staff_id: int

    @property
    def field_name(self) -> str:
        """Return what the field is called."""
        return SIGNATURE_FIELDS[self.field]

    @property
    def unrevoked(self) -> bool:
        """Tell whether the signature brought the answer along that its certificate was not revoked."""
        return self.revocation is Revocation.GOOD


def signatures(actor: Actor, document_id: int) -> list[SignatureRow]:
    """
    Return the signatures on a paper in the order of signing.

    :raises NotFound: it is not there, or not for this actor.
    """
    document(actor, document_id)
    return [_signature_row(row) for row in _signatures().filter(document=document_id)]


def signed_states(document_ids: Collection[int]) -> dict[int, Signed]:
    """
    Return how far each of the papers is signed digitally (one statement).

    The room above has read the papers for whoever may see them.
    """
    found = dict.fromkeys(document_ids, Signed.NOT)
    rows = Signature.objects.filter(document__in=sorted(found)).order_by("id")
    for document_id, complete in rows.values_list("document_id", "complete"):
        found[document_id] = Signed.WHOLLY if complete else Signed.PARTLY
    return found


def signed_as(column: str, how: Signed) -> Q:
    """Return the condition that the paper in a column of a room above is signed so far."""
    rows = Signature.objects.filter(document=OuterRef(column))
    some, all_ = Q(Exists(rows)), Q(Exists(rows.filter(complete=True)))
    return {Signed.NOT: ~some, Signed.PARTLY: some & ~all_, Signed.WHOLLY: all_}[how]


def check_url(document_id: int, kind: DocumentKind, digest: str) -> str:
    """Return where anybody who holds an issued paper checks it, empty for kinds that have no such address."""
    return f"{settings.BASE_URL}/kiem-tra/{document_id}/{check_value(digest)}/" if kind in CHECKABLE else ""


@dataclass(frozen=True, slots=True)
class CheckedPaper:
    """
    What an issued paper is, for whoever holds it: nothing of what it says.

    `newer` is the paper that takes its place, `check` the value that stands on it.
    """

    title: str
    number: str
    unit_id: int
    created_at: datetime
    check: str
    digest: str
    newer: DocumentRow | None
    signed: list[SignatureRow]


def checked(document_id: int, check: str) -> CheckedPaper:
    """
    Return what anybody is told who has a paper's number and check value in hand.

    :raises NotFound: there is no such paper, or the value is another one's.
    """
    row = visible_documents(SYSTEM).filter(pk=document_id, kind__in=CHECKABLE, withheld=False).first()
    if row is None or not secrets.compare_digest(
        check_value(row.digest).encode(), check.strip().lower().encode()
    ):
        raise NotFound
    newer = (
        visible_documents(SYSTEM).filter(replaces=row.copy_of_id or row.pk, copy_no=1).order_by("-id").first()
    )
    return CheckedPaper(
        row.title, row.number, row.unit_id, row.created_at, check_value(row.digest), row.digest,
        document_row(newer) if newer is not None else None,
        [_signature_row(one) for one in _signatures().filter(document=row.copy_of_id or row.pk)],
    )  # fmt: skip


def of_result(subject: int) -> list[SignatureRow]:
    """
    Return the signatures on the newest result of a subject, for whoever holds it and its check value.

    One statement; the room above has checked the value. They name whom the paper itself names.
    """
    last = (
        Document.objects.filter(
            subject=subject,
            kind__in=[DocumentKind.RESULT, DocumentKind.REFUSAL_DECISION],
            copy_no=1,
            withheld=False,
        )
        .order_by("-id")
        .values("pk")[:1]
    )
    return [_signature_row(row) for row in _signatures().filter(document__in=last)]


def awaits_signature(subject: int, kinds: Collection[str]) -> bool:
    """
    Tell whether the newest paper of these kinds of a subject has a signature field that is empty (one statement).

    For acts of the rooms above, under the lock of the subject; one that was not issued yet counts as well.
    """
    last = Document.objects.filter(subject=subject, kind__in=kinds, copy_no=1).order_by("-id")
    signed = Exists(Signature.objects.filter(document=OuterRef("pk"), complete=True))
    return last.annotate(signed=signed).values_list("signed", flat=True).first() is False


def _signatures() -> QuerySet[Signature]:
    return Signature.objects.select_related("certificate", "file").order_by("id")


def _signature_row(row: Signature) -> SignatureRow:
    return SignatureRow(
        document_id=row.document_id,
        field=SignatureField(row.field),
        signer=row.signer,
        issuer=row.certificate.issuer,
        serial=row.certificate.serial,
        at=row.stamped_at or row.claimed_at or row.created_at,
        certain=row.stamped_at is not None,
        revocation=Revocation(row.revocation),
        checked_at=row.checked_at,
        file_id=row.file_id,
        base_file_id=row.base_file_id,
        sha256=row.file.sha256,
        intact=_whole(row.file.sha256),
        complete=row.complete,
        staff_id=row.staff_id,
    )


def _whole(sha256: str) -> bool:
    try:
        blobs.read(sha256)
    except (blobs.BlobDamaged, NotFound):
        return False
    return True


def signatory(actor: Actor, document_id: int) -> int | None:
    """
    Return the member of staff who signs a paper; None for one the system made.

    :raises NotFound: it is not there, or not for this actor.
    """
    row = visible_documents(actor).filter(pk=document_id).values_list("signatory_id").first()
    if row is None:
        raise NotFound
    return row[0]


def trusted(on: date) -> list[bytes]:
    """Return the certificates (DER) of the authorities trusted on a day: what anybody's signature is checked by."""
    rows = TrustAnchor.objects.filter(Q(valid_to=None) | Q(valid_to__gte=on), valid_from__lte=on)
    return [bytes(der) for der in rows.order_by("id").values_list("der", flat=True)]


@dataclass(frozen=True, slots=True)
class AnchorRow:
    """A trusted authority: days it counts from and to, where its certificate was taken from."""

    id: int
    name: str
    sha256: str
    source: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """A certificate registered for a person (`staff_id`) or a unit (`unit_id`)."""

    id: int
    staff_id: int | None
    unit_id: int | None
    name: str
    issuer: str
    serial: str
    sha256: str
    valid_from: datetime
    valid_to: datetime
    withdrawn_at: datetime | None


def anchors(actor: Actor) -> list[AnchorRow]:
    """Return every authority ever trusted, for who runs the system; nothing for others."""
    if not keeps(actor):
        return []
    return [
        AnchorRow(row.pk, row.name, row.sha256, row.source, row.valid_from, row.valid_to)
        for row in TrustAnchor.objects.order_by("-valid_from", "name").defer("der")
    ]


def certificates(actor: Actor) -> list[CertificateRow]:
    """Return every certificate ever registered, those that count first, for who runs the system; nothing for others."""
    if not keeps(actor):
        return []
    rows = SigningCertificate.objects.defer("der").order_by("-withdrawn_at", "name", "id")
    return [_certificate_row(row) for row in rows]


def own_certificates(actor: Actor) -> list[CertificateRow]:
    """Return the certificates with which the actor signs."""
    rows = SigningCertificate.objects.filter(staff_id=actor.staff_id or 0, withdrawn_at=None).defer("der")
    return [_certificate_row(row) for row in rows.order_by("id")]


def registered(sha256: str) -> CertificateRow | None:
    """Return whose a certificate is by the SHA-256 of its DER bytes, if it is registered."""
    row = SigningCertificate.objects.filter(sha256=sha256, withdrawn_at=None).defer("der").first()
    return _certificate_row(row) if row is not None else None


def _certificate_row(row: SigningCertificate) -> CertificateRow:
    return CertificateRow(
        row.pk, row.staff_id, row.unit_id, row.name, row.issuer, row.serial, row.sha256, row.valid_from,
        row.valid_to, row.withdrawn_at,
    )  # fmt: skip


def keeps(actor: Actor) -> bool:
    """Tell whether the actor says whom signatures are trusted from: who runs the system."""
    return actor.kind is ActorKind.SYSTEM or actor.duty(Role.ADMIN) is not None
