"""Papers: frozen in the act of the room above, numbered, printed on first opening, printed again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import structlog
from django.db import connection, transaction
from django.db.models import Q

from motcua.catalogue import queries as catalogue
from motcua.documents import papers, press, queries, rules, wording
from motcua.documents.models import Document, File
from motcua.documents.rules import (
    DocumentKind,
    DocumentState,
    FileKind,
)
from motcua.kernel.actor import Actor
from motcua.platform import blobs, canonical

log = structlog.get_logger(__name__)


class FrozenChanged(Exception):
    """A frozen document no longer has the digest it was frozen with: tampering or a bug, never a refusal."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A paper ready to send: PDF bytes, the name to save it under, the document, the file that holds it."""

    pdf: bytes
    name: str
    document: queries.DocumentRow
    file_id: int


def freeze(
    *,
    subject: int | None,
    paper: papers.Paper,
    unit_id: int,
    at: datetime,
    series: str = "",
    symbol: str = "",
    number: str = "",
    title: str = "",
    replaces_id: int | None = None,
    withheld: bool = False,
    no: int | None = None,
    signatory_id: int | None = None,
) -> Document:
    """
    Freeze what a paper says, with its number; the PDF is made later by `printed`.

    Runs inside the act's transaction and takes no lock but the number's, so call it last: two statements
    (counter, insert), one without `series`; the template in force is kept in memory for a while. `series`
    and `symbol` number it in the unit's own yearly series ("TNHS": 07/TNHS); `number` is one given by
    another rule, `no` one that `next_numbers` gave for the series before. `at` is the act's time; its
    Vietnamese day decides year and template. `withheld`: not for the people of the subject before `issue`.
    `signatory_id` is the member of staff whose signature it carries.

    :raises NotFound: no template is in force on that day.
    """
    day = wording.local_day(at)
    found = catalogue.template(paper.KIND, day)
    frame = press.Frame.of(found)
    context = papers.to_json(paper)
    if no is None and series:
        no = next_number(unit_id, series, day.year)
    if no is not None:
        number = wording.document_number(no, symbol)
    row = Document(
        subject=subject,
        kind=paper.KIND,
        unit_id=unit_id,
        series=series,
        year=day.year,
        no=no,
        number=number,
        title=title or found.title,
        state=DocumentState.FROZEN,
        template=frame.reference,
        frame=asdict(frame),
        context=context,
        replaces_id=replaces_id,
        withheld=withheld,
        signatory_id=signatory_id,
        created_at=at,
    )
    row.digest = _digest(row)
    row.save(force_insert=True)
    return row


def issue(*, subject: int) -> None:
    """Let the people of the subject open the paper decided last (one statement); one overtaken by it stays withheld."""
    last = Document.objects.filter(subject=subject, withheld=True, copy_no=1).order_by("-id").values("id")[:1]
    Document.objects.filter(Q(pk__in=last) | Q(copy_of__in=last)).update(withheld=False)


def next_number(unit_id: int, series: str, year: int) -> int:
    """
    Return the next number of a unit's yearly series, from 1 (one statement, inside a transaction).

    The row stays locked until the transaction ends; a rollback gives the number back: no gap, no double.
    """
    return next_numbers(unit_id, [series], year)[series]


def next_numbers(unit_id: int, series: Sequence[str], year: int) -> dict[str, int]:
    """Return the next numbers of several of a unit's yearly series at once, as `next_number` (one statement)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO documents_numberseries AS series (unit_id, series, year, last)"
            " SELECT %s, wanted, %s, 1 FROM unnest(%s::text[]) wanted ORDER BY wanted"
            " ON CONFLICT (unit_id, series, year) DO UPDATE SET last = series.last + 1 RETURNING series, last",
            [unit_id, year, sorted(set(series))],
        )
        return {str(name): int(number) for name, number in cursor.fetchall()}


def printed(*, actor: Actor, document_id: int, at: datetime) -> Printed:
    """
    Return a paper as PDF, made and kept on first opening; the same bytes for everybody from then on.

    Never call it inside an act. Two who open it at once both render (the same bytes), one row is kept.

    :raises NotFound: it is not there, or not for this actor.
    :raises FrozenChanged: the frozen content was changed behind the system's back.
    """
    seen = queries.document(actor, document_id)
    if seen.file_id is not None:
        kept = File.objects.only("sha256", "name").get(pk=seen.file_id)
        return Printed(blobs.read(kept.sha256), kept.name, seen, seen.file_id)
    row = Document.objects.get(pk=document_id)
    if _digest(row) != row.digest:
        raise FrozenChanged(document_id)
    pdf = press.pdf(
        press.Frame(**row.frame),
        papers.from_json(DocumentKind(row.kind), row.context),
        number=row.number,
        copy_no=row.copy_no,
        check_url=queries.check_url(document_id, DocumentKind(row.kind), row.digest),
    )
    name = rules.clean_name(f"{row.title} {row.number}".replace("/", "-").strip() + ".pdf")
    sha256 = blobs.put(pdf)
    with transaction.atomic(durable=True):
        locked = Document.objects.select_for_update(no_key=True).only("file").get(pk=document_id)
        file_id = locked.file_id
        if file_id is None:
            file = File.objects.create(
                subject=row.subject,
                kind=FileKind.RESULT if row.kind == DocumentKind.RESULT else FileKind.RENDERING,
                sha256=sha256,
                size=len(pdf),
                mime="application/pdf",
                name=name,
                created_at=at,
            )
            Document.objects.filter(pk=document_id).update(file=file, state=DocumentState.RENDERED)
            log.info("document_rendered", document=document_id, bytes=len(pdf))
            file_id = file.pk
    return Printed(pdf, name, seen, file_id)


@transaction.atomic
def reprint(*, actor: Actor, document_id: int, at: datetime) -> Document:
    """
    Enter another copy of a paper: the same number and content, "Bản in lần n" on it.

    :raises NotFound: it is not there, or not for this actor.
    """
    queries.document(actor, document_id)
    row = Document.objects.get(pk=document_id)
    first = Document.objects.select_for_update(no_key=True).get(pk=row.copy_of_id or row.pk)
    copies = Document.objects.filter(copy_of=first).count()
    copy = Document(
        subject=first.subject,
        kind=first.kind,
        unit_id=first.unit_id,
        series=first.series,
        year=first.year,
        no=first.no,
        number=first.number,
        copy_no=copies + 2,
        title=first.title,
        state=DocumentState.FROZEN,
        template=first.template,
        frame=first.frame,
        context=first.context,
        copy_of=first,
        withheld=first.withheld,
        signatory_id=first.signatory_id,
        created_at=at,
    )
    copy.digest = _digest(copy)
    copy.save(force_insert=True)
    return copy


def _digest(row: Document) -> str:
    frozen = {
        "subject": row.subject,
        "kind": str(row.kind),
        "unit": row.unit_id,
        "number": row.number,
        "copy": row.copy_no,
        "frame": row.frame,
        "context": row.context,
    }
    return hashlib.sha256(canonical.dumps(frozen).encode()).hexdigest()
