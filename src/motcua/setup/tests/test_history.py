"""The demo's past is played by the real operations: nobody without a duty acts, and the fates come about."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import pytest

from motcua.dossiers.models import Component, Dossier
from motcua.forms import queries as forms
from motcua.kernel.calendar import LOCAL
from motcua.parties.models import Person
from motcua.platform.models import LedgerEntry
from motcua.setup import history

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]
UNTIL = datetime(2023, 10, 2, 8, 0, tzinfo=LOCAL)


def test_the_last_days_of_every_unit_are_played_without_a_refusal() -> None:
    taken = [unit[-12:] for unit in history.arrivals(UNTIL).values()]
    counts = history.play(taken, UNTIL)
    assert counts.pop(history.REFUSED) == 0
    assert sum(counts.values()) == sum(map(len, taken)) == Dossier.objects.count()
    assert {"returned", "in_process", "submitted"} <= set(counts)
    assert LedgerEntry.objects.filter(at__gt=UNTIL).count() == 0
    for dossier in Dossier.objects.all():
        assert LedgerEntry.objects.filter(subject=dossier.subject).count() == dossier.seq


def test_births_are_spread_over_parents_and_papers_have_files() -> None:
    history.settle()
    history._people.cache_clear()  # the residents are new to this process
    try:
        unit = max(history.arrivals(UNTIL).values(), key=len)[-120:]
        history.play([unit], UNTIL)
    finally:
        history._people.cache_clear()
    births = [
        row for row in Dossier.objects.all()
        if any(
            str(item.get("prefill", "")).startswith(history.OF_A_CHILD)
            for item in forms.form(row.procedure_version_id).definition["fields"]
        )
    ]  # fmt: skip
    assert len(births) > 10
    assert max(Counter(row.owner_id for row in births).values()) == 1
    assert max(Counter(Dossier.objects.values_list("owner_id", flat=True)).values()) <= 6
    online = Component.objects.filter(
        dossier__channel="online", state="handed_in", digitise=True, present_only=False
    ).exclude(file=None)
    assert online.exists()
    assert {row.file.mime for row in online.select_related("file") if row.file} == {"application/pdf"}


def test_the_residents_are_the_same_every_time() -> None:
    history.settle()
    before = list(Person.objects.filter(code__startswith="L").order_by("code").values())
    history.settle()
    assert before == list(Person.objects.filter(code__startswith="L").order_by("code").values())
    assert len({row["personal_id"] for row in before}) == len(before)


def test_the_same_history_comes_every_time() -> None:
    assert history.arrivals(UNTIL) == history.arrivals(UNTIL)


def test_codes_of_a_unit_run_in_the_order_of_filing() -> None:
    unit = max(history.arrivals(UNTIL).values(), key=len)[:25]
    history.play([unit], UNTIL)
    rows = Dossier.objects.order_by("filed_at", "subject").values_list("code", flat=True)
    by_day: dict[str, list[str]] = {}
    for code in rows:
        series, number = code.rsplit("-", 1)
        by_day.setdefault(series, []).append(number)
    for numbers in by_day.values():
        assert numbers == [f"{number:04d}" for number in range(1, len(numbers) + 1)]
