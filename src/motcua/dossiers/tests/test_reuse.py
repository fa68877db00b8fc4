"""A paper that the owner's repository holds is not asked for again: it is used, and the use is written down."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from motcua.documents import operations as documents
from motcua.documents.models import File
from motcua.dossiers import operations
from motcua.dossiers.models import Component, Dossier
from motcua.dossiers.operations import PaperInput
from motcua.dossiers.rules import ComponentState
from motcua.dossiers.tests.factories import MONDAY, PDF, RECOGNITION, citizen, filing, key, scanned
from motcua.kernel.actor import Actor
from motcua.kernel.errors import Invalid
from motcua.repository import operations as repository
from motcua.repository.models import Holding, HoldingUse
from motcua.repository.rules import Handed

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]


def kept(actor: Actor, paper: str) -> Holding:
    """Return a paper in the actor's own repository, handed in with an earlier dossier."""
    file = documents.store_upload(actor=actor, name="giay.pdf", data=PDF, at=MONDAY)
    assert actor.party_id is not None
    (holding,) = repository.deposit_papers(
        owner_id=actor.party_id,
        owner_number="030190000001",
        papers=[Handed(paper_type=paper, title="Giấy đã nộp", file_id=file.pk, issued_on=date(2023, 9, 1))],
        source_subject=1,
        at=MONDAY,
    )
    return holding


def wish(actor: Actor, **changed: Any) -> operations.Filing:
    """Return an online filing of the actor's own, with every paper as said."""
    given = filing(
        RECOGNITION, MONDAY, channel="online", owner_id=actor.party_id, submitter_id=actor.party_id
    )
    one = next(iter(given.papers))
    papers = {code: PaperInput(handed_in=True) for code in given.papers}
    papers[one] = PaperInput(**changed)
    return scanned(replace(given, papers=papers), actor)


def test_a_paper_of_the_repository_is_used_and_the_use_is_logged() -> None:
    actor = citizen()
    paper = next(iter(wish(actor).papers))
    holding = kept(actor, paper)
    done = operations.file(
        filing=wish(actor, reused=True, holding_id=holding.pk), actor=actor, key=key(), at=MONDAY
    )
    row = Component.objects.get(dossier_id=done.subject, paper=paper)
    assert row.state == ComponentState.REUSED
    assert row.file is not None and holding.file is not None
    assert (row.file.subject, row.file.sha256) == (done.subject, holding.file.sha256)
    use = HoldingUse.objects.get()
    assert (use.holding_id, use.subject, use.paper_type) == (holding.pk, done.subject, paper)


@pytest.mark.parametrize("named", [False, True])
def test_what_the_repository_does_not_hold_cannot_be_reused(named: bool) -> None:
    actor, other = citizen(), citizen(1)
    paper = next(iter(wish(actor).papers))
    holding = kept(other, paper)
    asked = wish(actor, reused=True, holding_id=holding.pk if named else None)
    files = File.objects.count()
    with pytest.raises(Invalid) as refused:
        operations.file(filing=asked, actor=actor, key=key(), at=MONDAY)
    assert "papers" in refused.value.errors
    assert (Dossier.objects.count(), HoldingUse.objects.count(), File.objects.count()) == (0, 0, files)
