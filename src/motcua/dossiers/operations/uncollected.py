"""Results nobody has come for: the owner is reminded, and after long the result goes to the archive."""

from __future__ import annotations

from datetime import datetime

from motcua.dossiers import events
from motcua.dossiers.correcting import ResultBeingCorrected
from motcua.dossiers.operations.common import Done, Work, begin, finish, once, settings, told
from motcua.dossiers.rules import Act
from motcua.dossiers.uncollecting import Waits
from motcua.kernel.actor import Actor, DutyRef, Role
from motcua.kernel.errors import Invalid


@once
def remind_collection(*, code: str, actor: Actor, key: str, at: datetime, seen: int | None = None) -> Done:
    """
    Remind the people of a dossier that its result waits, as the counter that received; not too often (dated data).

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, RemindedAlready, ResultBeingCorrected:
    """
    work = begin(act=Act.REMIND_COLLECTION, code=code, actor=actor, key=key, at=at, seen=seen, body={})
    duty, dossier = _of_counter(work), work.dossier
    if dossier.correcting:
        raise ResultBeingCorrected
    _waits(work).remind(dossier.reminded_at, at)
    dossier.reminded_at, dossier.reminders = at, dossier.reminders + 1
    return finish(
        work,
        Act.REMIND_COLLECTION,
        duty=duty,
        payload={"reminder": dossier.reminders},
        event=told(work, events.CollectionReminded),
    )


@once
def archive_result(
    *, code: str, place: str, actor: Actor, key: str, at: datetime, seen: int | None = None
) -> Done:
    """
    Put a result nobody came for into the archive after the days the settings give; it is still handed over on demand.

    `place` says where it lies. By post it goes with `return_result` instead.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, TooEarlyToArchive, AlreadyArchived:
    :raises Invalid: the place is not named.
    """
    body = {"place": place}
    work = begin(act=Act.ARCHIVE_RESULT, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    duty, dossier = _of_counter(work), work.dossier
    kept = place.strip()[:200]
    if not kept:
        raise Invalid(errors={"place": "Ghi nơi lưu kết quả, ví dụ: tủ lưu số 2, hộp 15."})
    assert dossier.processed_at is not None  # noqa: S101  (processed)
    _waits(work).archive(dossier.processed_at, dossier.archived_at, at)
    dossier.archived_at = at
    return finish(
        work,
        Act.ARCHIVE_RESULT,
        duty=duty,
        payload={"place": kept},
        event=told(work, events.ResultArchived),
    )


def _of_counter(work: Work) -> DutyRef | None:
    return work.duty(Role.ONE_STOP_OFFICER, Role.RETURN_OFFICER, unit_id=work.dossier.receiving_unit_id)


def _waits(work: Work) -> Waits:
    return Waits.from_json(settings(work)["uncollected"])
