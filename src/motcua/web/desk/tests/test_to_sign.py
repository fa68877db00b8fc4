"""The list of papers that wait for one's signature: whose they are, when they leave it, what it costs."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from motcua.dossiers import unsigned
from motcua.dossiers.rules import State
from motcua.dossiers.tests.factories import Case, at_state
from motcua.dossiers.tests.signers import Signers, clerk, newest, signatory
from motcua.platform import clock
from motcua.web.desk import tosign
from motcua.web.desk.tests.people import signed_in, text

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("province")]


def listed(case: Case, who: object) -> bool:
    """Tell whether the list of a person names the case."""
    page = text(signed_in(who).get(tosign.URL))  # type: ignore[arg-type]
    return case.code in page


def test_a_paper_waits_for_the_person_then_for_the_seal_then_for_nobody() -> None:
    case, signers = at_state(State.PROCESSED), Signers.trusted()
    document = newest(case)
    head, seal = signatory(case, document), clerk(case, document)
    with clock.at(case.at):
        assert listed(case, head)
        assert not listed(case, seal)
        assert 'href="/can-bo/cho-ky-so/"' in text(signed_in(head).get("/can-bo/"))
        assert unsigned.count(head, case.at) == 1
        signers.by_person(case, document)
        assert not listed(case, head)
        assert listed(case, seal)
        signers.by_agency(case, document)
        assert not listed(case, seal)
        page = text(signed_in(head).get(tosign.URL))
        assert "Không có văn bản nào chờ bạn ký số" in page


def test_what_was_handed_over_on_paper_waits_no_more() -> None:
    case = at_state(State.PROCESSED)
    head = signatory(case, newest(case))
    with clock.at(case.at):
        assert listed(case, head)
        case.hand_over()
        assert not listed(case, head)


def test_pages_and_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [at_state(State.PROCESSED) for _ in range(3)]
    head = signatory(cases[0], newest(cases[0]))
    monkeypatch.setattr(tosign, "PAGE", 2)
    with clock.at(cases[-1].at):
        browser = signed_in(head)
        browser.get(tosign.URL)
        with CaptureQueriesContext(connection) as made:
            page = text(browser.get(tosign.URL))
        assert (cases[0].code in page, cases[2].code in page) == (True, False)
        assert len(made) <= 4  # session, actor, papers, their dossiers
        (after,) = {part.split('"')[0] for part in page.split('href="/can-bo/cho-ky-so/?sau=')[1:]}
        page = text(browser.get(f"{tosign.URL}?sau={after}"))
        assert (cases[0].code in page, cases[2].code in page) == (False, True)
        assert "Về đầu danh sách" in page
