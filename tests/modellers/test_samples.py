"""Files the modelling libraries wrote themselves: read, kept whole in our export, or refused with every element."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from motcua.kernel.process import Graph, NodeKind
from motcua.kernel.process.bpmn import BpmnInvalid, read, write
from tests.modellers.ours import GRAPH, STEP

SAMPLES = Path(__file__).resolve().parent / "samples"
FLAVOURS = ("bpmn_io", "camunda7", "camunda8")
NS = {"b": "http://www.omg.org/spec/BPMN/20100524/MODEL"}
# What each platform puts at elements, that means nothing here and stays in the file.
FOREIGN = {
    "bpmn_io": (b'exporter="bpmn-js',),
    "camunda7": (
        b'exporter="Camunda Modeler"', b'modeler:executionPlatform="Camunda Platform"', b"camunda:formField",
        b'camunda:topic="tra-cuu"', b"camunda:taskListener", b"camunda:historyTimeToLive",
    ),
    "camunda8": (
        b'exporter="Camunda Modeler"', b'modeler:executionPlatform="Camunda Cloud"', b"zeebe:assignmentDefinition",
        b"zeebe:taskDefinition", b"zeebe:calledElement", b"zeebe:formDefinition",
    ),
}  # fmt: skip


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.bpmn").read_bytes()


def named(graph: Graph) -> dict[str, Any]:
    return {node.name: node for node in graph.nodes if node.name}


def ids(data: bytes) -> set[str]:
    """Return every id of a file."""
    return {item.get("id") for item in etree.fromstring(data).iter() if item.get("id")}


def diagram(data: bytes) -> list[tuple[str, dict[str, str]]]:
    """Return where everything is drawn: boxes, label boxes and corners of lines, in order."""
    root = etree.fromstring(data)
    return [
        (
            f"{item.getparent().getparent().get('bpmnElement') or item.getparent().get('bpmnElement')}",
            dict(item.attrib),
        )
        for tag in ("Bounds", "waypoint")
        for item in root.iter(f"{{*}}{tag}")
    ]


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_drawn_process_is_read_and_nothing_of_the_file_is_lost(flavour: str) -> None:
    data = sample(f"{flavour}_drawn")
    graph = read(data).graph
    nodes = named(graph)
    assert nodes["Tiếp nhận hồ sơ"].kind is NodeKind.USER_TASK
    assert nodes["Tra cứu dân cư"].kind is NodeKind.SERVICE_TASK
    late = nodes["Quá 2 ngày"]
    assert (late.kind, late.interrupting, late.hours) == (NodeKind.BOUNDARY_TIMER, False, 16)
    assert late.attached_to == nodes["Thẩm định"].id
    large = next(edge for edge in graph.edges if edge.name == "có")
    assert large.condition is not None and large.condition.holds({"dien_tich": 501})
    assert next(edge for edge in graph.edges if edge.name == "không").default
    text = write(graph, data)
    assert read(text).graph == graph
    assert ids(data) <= ids(text) and diagram(text) == diagram(data)
    for kept in (*FOREIGN[flavour], b"bpmn:lane ", b"bpmn:textAnnotation", "UBND xã".encode()):
        assert kept in data and kept in text, kept


@pytest.mark.parametrize("flavour", ["camunda7", "camunda8"])
def test_what_the_subset_does_not_have_is_refused_with_every_element(flavour: str) -> None:
    data = sample(f"{flavour}_refused")
    root = etree.fromstring(data)
    with pytest.raises(BpmnInvalid) as refusal:
        read(data)
    faults = dict(refusal.value.faults)

    def one(path: str) -> str:
        return str(root.find(f".//b:{path}", NS).get("id"))

    assert faults[one("scriptTask")].startswith("không chạy mã lệnh")
    assert "chưa nêu đơn vị nào" in faults[one("userTask")]
    assert "tiến trình con nhúng" in faults[one("subProcess")]
    assert "luật nghiệp vụ" in faults[one("businessRuleTask")]
    assert "không dùng chu kỳ" in faults[one("boundaryEvent")]
    signal = root.find(".//b:signalEventDefinition/..", NS).get("id")
    assert faults[signal] == "không dùng tín hiệu."
    odd = root.find(".//b:sequenceFlow[@name='lạ']", NS).get("id")
    assert "điều kiện không đọc được" in faults[odd]


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_our_file_saved_by_another_modeller_is_the_same_process(flavour: str) -> None:
    found = read(sample(f"{flavour}_saved")).graph
    wanted = replace(
        GRAPH,
        nodes=tuple(replace(node, name="Thẩm định kỹ") if node.id == STEP else node for node in GRAPH.nodes),
    )
    assert {node.id: node for node in found.nodes} == {node.id: node for node in wanted.nodes}
    assert {edge.id: edge for edge in found.edges} == {edge.id: edge for edge in wanted.edges}
    assert (found.name, found.levels) == (wanted.name, wanted.levels)
