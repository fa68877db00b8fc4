"""Jobs of the dossier room: one act on many dossiers; the round of the timers, once a minute from the dispatcher."""

from __future__ import annotations

from motcua.dossiers.operations import bulk, explanation, timers
from motcua.platform import clock, jobs


@jobs.app.task(queue="bulk", name="dossiers.bulk", retry=jobs.RETRY)
def carry_out(run: int) -> None:
    """Do the dossiers of a run one after the other, until none is left or somebody stops it."""
    while bulk.carry_out_next(run=run, at=clock.now()):
        pass


def fire_timers() -> timers.Fired:
    """Fire what is due by the clock of the law."""
    return timers.fire_due(clock.now(), clock.real_now())


def find_late() -> explanation.Found:
    """Put what has become late on the list of what is to be explained."""
    return explanation.find_late(clock.now())
