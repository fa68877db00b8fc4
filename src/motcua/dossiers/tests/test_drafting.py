"""A draft the system makes at an automatic step: what it says, once, and what happens when it cannot be made."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.documents import operations as documents
from motcua.documents import queries as papers
from motcua.documents.models import Document
from motcua.dossiers import automatics, drafting, operations
from motcua.dossiers.models import Awaited
from motcua.dossiers.operations import automatic
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.drawn import GUARDIANSHIP, approved, base, one
from motcua.dossiers.tests.factories import Case, citizen, key
from motcua.kernel.actor import SYSTEM
from motcua.kernel.process import AutoKind, NodeKind
from motcua.platform import clock


def waiting(template: str = "to_trinh") -> tuple[Case, Awaited]:
    """Return a dossier whose process waits for a draft, and what it waits for."""
    approved(one(base(), NodeKind.SERVICE_TASK, auto=AutoKind.DOCUMENT, ref=template, name="Lập tờ trình"))
    me = citizen()
    case = Case.taken_in(GUARDIANSHIP, owner_id=me.party_id, submitter_id=me.party_id)
    case.forward()
    case.step()
    return case, Awaited.objects.get(subject=case.subject, kind="document", state="waiting")


@pytest.mark.usefixtures("province")
@pytest.mark.django_db(transaction=True)
def test_a_draft_is_made_once_and_the_dossier_goes_on() -> None:
    case, row = waiting()
    at = case.at + timedelta(minutes=1)
    assert automatic.carry_out(row.pk, at, clock.real_now())
    assert not automatic.carry_out(row.pk, at, clock.real_now())  # a second worker
    again = operations.automatic_step(
        code=case.code, awaited_id=row.pk, actor=SYSTEM, key=automatic.key_of(row.pk), at=at
    )
    assert again.again
    made = Document.objects.get(subject=case.subject, kind="draft")
    assert (made.title, made.number) == ("Dự thảo: Tờ trình", "")
    said = " ".join(made.context["paragraphs"])
    assert case.code in said and case.dossier.owner_name in said
    assert made.context["groups"]
    entry = traces.last(case.subject)
    assert (entry.act, entry.payload["does"], entry.payload["form"]) == (
        "automatic_step", "document", "Dự thảo: Tờ trình",
    )  # fmt: skip
    assert documents.printed(actor=SYSTEM, document_id=made.pk, at=at).pdf.startswith(b"%PDF")
    assert made.pk not in {one.id for one in papers.documents_of(citizen(), case.subject)}
    assert made.pk in {one.id for one in papers.documents_of(case.counter(), case.subject)}
    assert case.tasks  # the next step is open


@pytest.mark.usefixtures("province")
@pytest.mark.django_db(transaction=True)
def test_a_template_that_is_gone_waits_on_the_list_and_a_person_does_it() -> None:
    case, row = waiting("mau_da_bo")
    before = Document.objects.count()
    assert not automatic.carry_out(row.pk, case.at + timedelta(minutes=1), clock.real_now())
    failed = automatics.failed_steps(SYSTEM)
    assert [(one.code, one.kind) for one in failed] == [(case.code, "document")]
    assert "mau_da_bo" in failed[0].error
    assert Document.objects.count() == before
    head = case.head()
    given: dict[str, Any] = {"awaited_id": row.pk, "reason": "Tự soạn tờ trình theo mẫu của phường."}
    case.act(operations.take_over_step, actor=head, key=key(), **given)
    assert automatics.failed_steps(SYSTEM) == []
    assert case.tasks


@given(st.text(alphabet="abc{}._ “”", max_size=60), st.text(alphabet="xyz", min_size=1, max_size=9))
def test_filling_never_fails_and_leaves_no_known_place(text: str, value: str) -> None:
    made = drafting.filled(f"{text} {{ho_so.ma}} {{khong_biet}}", {drafting.CODE: value})
    assert value in made
    assert drafting.BLANK in made
    assert "{ho_so.ma}" not in made
