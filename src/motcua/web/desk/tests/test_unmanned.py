"""The alarm of work that nobody may do: on the desk and the work list, the list behind it, and gone again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from motcua.dossiers.operations import unmanned
from motcua.dossiers.tests.factories import MONDAY
from motcua.dossiers.tests.test_unheld import admin
from motcua.dossiers.tests.test_unmanned import TODAY, emptied, head, waiting
from motcua.kernel.actor import Role
from motcua.organisation import operations as duties
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.web.desk.tests.people import signed_in, text

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db]
URL = "/can-bo/canh-bao/chua-co-nguoi/"


def test_the_head_sees_it_wherever_the_day_begins_and_finds_the_way_to_mend_it() -> None:
    case = waiting()
    leader, pool = signed_in(head(case)), case.task.unit_id
    with clock.at(MONDAY):
        assert "chưa có người giữ vai" not in text(leader.get("/can-bo/"))
        held = emptied(case, TODAY - timedelta(days=1))
        unmanned.look(MONDAY)
        for url in ("/can-bo/", "/can-bo/viec/"):
            assert "1 việc chưa có người giữ vai" in text(leader.get(url)), url
        page = text(leader.get(URL))
        assert organisation.unit(pool).name in page and "không có ai" in page
        assert f"/can-bo/don-vi/?don-vi={pool}" in page
        assert "Chưa có người giữ việc (1)" in text(leader.get("/can-bo/canh-bao/"))
        assert "giao nhiệm vụ này cho một người" in text(signed_in(admin()).get(URL))
        other = signed_in(case.counter())
        assert "Mọi việc đều có người giữ vai" in text(other.get(URL))
        assert "chưa có người giữ vai" not in text(other.get("/can-bo/"))
        duties.give_duty(
            actor=admin(),
            staff_id=held[0].staff_id,
            unit_id=pool,
            role=Role(case.task.role),
            valid_from=TODAY,
        )
        assert "chưa có người giữ vai" not in text(leader.get("/can-bo/"))
        assert "Mọi việc đều có người giữ vai" in text(leader.get(URL))


def test_what_is_foreseen_is_said_with_its_day() -> None:
    case = waiting()
    leader = signed_in(head(case))
    emptied(case, TODAY)
    unmanned.look(MONDAY)
    with clock.at(MONDAY):
        day = f"{TODAY + timedelta(days=1):%d/%m/%Y}"
        assert f"Từ ngày {day}, 1 việc không còn ai giữ vai" in text(leader.get("/can-bo/"))
        page = text(leader.get(URL))
        assert f"không còn ai từ {day}" in page and "/can-bo/uy-quyen/" in page
