"""Reading of results nobody has come for, by how long they have waited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL

from motcua.catalogue import queries as catalogue
from motcua.dossiers.models import Dossier
from motcua.dossiers.rules import State
from motcua.dossiers.uncollecting import Waits
from motcua.kernel.actor import Actor, ActorKind
from motcua.kernel.calendar import LOCAL
from motcua.kernel.text import fold
from motcua.platform import access


@dataclass(frozen=True, slots=True)
class Uncollected:
    """A result that waits at a counter, or lies in the archive since nobody came."""

    subject: int
    code: str
    procedure_version_id: int
    receiving_unit_id: int
    owner_name: str
    owner_phone: str
    return_channel: str
    processed_at: datetime
    reminded_at: datetime | None
    reminders: int
    archived_at: datetime | None
    correcting: bool
    seq: int

    def days(self, now: datetime) -> int:
        """Return for how many days it has waited."""
        return (now - self.processed_at).days


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the list is wanted: waiting for more than `days`, of a unit, found by code or name; the archived ones."""

    days: int = 0
    unit_id: int | None = None
    text: str = ""
    archived: bool = False


_ROW = tuple(Uncollected.__slots__)


def listing(
    actor: Actor,
    filters: Filters,
    now: datetime,
    *,
    after: tuple[datetime, int] | None = None,
    size: int = 50,
) -> list[Uncollected]:
    """Return results that wait, the longest first, at most `size + 1`, after (ready, subject) (one statement)."""
    if actor.kind is not ActorKind.STAFF:
        return []
    rows = Dossier.objects.filter(
        state=State.PROCESSED.value,
        processed_at__lte=now - timedelta(days=filters.days),
        archived_at__isnull=not filters.archived,
    )
    if not access.sees_everything(actor):
        rows = rows.filter(receiving_unit__in=sorted(actor.unit_ids))
    parameters: Any = access.parameters(actor)
    column = access.visible("dossiers_dossier.subject")
    rows = rows.filter(RawSQL(column, parameters, output_field=BooleanField()))  # noqa: S611  (a column of ours)
    if filters.unit_id is not None:
        rows = rows.filter(receiving_unit_id=filters.unit_id)
    if filters.text.strip():
        words = filters.text.strip()[:100]
        rows = rows.filter(
            Q(code__icontains=words) | Q(owner_folded__contains=fold(words)) | Q(owner_phone=words)
        )
    if after is not None:
        rows = rows.filter(Q(processed_at__gt=after[0]) | Q(processed_at=after[0], subject__gt=after[1]))
    found = rows.order_by("processed_at", "subject").values_list(*_ROW)[: size + 1]
    return [Uncollected(*row) for row in found]


def waits(procedure_version_id: int, at: datetime) -> Waits:
    """Return the settings of a procedure on the day."""
    settings = catalogue.parameters(catalogue.definition(procedure_version_id), at.astimezone(LOCAL).date())
    return Waits.from_json(settings["uncollected"])


def bounds(at: datetime) -> tuple[int, ...]:
    """Return the ages in days by which the list is narrowed on the day, of the nation's settings."""
    return Waits.from_json(catalogue.setting("uncollected", at.astimezone(LOCAL).date())).bounds
