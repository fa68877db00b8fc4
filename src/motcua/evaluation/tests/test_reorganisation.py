"""Figures over a reorganisation: at the old agency before the day, at the successor after it, each dossier once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from motcua.dossiers.tests.campaigns import DAY, JULY, run, several
from motcua.dossiers.tests.factories import TAN_DAN, unit
from motcua.evaluation import operations as figures
from motcua.evaluation import queries as figure_queries
from motcua.evaluation.models import Stock, Tally

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]


def test_figures_stand_at_the_old_agency_before_the_day_and_at_the_successor_after_it() -> None:
    cases = several()
    figures.catch_up()
    old_unit, new_unit = unit(TAN_DAN).id, unit("HP.10714.MC").id

    def stock() -> dict[int, int]:
        rows = Stock.objects.values_list("unit_id", "value")
        return {number: sum(v for u, v in rows if u == number) for number in {u for u, _ in rows}}

    def tallied(measure: str) -> dict[int, int]:
        rows = Tally.objects.filter(measure=measure).values_list("unit_id", "value")
        return {number: sum(v for u, v in rows if u == number) for number in {u for u, _ in rows}}

    received, standing = tallied("received"), stock()
    total = sum(standing.values())
    assert standing[old_unit] == 2
    run()
    figures.catch_up()
    assert figure_queries.differences() == []
    moved = stock()
    assert (moved.get(old_unit, 0), moved[new_unit], sum(moved.values())) == (0, 2, total)
    assert tallied("received") == received  # what was received stays where it was received
    assert sum(tallied("handed_on").values()) == sum(tallied("taken_over").values()) == total
    cases[0].at = JULY + timedelta(hours=2)
    cases[0].process()
    figures.catch_up()
    handled = {
        row.unit_id: row.value for row in Tally.objects.filter(measure__startswith="handled", day__gte=DAY)
    }
    assert handled == {new_unit: 1}
    assert Tally.objects.get(measure="results_ready", day__gte=DAY).agency_id == cases[0].dossier.agency_id
    assert figure_queries.differences() == []
    assert figures.rebuild().differing == 0
