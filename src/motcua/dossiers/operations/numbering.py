"""Codes of dossiers: the next number of a unit on a day, without gaps."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from motcua.dossiers.numbers import Series
from motcua.kernel.calendar import LOCAL
from motcua.organisation import queries as organisation


def next_code(unit_id: int, at: datetime) -> tuple[str, str]:
    """
    Return the next dossier code of a unit on the local day of `at`, and its number as people type it.

    Gap-free and never reused: the counter's row is locked until the act commits and rolls back with it; one
    statement. Past the pattern's last number the code grows by a digit (TT 01/2018 Art 19; facts-codes 4.4).
    """
    series = Series(organisation.code_prefix(unit_id), at.astimezone(LOCAL).date())
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO dossiers_codecounter AS counter (series, last) VALUES (%s, 1)"
            " ON CONFLICT (series) DO UPDATE SET last = counter.last + 1 RETURNING last",
            [series.name],
        )
        (number,) = cursor.fetchone()
    return series.make(number), str(number)
