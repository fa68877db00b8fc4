"""
BPMN 2.0 files: read into a graph, written from one, and both without losing what others wrote into the file.

What the engine runs is read; drawing, texts, lanes, data objects and foreign extensions stay in the file as they
are; anything else that would change the course of a dossier is refused with its id and the reason, all faults at
once. What BPMN has no words for stands in extension elements of a namespace of our own:

    userTask > extensionElements > mc:step unitKind role hours about onSilence marks note enough …
                                   > mc:asked unitKind …     one for each unit of a multi-instance task
                                   > mc:formPart ref, mc:print ref, mc:ask ref, mc:notBy ref (id of a step)
                                   > mc:signer position username from to
    serviceTask, userTask > … mc:step auto ref answer otherwise    what the system does by itself
    sequenceFlow > extensionElements > mc:way outcome flow

A `formPart` is a section of the procedure's form to check at the step, a `print` the code of a paper made when the
step is done and the process goes on.

Several ways out of a task are conditional flows, one for each outcome. Durations are working hours (`PT16H`) or
working days (`P3D`); a date is a day (`2026-12-31`) or the name of a fact that holds one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple

from lxml import etree

from motcua.kernel.process import condition as conditions
from motcua.kernel.process.graph import (
    BOUNDARIES,
    GATEWAYS,
    TASKS,
    Asked,
    AutoKind,
    Edge,
    EndKind,
    Flow,
    Graph,
    Mark,
    Node,
    NodeKind,
    ProcessInvalid,
    Signer,
    Silence,
    WaitKind,
)
from motcua.kernel.process.layout import layout

MAX_BYTES: Final = 2_000_000
MAX_ELEMENTS: Final = 1_000
MAX_ID: Final = 50
OUTCOME: Final = "ket_cuc"
"""The name under which a condition on a flow out of a task reads the task's outcome."""

BPMN: Final = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DI: Final = "http://www.omg.org/spec/BPMN/20100524/DI"
DC: Final = "http://www.omg.org/spec/DD/20100524/DC"
DD: Final = "http://www.omg.org/spec/DD/20100524/DI"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
OURS: Final = "urn:motcua:bpmn:1"
_PREFIXES: Final = {"bpmn": BPMN, "bpmndi": DI, "dc": DC, "di": DD, "xsi": XSI, "mc": OURS}
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")
_DURATION: Final = re.compile(r"PT(?:([0-9]+(?:\.[0-9]+)?)H)?(?:([0-9]+)M)?\Z")
_DAYS: Final = re.compile(r"P([0-9]{1,4})D\Z")
_ENOUGH: Final = re.compile(r"[$#]?\{?\s*=?\s*nrOfCompletedInstances\s*(?:>=|==)\s*([0-9]+)\s*\}?\Z")

_TAGS: Final[Mapping[NodeKind, str]] = {
    NodeKind.START: "startEvent",
    NodeKind.END: "endEvent",
    NodeKind.USER_TASK: "userTask",
    NodeKind.SERVICE_TASK: "serviceTask",
    NodeKind.SEND_TASK: "sendTask",
    NodeKind.RECEIVE_TASK: "receiveTask",
    NodeKind.CALL_ACTIVITY: "callActivity",
    NodeKind.EXCLUSIVE: "exclusiveGateway",
    NodeKind.PARALLEL: "parallelGateway",
    NodeKind.INCLUSIVE: "inclusiveGateway",
    NodeKind.TIMER: "intermediateCatchEvent",
    NodeKind.MESSAGE: "intermediateCatchEvent",
    NodeKind.BOUNDARY_TIMER: "boundaryEvent",
    NodeKind.BOUNDARY_MESSAGE: "boundaryEvent",
    NodeKind.BOUNDARY_ERROR: "boundaryEvent",
}
_PLAIN: Final[Mapping[str, NodeKind]] = {
    "task": NodeKind.USER_TASK,
    **{tag: kind for kind, tag in _TAGS.items() if kind in TASKS | GATEWAYS},
}
_TIMED: Final = frozenset((NodeKind.TIMER, NodeKind.BOUNDARY_TIMER))
_EVENTS: Final = frozenset(("startEvent", "endEvent", "intermediateCatchEvent", "boundaryEvent"))
# What a file may hold beside the course: it is kept and means nothing to the engine.
_KEPT: Final = frozenset(
    (
        "documentation", "extensionElements", "laneSet", "textAnnotation", "association", "group", "property",
        "dataObject", "dataObjectReference", "dataStoreReference", "ioSpecification", "dataInputAssociation",
        "dataOutputAssociation", "incoming", "outgoing", "auditing", "monitoring", "humanPerformer",
        "potentialOwner", "performer", "resourceRole", "correlationSubscription", "supports",
    )
)  # fmt: skip
_REASONS: Final[Mapping[str, str]] = {
    "subProcess": "không dùng tiến trình con nhúng; hãy vẽ phẳng hoặc gọi một quy trình khác",
    "transaction": "không dùng tiến trình con giao dịch",
    "adHocSubProcess": "không dùng tiến trình con tự do",
    "scriptTask": "không chạy mã lệnh; dùng bước tự động (service task)",
    "businessRuleTask": "không dùng bước luật nghiệp vụ; đặt điều kiện ở cổng rẽ nhánh",
    "manualTask": "dùng bước của người xử lý (user task)",
    "eventBasedGateway": "không dùng cổng theo sự kiện; dùng sự kiện biên của bước",
    "complexGateway": "không dùng cổng phức hợp",
    "intermediateThrowEvent": "không dùng sự kiện phát ở giữa; dùng bước gửi (send task)",
}
_EVENT_REASONS: Final[Mapping[str, str]] = {
    "signalEventDefinition": "không dùng tín hiệu",
    "escalationEventDefinition": "không dùng leo thang",
    "compensateEventDefinition": "không dùng hoàn tác",
    "conditionalEventDefinition": "không dùng sự kiện theo điều kiện",
    "linkEventDefinition": "không dùng liên kết; nối thẳng bằng đường",
    "cancelEventDefinition": "không dùng hủy giao dịch",
}


