"""
How tests meet the database and the world.

The test database is made and migrated by the owner role; the tests then run as the run-time role, which owns
nothing: a missing grant or a forbidden UPDATE fails here and not in production. Connections that leave the
machine, warnings, naive datetimes and undefined template variables fail a test; the order is random.
"""

from __future__ import annotations

import importlib
import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.utils import CursorWrapper
    from pytest_django.plugin import DjangoDbBlocker

    from motcua.setup.private_instance import Instance

LOOPBACK = ("127.", "::1", "localhost")
pytest_plugins = ("tests.province",)


def pytest_configure(config: pytest.Config) -> None:
    """Refuse every connection that is neither a local socket nor loopback, for the whole run."""
    real_connect = socket.socket.connect
    real_connect_ex = socket.socket.connect_ex

    def check(address: Any) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith(LOOPBACK):
            raise RuntimeError(f"a test tried to reach {address[0]}: only loopback is allowed")

    def connect(self: socket.socket, address: Any) -> None:
        check(address)
        real_connect(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        check(address)
        return real_connect_ex(self, address)

    socket.socket.connect = connect  # type: ignore[method-assign,assignment]
    socket.socket.connect_ex = connect_ex  # type: ignore[method-assign,assignment]


@pytest.fixture(scope="session", autouse=True)
def _what_is_kept_stays_kept() -> None:
    """
    What a process keeps for some seconds stays kept: on a busy machine a test may take longer than that.

    Statements are counted in many tests; a look at whether the agency tree has changed would count among them.
    """
    for room, name in (
        ("territory", "CHECK_SECONDS"), ("organisation", "CHECK_SECONDS"), ("workflow", "CHECK_SECONDS"),
        ("catalogue", "BRIEFLY_SECONDS"), ("notifications", "KEPT_SECONDS"),
    ):  # fmt: skip
        module = importlib.import_module(f"motcua.{room}.queries")
        if not hasattr(module, name):
            pytest.exit(f"{room} keeps nothing for a while any more: take it from this list", returncode=3)
        setattr(module, name, float("inf"))


@pytest.fixture(scope="session")
def _server_of_this_worker() -> Iterator[None]:
    """
    Give the second worker of a parallel run an embedded server of its own, with the templates of the first one's.

    Readers of outbox and ledger wait for every open transaction of their server, in whatever database: two
    workers on one server would wait for each other.
    """
    from django.conf import settings

    from motcua.platform.cluster import OWNER_ROLE, Cluster, place_of
    from motcua.platform.installation import Installation
    from motcua.platform.roles import RUNTIME_ROLE
    from motcua.setup.private_instance import make_template

    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    var = Path(os.environ.get("MOTCUA_VAR", "/nonexistent"))
    if worker == "gw0" or settings.OWNER_DATABASE["HOST"] != str(place_of(var).sockets):
        yield
        return
    own = var / f"test-{worker}"
    if not place_of(own).data.exists():
        home = Installation(var, os.environ)
        home.start()
        try:
            make_template(home, "province")
            if home.cluster is not None:
                home.cluster.copy_to(own)
        finally:
            home.stop()
    with Cluster(own).running() as cluster:
        settings.OWNER_DATABASE_URL = cluster.url(OWNER_ROLE, "motcua")
        host = str(cluster.place.sockets)
        settings.OWNER_DATABASE.update(HOST=host, PASSWORD=cluster.secret(OWNER_ROLE))
        settings.DATABASES["default"].update(HOST=host, PASSWORD=cluster.secret(RUNTIME_ROLE))
        yield


@pytest.fixture(scope="session")
def _runtime_login(
    _server_of_this_worker: None, django_db_modify_db_settings_parallel_suffix: None
) -> dict[str, Any]:
    """Make the run-time role where it may be missing; say how it signs in (a copy: settings are switched)."""
    from django.conf import settings

    from motcua.platform import roles

    runtime = dict(settings.DATABASES["default"])
    if runtime["USER"] == settings.OWNER_DATABASE["USER"]:  # a development server without passwords
        roles.ensure_runtime_role(settings.OWNER_DATABASE_URL)
        runtime = dict(runtime, USER=roles.RUNTIME_ROLE)
    return runtime


@pytest.fixture(scope="session")
def django_db_modify_db_settings(_runtime_login: dict[str, Any]) -> None:
    """
    Create as the owner, as a copy of the template that is migrated once for all.

    The run-time role is there by now, since migrations grant to it.
    """
    from django.conf import settings
    from django.db import connection
    from tests.province import home_of_this_worker

    from motcua.setup.private_instance import make_template

    home = home_of_this_worker()
    home.start()
    try:
        connection.settings_dict["TEST"]["TEMPLATE"] = make_template(home, "tables")
    finally:
        home.stop()
    _connect_as(connection, settings.OWNER_DATABASE)


@pytest.fixture(scope="session")
def kept_tables() -> dict[str, set[str]]:
    """By database: the tables that were filled when it was made, which no clean-up empties."""
    return {}


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None,
    _runtime_login: dict[str, Any],
    django_db_blocker: DjangoDbBlocker,
    kept_tables: dict[str, set[str]],
) -> Iterator[None]:
    """Hand the migrated database to the run-time role; give it back to the owner to be dropped."""
    from django.conf import settings
    from django.db import connection
    from django.test import TransactionTestCase

    owner, runtime = settings.OWNER_DATABASE, _runtime_login
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:
            kept_tables[connection.settings_dict["NAME"]] = kept = set(_filled_tables(cursor))
            if "platform_ledgerentry" in kept:  # it would be kept from test to test, and every count with it
                pytest.exit("loading the province wrote an entry of the ledger", returncode=3)
            # no test takes the power away: what a kill leaves behind is asked of instances of their own
            cursor.execute(
                f'ALTER DATABASE "{connection.settings_dict["NAME"]}" SET synchronous_commit = off'
            )
        _connect_as(connection, runtime)

    def empty_tables(self: TransactionTestCase) -> None:
        _connect_as(connection, owner)
        kept = kept_tables[connection.settings_dict["NAME"]]
        with connection.cursor() as cursor:
            _truncate(cursor, [name for name in _filled_tables(cursor) if name not in kept])
        _connect_as(connection, runtime)

    TransactionTestCase._fixture_teardown = empty_tables  # type: ignore[attr-defined]
    yield
    with django_db_blocker.unblock():
        _connect_as(connection, owner)


