"""BPMN files: the province's processes, files as bpmn.io and Camunda Modeler write them, hostile ones."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from motcua.kernel.counting import Limit, Policy, TimeUnit
from motcua.kernel.process import EndKind, Flow, Graph, NodeKind, check, happy_path
from motcua.kernel.process.bpmn import MAX_BYTES, BpmnInvalid, read, write
from motcua.kernel.process.worst import worst
from motcua.kernel.tests.calendars import office
from motcua.kernel.tests.test_process_engine import graph_of, graphs

# As Camunda Modeler 5 writes it: its own namespaces, a pool, labels, colours.
CAMUNDA = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
 xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
 xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:di="http://www.omg.org/spec/DD/20100524/DI"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:modeler="http://camunda.org/schema/modeler/1.0"
 id="Definitions_1" targetNamespace="http://bpmn.io/schema/bpmn" exporter="Camunda Modeler"
 exporterVersion="5.20.0" modeler:executionPlatform="Camunda Platform">
  <bpmn:process id="Process_1" name="Cấp bản sao" isExecutable="true" camunda:historyTimeToLive="180">
    <bpmn:startEvent id="StartEvent_1"><bpmn:outgoing>Flow_0</bpmn:outgoing></bpmn:startEvent>
    <bpmn:userTask id="Activity_1" name="Kiểm tra&#10;hồ sơ" camunda:assignee="demo">
      <bpmn:extensionElements>
        <camunda:formData><camunda:formField id="ok" type="boolean" /></camunda:formData>
      </bpmn:extensionElements>
      <bpmn:incoming>Flow_0</bpmn:incoming><bpmn:outgoing>Flow_1</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:boundaryEvent id="Event_late" cancelActivity="false" attachedToRef="Activity_1">
      <bpmn:outgoing>Flow_5</bpmn:outgoing>
      <bpmn:timerEventDefinition id="T1">
        <bpmn:timeDuration xsi:type="bpmn:tFormalExpression">PT7H30M</bpmn:timeDuration>
      </bpmn:timerEventDefinition>
    </bpmn:boundaryEvent>
    <bpmn:sendTask id="Activity_2" name="Nhắc" />
    <bpmn:endEvent id="Event_told" />
    <bpmn:exclusiveGateway id="Gateway_1" name="Đủ?" default="Flow_3" />
    <bpmn:endEvent id="Event_ok" />
    <bpmn:endEvent id="Event_bad"><bpmn:errorEventDefinition id="E1" /></bpmn:endEvent>
    <bpmn:sequenceFlow id="Flow_0" sourceRef="StartEvent_1" targetRef="Activity_1" />
    <bpmn:sequenceFlow id="Flow_1" sourceRef="Activity_1" targetRef="Gateway_1" />
    <bpmn:sequenceFlow id="Flow_2" name="đủ" sourceRef="Gateway_1" targetRef="Event_ok">
      <bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">${so_giay >= 3}</bpmn:conditionExpression>
    </bpmn:sequenceFlow>
    <bpmn:sequenceFlow id="Flow_3" sourceRef="Gateway_1" targetRef="Activity_1" />
    <bpmn:sequenceFlow id="Flow_4" sourceRef="Gateway_1" targetRef="Event_bad">
      <bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">=gia_mao</bpmn:conditionExpression>
    </bpmn:sequenceFlow>
    <bpmn:sequenceFlow id="Flow_5" sourceRef="Event_late" targetRef="Activity_2" />
    <bpmn:sequenceFlow id="Flow_6" sourceRef="Activity_2" targetRef="Event_told" />
    <bpmn:textAnnotation id="Note_1"><bpmn:text>Ghi chú</bpmn:text></bpmn:textAnnotation>
  </bpmn:process>
  <bpmndi:BPMNDiagram id="BPMNDiagram_1"><bpmndi:BPMNPlane id="BPMNPlane_1" bpmnElement="Process_1">
    %s
  </bpmndi:BPMNPlane></bpmndi:BPMNDiagram>
</bpmn:definitions>"""
SHAPES = "".join(
    f'<bpmndi:BPMNShape id="{name}_di" bpmnElement="{name}"><dc:Bounds x="{100 * place}" y="77" width="80"'
    f' height="80" /></bpmndi:BPMNShape>'
    for place, name in enumerate(
        [
            "StartEvent_1",
            "Activity_1",
            "Event_late",
            "Activity_2",
            "Event_told",
            "Gateway_1",
            "Event_ok",
            "Event_bad",
            "Note_1",
        ]
    )
)
ENDS = {
    "Flow_0": (0, 1), "Flow_1": (1, 5), "Flow_2": (5, 6), "Flow_3": (5, 1), "Flow_4": (5, 7), "Flow_5": (2, 3),
    "Flow_6": (3, 4),
}  # fmt: skip
LINES = "".join(
    f'<bpmndi:BPMNEdge id="{name}_di" bpmnElement="{name}"><di:waypoint x="{100 * a + 9}" y="99" />'
    f'<di:waypoint x="{100 * b + 9}" y="99" /></bpmndi:BPMNEdge>'
    for name, (a, b) in ENDS.items()
)
DRAWN = (CAMUNDA % (SHAPES + LINES)).encode()


