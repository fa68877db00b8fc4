"""The demo's past is played by the real operations: nobody without a duty acts, and the fates come about."""

from __future__ import annotations

from datetime import datetime

import pytest

from motcua.dossiers.models import Dossier
from motcua.kernel.calendar import LOCAL
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
