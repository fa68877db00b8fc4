"""Who may act, once, on what they have seen: keys, the optimistic guard, roles, units, fields, duties that end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from motcua.dossiers import operations, queries
from motcua.dossiers.operations import Done, DossierNotFound, NoDuty
from motcua.dossiers.rules import State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import (
    AN_LUU,
    MONDAY,
    RECOGNITION,
    TAN_DAN,
    WORDS,
    Case,
    at_state,
    citizen,
    counter,
    filing,
    holder,
    key,
    unit,
)
from motcua.kernel.actor import ANONYMOUS, SYSTEM, Actor, ActorKind, Role
from motcua.kernel.errors import DomainError, Replayed, Stale
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty, Staff
from motcua.parties.models import Account
from motcua.platform.idempotency import MissingKey
from motcua.workflow import operations as workflow

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]

Act = Callable[..., Done]

# From which state, by which operation, with what besides; `other` is another body of the same act.
ACTS: list[tuple[State, Act, dict[str, Any], dict[str, Any]]] = [
    (State.SUBMITTED, operations.accept, {}, {"fees": operations.FeesTaken(paid=True)}),
    (State.SUBMITTED, operations.refuse, {"reason": WORDS}, {"reason": WORDS + "!"}),
    (
        State.SUBMITTED,
        operations.request_supplement,
        {"items": [{"name": "Tờ khai"}], "reason": WORDS},
        {"items": [{"name": "Nội dung tờ khai"}], "reason": WORDS},
    ),
    (State.ACCEPTED, operations.forward, {}, {"what": "thêm một túi hồ sơ"}),
    (State.IN_PROCESS, operations.withdraw, {"reason": WORDS}, {"reason": WORDS + "!"}),
    (State.WITHDRAWN, operations.hand_back, {"collector": "Bà Lan"}, {"collector": "Ông Nam"}),
    (State.PROCESSED, operations.return_result, {"collector": "Bà Lan"}, {"collector": "Ông Nam"}),
    (
        State.ACCEPTED,
        operations.correct_intake,
        {"reason": WORDS, "head": {"sets": 2}, "answers": {}},
        {"reason": WORDS, "head": {"sets": 3}, "answers": {}},
    ),
]
each_act = pytest.mark.parametrize(
    ("state", "act", "body", "other"), ACTS, ids=[f"{act.__name__} from {state}" for state, act, *_ in ACTS]
)


@each_act
def test_the_same_key_does_it_once(
    state: State, act: Act, body: dict[str, Any], other: dict[str, Any]
) -> None:
    case = at_state(state)
    one, at = key(), case.at + timedelta(minutes=5)
    first = case.act(act, key=one, at=at, **body)
    after = traces.everything()
    again = case.act(act, key=one, at=at + timedelta(hours=1), **body)
    assert (again.again, again.seq, again.state, again.code) == (True, first.seq, first.state, first.code)
    with pytest.raises(Replayed):
        case.act(act, key=one, at=at, **other)
    assert traces.everything() == after


@each_act
def test_without_a_key_nothing_is_written(
    state: State, act: Act, body: dict[str, Any], other: dict[str, Any]
) -> None:
    case = at_state(state)
    before = traces.everything()
    for empty in ("", "k" * 201):
        with pytest.raises(MissingKey):
            act(code=case.code, actor=case.counter(), key=empty, at=case.at, **body)
    assert traces.everything() == before


@each_act
def test_who_acted_first_wins_and_the_other_page_is_told(
    state: State, act: Act, body: dict[str, Any], other: dict[str, Any]
) -> None:
    case = at_state(state)
    before = traces.everything()
    with pytest.raises(Stale):
        case.act(act, seen=case.dossier.seq - 1, **body)
    assert traces.everything() == before
    case.act(act, seen=case.dossier.seq, **body)


@each_act
def test_who_may_not_see_it_learns_nothing(
    state: State, act: Act, body: dict[str, Any], other: dict[str, Any]
) -> None:
    case = at_state(state)
    before = traces.everything()
    for stranger in (counter(AN_LUU), citizen(5), ANONYMOUS, Actor(kind=ActorKind.STAFF, account_id=-1)):
        with pytest.raises(DossierNotFound) as refusal:
            case.act(act, actor=stranger, **body)
        assert case.code not in refusal.value.message
    assert traces.everything() == before


@each_act
def test_who_sees_it_without_the_duty_is_refused(
    state: State, act: Act, body: dict[str, Any], other: dict[str, Any]
) -> None:
    case = at_state(state)
    before = traces.everything()
    kstt = Duty.objects.filter(role=Role.KSTT, scope="province")[0]
    onlooker = organisation.actor_of(kstt.staff.account_id, MONDAY)
    assert queries.one(onlooker, case.code).dossier.code == case.code
    with pytest.raises((NoDuty, workflow.NotYourTask)):
        case.act(act, actor=onlooker, **body)
    assert traces.everything() == before


def test_filing_twice_with_one_key_makes_one_dossier() -> None:
    one, wish, officer = key(), filing(RECOGNITION), counter()
    first = operations.take_in(filing=wish, actor=officer, key=one, at=MONDAY)
    before = traces.everything()
    again = operations.take_in(filing=wish, actor=officer, key=one, at=MONDAY + timedelta(seconds=3))
    assert (again.code, again.again) == (first.code, True)
    with pytest.raises(Replayed):
        operations.take_in(filing=replace(wish, sets=2), actor=officer, key=one, at=MONDAY)
    with pytest.raises(Replayed):
        operations.take_in(
            filing=wish, actor=officer, key=one, at=MONDAY, fees=operations.FeesTaken(paid=True)
        )
    with pytest.raises(Replayed):  # filing only is another act than taking in
        operations.file(filing=wish, actor=officer, key=one, at=MONDAY)
    assert traces.everything() == before


def test_a_key_belongs_to_its_actor() -> None:
    one, wish = key(), filing(RECOGNITION)
    first = operations.take_in(filing=wish, actor=counter(), key=one, at=MONDAY)
    elsewhere = filing(RECOGNITION, receiving=AN_LUU)
    second = operations.take_in(filing=elsewhere, actor=counter(AN_LUU), key=one, at=MONDAY)
    assert first.code != second.code


def test_a_late_replay_is_answered_though_the_dossier_went_on() -> None:
    case = Case.filed(RECOGNITION)
    one = key()
    case.act(operations.accept, key=one, seen=1)
    case.process()
    again = case.act(operations.accept, key=one, seen=1)
    assert (again.again, again.state) == (True, State.PROCESSED)


def _officer_with(role: Role, where: str, **duty: Any) -> Account:
    account = Account.objects.create(username=key(), kind="staff")
    staff = Staff.objects.create(account=account, full_name="Cán bộ thử", folded="can bo thu")
    Duty.objects.create(
        staff=staff,
        unit_id=unit(where).id,
        role=role,
        **{"scope": "unit", "fields": [], "valid_from": date(2021, 1, 1), **duty},
    )
    return account


def test_a_duty_counts_on_its_days_only() -> None:
    account = _officer_with(
        Role.ONE_STOP_OFFICER, TAN_DAN, valid_from=date(2023, 10, 2), valid_to=date(2023, 10, 3)
    )
    case = Case.filed(RECOGNITION)
    for day in (1, 4):
        late = organisation.actor_of(account.pk, MONDAY.replace(day=day))
        with pytest.raises(DossierNotFound):
            case.act(operations.accept, actor=late)
    case.act(operations.accept, actor=organisation.actor_of(account.pk, MONDAY.replace(day=3, hour=16)))


def test_a_duty_for_some_fields_does_not_reach_others() -> None:
    account = _officer_with(Role.ONE_STOP_OFFICER, TAN_DAN, fields=["chung_thuc"])
    only = organisation.actor_of(account.pk, MONDAY)
    case = Case.filed(RECOGNITION)
    before = traces.everything()
    with pytest.raises(NoDuty):
        case.act(operations.accept, actor=only)
    with pytest.raises(NoDuty):
        operations.take_in(filing=filing(RECOGNITION), actor=only, key=key(), at=MONDAY)
    assert traces.everything() == before
    both = _officer_with(Role.ONE_STOP_OFFICER, TAN_DAN, fields=["chung_thuc", "ho_tich"])
    case.act(operations.accept, actor=organisation.actor_of(both.pk, MONDAY))


def test_a_processing_duty_for_some_fields_does_not_reach_others() -> None:
    case = Case.taken_in(RECOGNITION)
    where = organisation.unit(case.task.unit_id).code
    other = organisation.actor_of(
        _officer_with(Role.PROCESSING_OFFICER, where, fields=["dat_dai"]).pk, MONDAY
    )
    with pytest.raises(workflow.NotYourTask):
        case.step(actor=other)


def test_a_delegated_duty_acts_and_the_ledger_names_it() -> None:
    head = holder(organisation.root_of(unit(TAN_DAN).id).id, Role.AGENCY_HEAD)
    giver = Duty.objects.filter(staff__account_id=head.account_id, role=Role.AGENCY_HEAD)[0]
    account = _officer_with(
        Role.AGENCY_HEAD, organisation.unit(giver.unit_id).code, delegated_by_id=giver.staff_id,
        valid_from=date(2023, 10, 2), valid_to=date(2023, 10, 2),
    )  # fmt: skip
    deputy = organisation.actor_of(account.pk, MONDAY)
    case = Case.taken_in(RECOGNITION)
    case.until("dong_y")
    case.step(actor=deputy)
    entry = traces.last(case.subject)
    assert (entry.act, entry.duty_id, entry.account_id) == ("decide", deputy.duties[0].id, account.pk)
    later = Case.taken_in(RECOGNITION)
    later.until("dong_y")
    with pytest.raises(DomainError):
        later.step(actor=organisation.actor_of(account.pk, MONDAY + timedelta(days=1)))


def test_the_owner_and_the_submitter_may_withdraw_and_nobody_else() -> None:
    me, other = citizen(), citizen(3)

    def by_post() -> Case:
        wish = filing(RECOGNITION, channel="post", owner_id=other.party_id, submitter_id=me.party_id)
        done = operations.file(filing=wish, actor=counter(), key=key(), at=MONDAY)
        return Case(done.code, done.subject, MONDAY, [done])

    case = by_post()
    for party in (me, other):
        by_post().act(operations.withdraw, actor=party, reason="Tôi xin rút hồ sơ này.")
    with pytest.raises(DossierNotFound):
        case.act(operations.withdraw, actor=citizen(4), reason="Tôi xin rút hồ sơ này.")
    with pytest.raises(NoDuty):
        case.act(operations.accept, actor=me)


def test_the_system_does_nobody_s_step() -> None:
    case = Case.filed(RECOGNITION)
    before = traces.everything()
    with pytest.raises(workflow.NotYourTask):
        case.act(operations.refuse, actor=SYSTEM, reason=WORDS)
    assert traces.everything() == before
