"""The benches run and say what they measured; the figures of such a small run mean nothing."""

from __future__ import annotations

import pytest
from bench import acts, worklist


@pytest.mark.xdist_group("instance")
def test_acts() -> None:
    found = acts.run(["--clients", "2", "--seconds", "2"])
    assert found["ok"], found
    (result,) = found["results"]
    assert result["acts"] > 0
    assert result["cpu_ms_per_act"]["web"] > 0
    assert max(found["statements_per_act"].values()) <= 24
    assert found["ledger_ok"]


@pytest.mark.xdist_group("instance")
def test_worklist() -> None:
    found = worklist.run(["--dossiers", "400", "--clients", "1", "--seconds", "0.5", "--only", "dossier"])
    assert found["ok"], found
    assert found["filled"]["dossiers"] == 400
    assert found["reads"]["officer: dossiers"]["closed"][0]["requests_per_second"] > 0
    assert found["ledger_ok"]
