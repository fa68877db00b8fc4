"""What applicants are told when an agency gives way to another, and when the calendar moves their date."""

from __future__ import annotations

from datetime import date

import pytest

from motcua.dossiers import events, operations
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.campaigns import DAY, DECISION, JULY, JUNE
from motcua.dossiers.tests.factories import RECOGNITION, Case, citizen, unit
from motcua.kernel.actor import SYSTEM
from motcua.notifications.models import Message
from motcua.organisation import queries as organisation
from motcua.platform import outbox
from motcua.territory import operations as territory
from motcua.territory import queries as calendars
from motcua.territory.queries import NewDay
from motcua.territory.rules import DayKind, LayerKind

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]


def told(case: Case) -> list[str]:
    """Hand the newest event over as the dispatcher does; return what the portal then says of it."""
    row = traces.events(case.subject)[-1]
    message = outbox.Message(
        row.event_id, row.message_id, row.topic, row.subject, row.seq, row.payload, row.created_at
    )
    outbox.CONSUMERS["notifications"].handle(message)
    found = Message.objects.filter(subject=case.subject, topic=row.topic, channel="portal")
    return list(found.values_list("text", flat=True))


def test_who_goes_on_with_it_is_named() -> None:
    case = Case.filed(RECOGNITION, JUNE, actor=citizen())
    case.act(operations.transfer, actor=SYSTEM, at=JULY, on=DAY, **DECISION)
    (body,) = told(case)
    assert organisation.full_name(unit("HP.10714.MC")) in body or unit("HP.10714.MC").name in body
    assert "không phải làm lại thủ tục" in body


def test_a_moved_due_date_is_told_and_an_inner_limit_is_not() -> None:
    accepted, submitted = (Case.filed(RECOGNITION, actor=citizen()) for _ in range(2))
    accepted.accept()
    layer = next(row.code for row in calendars.layers() if row.kind == LayerKind.PROVINCE)
    territory.enter_days([NewDay(layer, date(2023, 10, 3), DayKind.CLOSURE, "Nghỉ bão")], note="12/QĐ-UBND")
    calendars.forget_calendars()
    try:
        for case in (accepted, submitted):
            case.act(operations.recompute_due, actor=SYSTEM, title="Nghỉ bão", **DECISION)
    finally:
        calendars.forget_calendars()
    (body,) = told(accepted)
    assert "06/10/2023" in body
    assert traces.events(submitted.subject)[-1].topic == events.DueRecomputed.NAME
    assert told(submitted) == []
