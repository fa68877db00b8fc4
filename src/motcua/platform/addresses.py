"""Addresses of PostgreSQL databases: what is wrong with one, and others made from it."""

from __future__ import annotations

from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

FORM = "must look like postgresql://user:password@host:5432/database"


def database_fault(value: str) -> str | None:
    """Say what is wrong with a PostgreSQL address, or None."""
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return FORM
    if parts.scheme not in {"postgresql", "postgres"}:
        return FORM
    if not parts.path.lstrip("/"):
        return f"names no database: it {FORM}"
    if not parts.hostname and "host" not in parse_qs(parts.query):
        return f"names no host: it {FORM}"
    return None


def with_database(url: str, name: str) -> str:
    """Return the address of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path="/" + quote(name)))


def with_login(url: str, user: str, password: str) -> str:
    """Return the same address for another user."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{place}"))
