"""Moving a running dossier to another approved version of its process (R-042)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from motcua.dossiers import clockwork, definitions, events, rules
from motcua.dossiers.operations import tasks
from motcua.dossiers.operations.common import Done, Work, begin, finish, once, told
from motcua.dossiers.operations.telling import tell
from motcua.dossiers.rules import LEADING, Act, OtherProcess
from motcua.dossiers.telling import TellKind, Whom
from motcua.kernel.actor import Actor, Role
from motcua.kernel.calendar import LOCAL
from motcua.organisation import queries as organisation
from motcua.workflow import operations as workflow
from motcua.workflow.operations import Moved
from motcua.workflow.queries import Definition
from motcua.workflow.versions import queries as versions
from motcua.workflow.versions import rules as version_rules


@once
def move_version(
    *,
    code: str,
    version_id: int,
    reason: str,
    actor: Actor,
    key: str,
    at: datetime,
    mapping: Mapping[str, str] | None = None,
    seen: int | None = None,
) -> Done:
    """
    Let a dossier run by another approved version of its process, as procedure-control officer, on a ground.

    What is open goes on at the same step, or where `mapping` (steps of the old version to the new) leads it; what was
    done stays as it was done. The due date stays, planned ends of steps follow the new hours. Holder and head are told.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, ReasonMissing, MoveRefused:
    :raises NotAllowed: the actor keeps no processes of the field.
    :raises VersionNotInForce, OtherProcess: the version cannot carry this dossier.
    """
    body = {"version": version_id, "reason": reason, "mapping": dict(mapping or {})}
    work = begin(act=Act.MOVE_VERSION, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    dossier, words = work.dossier, rules.reason(reason)
    duty = version_rules.duty(actor, dossier.field_code)
    new = versions.approved(version_id, at.astimezone(LOCAL).date())
    decision_no = versions.decision_of(version_id)
    moved = _move(work, new, mapping or {}, f"Chuyển sang quy trình theo Quyết định {decision_no}")
    tasks.show(work, moved)
    tell(
        work,
        TellKind.VERSION_MOVED,
        f"Từ nay giải quyết theo quy trình của Quyết định {decision_no}; đang ở bước “{dossier.step_name}”.",
        _whom(work, moved),
    )
    return finish(
        work,
        Act.MOVE_VERSION,
        duty=duty,
        payload={
            "from": work.before["process_version_id"],
            "to": version_id,
            "decision_no": decision_no,
            "mapping": dict(mapping or {}),
            "opened": [row.node for row in moved.opened],
            "step": dossier.step_name,
        },
        personal={"reason": words},
        event=told(
            work,
            events.VersionMoved,
            process_version_id=version_id,
            before_id=work.before["process_version_id"],
            unit_ids=tuple(sorted({row.unit_id for row in moved.opened})),
        ),
    )


def _move(work: Work, new: Definition, mapping: Mapping[str, str], note: str) -> Moved:
    dossier, old = work.dossier, work.bundle.process
    if old.id == new.id:
        raise OtherProcess("Hồ sơ đang chạy theo chính bản quy trình này.")
    if (old.procedure_version_id, old.variant) != (new.procedure_version_id, new.variant):
        raise OtherProcess("Bản quy trình được chọn thuộc thủ tục hoặc cấp giải quyết khác.")
    work.awaited_before = old.graph.awaits
    dossier.process_version_id = new.id
    work.bundle = definitions.bundle(dossier.procedure_version_id, dossier.form_version_id, new.id)
    if dossier.clock:
        dossier.clock = clockwork.replanned(work.clock, work.bundle.steps, work.calendar).to_json()
    moved = workflow.move(
        subject=dossier.subject,
        old=old,
        new=new,
        mapping=mapping,
        actor=work.actor,
        at=work.at,
        resolve_unit=tasks.resolve(work),
        due=tasks.planned(work),
        note=note,
    )
    return tasks.noted(work, moved)


def _whom(work: Work, moved: Moved) -> list[Whom]:
    """Return the holders of what is open, the heads of their units, and who leads the agency."""
    root = organisation.root_of_agency(work.dossier.agency_id)
    found = [Whom(staff_id=row.assignee_id) for row in moved.opened if row.assignee_id is not None]
    found += [Whom(unit_id=row.unit_id, role=Role.DIVISION_HEAD) for row in moved.opened]
    return [*found, *(Whom(unit_id=root.id, role=role) for role in LEADING)]