class Fault(NamedTuple):
    """Why an element of a file cannot be taken: its id and a sentence."""

    element: str
    reason: str


class BpmnInvalid(ProcessInvalid):
    """A file is not a process of the subset; `faults` names every element that does not fit."""

    code = "bpmn_invalid"

    def __init__(self, faults: Sequence[Fault]) -> None:
        told = [f"{fault.element}: {fault.reason}" if fault.element else fault.reason for fault in faults]
        super().__init__(" ".join(told), faults=tuple(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True)
class Drawing:
    """A file read: the process, and the ids its elements have in the file by their id in the graph."""

    graph: Graph
    elements: Mapping[str, str]


def read(data: bytes) -> Drawing:
    """
    Return the process of a BPMN file.

    :raises BpmnInvalid: not a BPMN file, or one with elements outside the subset.
    """
    return _Reader(_process(_parse(data))).drawing()


def write(graph: Graph, base: bytes | None = None) -> bytes:
    """
    Return the process as a BPMN file, UTF-8; `read` of it gives the same graph.

    `base` is a file of an earlier form of the process: what it holds besides (diagram, texts, foreign extensions)
    is kept for the elements that are still there. The diagram is drawn anew where an element is missing in it.

    :raises BpmnInvalid: the base cannot be read.
    """
    return _Writer(graph, base).document()


# Reading


def _parse(data: bytes) -> Any:
    if len(data) > MAX_BYTES:
        raise BpmnInvalid([Fault("", f"Tệp lớn hơn {MAX_BYTES // 1_000_000} MB.")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BpmnInvalid([Fault("", "Tệp không phải văn bản UTF-8.")]) from None
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise BpmnInvalid([Fault("", "Tệp có khai báo DOCTYPE; tệp BPMN không cần và không được có.")])
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text).encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as fault:
        line = getattr(fault, "lineno", None)
        raise BpmnInvalid([Fault("", f"Tệp không phải XML hợp lệ (dòng {line or 1}).")]) from None
    if root.tag != f"{{{BPMN}}}definitions":
        raise BpmnInvalid([Fault("", "Tệp không phải sơ đồ BPMN 2.0.")])
    return root


def _process(root: Any) -> Any:
    found = root.findall(f"{{{BPMN}}}process")
    filled = [item for item in found if any(_local(child) not in _KEPT for child in item)]
    if len(filled) > 1:
        faults = [Fault(item.get("id", ""), "mỗi tệp chỉ có một quy trình.") for item in filled]
        raise BpmnInvalid(faults)
    if not filled:
        raise BpmnInvalid([Fault("", "Sơ đồ chưa có bước nào.")])
    return filled[0]


def _local(element: Any) -> str:
    """Return the name of a BPMN element without its namespace; empty for anything else."""
    tag = element.tag
    if isinstance(tag, str) and tag.startswith(f"{{{BPMN}}}"):
        return tag[len(BPMN) + 2 :]
    return ""


def _own(element: Any, name: str) -> Any | None:
    return element.find(f"{{{BPMN}}}extensionElements/{{{OURS}}}{name}")


class _Reader:
    def __init__(self, process: Any) -> None:
        self.process = process
        self.faults: list[Fault] = []
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self.elements: dict[str, str] = {}
        self.explicit: set[str] = set()

    def drawing(self) -> Drawing:
        children = [item for item in self.process if isinstance(item.tag, str)]
        if len(children) > MAX_ELEMENTS:
            raise BpmnInvalid([Fault("", f"Sơ đồ có quá {MAX_ELEMENTS} phần tử.")])
        flows = [item for item in children if _local(item) == "sequenceFlow"]
        keys = [self._key(item) for item in children]
        self.twice = {key for key in keys if key and keys.count(key) > 1}
        for item in children:
            name = _local(item)
            if name and name not in _KEPT and name != "sequenceFlow":
                self._node(item, name)
        kinds = {node.id: node.kind for node in self.nodes}
        named = {self.elements[node.id]: node.id for node in self.nodes}
        defaults = {item.get("default") for item in children if item.get("default")}
        for item in flows:
            self._flow(item, kinds, named, defaults)
        self._attached(named)
        self.nodes = [
            replace(node, not_by=tuple(named.get(ref, ref) for ref in node.not_by)) if node.not_by else node
            for node in self.nodes
        ]
        own = _own(self.process, "process")
        values = own.attrib if own is not None else {}
        if self.faults:
            raise BpmnInvalid(self.faults)
        self._ways_of_tasks()
        if self.faults:
            raise BpmnInvalid(self.faults)
        try:
            graph = Graph(
                name=values.get("variant") or self.process.get("name") or self.process.get("id") or "",
                nodes=tuple(self.nodes),
                edges=tuple(self.edges),
                decided_by=values.get("decidedBy", ""),
                levels=tuple(values.get("levels", "").split()),
            )
        except ProcessInvalid as fault:
            raise BpmnInvalid([Fault("", fault.message)]) from None
        return Drawing(self._flowing(graph), self.elements)

    def _key(self, item: Any) -> str:
        own = _own(item, "way" if _local(item) == "sequenceFlow" else "step")
        return (own.get("key", "") if own is not None else "") or item.get("id", "")

    def _fault(self, item: Any, reason: str) -> None:
        self.faults.append(Fault(item.get("id") or _local(item), reason))

    def _id(self, item: Any) -> str:
        """Return the id in the graph: the one in the file, or the one it stands for."""
        own = item.get("id", "")
        key = self._key(item)
        if key in self.twice:  # a copied element carries the key of the one it was copied from
            key = own
        if not own:
            self._fault(item, "phần tử không có mã (id).")
        elif len(key) > MAX_ID and key == own:
            self._fault(item, f"mã dài quá {MAX_ID} ký tự.")
        self.elements[key] = own
        return str(key)

    def _node(self, item: Any, name: str) -> None:
        if name not in _PLAIN and name not in _EVENTS:
            self._fault(item, f"{_REASONS.get(name, f'không hỗ trợ phần tử “{name}”')}.")
            return
        node = Node(self._id(item), NodeKind.START, " ".join(item.get("name", "").split()))
        own = _own(item, "step")
        if own is not None:
            node = self._step(item, node, own)
        if name in _EVENTS:
            node = self._event(item, name, node)
        else:
            node = replace(node, kind=_PLAIN[name])
            if name == "callActivity":  # other tools know this name only
                node = replace(node, ref=item.get("calledElement", "") or node.ref)
            if name in ("sendTask", "receiveTask") and not node.ref:
                node = replace(node, ref=self._message(item.get("messageRef", "")))
            node = self._loop(item, node)
        self.nodes.append(node)

    def _step(self, item: Any, node: Node, own: Any) -> Node:
        values = own.attrib
        asked = tuple(
            Asked(
                unit_kind=one.get("unitKind", ""),
                role=one.get("role", ""),
                hours=self._hours(item, one.get("hours")) if one.get("hours") else None,
                about=one.get("about", ""),
                on_silence=self._enum(item, Silence, one.get("onSilence")),
            )
            for one in own.findall(f"{{{OURS}}}asked")
        )
        marks = frozenset(
            mark for word in values.get("marks", "").split() if (mark := self._enum(item, Mark, word))
        )
        return replace(
            node,
            step=self._number(item, values.get("no")),
            unit_kind=values.get("unitKind", ""),
            role=values.get("role", ""),
            hours=self._hours(item, values.get("hours")),
            about=values.get("about", ""),
            on_silence=self._enum(item, Silence, values.get("onSilence")),
            wait=self._enum(item, WaitKind, values.get("wait")),
            end=self._enum(item, EndKind, values.get("end")),
            ref=values.get("ref", ""),
            marks=marks,
            note=values.get("note", ""),
            asked=asked,
            enough=self._number(item, values.get("enough")) or 0,
            form_parts=tuple(one.get("ref", "") for one in own.findall(f"{{{OURS}}}formPart")),
            prints=tuple(one.get("ref", "") for one in own.findall(f"{{{OURS}}}print")),
            not_by=tuple(one.get("ref", "") for one in own.findall(f"{{{OURS}}}notBy")),
            signers=tuple(
                Signer(
                    position=" ".join(one.get("position", "").split()),
                    username=one.get("username", "").strip(),
                    valid_from=self._day(item, one.get("from")),
                    valid_to=self._day(item, one.get("to")),
                )
                for one in own.findall(f"{{{OURS}}}signer")
            ),
            auto=self._enum(item, AutoKind, values.get("auto")),
            asks=tuple(one.get("ref", "") for one in own.findall(f"{{{OURS}}}ask")),
            answer=values.get("answer", ""),
            otherwise=values.get("otherwise", ""),
            days=self._number(item, values.get("days")) or 0,
            on=values.get("on", ""),
            on_site=values.get("onSite", "") == "true",
        )

    def _day(self, item: Any, word: str | None) -> date | None:
        if not word:
            return None
        try:
            return date.fromisoformat(word)
        except ValueError:
            self._fault(item, f"“{word[:20]}” không phải ngày (năm-tháng-ngày).")
            return None

    def _enum(self, item: Any, kind: Any, word: str | None) -> Any:
        if not word:
            return None
        try:
            return kind(word)
        except ValueError:
            self._fault(item, f"giá trị “{word}” không có trong danh mục.")
            return None

    def _number(self, item: Any, word: str | None) -> int | None:
        if not word:
            return None
        if not (word.isascii() and word.isdigit() and len(word) < 6):
            self._fault(item, f"“{word}” không phải số nguyên.")
            return None
        return int(word)

    def _hours(self, item: Any, word: str | None) -> Decimal:
        if not word:
            return Decimal(0)
        try:
            hours = Decimal(word)
        except InvalidOperation:
            hours = Decimal(-1)
        if not hours.is_finite() or not 0 <= hours < 100_000 or hours != round(hours, 2):
            self._fault(item, f"số giờ “{word}” không hợp lệ.")
            return Decimal(0)
        return hours

    def _event(self, item: Any, name: str, node: Node) -> Node:
        defined = [child for child in item if _local(child).endswith("EventDefinition")]
        if len(defined) > 1:
            self._fault(item, "mỗi sự kiện chỉ có một loại.")
        what = _local(defined[0]) if defined else ""
        if what in _EVENT_REASONS:
            self._fault(item, f"{_EVENT_REASONS[what]}.")
            return node
        if name == "startEvent":
            if what:
                self._fault(item, "điểm bắt đầu chỉ dùng loại thường, không kèm sự kiện.")
            return node
        if name == "endEvent":
            if what == "errorEventDefinition":
                return replace(node, kind=NodeKind.END, end=EndKind.ERROR, terminate=True)
            if what not in ("", "terminateEventDefinition"):
                self._fault(item, "điểm kết thúc chỉ dùng loại thường, lỗi hoặc dừng tất cả.")
            return replace(
                node, kind=NodeKind.END, end=node.end or EndKind.DONE, terminate=what.startswith("terminate")
            )
        beside = name == "boundaryEvent"
        if what == "timerEventDefinition":
            node = replace(node, kind=NodeKind.BOUNDARY_TIMER if beside else NodeKind.TIMER)
            node = self._moment(item, defined[0], node)
        elif what == "messageEventDefinition":
            node = replace(node, kind=NodeKind.BOUNDARY_MESSAGE if beside else NodeKind.MESSAGE)
            if not node.ref:
                node = replace(node, ref=self._message(defined[0].get("messageRef", "")))
        elif what == "errorEventDefinition" and beside:
            node = replace(node, kind=NodeKind.BOUNDARY_ERROR)
            if item.get("cancelActivity", "true") == "false":
                self._fault(item, "sự kiện lỗi luôn ngắt bước của nó.")
        else:
            self._fault(
                item, "sự kiện ở giữa và sự kiện biên chỉ dùng hẹn giờ, thông điệp; biên còn dùng lỗi."
            )
        if beside:
            cancels = item.get("cancelActivity", "true") != "false"
            node = replace(node, attached_to=item.get("attachedToRef", ""), interrupting=cancels)
        return node

    def _moment(self, item: Any, defined: Any, node: Node) -> Node:
        """Return a timer with when it goes off, as the file says; our own attributes where it says nothing."""
        known = bool(node.hours or node.days or node.on)
        bare = replace(node, hours=Decimal(0), days=0, on="")
        if defined.find(f"{{{BPMN}}}timeCycle") is not None:
            self._fault(item, "hẹn giờ chỉ dùng khoảng thời gian hoặc ngày, không dùng chu kỳ.")
            return node
        day = (defined.findtext(f"{{{BPMN}}}timeDate") or "").strip()
        if day:
            if len(day) > MAX_ID:
                self._fault(item, f"ngày hẹn dài quá {MAX_ID} ký tự.")
            return replace(bare, on=_day(day))
        text = (defined.findtext(f"{{{BPMN}}}timeDuration") or "").strip()
        days, found = _DAYS.match(text), _DURATION.match(text)
        if days is not None:
            return replace(bare, days=int(days[1]))
        if found is not None and any(found.groups()):
            minutes = Decimal(found[1] or 0) * 60 + int(found[2] or 0)
            return replace(bare, hours=self._hours(item, str(round(minutes / 60, 2))))
        if text and not known:
            self._fault(
                item,
                f"khoảng thời gian “{text[:40]}” phải ghi bằng giờ hoặc ngày làm việc, như PT16H hay P3D.",
            )
        return node

    def _message(self, key: str) -> str:
        """Return the name of a message that the file declares beside the process."""
        root = self.process.getparent()
        if not key or root is None:
            return ""
        for item in root.findall(f"{{{BPMN}}}message"):
            if item.get("id") == key:
                return str(item.get("name", ""))[:MAX_ID]
        return ""

    def _loop(self, item: Any, node: Node) -> Node:
        if item.find(f"{{{BPMN}}}standardLoopCharacteristics") is not None:
            self._fault(item, "vòng lặp phải vẽ bằng đường nối quay lại, không dùng dấu lặp trên bước.")
        many = item.find(f"{{{BPMN}}}multiInstanceLoopCharacteristics")
        if many is None:
            if node.asked:
                self._fault(item, "có danh sách đơn vị cùng làm nhưng bước không đặt là nhiều bên song song.")
            return node
        if node.kind is not NodeKind.USER_TASK:
            self._fault(item, "chỉ bước của người xử lý mới có nhiều đơn vị cùng làm.")
        elif many.get("isSequential") == "true":
            self._fault(item, "nhiều đơn vị phải làm song song, không lần lượt.")
        elif not node.asked:
            self._fault(item, "bước nhiều đơn vị cùng làm chưa nêu đơn vị nào.")
        rule = (many.findtext(f"{{{BPMN}}}completionCondition") or "").strip()
        if rule and not node.enough:
            found = _ENOUGH.match(rule)
            if found is None:
                self._fault(item, "điều kiện hoàn thành phải có dạng nrOfCompletedInstances >= số.")
            else:
                node = replace(node, enough=int(found[1]))
        return node

    def _flow(
        self, item: Any, kinds: Mapping[str, NodeKind], named: Mapping[str, str], defaults: set[str | None]
    ) -> None:
        edge = Edge(
            self._id(item),
            named.get(item.get("sourceRef", ""), ""),
            named.get(item.get("targetRef", ""), ""),
            name=" ".join(item.get("name", "").split()),
        )
        if not edge.source or not edge.target:
            # An end that is itself refused has been told already.
            known = {child.get("id") for child in self.process}
            if not {item.get("sourceRef"), item.get("targetRef")} <= known:
                self._fault(item, "đường nối thiếu đầu hoặc trỏ tới phần tử không có.")
            return
        own = _own(item, "way")
        if own is not None:
            self.explicit.add(edge.id)
            flow = self._enum(item, Flow, own.get("flow")) or Flow.FORWARD
            edge = replace(edge, outcome=own.get("outcome", ""), flow=flow)
            if len(edge.outcome) > 60:
                self._fault(item, "mã kết cục dài quá 60 ký tự.")
        edge = replace(edge, default=item.get("id") in defaults and kinds[edge.source] in GATEWAYS)
        edge = self._condition(item, edge, kinds[edge.source])
        self.edges.append(edge)

    def _condition(self, item: Any, edge: Edge, source: NodeKind) -> Edge:
        text = (item.findtext(f"{{{BPMN}}}conditionExpression") or "").strip()
        if not text:
            return edge
        if text[:2] in ("${", "#{") and text.endswith("}"):
            text = text[2:-1]
        text = text.removeprefix("=")
        try:
            found = conditions.parse(text)
        except conditions.ConditionInvalid as fault:
            self._fault(item, f"điều kiện không đọc được. {fault.message}")
            return edge
        if source in TASKS:
            if found.op == "eq" and found.field == OUTCOME and isinstance(found.value, str):
                if not edge.outcome:
                    return replace(edge, outcome=found.value)
                if edge.outcome == found.value:
                    return edge
            self._fault(item, f'đường ra khỏi bước chỉ có điều kiện dạng {OUTCOME} = "mã kết cục".')
        elif source in (NodeKind.EXCLUSIVE, NodeKind.INCLUSIVE):
            return replace(edge, condition=found)
        else:
            self._fault(item, "điều kiện chỉ đặt ở đường ra của cổng rẽ nhánh.")
        return edge

    def _attached(self, named: Mapping[str, str]) -> None:
        kinds = {node.id: node.kind for node in self.nodes}
        for place, node in enumerate(self.nodes):
            if node.kind in BOUNDARIES:
                home = named.get(node.attached_to, "")
                if kinds.get(home) not in TASKS:
                    self.faults.append(Fault(self.elements[node.id], "sự kiện biên không gắn vào bước nào."))
                self.nodes[place] = replace(node, attached_to=home)

    def _ways_of_tasks(self) -> None:
        leaving: dict[str, list[Edge]] = {}
        for edge in self.edges:
            leaving.setdefault(edge.source, []).append(edge)
        for node in self.nodes:
            ways = leaving.get(node.id, [])
            if node.kind in TASKS and len(ways) > 1:
                for edge in ways:
                    if not edge.outcome:
                        reason = "bước có nhiều đường ra thì mỗi đường phải ghi kết cục."
                        self.faults.append(Fault(self.elements[edge.id], reason))
            elif node.kind not in TASKS | {NodeKind.PARALLEL, *GATEWAYS, NodeKind.END} and len(ways) > 1:
                reason = "sự kiện chỉ có một đường ra; rẽ nhánh bằng cổng."
                self.faults.append(Fault(self.elements[node.id], reason))
            if node.kind is NodeKind.END and ways:
                self.faults.append(Fault(self.elements[node.id], "điểm kết thúc không có đường ra."))

    def _flowing(self, graph: Graph) -> Graph:
        """Return the graph with the kinds of ways filled in where the file does not state them."""
        by_id = {node.id: node for node in graph.nodes}
        edges = []
        for edge in graph.edges:
            if edge.id not in self.explicit:
                target = by_id[edge.target]
                if edge.source == edge.target:
                    edge = replace(edge, flow=Flow.EXTEND)
                elif target.kind is NodeKind.MESSAGE and target.wait not in (None, WaitKind.PARTS):
                    edge = replace(edge, flow=Flow.WAIT)
                elif edge.id in graph.back_edges:
                    edge = replace(edge, flow=Flow.BACK)
                elif target.kind is NodeKind.END and target.end is not EndKind.DONE:
                    edge = replace(edge, flow=Flow.NEGATIVE)
            edges.append(edge)
        return replace(graph, edges=tuple(edges))


# Writing


def _tag(namespace: str, name: str) -> str:
    return f"{{{namespace}}}{name}"


# In a task, extension elements and flows come before the marker of several instances (the order of the schema).
_ARTIFACTS: Final = frozenset(("textAnnotation", "association", "group"))
_ORDER: Final = ("documentation", "extensionElements", "incoming", "outgoing")


class _Writer:
    def __init__(self, graph: Graph, base: bytes | None) -> None:
        self.graph = graph
        if base is None:
            self.root = etree.Element(_tag(BPMN, "definitions"), nsmap=_PREFIXES)
            self.root.set("id", "definitions")
            self.root.set("targetNamespace", OURS)
            self.process = etree.SubElement(self.root, _tag(BPMN, "process"))
            self.process.set("id", _plain("process_", graph.name))
            self.process.set("isExecutable", "true")
        else:
            self.root = _parse(base)
            self.process = _process(self.root)
        reader = _Reader(self.process)
        keys = [reader._key(item) for item in self.process if isinstance(item.tag, str)]
        reader.twice = {key for key in keys if key and keys.count(key) > 1}
        self.there: dict[str, Any] = {}
        for item in self.process:
            name = _local(item)
            if name and name not in _KEPT:
                key = reader._key(item)
                self.there[item.get("id") if key in reader.twice else key] = item
        self.ids: dict[str, str] = {}

    def document(self) -> bytes:
        graph = self.graph
        wanted = [*(node.id for node in graph.nodes), *(edge.id for edge in graph.edges)]
        for key, item in list(self.there.items()):
            if key not in wanted:
                self.process.remove(item)
                del self.there[key]
        self._own_process()
        used = {item.get("id") for item in self.root.iter() if item.get("id")}
        for key in wanted:
            there = self.there.get(key)
            self.ids[key] = there.get("id") if there is not None else _free(key, used)
            used.add(self.ids[key])
        defaults = {edge.source: edge.id for edge in graph.edges if edge.default}
        for node in graph.nodes:
            self._node(node, defaults.get(node.id))
        for edge in graph.edges:
            self._edge(edge)
        self._order(wanted)
        self._references()
        self._diagram()
        etree.cleanup_namespaces(self.root, top_nsmap=_PREFIXES, keep_ns_prefixes=list(_PREFIXES))
        etree.indent(self.root)
        text: bytes = etree.tostring(self.root, xml_declaration=True, encoding="UTF-8")
        return text

    def _own_process(self) -> None:
        own = self._ours(self.process, "process")
        own.set("variant", self.graph.name)
        own.set("decidedBy", self.graph.decided_by)
        own.set("levels", " ".join(self.graph.levels))

    def _ours(self, item: Any, name: str) -> Any:
        """Return our extension element, emptied, made where it is missing."""
        holder = item.find(_tag(BPMN, "extensionElements"))
        if holder is None:
            holder = etree.Element(_tag(BPMN, "extensionElements"))
            first = item[0] if len(item) and _local(item[0]) == "documentation" else None
            item.insert(0 if first is None else 1, holder)
        own = holder.find(_tag(OURS, name))
        if own is None:
            return etree.SubElement(holder, _tag(OURS, name))
        for key in list(own.attrib):
            del own.attrib[key]
        for child in list(own):
            own.remove(child)
        return own

    def _node(self, node: Node, default: str | None) -> None:
        item = self.there.get(node.id)
        tag = _TAGS[node.kind]
        if item is None:
            item = etree.SubElement(self.process, _tag(BPMN, tag))
            item.set("id", self.ids[node.id])
        elif _local(item) != tag and not (_local(item) == "task" and tag == "userTask"):
            item.tag = _tag(BPMN, tag)
        _set(item, "name", node.name)
        _set(item, "default", self.ids[default] if default else "")
        self._step(item, node)
        self._definition(item, node)
        if node.kind in BOUNDARIES:
            item.set("attachedToRef", self.ids.get(node.attached_to, node.attached_to))
            _set(item, "cancelActivity", "" if node.interrupting else "false")
        if node.kind is NodeKind.CALL_ACTIVITY:
            _set(item, "calledElement", node.ref)

    def _step(self, item: Any, node: Node) -> None:
        values = {
            "key": node.id if self.ids[node.id] != node.id else "",
            "no": "" if node.step is None else str(node.step),
            "unitKind": node.unit_kind,
            "role": node.role,
            "hours": _hours(node.hours),
            "about": node.about,
            "onSilence": node.on_silence or "",
            "wait": node.wait or "",
            "end": node.end if node.kind is NodeKind.END and node.end else "",
            "ref": node.ref,
            "marks": " ".join(sorted(node.marks)),
            "note": node.note,
            "enough": str(node.enough or ""),
            "auto": node.auto or "",
            "answer": node.answer,
            "otherwise": node.otherwise,
            "days": str(node.days or ""),
            "on": node.on,
            "onSite": "true" if node.on_site else "",
        }
        lists = node.asked or node.form_parts or node.prints or node.asks or node.not_by or node.signers
        if not lists and not any(values.values()) and _own(item, "step") is None:
            return
        own = self._ours(item, "step")
        for key, value in values.items():
            _set(own, key, str(value))
        for one in node.asked:
            child = etree.SubElement(own, _tag(OURS, "asked"))
            _set(child, "unitKind", one.unit_kind)
            _set(child, "role", one.role)
            _set(child, "hours", "" if one.hours is None else format(one.hours.normalize(), "f"))
            _set(child, "about", one.about)
            _set(child, "onSilence", str(one.on_silence or ""))
        steps = tuple(self.ids.get(ref, ref) for ref in node.not_by)
        for name, refs in (
            ("formPart", node.form_parts),
            ("print", node.prints),
            ("ask", node.asks),
            ("notBy", steps),
        ):
            for ref in refs:
                etree.SubElement(own, _tag(OURS, name)).set("ref", ref)
        for signer in node.signers:
            child = etree.SubElement(own, _tag(OURS, "signer"))
            _set(child, "position", signer.position)
            _set(child, "username", signer.username)
            _set(child, "from", signer.valid_from.isoformat() if signer.valid_from else "")
            _set(child, "to", signer.valid_to.isoformat() if signer.valid_to else "")

    def _definition(self, item: Any, node: Node) -> None:
        """Bring the event definition and the marker of several instances to what the node is."""
        wanted = ""
        if node.kind in _TIMED:
            wanted = "timerEventDefinition"
        elif node.kind in (NodeKind.MESSAGE, NodeKind.BOUNDARY_MESSAGE):
            wanted = "messageEventDefinition"
        elif node.kind is NodeKind.BOUNDARY_ERROR or (
            node.kind is NodeKind.END and node.end is EndKind.ERROR
        ):
            wanted = "errorEventDefinition"
        elif node.kind is NodeKind.END and node.terminate:
            wanted = "terminateEventDefinition"
        there = None
        for child in [child for child in item if _local(child).endswith("EventDefinition")]:
            if _local(child) == wanted:
                there = child
            else:
                item.remove(child)
        if wanted and there is None:
            there = etree.SubElement(item, _tag(BPMN, wanted))
        if node.kind in _TIMED and there is not None:
            tag, other = ("timeDate", "timeDuration") if node.on else ("timeDuration", "timeDate")
            for child in there.findall(_tag(BPMN, other)):
                there.remove(child)
            moment = there.find(_tag(BPMN, tag))
            if moment is None:
                moment = etree.SubElement(there, _tag(BPMN, tag))
                moment.set(_tag(XSI, "type"), "bpmn:tFormalExpression")
            days = f"P{node.days}D" if node.days and not node.hours else ""
            moment.text = node.on or days or f"PT{_hours(node.hours) or '0'}H"
        many = item.find(_tag(BPMN, "multiInstanceLoopCharacteristics"))
        if many is not None and not node.asked:
            item.remove(many)
        if node.asked:
            if many is None:
                many = etree.SubElement(item, _tag(BPMN, "multiInstanceLoopCharacteristics"))
            rule = many.find(_tag(BPMN, "completionCondition"))
            if rule is not None and not node.enough:
                many.remove(rule)
            if node.enough:
                if rule is None:
                    rule = etree.SubElement(many, _tag(BPMN, "completionCondition"))
                    rule.set(_tag(XSI, "type"), "bpmn:tFormalExpression")
                rule.text = f"${{nrOfCompletedInstances >= {node.enough}}}"

    def _edge(self, edge: Edge) -> None:
        item = self.there.get(edge.id)
        if item is None:
            item = etree.SubElement(self.process, _tag(BPMN, "sequenceFlow"))
            item.set("id", self.ids[edge.id])
        _set(item, "name", edge.name)
        item.set("sourceRef", self.ids[edge.source])
        item.set("targetRef", self.ids[edge.target])
        own = self._ours(item, "way")
        _set(own, "key", edge.id if self.ids[edge.id] != edge.id else "")
        _set(own, "outcome", edge.outcome)
        own.set("flow", edge.flow)
        text = ""
        if edge.condition is not None:
            text = conditions.to_text(edge.condition)
        elif edge.outcome:
            text = f'{OUTCOME} = "{edge.outcome}"'
        rule = item.find(_tag(BPMN, "conditionExpression"))
        if rule is not None and not text:
            item.remove(rule)
        if text:
            if rule is None:
                rule = etree.SubElement(item, _tag(BPMN, "conditionExpression"))
                rule.set(_tag(XSI, "type"), "bpmn:tFormalExpression")
            rule.text = text

    def _order(self, wanted: Sequence[str]) -> None:
        """Put the elements into the order of the graph, texts and groups behind them (the order of the schema)."""
        by_id = {item.get("id"): item for item in self.process if item.get("id")}
        for key in wanted:
            self.process.append(by_id[self.ids[key]])
        for item in [item for item in self.process if _local(item) in _ARTIFACTS]:
            self.process.append(item)

    def _references(self) -> None:
        """Write anew which flows enter and leave a node."""
        into: dict[str, list[str]] = {}
        out: dict[str, list[str]] = {}
        for edge in self.graph.edges:
            out.setdefault(self.ids[edge.source], []).append(self.ids[edge.id])
            into.setdefault(self.ids[edge.target], []).append(self.ids[edge.id])
        for item in self.process:
            if not _local(item) or _local(item) in _KEPT or _local(item) == "sequenceFlow":
                continue
            for child in [child for child in item if _local(child) in ("incoming", "outgoing")]:
                item.remove(child)
            place = sum(1 for child in item if _local(child) in _ORDER)
            for name, flows in (("incoming", into), ("outgoing", out)):
                for flow in flows.get(item.get("id"), ()):
                    child = etree.Element(_tag(BPMN, name))
                    child.text = flow
                    item.insert(place, child)
                    place += 1
        gone = {item.get("id") for item in self.process}
        for lane in self.process.iter(_tag(BPMN, "flowNodeRef")):
            if lane.text not in gone:
                lane.getparent().remove(lane)

    def _diagram(self) -> None:
        ids = set(self.ids.values())
        drawn = {
            item.get("bpmnElement"): item
            for tag in ("BPMNShape", "BPMNEdge")
            for item in self.root.iter(_tag(DI, tag))
        }
        if ids <= set(drawn):
            known = {item.get("id") for item in self.root.iter() if item.get("id")}
            for name, item in drawn.items():
                if name not in known:
                    item.getparent().remove(item)
            if not self._ends_moved(drawn):
                return
        for diagram in self.root.findall(_tag(DI, "BPMNDiagram")):
            self.root.remove(diagram)
        diagram = etree.SubElement(self.root, _tag(DI, "BPMNDiagram"))
        diagram.set("id", "diagram")
        plane = etree.SubElement(diagram, _tag(DI, "BPMNPlane"))
        plane.set("id", "plane")
        # Pools are not drawn anew: the process itself is what the plane shows.
        for pool in self.root.findall(_tag(BPMN, "collaboration")):
            self.root.remove(pool)
        plane.set("bpmnElement", self.process.get("id"))
        drawing = layout(self.graph)
        for node in self.graph.nodes:
            shape = etree.SubElement(plane, _tag(DI, "BPMNShape"))
            shape.set("id", f"{self.ids[node.id]}_di")
            shape.set("bpmnElement", self.ids[node.id])
            if node.kind is NodeKind.EXCLUSIVE:
                shape.set("isMarkerVisible", "true")
            bounds = etree.SubElement(shape, _tag(DC, "Bounds"))
            for key, value in drawing.boxes[node.id]._asdict().items():
                bounds.set(key, str(value))
        for edge in self.graph.edges:
            line = etree.SubElement(plane, _tag(DI, "BPMNEdge"))
            line.set("id", f"{self.ids[edge.id]}_di")
            line.set("bpmnElement", self.ids[edge.id])
            for x, y in drawing.lines[edge.id]:
                point = etree.SubElement(line, _tag(DD, "waypoint"))
                point.set("x", str(x))
                point.set("y", str(y))

    def _ends_moved(self, drawn: Mapping[str, Any]) -> bool:
        """Tell whether a kept line no longer ends at its step: then the diagram is drawn anew."""
        boxes = {}
        for name, item in drawn.items():
            bounds = item.find(_tag(DC, "Bounds"))
            if bounds is not None:
                boxes[name] = [float(bounds.get(key)) for key in ("x", "y", "width", "height")]
        for edge in self.graph.edges:
            points = drawn[self.ids[edge.id]].findall(_tag(DD, "waypoint"))
            for node, point in ((edge.source, points[:1]), (edge.target, points[-1:])):
                box = boxes.get(self.ids[node])
                if box is None or not point:
                    return True
                x, y, width, height = box
                px, py = float(point[0].get("x")), float(point[0].get("y"))
                if not (x - 3 <= px <= x + width + 3 and y - 3 <= py <= y + height + 3):
                    return True
        return False


def _set(item: Any, key: str, value: str) -> None:
    if value:
        item.set(key, value)
    elif key in item.attrib:
        del item.attrib[key]


def _day(text: str) -> str:
    """Return the day of a moment (`2026-12-31T00:00:00+07:00`); the name of a fact stays as it is."""
    return text[:10] if re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T", text) else text


def _hours(hours: Decimal) -> str:
    return format(hours.normalize(), "f") if hours else ""


def _plain(prefix: str, key: str) -> str:
    """Return an id that a file may have."""
    return key if _NAME.match(key) else prefix + re.sub(r"[^A-Za-z0-9_.-]", "_", key)


def _free(key: str, used: set[str]) -> str:
    name = first = _plain("f_", key)
    for number in _naturals():
        if name not in used:
            return name
        name = f"{first}_{number}"
    raise AssertionError


def _naturals() -> Iterator[int]:
    number = 2
    while True:
        yield number
        number += 1
