"""Vertical agencies and ward police work in the same reception and stand in the same statistics (R-064, R-068)."""

from __future__ import annotations

import pytest

from motcua.catalogue import queries as catalogue
from motcua.dossiers.rules import ReturnChannel, State
from motcua.dossiers.tests.factories import (
    MONDAY,
    RECOGNITION,
    TAN_DAN_POLICE,
    Case,
    citizen,
    kstt,
    unit,
)
from motcua.evaluation import operations as figures
from motcua.evaluation import queries as figure_queries
from motcua.evaluation.models import Tally
from motcua.kernel.actor import Actor, Role
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty
from motcua.workflow.versions import queries as versions

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]

POLICE, INSURANCE, TAX = "police_commune", "bhxh_district", "tax_district"
INSURANCE_UNIT = "TW.BHXH.KM"
CONFIRMATION, INSURANCE_CARD = "1.010041", "1.001939"
DAY = MONDAY.date()


def leader() -> Actor:
    return organisation.actor_of(Duty.objects.filter(role=Role.PROVINCE_LEADER)[0].staff.account_id, MONDAY)


@pytest.mark.parametrize("kind", [POLICE, INSURANCE])
def test_every_unit_of_the_kind_has_a_desk_and_people_for_each_step(kind: str) -> None:
    found = organisation.tree().current(kind, DAY)
    assert found
    for node in found:
        for role in (Role.ONE_STOP_OFFICER, Role.RETURN_OFFICER, Role.PROCESSING_OFFICER, Role.AGENCY_HEAD):
            assert organisation.duty_holders(node.ref.id, role, DAY), f"{node.ref.code}: {role}"


def test_every_tax_office_has_people_who_answer_the_counters() -> None:
    for node in organisation.tree().current(TAX, DAY):
        for role in (Role.PROCESSING_OFFICER, Role.AGENCY_HEAD, Role.CLERK):
            assert organisation.duty_holders(node.ref.id, role, DAY), f"{node.ref.code}: {role}"


@pytest.mark.parametrize("kind", [POLICE, INSURANCE])
def test_their_procedures_have_approved_processes_and_are_received_at_their_own_desks(kind: str) -> None:
    own = [one for one in catalogue.definitions(DAY) if one.body["deciding_agency_kind"] == kind]
    assert own
    for procedure in own:
        kept = versions.kept(kstt(), DAY).get(procedure.id)
        assert kept is not None, procedure.code
        assert {variant["variant"] for variant in procedure.body["process"]} <= set(kept.in_force), (
            procedure.code
        )
        assert kind in catalogue.receiving_kinds(procedure.body["receiving_places"]), procedure.code


@pytest.mark.parametrize(("code", "desk"), [(CONFIRMATION, TAN_DAN_POLICE), (INSURANCE_CARD, INSURANCE_UNIT)])
def test_their_dossiers_are_taken_in_handled_and_returned_online_in_the_same_figures(
    code: str, desk: str
) -> None:
    other = Case.taken_in(RECOGNITION)
    case = Case.filed(code, actor=citizen(), receiving=desk)
    case.accept()
    figures.catch_up()
    found = figure_queries.figures(leader(), day=DAY, at=MONDAY)
    received = {row.id: row.counts.received for row in found.rows}
    assert received[unit(desk).id] == received[other.dossier.receiving_unit_id] == 1
    assert found.total.received == 2
    case.process()
    case.hand_over(how=ReturnChannel.ACCOUNT.value, collector="")
    assert case.dossier.state == State.RETURNED
    figures.catch_up()
    returned = Tally.objects.filter(measure="returned", unit_id=unit(desk).id).values_list("channel", "value")
    assert list(returned) == [("online", 1)]
    assert figure_queries.differences() == []
