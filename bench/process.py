"""
How many steps of a process one core advances in a second; with `--clients`, dossiers of twelve steps over HTTP too.

    ./run bench process [--seconds 2] [--clients 8 --http-seconds 10]

Prints one JSON object. The load are all processes of the province, each walked from start to end at random
(outcomes as they come, waits ended, opinions in any order), so that one way is as likely as another;
`main_path_per_second` walks a 12-step process straight through. Reading and writing of BPMN files and the check
of soundness are measured beside it. The middle one of short rounds counts, because the machine is shared.

Over HTTP the procedures of the province whose process has twelve steps are played from filing to the returned result,
as `bench acts` plays the usual ones, and beside them the usual ones on the same instance: `against_usual` is how
much longer an act takes (p50 by p50).
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import time as real_time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from bench import acts
from bench._measure import Meter
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
from motcua.setup.journey import ledger_verdict
from motcua.setup.private_instance import private_instance

STEPS = 12
CENTRE = "HD.TTPVHCC"  # the province's own counter in the demo


def procedures() -> Iterator[dict[str, Any]]:
    """Give every procedure of the province as the data has it."""
    folder = Path(__file__).parents[1] / "src" / "motcua" / "setup" / "province" / "procedures"
    for path in sorted(folder.glob("*.yaml")):
        yield from yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)["procedures"]


def graphs() -> list[Graph]:
    """Compile every process of the province."""
    return [compile_steps(variant) for procedure in procedures() for variant in procedure["process"]]


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
    parser.add_argument("--clients", type=int, default=0, help="closed-loop clients over HTTP; 0: none")
    parser.add_argument("--http-seconds", type=float, default=10.0, help="length of each HTTP measurement")
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

    http = over_http(options.clients, options.http_seconds) if options.clients else None
    sound = not any(check(graph) for graph in every)  # what was walked
    return {
        "bench": "process",
        "ok": sound and (http is None or http["ok"]),
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
        "http": http,
    }


def twelve_steps() -> list[acts.Wanted]:
    """Return the procedures that take twelve steps at the centre of the province, each as often as the others."""
    return [
        (CENTRE, procedure["code"], 1.0)
        for procedure in procedures()
        for variant in procedure["process"]
        if len(variant["steps"]) == STEPS and variant["levels"] == ["province"]
    ]


def over_http(clients: int, seconds: float) -> dict[str, Any]:
    """Play dossiers of twelve steps, and the usual ones, on an instance of its own."""
    with private_instance(data="province", own_cluster=True) as instance:
        meter = Meter(instance)
        usual = acts.measure(instance.base_url, meter, clients, seconds, 0.0)
        twelve = acts.measure(instance.base_url, meter, clients, seconds, 0.0, twelve_steps())
        ledger_ok, said = ledger_verdict(instance)
    both = twelve["by_act"].keys() & usual["by_act"].keys()
    return {
        "ok": ledger_ok and all(one["drained"] and not one["refused"] for one in (usual, twelve)),
        "procedures": [procedure for _, procedure, _ in twelve_steps()],
        "twelve_steps": twelve,
        "usual": usual,
        "against_usual": {
            name: round(twelve["by_act"][name]["p50_ms"] / usual["by_act"][name]["p50_ms"], 2)
            for name in sorted(both)
        },
        "ledger": said,
    }
