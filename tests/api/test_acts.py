"""The API from sign-in to the returned result; what it refuses; what a refusal leaves: nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from motcua.dossiers.models import Dossier
from motcua.dossiers.rules import State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import (
    AN_LUU,
    BIRTH,
    EXTRACT,
    MONDAY,
    RECOGNITION,
    TAN_DAN,
    Case,
    at_state,
    citizen,
    counter,
    filing,
    key,
    unit,
)
from motcua.organisation import queries as organisation
from motcua.setup.scan import sample_file
from tests.api.callers import Person, at, counted

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("province")]
NOTHING_SAID = {"reason": "Người nộp đề nghị rút hồ sơ."}


@pytest.fixture(autouse=True)
def _monday(province: None) -> Iterator[None]:
    with at(MONDAY):
        yield


def body(procedure: str = BIRTH, channel: str = "direct", **more: Any) -> dict[str, Any]:
    """Return the body of a good filing."""
    wish = filing(procedure)
    return {
        "procedure": procedure,
        "receiving_unit": TAN_DAN,
        "channel": channel,
        "owner_id": wish.owner_id,
        "answers": dict(wish.answers),
        "papers": {code: {"handed_in": True} for code in wish.papers},
        "return_channel": "direct",
        **more,
    }


def officer_of(case: Case) -> Person:
    return Person(case.doer())


def test_a_dossier_goes_from_the_counter_to_its_owner() -> None:
    officer = Person(counter())
    status, done = officer.post("/dossiers/take-in", body())
    assert status == 201, done
    assert (done["state"], done["seq"], done["again"]) == ("accepted", 2, False)
    assert done["papers"] == {}, "immediate: a slip only for who asks"
    status, slip = officer.act(done["code"], "issue-slip")
    assert (status, set(slip["papers"])) == (200, {"slip"})
    assert officer.act(done["code"], "issue-slip")[0] == 409
    assert set(officer.post("/dossiers/take-in", body(slip=True))[1]["papers"]) == {"slip"}
    code, opened = done["code"], done["opened"]
    assert officer.act(code, "forward")[1]["state"] == "in_process"
    while True:
        task, *opened = opened
        holder = Person(
            organisation.actor_of(
                organisation.duty_holders(
                    organisation.unit_by_code(task["unit"]).id, task["role"], MONDAY.date()
                )[0].account_id,
                MONDAY,
            )
        )
        if task["handover"]:
            status, done = holder.act(code, "return-result", {"collector": "Nguyễn Thị Lan"})
            assert (status, done["state"]) == (200, "returned")
            break
        if task["assignee_id"] is None:
            assert holder.act(code, "assign", {"task_id": task["task_id"]})[0] == 200
        status, done = holder.act(
            code, "complete-step", {"task_id": task["task_id"], "outcome": task["main"]}
        )
        assert status == 200, done
        opened += done["opened"]
    status, whole = officer.get(f"/dossiers/{code}", ledger="true", notices="true")
    assert status == 200
    assert [entry["act"] for entry in whole["ledger"]][:4] == ["file", "accept", "issue_slip", "forward"]
    assert whole["deadline"]["explanation"][0].startswith("Nhận hồ sơ lúc")
    assert {paper["kind"] for paper in whole["documents"]} == {"slip", "result"}
    pdf = officer.get(f"/documents/{whole['documents'][0]['id']}/pdf")
    assert pdf[0] == 200 and pdf[1].startswith(b"%PDF-")
    progress = Person().get("/track", code=code, check_value=whole["check_value"])
    assert (progress[0], progress[1]["state"]) == (200, "returned")


def test_a_citizen_files_with_files_and_supplements() -> None:
    me = Person(citizen())
    wish = filing(BIRTH)
    assert wish.papers
    upload = SimpleUploadedFile("ban-chup.pdf", sample_file())
    headers = {**me.audience, "X-CSRFToken": me.token}
    stored = me.client.post("/api/v1/files", {"file": upload}, headers=headers)
    assert stored.status_code == 201, stored.content
    papers = {code: {"file_id": stored.json()["id"]} for code in wish.papers}
    sent = {**body(channel="online"), "papers": papers}
    del sent["owner_id"]
    status, done = me.post("/dossiers", sent)
    assert status == 201, done
    ask = {"items": [{"name": "Giấy chứng sinh", "what": "Bản rõ hơn"}], "reason": "Bản chụp không đọc được."}
    assert Person(counter()).act(done["code"], "request-supplement", ask)[0] == 200
    paper = next(iter(papers))
    foreign = me.act(done["code"], "supplement", {"papers": {paper: 2**40}})
    assert foreign[0] == 404
    lying = me.act(done["code"], "supplement", {"papers": {paper: None}})
    assert (lying[0], set(lying[1]["errors"])) == (422, {"papers"})
    upload = SimpleUploadedFile("ban-ro.pdf", sample_file())
    again = me.client.post("/api/v1/files", {"file": upload}, headers=headers).json()["id"]
    assert me.act(done["code"], "supplement", {"papers": {paper: again}})[0] == 200
    assert Person(counter()).act(done["code"], "accept")[1]["state"] == "accepted"


def wrong_bodies() -> dict[str, Callable[[dict[str, Any]], dict[str, Any]]]:
    """Return ways to spoil a good filing, by the field the refusal must name."""
    return {
        "answers": lambda good: {k: v for k, v in good.items() if k != "answers"} | {"answers": 7},
        "procedure": lambda good: {k: v for k, v in good.items() if k != "procedure"},
        "nickname": lambda good: {**good, "nickname": "x"},
        "sets": lambda good: {**good, "sets": "2"},
        "owner_id": lambda good: {**good, "owner_id": 2**70},
        "channel": lambda good: {**good, "channel": "carrier pigeon"},
        "return_address": lambda good: {**good, "return_address": "x" * 301},
        "papers": lambda good: {**good, "papers": {"G-KHONG-CO": {"handed_in": True}}},
        "hobby": lambda good: {**good, "answers": {**good["answers"], "hobby": "x"}},
    }


@pytest.mark.parametrize("field", list(wrong_bodies()))
def test_wrong_fields_are_named_and_leave_nothing(field: str) -> None:
    officer, sent = Person(counter()), wrong_bodies()[field](body())
    before = traces.everything()
    status, told = officer.post("/dossiers/take-in", sent)
    assert status == 422, told
    assert any(name == field or name.startswith(field) for name in told["errors"]), told
    assert told["message"]
    assert traces.everything() == before


@pytest.mark.parametrize(
    "raw",
    [
        b"not json",
        b"[1, 2]",
        b'{"reason": "\\u0000 d\xc3\xa0i h\xc6\xa1n"}',
        b'{"reason": "\\ud800 dai hon muoi ky tu"}',
        b'{"\\uD800": 1}',
        b'{"reason": NaN}',
        b'{"reason": "\xff\xfe"}',
        b"[" * 100_000,
        b'{"reason": "' + b"x" * 3_000_000 + b'"}',
        b'{"reason": "' + b"x" * 20_000 + b'"}',
    ],
    ids=["no json", "list", "nul", "surrogate", "key", "nan", "no utf-8", "deep", "huge", "long"],
)
def test_broken_bodies_are_refused_in_words(raw: bytes) -> None:
    case = at_state(State.ACCEPTED)
    officer = Person(case.counter())
    before = traces.everything()
    status, told = officer.act(case.code, "withdraw", raw=raw)
    assert status == 422, told
    assert told["code"] and told["message"]
    assert traces.everything() == before


def test_a_write_needs_session_csrf_and_key() -> None:
    case = at_state(State.ACCEPTED)
    officer = Person(case.counter())
    before = traces.everything()
    assert Person().act(case.code, "withdraw", NOTHING_SAID)[0] == 401
    status, told = officer.act(case.code, "withdraw", NOTHING_SAID, csrf=False)
    assert (status, told["code"]) == (403, "csrf")
    assert officer.act(case.code, "withdraw", NOTHING_SAID, idempotency="")[0] == 422
    assert officer.act(case.code, "withdraw", NOTHING_SAID, idempotency="k" * 201)[0] == 422
    assert traces.everything() == before


def test_what_one_may_not_see_is_not_there_and_what_one_may_not_do_is_refused() -> None:
    case = at_state(State.ACCEPTED)
    stranger, other = Person(counter(AN_LUU)), Person(citizen(7))
    processing = Person(case.doer())
    before = traces.everything()
    for person in (stranger, other):
        assert person.get(f"/dossiers/{case.code}")[0] == 404
        assert person.act(case.code, "withdraw", NOTHING_SAID)[0] == 404
    status, told = processing.act(case.code, "withdraw", NOTHING_SAID)
    assert (status, told["code"]) == (403, "no_duty")
    assert processing.act("000.00.00.H23-231002-9999", "forward")[0] == 404
    assert processing.get("/nowhere")[1]["code"] == "not_found"
    assert traces.everything() == before


def test_a_citizen_files_only_for_who_they_are() -> None:
    me, before = Person(citizen()), traces.everything()
    status, told = me.post("/dossiers", body(channel="online", owner_id=citizen(7).party_id))
    assert status == 422
    assert set(told["errors"]) >= {"owner_id"}
    assert any(name.startswith("papers.") for name in told["errors"])
    assert me.post("/dossiers/take-in", body())[0] == 401
    assert traces.everything() == before


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("to-khai.pdf", b"MZ\x90\x00 this program cannot be run in DOS mode"),
        ("anh.png", sample_file()),
        ("to-khai.pdf", sample_file()[:60]),
        ("to-khai.pdf", b""),
        ("to-khai.exe.pdf", sample_file()),
        ("to-khai", sample_file()),
        ("to-khai.pdf", sample_file() + b"\0" * 21 * 1024 * 1024),
    ],
    ids=[
        "a program",
        "another kind than its name",
        "cut off",
        "empty",
        "two endings",
        "no ending",
        "too large",
    ],
)
def test_uploads_that_are_not_what_they_say_are_refused(name: str, data: bytes) -> None:
    for person in (Person(citizen()), Person(counter())):
        before = traces.everything()
        headers = {**person.audience, "X-CSRFToken": person.token}
        sent = {"file": SimpleUploadedFile(name, data, "application/pdf")}
        told = person.client.post("/api/v1/files", sent, headers=headers)
        assert 400 <= told.status_code < 500, told.content
        assert told.json()["message"]
        assert traces.everything() == before


def test_a_file_of_somebody_else_is_nobodys_paper() -> None:
    me, other = Person(citizen()), Person(citizen(7))
    headers = {**other.audience, "X-CSRFToken": other.token}
    sent = {"file": SimpleUploadedFile("ban-chup.pdf", sample_file())}
    theirs = other.client.post("/api/v1/files", sent, headers=headers).json()["id"]
    wish = body(channel="online", owner_id=citizen().party_id)
    before = traces.everything()
    for file_id in (theirs, 10**9, -1, 2**70):
        wish["papers"] = {code: {"file_id": file_id} for code in wish["papers"]}
        status, told = me.post("/dossiers", wish)
        assert status in (404, 422), told
        assert told["message"]
    assert traces.everything() == before


def test_a_result_is_the_citizen_s_once_it_is_issued() -> None:
    case = Case.filed(RECOGNITION, actor=citizen())
    case.accept()
    case.until("dong_y")
    head, me = Person(case.doer()), Person(citizen())
    result = case.step().papers["result"]
    address = f"/documents/{result}/pdf"
    assert head.get(address)[0] == 200
    assert me.get(address)[0] == 404
    assert result not in [row["id"] for row in me.get(f"/dossiers/{case.code}")[1]["documents"]]
    page, file = f"/ho-so-cua-toi/{case.code}/", f"/ho-so-cua-toi/{case.code}/tai-lieu/{result}/"
    assert me.client.get(page).status_code == 200
    assert me.client.get(file).status_code == 404
    assert file not in me.client.get(page).content.decode()
    case.process()
    assert me.get(address)[0] == 200
    assert result in [row["id"] for row in me.get(f"/dossiers/{case.code}")[1]["documents"]]
    assert file in me.client.get(page).content.decode()
    assert me.client.get(file).content.startswith(b"%PDF-")
    assert Person(citizen(7)).get(address)[0] == 404


def test_the_same_key_does_it_once() -> None:
    officer, one, sent = Person(counter()), key(), body()
    first = officer.post("/dossiers/take-in", sent, idempotency=one)
    before = traces.everything()
    again = officer.post("/dossiers/take-in", sent, idempotency=one)
    assert (first[0], again[0]) == (201, 201)
    assert again[1]["again"] is True
    assert again[1]["code"] == first[1]["code"]
    other = officer.post("/dossiers/take-in", {**sent, "sets": 3}, idempotency=one)
    assert (other[0], other[1]["code"]) == (409, "replayed")
    assert traces.everything() == before


def test_acts_out_of_order_and_stale_pages_are_conflicts() -> None:
    case = at_state(State.ACCEPTED)
    officer, task = Person(case.counter()), case.task
    before = traces.everything()
    status, told = officer.act(case.code, "accept")
    assert (status, told["code"]) == (409, "not_allowed_now")
    status, told = officer.act(case.code, "forward", {"seen": 1})
    assert (status, told["code"]) == (409, "stale")
    holder = Person(case.doer(task))
    wrong = holder.act(case.code, "complete-step", {"task_id": task.id, "outcome": "khong_co"})
    assert wrong[0] == 409
    gone = holder.act(case.code, "complete-step", {"task_id": task.id + 10**6, "outcome": case.usual(task)})
    assert gone[0] == 404
    assert officer.act(case.code, "return-result", {"collector": "Lan"})[0] == 409
    assert traces.everything() == before
    assert Dossier.objects.get(code=case.code).seq == 2


def test_signing_in_needs_the_password_and_tells_nothing() -> None:
    person = Person()
    person.audience = {"X-Motcua-Audience": "staff"}
    for username in ("tandan.motcua", "khong-co-nguoi-nay"):
        told = person.post("/session", {"audience": "staff", "username": username, "password": "sai"})
        assert told[0] == 422
        assert told[1]["code"] == "wrong_password"
    assert person.get("/session")[1]["kind"] == "anonymous"


def test_lists_page_by_key_and_hold_only_ones_own() -> None:
    mine = [Case.taken_in(RECOGNITION).code for _ in range(5)]
    Case.taken_in(RECOGNITION, receiving=AN_LUU)
    officer = Person(counter())
    seen, after = [], ""
    while True:
        status, page = officer.get("/dossiers", size=2, after=after)
        assert status == 200
        seen += [row["code"] for row in page["rows"]]
        after = page["next"]
        if not after:
            break
    assert [code for code in seen if code in mine] == mine[::-1]
    assert {row["receiving_unit"] for row in officer.get("/dossiers")[1]["rows"]} == {TAN_DAN}
    assert officer.get("/dossiers", after="@@")[0] == 422
    assert officer.get("/tasks", after="WzFd")[0] == 422
    assert officer.get("/dossiers", size=0)[0] == 422
    assert officer.get("/dossiers", state="x")[0] == 422
    found = officer.get("/dossiers/search", q=mine[0])[1]["rows"]
    assert [row["code"] for row in found] == [mine[0]]
    assert "•" in found[0]["owner_number"]
    assert Person(citizen(9)).get("/dossiers")[1]["rows"] == []


def test_demo_answers_only_in_a_demo(settings: Any) -> None:
    person = Person()
    settings.DEMO = False
    for path in ("/demo/citizens", "/demo/deliveries", f"/demo/holders?unit={TAN_DAN}&role=can_bo_tiep_nhan"):
        assert person.get(path)[0] == 404
    settings.DEMO = True
    assert person.get("/demo/citizens")[1]["rows"]
    assert set(person.get("/demo/deliveries")[1]) == {"events", "entries", "messages"}


# Statements ---------------------------------------------------------------------------------------------------


def cost(act: Callable[[], tuple[int, Any]]) -> int:
    """Return how many statements a call sent, all of them counted."""
    with counted() as sent:
        status, told = act()
    assert status in (200, 201), told
    return len(sent)


def test_acts_stay_within_their_statements_whatever_the_dossier_holds() -> None:
    officer, warm = Person(counter()), Case.taken_in(RECOGNITION)
    warm.process()
    warm.hand_over()
    few = _costs(officer, 0)
    many = _costs(officer, 12)
    assert few == many
    assert few.pop("take in") <= 24
    assert max(few.values()) <= 16, few
    # a session and an actor more than the act itself (dossiers/tests/test_statements.py)
    assert few == {"forward": 8, "take": 10, "step": 11, "decide": 16, "return": 13}


def _costs(officer: Person, corrections: int) -> dict[str, int]:
    case = Case.taken_in(RECOGNITION)
    for number in range(corrections):
        told = officer.act(
            case.code,
            "correct-intake",
            {"reason": f"Gõ nhầm số bộ lần {number}.", "head": {"sets": 2 + number}},
        )
        assert told[0] == 200, told
    found = {
        "take in": cost(lambda: officer.post("/dossiers/take-in", body(RECOGNITION))),
        "forward": cost(lambda: officer.act(case.code, "forward")),
    }
    while True:
        task = case.task
        holder = Person(case.doer(task))
        if case.bundle.graph.handover is not None and task.node == case.bundle.graph.handover.id:
            sent = {"collector": "Nguyễn Thị Lan"}
            found["return"] = cost(lambda h=holder, s=sent: h.act(case.code, "return-result", s))  # type: ignore[misc]
            return found
        if task.assignee_id is None:
            sent = {"task_id": task.id}  # type: ignore[dict-item]
            found["take"] = cost(lambda h=holder, s=sent: h.act(case.code, "assign", s))  # type: ignore[misc]
        step = {"task_id": task.id, "outcome": case.usual(task)}
        name = "decide" if case.usual(task) == "dong_y" else "step"
        found[name] = max(
            found.get(name, 0),
            cost(lambda h=holder, s=step: h.act(case.code, "complete-step", s)),  # type: ignore[misc]
        )


def test_reading_costs_the_same_for_one_and_for_many() -> None:
    officer, code = Person(counter()), Case.taken_in(RECOGNITION).code

    def look() -> dict[str, int]:
        return {
            "listing": cost(lambda: officer.get("/dossiers")),
            "search": cost(lambda: officer.get("/dossiers/search", q=code)),
            "tasks": cost(lambda: officer.get("/tasks", range="unit")),
            "read": cost(lambda: officer.get(f"/dossiers/{code}")),
        }

    look()
    few = look()
    for _ in range(20):
        Case.taken_in(RECOGNITION)
    assert look() == few == {"listing": 3, "search": 3, "tasks": 4, "read": 6}
    assert unit(TAN_DAN).code == TAN_DAN


def test_the_clock_is_held_goes_on_and_a_new_date_is_promised() -> None:
    case = at_state(State.IN_PROCESS)
    holder, head = Person(case.doer()), Person(case.head())
    reason = "Phải thẩm tra thêm nguồn gốc giấy tờ."
    held = {"ground": "system_outage", "reason": reason, "reference": "Thông báo 12/TB-TTHC"}
    assert holder.act(case.code, "suspend", {**held, "ground": "tired"})[0] == 422
    assert holder.act(case.code, "suspend", held)[1]["state"] == "suspended"
    assert holder.act(case.code, "resume", {"proof": "Hệ thống hoạt động lại."})[1]["state"] == "in_process"
    letter = {"cause": "complex", "reason": reason, "new_due_on": "2023-10-10"}
    assert holder.act(case.code, "extend", letter)[0] == 403
    assert holder.act(case.code, "propose-extension", letter)[0] == 200
    before = traces.everything()
    status, told = head.act(case.code, "extend", {**letter, "new_due_on": "2023-10-07"})
    assert (status, set(told["errors"])) == (422, {"new_due_on"})
    assert head.act(case.code, "extend", {**letter, "new_due_on": "soon"})[0] == 422
    assert head.act(case.code, "allow-supplement", {"reason": reason})[0] == 409
    assert traces.everything() == before
    status, done = head.act(case.code, "extend", letter)
    assert (status, set(done["papers"])) == (200, {"apology"})
    whole = holder.get(f"/dossiers/{case.code}", ledger="true")[1]
    assert [row["act"] for row in whole["deadline"]["history"]] == ["accept", "extend"]
    assert {one["kind"] for one in whole["clocks"]} == {"statutory", "measured", "step"}
    assert all(one["explanation"] for one in whole["clocks"])
    status, done = head.act(case.code, "stop", {"reason": reason, "asked_by": "applicant"})
    assert (status, done["state"], set(done["papers"])) == (200, "stopped", {"stop_notice"})


def test_received_for_another_agency_over_the_interface() -> None:
    here, there = Person(counter()), Person(counter(AN_LUU))
    sent = {**body(EXTRACT), "competent_unit": AN_LUU}
    rows = here.get(f"/procedures/{EXTRACT}/receivers", q="Tân Dân")[1]["rows"]
    assert TAN_DAN in {row["code"] for row in rows}
    assert here.get(f"/procedures/{RECOGNITION}/receivers")[1]["rows"] == []
    before = traces.everything()
    status, told = here.post("/dossiers/take-in", {**body(RECOGNITION), "competent_unit": AN_LUU})
    assert (status, told["code"]) == (409, "non_territorial_not_listed")
    assert "02/10/2023" in told["message"]
    assert traces.everything() == before
    status, done = here.post("/dossiers/take-in", sent)
    assert (status, done["state"], done["due_at"]) == (201, "accepted", None)
    code = done["code"]
    assert there.get(f"/dossiers/{code}")[0] == 404
    assert here.act(code, "confirm-receipt")[0] == 409
    assert here.act(code, "forward")[0] == 200
    shown = there.get(f"/dossiers/{code}")[1]
    assert (shown["handing"], shown["competent_unit"], shown["deadline"]) == ("forwarded", AN_LUU, None)
    assert shown["expected_due_at"] and shown["pass_by"]
    assert here.act(code, "confirm-receipt")[0] == 403
    assert there.act(code, "send-back", {"why": "no", "reason": "Thiếu một trang tờ khai."})[0] == 422
    assert there.act(code, "send-back", {"why": "incomplete", "reason": "Thiếu một trang tờ khai."})[0] == 200
    assert here.act(code, "forward", {"competent_unit": AN_LUU})[0] == 200
    status, done = there.act(code, "confirm-receipt")
    assert (status, done["state"]) == (200, "in_process"), done
    assert done["due_at"] and set(done["papers"]) == {"slip"}
    shown = here.get(f"/dossiers/{code}", ledger="true")[1]
    assert [entry["act"] for entry in shown["ledger"]] == [
        "file", "accept", "forward", "send_back", "forward", "confirm_receipt",
    ]  # fmt: skip
    promised, told = (datetime.fromisoformat(one["due_at"]) for one in (done, shown["deadline"]))
    assert promised == told
