"""Lists by due moment: every dossier of the actor's units once, in order, page after page."""

from __future__ import annotations

from datetime import datetime

import pytest

from motcua.dossiers import operations, queries
from motcua.dossiers.models import Dossier
from motcua.dossiers.queries import Filters
from motcua.dossiers.tests.factories import AN_LUU, MONDAY, RECOGNITION, TAN_DAN, Case, counter, key, unit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]


def test_by_due_gives_each_open_dossier_once_in_order_and_goes_on_after_a_page() -> None:
    officer = counter(TAN_DAN)
    cases = [Case.taken_in(RECOGNITION) for _ in range(7)]
    operations.withdraw(code=cases[3].code, actor=officer, key=key(), at=MONDAY, reason="Không còn nhu cầu")
    met: list[tuple[datetime | None, int]] = []
    after = None
    while page := queries.by_due(officer, Filters(), after=after, size=2):
        met += [(row.due_at, row.subject) for row in page[:2]]
        last = page[:2][-1]
        assert last.due_at is not None
        after = (last.due_at, last.subject)
    mine = Dossier.objects.filter(state="accepted", receiving_unit=unit(TAN_DAN).id)
    assert met == sorted(mine.values_list("due_at", "subject"))
    assert len(met) == 6
    stranger = counter(AN_LUU)
    assert queries.by_due(stranger, Filters()) == []
