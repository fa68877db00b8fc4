"""
Moving the tasks of a subject, inside the transaction and under the lock of the room above.

None of these opens a transaction or asks the clock. A move reads the subject's tasks once and writes once:
closed and opened rows go in one statement, however many they are.
"""

from __future__ import annotations

from motcua.kernel.process import ProcessInvalid
from motcua.kernel.process.engine import IllegalStep
from motcua.kernel.process.move import MoveRefused
from motcua.workflow.operations.flow import (
    cancel_open,
    complete,
    fire,
    move_units,
    pass_on,
    reschedule,
    resume,
    return_to,
    start,
)
from motcua.workflow.operations.holding import acting_as, assign, hand_over, receive, release, take
from motcua.workflow.operations.moving import move
from motcua.workflow.operations.publishing import publish_process
from motcua.workflow.operations.writing import Moved, Place, UnitMove
from motcua.workflow.rules import (
    AlreadyTaken,
    NotACandidate,
    NotTaken,
    NotTheSigner,
    NotYourStaff,
    NotYourTask,
    ProcessMismatch,
    ReasonNeeded,
    SameHands,
    SignerNamed,
    TaskGone,
    TaskNotFound,
)

__all__ = [
    "AlreadyTaken",
    "IllegalStep",
    "MoveRefused",
    "Moved",
    "NotACandidate",
    "NotTaken",
    "NotTheSigner",
    "NotYourStaff",
    "NotYourTask",
    "Place",
    "ProcessInvalid",
    "ProcessMismatch",
    "ReasonNeeded",
    "SameHands",
    "SignerNamed",
    "TaskGone",
    "TaskNotFound",
    "UnitMove",
    "acting_as",
    "assign",
    "cancel_open",
    "complete",
    "fire",
    "hand_over",
    "move",
    "move_units",
    "pass_on",
    "publish_process",
    "receive",
    "release",
    "reschedule",
    "resume",
    "return_to",
    "start",
    "take",
]
