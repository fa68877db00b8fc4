"""
The two database roles: the owner migrates, the run-time role owns nothing.

Needs psycopg and no Django, so that starting up and tests use the same functions.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

import psycopg
from psycopg import errors, sql
from psycopg.conninfo import make_conninfo

RUNTIME_ROLE = "motcua_app"


def ensure_runtime_role(owner_url: str, password: str | None = None) -> None:
    """
    Make the run-time role on the server of `owner_url` if it is missing; set its password when one is given.

    Two processes may do so at the same moment.

    :raises psycopg.errors.InsufficientPrivilege: the owner may not make roles.
    """
    role = sql.Identifier(RUNTIME_ROLE)
    secret = sql.SQL("") if password is None else sql.SQL(" PASSWORD {}").format(sql.Literal(password))
    with psycopg.connect(server_url(owner_url), autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [RUNTIME_ROLE]).fetchone()
        try:
            if found is None:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN NOINHERIT").format(role) + secret)
            elif password is not None:
                connection.execute(sql.SQL("ALTER ROLE {} LOGIN").format(role) + secret)
        except (errors.DuplicateObject, errors.UniqueViolation, errors.InternalError_):
            return  # somebody else has just made it ("tuple concurrently updated" is an InternalError)


def server_url(url: str) -> str:
    """Return the address of the maintenance database on the same server."""
    return make_conninfo(url, dbname="postgres")


def kept_secret(path: Path) -> str:
    """Return the secret kept in the file; make the file (mode 0600) with a new one when it is missing."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(48) + "\n", "ascii")
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)  # the first of two at the same time wins
        fresh.unlink()
    return path.read_text("ascii").strip()
