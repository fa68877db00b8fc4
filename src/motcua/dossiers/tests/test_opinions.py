"""Opinions outside the drawn process: asked of all at once, given, recalled, late; sight, lists, clock, papers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from motcua.documents.models import Document
from motcua.dossiers import opinions, queries, tellings
from motcua.dossiers.consulting import NothingLate, OpinionClosed, OpinionNotFound
from motcua.dossiers.models import Opinion, Timer
from motcua.dossiers.operations import (
    ask_opinion,
    give_opinion,
    late_opinion,
    recall_opinion,
    timers,
    withdraw,
)
from motcua.dossiers.rules import DossierNotFound, NoDuty, ReasonMissing
from motcua.dossiers.telling import TellKind
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import AN_LUU, RECOGNITION, WORDS, Case, counter, holder, key, unit
from motcua.kernel.actor import SYSTEM, Actor, Role
from motcua.kernel.errors import Invalid
from motcua.organisation import queries as organisation
from motcua.platform import access
from motcua.platform.models import LedgerEntry, OutboxEvent

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db]


def abroad(no: int = 0) -> tuple[int, Actor]:
    """Return a unit of another commune whose head answers, and that head."""
    root = organisation.root_of(unit((AN_LUU, "HD.KM.MC")[no]).id)
    return root.id, holder(root.id, Role.AGENCY_HEAD)


def in_hand() -> Case:
    case = Case.taken_in(RECOGNITION)
    case.forward()
    return case


def ask(case: Case, *units: int, **more: Any) -> Any:
    given = {
        "units": list(units), "content": "Đề nghị cho ý kiến về nơi cư trú trước đây.",
        "due_at": case.at + timedelta(days=1), "actor": case.doer(), **more,
    }  # fmt: skip
    return case.act(ask_opinion, **given)


def test_all_are_asked_at_once_and_the_clock_goes_on() -> None:
    case = in_hand()
    (first, who), (second, _) = abroad(), abroad(1)
    due, state = case.due, case.dossier.state
    with pytest.raises(DossierNotFound):
        queries.one(who, case.code)
    done = ask(case, first, second)
    assert (case.due, case.dossier.state) == (due, state)
    paper = Document.objects.get(pk=done.papers["opinion_request"])
    assert paper.number.endswith("/LYK") or "LYK" in paper.number
    assert paper.context["content"] == "Đề nghị cho ý kiến về nơi cư trú trước đây."
    assert len(paper.context["asked"]) == 2
    assert paper.context["lead"]
    assert queries.one(who, case.code).dossier.code == case.code
    (mine,) = opinions.owed(who)
    assert (mine.code, mine.unit_id, mine.is_open) == (case.code, first, True)
    assert [one.code for one in opinions.asked(case.doer())] == [case.code, case.code]
    assert TellKind.OPINION_ASKED in {one.kind for one in tellings.unseen(who)}
    entry = LedgerEntry.objects.filter(subject=case.subject).order_by("-seq")[0]
    assert (entry.act, entry.payload["units"], entry.payload["form"]) == (
        "ask_opinion", [first, second], paper.number,
    )  # fmt: skip
    event = OutboxEvent.objects.get(topic="dossiers.opinion_asked.v1", subject=case.subject)
    assert event.payload["unit_ids"] == sorted([first, second])


def test_answers_stand_side_by_side_and_the_asker_is_told() -> None:
    case = in_hand()
    (first, who), (second, other) = abroad(), abroad(1)
    asker = case.doer()
    ask(case, first, second)
    one, two = Opinion.objects.order_by("pk")
    case.act(give_opinion, actor=who, opinion_id=one.pk, stance="agree", text="")
    case.act(
        give_opinion, actor=other, opinion_id=two.pk, stance="disagree", text="Không có tên trong sổ cư trú."
    )
    found = opinions.of_dossier(asker, case.subject)
    assert [(row.unit_id, row.stance, row.late) for row in found] == [
        (first, "agree", False), (second, "disagree", False),
    ]  # fmt: skip
    assert [told.kind for told in tellings.unseen(asker)].count(TellKind.OPINION_GIVEN) == 2
    assert not Timer.objects.filter(subject=case.subject, kind="late_opinion").exists()
    assert queries.one(who, case.code).dossier.code == case.code  # who answered keeps its sight
    with pytest.raises(OpinionClosed):
        case.act(give_opinion, actor=who, opinion_id=one.pk, stance="agree", text="")
    case.process()


def test_only_who_is_asked_answers_and_only_who_holds_asks() -> None:
    case = in_hand()
    (first, who), (_, other) = abroad(), abroad(1)
    before = traces.everything()
    refusals: list[tuple[dict[str, Any], type[Exception]]] = [
        ({"actor": counter()}, NoDuty),
        ({"actor": who}, DossierNotFound),
        ({"content": "gì?"}, Invalid),
        ({"due_at": case.at}, Invalid),
        ({"units": []}, Invalid),
        ({"units": [10**9]}, Invalid),
        ({"units": [case.task.unit_id]}, Invalid),
    ]
    for wrong, kind in refusals:
        with pytest.raises(kind):
            ask(case, first, **wrong)
        assert traces.everything() == before
    ask(case, first)
    opinion = Opinion.objects.get()
    kept = traces.everything()
    answers: list[tuple[dict[str, Any], type[Exception]]] = [
        ({"actor": other}, NoDuty),
        ({"actor": case.doer()}, NoDuty),
        ({"stance": "perhaps"}, Invalid),
        ({"stance": "disagree", "text": "không"}, Invalid),
        ({"file_id": 1}, Invalid),
        ({"opinion_id": opinion.pk + 1}, OpinionNotFound),
    ]
    for wrong, kind in answers:
        given = {"actor": who, "opinion_id": opinion.pk, "stance": "agree", "text": "", **wrong}
        with pytest.raises(kind):
            case.act(give_opinion, **given)
        assert traces.everything() == kept


def test_recalled_its_sight_ends_unless_it_answered_another_question() -> None:
    case = in_hand()
    first, who = abroad()
    ask(case, first)
    with pytest.raises(ReasonMissing):
        case.act(recall_opinion, actor=case.doer(), opinion_id=Opinion.objects.get().pk, reason="thôi")
    case.act(recall_opinion, actor=case.doer(), opinion_id=Opinion.objects.get().pk, reason=WORDS)
    assert not access.sees(who, case.subject)
    assert opinions.owed(who) == []
    assert not Timer.objects.filter(subject=case.subject, kind="late_opinion").exists()
    ask(case, first)
    case.act(give_opinion, actor=who, opinion_id=Opinion.objects.latest("pk").pk, stance="agree", text="")
    ask(case, first)
    case.act(recall_opinion, actor=case.doer(), opinion_id=Opinion.objects.latest("pk").pk, reason=WORDS)
    assert access.sees(who, case.subject)


def test_late_the_head_of_the_one_stop_unit_is_told_once_and_it_stands_on_the_alarms() -> None:
    case = in_hand()
    first, who = abroad()
    ask(case, first)
    until = Opinion.objects.get().request.due_at
    head = holder(organisation.root_of(case.dossier.receiving_unit_id).id, Role.AGENCY_HEAD)
    timers.fire_due(until - timedelta(minutes=1), until)
    assert not Opinion.objects.get().late
    assert timers.fire_due(until, until).done >= 1
    assert Opinion.objects.get().late
    assert TellKind.OPINION_LATE in {one.kind for one in tellings.unseen(head)}
    assert [one.row.code for one in queries.alarms(head, ["late_opinion"])] == [case.code]
    entries = LedgerEntry.objects.filter(subject=case.subject, act="late_opinion")
    assert [entry.payload["units"] for entry in entries] == [[first]]
    timers.fire_due(until + timedelta(hours=1), until + timedelta(hours=1))
    assert entries.count() == 1
    with pytest.raises(NothingLate):
        late_opinion(code=case.code, actor=SYSTEM, key=key(), at=until + timedelta(hours=1))
    with pytest.raises(NoDuty):
        late_opinion(code=case.code, actor=head, key=key(), at=until + timedelta(hours=1))
    case.act(
        give_opinion, actor=who, at=until + timedelta(hours=2), opinion_id=Opinion.objects.get().pk,
        stance="agree", text="",
    )  # fmt: skip
    assert queries.alarms(head, ["late_opinion"]) == []
    assert Opinion.objects.get().late


def test_a_move_of_the_dossier_keeps_the_timer_and_its_end_takes_it_away() -> None:
    case = in_hand()
    first, who = abroad()
    ask(case, first)
    awaited = Timer.objects.filter(subject=case.subject, kind="late_opinion")
    case.suspend(actor=case.doer())
    assert awaited.exists()
    assert [one.code for one in opinions.owed(who)] == [case.code]
    case.act(withdraw, reason="Người nộp đề nghị rút hồ sơ.")
    assert not awaited.exists()
    assert opinions.owed(who) == []


def test_what_they_cost() -> None:
    warm = in_hand()
    ask(warm, abroad()[0])
    case = in_hand()
    officer, (first, who) = case.doer(), abroad()
    with CaptureQueriesContext(connection) as captured:
        ask(case, first, actor=officer)
    assert (
        len([one for one in captured if "SAVEPOINT" not in (one["sql"] or "")]) <= 14
    )  # BEGIN, COMMIT beside
    number = Opinion.objects.latest("pk").pk
    with CaptureQueriesContext(connection) as captured:
        case.act(give_opinion, actor=who, opinion_id=number, stance="agree", text="")
    assert len([one for one in captured if "SAVEPOINT" not in (one["sql"] or "")]) <= 14
