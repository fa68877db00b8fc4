"""A signed version of an issued paper comes in: checked, kept beside the unsigned one, shown in its place (R-059)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from motcua.documents import operations as documents
from motcua.documents import queries as papers
from motcua.documents.models import Signature
from motcua.documents.operations import Prepared
from motcua.documents.queries import DocumentRow
from motcua.dossiers import definitions, events, homes
from motcua.dossiers.definitions import Bundle
from motcua.dossiers.homes import Home
from motcua.dossiers.models import Dossier
from motcua.dossiers.operations.common import Done, begin, finish, once, told
from motcua.dossiers.rules import Act
from motcua.dossiers.signatures import ToSign
from motcua.kernel.actor import SYSTEM, Actor, DutyRef
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import DomainError, NotFound
from motcua.organisation import queries as organisation
from motcua.platform import idempotency, ledger
from motcua.platform.ledger import Facts

Made = Prepared | DomainError


def sign_paper(
    *,
    document_id: int,
    data: bytes,
    actor: Actor,
    key: str,
    at: datetime,
    real_at: datetime,
    code: str = "",
    seen: int | None = None,
) -> Done:
    """
    Take in an issued paper with one digital signature more, as the person or the keeper of the seal who signed it.

    `code` names the dossier of the paper; a paper that belongs to none is found by itself (`homes`), and the answer
    has its number for a code. The file is checked before the transaction (`documents.prepare_signature`); `real_at` is
    the real moment, by which certificates count.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow:
    :raises NotFound: the dossier has no such paper, or it is not for this actor.
    :raises SignatureRefused: the file, the signature or the certificate does not pass; it says why.
    :raises UploadRefused: what came is no PDF that can be taken.
    :raises NoDuty: the field is somebody else's to sign.
    """
    body = {"document": document_id, "sha256": hashlib.sha256(data).hexdigest()}
    found = None if code else homes.of(actor, document_id)
    made: Made
    try:
        made = documents.prepare_signature(
            actor=actor if found is None else SYSTEM,
            document_id=document_id,
            data=data,
            at=at,
            real_at=real_at,
        )
    except DomainError as refusal:  # said below, unless the same request was done before
        made = refusal
    if found is not None:
        return _of_a_matter(*found, body=body, made=made, actor=actor, key=key, at=at)
    return _of_dossier(code=code, body=body, made=made, actor=actor, key=key, at=at, seen=seen)


@once
def _of_dossier(
    *, code: str, body: Mapping[str, Any], made: Made, actor: Actor, key: str, at: datetime, seen: int | None
) -> Done:
    work = begin(act=Act.SIGN_PAPER, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    row = papers.document(actor, body["document"])
    if row.subject != work.dossier.subject or row.copy_no > 1:
        raise NotFound
    waits = to_sign(actor, work.dossier, row)
    duty, signature, held = _put(made, actor, waits, at, work.bundle)
    field, complete = signature.field, signature.complete
    return finish(
        work,
        Act.SIGN_PAPER,
        duty=duty,
        unit_id=row.unit_id,
        payload=_payload(row, signature, held),
        personal={"signer": signature.signer},
        event=told(work, events.PaperSigned, document_id=row.id, field=field, complete=complete),
    )


def _of_a_matter(
    row: DocumentRow, home: Home, *, body: Mapping[str, Any], made: Made, actor: Actor, key: str, at: datetime
) -> Done:
    """Do the same with a paper that belongs to no dossier; the chain of its matter is locked by the ledger."""
    operation, again = f"dossiers.{Act.SIGN_PAPER}", False
    try:
        with transaction.atomic(durable=True):
            idempotency.take(actor, key, operation, body, at=at, subject=home.subject)
            duty, signature, held = _put(made, actor, home.to_sign(row), at)
            ledger.append_unheaded(
                home.subject,
                act=Act.SIGN_PAPER.value,
                actor=actor,
                duty=duty,
                at=at,
                facts=Facts(agency_id=organisation.root_of(row.unit_id).agency_id, unit_id=row.unit_id),
                payload=_payload(row, signature, held),
                personal={"signer": signature.signer},
                event=events.MatterPaperSigned(
                    number=home.subject, at=at, document_id=row.id, kind=row.kind.value, unit=row.unit_id,
                    field=signature.field, complete=signature.complete,
                ),
            )  # fmt: skip
    except idempotency.AlreadyDone:
        again = True
    return Done(home.subject, row.number, "", 0, None, again=again)


def _put(
    made: Made, actor: Actor, waits: ToSign, at: datetime, bundle: Bundle | None = None
) -> tuple[DutyRef, Signature, Prepared]:
    """Put the signature on under the duty that may, inside the act; say now what was refused before it."""
    if isinstance(made, DomainError):
        raise made
    signing = definitions.signing(at.astimezone(LOCAL).date(), bundle)
    duty = waits.duty(actor, made.checked.field, signing)
    return duty, documents.sign(actor=actor, prepared=made, at=at), made


def _payload(row: DocumentRow, signature: Signature, held: Prepared) -> dict[str, Any]:
    return {
        "document": row.id,
        "kind": row.kind.value,
        "form": row.number,
        "field": str(signature.field),
        "file": held.sha256,
        "certificate": held.checked.certificate.sha256,
        "complete": signature.complete,
    }


def to_sign(actor: Actor, dossier: Dossier, row: DocumentRow) -> ToSign:
    """Return a paper of the dossier as it waits for signatures."""
    return ToSign(
        papers.signatory(actor, row.id),
        organisation.root_of(row.unit_id).agency_id,
        dossier.agency_id,
        dossier.field_code,
    )
