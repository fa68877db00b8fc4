"""Numbers of dossiers as they were given: the series of a unit and day, and the numbers behind which no dossier is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection

from motcua.catalogue import queries as catalogue
from motcua.kernel.actor import Actor
from motcua.kernel.codes import CodeInvalid
from motcua.organisation import queries as organisation
from motcua.organisation.queries import CodePrefix
from motcua.platform import access


@dataclass(frozen=True, slots=True)
class Series:
    """The dossier codes of a unit's identifier on a local day."""

    prefix: CodePrefix
    day: date

    def make(self, number: int) -> str:
        """Return the code with a number. :raises NotFound: the data has no code policy for the day."""
        shape = catalogue.code_shape(self.day)
        return shape.make(id=self.prefix.id, legacy_id=self.prefix.legacy_id, day=self.day, number=number)

    @property
    def name(self) -> str:
        """Return what the codes of the series have in common: their counter's key."""
        return self.make(1).rsplit(catalogue.code_shape(self.day).pattern.separator, 1)[0]


def missing_codes(actor: Actor, days: Collection[date]) -> dict[int, list[str]]:
    """
    Return the codes that were given on the days and belong to no dossier, by the unit whose identifier they start with.

    Two statements, whatever the number of units: counters by key, and codes by key. Only who sees the whole province
    is answered: a counter is shared by the units of one identifier.
    """
    if not access.sees_everything(actor):
        return {}
    series = dict(_series(sorted(days)))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT series, last FROM dossiers_codecounter WHERE series = ANY(%s)", [sorted(series)]
        )
        given = {
            series[name][1].make(number): series[name][0]
            for name, last in cursor.fetchall()
            for number in range(1, last + 1)
        }
        cursor.execute(
            "SELECT code FROM unnest(%s::text[]) code WHERE NOT EXISTS"
            " (SELECT 1 FROM dossiers_dossier d WHERE d.code = code.code) ORDER BY 1",
            [list(given)],
        )
        found: dict[int, list[str]] = {}
        for (code,) in cursor.fetchall():
            found.setdefault(given[code], []).append(code)
    return found


def _series(days: Sequence[date]) -> Iterator[tuple[str, tuple[int, Series]]]:
    for node in organisation.tree().nodes.values():
        for day in days:
            one = Series(CodePrefix(node.id_code, node.legacy_id_code), day)
            if node.id_code and node.in_force(day):
                try:
                    yield one.name, (node.ref.id, one)
                except CodeInvalid:
                    continue  # the day's codes start with an identifier this unit has not got


def of_dossiers(actor: Actor, subjects: Sequence[int]) -> set[int]:
    """Return which of the subjects are dossiers the actor may see (one statement)."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT d.subject FROM dossiers_dossier d WHERE d.subject = ANY(%s) AND {access.visible('d.subject')}",  # noqa: S608  (texts of ours; values are parameters)
            [list(subjects), *access.parameters(actor)],
        )
        return {subject for (subject,) in cursor.fetchall()}
