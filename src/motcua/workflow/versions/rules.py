"""States of a draft, who may work on it, and what a process must have to carry a dossier (R-041, R-042)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from motcua.kernel.actor import Actor, DutyRef, Role
from motcua.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from motcua.kernel.process import Graph, Mark, NodeKind, Outcome, Problem, WaitKind
from motcua.kernel.text import clean


class DraftState(StrEnum):
    """
    draft      being drawn; every change leads back here
    checked    found sound, waits for the decision
    approved   it has become a version; nothing changes any more
    discarded  given up
    """

    DRAFT = "draft"
    CHECKED = "checked"
    APPROVED = "approved"
    DISCARDED = "discarded"


OPEN = (DraftState.DRAFT, DraftState.CHECKED)
PRINTING = (NodeKind.USER_TASK, NodeKind.SERVICE_TASK)


class NotAllowed(Forbidden):
    """Processes are kept by the procedure-control officers."""

    code = "process_officer_only"
    message = "Chỉ cán bộ kiểm soát thủ tục hành chính được soạn và duyệt quy trình điện tử."


class DraftNotFound(NotFound):
    """There is no such draft."""

    code = "process_draft_not_found"
    message = "Không tìm thấy bản dự thảo quy trình này."


class DraftClosed(Conflict):
    """The draft has been approved or discarded."""

    code = "process_draft_closed"
    message = "Bản dự thảo này đã được phê duyệt hoặc đã bỏ, không sửa được nữa."


class DraftChanged(Stale):
    """Somebody has saved the draft since the page was opened."""

    code = "process_draft_changed"
    message = "Bản dự thảo vừa được người khác lưu. Mở lại trang để xem bản mới trước khi sửa tiếp."


class NotChecked(Conflict):
    """Only a draft that has been checked as it stands can be approved."""

    code = "process_not_checked"
    message = "Phải kiểm tra bản dự thảo không còn lỗi trước khi phê duyệt."


class AlreadyDrafted(Conflict):
    """One draft of a variant at a time."""

    code = "process_already_drafted"
    message = "Quy trình này đang có một bản dự thảo. Hãy sửa tiếp bản đó."


class VersionNotInForce(Conflict):
    """Only an approved version that has taken effect carries dossiers that run already."""

    code = "process_not_in_force"
    message = "Chỉ chuyển hồ sơ sang bản quy trình đã được phê duyệt và đã có hiệu lực."


class ApprovalInvalid(Invalid):
    """Decision number or dates cannot be taken."""

    code = "process_approval_invalid"
    message = "Thông tin quyết định phê duyệt chưa đúng."


def duty(actor: Actor, field: str) -> DutyRef:
    """
    Return the duty under which the actor keeps processes of a field.

    :raises NotAllowed:
    """
    held = actor.duty(Role.KSTT, procedure_field=field)
    if held is None:
        raise NotAllowed
    return held


def approval(number: str, decided_on: date | None, effective_on: date | None, today: date) -> str:
    """
    Return the cleaned number of a decision.

    :raises ApprovalInvalid: it is missing, the decision lies in the future, or takes effect in the past.
    """
    errors: dict[str, str] = {}
    number = clean(number)
    if not number:
        errors["decision_no"] = "Ghi số, ký hiệu quyết định phê duyệt."
    elif len(number) > 60:
        errors["decision_no"] = "Số, ký hiệu quyết định dài quá 60 ký tự."
    if decided_on is None:
        errors["decided_on"] = "Ghi ngày ký quyết định."
    elif decided_on > today:
        errors["decided_on"] = "Ngày ký quyết định không được sau hôm nay."
    if effective_on is None:
        errors["effective_on"] = "Ghi ngày quy trình bắt đầu áp dụng."
    elif effective_on < today:
        errors["effective_on"] = "Ngày áp dụng không được trước hôm nay; hồ sơ đã nhận vẫn theo bản cũ."
    elif decided_on is not None and effective_on < decided_on:
        errors["effective_on"] = "Ngày áp dụng không được trước ngày ký quyết định."
    if errors:
        raise ApprovalInvalid(errors=errors)
    return number


@dataclass(frozen=True, slots=True)
class Nameable:
    """What steps may name, by code with its name: parts of the procedure's form, papers a step prints."""

    parts: Mapping[str, str]
    papers: Mapping[str, str]