@pytest.fixture(autouse=True, scope="session")
def _settings_of_a_test_run(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep files in a folder of the run; sign in quickly, to staff and citizen pages alike."""
    from django.conf import settings
    from django.test.client import ClientMixin

    settings.BLOB_ROOT = tmp_path_factory.mktemp("blobs")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    sign_in = ClientMixin._login  # type: ignore[attr-defined]

    def sign_in_everywhere(self: Any, user: Any, backend: str | None = None) -> None:
        sign_in(self, user, backend)
        session_key = self.cookies[settings.SESSION_COOKIE_NAME].value
        self.cookies[settings.STAFF_SESSION_COOKIE_NAME] = session_key

    ClientMixin._login = sign_in_everywhere  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _areas_forgotten() -> Iterator[None]:
    """Let no test see service areas that another one gave and took back with its transaction."""
    yield
    if (areas := sys.modules.get("motcua.organisation.areas")) is not None:
        areas.forget()


@pytest.fixture(scope="session")
def instance() -> Iterator[Instance]:
    """A running private instance with the province, for browser tests and journeys; tests share its database."""
    from motcua.setup.private_instance import private_instance

    with private_instance(data="province") as running:
        yield running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep what needs the running instance, or a browser, in one worker: they are heavy and there is one of them."""
    for item in items:
        if "instance" in getattr(item, "fixturenames", ()) or item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group("instance"))


@pytest.fixture
def as_owner() -> Callable[[], AbstractContextManager[None]]:
    """Do something behind the system's back: `with as_owner(): ...` (needs `django_db(transaction=True)`)."""
    from django.conf import settings
    from django.db import connection

    @contextmanager
    def switched() -> Iterator[None]:
        runtime = dict(connection.settings_dict)
        _connect_as(connection, settings.OWNER_DATABASE)
        try:
            yield
        finally:
            _connect_as(connection, runtime)

    return switched


def _connect_as(connection: BaseDatabaseWrapper, login: dict[str, Any]) -> None:
    """Let the connection sign in with another role from its next query on."""
    connection.close()
    connection.settings_dict.update(USER=login["USER"], PASSWORD=login["PASSWORD"])


def _filled_tables(cursor: CursorWrapper) -> list[str]:
    """Name the tables that hold a row (partitions not apart)."""
    cursor.execute(
        "SELECT format('%I', relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname"
    )
    names = [name for (name,) in cursor.fetchall()]
    cursor.execute("SELECT " + ", ".join(f"EXISTS (SELECT FROM {name})" for name in names))  # noqa: S608
    return [name for name, filled in zip(names, cursor.fetchone(), strict=True) if filled]


def _truncate(cursor: CursorWrapper, names: list[str]) -> None:
    """Empty the tables, also those whose triggers refuse it: the owner may switch the triggers off."""
    if not names:
        return
    cursor.execute(
        "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal AND tgtype & 32 > 0"
    )
    guarded = [name for (name,) in cursor.fetchall()]
    cursor.execute("SET lock_timeout = '20s'")
    for name in guarded:
        cursor.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER")
    cursor.execute(f"TRUNCATE {', '.join(names)} RESTART IDENTITY CASCADE")
    for name in guarded:
        cursor.execute(f"ALTER TABLE {name} ENABLE TRIGGER USER")
