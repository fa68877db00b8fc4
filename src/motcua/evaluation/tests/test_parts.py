"""A group counts once in the totals; its parts count with their agencies, and there it is seen who was late."""

from __future__ import annotations

from datetime import timedelta

import pytest

from motcua.dossiers.tests.factories import MONDAY, counter, holder
from motcua.dossiers.tests.test_parts import group, part, settle
from motcua.evaluation import operations, queries
from motcua.evaluation.queries import By
from motcua.kernel.actor import Role
from motcua.kernel.errors import NotFound
from motcua.organisation import queries as organisation

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]


def test_a_group_is_received_and_handled_once_and_its_parts_by_their_agencies() -> None:
    case = group()
    first = part(case, "khai_sinh")
    first.accept()
    assert first.dossier.due_at is not None
    first.at = first.dossier.due_at + timedelta(hours=1)
    first.process()
    settle()
    while operations.catch_up():
        pass
    assert not queries.differences()
    day = MONDAY.date()
    found = queries.figures_of(queries.Scope(province=True), day=day, at=first.at, by=By.UNIT)
    assert (found.total.received, found.total.open) == (1, 1)
    home = organisation.root_of_agency(first.dossier.agency_id)
    leader = holder(home.id, Role.AGENCY_HEAD)
    rows = queries.parts_by_agency(leader, first=day, last=day + timedelta(days=7), at=first.at)
    assert [(row.name, row.received, row.late) for row in rows] == [(home.name, 1, 1)]
    with pytest.raises(NotFound):
        queries.parts_by_agency(counter(), first=day, last=day, at=first.at)
