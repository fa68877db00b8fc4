"""The register of restructuring: who writes it, stage by stage, and the effect measured on real dossiers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.dossiers.tests.factories import MONDAY, RECOGNITION, Case, counter, key, kstt
from motcua.evaluation.mining import operations as mining
from motcua.evaluation.models import Restructuring
from motcua.evaluation.restructuring import operations, queries, rules
from motcua.evaluation.restructuring.operations import (
    AlreadyOpen,
    NotAKeeper,
    RestructuringNotFound,
    WrongStage,
)
from motcua.evaluation.restructuring.rules import Stage
from motcua.kernel.actor import Actor, Role
from motcua.kernel.errors import DomainError, Invalid
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty
from motcua.platform import clock
from motcua.platform.models import IdempotencyKey, LedgerEntry, OutboxEvent

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]

NOW = {
    "steps": Decimal(5),
    "hours": Decimal(24),
    "papers": Decimal(3),
    "visits": Decimal(2),
    "cost": Decimal(50_000),
}
THEN = {**NOW, "steps": Decimal(3), "visits": Decimal(1)}
WHAT = "Gộp bước thẩm định với bước kiểm tra hồ sơ."


def leader() -> Actor:
    duty = Duty.objects.filter(role=Role.PROVINCE_LEADER).select_related("staff").order_by("id")[0]
    return organisation.actor_of(duty.staff.account_id or 0, MONDAY)


def proposed(**more: Any) -> int:
    given_: dict[str, Any] = {
        "procedure_code": RECOGNITION, "what": WHAT, "legal_changes": "", "before": NOW, "after": THEN,
        "actor": kstt(), "key": key(), "at": MONDAY,
    }  # fmt: skip
    return operations.propose(**{**given_, **more})


def common(number: int, **more: Any) -> dict[str, Any]:
    return {"number": number, "actor": kstt(), "key": key(), "at": MONDAY, **more}


def live(since: date) -> int:
    number = proposed()
    operations.approve(**common(number), decision_no="15/QĐ-UBND", decided_on=since)
    operations.go_live(**common(number), on=since)
    return number


def left() -> tuple[Any, ...]:
    return (
        list(Restructuring.objects.values_list("subject", "stage", "what", "decision_no", "live_on")),
        LedgerEntry.objects.count(), OutboxEvent.objects.count(), IdempotencyKey.objects.count(),
    )  # fmt: skip


def test_from_proposal_to_judgement_each_an_act_with_its_entry_and_event() -> None:
    before = Case.taken_in(RECOGNITION)
    before.forward()
    before.process()
    since = (MONDAY + timedelta(days=14)).date()
    with clock.at(MONDAY):
        number = proposed(at=MONDAY + timedelta(days=14))
    later = MONDAY + timedelta(days=14)
    operations.amend(
        **common(number, at=later),
        what=WHAT,
        legal_changes="Sửa Quyết định 12 của tỉnh.",
        before=NOW,
        after=THEN,
    )
    operations.approve(**common(number, at=later), decision_no=" 15/QĐ-UBND ", decided_on=since)
    operations.go_live(**common(number, at=later), on=since)
    after = Case.taken_in(RECOGNITION, at=later)
    after.forward()
    after.process()
    mining.rebuild()
    judged = MONDAY + timedelta(days=40)
    operations.conclude(**common(number, at=judged), words="Đạt mục tiêu, thời gian giảm.", days=90)
    view = queries.restructuring(leader(), number)
    assert (view.stage, view.decision_no, view.live_on) == (Stage.CONCLUDED, "15/QĐ-UBND", since)
    assert view.legal_changes == "Sửa Quyết định 12 của tỉnh."
    assert view.effect["before"]["dossiers"] == 1 and view.effect["after"]["dossiers"] == 1
    entries = LedgerEntry.objects.filter(subject=number).order_by("seq")
    assert [row.act for row in entries] == [
        f"restructuring_{act}" for act in ("proposed", "amended", "approved", "live", "concluded")
    ]
    stages = [row.payload["stage"] for row in OutboxEvent.objects.filter(subject=number).order_by("event_id")]
    assert stages == ["proposed", "proposed", "approved", "live", "concluded"]


def test_it_is_not_judged_before_a_dossier_has_come_the_new_way() -> None:
    number = live(MONDAY.date())
    before = left()
    with pytest.raises(Invalid, match="Chưa có hồ sơ nào kết thúc"):
        operations.conclude(
            **common(number, at=MONDAY + timedelta(days=5)), words="Đạt mục tiêu đề ra.", days=90
        )
    assert left() == before


def test_a_second_one_of_the_same_procedure_waits_for_the_first() -> None:
    number = proposed()
    before = left()
    with pytest.raises(AlreadyOpen):
        proposed()
    assert left() == before
    operations.drop(**common(number), words="Chưa đủ điều kiện kỹ thuật.")
    assert queries.restructuring(kstt(), number).stage is Stage.DROPPED
    assert proposed() != number


def test_the_same_key_is_one_proposal() -> None:
    once = key()
    assert proposed(key=once) == proposed(key=once)
    assert Restructuring.objects.count() == 1


REFUSED: list[tuple[Callable[[int], Any], type[DomainError]]] = [
    (lambda number: operations.go_live(**common(number), on=MONDAY.date()), WrongStage),
    (lambda number: operations.conclude(**common(number), words="Đạt mục tiêu đề ra.", days=30), WrongStage),
    (lambda number: operations.approve(**common(number), decision_no="", decided_on=MONDAY.date()), Invalid),
    (
        lambda number: operations.approve(
            **common(number), decision_no="1/QĐ", decided_on=MONDAY.date() + timedelta(days=1)
        ),
        Invalid,
    ),
    (lambda number: operations.drop(**common(number), words="ngắn"), Invalid),
    (
        lambda number: operations.drop(**common(number, actor=leader()), words="Không cần nữa, bỏ."),
        NotAKeeper,
    ),
    (
        lambda number: operations.drop(**common(number, actor=counter()), words="Không cần nữa, bỏ."),
        RestructuringNotFound,
    ),
    (
        lambda number: operations.amend(**common(number), what=WHAT, legal_changes="", before=NOW, after=NOW),
        Invalid,
    ),
    (
        lambda number: operations.amend(
            **common(number), what="", legal_changes="", before={**NOW, "cost": Decimal(-1)}, after={}
        ),
        Invalid,
    ),
]


@pytest.mark.parametrize(("act", "why"), REFUSED)
def test_a_refusal_leaves_nothing_behind(act: Callable[[int], Any], why: type[DomainError]) -> None:
    number = proposed()
    before = left()
    with pytest.raises(why):
        act(number)
    assert left() == before


def test_who_reads_and_who_writes() -> None:
    number = proposed()
    assert [one.number for one in queries.restructurings(leader())] == [number]
    assert queries.restructurings(leader(), [Stage.LIVE]) == []
    assert queries.restructurings(counter()) == []
    with pytest.raises(RestructuringNotFound):
        queries.restructuring(counter(), number)
    with pytest.raises(NotAKeeper):
        proposed(actor=leader())


# the rules


@given(st.dates(date(2023, 1, 1), date(2026, 12, 31)), st.integers(-5, 500), st.integers(1, 400))
def test_both_spans_have_as_many_days_and_meet_at_the_first_day(live_on: date, since: int, most: int) -> None:
    today = live_on + timedelta(days=since)
    found = rules.spans(live_on, today, most)
    if since < 1:
        assert found is None
        return
    assert found is not None
    (first, last), (then, until) = found.before, found.after
    assert (last - first) == (until - then) and (last - first).days + 1 == min(since, most)
    assert then == live_on == last + timedelta(days=1) and until < today
