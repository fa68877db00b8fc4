"""A step done by several units side by side, as rows: enough answers close it and let the others off."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from motcua.kernel.actor import Role
from motcua.kernel.process import Asked, compile_steps, to_json
from motcua.workflow import queries
from motcua.workflow.models import ProcessVersion, Task
from motcua.workflow.rules import TaskState
from motcua.workflow.tests.factories import FIELD, World, step, world

pytestmark = pytest.mark.django_db
VARIANT: dict[str, Any] = {
    "variant": "hoi_y_kien",
    "levels": ["commune"],
    "decided_by_unit_kind": "leader",
    "steps": [
        step(1, Role.ONE_STOP_OFFICER, "one_stop", ("tiep_nhan", 2)),
        step(2, Role.COORDINATOR, "asked1", ("cho_y_kien", 3), ("khong_dong_y", 3)),
        step(3, Role.AGENCY_HEAD, "leader", ("dong_y", 4)),
        step(4, Role.RETURN_OFFICER, "one_stop", ("tra_ket_qua", "end_done")),
    ],
}


@pytest.fixture
def ward() -> World:
    made = world()
    graph = compile_steps(VARIANT)
    asked = tuple(Asked(f"asked{number}", about=f"Việc {number}") for number in (1, 2, 3))
    graph = replace(
        graph,
        nodes=tuple(
            replace(node, asked=asked, enough=2) if node.id == "s2" else node for node in graph.nodes
        ),
    )
    row = ProcessVersion.objects.create(
        procedure_version_id=made.process.procedure_version_id, variant=graph.name, field=FIELD,
        graph=to_json(graph), digest="1" * 64,
    )  # fmt: skip
    made.process = queries.definition(row.pk)
    return made


def test_two_answers_of_three_suffice(ward: World) -> None:
    subject, moved = ward.start()
    assert [task.node for task in moved.opened] == ["s2.1", "s2.2", "s2.3"]
    assert [task.unit_id for task in moved.opened] == [
        ward.units[f"asked{number}"].pk for number in (1, 2, 3)
    ]
    assert [task.about for task in moved.opened] == ["Việc 1", "Việc 2", "Việc 3"]
    first = ward.complete(subject, moved.opened[2].id, "cho_y_kien", ward.asked[2])
    assert first.opened == ()
    second = ward.complete(subject, moved.opened[0].id, "khong_dong_y", ward.asked[0])
    assert [task.node for task in second.opened] == ["s3"]
    assert [task.node for task in second.cancelled] == ["s2.2"]
    states = dict(Task.objects.filter(subject=subject).values_list("node", "state"))
    assert states["s2.1"] == states["s2.3"] == TaskState.DONE
    assert states["s2.2"] == TaskState.CANCELLED
    done = ward.complete(subject, second.opened[0].id, "dong_y", ward.head)
    assert [task.node for task in done.opened] == ["s4"]
