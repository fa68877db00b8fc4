"""
How many steps of a process one core advances in a second.

    ./run bench process [--seconds 2]

Prints one JSON object. The load are all processes of the province, each walked from start to end at random
(outcomes as they come, waits ended, opinions in any order), so that one way is as likely as another;
`main_path_per_second` walks a 12-step process straight through. Reading and writing of BPMN files and the check
of soundness are measured beside it. The middle one of short rounds counts, because the machine is shared.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import time as real_time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from bench.deadlines import rate
from motcua.kernel.process import (
    Complete,
    Event,
    Flow,
    Graph,
    Marking,
    NodeKind,
    Resume,
    Start,
    advance,
    check,
    compile_steps,
)
from motcua.kernel.process.bpmn import read, write

STEPS = 12


def graphs() -> list[Graph]:
    """Compile every process of the province."""
    folder = Path(__file__).parents[1] / "src" / "motcua" / "setup" / "province" / "procedures"
    found = []
    for path in sorted(folder.glob("*.yaml")):
        for procedure in yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)["procedures"]:
            found += [compile_steps(variant) for variant in procedure["process"]]
    return found


def walk(graph: Graph, choice: random.Random) -> list[tuple[Marking, Event]]:
    """Walk a process at random to its end and return what was done where."""
    done: list[tuple[Marking, Event]] = [((), Start())]
    marking, _ = advance(graph, (), Start())
    while marking and len(done) < 500:
        token = choice.choice([token for token in marking if token.place in graph.by_id])
        event: Event = Resume(token.no)
        if graph.by_id[token.place].kind is NodeKind.USER_TASK:
            ways = [edge for edge in graph.outgoing[token.place] if edge.flow is not Flow.EXTEND]
            event = Complete(token.no, choice.choice(ways).outcome)
        done.append((marking, event))
        marking, _ = advance(graph, marking, event)
    return done


def straight() -> Graph:
    """Return a process of twelve steps, one after the other."""
    steps = [
        {
            "no": number,
            "name": f"Bước {number}",
            "role": "r",
            "unit_kind": "u",
            "hours": 1,
            "outcomes": [{"code": "xong", "next": number + 1 if number < STEPS else "end_done"}],
        }
        for number in range(1, STEPS + 1)
    ]
    return compile_steps({"variant": "thang", "steps": steps})


def run(argv: Sequence[str]) -> dict[str, Any]:
    """Measure and return the figures; takes about six times `--seconds`."""
    parser = argparse.ArgumentParser(prog="bench process", description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="time for each figure")
    options = parser.parse_args(argv)
    every = graphs()
    choice = random.Random(7)
    load = [(graph, marking, event) for graph in every for marking, event in walk(graph, choice)]
    choice.shuffle(load)
    twelve = straight()
    path = walk(twelve, choice)
    some = every[:: max(1, len(every) // 12)]
    files = [write(graph) for graph in some]

    def steps() -> int:
        for graph, marking, event in load:
            advance(graph, marking, event)
        return len(load)

    def main_path() -> int:
        for _ in range(200):
            for marking, event in path:
                advance(twelve, marking, event)
        return 200 * len(path)

    def checked() -> int:
        for graph in some:
            check(graph)
        return len(some)

    def written() -> int:
        for graph in some:
            write(graph)
        return len(some)

    def was_read() -> int:
        for file in files:
            read(file)
        return len(files)

    return {
        "bench": "process",
        "ok": not any(check(graph) for graph in every),  # what was walked is sound
        "steps_per_second": round(rate(steps, options.seconds)),
        "steps_per_wall_second": round(rate(steps, options.seconds, real_time.perf_counter)),
        "main_path_per_second": round(rate(main_path, options.seconds)),
        "target_per_second": 100_000,
        "checks_per_second": round(rate(checked, options.seconds)),
        "bpmn_written_per_second": round(rate(written, options.seconds)),
        "bpmn_read_per_second": round(rate(was_read, options.seconds)),
        "per": "one core, CPU time, middle of short rounds",
        "processes": len(every),
        "events": len(load),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }
