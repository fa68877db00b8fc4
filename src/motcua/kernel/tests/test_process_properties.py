"""What holds for every sound process: it ends, loses no token, and runs as another engine runs it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from io import BytesIO
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser

from motcua.kernel.process import (
    Asked,
    CancelTask,
    CloseTask,
    Complete,
    Finish,
    Fire,
    Graph,
    Marking,
    OpenTask,
    Park,
    Release,
    Resume,
    Start,
    Token,
    Wait,
    advance,
    check,
    from_json,
    to_json,
)
from motcua.kernel.process.bpmn import read, write
from motcua.kernel.process.graph import TASKS, WITHIN
from motcua.kernel.process.layout import layout
from motcua.kernel.tests.processes import PLAIN, SOUND, Sample
from motcua.kernel.tests.test_process_engine import graph_of

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def kept(before: Marking, marking: Marking, commands: tuple[Any, ...]) -> None:
    """Check that every token is accounted for: none appears or goes without a command that says so."""
    count = Counter(token.no for token in before)
    for command in commands:
        match command:
            case OpenTask(token, _) | Park(token, _) | Wait(token, _):
                count[token] += 1
            case CloseTask(token, _, _) | CancelTask(token, _, _) | Release(token, _):
                count[token] -= 1
    assert count == Counter(token.no for token in marking)
    assert len({token.no for token in marking}) == len(marking)


def usual(graph: Graph, token: Token, data: st.DataObject) -> Complete | Resume:
    """Return what ends the stay of a token at its place."""
    if graph.by_id[token.place].kind not in TASKS:
        return Resume(token.no)
    outcomes = [edge.outcome for edge in graph.outgoing[token.place]]
    return Complete(token.no, data.draw(st.sampled_from(outcomes), label="outcome"))


@SLOW
@given(SOUND, st.data())
def test_sound_processes_always_end_and_lose_no_token(sample: Sample, data: st.DataObject) -> None:
    graph = sample.run
    assert check(graph) == []
    facts: dict[str, Any] = {flag: data.draw(st.booleans(), label=flag) for flag in sample.flags}
    marking, commands = advance(graph, (), Start(), facts)
    kept((), marking, commands)
    gone: set[str] = set()
    for step in range(400):
        if not marking:
            break
        turn = {loop: step < 15 and data.draw(st.booleans(), label=loop) for loop in sample.loops}
        token = data.draw(st.sampled_from([item for item in marking if item.place in graph.by_id]))
        events = [event for event in graph.boundaries.get(token.place, ()) if event.id not in gone]
        before = marking
        if events and step < 30 and data.draw(st.booleans(), label="timer"):
            gone.add(events[0].id)
            marking, commands = advance(graph, marking, Fire(token.no, events[0].id), facts | turn)
        else:
            marking, commands = advance(graph, marking, usual(graph, token, data), facts | turn)
        gone &= {event.id for item in marking for event in graph.boundaries.get(item.place, ())}
        kept(before, marking, commands)
    assert marking == ()
    assert isinstance(commands[-1], Finish)


@SLOW
@given(SOUND)
def test_a_process_is_the_same_after_a_file_and_after_the_database(sample: Sample) -> None:
    text = write(sample.graph)
    assert read(text).graph == sample.graph
    assert write(read(text).graph, text) == text
    assert from_json(to_json(sample.graph)) == sample.graph
    assert from_json(to_json(sample.run)) == sample.run


@SLOW
@given(SOUND)
def test_a_drawing_puts_no_shape_on_another_and_ties_every_line(sample: Sample) -> None:
    graph = sample.graph
    drawing = layout(graph)
    solid = [drawing.boxes[node.id] for node in graph.nodes if not node.attached_to]
    for place, a in enumerate(solid):
        for b in solid[place + 1 :]:
            assert (
                a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y
            )
    for edge in graph.edges:
        line = drawing.lines[edge.id]
        for (x, y), box in ((line[0], drawing.boxes[edge.source]), (line[-1], drawing.boxes[edge.target])):
            assert box.x <= x <= box.x + box.width
            assert box.y <= y <= box.y + box.height


def oracle(sample: Sample) -> Any:
    parser = BpmnParser()
    for graph in (sample.graph, *sample.drawn.values()):
        parser.add_bpmn_io(BytesIO(write(graph)))
    name = sample.graph.name
    return BpmnWorkflow(parser.get_spec(name), parser.get_subprocess_specs(name))


def waiting_for(workflow: Any) -> dict[str, Any]:
    workflow.do_engine_steps()
    return {task.task_spec.name: task for task in workflow.get_tasks(state=TaskState.READY, manual=True)}


@SLOW
@given(PLAIN, st.data())
def test_the_same_steps_open_in_the_same_order_as_in_spiffworkflow(
    sample: Sample, data: st.DataObject
) -> None:
    graph = sample.run
    facts: dict[str, Any] = {flag: data.draw(st.booleans(), label=flag) for flag in sample.flags}
    other = oracle(sample)
    marking, _ = advance(graph, (), Start(), facts)
    ready = waiting_for(other)
    for step in range(120):
        places = {
            token.place.rpartition(WITHIN)[2]: token.no for token in marking if token.place in graph.by_id
        }
        standing = sorted(places)
        assert standing == sorted(ready)
        if not standing:
            break
        turn = {loop: step < 8 and data.draw(st.booleans(), label=loop) for loop in sample.loops}
        place = data.draw(st.sampled_from(standing))
        number = places[place]
        marking, _ = advance(graph, marking, Complete(number), facts | turn)
        ready[place].data.update(facts | turn)
        ready[place].run()
        ready = waiting_for(other)
    assert marking == ()
    assert other.is_completed()


# Several units side by side


def asked_of(units: int, enough: int) -> Graph:
    graph = graph_of("start > u1\nu1 > u2 xong\nu2 > end")
    first = graph.by_id["u1"]
    asked = tuple(Asked(f"so_{number}", about=f"việc {number}") for number in range(1, units + 1))
    nodes = tuple(
        replace(first, asked=asked, enough=enough) if node is first else node for node in graph.nodes
    )
    return replace(graph, nodes=nodes)


@given(st.data())
def test_enough_answers_let_the_others_off(data: st.DataObject) -> None:
    units = data.draw(st.integers(2, 5))
    enough = data.draw(st.integers(0, units))
    graph = asked_of(units, enough)
    assert check(graph) == []
    marking, commands = advance(graph, (), Start())
    opened = [command.node for command in commands if isinstance(command, OpenTask)]
    assert [node.unit_kind for node in opened] == [f"so_{number}" for number in range(1, units + 1)]
    order = data.draw(st.permutations([token.no for token in marking]))
    for number in order[: (enough or units) - 1]:
        before = marking
        marking, commands = advance(graph, marking, Complete(number, "xong"))
        kept(before, marking, commands)
        assert all(not isinstance(command, OpenTask) for command in commands)
    before = marking
    marking, commands = advance(graph, marking, Complete(order[(enough or units) - 1], "xong"))
    kept(before, marking, commands)
    assert marking == (Token("u2", 1),)
    let_off = [command for command in commands if isinstance(command, CancelTask)]
    assert len(let_off) == units - (enough or units)
    assert {graph.home(f"u1.{number}") for number in range(1, units + 1)} == {"u1"}


def test_what_is_wrong_with_several_units_is_told() -> None:
    assert {problem.code for problem in check(asked_of(2, 3))} == {"enough"}
    graph = asked_of(2, 0)
    text = to_json(graph)
    text["nodes"][1]["asked"][0]["unit_kind"] = ""
    (problem,) = check(from_json(text))
    assert (problem.code, problem.node) == ("nobody", "u1")


def test_a_wait_goes_on_beside_its_step() -> None:
    graph = graph_of("start > t1\nt1 > u1\nu1 > end")
    marking, _ = advance(graph, (), Start())
    assert advance(graph, marking, Resume(1)).marking == (Token("u1", 1),)


def test_the_file_of_several_units_is_what_other_tools_know() -> None:
    root = etree.fromstring(write(asked_of(3, 2)))
    found = root.find(".//{*}userTask/{*}multiInstanceLoopCharacteristics/{*}completionCondition")
    assert found is not None
    assert found.text == "${nrOfCompletedInstances >= 2}"
