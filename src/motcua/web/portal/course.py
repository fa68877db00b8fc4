"""
The course of a dossier for the people of it: every act in plain words, what is going on, what comes next.

They see agency and unit, officer and times (NĐ 224/2026 Art 15, R-014); notes and reasons of the agency's own work
are not among what is read here. Values only: no request, no database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from motcua.dossiers.definitions import Bundle
from motcua.dossiers.models import Dossier
from motcua.dossiers.nonterritorial import underway
from motcua.dossiers.queries import DossierView, RequestRow
from motcua.dossiers.rules import OPEN, PAUSED, RUNNING, SUSPEND_GROUNDS, Act, State
from motcua.dossiers.verifications import VerificationRow
from motcua.kernel.actor import ActorKind
from motcua.kernel.counting import Ground
from motcua.kernel.process import Graph, NodeKind, happy_path
from motcua.organisation import queries as organisation
from motcua.platform.history import Happened
from motcua.web.components import TimelineItem
from motcua.web.templatetags.motcua import money, vn_datetime
from motcua.workflow.queries import TaskRow
from motcua.workflow.rules import TaskState

SAID: Final[Mapping[Act, str]] = {
    Act.FILE: "Nộp hồ sơ",
    Act.ACCEPT: "Tiếp nhận hồ sơ, cấp giấy hẹn",
    Act.REQUEST_SUPPLEMENT: "Cơ quan yêu cầu bổ sung hồ sơ",
    Act.SUPPLEMENT: "Đã bổ sung hồ sơ",
    Act.REFUSE: "Không tiếp nhận hồ sơ",
    Act.FORWARD: "Chuyển hồ sơ đến nơi giải quyết",
    Act.ASSIGN: "Giao người giải quyết",
    Act.RELEASE: "Chờ giao lại người giải quyết",
    Act.RETURN_STEP: "Chuyển lại bước trước để xem xét thêm",
    Act.REFUSE_REQUEST: "Ký văn bản không giải quyết",
    Act.REQUEST_PAYMENT: "Cơ quan thông báo khoản phải nộp; thời gian chờ không tính vào thời hạn",
    Act.CONFIRM_PAYMENT: "Đã nộp khoản được thông báo",
    Act.CANCEL_PAYMENT: "Cơ quan hủy thông báo khoản phải nộp",
    Act.SUSPEND: "Tạm dừng giải quyết, thời gian này không tính vào thời hạn",
    Act.RESUME: "Tiếp tục giải quyết",
    Act.RETURN_RESULT: "Trả kết quả",
    Act.HAND_BACK: "Trả lại giấy tờ đã nhận",
    Act.WITHDRAW: "Rút hồ sơ",
    Act.EXTEND: "Cơ quan xin lỗi và hẹn lại ngày trả kết quả",
    Act.STOP: "Dừng giải quyết hồ sơ",
    Act.CORRECT_INTAKE: "Đính chính thông tin tiếp nhận, cấp lại giấy hẹn",
    Act.VOID: "Hủy hồ sơ do nhập sai thủ tục",
    Act.DIGITISE: "Số hóa giấy tờ đã nộp",
    Act.ISSUE_SLIP: "Lập giấy tiếp nhận theo yêu cầu của bạn",
    Act.TRANSFER: "Chuyển cho đơn vị kế tục do sắp xếp tổ chức",
    Act.RECOMPUTE_DUE: "Tính lại ngày hẹn do lịch làm việc thay đổi",
    Act.FOLLOW_PARTS: "Hồ sơ liên thông chuyển sang phần tiếp theo",
    Act.WITHDRAW_PARTS: "Rút một số phần của hồ sơ",
    Act.MIRROR: "Cập nhật từ hệ thống của bộ, ngành",
    Act.ASK_SYSTEM: "Chuyển đề nghị đến hệ thống của bộ, ngành",
    Act.SYSTEM_REFUSED: "Hệ thống của bộ, ngành không chấp nhận đề nghị",
    Act.ASK_OPINION: "Hỏi ý kiến cơ quan phối hợp",
    Act.GIVE_OPINION: "Cơ quan phối hợp đã cho ý kiến",
    Act.PLAN_VERIFICATION: "Cơ quan hẹn xác minh thực địa",
    Act.MOVE_VERIFICATION: "Lịch xác minh thực địa thay đổi",
    Act.CALL_OFF_VERIFICATION: "Hủy buổi xác minh thực địa đã hẹn",
    Act.RECORD_VERIFICATION: "Cơ quan đã xác minh thực địa",
    Act.DECIDE_REFUND: "Xác định việc hoàn trả phí, lệ phí",
    Act.PAY_REFUND: "Đã hoàn trả phí, lệ phí",
    Act.AUTOMATIC_STEP: "Hệ thống tự thực hiện một bước",
    Act.TAKE_OVER_STEP: "Cán bộ thực hiện thay một bước tự động",
    Act.FIRE_TIMER: "Đến thời điểm hẹn trong quy trình",
    Act.RECEIVE_MESSAGE: "Nhận được trả lời từ bên ngoài",
    Act.CONFIRM_RECEIPT: "Cơ quan giải quyết đã nhận hồ sơ, bắt đầu tính thời hạn",
    Act.SEND_BACK: "Hồ sơ được chuyển lại nơi tiếp nhận để kiểm tra",
    Act.ASK_CORRECTION: "Đề nghị đính chính kết quả",
    Act.REFUSE_CORRECTION: "Cơ quan không đính chính kết quả",
    Act.ORDER_CORRECTION: "Cơ quan quyết định đính chính kết quả",
    Act.SIGN_CORRECTION: "Ký kết quả mới thay bản cũ",
    Act.RETURN_CORRECTION: "Trả kết quả mới",
    Act.REMIND_COLLECTION: "Nhắc bạn đến nhận kết quả",
    Act.ARCHIVE_RESULT: "Kết quả chuyển lưu, vẫn nhận được",
    Act.SIGN_PAPER: "Văn bản được ký số",
}
BY_ITSELF: Final = frozenset({Act.AUTOMATIC_STEP, Act.TAKE_OVER_STEP, Act.FIRE_TIMER, Act.RECEIVE_MESSAGE})
# The agency's own preparation: nothing has happened to the applicant yet.
INSIDE: Final = frozenset(
    {
        Act.PROPOSE_EXTENSION, Act.ALLOW_SUPPLEMENT, Act.EXPLAIN, Act.ACCEPT_EXPLANATION, Act.RETURN_EXPLANATION,
        Act.MOVE_VERSION, Act.RECALL_OPINION, Act.LATE_OPINION,
        Act.DRAFT_CORRECTION, Act.RESTATE_FORWARD, Act.CLOSE_CONTROL_SLIP,
    }
)  # fmt: skip
VISITS: Final = frozenset({Act.PLAN_VERIFICATION, Act.MOVE_VERIFICATION, Act.CALL_OFF_VERIFICATION})
"""Told to the applicant where they were asked to come, or where it moved their due date."""
HOW: Final[Mapping[str, str]] = {
    "account": "Bản điện tử vào tài khoản của chủ hồ sơ.",
    "direct": "Nhận tại nơi trả kết quả.",
    "post": "Gửi qua bưu chính công ích.",
}
_WAITS: Final[Mapping[State, str]] = {
    State.PAYMENT_REQUESTED: "Chờ nộp khoản phải nộp",
    State.SUSPENDED: "Tạm dừng giải quyết",
}
WAITING_WORDS: Final[Mapping[NodeKind, str]] = {
    NodeKind.SERVICE_TASK: "Hệ thống đang tự thực hiện, không phải chờ người.",
    NodeKind.SEND_TASK: "Hệ thống đang gửi thông tin cho cơ quan liên quan.",
    NodeKind.RECEIVE_TASK: "Đang chờ thông tin từ cơ quan khác.",
    NodeKind.MESSAGE: "Đang chờ thông tin từ cơ quan khác.",
    NodeKind.TIMER: "Đang chờ đến thời điểm theo quy trình.",
}
NEXT_SHOWN: Final = 4
SAME_MOMENT: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Course:
    """What a course is told from. `names` are the officers' by staff id, `visits` verifications on site."""

    view: DossierView
    entries: Sequence[Happened]
    tasks: Sequence[TaskRow]
    names: Mapping[int, str]
    bundle: Bundle
    now: datetime
    visits: Sequence[VerificationRow] = ()

    def items(self) -> list[TimelineItem]:
        """Return the whole course in the order of time."""
        told = (entry for entry in self.entries if entry.act not in INSIDE and not _unannounced(entry))
        return [*map(self._happened, told), *self._ahead()]

    @property
    def replacement(self) -> str:
        """Return the code of the dossier that took this one's place, where it was void."""
        return next((str(e.payload.get("refiled_as", "")) for e in self.entries if e.act == Act.VOID), "")

    # What happened ----------------------------------------------------------------------------------------

    def _happened(self, entry: Happened) -> TimelineItem:
        more = [text for text in (self._about(entry), self._due(entry)) if text]
        return TimelineItem(self._what(entry), entry.occurred_at, "done", self._who(entry), " ".join(more))

    def _what(self, entry: Happened) -> str:
        step = str(entry.payload.get("step") or "")
        if entry.act in (Act.COMPLETE_STEP, Act.DECIDE) and step:
            return step
        if entry.act in BY_ITSELF and step:
            return f"{SAID[Act(entry.act)]}: {step}"
        return SAID.get(Act(entry.act), "Cập nhật hồ sơ") if entry.act in set(Act) else "Cập nhật hồ sơ"

    def _who(self, entry: Happened) -> str:
        if entry.actor_kind == ActorKind.CITIZEN:
            d = self.view.dossier
            return d.submitter_name or d.owner_name
        unit = organisation.full_name(organisation.unit(entry.unit_id)) if entry.unit_id else ""
        officer = self.names.get(entry.officer_id or 0, "")
        return ", ".join(part for part in (officer, unit) if part)

    def _about(self, entry: Happened) -> str:
        if entry.act == Act.REQUEST_SUPPLEMENT:
            found = _nearest(self.view.requests, entry.occurred_at)
            if found is None:
                return ""
            until = f" Hạn bổ sung: {vn_datetime(found.answer_by)}." if found.answer_by else ""
            return f"{_sentence(found.reason)}{until}"
        if entry.act == Act.ACCEPT and entry.payload.get("entered_late"):
            entered = vn_datetime(entry.payload["entered_late"]["entered_at"])
            return f"Nhận giấy tờ khi hệ thống gặp sự cố; nhập vào hệ thống lúc {entered}."
        if entry.act == Act.SUSPEND and entry.payload.get("ground") in SUSPEND_GROUNDS:
            return f"{SUSPEND_GROUNDS[Ground(entry.payload['ground'])]}."
        if entry.act in VISITS and entry.act != Act.CALL_OFF_VERIFICATION and entry.payload["applicant"]:
            return self._invited(entry)
        if entry.act == Act.RETURN_RESULT:
            kept = (
                " Giấy tờ đã số hóa được lưu vào “Kho giấy tờ” để dùng lại."
                if entry.payload.get("kept")
                else ""
            )
            return HOW.get(str(entry.payload.get("how", "")), "") + kept
        if entry.act == Act.FORWARD and entry.payload.get("to_unit"):
            return f"Nơi nhận: {organisation.full_name(organisation.unit(entry.payload['to_unit']))}."
        if entry.act in (Act.WITHDRAW, Act.DECIDE_REFUND, Act.PAY_REFUND) and "refund" in entry.payload:
            refund = entry.payload["refund"]
            return f"Được hoàn trả {money(refund)}." if refund else "Phí, lệ phí đã nộp không được hoàn trả."
        if entry.act == Act.SEND_BACK:
            return "Không phải do lỗi của bạn; bạn chưa phải làm gì."
        if entry.act == Act.VOID and entry.payload.get("refiled_as"):
            return f"Hồ sơ thay thế: {entry.payload['refiled_as']}."
        if entry.act == Act.TRANSFER:
            unit = organisation.full_name(organisation.unit(entry.payload["to_unit"]))
            return (
                f"Nơi giải quyết, trả kết quả: {unit}. Căn cứ: {entry.payload['decision']}."
                " Mã hồ sơ và ngày hẹn giữ nguyên."
            )
        if entry.act == Act.RECOMPUTE_DUE:
            return f"Căn cứ: {entry.payload['form']}, {entry.payload['title']}."
        if entry.act == Act.ORDER_CORRECTION:
            until = vn_datetime(datetime.fromisoformat(entry.payload["until"]))
            return f"Kết quả mới có chậm nhất {until}. Thông báo ở mục “Giấy tờ đã ban hành”."
        if entry.act in (Act.REFUSE, Act.REFUSE_REQUEST, Act.STOP):
            return "Lý do ghi trong văn bản ở mục “Giấy tờ đã ban hành”."
        return ""

    def _invited(self, entry: Happened) -> str:
        """Say when and where to be; the place only where the visit still stands as this entry says."""
        at = datetime.fromisoformat(entry.payload["planned_at"])
        row = next((one for one in self.visits if one.id == entry.payload["verification"]), None)
        if row is None or row.planned_at != at:
            return f"Lúc {vn_datetime(at)}."
        if not row.applicant_needed:
            return f"Lúc {vn_datetime(at)}. Bạn không phải có mặt."
        return f"Mời bạn có mặt lúc {vn_datetime(at)}, tại {row.place}. Nội dung: {_sentence(row.purpose)}"

    @property
    def invitation(self) -> VerificationRow | None:
        """Return the next visit on site at which the applicant has to be there."""
        open_ones = [one for one in self.visits if one.is_open and one.applicant_needed]
        ahead = [one for one in open_ones if one.planned_at is not None and one.planned_at > self.now]
        return min(ahead, key=lambda one: (one.planned_at, one.id), default=None)

    def _due(self, entry: Happened) -> str:
        if entry.act == Act.ACCEPT and entry.due_after is not None:
            return f"Hẹn trả kết quả: {vn_datetime(entry.due_after)}."
        if entry.act == Act.ACCEPT and entry.payload.get("expected"):
            return f"Dự kiến trả kết quả: {vn_datetime(entry.payload['expected'])}."
        if entry.act == Act.CONFIRM_RECEIPT and entry.due_after is not None:
            return f"Hẹn trả kết quả: {vn_datetime(entry.due_after)}; ngày này thay ngày dự kiến."
        if entry.moved_due and entry.due_after is not None:
            return f"Hẹn trả mới: {vn_datetime(entry.due_after)}."
        return ""

    # What is going on, and what comes next ------------------------------------------------------------------

    def _ahead(self) -> list[TimelineItem]:
        d = self.view.dossier
        state = State(d.state)
        unit = organisation.full_name(organisation.unit(d.receiving_unit_id))
        if state in OPEN and (state in PAUSED or d.supplement_due_at is not None):
            what = _WAITS.get(state, "Chờ bạn bổ sung")
            return [
                TimelineItem(what, d.supplement_due_at, "now", tag="hạn" if d.supplement_due_at else ""),
                TimelineItem("Tiếp tục giải quyết", None, "next"),
                TimelineItem("Trả kết quả", None, "next", unit),
            ]
        if state is State.SUBMITTED:
            late = d.answer_by is not None and d.answer_by < self.now
            return [
                TimelineItem(
                    "Cơ quan kiểm tra và trả lời", d.answer_by, "late" if late else "now", unit, tag="trước"
                ),
                *self._steps_after({task.node for task in self.tasks if task.is_open}),
            ]
        if underway(d) and state in RUNNING and d.competent_unit_id is not None:
            there = organisation.full_name(organisation.unit(d.competent_unit_id))
            what = (
                "Đang chuyển đến cơ quan giải quyết"
                if d.forwarded_at is None
                else "Cơ quan giải quyết nhận hồ sơ"
            )
            late = d.pass_by is not None and d.pass_by < self.now
            return [
                TimelineItem(what, d.pass_by, "late" if late else "now", there, tag="trước"),
                TimelineItem(
                    "Giải quyết", None, "next", there, "Thời hạn tính từ khi cơ quan giải quyết nhận được."
                ),
                TimelineItem("Trả kết quả", d.expected_due_at, "next", unit, tag="dự kiến"),
            ]
        if state in RUNNING:
            at_work = [task for task in self.tasks if task.is_open or task.state == TaskState.WAITING]
            return [*map(self._at_work, at_work), *self._steps_after({task.node for task in at_work})]
        if state is State.PROCESSED or (state is State.STOPPED and d.returned_at is None and d.decision):
            return [TimelineItem("Chờ trả kết quả", None, "now", unit)]
        return []

    def _at_work(self, task: TaskRow) -> TimelineItem:
        node = self.bundle.graph.by_id.get(task.node)
        if not task.is_open and node is not None and node.kind in WAITING_WORDS:
            return TimelineItem(task.name, None, "now", "", WAITING_WORDS[node.kind], tag="đang chờ")
        officer = self.names.get(task.assignee_id or 0, "")
        who = ", ".join(
            part for part in (officer, organisation.full_name(organisation.unit(task.unit_id))) if part
        )
        return TimelineItem(task.name, None, "now", who, task.about, tag="đang làm")

    def _steps_after(self, nodes: set[str]) -> list[TimelineItem]:
        d = self.view.dossier
        ahead = _after(self.bundle, frozenset(nodes))[:-1]
        shown = ahead[:NEXT_SHOWN]
        more = f"và {len(ahead) - len(shown)} bước nữa" if len(ahead) > len(shown) else ""
        items = [TimelineItem(name, None, "next") for name in shown]
        if more:
            items.append(TimelineItem(more, None, "next"))
        late = d.state in RUNNING and d.due_at is not None and d.due_at < self.now
        place = organisation.full_name(organisation.unit(d.receiving_unit_id))
        return [
            *items,
            TimelineItem(
                "Trả kết quả", d.due_at, "late" if late else "next", place, tag="hẹn" if d.due_at else ""
            ),
        ]