def file_of(*elements: str) -> bytes:
    """Return a file of elements, written with another prefix (the default namespace), without a diagram."""
    return (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:mc="urn:motcua:bpmn:1" id="d">'
        f'<process id="p">{"".join(elements)}</process></definitions>'
    ).encode()


START, END = '<startEvent id="a"/>', '<endEvent id="z"/>'


def flow(name: str, source: str, target: str, inside: str = "") -> str:
    return f'<sequenceFlow id="{name}" sourceRef="{source}" targetRef="{target}">{inside}</sequenceFlow>'


@pytest.mark.parametrize(("graph", "limit"), graphs())
def test_every_process_of_the_province_comes_back_from_a_file(graph: Graph, limit: Decimal) -> None:
    text = write(graph)
    drawing = read(text)
    assert drawing.graph == graph
    assert write(drawing.graph, text) == text
    assert happy_path(drawing.graph) == happy_path(graph)
    root = etree.fromstring(text)
    ids = {item.get("id") for item in root.iter() if item.get("id")}
    drawn = {item.get("bpmnElement") for item in root.iter() if item.get("bpmnElement")}
    assert set(drawing.elements.values()) <= ids & drawn


def test_a_file_of_camunda_modeler_is_read() -> None:
    graph = read(DRAWN).graph
    assert graph.name == "Cấp bản sao"
    assert graph.by_id["Activity_1"].name == "Kiểm tra hồ sơ"
    late = graph.by_id["Event_late"]
    assert (late.kind, late.interrupting, late.hours) == (NodeKind.BOUNDARY_TIMER, False, Decimal("7.5"))
    bad = graph.by_id["Event_bad"]
    assert (bad.end, bad.terminate) == (EndKind.ERROR, True)
    ways = {edge.id: edge for edge in graph.edges}
    assert ways["Flow_2"].condition is not None
    assert ways["Flow_2"].condition.holds({"so_giay": 3})
    assert ways["Flow_3"].default
    assert (ways["Flow_3"].flow, ways["Flow_4"].flow) == (Flow.BACK, Flow.NEGATIVE)
    assert {problem.code for problem in check(graph)} == {"nobody", "message"}


def test_what_others_wrote_stays_and_the_diagram_too() -> None:
    graph = read(DRAWN).graph
    changed = replace(
        graph,
        nodes=tuple(
            replace(node, unit_kind="so", role="r", name="Xem") if node.id == "Activity_1" else node
            for node in graph.nodes
        ),
    )
    text = write(changed, DRAWN)
    assert read(text).graph == changed
    for kept in (b'camunda:assignee="demo"', b"camunda:formField", b"camunda:historyTimeToLive", b"Ghi ch"):
        assert kept in text
    old, new = etree.fromstring(DRAWN), etree.fromstring(text)
    for tag in ("Bounds", "waypoint"):
        assert [dict(item.attrib) for item in new.iter(f"{{*}}{tag}")] == [
            dict(item.attrib) for item in old.iter(f"{{*}}{tag}")
        ]


def test_a_new_step_has_the_diagram_drawn_anew_and_a_step_taken_out_goes_from_it() -> None:
    graph = read(DRAWN).graph
    less = replace(
        graph,
        nodes=tuple(
            node for node in graph.nodes if node.id not in ("Event_late", "Activity_2", "Event_told")
        ),
        edges=tuple(edge for edge in graph.edges if edge.id not in ("Flow_5", "Flow_6")),
    )
    text = write(less, DRAWN)
    assert read(text).graph == less
    assert b"Activity_2" not in text
    back = write(graph, text)
    assert read(back).graph == graph
    assert b'bpmnElement="Activity_2"' in back


