"""The list of late dossiers and their explanations, and the forms by which they are written and answered."""

from __future__ import annotations

from datetime import timedelta

import pytest

from motcua.dossiers import operations
from motcua.dossiers.operations import explanation
from motcua.dossiers.rules import Act, State
from motcua.dossiers.tests.factories import AN_LUU, at_state, counter
from motcua.platform import clock
from motcua.web.desk.tests.people import signed_in, text
from motcua.web.desk.tests.test_acts import check, do

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]
URL = "/can-bo/giai-trinh/"
SAID = "Trong tuần có hai người nghỉ ốm."


def test_found_written_returned_and_accepted_on_pages() -> None:
    case = at_state(State.IN_PROCESS)
    officer, head = case.doer(), case.head()
    case.act(operations.assign, actor=officer, task_id=case.task.id)
    case.at = case.due + timedelta(days=4)
    explanation.find_late(case.at)
    mine, theirs, stranger = signed_in(officer), signed_in(head), signed_in(counter(AN_LUU))
    with clock.at(case.at):
        for client in (mine, theirs):
            page = text(client.get(URL))
            assert case.code in page and "Chưa giải trình" in page
        assert case.code in text(mine.get(f"{URL}?ai=toi"))
        assert case.code not in text(theirs.get(f"{URL}?ai=toi"))
        assert case.code not in text(stranger.get(URL)) and "Không có hồ sơ quá hạn" in text(
            stranger.get(URL)
        )
        assert mine.get(f"{URL}?sau=x").status_code == 422
        page = text(mine.get(f"/can-bo/ho-so/{case.code}/"))
        assert "Hồ sơ quá hạn" in page and "Giải trình hồ sơ quá hạn" in page
    answer = do(mine, case, "giai-trinh", cause="workload", reason="bận", remedy="")
    assert answer.status_code == 422
    answer = do(mine, case, "giai-trinh", cause="workload", reason=SAID, remedy="Bố trí người làm thay.")
    assert answer.status_code == 302, text(answer)
    check(case, Act.EXPLAIN, State.IN_PROCESS)
    with clock.at(case.at + timedelta(minutes=5)):
        assert SAID in text(theirs.get(f"{URL}?loai=cho"))
        assert mine.get(f"/can-bo/ho-so/{case.code}/nhan-giai-trinh/").status_code in (403, 409)
    answer = do(theirs, case, "tra-giai-trinh", reason="Nêu rõ ai nghỉ, từ ngày nào.")
    assert answer.status_code == 302, text(answer)
    with clock.at(case.at + timedelta(minutes=5)):
        page = text(mine.get(URL))
        assert "Phải giải trình lại" in page and "Nêu rõ ai nghỉ" in page
        assert SAID in text(mine.get(f"/can-bo/ho-so/{case.code}/giai-trinh/"))  # to be written better
    assert do(mine, case, "giai-trinh", cause="workload", reason=SAID, remedy="").status_code == 302
    assert do(theirs, case, "nhan-giai-trinh", note="").status_code == 302
    check(case, Act.ACCEPT_EXPLANATION, State.IN_PROCESS)
    with clock.at(case.at + timedelta(minutes=5)):
        assert case.code in text(theirs.get(f"{URL}?loai=xong"))
        assert case.code not in text(theirs.get(URL))
