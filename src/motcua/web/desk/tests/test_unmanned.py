"""The alarm of work that nobody may do: on the desk and the work list, the list behind it, and gone again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from motcua.dossiers.operations import unmanned
from motcua.dossiers.tests.factories import MONDAY
from motcua.dossiers.tests.test_unheld import admin
from motcua.dossiers.tests.test_unmanned import TODAY, emptied, head, waiting
from motcua.edge import keys
from motcua.kernel.actor import Role
from motcua.organisation import operations as duties
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty
from motcua.platform import clock
from motcua.platform.models import LedgerEntry, OutboxEvent
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


def test_an_administrator_gives_the_role_to_somebody_of_the_agency() -> None:
    case = waiting()
    chief, client = head(case), signed_in(admin())
    emptied(case, TODAY - timedelta(days=1))
    unmanned.look(MONDAY)
    place = {"don-vi": str(case.task.unit_id), "vai": case.task.role, "linh-vuc": case.task.field}
    with clock.at(MONDAY):
        assert "Giao nhiệm vụ" in text(client.get(URL))
        page = text(client.get(f"{URL}giao/", place))
        assert chief.name in page
        assert signed_in(chief).get(f"{URL}giao/", place).status_code == 404, "heads ask the administrator"
        before = LedgerEntry.objects.count(), OutboxEvent.objects.count(), Duty.objects.count()
        form = {**place, "_key": keys.new()}
        assert client.post(f"{URL}giao/", form).status_code == 422
        stranger = admin().staff_id
        assert client.post(f"{URL}giao/", {**form, "nguoi": str(stranger)}).status_code == 404
        assert before == (LedgerEntry.objects.count(), OutboxEvent.objects.count(), Duty.objects.count())
        good = {**form, "nguoi": str(chief.staff_id)}
        assert client.post(f"{URL}giao/", good).status_code == 302
        duty = Duty.objects.latest("id")
        assert (duty.staff_id, duty.unit_id, duty.role, duty.valid_from) == (
            chief.staff_id, case.task.unit_id, case.task.role, TODAY,
        )  # fmt: skip
        entry = LedgerEntry.objects.latest("entry_id")
        assert (entry.act, entry.payload["duty"]) == ("duty_give", duty.pk)
        assert OutboxEvent.objects.filter(topic="organisation.duty_given.v1").count() == 1
        assert "chưa có người giữ vai" not in text(signed_in(chief).get("/can-bo/"))
        assert client.post(f"{URL}giao/", good).status_code == 302, "clicked twice, given once"
        assert Duty.objects.count() == before[2] + 1
