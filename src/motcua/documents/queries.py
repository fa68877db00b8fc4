"""Reads of files and documents. Every one takes the actor and cannot return what they may not see."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from motcua.documents.models import Document, File
from motcua.documents.rules import FOR_THE_PARTIES, DocumentKind, DocumentState, FileKind
from motcua.kernel.actor import Actor, ActorKind
from motcua.kernel.errors import NotFound
from motcua.platform import access, reading


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
