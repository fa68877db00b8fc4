"""Jobs of the dossier room: one act on many dossiers."""

from __future__ import annotations

from motcua.dossiers.operations import bulk
from motcua.platform import clock, jobs


@jobs.app.task(queue="bulk", name="dossiers.bulk", retry=jobs.RETRY)
def carry_out(run: int) -> None:
    """Do the dossiers of a run one after the other, until none is left or somebody stops it."""
    while bulk.carry_out_next(run=run, at=clock.now()):
        pass
