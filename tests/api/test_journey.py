"""One dossier of the usual procedure over HTTP, at the counter and online, on a running instance."""

from __future__ import annotations

import pytest
import yaml

from motcua.setup import journey
from motcua.setup.private_instance import Instance


def listed() -> str:
    """Return a procedure that units of other agencies may receive, too."""
    lists = yaml.safe_load((journey.PROVINCE / "non_territorial.yaml").read_text("utf-8"))["lists"]
    return str(lists[0]["procedures"][0]["code"])


@pytest.mark.parametrize("channel", ["counter", "online"])
def test_a_dossier_travels_from_filing_to_result(instance: Instance, channel: str) -> None:
    told = journey.one(instance, journey.usual_procedure(), channel)
    assert told["ok"], told
    assert told["state"] == "returned"
    assert told["ledger_ok"]
    assert told["events_delivered"]
    assert {made["kind"] for made in told["pdfs"]} >= {"slip", "result"}
    assert all(made["bytes"] > 5_000 for made in told["pdfs"])
    assert told["due_explained"][-1].startswith("Hạn trả")
    assert told["messages"]


@pytest.mark.parametrize("way", [way for way in journey.Path if way is not journey.Path.SUPPLEMENT])
def test_every_path_ends_where_it_ought_to(instance: Instance, way: journey.Path) -> None:
    procedure = listed() if way is journey.Path.ELSEWHERE else journey.usual_procedure()
    told = journey.one(instance, procedure, "counter", way)
    assert told["ok"], told
    assert told["state"] == journey.ENDS[way]
    kinds = {made["kind"] for made in told["pdfs"]}
    assert ("apology" in kinds) == (way is journey.Path.EXTENSION)
    assert ("refusal" in kinds) == (way is journey.Path.REFUSAL)
