from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django.fixtures import Settings

from motcua.kernel.calendar import LOCAL
from motcua.platform import clock

WHEN = datetime(2025, 7, 2, 8, 0, tzinfo=LOCAL)


def test_production_uses_the_real_clock() -> None:
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_held_moment_is_aware_and_given_back() -> None:
    with clock.at(WHEN):
        assert clock.now() == WHEN
        assert clock.today().isoformat() == "2025-07-02"
        assert abs(clock.real_now() - datetime.now(UTC)) < timedelta(seconds=5)
    assert clock.now() != WHEN
    with pytest.raises(ValueError, match="time zone"), clock.at(datetime(2025, 7, 2)):  # noqa: DTZ001
        pass


@pytest.mark.django_db
def test_demo_starts_where_the_data_stand_and_runs_on(settings: Settings) -> None:
    settings.DEMO = True
    clock.start_demo()
    first = clock.now()
    assert timedelta(0) <= first - clock.DEMO_START < timedelta(seconds=5)
    assert clock.now() > first
    clock.start_demo(WHEN)  # a second start changes nothing
    assert clock.now() - clock.DEMO_START < timedelta(seconds=5)


@pytest.mark.django_db
def test_demo_moves_forward_only(settings: Settings) -> None:
    settings.DEMO = True
    clock.move_demo(WHEN)
    assert timedelta(0) <= clock.now() - WHEN < timedelta(seconds=5)
    with pytest.raises(clock.Backwards):
        clock.move_demo(WHEN - timedelta(days=1))
    assert clock.now() >= WHEN
