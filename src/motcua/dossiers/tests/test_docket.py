"""Papers handed over by list: marked at the forward, numbered, confirmed by the other side, differences kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.documents.models import Document
from motcua.dossiers import dockets
from motcua.dossiers.docketing import (
    AlreadyOnDocket,
    DocketClosed,
    DocketKind,
    DocketNotFound,
    DocketState,
    counted,
)
from motcua.dossiers.models import Docket, PaperTrip
from motcua.dossiers.operations import docket
from motcua.dossiers.rules import ReasonMissing
from motcua.dossiers.tests.factories import (
    AN_LUU,
    MONDAY,
    RECOGNITION,
    TAN_DAN,
    Case,
    counter,
    key,
    unit,
)
from motcua.kernel.actor import Actor
from motcua.kernel.errors import DomainError, Invalid
from motcua.platform.models import LedgerEntry, OutboxEvent

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]
LATER = MONDAY + timedelta(hours=2)


class Desk:
    """Two dossiers forwarded with papers, who forwarded them, and who works at the receiving unit."""

    def __init__(self) -> None:
        self.cases = [Case.taken_in(RECOGNITION), Case.taken_in(RECOGNITION)]
        for case in self.cases:
            case.forward(paper=True)
        self.giver = counter()
        self.to_unit = self.cases[0].task.unit_id
        self.taker = self.cases[0].doer()
        self.codes = [case.code for case in self.cases]

    def make(self, **more: Any) -> int:
        given: dict[str, Any] = {
            "codes": self.codes, "from_unit_id": unit(TAN_DAN).id, "kind": DocketKind.UNIT,
            "to_unit_id": self.to_unit, "to_name": "", "remark": "", "actor": self.giver, "key": key(),
            "at": LATER, **more,
        }  # fmt: skip
        return docket.make(**given)

    def receive(self, number: int, **more: Any) -> DocketState:
        given: dict[str, Any] = {
            "docket": number, "found": self.codes, "remarks": {}, "note": "", "receiver_name": "",
            "actor": self.taker, "key": key(), "at": LATER + timedelta(minutes=30), **more,
        }  # fmt: skip
        return docket.receive(**given)


def refused(refusal: type[DomainError], act: Any, *arguments: Any, **more: Any) -> None:
    before = LedgerEntry.objects.count(), OutboxEvent.objects.count(), Document.objects.count()
    with pytest.raises(refusal):
        act(*arguments, **more)
    assert (LedgerEntry.objects.count(), OutboxEvent.objects.count(), Document.objects.count()) == before


def test_from_the_forward_on_paper_to_the_confirmed_list() -> None:
    desk = Desk()
    assert [one.codes for one in dockets.trips(desk.giver, unit(TAN_DAN).id)] == [tuple(desk.codes)]
    forwards = LedgerEntry.objects.filter(act="forward").order_by("subject")
    assert [entry.payload["by"] for entry in forwards] == ["paper", "paper"]
    number = desk.make()
    row, items = dockets.one_list(desk.taker, number)
    assert (row.name, row.state, row.mine_to_receive) == ("01/PBG", DocketState.SENT, True)
    assert [item.code for item in items] == desk.codes
    assert dockets.trips(desk.giver, unit(TAN_DAN).id) == []
    assert desk.receive(number) is DocketState.RECEIVED
    assert [entry.act for entry in LedgerEntry.objects.filter(subject=number).order_by("seq")] == [
        "docket_made", "docket_received",
    ]  # fmt: skip
    assert OutboxEvent.objects.filter(subject=number, topic="dossiers.docket.v1").count() == 2
    assert [one.number for one in dockets.of_dossier(desk.giver, desk.codes[0])] == [number]
    refused(DocketClosed, desk.receive, number)


def test_what_is_missing_needs_a_word_and_is_kept() -> None:
    desk = Desk()
    number = desk.make()
    refused(Invalid, desk.receive, number, found=desk.codes[:1])
    refused(Invalid, desk.receive, number, found=[*desk.codes, "KHAC-1"])
    state = desk.receive(number, found=desk.codes[:1], remarks={desk.codes[1]: "Không có trong túi"})
    assert state is DocketState.DIFFERENT
    _, items = dockets.one_list(desk.giver, number)
    assert [(item.got, item.remark) for item in items] == [(True, ""), (False, "Không có trong túi")]


def test_only_the_other_side_confirms() -> None:
    desk = Desk()
    number = desk.make()
    refused(DocketNotFound, desk.receive, number, actor=counter(AN_LUU))
    with pytest.raises(DocketNotFound):
        dockets.one_list(counter(AN_LUU), number)
    assert dockets.lists(counter(AN_LUU)) == []
    assert Docket.objects.get(subject=number).state == "sent"


def test_the_post_signs_on_paper_and_the_giver_keeps_the_name() -> None:
    desk = Desk()
    number = desk.make(kind=DocketKind.POST, to_unit_id=None, to_name="Bưu điện Kinh Môn")
    refused(Invalid, desk.receive, number, actor=desk.giver)
    state = desk.receive(number, actor=desk.giver, receiver_name="Lê Văn Bưu")
    assert state is DocketState.RECEIVED
    assert dockets.one_list(desk.giver, number)[0].receiver_name == "Lê Văn Bưu"


def test_a_dossier_stands_on_one_open_list_and_a_cancelled_list_gives_it_back() -> None:
    desk = Desk()
    number = desk.make()
    refused(AlreadyOnDocket, desk.make)
    refused(ReasonMissing, docket.cancel, docket=number, reason="", actor=desk.giver, key=key(), at=LATER)
    stranger: Actor = counter(AN_LUU)
    refused(
        DocketNotFound, docket.cancel, docket=number, reason="Lập nhầm đơn vị nhận.", actor=stranger, key=key(),
        at=LATER,
    )  # fmt: skip
    docket.cancel(docket=number, reason="Lập nhầm đơn vị nhận.", actor=desk.giver, key=key(), at=LATER)
    assert PaperTrip.objects.filter(docket__isnull=True).count() == 2
    again = desk.make()
    assert dockets.one_list(desk.giver, again)[0].name == "02/PBG"


def test_what_cannot_go_on_a_list() -> None:
    desk = Desk()
    online = Case.filed(RECOGNITION)
    mistakes: tuple[dict[str, Any], ...] = (
        {"codes": []}, {"codes": ["KHONG-CO"]}, {"codes": [online.code]}, {"to_unit_id": None},
        {"to_unit_id": unit(TAN_DAN).id}, {"kind": DocketKind.OUTSIDE, "to_unit_id": None},
        {"from_unit_id": unit(AN_LUU).id},
    )  # fmt: skip
    for wrong in mistakes:
        refused(Invalid, desk.make, **wrong)
    assert not Docket.objects.exists()


def test_the_same_key_makes_one_list() -> None:
    desk = Desk()
    once = key()
    assert desk.make(key=once) == desk.make(key=once)
    assert Docket.objects.count() == 1


@settings(deadline=None)
@given(st.lists(st.sampled_from("ABCDE"), unique=True, min_size=1), st.sets(st.sampled_from("ABCDEFG")))
def test_everything_is_there_or_told(codes: list[str], found: set[str]) -> None:
    missing = [code for code in codes if code not in found]
    beyond = found - set(codes)
    result = counted(codes, found, dict.fromkeys(missing, "thiếu"), "thừa" if beyond else "")
    assert result.different == bool(missing or beyond)
    assert {code for code, there in result.got.items() if there} == set(codes) & found
    if missing:
        with pytest.raises(Invalid):
            counted(codes, found, {}, "x")
