"""The alarm of work nobody may do, over the interface: the same places as on the page, to those it concerns."""

from __future__ import annotations

from datetime import timedelta

import pytest

from motcua.dossiers.operations import unmanned
from motcua.dossiers.tests.factories import MONDAY
from motcua.dossiers.tests.test_unheld import admin
from motcua.dossiers.tests.test_unmanned import TODAY, emptied, head, waiting
from motcua.organisation import queries as organisation
from tests.api.callers import Person, at

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db]


def test_heads_and_administrators_are_told_and_others_are_not() -> None:
    case = waiting()
    leader, place = head(case), organisation.unit(case.task.unit_id)
    with at(MONDAY):
        assert Person(leader).get("/unmanned") == (200, {"rows": []})
        emptied(case, TODAY - timedelta(days=1))
        unmanned.look(MONDAY)
        status, told = Person(leader).get("/unmanned")
        (row,) = [row for row in told["rows"] if row["unit"] == place.code]
        assert status == 200
        assert (row["unit_name"], row["role"], row["tasks"], row["led"]) == (
            place.name,
            case.task.role,
            1,
            True,
        )
        assert row["empty_from"] <= TODAY.isoformat()
        (row,) = [row for row in Person(admin()).get("/unmanned")[1]["rows"] if row["unit"] == place.code]
        assert row["led"] is False
        assert Person(case.counter()).get("/unmanned") == (200, {"rows": []})
        assert Person().get("/unmanned")[0] == 401
