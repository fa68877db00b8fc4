"""`./run bench` and `./run journey` run and print one JSON object; the figures of such small runs mean nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from motcua.launch import measuring

own_instance = pytest.mark.xdist_group("instance")


def printed(capsys: pytest.CaptureFixture[str], code: int) -> dict[str, Any]:
    """Return the one JSON object that was printed; it must say that all went well."""
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert told["ok"], told
    assert code == 0
    return told


@own_instance
def test_acts(capsys: pytest.CaptureFixture[str]) -> None:
    found = printed(capsys, measuring.bench(["acts", "--clients", "2", "--seconds", "2"]))
    (result,) = found["results"]
    assert result["acts"] > 0
    assert result["cpu_ms_per_act"]["web"] > 0
    assert result["drained"]
    counts = found["statements_per_act"]
    assert {"file", "accept", "file and accept", "forward", "step", "decide", "return"} <= set(counts)
    # how many is pinned where what a process keeps in memory is held (tests/api, dossiers/tests): here it may run out
    assert all(count > 0 for count in counts.values()), counts
    assert found["ledger_ok"]


@own_instance
def test_worklist(capsys: pytest.CaptureFixture[str]) -> None:
    wanted = [
        "worklist",
        "--dossiers",
        "400",
        "--clients",
        "1",
        "--seconds",
        "0.5",
        "--only",
        "officer: dossier read",
    ]
    found = printed(capsys, measuring.bench(wanted))
    assert found["filled"]["dossiers"] == 400
    (read,) = found["reads"].values()
    assert read["statements"] > 0
    assert read["closed"][0]["requests_per_second"] > 0
    assert read["open_at_60_percent"]["requests_per_second"] > 0
    assert found["ledger_ok"]


def test_deadlines(capsys: pytest.CaptureFixture[str]) -> None:
    found = printed(capsys, measuring.bench(["deadlines", "--seconds", "0.3", "--inputs", "300"]))
    assert found["due_per_second"] > 0


@own_instance
def test_journey(capsys: pytest.CaptureFixture[str]) -> None:
    found = printed(capsys, measuring.journey(["--channel", "online"]))
    assert found["state"] == "returned"
    assert found["events_delivered"]
    assert found["ledger_ok"]
    assert {"slip", "result"} <= {made["kind"] for made in found["pdfs"]}


@own_instance
def test_process_over_http(capsys: pytest.CaptureFixture[str]) -> None:
    found = printed(
        capsys, measuring.bench(["process", "--seconds", "0.1", "--clients", "2", "--http-seconds", "2"])
    )
    assert found["http"]["procedures"]
    assert found["http"]["twelve_steps"]["acts"] > 0
    assert found["http"]["against_usual"]["step"] > 0


def test_process(capsys: pytest.CaptureFixture[str]) -> None:
    found = printed(capsys, measuring.bench(["process", "--seconds", "0.2"]))
    assert found["processes"] >= 100
    assert found["steps_per_second"] > 0
    assert found["bpmn_read_per_second"] > 0
