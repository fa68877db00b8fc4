"""
What setting up has already done to a database: migrated by which files, which data loaded.

A mark is written when its step is complete, so that a second start skips it and an interrupted one is done
again. Read and written by starting up, before and without Django; the table is made here for the same reason.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import psycopg


def read(owner_url: str) -> dict[str, str]:
    """Return the marks of a database: name -> detail."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        found = connection.execute("SELECT to_regclass('public.setup_mark')").fetchone()
        if found is None or found[0] is None:
            return {}
        return dict(connection.execute("SELECT name, detail FROM setup_mark").fetchall())


def write(owner_url: str, name: str, detail: str) -> None:
    """Mark a step as done."""
    with psycopg.connect(owner_url) as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS setup_mark (name text PRIMARY KEY, detail text NOT NULL,"
            " done_at timestamptz NOT NULL DEFAULT now())"
        )
        connection.execute(
            "INSERT INTO setup_mark (name, detail) VALUES (%s, %s)"
            " ON CONFLICT (name) DO UPDATE SET detail = excluded.detail, done_at = now()",
            [name, detail],
        )


def fingerprint(files: Iterable[Path]) -> str:
    """Return a digest over names and contents of files."""
    digest = hashlib.sha256()
    for file in sorted(set(files)):
        digest.update(str(file).encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def fingerprint_of(*files: Path) -> str:
    """Return a digest over the contents of files, wherever they lie."""
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()
