"""
From a table of steps (the shape of the procedure data) to a graph.

A step becomes a user task `s<no>`. A step of opinions asked in parallel becomes a merge `s<no>`, a split, one
task `s<no>.<item>` for each unit asked, and a join. A request for supplement, a payment or a verification
outside becomes an event that is waited for and leads back to its step. A step with `waits_for: parts` is nobody's
work: an event, where a group of interlinked procedures waits until its parts have ended. `form_parts` are the parts of
the form to check at a step, `prints` the papers made when it is done (each unit asked side by side has both).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final

from motcua.kernel.process.graph import (
    Edge,
    EndKind,
    Flow,
    Graph,
    Mark,
    Node,
    NodeKind,
    ProcessInvalid,
    Silence,
    WaitKind,
)


class Outcome(StrEnum):
    """
    The outcomes of steps that the engine's marks depend on; the values are the codes of the data.

    A process may use others: they go where their `next` says and mean nothing more.
    """

    ACCEPT = "tiep_nhan"
    REFUSE_RECEIPT = "tu_choi_tiep_nhan"
    SUPPLEMENT = "yeu_cau_bo_sung"
    ASSIGN = "phan_cong"
    SUBMIT = "trinh_duyet"
    PROPOSE_REFUSAL = "de_xuat_tu_choi"
    VERIFY_OUTSIDE = "gui_xac_minh"
    AGREE = "dong_y"
    SEND_BACK = "tra_lai"
    REFUSE = "khong_giai_quyet"
    ISSUE = "ban_hanh"
    HAND_OVER = "tra_ket_qua"
    EXTEND = "xin_loi_hen_lai"
    OPINION = "cho_y_kien"
    SILENCE = "qua_han_coi_nhu_dong_y"
    DISAGREE = "khong_dong_y"
    PAYMENT = "chuyen_nghia_vu_tai_chinh"
    PASS = "dat"  # noqa: S105 (an outcome, not a password)
    FAIL = "khong_dat"
    FORWARD = "lien_thong"


# Shown on buttons where the catalogue gives no other words.
NAMES: Final[Mapping[str, str]] = {
    Outcome.ACCEPT: "Tiếp nhận",
    Outcome.REFUSE_RECEIPT: "Từ chối tiếp nhận",
    Outcome.SUPPLEMENT: "Yêu cầu bổ sung, hoàn thiện hồ sơ",
    Outcome.ASSIGN: "Phân công thụ lý",
    Outcome.SUBMIT: "Trình duyệt, trình ký",
    Outcome.PROPOSE_REFUSAL: "Đề xuất không giải quyết",
    Outcome.VERIFY_OUTSIDE: "Gửi xác minh",
    Outcome.AGREE: "Duyệt, ký",
    Outcome.SEND_BACK: "Trả lại bước thụ lý",
    Outcome.REFUSE: "Ký văn bản không giải quyết",
    Outcome.ISSUE: "Ban hành kết quả",
    Outcome.HAND_OVER: "Trả kết quả",
    Outcome.EXTEND: "Xin lỗi, hẹn lại ngày trả kết quả",
    Outcome.OPINION: "Cho ý kiến",
    Outcome.SILENCE: "Quá hạn không trả lời, coi như đồng ý",
    Outcome.DISAGREE: "Không đồng ý",
    Outcome.PAYMENT: "Chuyển thông tin nghĩa vụ tài chính",
    Outcome.PASS: "Đạt điều kiện",
    Outcome.FAIL: "Không đạt điều kiện",
    Outcome.FORWARD: "Chuyển cơ quan tiếp theo",
}

_NEGATIVE: Final = frozenset(
    {Outcome.REFUSE_RECEIPT, Outcome.PROPOSE_REFUSAL, Outcome.REFUSE, Outcome.DISAGREE, Outcome.FAIL}
)
_END_DONE, _END_REFUSED = "end_done", "end_refused"
_PAUSE, _WAIT, _EXTEND = "pause_applicant", "wait_external", "extend"
_WAIT_NAMES: Final[Mapping[WaitKind, str]] = {
    WaitKind.APPLICANT: "Chờ người nộp bổ sung, hoàn thiện hồ sơ",
    WaitKind.PAYMENT: "Chờ thực hiện nghĩa vụ tài chính",
    WaitKind.EXTERNAL: "Chờ kết quả xác minh",
    WaitKind.PARTS: "Chờ các cơ quan giải quyết từng phần",
}


def compile_steps(variant: Mapping[str, Any], *, outcome_names: Mapping[str, str] | None = None) -> Graph:
    """
    Return the graph of one variant of a procedure's process (`process[]` of the data).

    `outcome_names` are the catalogue's words for outcomes.

    :raises ProcessInvalid: a step is malformed or an outcome leads nowhere; the message names the step.
    """
    return _Compiler(variant, {**NAMES, **(outcome_names or {})}).graph()


class _Compiler:
    def __init__(self, variant: Mapping[str, Any], names: Mapping[str, str]) -> None:
        self.variant = variant
        self.names = names
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self.numbers: set[int] = set()
        self.refused = False

    def graph(self) -> Graph:
        steps = self.variant.get("steps")
        if not isinstance(steps, Sequence) or not steps:
            raise ProcessInvalid("Quy trình chưa có bước nào.")
        for step in steps:
            number = step.get("no")
            if not isinstance(number, int) or isinstance(number, bool) or number in self.numbers:
                raise ProcessInvalid(f"Số thứ tự bước “{number}” bị thiếu, sai hoặc trùng.", step=number)
            self.numbers.add(number)
        marks = self._marks(steps)
        self.nodes.append(Node("start", NodeKind.START, "Bắt đầu"))
        self._edge("start", f"s{steps[0]['no']}")
        for step in steps:
            self._step(step, marks.get(step["no"], frozenset()))
        self.nodes.append(Node("end_done", NodeKind.END, "Hoàn thành", end=EndKind.DONE))
        if self.refused:
            self.nodes.append(
                Node("end_refused", NodeKind.END, "Từ chối tiếp nhận", end=EndKind.REFUSED, terminate=True)
            )
        return Graph(
            name=str(self.variant.get("variant", "")),
            nodes=tuple(self.nodes),
            edges=tuple(self.edges),
            decided_by=str(self.variant.get("decided_by_unit_kind", "")),
            levels=tuple(str(level) for level in self.variant.get("levels", ())),
        )

    def _marks(self, steps: Sequence[Mapping[str, Any]]) -> dict[int, frozenset[Mark]]:
        """
        Tell which steps are receipt, decision, issue and hand-over.

        The decision is the last step with the outcome "agree" in the unit kind that decides (a head of
        division in the same agency agrees before the head of the agency does); where the data name no such
        step, the last "agree" of all. The issue is the last "issue" after it.
        """
        found: dict[int, set[Mark]] = {}

        def mark(number: int | None, what: Mark) -> None:
            if number is not None:
                found.setdefault(number, set()).add(what)

        def having(outcome: Outcome) -> list[Mapping[str, Any]]:
            return [step for step in steps if any(way.get("code") == outcome for way in step["outcomes"])]

        decided_by = self.variant.get("decided_by_unit_kind")
        agree = having(Outcome.AGREE)
        competent = [step for step in agree if step.get("unit_kind") == decided_by] or agree
        decision = competent[-1]["no"] if competent else None
        issue = [step["no"] for step in having(Outcome.ISSUE)]
        for step in steps:
            for way in step["outcomes"]:
                if way.get("next") == _END_DONE:
                    mark(step["no"], Mark.HANDOVER)
        mark(next((step["no"] for step in having(Outcome.ACCEPT)), None), Mark.RECEPTION)
        mark(decision, Mark.DECISION)
        mark(issue[-1] if issue else None, Mark.ISSUE)
        return {number: frozenset(marks) for number, marks in found.items()}

    def _step(self, step: Mapping[str, Any], marks: frozenset[Mark]) -> None:
        number = int(step["no"])
        consultation = step.get("parallel_consultation")
        if step.get("waits_for"):
            self._waits(number, step)
        elif consultation:
            self._consultation(number, step, consultation, marks)
        else:
            node = Node(
                id=f"s{number}",
                kind=NodeKind.USER_TASK,
                name=str(step.get("name", "")),
                step=number,
                unit_kind=str(step.get("unit_kind", "")),
                role=str(step.get("role", "")),
                hours=self._hours(number, step.get("hours", 0)),
                marks=marks,
                note=str(step.get("note") or ""),
                on_site=bool(step.get("on_site")),
                form_parts=_refs(step, "form_parts"),
                prints=_refs(step, "prints"),
            )
            self.nodes.append(node)
            self._outcomes(number, node.id, step["outcomes"])

    def _waits(self, number: int, step: Mapping[str, Any]) -> None:
        if _refs(step, "form_parts") or _refs(step, "prints"):
            raise ProcessInvalid(
                f"Bước {number}: bước chờ không nêu được phần tờ khai hay giấy tờ.", step=number
            )
        if step["waits_for"] != WaitKind.PARTS or len(step["outcomes"]) != 1:
            raise ProcessInvalid(
                f"Bước {number}: chỉ chờ được các phần liên thông (parts), với một đường đi tiếp.",
                step=number,
            )
        name = str(step.get("name") or _WAIT_NAMES[WaitKind.PARTS])
        self.nodes.append(
            Node(
                f"s{number}",
                NodeKind.MESSAGE,
                name,
                step=number,
                unit_kind=str(step.get("unit_kind", "")),
                role=str(step.get("role", "")),
                wait=WaitKind.PARTS,
                note=str(step.get("note") or ""),
            )
        )
        self._edge(f"s{number}", self._target(number, step["outcomes"][0].get("next")))

    def _consultation(
        self, number: int, step: Mapping[str, Any], asked: Mapping[str, Any], marks: frozenset[Mark]
    ) -> None:
        items = asked.get("items") or ()
        if asked.get("mode") != "all" or not items:
            raise ProcessInvalid(
                f"Bước {number}: chỉ hỗ trợ lấy ý kiến tất cả các đơn vị được nêu.", step=number
            )
        name = str(step.get("name", ""))
        merge, split, join = f"s{number}", f"s{number}.split", f"s{number}.join"
        onward = [way for way in step["outcomes"] if isinstance(way.get("next"), int)]
        targets = {way["next"] for way in onward}
        if len(targets) != 1:
            raise ProcessInvalid(
                f"Bước {number}: mọi kết cục của việc lấy ý kiến phải dẫn tới cùng một bước.", step=number
            )
        if len(items) > 1:
            self.nodes += [
                Node(merge, NodeKind.EXCLUSIVE, name, step=number, marks=marks),
                Node(split, NodeKind.PARALLEL, name),
            ]
            self._edge(merge, split)
        for position, item in enumerate(items, start=1):
            silence = Silence(item.get("on_silence", Silence.NOT_ALLOWED))
            node = Node(
                id=f"{merge}.{position}" if len(items) > 1 else merge,
                kind=NodeKind.USER_TASK,
                name=name,
                step=number,
                unit_kind=str(item.get("unit_kind", "")),
                role=str(step.get("role", "")),
                hours=self._hours(number, item.get("hours", step.get("hours", 0))),
                about=str(item.get("about", "")),
                on_silence=silence,
                marks=marks if len(items) == 1 else frozenset(),
                note=str(step.get("note") or ""),
                form_parts=_refs(step, "form_parts"),
                prints=_refs(step, "prints"),
            )
            self.nodes.append(node)
            # Silence is an answer only where the law makes it one.
            ways = [
                way for way in step["outcomes"] if way["code"] != Outcome.SILENCE or silence is Silence.AGREE
            ]
            if len(items) == 1:
                self._outcomes(number, node.id, ways)
                continue
            self._edge(split, node.id)
            gathered = f"{node.id}.out"
            self.nodes.append(Node(gathered, NodeKind.EXCLUSIVE))
            self._outcomes(number, node.id, ways, onward=gathered)
            self._edge(gathered, join)
        if len(items) > 1:
            self.nodes.append(Node(join, NodeKind.PARALLEL, name))
            self._edge(join, self._target(number, targets.pop()))

    def _outcomes(
        self, number: int, source: str, ways: Sequence[Mapping[str, Any]], onward: str | None = None
    ) -> None:
        if not ways:
            raise ProcessInvalid(f"Bước {number} chưa có kết cục nào.", step=number)
        seen: set[str] = set()
        for way in ways:
            code, following = str(way.get("code", "")), way.get("next")
            if not code or code in seen:
                raise ProcessInvalid(f"Bước {number}: kết cục “{code}” bị trống hoặc trùng.", step=number)
            seen.add(code)
            if following == _EXTEND:
                self._edge(source, source, code, Flow.EXTEND)
            elif following in (_PAUSE, _WAIT):
                self._wait(source, code, applicant=following == _PAUSE)
            elif isinstance(following, int) and onward is not None:
                flow = Flow.NEGATIVE if code in _NEGATIVE else Flow.FORWARD
                self._edge(source, onward, code, flow)
            else:
                target = self._target(number, following)
                back = isinstance(following, int) and following <= number
                negative = code in _NEGATIVE or following == _END_REFUSED
                flow = Flow.BACK if back else Flow.NEGATIVE if negative else Flow.FORWARD
                self._edge(source, target, code, flow)

    def _wait(self, source: str, code: str, *, applicant: bool) -> None:
        wait = WaitKind.APPLICANT
        if not applicant:
            wait = WaitKind.PAYMENT if code == Outcome.PAYMENT else WaitKind.EXTERNAL
        node = Node(f"{source}.{code}", NodeKind.MESSAGE, _WAIT_NAMES[wait], wait=wait)
        self.nodes.append(node)
        self._edge(source, node.id, code, Flow.WAIT)
        self._edge(node.id, source, "", Flow.BACK)

    def _target(self, number: int, following: Any) -> str:
        if following == _END_DONE:
            return "end_done"
        if following == _END_REFUSED:
            self.refused = True
            return "end_refused"
        if isinstance(following, int) and following in self.numbers:
            return f"s{following}"
        raise ProcessInvalid(f"Bước {number} chuyển tới “{following}”, không có bước này.", step=number)

    def _edge(self, source: str, target: str, outcome: str = "", flow: Flow = Flow.FORWARD) -> None:
        self.edges.append(
            Edge(
                id=f"{source}>{outcome or target}",
                source=source,
                target=target,
                outcome=outcome,
                name=self.names.get(outcome, outcome),
                flow=flow,
            )
        )

    def _hours(self, number: int, raw: Any) -> Decimal:
        try:
            hours = Decimal(str(raw))
        except InvalidOperation:
            hours = Decimal(-1)
        if not hours.is_finite() or hours < 0:
            raise ProcessInvalid(f"Bước {number}: số giờ “{raw}” không hợp lệ.", step=number)
        return hours


def _refs(step: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return the parts of the form, or the papers, that a step names."""
    return tuple(map(str, step.get(name) or ()))
