"""The dates of a dossier that hang on the working calendar, read from its row with what was asked for and when."""

from __future__ import annotations

from datetime import datetime

from motcua.catalogue import queries as catalogue
from motcua.dossiers import definitions
from motcua.dossiers.clockwork import Clock
from motcua.dossiers.definitions import Bundle
from motcua.dossiers.models import Dossier
from motcua.dossiers.recounting import Awaited, Dates
from motcua.dossiers.rules import PAUSED, RUNNING, State
from motcua.kernel.calendar import LOCAL


def dates(
    dossier: Dossier, bundle: Bundle, *, requested_at: datetime | None, answered_at: datetime | None
) -> Dates:
    """
    Return the dates of an open dossier.

    `requested_at` is the moment of the supplement that is waited for, `answered_at` that of the last one that came.
    """
    state = State(dossier.state)
    clock = Clock.from_json(dossier.clock) if dossier.clock and state in RUNNING | PAUSED else None
    answer = supplement = None
    if state is State.SUBMITTED and dossier.answer_by is not None:
        since = max(moment for moment in (dossier.filed_at, answered_at) if moment is not None)
        answer = _awaited(dossier, bundle, since, "answer_within", dossier.answer_by)
    if dossier.supplement_due_at is not None and requested_at is not None:
        supplement = _awaited(dossier, bundle, requested_at, "supplement_within", dossier.supplement_due_at)
    return Dates(clock, answer, supplement)


def _awaited(dossier: Dossier, bundle: Bundle, since: datetime, setting: str, until: datetime) -> Awaited:
    on = since.astimezone(LOCAL).date()
    within = definitions.limit(definitions.settings(bundle, on)[setting])
    return Awaited(since, within, catalogue.policy(bundle.procedure, dossier.terms, on), until)
