"""
Messages about dossiers for the national portal's own interfaces: made ready to be told, and what came of it kept.

The message of the queue holds the step and its state; the record is made when it is told, as it was at that moment,
so that links are fresh and nothing personal waits in the log. Nothing here changes a dossier (facts 6.9).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from motcua.catalogue import queries as catalogue
from motcua.exchange import links, queries, records
from motcua.exchange.models import Counterpart, Message, Partner
from motcua.exchange.operations.queueing import queue
from motcua.exchange.portals import Names, Said, Telling, Terms, Upload
from motcua.exchange.rules import Kind
from motcua.exchange.wire import Generation
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import DomainError
from motcua.kernel.retry import Failure, NotSent
from motcua.platform import blobs

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ready:
    """A message with all that telling it takes: nothing of it asks the database."""

    terms: Terms
    telling: Telling
    said: Said


def prepared(message: Message, *, at: datetime, real_at: datetime) -> Ready | NotSent | None:
    """
    Return a message of the queue made ready for its partner's interface; None: it goes as our neutral message.

    What cannot be made ready (the dossier's data, a list without a number) is a failure people see.
    """
    if message.kind != Kind.STATE or message.subject is None:
        return None
    terms = queries.spoken(message.partner.code, at.astimezone(LOCAL).date())
    if terms is None:
        return None
    content = message.content
    try:
        if content["status"] is None:
            return NotSent(Failure.PERMANENT, f"Bảng trạng thái không có số cho “{content['state']}”.")
        row = counterpart(message.partner, message.subject, message.dossier_code, content["agency"])
        names = Names(row.remote_code, row.remote_id, dict(row.uploads))
        return Ready(terms, _telling(message, terms, names, real_at), Said())
    except DomainError as refusal:
        return NotSent(Failure.PERMANENT, refusal.message)
    except Exception:  # one dossier that cannot be read holds up itself, not the others
        log.exception("portal_message_not_made", message=message.pk)
        return NotSent(Failure.TRANSIENT, "Chưa dựng được tin từ hồ sơ; xem nhật ký của tiến trình gửi tin.")


def _telling(message: Message, terms: Terms, names: Names, real_at: datetime) -> Telling:
    content, subject = message.content, message.subject or 0

    def link(file_id: int) -> str:
        scope = links.Scope(message.partner_id, subject, file_id)
        return links.link(scope, days=terms.form.link_days, real_at=real_at)

    moment = datetime.fromisoformat(content["since"])
    record = records.record(
        message.dossier_code,
        status=content["status"],
        due_at=datetime.fromisoformat(content["due_at"]) if content["due_at"] else None,
        upto=moment,
        link=link,
    )
    numbers = catalogue.status_map(message.partner.statuses, moment.astimezone(LOCAL).date())
    steps = records.steps(subject, message.dossier_code, content["steps"], numbers)
    carries = terms.form.generation is Generation.G3
    files = [_upload(subject, one) for one in records.files_of(record)] if carries else []
    return Telling(message.dossier_code, record, steps, files, names)


def _upload(subject: int, file_id: int) -> Upload:
    row = records.file(subject, file_id)
    return Upload(row.id, row.name, row.mime, row.sha256, lambda: blobs.read(row.sha256))


def counterpart(partner: Partner, subject: int, code: str, agency: str) -> Counterpart:
    """Return the row for what a portal has of a dossier, made where there is none."""
    row, _ = Counterpart.objects.get_or_create(
        partner=partner, subject=subject, defaults={"dossier_code": code, "agency": agency}
    )
    return row


def keep(message: Message, ready: Ready, *, told: bool, at: datetime, real_at: datetime) -> None:
    """Keep what came of a telling: the portal's names even where it failed later; once told, when to look at it."""
    names = ready.telling.names
    changed: dict[str, Any] = {"remote_code": names.code, "remote_id": names.id, "uploads": names.uploads}
    if told:
        known = Counterpart.objects.filter(partner_id=message.partner_id, subject=message.subject or 0)
        before = known.values_list("steps", flat=True).first() or []
        steps = sorted({*before, *(step["id"] for step in ready.telling.steps)})
        changed |= {"told_at": real_at, "agency": message.content["agency"], "steps": steps}
        rules_of_day = queries.check_rules(at)
        if rules_of_day is not None:
            changed["check_at"] = real_at + rules_of_day.soon
    rows = Counterpart.objects.filter(partner_id=message.partner_id, subject=message.subject or 0)
    rows.update(**changed)


def queued(
    partner: Partner,
    payload: Mapping[str, Any],
    *,
    subject: int,
    seq: int,
    message_id: str,
    steps: list[int] | None,
    at: datetime,
    real_at: datetime,
) -> None:
    """Queue the state of a dossier with steps of its progress (None: all of them up to then)."""
    queue(
        partner, Kind.STATE, subject, payload["code"],
        {
            "message_id": message_id, "kind": Kind.STATE.value, "dossier": payload["code"],
            "state": payload["state"], "agency": payload["agency"], "status": payload["status"],
            "status_name": payload["status_name"], "since": at.isoformat(), "due_at": payload["due_at"],
            "seq": seq, "steps": steps,
        },
        at=at, real_at=real_at,
    )  # fmt: skip
