"""
The whole demo province under a test, from its own data: `pytestmark = pytest.mark.usefixtures("province")`.

The province stands in a database of its own, copied once per worker from the template that private instances
use, so rooms that build their own small world are not disturbed. Modules that use it run with the connection turned
there; a test that commits (`django_db(transaction=True)`) is cleaned up to what the province itself holds.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

if TYPE_CHECKING:
    from pytest_django.plugin import DjangoDbBlocker

    from motcua.platform.installation import Installation


def forget_everything() -> None:
    """Let this process read definitions, units and calendars anew: the database behind it is another."""
    from motcua.dossiers import definitions
    from motcua.setup import history, loaders
    from motcua.workflow import queries as workflow

    loaders.forget()
    workflow.forget()
    workflow._definitions.clear()
    definitions.bundle.cache_clear()
    for kept in (history._actor_in, history._holders, history._people, history._organisations):
        kept.cache_clear()


@pytest.fixture(scope="session")
def province_database(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, kept_tables: dict[str, set[str]]
) -> Iterator[str]:
    """Name of the database with the province; its rows are kept when a test is cleaned up."""
    from django.conf import settings
    from django.db import connection

    from motcua.platform import roles
    from motcua.platform.addresses import with_database
    from motcua.setup.private_instance import make_template

    home = home_of_this_worker()
    home.start()
    name = f"{connection.settings_dict['NAME']}_province"
    server = roles.server_url(settings.OWNER_DATABASE_URL)
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    try:
        template = make_template(home, "province")
        with psycopg.connect(server, autocommit=True) as owner:
            owner.execute(drop)
            owner.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY wal_log").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
            owner.execute(
                sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(sql.Identifier(name))
            )
        with psycopg.connect(with_database(settings.OWNER_DATABASE_URL, name)) as owner:
            kept_tables[name] = set(filled_tables(owner))
        yield name
        with psycopg.connect(server, autocommit=True) as owner:
            owner.execute(drop)
    finally:
        home.stop()


def home_of_this_worker() -> Installation:
    """Return the installation whose server this worker's tests use: the second worker has one of its own."""
    from django.conf import settings

    from motcua.platform.cluster import place_of
    from motcua.platform.installation import ROOT, Installation

    var = Path(os.environ.get("MOTCUA_VAR", ROOT / "var"))
    own = var / f"test-{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')}"
    if settings.OWNER_DATABASE["HOST"] != str(place_of(own).sockets):
        return Installation(var, os.environ)
    addresses = ("DATABASE_URL", "MOTCUA_OWNER_DATABASE_URL")
    return Installation(own, {name: value for name, value in os.environ.items() if name not in addresses})


@pytest.fixture(scope="module")
def province(province_database: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Turn this process to the province for the tests of a module."""
    from django.db import connection

    before = connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        _turn_to(province_database)
    yield
    with django_db_blocker.unblock():
        _turn_to(before)


def _turn_to(name: str) -> None:
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = name
    forget_everything()


def filled_tables(owner: psycopg.Connection[tuple[object, ...]]) -> list[str]:
    """Name the tables that hold a row (partitions not apart)."""
    rows = owner.execute(
        "SELECT format('%I', relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname"
    ).fetchall()
    names = [str(name) for (name,) in rows]
    found = owner.execute(("SELECT " + ", ".join(f"EXISTS (SELECT FROM {name})" for name in names)).encode())
    filled = found.fetchone()
    assert filled is not None
    return [name for name, has_rows in zip(names, filled, strict=True) if has_rows]
