"""Numbers for the things that acts are about; one sequence for all rooms."""

from __future__ import annotations

from django.db import connection


def new() -> int:
    """Return the next subject number."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('platform_subject_seq')")
        (number,) = cursor.fetchone()
    return int(number)
