"""Scans of papers that were handed in at the counter, added after acceptance (R-050)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from motcua.documents import operations as documents
from motcua.dossiers import events
from motcua.dossiers.models import Component
from motcua.dossiers.operations.common import Done, begin, finish, once, told
from motcua.dossiers.operations.receipt import reception_duty
from motcua.dossiers.rules import Act, ComponentState
from motcua.kernel.actor import Actor
from motcua.kernel.errors import Invalid


@once
def digitise(
    *,
    code: str,
    actor: Actor,
    key: str,
    at: datetime,
    files: Mapping[str, int],
    seen: int | None = None,
) -> Done:
    """
    Add the scans of papers handed in; state and clocks stay as they are.

    `files` maps paper type codes to uploads of the actor. A scan may be replaced by a better one.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty:
    :raises Invalid: no scan, or one of a paper that was not handed in.
    :raises NotFound: an upload is not the actor's, or belongs to another dossier.
    """
    work = begin(
        act=Act.DIGITISE, code=code, actor=actor, key=key, at=at, seen=seen, body={"files": dict(files)}
    )
    duty = reception_duty(work)
    if not files:
        raise Invalid(errors={"files": "Chọn ít nhất một tệp quét."})
    rows = {
        row.paper: row
        for row in Component.objects.filter(
            dossier_id=work.dossier.subject, paper__in=list(files), state=ComponentState.HANDED_IN
        )
    }
    unknown = sorted(set(files) - set(rows))
    if unknown:
        raise Invalid(errors={"files": f"Hồ sơ này không nhận bản giấy của: {', '.join(unknown)}."})
    documents.attach(actor=actor, file_ids=list(files.values()), subject=work.dossier.subject)
    before = {paper: row.file_id for paper, row in rows.items() if row.file_id is not None}
    for paper, row in rows.items():
        row.file_id = files[paper]
    Component.objects.bulk_update(rows.values(), ["file"])
    return finish(
        work,
        Act.DIGITISE,
        duty=duty,
        payload={"papers": dict(sorted(files.items())), "replaced": before},
        event=told(work, events.Digitised),
    )
