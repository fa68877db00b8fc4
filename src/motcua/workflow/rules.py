"""States of a task, and who may act on it (values in, values out)."""

from __future__ import annotations

from enum import StrEnum


class TaskState(StrEnum):
    """
    What a row of the marking is.

    open     somebody's work: it stands in a work list
    waiting  a token that waits for something outside (applicant, tax office, timer): nobody's work
    joined   work done, its token waits for the parallel branches beside it
    done     the token has moved on
    cancelled  the token was taken back (returned to an earlier step, withdrawn, stopped)
    """

    OPEN = "open"
    WAITING = "waiting"
    JOINED = "joined"
    DONE = "done"
    CANCELLED = "cancelled"


LIVE = (TaskState.OPEN, TaskState.WAITING, TaskState.JOINED)
