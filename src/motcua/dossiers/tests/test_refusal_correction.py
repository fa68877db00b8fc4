"""A refusal issued with a slip of the pen: its words are corrected, its outcome and all figures stay."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.documents import queries as documents
from motcua.documents.models import Document
from motcua.documents.rules import DocumentKind
from motcua.documents.tests import samples
from motcua.dossiers import corrections, operations, rewording
from motcua.dossiers.correcting import CorrectionState, NothingToCorrect, ResultBeingCorrected
from motcua.dossiers.rules import State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import RECOGNITION, WORDS, Case, at_state, citizen
from motcua.dossiers.tests.test_result_correction import officer, order, row, sign
from motcua.kernel.actor import SYSTEM, Actor
from motcua.kernel.errors import Invalid
from motcua.repository.models import Holding


def refused(*, handed_over: bool = True) -> tuple[Case, Actor]:
    """Return a dossier of a citizen that was refused after appraisal, and the citizen."""
    me = citizen()
    case = Case.taken_in(RECOGNITION, owner_id=me.party_id, submitter_id=me.party_id)
    case.refuse_request()
    if handed_over:
        case.hand_over()
    return case, me


def reword(case: Case, **words: str) -> operations.Done:
    return case.act(operations.draft_correction, actor=officer(case), answers={}, wording=words)


@pytest.mark.usefixtures("province")
@pytest.mark.django_db
def test_the_words_of_a_refusal_are_corrected_and_nothing_else() -> None:
    case, me = refused()
    first = case.dossier
    old = documents.latest(SYSTEM, case.subject, DocumentKind.REFUSAL_DECISION)
    assert old is not None
    case.act(operations.ask_correction, actor=me, what=WORDS)
    done = order(case)
    notice = Document.objects.get(pk=done.papers["correction_notice"]).context
    assert (notice["refusal"], notice["old_number"], notice["apology"]) == (True, old.number, True)
    told = traces.events(case.subject)[-1].payload["text"]
    assert rewording.UNCHANGED in told and "xin lỗi" in told

    before = traces.everything()
    tries: list[dict[str, Any]] = [
        {"answers": {}, "wording": {}},
        {"answers": {}, "wording": {"reason": ""}},
        {"answers": {}, "wording": {"decision": "approved"}},
        {"answers": {"ho_ten": "Nguyễn Văn Đúng"}, "wording": {"reason": "Lý do viết đúng."}},
    ]
    for tried in tries:
        with pytest.raises(Invalid):
            case.act(operations.draft_correction, actor=officer(case), **tried)
    assert traces.everything() == before

    reword(
        case,
        owner_name="Nguyễn Văn Đúng",
        reason="Không đủ căn cứ theo khoản 2 Điều 25.\nGiấy tờ số 12/2023.",
    )
    assert case.dossier.owner_name == first.owner_name  # nothing counts before the signature
    done = sign(case)
    new = documents.document(SYSTEM, done.papers["refusal_decision"])
    said = Document.objects.get(pk=new.id).context
    was = Document.objects.get(pk=old.id).context
    assert said["reasons"] == ["Không đủ căn cứ theo khoản 2 Điều 25.", "Giấy tờ số 12/2023."]
    assert said["owner"] == {**was["owner"], "name": "Nguyễn Văn Đúng"}
    assert old.number in said["replaces"] and rewording.UNCHANGED in said["replaces"]
    differs = {key for key in said if said[key] != was[key]}
    assert differs - {"issued_on", "signer"} == {"reasons", "owner", "replaces"}
    assert documents.document(SYSTEM, old.id).superseded and not new.superseded
    assert {one.id for one in documents.documents_of(me, case.subject)} >= {old.id, new.id}

    case.act(operations.return_correction, old_original="taken_back", collector="Nguyễn Thị Lan")
    now = case.dossier
    assert row(case).state is CorrectionState.DONE
    assert (now.state, now.decision, now.processed_at, now.ended_at, now.returned_at, now.due_at) == (
        first.state, first.decision, first.processed_at, first.ended_at, first.returned_at, first.due_at,
    )  # fmt: skip
    assert (now.owner_name, now.correcting) == ("Nguyễn Văn Đúng", False)
    assert not Holding.objects.filter(source_subject=case.subject).exists()  # nothing was granted
    assert [one.topic for one in traces.events(case.subject)][-4:] == [
        "dossiers.correction_ordered.v1", "dossiers.correction_drafted.v1", "dossiers.result_corrected.v1",
        "dossiers.correction_returned.v1",
    ]  # fmt: skip
    assert traces.events(case.subject)[-2].payload["text"] == rewording.UNCHANGED


@pytest.mark.usefixtures("province")
@pytest.mark.django_db
def test_a_refusal_that_waits_is_not_handed_over_until_it_is_signed_anew() -> None:
    case, _ = refused(handed_over=False)
    assert case.dossier.state == State.STOPPED
    order(case, ground="applicant_data")
    before = traces.everything()
    with pytest.raises(ResultBeingCorrected):
        case.hand_over()
    assert traces.everything() == before
    reword(case, grounds="Luật Hộ tịch ngày 20 tháng 11 năm 2014")
    sign(case)
    assert row(case).state is CorrectionState.DONE  # the usual hand-over gives the new one
    case.hand_over()
    assert case.dossier.state == State.RETURNED


@pytest.mark.usefixtures("province")
@pytest.mark.django_db
def test_what_was_stopped_without_a_refusal_has_nothing_to_correct() -> None:
    case = at_state(State.IN_PROCESS)
    case.act(operations.stop, actor=case.head(), reason=WORDS, asked_by="applicant")
    before = traces.everything()
    with pytest.raises(NothingToCorrect):
        case.act(operations.ask_correction, what=WORDS)
    assert traces.everything() == before
    assert corrections.of_dossier(SYSTEM, case.subject) == []


WORD = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20)


@given(st.dictionaries(st.sampled_from(sorted(rewording.WORDING_NAMES)), WORD))
def test_a_new_refusal_differs_in_what_was_given_and_in_who_signs_when(given_words: dict[str, str]) -> None:
    old = samples.REFUSAL_DECISION
    said = rewording.reworded(rewording.worded(old), given_words)
    new = rewording.anew(
        old, said.to_json(), head=old.head, signer=old.signer, on=old.issued_on, replaces="Thay."
    )
    assert rewording.worded(new) == said
    kept = rewording.worded(old).to_json()
    assert said.to_json() == {**kept, **given_words}
    assert (
        replace(new, owner=old.owner, reasons=old.reasons, grounds=old.grounds, replaces=old.replaces) == old
    )
