"""Writes of files and documents. `freeze` and `attach` run inside the act's transaction of the room above."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from motcua.catalogue import queries as catalogue
from motcua.documents import events, joining, papers, press, queries, rules, signing, wording
from motcua.documents.models import Document, File, Signature, SigningCertificate, TrustAnchor
from motcua.documents.rules import DocumentKind, DocumentState, FileKind, SignatureField, UploadLimits
from motcua.documents.rules import UploadRefused as UploadRefused
from motcua.documents.signing import Checked
from motcua.documents.signing import SignatureRefused as SignatureRefused
from motcua.kernel.actor import Actor, ActorKind, Role
from motcua.kernel.errors import Forbidden, Invalid, NotFound
from motcua.platform import access, blobs, canonical, idempotency, ledger
from motcua.platform.ledger import Facts

log = structlog.get_logger(__name__)


class FrozenChanged(Exception):
    """A frozen document no longer has the digest it was frozen with: tampering or a bug, never a refusal."""


class NotTheKeeper(Forbidden):
    """Only who runs the system says which certificates count."""

    code = "not_the_keeper"
    message = "Việc này dành cho quản trị hệ thống."


@dataclass(frozen=True, slots=True)
class Printed:
    """A paper ready to send: PDF bytes, the name to save it under, the document."""

    pdf: bytes
    name: str
    document: queries.DocumentRow


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
    frame = press.Frame(
        code=found.code,
        regime=found.regime,
        form_no=found.form_no,
        title=found.title,
        path=found.path,
        legal_basis=found.legal_basis,
        source=found.source,
    )
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
        return Printed(blobs.read(kept.sha256), kept.name, seen)
    row = Document.objects.get(pk=document_id)
    if _digest(row) != row.digest:
        raise FrozenChanged(document_id)
    pdf = press.pdf(
        press.Frame(**row.frame),
        papers.from_json(DocumentKind(row.kind), row.context),
        number=row.number,
        copy_no=row.copy_no,
    )
    name = rules.clean_name(f"{row.title} {row.number}".replace("/", "-").strip() + ".pdf")
    sha256 = blobs.put(pdf)
    with transaction.atomic(durable=True):
        locked = Document.objects.select_for_update(no_key=True).only("file").get(pk=document_id)
        if locked.file_id is None:
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
    return Printed(pdf, name, seen)


@dataclass(frozen=True, slots=True)
class Prepared:
    """
    A signed version of a paper that passed every check and is kept, but belongs to nothing yet.

    `base_file_id` is the version it continues, `left` the signature fields that are still empty.
    """

    document_id: int
    base_file_id: int
    sha256: str
    size: int
    checked: Checked
    left: tuple[SignatureField, ...]
    checked_at: datetime


def prepare_signature(
    *, actor: Actor, document_id: int, data: bytes, at: datetime, real_at: datetime
) -> Prepared:
    """
    Check a signed version of a paper and keep its bytes; `sign` then makes it the paper's newest version.

    Call it outside of the act: about 0.1 to 0.3 s of CPU. `real_at` is the real moment, by which certificates and
    trust anchors count; `at` dates the unsigned version where it was never opened.

    :raises NotFound: the paper is not there, or not for this actor.
    :raises UploadRefused: what came is no PDF, or one with scripts, a password or attachments.
    :raises SignatureRefused: as `signing.check`.
    """
    rules.check_upload("van-ban.pdf", data, UploadLimits(accept=frozenset({"application/pdf"})))
    base = printed(actor=actor, document_id=document_id, at=at)
    base_file_id = queries.document(actor, document_id).file_id
    assert base_file_id is not None  # noqa: S101  (printed)
    checked = signing.check(base.pdf, data, queries.trusted(wording.local_day(real_at)), real_at)
    left, _ = signing.open_fields(data)
    return Prepared(document_id, base_file_id, blobs.put(data), len(data), checked, tuple(left), real_at)


def sign(*, actor: Actor, prepared: Prepared, certificate_id: int, at: datetime) -> Signature:
    """
    Make a checked signed version the newest of its paper; the version before stays, for the agency alone.

    Runs inside the act of a room above, which has checked that this person may sign: five statements.

    :raises SignatureRefused: another version came in meanwhile.
    """
    row = Document.objects.select_for_update(no_key=True).get(pk=prepared.document_id)
    if row.file_id != prepared.base_file_id or actor.staff_id is None:
        raise SignatureRefused(
            "overtaken", "Văn bản vừa có chữ ký khác. Tải lại bản mới nhất từ trang này rồi ký."
        )
    before = File.objects.get(pk=prepared.base_file_id)
    file = File.objects.create(
        subject=row.subject,
        kind=FileKind.RESULT if row.kind == DocumentKind.RESULT else FileKind.RENDERING,
        sha256=prepared.sha256,
        size=prepared.size,
        mime=before.mime,
        name=before.name,
        uploaded_by_id=actor.account_id or None,
        created_at=at,
    )
    File.objects.filter(pk=before.pk).update(kind=FileKind.INTERNAL)
    Document.objects.filter(pk=row.pk).update(file=file, state=DocumentState.SIGNED)
    held = prepared.checked
    return Signature.objects.create(
        document_id=row.pk,
        field=held.field,
        base_file_id=before.pk,
        file=file,
        certificate_id=certificate_id,
        anchor_sha256=held.anchor,
        signer=held.certificate.name,
        staff_id=actor.staff_id,
        claimed_at=held.claimed_at,
        stamped_at=held.stamped_at,
        revocation=held.revocation,
        algorithm=held.algorithm[:60],
        complete=not prepared.left,
        checked_at=prepared.checked_at,
        created_at=at,
    )


def enter_anchor(
    *, data: bytes, source: str, valid_from: date, valid_to: date | None, at: datetime
) -> TrustAnchor:
    """
    Enter a certification authority as data; one that is there already gets the new days and source.

    For loading; a person does it with `trust`.

    :raises SignatureRefused: it is no certificate, or one that issues none.
    """
    read = signing.certificate(data)
    if not read.issues:
        raise SignatureRefused(
            "certificate",
            "Chứng thư này không phải của tổ chức chứng thực (không được cấp chứng thư khác).",
        )
    row, _ = TrustAnchor.objects.update_or_create(
        sha256=read.sha256,
        defaults={
            "name": read.name, "der": read.der, "source": source.strip()[:300], "valid_from": valid_from,
            "valid_to": valid_to, "created_at": at,
        },
    )  # fmt: skip
    return row


def enter_certificate(
    *, data: bytes, staff_id: int | None, unit_id: int | None, at: datetime
) -> SigningCertificate:
    """
    Enter the certificate a member of staff, or a unit, signs with, as data; a person does it with `register`.

    :raises SignatureRefused: it is no certificate, one that issues others, or registered for somebody already.
    """
    read = signing.certificate(data)
    if read.issues:
        raise SignatureRefused(
            "certificate", "Đây là chứng thư của tổ chức chứng thực, không phải của người hay đơn vị."
        )
    if SigningCertificate.objects.filter(sha256=read.sha256, withdrawn_at=None).exists():
        raise SignatureRefused("certificate", f"Chứng thư của {read.name} đã được đăng ký.")
    return SigningCertificate.objects.create(
        staff_id=staff_id,
        unit_id=unit_id,
        der=read.der,
        sha256=read.sha256,
        name=read.name,
        issuer=read.issuer,
        serial=read.serial,
        valid_from=read.valid_from,
        valid_to=read.valid_to,
        created_at=at,
    )


def trust(
    *,
    data: bytes,
    source: str,
    valid_from: date | None,
    valid_to: date | None,
    actor: Actor,
    key: str,
    at: datetime,
) -> int:
    """
    Trust a certification authority between two days (both included), as who runs the system; return its number.

    The same certificate once more changes its days: that is how one ceases to be trusted.

    :raises NotTheKeeper: the actor does not run the system.
    :raises Invalid: a day or the source is missing, or the days are not in order.
    :raises SignatureRefused: it is no certificate of an authority.
    :raises Replayed, MissingKey:
    """
    body = {"sha256": hashlib.sha256(data).hexdigest(), "source": source, "from": valid_from, "to": valid_to}

    def write() -> dict[str, Any]:
        if valid_from is None or (valid_to is not None and valid_to < valid_from):
            raise Invalid(errors={"valid_from": "Ghi ngày bắt đầu tin cậy, không sau ngày kết thúc."})
        if not source.strip():
            raise Invalid(errors={"source": "Ghi nguồn lấy chứng thư và văn bản làm căn cứ."})
        row = enter_anchor(data=data, source=source, valid_from=valid_from, valid_to=valid_to, at=at)
        return {"anchor": row.sha256, "name": row.name, "from": valid_from, "to": valid_to}

    return _kept("trust_anchor", body, write, actor, key, at)


def register(
    *,
    data: bytes,
    staff_id: int | None,
    unit_id: int | None,
    actor: Actor,
    key: str,
    at: datetime,
) -> int:
    """
    Register a certificate for a person or a unit, as who runs the system; return the number of the act.

    :raises NotTheKeeper: the actor does not run the system.
    :raises Invalid: not exactly one of person and unit is named.
    :raises SignatureRefused: it is no certificate of a person or unit, or registered already.
    :raises Replayed, MissingKey:
    """
    body = {"sha256": hashlib.sha256(data).hexdigest(), "staff": staff_id, "unit": unit_id}

    def write() -> dict[str, Any]:
        if (staff_id is None) == (unit_id is None):
            raise Invalid(errors={"holder": "Chọn một cán bộ hoặc một đơn vị."})
        row = enter_certificate(data=data, staff_id=staff_id, unit_id=unit_id, at=at)
        return {"certificate": row.sha256, "staff": staff_id, "unit": unit_id}

    return _kept("register_certificate", body, write, actor, key, at)


def withdraw(*, certificate_id: int, actor: Actor, key: str, at: datetime) -> int:
    """
    Withdraw a registered certificate: nothing is signed with it from now on, what was signed stays.

    :raises NotTheKeeper: the actor does not run the system.
    :raises NotFound: it is not registered any more.
    :raises Replayed, MissingKey:
    """

    def write() -> dict[str, Any]:
        row = SigningCertificate.objects.select_for_update().filter(pk=certificate_id, withdrawn_at=None)
        held = row.first()
        if held is None:
            raise NotFound
        held.withdrawn_at = at
        held.save(update_fields=["withdrawn_at"])
        return {"certificate": held.sha256}

    return _kept("withdraw_certificate", {"certificate": certificate_id}, write, actor, key, at)


def _kept(
    act: str,
    body: Mapping[str, Any],
    write: Callable[[], dict[str, Any]],
    actor: Actor,
    key: str,
    at: datetime,
) -> int:
    """Do an act of who runs the system, with its ledger entry and event; return its number."""
    try:
        with transaction.atomic(durable=True):
            number = idempotency.take(actor, key, f"documents.{act}", body, at=at)
            duty = actor.duty(Role.ADMIN) if actor.kind is ActorKind.STAFF else None
            if duty is None:
                raise NotTheKeeper
            ledger.append_unheaded(
                number, act=act, actor=actor, duty=duty, at=at, facts=Facts.under(duty), payload=write(),
                event=events.TrustMoved(number=number, at=at, act=act),
            )  # fmt: skip
            return number
    except idempotency.AlreadyDone as done:
        return done.subject


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
