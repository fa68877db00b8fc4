"""Vertical agencies (ward police, social insurance) at the same desks and in the same figures (R-064, R-068)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client

from motcua.dossiers.rules import State
from motcua.dossiers.tests.factories import MONDAY, Case, holder, unit
from motcua.edge import keys
from motcua.evaluation import operations as figures
from motcua.kernel.actor import Role
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.web.desk.tests.people import signed_in

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]
WARD_POLICE, INSURANCE = "TW.CAX.10699", "TW.BHXH.KM"
RESIDENCE, HEALTH_CARD = "1.004194", "1.001939"
WORK = {WARD_POLICE: RESIDENCE, INSURANCE: HEALTH_CARD}


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.at(MONDAY + timedelta(hours=6)):
        yield


def text(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return html.unescape(re.sub(r"\s+", " ", answer.content.decode()))


@pytest.mark.parametrize("code", sorted(WORK))
def test_their_officers_work_at_the_same_desk_and_stand_in_the_same_figures(code: str) -> None:
    where = unit(code)
    counter = signed_in(holder(where.id, Role.ONE_STOP_OFFICER))
    assert organisation.full_name(where) in text(counter, "/can-bo/tiep-nhan/") or where.name in text(
        counter, "/can-bo/tiep-nhan/"
    )
    assert WORK[code] in text(counter, f"/can-bo/tiep-nhan/?thu-tuc={WORK[code]}")
    case = Case.taken_in(WORK[code], receiving=code)
    assert case.code in text(counter, "/can-bo/ho-so/")
    case.forward()
    while case.dossier.state not in (State.PROCESSED, State.STOPPED):
        task = case.task
        assert organisation.unit(task.unit_id).kind.startswith(where.kind.split("_", maxsplit=1)[0])
        officer = signed_in(case.doer(task))
        assert case.code in text(officer, "/can-bo/viec/")
        query = f"?viec={task.id}&cach={case.usual(task)}"
        told = officer.post(
            f"/can-bo/ho-so/{case.code}/hoan-thanh/{query}",
            {"_key": keys.new(), "viec": task.id, "cach": case.usual(task), "note": ""},
        )
        assert told.status_code == 302, told.content.decode()[:2000]
    figures.catch_up()
    for actor in (holder(where.id, Role.AGENCY_HEAD), holder(unit("HD.UBND").id, Role.PROVINCE_LEADER)):
        page = text(signed_in(actor), "/lanh-dao/")
        assert organisation.told_apart([where.id])[where.id] in page
    case.hand_over()
    assert case.dossier.state == State.RETURNED