def people(entries: Iterable[Happened], tasks: Iterable[TaskRow]) -> set[int]:
    """Return the staff ids whose names a course says."""
    found = {entry.officer_id for entry in entries} | {task.assignee_id for task in tasks if task.is_open}
    return {staff_id for staff_id in found if staff_id is not None}


@lru_cache(maxsize=2048)
def _after(bundle: Bundle, nodes: frozenset[str]) -> tuple[str, ...]:
    """Return the names of the steps of the main path after those, the hand-over of the result last."""
    by_id = bundle.graph.by_id
    path = [step.node for step in happy_path(bundle.graph)]
    reached = max((_reached(bundle.graph, path, node) for node in nodes), default=-1)
    names = [by_id[node].name for node in path[reached + 1 :]]
    return tuple(names) or ("Trả kết quả",)


def _unannounced(entry: Happened) -> bool:
    """Tell whether an entry is of a visit the applicant need not know of: not asked to come, no date moved."""
    return entry.act in VISITS and not entry.payload["applicant"] and not entry.moved_due


def has_visits(entries: Iterable[Happened]) -> bool:
    """Tell whether a visit on site was planned: only then they are read."""
    return any(entry.act in VISITS for entry in entries)


def _reached(graph: Graph, path: Sequence[str], node: str) -> int:
    """Return how far along the main path a step is; one beside it, as far as what it leads back to."""
    seen, ways = {node}, [node]
    while ways:
        found = [path.index(one) for one in ways if one in path]
        if found:
            return min(found) - (node not in path)
        ways = [edge.target for one in ways for edge in graph.outgoing[one] if edge.target not in seen]
        seen.update(ways)
    return -1


