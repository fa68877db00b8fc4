"""An officer who asks for a paper beside the record is told so on the form; the control office finds it listed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from motcua.dossiers.rules import State
from motcua.dossiers.tests.factories import MONDAY, at_state, counter
from motcua.kernel.actor import Role
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty
from motcua.platform import clock
from motcua.web.desk.tests.people import signed_in, text
from motcua.web.desk.tests.test_acts import do

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]
URL = "/can-bo/ngoai-danh-muc/"


def test_blocked_on_the_form_and_listed() -> None:
    case = at_state(State.SUBMITTED)
    officer = signed_in(counter())
    answer = do(officer, case, "yeu-cau-bo-sung", other1="Sổ hộ khẩu", reason="Cần sổ hộ khẩu của gia đình.")
    assert answer.status_code == 422
    page = text(answer)
    assert "ngoài thành phần hồ sơ đã công bố: Sổ hộ khẩu" in page and "Cần sổ hộ khẩu của gia đình." in page
    assert case.dossier.state == State.SUBMITTED and case.dossier.supplement_due_at is None
    kstt = Duty.objects.filter(role=Role.KSTT, scope="province")[0].staff.account_id
    client = signed_in(organisation.actor_of(kstt, MONDAY))
    with clock.at(case.at + timedelta(days=1)):
        listed = text(client.get(URL))
        assert "Sổ hộ khẩu" in listed and case.code in listed and "1 lần" in listed
        assert "Không ai yêu cầu" in text(client.get(f"{URL}?den=01/10/2023"))
        assert client.get(f"{URL}?sau=x").status_code == 422
        assert officer.get(URL).status_code == 404
