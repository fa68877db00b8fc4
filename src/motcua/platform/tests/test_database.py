from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from motcua.platform import roles


def _number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.django_db(transaction=True)
def test_tests_run_as_the_role_that_owns_nothing(
    as_owner: Callable[[], AbstractContextManager[None]],
) -> None:
    def who() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            return str(cursor.fetchone()[0])

    assert who() == roles.RUNTIME_ROLE
    with as_owner():
        assert who() != roles.RUNTIME_ROLE
    assert who() == roles.RUNTIME_ROLE


@pytest.mark.django_db(transaction=True)
def test_a_request_after_a_restart_of_the_server_connects_anew(
    as_owner: Callable[[], AbstractContextManager[None]],
) -> None:
    before = _number()
    assert connection.is_usable()
    killer = connection.copy()
    killer.settings_dict = dict(connection.settings_dict)
    with killer.cursor() as cursor:  # a role may end its own backends, as a restart would
        cursor.execute("SELECT pg_terminate_backend(%s, 2000)", [before])
    killer.close()
    assert not connection.is_usable()
    connection.health_check_done = False  # type: ignore[attr-defined]
    connection.close_if_health_check_failed()
    assert _number() != before


@pytest.mark.django_db(transaction=True)
def test_the_check_of_a_healthy_connection_sends_no_statement() -> None:
    _number()
    with CaptureQueriesContext(connection) as seen:
        assert connection.is_usable()
    assert len(seen) == 0


@pytest.mark.django_db(transaction=True)
def test_an_ended_connection_fails_within_a_request() -> None:
    before = _number()
    with pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [before])
        cursor.execute("SELECT 1")
    connection.close()