def misnamed(graph: Graph, may: Nameable) -> list[Problem]:
    """Return the steps that name a part the form does not have, or a paper nobody makes; parts are for people."""
    problems: list[Problem] = []
    for node in graph.nodes:
        step = f"Bước “{node.name or node.id}”"
        found = [
            ("form_part_unknown", f"{step}: tờ khai của thủ tục không có phần “{ref}”.")
            for ref in node.form_parts
            if ref not in may.parts
        ]
        if node.form_parts and node.kind is not NodeKind.USER_TASK:
            found.append(
                (
                    "form_part_by_people",
                    f"{step}: chỉ bước của người xử lý mới có phần tờ khai để kiểm tra.",
                )
            )
        found += [
            ("print_unknown", f"{step}: hệ thống không lập được giấy tờ mã “{ref}” ở một bước.")
            for ref in node.prints
            if ref not in may.papers
        ]
        if node.prints and node.kind not in PRINTING:
            found.append(
                ("print_by_step", f"{step}: chỉ bước của người xử lý hoặc bước tự động mới lập giấy tờ.")
            )
        problems += [Problem(code, message, node.id) for code, message in found]
    return problems


def limit_hours(body: Mapping[str, Any]) -> Decimal | None:
    """Return the legal limit of a procedure in working hours of an ordinary time, as its record states it."""
    hours = body.get("time_limit", {}).get("hours")
    return None if hours is None else Decimal(str(hours))


def fitness(graph: Graph) -> list[Problem]:
    """Return what keeps a sound process from carrying a dossier: receipt, decision and hand-over are steps of it."""
    problems: list[Problem] = []
    first = [edge.target for edge in graph.outgoing[graph.start.id]]
    reception = graph.reception
    if reception is None or first != [reception.id] or reception.kind is not NodeKind.USER_TASK:
        problems.append(
            Problem(
                "no_reception", "Bước đầu tiên phải là bước tiếp nhận của người xử lý.", "".join(first[:1])
            )
        )
    elif (reception.id, str(Outcome.ACCEPT)) not in graph.by_outcome:
        message = f"Bước tiếp nhận phải có kết cục tiếp nhận (mã {Outcome.ACCEPT})."
        problems.append(Problem("no_accept", message, reception.id))
    for mark, name in ((Mark.DECISION, "ký, quyết định"), (Mark.HANDOVER, "trả kết quả")):
        if not graph.marked(mark):
            problems.append(Problem(f"no_{mark}", f"Chưa đánh dấu bước {name}."))
    return problems + _by_people(graph)


def _by_people(graph: Graph) -> list[Problem]:
    """Return where the law wants a person and the process has none: receipt, decision, hand-over, a supplement."""
    problems: list[Problem] = []
    by_id = {node.id: node for node in graph.nodes}
    for mark in (Mark.RECEPTION, Mark.DECISION, Mark.HANDOVER):
        for node in graph.marked(mark):
            if node.auto is not None or (node.kind is not NodeKind.USER_TASK and not node.asked):
                message = f"Bước “{node.name or node.id}” phải do người thực hiện, không để hệ thống tự làm."
                problems.append(Problem("by_people", message, node.id))
    if graph.reception is not None:
        for event in graph.nodes:
            if event.attached_to == graph.reception.id:
                message = (
                    "Bước tiếp nhận không gắn sự kiện biên: thời hạn trả lời hồ sơ đã có quy định riêng."
                )
                problems.append(Problem("reception_event", message, event.id))
    for edge in graph.edges:
        source, target = by_id[edge.source], by_id[edge.target]
        if target.wait in (WaitKind.APPLICANT, WaitKind.PAYMENT) and source.kind is not NodeKind.USER_TASK:
            message = f"“{target.name or target.id}” phải bắt đầu từ một bước của người xử lý."
            problems.append(Problem("asked_by_people", message, target.id, (source.id, target.id)))
    return problems
