"""States of a task, and who may act on it (values in, values out)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Final

from motcua.kernel.actor import Actor, ActorKind, DutyRef, DutyScope, Role
from motcua.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Stale


class TaskState(StrEnum):
    """
    What a row of the marking is.

    open       somebody's work: it stands in a work list
    waiting    a token that waits for something outside (applicant, tax office, timer): nobody's work
    joined     work done, its token waits for the parallel branches beside it
    done       the token has moved on
    cancelled  the token was taken back (returned to an earlier step, withdrawn, stopped)
    """

    OPEN = "open"
    WAITING = "waiting"
    JOINED = "joined"
    DONE = "done"
    CANCELLED = "cancelled"


LIVE: Final = (TaskState.OPEN, TaskState.WAITING, TaskState.JOINED)

# Who shares out the work of others: a head of division in the own unit, the others in the whole agency.
LEADERS: Final = (Role.DIVISION_HEAD, Role.AGENCY_HEAD, Role.OFFICE_HEAD)
AGENCY_WIDE: Final = (Role.AGENCY_HEAD, Role.OFFICE_HEAD)


class TaskNotFound(NotFound):
    """The task is not there, or the actor may not see it."""

    code = "task_not_found"
    message = "Không tìm thấy việc này."


class TaskGone(Stale):
    """The task was open once; somebody has done it or taken it back."""

    code = "task_gone"
    message = "Việc này vừa được người khác xử lý hoặc đã được thu hồi. Xem lại hồ sơ."


class NotYourTask(Forbidden):
    """The actor sees the task but holds no duty for it, or it is assigned to somebody else."""

    code = "not_your_task"
    message = "Việc này không thuộc nhiệm vụ bạn đang được giao."


class NotYourStaff(Forbidden):
    """Sharing out work is for the head of the unit or the agency."""

    code = "not_your_staff"
    message = "Chỉ lãnh đạo của đơn vị mới được phân công, chuyển việc của người khác."


class AlreadyTaken(Conflict):
    """Somebody holds the task."""

    code = "task_already_taken"
    message = "Việc này đã có người nhận."


class NotTaken(Conflict):
    """Nobody holds the task."""

    code = "task_not_taken"
    message = "Việc này chưa có ai nhận."


class NotACandidate(Invalid):
    """The person holds no duty with the task's role in its unit."""

    code = "not_a_candidate"
    message = "Người được chọn không có nhiệm vụ này tại đơn vị."


class ReasonNeeded(Invalid):
    """An act that takes work back or passes it on needs a reason."""

    code = "reason_needed"
    message = "Nêu lý do trước khi thực hiện."


class SameHands(Forbidden):
    """The process keeps this person off the step: they did another step of the same dossier (R-057)."""

    code = "same_hands"

    def __init__(self, step: str, *, own: bool = True) -> None:
        who = "Bạn" if own else "Người được chọn"
        super().__init__(
            f"{who} đã làm bước “{step}” của hồ sơ này. Quy trình yêu cầu bước này do người khác làm.",
            step=step,
        )


class NotTheSigner(Forbidden):
    """The process names who signs at the step, and it is somebody else."""

    code = "not_the_signer"

    def __init__(self, named: str) -> None:
        text = f"Theo quy trình, bước này do {named} ký." if named else (
            "Theo quy trình, hôm nay chưa có ai được nêu tên ký bước này."
        )  # fmt: skip
        super().__init__(f"{text} Người đứng đầu cơ quan có thể giao người khác ký.", named=named)


class SignerNamed(Forbidden):
    """Only the head of the agency names another signer than the process does."""

    code = "signer_named"
    message = "Bước này đã có người ký theo quy trình; chỉ người đứng đầu cơ quan được giao người khác ký."


class ProcessMismatch(Conflict):
    """The subject runs by another version of the process than the one named."""

    code = "process_mismatch"
    message = "Hồ sơ đang chạy theo phiên bản quy trình khác."


# The units whose work a duty in a unit covers: the unit, and units it has taken over in a reorganisation.
Covers = Callable[[int], frozenset[int]]


def _duties_for(actor: Actor, unit_id: int, role: str, field: str, covers: Covers) -> Iterator[DutyRef]:
    """Give the duties under which the actor works on tasks of a role in a unit."""
    for duty in actor.duties:
        here = unit_id == duty.unit_id or unit_id in covers(duty.unit_id)
        if duty.role == role and here and (not field or duty.covers(field)):
            yield duty


def duty_for(actor: Actor, unit_id: int, role: str, field: str, covers: Covers) -> DutyRef | None:
    """Return the duty under which the actor works on tasks of a role in a unit, or None."""
    return next(_duties_for(actor, unit_id, role, field, covers), None)


def sees(actor: Actor, unit_id: int, assignee_id: int | None) -> bool:
    """Tell whether the actor may see a task of a unit."""
    if actor.kind is ActorKind.SYSTEM:
        return True
    if actor.kind is not ActorKind.STAFF:
        return False
    return (
        actor.province_wide
        or unit_id in actor.unit_ids
        or (assignee_id is not None and assignee_id == actor.staff_id)
    )


def acting_duty(
    actor: Actor,
    *,
    unit_id: int,
    role: str,
    field: str,
    assignee_id: int | None,
    covers: Covers,
    automatic: bool = False,
) -> DutyRef | None:
    """
    Return the duty under which the actor completes a task; None for the system.

    A task is done by who it is assigned to or who holds that person's duty in absence, else by any holder of its
    role in its unit. The system does only what is `automatic`: a service task, or the silence the law takes for
    consent.

    :raises TaskNotFound: the actor may not see it.
    :raises NotYourTask: the actor sees it but it is not theirs.
    """
    if actor.kind is ActorKind.SYSTEM:
        if not automatic:
            raise NotYourTask
        return None
    if not sees(actor, unit_id, assignee_id):
        raise TaskNotFound
    duty = duty_for(actor, unit_id, role, field, covers)
    if duty is None:
        raise NotYourTask
    if assignee_id is not None and assignee_id != actor.staff_id:
        lent = stand_in(actor, unit_id, role, field, assignee_id, covers)
        if lent is None:
            raise NotYourTask("Việc này đã giao cho người khác trong đơn vị.")
        return lent
    return duty


def stand_in(
    actor: Actor, unit_id: int, role: str, field: str, assignee_id: int, covers: Covers
) -> DutyRef | None:
    """Return the duty under which the actor does a task in the place of its absent holder, or None."""
    duties = _duties_for(actor, unit_id, role, field, covers)
    return next((duty for duty in duties if duty.for_staff_id == assignee_id), None)


def leading_duty(actor: Actor, unit_id: int, agency_id: int | None, covers: Covers) -> DutyRef | None:
    """Return the duty under which the actor shares out the work of a unit, or None."""
    for duty in actor.duties:
        if duty.role not in LEADERS:
            continue
        if unit_id == duty.unit_id or unit_id in covers(duty.unit_id):
            return duty
        if duty.role in AGENCY_WIDE and (
            duty.agency_id == agency_id or (duty.scope is DutyScope.SUBTREE and unit_id in actor.unit_ids)
        ):
            return duty
    return None
