"""Signs of handling on paper: found from real dossiers, followed to their conclusion, never gone by themselves."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from motcua.documents.models import Document
from motcua.dossiers.models import CodeCounter
from motcua.dossiers.tests.factories import (
    AN_LUU,
    MONDAY,
    RECOGNITION,
    TAN_DAN,
    Case,
    counter,
    holder,
    key,
    kstt,
    unit,
)
from motcua.evaluation import operations as figures
from motcua.evaluation.models import Finding, Look, Reading, Tally
from motcua.evaluation.onpaper import operations, queries
from motcua.evaluation.onpaper.queries import Filters, NotAnOverseer
from motcua.evaluation.onpaper.rules import (
    Conclusion,
    FindingClosed,
    FindingNotFound,
    FindingState,
    NotAsked,
    NotYours,
    Sign,
    windows,
)
from motcua.kernel.actor import Actor, Role
from motcua.kernel.errors import DomainError, Invalid
from motcua.organisation import queries as organisation
from motcua.parties.models import Account
from motcua.platform import clock
from motcua.platform.models import LedgerEntry, OutboxEvent

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]

LOOKED = MONDAY + timedelta(days=120)
DAY = LOOKED.date()


def tallied(
    unit_code: str, counts: list[int], *, procedure: str = RECOGNITION, channel: str = "direct", **more: int
) -> None:
    """Let a unit have taken in so many dossiers in the window looked at and in those before it, newest first."""
    Reading.objects.get_or_create(generation=1, defaults={"live": True})
    where = unit(unit_code)
    calendar = organisation.calendar(where.id)
    for span, count in zip(windows(calendar, DAY - timedelta(days=1), 10, 8), counts, strict=False):
        if count:
            Tally.objects.create(
                generation=1, day=span.last, unit_id=where.id, measure="received", agency_id=where.agency_id,
                officer_id=more.get("officer", 0), procedure_code=procedure, channel=channel, value=count,
            )  # fmt: skip


def looked(at: datetime = LOOKED) -> list[Finding]:
    operations.look(at)
    return list(Finding.objects.order_by("subject"))


def one_silent() -> Finding:
    tallied(TAN_DAN, [0, 9, 10, 12, 14, 11, 9, 13, 10])
    (found,) = looked()
    return found


def head(code: str = TAN_DAN) -> Actor:
    return holder(organisation.root_of(unit(code).id).id, Role.AGENCY_HEAD)


def refused(refusal: type[DomainError], act: Any, **arguments: Any) -> None:
    before = LedgerEntry.objects.count(), OutboxEvent.objects.count(), Finding.objects.count()
    with pytest.raises(refusal):
        act(key=key(), **arguments)
    assert (LedgerEntry.objects.count(), OutboxEvent.objects.count(), Finding.objects.count()) == before


def test_a_unit_that_took_in_dossiers_and_then_none_is_found_from_the_ledger() -> None:
    calendar = organisation.calendar(unit(TAN_DAN).id)
    for span in windows(calendar, DAY - timedelta(days=1), 10, 8)[1:9]:
        for _ in range(6):
            Case.taken_in(RECOGNITION, at=datetime.combine(span.last, MONDAY.timetz()))
    figures.catch_up()
    (found,) = looked()
    assert (found.sign, found.unit_id, found.figures["past"]) == ("silent", unit(TAN_DAN).id, [6] * 8)
    assert found.text.endswith("0 hồ sơ trong 10 ngày làm việc, bình thường 6.")
    assert LedgerEntry.objects.get(subject=found.subject).act == "paper_sign_found"
    assert OutboxEvent.objects.get(subject=found.subject).topic == "evaluation.paper_sign.v1"


def test_a_procedure_that_fell_sharply_is_told_when_the_unit_goes_on() -> None:
    tallied(TAN_DAN, [40] * 9)
    tallied(TAN_DAN, [2, 12, 13, 12, 11, 12, 13, 12, 12], procedure="1.001193")
    (found,) = looked()
    assert (found.sign, found.procedure_code, found.field) == ("drop", "1.001193", "")
    assert "chỉ 2 hồ sơ thủ tục" in found.text


def test_an_officer_who_stopped_is_told_unless_away() -> None:
    officer = counter()
    tallied(TAN_DAN, [30] * 9)
    tallied(TAN_DAN, [0, 9, 10, 9, 11, 9, 10, 9, 10], officer=officer.staff_id or 0)
    (found,) = looked()
    assert (found.sign, found.officer_id) == ("silent", officer.staff_id)
    assert f"{officer.name} tiếp nhận: 0 hồ sơ" in found.text


def test_what_others_get_online_and_one_unit_never_does() -> None:
    tallied(TAN_DAN, [8] * 9)
    tallied(AN_LUU, [8] * 9)
    tallied(AN_LUU, [6] * 9, channel="online")
    (found,) = [one for one in looked() if one.sign == Sign.NEVER_ONLINE]
    assert (found.unit_id, found.procedure_code) == (unit(TAN_DAN).id, RECOGNITION)
    assert "không có hồ sơ nào nộp trực tuyến; các đơn vị khác 42% trực tuyến" in found.text


def test_numbers_that_stand_on_nothing() -> None:
    case = Case.taken_in(RECOGNITION, at=LOOKED - timedelta(days=3))
    counter_row = CodeCounter.objects.get(series=case.code.rsplit("-", 1)[0])
    CodeCounter.objects.filter(pk=counter_row.pk).update(last=counter_row.last + 1)
    slip = Document.objects.get(subject=case.subject)
    Document.objects.filter(pk=slip.pk).update(no=2, number=slip.number.replace("01", "02", 1))
    found = {one.series: one for one in looked()}
    missing = f"{case.code.rsplit('-', 1)[0]}-{int(case.code.rsplit('-', 1)[1]) + 1:04d}"
    assert found["code"].figures["numbers"] == [missing]
    (gap,) = [one for name, one in found.items() if name != "code"]
    assert gap.figures["numbers"] == ["01"] and gap.sign == Sign.GAP
    again = looked(LOOKED + timedelta(days=1))
    assert len(again) == 2 and all(one.gone_on is None for one in again)
    # what was closed is told again only for other numbers
    operations.close(
        finding=found["code"].pk, conclusion=Conclusion.OUTAGE, words="Sổ số bị ngắt khi nâng cấp.", actor=kstt(),
        key=key(), at=LOOKED + timedelta(days=1),
    )  # fmt: skip
    assert len(looked(LOOKED + timedelta(days=2))) == 2


def test_a_book_of_documents_is_set_against_the_software() -> None:
    case = Case.taken_in(RECOGNITION)
    case.forward()
    case.process()
    result = Document.objects.get(subject=case.subject, kind="result")
    given: dict[str, Any] = {"unit_id": unit(TAN_DAN).id, "year": 2023, "at": LOOKED}
    text = f"{result.number}; đã có\n998/GXN; Xác nhận không qua phần mềm"
    refused(NotYours, operations.compare_book, text=text, actor=counter(), **given)
    refused(Invalid, operations.compare_book, text="chưa có số", actor=head(), **given)
    found = operations.compare_book(text=text, actor=head(), key=key(), **given)
    assert (found.known, [one.number for one in found.missing]) == (1, ["998/GXN"])
    more = operations.compare_book(text="999/GXN", actor=head(), key=key(), **given)
    assert more.finding == found.finding
    row = Finding.objects.get(pk=found.finding or 0)
    assert row.figures["numbers"] == ["998/GXN (Xác nhận không qua phần mềm)", "999/GXN"]
    nothing = operations.compare_book(text=result.number, actor=head(), key=key(), **given)
    assert (nothing.known, nothing.missing, nothing.finding) == (1, (), None)


def test_from_the_sign_to_the_conclusion() -> None:
    found = one_silent()
    number, by = found.pk, LOOKED + timedelta(days=2)
    given: dict[str, Any] = {"finding": number, "at": LOOKED}
    question = "Vì sao mười ngày qua không có hồ sơ nào?"
    refused(FindingNotFound, operations.answer, text="Chưa ai hỏi nhưng xin thưa.", actor=counter(), **given)
    refused(FindingNotFound, operations.ask, question=question, answer_by=by, actor=head(AN_LUU), **given)
    refused(Invalid, operations.ask, question="?", answer_by=by, actor=head(), **given)
    refused(Invalid, operations.ask, question=question, answer_by=LOOKED, actor=head(), **given)
    assert queries.asked(counter()) == []
    operations.ask(question=question, answer_by=by, actor=head(), key=key(), **given)
    assert [one.subject for one in queries.asked(counter())] == [number]
    refused(
        NotYours,
        operations.close,
        conclusion=Conclusion.OTHER,
        words="Tự kết luận cho mình.",
        actor=counter(),
        **given,
    )
    text = "Máy quét hỏng, đã nhận bằng sổ giấy và đang nhập lại."
    operations.answer(text=text, actor=counter(), key=key(), **given)
    refused(NotAsked, operations.answer, text=text, actor=counter(), **given)
    closing: dict[str, Any] = {
        "conclusion": Conclusion.ON_PAPER,
        "words": "Có nhận ngoài phần mềm, đã nhập đủ.",
    }
    once = key()
    operations.close(actor=head(), key=once, **closing, **given)
    assert operations.close(actor=head(), key=once, **closing, **given) is FindingState.CLOSED
    refused(FindingClosed, operations.close, actor=head(), **closing, **given)
    row = queries.one(head(), number)
    assert (row.conclusion, row.answer, row.answered_by_id) == (Conclusion.ON_PAPER, text, counter().staff_id)
    acts = LedgerEntry.objects.filter(subject=number).order_by("seq").values_list("act", flat=True)
    assert [act.removeprefix("paper_sign_") for act in acts] == ["found", "asked", "answered", "closed"]
    assert OutboxEvent.objects.filter(subject=number).count() == 4


def test_a_sign_that_is_over_stays_until_somebody_closes_it_and_a_closed_one_comes_again_only_for_later_days() -> (
    None
):
    found = one_silent()
    assert operations.look(LOOKED + timedelta(hours=2)) == 0  # once a day
    tallied(TAN_DAN, [12])
    (same,) = looked(LOOKED + timedelta(days=1))
    assert (same.pk, same.state, same.gone_on) == (found.pk, "open", DAY + timedelta(days=1))
    operations.close(
        finding=found.pk, conclusion=Conclusion.ENTERED, words="Đã nhập đủ hồ sơ.", actor=kstt(), key=key(),
        at=LOOKED + timedelta(days=1),
    )  # fmt: skip
    Tally.objects.filter(day__gte=DAY - timedelta(days=3)).delete()
    assert len(looked(LOOKED + timedelta(days=2))) == 1
    assert Look.objects.count() == 3


def browser(actor: Actor) -> Client:
    client = Client()
    client.force_login(Account.objects.get(pk=actor.account_id))
    return client


def test_the_pages_lead_from_the_list_to_the_conclusion() -> None:
    number = one_silent().pk
    leader, officer = browser(head()), browser(counter())
    with clock.at(LOOKED):
        url = f"/can-bo/ngoai-phan-mem/{number}/"
        listed = leader.get("/can-bo/ngoai-phan-mem/").content.decode()
        assert url in listed and "bình thường 10–12" in listed and "Mới thấy (1)" in listed
        assert "Không có dấu hiệu nào" in leader.get("/can-bo/ngoai-phan-mem/?loai=drop").content.decode()
        assert officer.get(url).status_code == 404
        shown = leader.get(url).content.decode()
        assert "Số hồ sơ theo kỳ" in shown and "Gửi yêu cầu" in shown
        asked = {"_key": "hoi-1", "reason": "Vì sao không có hồ sơ nào?", "han": "ba hôm nữa"}
        wrong = leader.post(f"{url}hoi/", asked)
        assert wrong.status_code == 422 and "Ghi ngày trả lời" in wrong.content.decode()
        assert leader.post(f"{url}hoi/", {**asked, "han": "05/02/2024"}).status_code == 302
        assert url in officer.get("/can-bo/bao-tin/").content.decode()
        told = {"_key": "tra-loi-1", "reason": "Không có người dân nào đến nộp hồ sơ."}
        assert officer.post(f"{url}tra-loi/", told).status_code == 302
        assert url not in officer.get("/can-bo/bao-tin/").content.decode()
        close = {"_key": "kl-1", "ket-luan": "", "reason": "Đã kiểm tra tại chỗ."}
        assert "Chọn một kết luận" in leader.post(f"{url}ket-luan/", close).content.decode()
        assert leader.post(f"{url}ket-luan/", {**close, "ket-luan": "no_demand"}).status_code == 302
        assert "Không có người nộp hồ sơ" in leader.get(url).content.decode()


def test_who_sees_which_sign() -> None:
    number = one_silent().pk
    assert [one.subject for one in queries.listing(head(), Filters())] == [number]
    assert queries.counts(kstt(), Filters())[FindingState.OPEN] == 1
    assert queries.listing(head(AN_LUU), Filters()) == []
    for stranger in (counter(), counter(AN_LUU)):
        with pytest.raises(NotAnOverseer):
            queries.listing(stranger, Filters())
        with pytest.raises(FindingNotFound):
            queries.one(stranger, number)


def test_a_look_asks_the_same_few_statements_whatever_the_number_of_units() -> None:
    def statements(at: datetime) -> int:
        organisation.tree()
        with CaptureQueriesContext(
            connection,
        ) as held:
            assert operations.look(at) == 0
        return len(held)

    looked()
    few = statements(LOOKED + timedelta(days=1))
    nodes = [node.ref for node in organisation.tree().nodes.values() if node.in_force(date(2024, 1, 1))][:60]
    for place in nodes:
        tallied(place.code, [9] * 9)
    assert statements(LOOKED + timedelta(days=2)) <= few <= 24
