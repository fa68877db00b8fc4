"""A request that the central system of a part declined without a message: noted by an officer with reason and paper."""

from __future__ import annotations

from datetime import datetime

from django.db.models import DateTimeField, Value
from django.db.models.functions import Coalesce

from motcua.documents import operations as documents
from motcua.dossiers import events, rules
from motcua.dossiers.models import PassedOn
from motcua.dossiers.operations import arming
from motcua.dossiers.operations.common import Done, begin, finish, once, told
from motcua.dossiers.operations.passing import counter_of
from motcua.dossiers.passing import PASS_NAMES, NoSuchRequest, PassKind
from motcua.dossiers.rules import Act
from motcua.kernel.actor import Actor
from motcua.kernel.errors import Invalid


@once
def system_refused(
    *,
    code: str,
    request: int,
    reason: str,
    paper: str,
    actor: Actor,
    key: str,
    at: datetime,
    file_id: int | None = None,
    seen: int | None = None,
) -> Done:
    """
    Note that a central system does not accept what it was asked (`request` is the number): why, and by which paper.

    As a counter that may pass requests on. The part stays as it is; the request is answered and may be made again.

    :raises DossierNotFound, Stale, Replayed, NoDuty, ReasonMissing:
    :raises NotAllowedNow: no central system decides this dossier, or it is void.
    :raises NoSuchRequest: there is none of this number, or it was answered.
    :raises Invalid: no paper. :raises NotFound: the file is not the actor's upload.
    """
    body = {"request": request, "reason": reason, "paper": paper, "file": file_id}
    work = begin(act=Act.SYSTEM_REFUSED, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    duty, words, named = counter_of(work), rules.reason(reason), " ".join(paper.split())
    if not 5 <= len(named) <= 200:
        raise Invalid(
            errors={"paper": "Ghi số, ngày, cơ quan gửi của văn bản hoặc tin trả lời (5 đến 200 ký tự)."}
        )
    subject = work.dossier.subject
    waiting = PassedOn.objects.filter(dossier_id=subject, no=request, settled_at__isnull=True)
    kind = waiting.values_list("kind", flat=True).first() if 0 < request < 2**15 else None
    if kind is None:
        raise NoSuchRequest
    if file_id is not None:
        documents.attach(actor=actor, file_ids=[file_id], subject=subject)
    now = Value(at, output_field=DateTimeField())
    waiting.update(
        settled_at=at, acknowledged_at=Coalesce("acknowledged_at", now), refusal=words, refusal_paper=named,
        refusal_file=file_id,
    )  # fmt: skip
    work.beside.append(arming.requests_stand(subject))
    return finish(
        work,
        Act.SYSTEM_REFUSED,
        duty=duty,
        payload={
            "system": work.dossier.mirrored,
            "request": request,
            "kind": kind,
            "paper": named,
            "file": file_id,
        },
        personal={"reason": words},
        event=told(work, events.SystemRefused, request=request, text=PASS_NAMES[PassKind(kind)].lower()),
    )