def test_without_diagram_the_file_is_read_and_gets_one() -> None:
    data = file_of(START, '<task id="t" name="Việc"/>', END, flow("f", "a", "t"), flow("g", "t", "z"))
    graph = read(data).graph
    assert graph.by_id["t"].kind is NodeKind.USER_TASK
    assert write(graph, data).count(b"BPMNShape ") == 3


def test_outcomes_of_a_task_may_stand_in_conditions() -> None:
    def rule(word: str) -> str:
        return f'<conditionExpression>ket_cuc = "{word}"</conditionExpression>'

    data = file_of(
        START, '<userTask id="t"/>', END, '<endEvent id="y"/>',
        flow("f", "a", "t"), flow("g", "t", "z", rule("duyet")), flow("h", "t", "y", rule("tra")),
    )  # fmt: skip
    assert [edge.outcome for edge in read(data).graph.edges] == ["", "duyet", "tra"]


def test_everything_outside_the_subset_is_told_at_once_with_its_id() -> None:
    data = file_of(
        '<startEvent id="a"><timerEventDefinition/></startEvent>',
        '<subProcess id="b"/>', '<scriptTask id="c"/>', '<eventBasedGateway id="d"/>',
        '<boundaryEvent id="e" attachedToRef="nobody"><timerEventDefinition/></boundaryEvent>',
        '<intermediateCatchEvent id="g"><signalEventDefinition/></intermediateCatchEvent>',
        '<intermediateCatchEvent id="h"><timerEventDefinition><timeDuration>P3M</timeDuration>'
        "</timerEventDefinition></intermediateCatchEvent>",
        '<userTask id="i"><standardLoopCharacteristics/></userTask>',
        '<userTask id="j"><multiInstanceLoopCharacteristics isSequential="true"/></userTask>',
        '<userTask id="k"><multiInstanceLoopCharacteristics/></userTask>',
        '<exclusiveGateway id="l"/>', '<choreographyTask id="m"/>',
        flow("n", "l", "i", "<conditionExpression>a > </conditionExpression>"), flow("o", "l", "nowhere"),
        '<userTask id="q"><extensionElements><mc:step hours="-1" marks="x"/></extensionElements></userTask>',
    )  # fmt: skip
    with pytest.raises(BpmnInvalid) as refusal:
        read(data)
    faults = dict(refusal.value.faults)
    assert set(faults) == set("abcdeghijklmnoq") - {"l"}
    assert faults["b"] == "không dùng tiến trình con nhúng; hãy vẽ phẳng hoặc gọi một quy trình khác."
    assert "PT16H" in faults["h"]
    assert "Ký tự thứ 4" in faults["n"]


@pytest.mark.parametrize(
    ("element", "said"),
    [
        ('<subProcess id="t" triggeredByEvent="true"/>', "tiến trình con nhúng"),
        ('<adHocSubProcess id="t"/>', "tiến trình con tự do"),
        ('<transaction id="t"/>', "tiến trình con giao dịch"),
        ('<businessRuleTask id="t"/>', "luật nghiệp vụ"),
        ('<manualTask id="t"/>', "user task"),
        ('<complexGateway id="t"/>', "cổng phức hợp"),
        ('<eventBasedGateway id="t"/>', "cổng theo sự kiện"),
        ('<intermediateCatchEvent id="t"><conditionalEventDefinition/></intermediateCatchEvent>', "theo điều kiện"),
        ('<intermediateCatchEvent id="t"><linkEventDefinition name="x"/></intermediateCatchEvent>', ""),
        ('<intermediateThrowEvent id="t"><escalationEventDefinition/></intermediateThrowEvent>', "send task"),
        ('<intermediateThrowEvent id="t"><compensateEventDefinition/></intermediateThrowEvent>', "send task"),
        ('<endEvent id="t"><signalEventDefinition/></endEvent>', ""),
        ('<endEvent id="t"><compensateEventDefinition/></endEvent>', ""),
    ],
)  # fmt: skip
def test_each_element_outside_the_subset_is_refused_by_name(element: str, said: str) -> None:
    with pytest.raises(BpmnInvalid) as refusal:
        read(file_of(START, element, END, flow("f", "a", "t"), flow("g", "t", "z")))
    words = dict(refusal.value.faults)["t"]
    assert said in words
    assert words.endswith(".") and unicodedata.is_normalized("NFC", words)


