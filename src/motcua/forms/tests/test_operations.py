"""Drafts belong to the citizen who types them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from motcua.catalogue.models import Field, Procedure, ProcedureVersion
from motcua.forms import operations, queries
from motcua.forms.models import Draft
from motcua.kernel.actor import ANONYMOUS, Actor, ActorKind
from motcua.kernel.errors import Forbidden, NotFound, Stale
from motcua.parties.models import Account

pytestmark = pytest.mark.django_db
AT = datetime(2023, 10, 2, 1, 0, tzinfo=UTC)


@pytest.fixture
def version() -> ProcedureVersion:
    procedure = Procedure.objects.create(
        code="9.000001", name="Thủ tục thử", folded="thu tuc thu", levels=["commune"], certainty="low",
        field=Field.objects.create(code="thu", name="Thử", ministry="B"), deciding_agency_kind="x",
        online_level="toan_trinh", status="in_force",
    )  # fmt: skip
    return ProcedureVersion.objects.create(
        procedure=procedure, no=1, valid_from=date(2021, 1, 1), body={}, digest="0" * 64, certainty="low"
    )


def citizen(name: str) -> Actor:
    return Actor(ActorKind.CITIZEN, Account.objects.create(username=name, kind="citizen").pk)


def test_a_draft_is_saved_read_and_deleted(version: ProcedureVersion) -> None:
    me, other = citizen("a"), citizen("b")
    made = operations.save_draft(actor=me, procedure_version_id=version.pk, answers={"x": "1"}, at=AT)
    saved = operations.save_draft(
        actor=me,
        procedure_version_id=version.pk,
        answers={"x": "2"},
        choices={"unit": 5},
        at=AT,
        draft_id=made.pk,
        revision=1,
    )
    assert (saved.answers, saved.choices, saved.revision) == ({"x": "2"}, {"unit": 5}, 2)
    assert [row.procedure_code for row in queries.drafts(me)] == ["9.000001"]
    assert queries.draft(me, made.pk).answers == {"x": "2"}
    assert queries.drafts(other) == []
    with pytest.raises(NotFound):
        queries.draft(other, made.pk)
    with pytest.raises(NotFound):
        operations.delete_draft(actor=other, draft_id=made.pk)
    operations.delete_draft(actor=me, draft_id=made.pk)
    assert not Draft.objects.exists()


def test_two_tabs_do_not_overwrite_each_other(version: ProcedureVersion) -> None:
    me = citizen("a")
    made = operations.save_draft(actor=me, procedure_version_id=version.pk, answers={}, at=AT)
    change: dict[str, Any] = {"actor": me, "procedure_version_id": version.pk, "at": AT, "draft_id": made.pk}
    operations.save_draft(**change, answers={"x": "1"}, revision=1)
    with pytest.raises(Stale):
        operations.save_draft(**change, answers={"x": "2"}, revision=1)
    assert queries.draft(me, made.pk).answers == {"x": "1"}


@pytest.mark.parametrize("actor", [ANONYMOUS, Actor(ActorKind.STAFF, 1)])
def test_only_citizens_have_drafts(actor: Actor, version: ProcedureVersion) -> None:
    with pytest.raises(Forbidden):
        operations.save_draft(actor=actor, procedure_version_id=version.pk, answers={}, at=AT)
    assert queries.drafts(actor) == []