def _nearest(requests: Iterable[RequestRow], at: datetime) -> RequestRow | None:
    return next((row for row in requests if abs(row.requested_at - at) < SAME_MOMENT), None)


def _sentence(text: str) -> str:
    kept = text.strip()
    return kept if kept.endswith((".", "!", "?")) else f"{kept}."


def advice(d: Dossier, unit: str, replacement: str) -> tuple[str, str, str]:
    """Return what to do next in this state: look of the notice, title, text; empty where the page says it already."""
    state = State(d.state)
    if state is State.PAYMENT_REQUESTED:
        return (
            "warn",
            "Có khoản phải nộp",
            "Nộp theo thông báo của cơ quan. Khi đã nộp, hồ sơ được giải quyết tiếp;"
            " thời gian chờ không tính vào thời hạn.",
        )
    if state is State.SUSPENDED:
        return (
            "info",
            "Hồ sơ tạm dừng giải quyết",
            "Căn cứ ghi ở phần Diễn biến. Thời gian tạm dừng không tính vào thời hạn của cơ quan.",
        )
    if state is State.PROCESSED:
        ways = {
            "direct": f"Mang giấy hẹn và giấy tờ tùy thân đến {unit} để nhận.",
            "post": "Kết quả được gửi qua bưu chính đến địa chỉ bạn đã đăng ký.",
        }
        text = ways.get(
            d.return_channel, "Bản điện tử được chuyển vào tài khoản của chủ hồ sơ khi cơ quan trả kết quả."
        )
        return "ok", "Đã có kết quả", text
    if state is State.STOPPED and d.decision == "refused":
        return (
            "warn",
            "Cơ quan không giải quyết hồ sơ này",
            "Lý do ghi trong văn bản dưới đây. Nếu không đồng ý, bạn có quyền khiếu nại đến cơ quan đã ra văn bản.",
        )
    texts = {
        State.NOT_ACCEPTED: (
            "warn",
            "Hồ sơ không được tiếp nhận",
            "Lý do và cách làm đúng ghi trong phiếu từ chối dưới đây. Sửa theo hướng dẫn rồi nộp hồ sơ mới.",
        ),
        State.WITHDRAWN: (
            "info",
            "Hồ sơ đã rút",
            f"Bản chính đã nộp (nếu có) nhận lại tại {unit}. Muốn làm tiếp, hãy nộp hồ sơ mới.",
        ),
        State.STOPPED: (
            "warn",
            "Hồ sơ đã dừng giải quyết",
            "Lý do ghi trong văn bản dưới đây. Muốn làm tiếp, hãy nộp hồ sơ mới.",
        ),
        State.VOID: (
            "info",
            "Hồ sơ này đã hủy vì nhập sai thủ tục",
            f"Bạn không phải làm gì thêm: hồ sơ thay thế có mã {replacement}."
            if replacement
            else "Bạn không phải làm gì thêm.",
        ),
        State.RETURNED: (
            "ok",
            "Đã trả kết quả",
            "Bản điện tử nằm ở mục “Giấy tờ đã ban hành” và trong “Kho giấy tờ” của chủ hồ sơ.",
        ),
    }
    return texts.get(state, ("", "", ""))