def test_pools_with_two_processes_and_a_start_by_message_are_refused() -> None:
    pools = file_of(START, END, flow("f", "a", "z")).replace(
        b"</definitions>",
        b'<collaboration id="c"><participant id="p1" processRef="p"/></collaboration>'
        b'<process id="q"><startEvent id="b"/></process></definitions>',
    )
    for data in (pools, file_of('<startEvent id="a"><messageEventDefinition/></startEvent>', END)):
        with pytest.raises(BpmnInvalid):
            read(data)


def test_several_ways_out_of_a_task_need_their_outcomes() -> None:
    data = file_of(
        START, '<userTask id="t"/>', END, flow("f", "a", "t"), flow("g", "t", "z"), flow("h", "t", "z"),
        flow("i", "z", "t"),
    )  # fmt: skip
    with pytest.raises(BpmnInvalid) as refusal:
        read(data)
    assert [fault.element for fault in refusal.value.faults] == ["g", "h", "z"]


BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p"><task id="&b;"/></process>
</definitions>"""


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        BOMB,
        BOMB.decode().encode("utf-16"),
        b'<!DOCTYPE d SYSTEM "http://127.0.0.1:1/x.dtd"><d/>',
        b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>',
        b"<a>" * 10_000,
        b"<html/>",
        b" " * (MAX_BYTES + 1),
        file_of(),
        file_of(*(f'<task id="t{number}"/>' for number in range(1_001))),
        file_of(START, START, END),
        file_of(END),
        file_of('<task id="&#1;"/>'),
        file_of(f'<task id="{"x" * 51}"/>', START),
        b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p"><task id="a"/></process>'
        b'<process id="q"><task id="b"/></process></definitions>',
    ],
)
def test_hostile_and_broken_files_are_refused_in_words(data: bytes) -> None:
    with pytest.raises(BpmnInvalid) as refusal:
        read(data)
    assert refusal.value.message
    assert unicodedata.is_normalized("NFC", refusal.value.message)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(BpmnInvalid):
        read(data)


def test_a_copied_element_does_not_take_the_id_of_the_first() -> None:
    graph = graph_of("start > u1\nu1 > u2\nu2 > end")
    text = write(graph).decode()
    own = '<mc:way key="u1&gt;u2" flow="forward"/>'
    assert own in text
    copied = text.replace('<mc:way key="u2&gt;end" flow="forward"/>', own)
    assert len({edge.id for edge in read(copied.encode()).graph.edges}) == 3


# The worst calendar


def test_the_worst_receipt_of_a_year_stands_before_the_longest_holiday() -> None:
    found = worst(Limit(10, TimeUnit.DAYS), Policy(), office(), 2026)
    assert found is not None
    assert found.received_on.month in (1, 2)
    assert any("Tết" in reason or "tết" in reason.lower() for reason in found.reasons)
    days = worst(Limit(10, TimeUnit.WORKING_DAYS), Policy(), office(), 2026)
    assert days is not None
    assert found.hours < days.hours
    assert worst(Limit(10, TimeUnit.DAYS), Policy(), office(), 1950) is None


def test_hours_that_fit_only_an_ordinary_month_are_a_warning_with_the_path() -> None:
    graph = graph_of("start > u1\nu1 > u2\nu2 > end")
    longer = replace(
        graph,
        nodes=tuple(
            replace(node, hours=Decimal(25)) if node.kind is NodeKind.USER_TASK else node
            for node in graph.nodes
        ),
    )
    found = worst(Limit(10, TimeUnit.DAYS), Policy(), office(), 2026)
    assert found is not None
    assert found.hours < 50
    (problem,) = check(longer, 56, worst=found)
    assert problem.warning
    assert problem.nodes == ("u1", "u2")
    assert f"{found.received_on:%d/%m/%Y}" in problem.message
    assert date(2026, 1, 1) <= found.received_on
    (fault,) = check(longer, 40, worst=found)
    assert not fault.warning
    assert check(graph, 56, worst=found) == []
