"""Lists by due moment: every dossier of the actor's units once, in order, page after page."""

from __future__ import annotations

from datetime import datetime

import pytest

from motcua.dossiers import operations, queries
from motcua.dossiers.models import Dossier, OwnerName
from motcua.dossiers.queries import Filters
from motcua.dossiers.tests.factories import AN_LUU, MONDAY, RECOGNITION, TAN_DAN, Case, counter, key, unit
from motcua.kernel.actor import Actor

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


def found(actor: Actor, words: str) -> list[str]:
    return [row.code for row in queries.search(actor, words)]


@pytest.mark.parametrize("few", [500, 0], ids=["name by name", "names too many to look up one by one"])
def test_part_of_a_name_finds_dossiers_of_ones_own_units(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "_FEW_NAMES", few)
    case, officer = Case.taken_in(RECOGNITION), counter(TAN_DAN)
    name = case.dossier.owner_name
    for part in (name, name.upper(), name[1:-1], name.split()[-1]):
        assert found(officer, part) == [case.code]
    assert found(officer, f"{name} Xyz") == found(officer, "%") == found(officer, "_") == []
    assert found(counter(AN_LUU), name.split()[-1]) == []


def test_a_corrected_name_is_found_by_its_parts_and_the_old_one_is_not() -> None:
    case, officer = Case.taken_in(RECOGNITION), counter(TAN_DAN)
    old = case.dossier.owner_name
    operations.correct_intake(
        code=case.code, actor=officer, key=key(), at=MONDAY, reason="Ghi sai họ tên",
        head={"owner_name": "Đoàn Thị Xuyến Chi"}, answers={},
    )  # fmt: skip
    assert found(officer, "xuyến ch") == [case.code]
    assert found(officer, old[1:]) == []


def test_a_name_many_bear_is_kept_once() -> None:
    first, second = Case.taken_in(RECOGNITION), Case.taken_in(RECOGNITION)
    assert first.dossier.owner_folded == second.dossier.owner_folded
    assert OwnerName.objects.filter(folded=first.dossier.owner_folded).count() == 1
    assert sorted(found(counter(TAN_DAN), first.dossier.owner_name[1:])) == sorted([first.code, second.code])
