"""The page of pauses: totals apart, what is striking below, and who is shown it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from motcua.dossiers import operations
from motcua.dossiers.operations import pauses
from motcua.dossiers.rules import State
from motcua.dossiers.tests.factories import MONDAY, at_state
from motcua.kernel.actor import Role
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty
from motcua.platform import clock
from motcua.web.desk.tests.people import signed_in, text

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]
URL = "/can-bo/tam-dung/"


def test_striking_pauses_are_listed_with_their_reason_and_narrowed() -> None:
    case = at_state(State.IN_PROCESS)
    officer = case.doer()
    case.suspend(at=case.due - timedelta(hours=1))
    case.act(operations.resume, actor=officer, proof="Hệ thống hoạt động lại lúc 16 giờ 20.")
    pauses.look(case.subject, case.at)
    kstt = Duty.objects.filter(role=Role.KSTT, scope="province")[0].staff.account_id
    client = signed_in(organisation.actor_of(kstt, MONDAY))
    with clock.at(case.at + timedelta(days=1)):
        page = text(client.get(URL))
        for words in (case.code, "Tạm dừng sát giờ hẹn trả", "Dừng rồi tiếp tục", "Theo cơ quan và căn cứ"):
            assert words in page, words
        assert case.code in text(client.get(f"{URL}?loai=last_hours&ai={officer.staff_id}"))
        assert case.code not in text(client.get(f"{URL}?loai=long"))
        assert "Không có lần tạm dừng nào" in text(client.get(f"{URL}?den=02/10/2023"))
        assert client.get(f"{URL}?sau=x").status_code == 422
        assert client.get(f"{URL}?tu=31/12/9999&den=31/12/9999").status_code == 200
        assert case.code in text(signed_in(case.head()).get(URL))
        assert signed_in(officer).get(URL).status_code == 404
