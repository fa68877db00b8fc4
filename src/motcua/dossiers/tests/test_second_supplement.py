"""A second request for supplement during handling: asks a reason and an approval, and tells its price."""

from __future__ import annotations

import pytest

from motcua.dossiers import operations
from motcua.dossiers.operations import ApprovalNeeded, DossierNotFound, NoDuty, NotAllowedNow
from motcua.dossiers.rules import State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import AN_LUU, WORDS, Case, at_state, citizen, counter
from motcua.kernel.actor import SYSTEM
from motcua.kernel.errors import Invalid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]


def asked_once() -> Case:
    """Return a dossier back in process after one supplement."""
    case = at_state(State.SUPPLEMENT_REQUESTED)
    case.supplement()
    return case


def test_a_second_request_waits_for_its_approval() -> None:
    case = asked_once()
    before = traces.everything()
    with pytest.raises(ApprovalNeeded) as refusal:
        case.ask()
    assert "Bộ chỉ số 766" in refusal.value.message
    assert traces.everything() == before
    case.act(operations.allow_supplement, actor=case.head(), reason=WORDS)
    entry, event = traces.last(case.subject), traces.events(case.subject)[-1]
    assert (entry.act, entry.payload["asked"]) == ("allow_supplement", 1)
    assert event.topic == "dossiers.supplement_allowed.v1"
    case.ask()
    assert case.dossier.state == State.SUPPLEMENT_REQUESTED
    case.supplement()
    with pytest.raises(ApprovalNeeded):  # an approval is for one request
        case.ask()


def test_only_the_competent_person_allows_it_and_only_when_it_is_needed() -> None:
    fresh, case = at_state(State.IN_PROCESS), asked_once()
    before = traces.everything()
    with pytest.raises(NotAllowedNow):
        fresh.act(operations.allow_supplement, actor=fresh.head(), reason=WORDS)
    for who in (case.doer(), case.counter(), counter(AN_LUU), citizen(), SYSTEM):
        with pytest.raises((NoDuty, DossierNotFound)):
            case.act(operations.allow_supplement, actor=who, reason=WORDS)
    with pytest.raises(Invalid):
        case.act(operations.allow_supplement, actor=case.head(), reason="ngắn")
    assert traces.everything() == before


def test_requests_at_receipt_do_not_count() -> None:
    case = Case.filed()
    for _ in range(2):
        case.ask()
        case.supplement()
    case.accept()
    case.forward()
    assert case.dossier.supplement_count == 2
    with pytest.raises(NotAllowedNow):
        case.act(operations.allow_supplement, actor=case.head(), reason=WORDS)
