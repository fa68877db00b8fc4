"""The client of sources of data against their stand-in: answers, refusals, crawling, being away."""

from __future__ import annotations

import socket
import urllib.parse
import urllib.request
from collections.abc import Iterator

import pytest

from motcua.dossiers.lookups import LookupFailed
from motcua.exchange.sources import HttpSource
from motcua.exchange.standins.lookup import LookupStandIn
from motcua.platform.standins.behaviour import Mode


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def gateway() -> Iterator[LookupStandIn]:
    with LookupStandIn(free_port(), token="t", unknown="07") as standin:
        yield standin


def source(gateway: LookupStandIn, **more: float) -> HttpSource:
    return HttpSource("csdl_dan_cu", gateway.url, "t", **more)


def test_a_source_confirms_what_it_knows_and_nothing_else(gateway: LookupStandIn) -> None:
    said = source(gateway).look_up("H-1", {"so": "001190000001"})
    assert said.confirmed and said.record["so"] == "001190000001"
    assert not source(gateway).look_up("H-2", {"so": "001190000007"}).confirmed
    assert not source(gateway).look_up("H-3", {"so": ""}).confirmed
    assert [one.reference for one in gateway.questions] == ["H-1", "H-2", "H-3"]


@pytest.mark.parametrize(
    ("mode", "permanent"),
    [(Mode.BUSY, False), (Mode.DOWN, False), (Mode.BROKEN, False), (Mode.REJECT, True)],
)
def test_what_goes_wrong_is_told_apart(gateway: LookupStandIn, mode: Mode, permanent: bool) -> None:
    gateway.behave(mode, times=1)
    with pytest.raises(LookupFailed) as fault:
        source(gateway).look_up("H-1", {"so": "1"})
    assert fault.value.permanent is permanent
    assert source(gateway).look_up("H-1", {"so": "1"}).confirmed


def test_one_that_crawls_is_not_waited_for(gateway: LookupStandIn) -> None:
    gateway.behave(Mode.SLOW, delay_seconds=1.0)
    with pytest.raises(LookupFailed, match="kịp"):
        source(gateway, timeout=0.2).look_up("H-1", {"so": "1"})


def test_one_that_is_away_and_one_that_is_not_set_up() -> None:
    with pytest.raises(LookupFailed, match="kết nối"):
        HttpSource("csdl_dan_cu", f"http://127.0.0.1:{free_port()}", "t").look_up("H-1", {"so": "1"})
    with pytest.raises(LookupFailed, match="cấu hình"):
        HttpSource("csdl_dan_cu", "", "t").look_up("H-1", {"so": "1"})


def test_a_stranger_is_refused_and_may_be_let_in_later(gateway: LookupStandIn) -> None:
    with pytest.raises(LookupFailed) as fault:
        HttpSource("csdl_dan_cu", gateway.url, "other").look_up("H-1", {"so": "1"})
    assert not fault.value.permanent


def test_the_switches_of_the_page(gateway: LookupStandIn) -> None:
    body = urllib.parse.urlencode({"page": "1", "mode": "unknown"}).encode()
    with urllib.request.urlopen(f"{gateway.url}/control", body, timeout=10) as answer:  # noqa: S310
        assert "value=unknown aria-pressed=true" in answer.read().decode()
    assert not source(gateway).look_up("H-1", {"so": "1"}).confirmed
