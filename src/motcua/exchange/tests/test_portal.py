"""Dossiers told by the national portal's own interfaces, over HTTP to a portal that keeps, refuses, forgets."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from tests.permissions.addresses import somebody

from motcua.catalogue import queries as catalogue
from motcua.dossiers import operations
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import MONDAY, RECOGNITION, WORDS, Case, key
from motcua.exchange import connectors, links, queries, tasks
from motcua.exchange.models import Counterpart, InterfaceUse, Message, Partner, WireForm
from motcua.exchange.operations import firstsync, partners, reconciling, sending
from motcua.exchange.operations.partners import Terms
from motcua.exchange.rules import FirstSyncRunning, NotTheKeeper
from motcua.exchange.standins.portal import Kept, PortalStandIn
from motcua.exchange.tests.connection import admin
from motcua.kernel.actor import Role
from motcua.kernel.errors import Invalid
from motcua.platform import clock, outbox
from motcua.platform.standins.behaviour import Mode

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]


@dataclass
class Line:
    """A partner spoken to by one of the interfaces, and the portal behind it."""

    partner: Partner
    portal: PortalStandIn

    def send(self, minutes: int = 0) -> int:
        """Send what is due now or so many minutes later, once."""
        real = clock.real_now() + timedelta(minutes=minutes)
        return sending.send_due(
            at=MONDAY + timedelta(hours=1), real_at=real, send=connectors.send, line_of=tasks.line_of
        ).total

    def send_all(self) -> None:
        """Dispatch the events and send until nothing is due."""
        dispatch()
        while self.send():
            pass

    def rows(self, case: Case) -> list[Message]:
        """Return the messages about a dossier."""
        return list(Message.objects.filter(partner=self.partner, subject=case.subject).order_by("pk"))

    def states(self, case: Case) -> set[str]:
        """Return in which states they are."""
        return {row.state for row in self.rows(case)}


def dispatch() -> None:
    """Hand all events over."""
    while outbox.drain("exchange") or outbox.waiting("exchange"):
        pass


@contextmanager
def spoken(interface: str) -> Iterator[Line]:
    """Connect a partner by an interface, to a portal of its own; what others did before is not told it."""
    dispatch()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = int(listener.getsockname()[1])
    code = key().replace("-", "_")
    InterfaceUse.objects.create(
        partner=code, interface=interface, unit="000.00.00.H23", target="VN:portal", own_codes=interface != "g3",
        valid_from=date(2023, 1, 1), certainty="low",
    )  # fmt: skip
    if interface == "g3":  # in force later in the data
        WireForm.objects.filter(interface="g3").update(valid_from=date(2023, 1, 1))
    catalogue.forget_brief()
    terms = Terms(["states:follow"], "dvcqg", f"http://127.0.0.1:{port}", date(2023, 1, 1))
    number = partners.add(code=code, name=f"Cổng {code}", terms=terms, actor=admin(), key=key(), at=MONDAY)
    try:
        with clock.at(MONDAY), PortalStandIn(port, token=settings.PARTNER_TOKENS["*"]) as portal:
            yield Line(Partner.objects.get(pk=number), portal)
    finally:
        partners.switch_off(partner=number, reason="Kiểm thử đã xong.", actor=admin(), key=key(), at=MONDAY)


@pytest.fixture
def g2() -> Iterator[Line]:
    with spoken("g2") as line:
        yield line


def finished() -> Case:
    """Return a dossier that went its whole way, with a supplement."""
    case = Case.taken_in(RECOGNITION)
    case.forward()
    case.ask()
    case.supplement()
    case.process()
    case.hand_over()
    return case


def test_a_whole_way_is_there_with_its_record_and_every_step_in_order(g2: Line) -> None:
    case = finished()
    g2.send_all()
    assert g2.states(case) == {"sent"}, [row.reason for row in g2.rows(case)]
    kept = g2.portal.dossiers[case.code]
    d = case.dossier
    assert kept.record["ChuHoSo"] == d.owner_name and kept.record["MaTTHC"] == RECOGNITION
    assert kept.status == "10" and kept.record["NgayTra"] and kept.record["NgayKetThucXuLy"]
    (supplement,) = kept.record["DanhSachHoSoBoSung"]
    assert supplement["NgayBoSung"] < supplement["NgayTiepNhanBoSung"]
    assert kept.record["DanhSachGiayToKetQua"][0]["DuongDanTepTinKetQua"].startswith(settings.BASE_URL)
    times = [step["ThoiDiemXuLy"] for step in kept.steps]
    assert times == sorted(times) and len(times) == len(set(map(str, kept.steps))) >= 5
    statuses = [int(step["TrangThai"]) for step in kept.steps]
    assert {2, 4, 5, 9, 10} <= set(statuses)
    services = [call["service"] for call in g2.portal.calls]
    assert services[:3] == ["TraCuuHoSo", "DongBoHoSoMC", "CapNhatTienDoHoSoMC"]
    assert [call["isUpdating"] for call in g2.portal.calls if "isUpdating" in call][:2] == ["False", "True"]
    wire = g2.rows(case)[-1].wire
    assert (
        "/handed/…" in str(wire)
        and not re.search(r"handed/[\w:-]{20}", str(wire))
        and "session" not in str(wire)
    )


def test_a_session_that_ends_in_the_middle_is_renewed(g2: Line) -> None:
    case = Case.taken_in(RECOGNITION)
    g2.send_all()
    g2.portal.sign_all_out()
    case.forward()
    g2.send_all()
    assert g2.states(case) == {"sent"}


@pytest.mark.parametrize("lost", ["TraCuuHoSo", "DongBoHoSoMC", "CapNhatTienDoHoSoMC"])
def test_a_lost_answer_is_no_second_telling(g2: Line, lost: str) -> None:
    case = Case.taken_in(RECOGNITION)
    dispatch()
    g2.portal.lose(lost)
    assert g2.send() == 1
    row = g2.rows(case)[0]
    assert row.state == "queued" and row.attempts == 0 and "chưa rõ" in row.reason
    while g2.send(5):
        pass
    assert g2.states(case) == {"sent"}
    kept = g2.portal.dossiers[case.code]
    assert len(kept.steps) == len({str(step) for step in kept.steps}) == len(g2.rows(case))


def test_a_refusal_is_shown_with_its_words_and_holds_what_comes_after(g2: Line) -> None:
    case = Case.taken_in(RECOGNITION)
    case.forward()
    dispatch()
    g2.portal.behave(Mode.REJECT)
    for minute in (0, 10, 20, 30, 40):
        g2.send(minute)
    first, *others = g2.rows(case)
    assert first.state == "failed" and "Dữ liệu không hợp lệ" in first.reason
    assert others and {row.state for row in others} == {"queued"}
    g2.portal.behave(Mode.OK)
    sending.resend(message=first.pk, actor=admin(), key=key(), at=MONDAY, real_at=clock.real_now())
    g2.send_all()
    assert g2.states(case) == {"sent"}


def test_a_portal_that_is_away_costs_no_attempt(g2: Line) -> None:
    case = Case.taken_in(RECOGNITION)
    dispatch()
    g2.portal.behave(Mode.BUSY)
    for minute in range(5):
        g2.send(minute)
    row = g2.rows(case)[0]
    assert row.state == "queued" and row.attempts == 0 and "502" in row.reason
    g2.portal.behave(Mode.OK)
    while g2.send(60):
        pass
    assert g2.states(case) == {"sent"}


def test_a_code_the_data_do_not_have_is_a_failure_people_see(g2: Line) -> None:
    form = WireForm.objects.get(interface="g2")
    codes = {name: value for name, value in form.body["codes"]["LoaiDoiTuong"].items() if name != "person"}
    WireForm.objects.filter(pk=form.pk).update(
        body={**form.body, "codes": {**form.body["codes"], "LoaiDoiTuong": codes}}
    )
    catalogue.forget_brief()
    try:
        case = Case.taken_in(RECOGNITION)
        g2.send_all()
        row = g2.rows(case)[0]
        assert row.state == "failed" and "LoaiDoiTuong" in row.reason and "person" in row.reason
        assert case.code not in g2.portal.dossiers
    finally:
        WireForm.objects.filter(pk=form.pk).update(body=form.body)
        catalogue.forget_brief()


def test_the_first_generation_has_fewer_fields_and_speaks_on_the_address() -> None:
    with spoken("g1") as line:
        case = Case.taken_in(RECOGNITION)
        line.send_all()
        assert line.states(case) == {"sent"}
        record = line.portal.dossiers[case.code].record
        assert "KenhThucHien" not in record and "DSKetNoiCSDL" not in record and record["MaHoSo"] == case.code
        told = next(call for call in line.portal.calls if call["service"] == "DongBoHoSoMC")
        assert told["MaDinhDanhDV"] == "000.00.00.H23" and told["isUpdating"] == "False"


def test_a_link_is_for_one_file_and_one_partner_and_ends(g2: Line) -> None:
    case = finished()
    g2.send_all()
    address = g2.portal.dossiers[case.code].record["DanhSachGiayToKetQua"][0]["DuongDanTepTinKetQua"]
    path = address.removeprefix(settings.BASE_URL)
    client = Client()
    given = client.get(path)
    assert given.status_code == 200 and given.content.startswith(b"%PDF")
    token = path.removeprefix(links.PATH)
    assert client.get(f"{links.PATH}{token[:-2]}xx").status_code == 404
    scope = links.opened(token, clock.real_now())
    assert (scope.partner, scope.subject) == (g2.partner.pk, case.subject)
    over = links.link(scope, days=1, real_at=clock.real_now() - timedelta(days=2))
    assert client.get(over.removeprefix(settings.BASE_URL)).status_code == 404
    other = Case.taken_in(RECOGNITION)
    foreign = links.link(
        links.Scope(scope.partner, other.subject, scope.file), days=1, real_at=clock.real_now()
    )
    assert client.get(foreign.removeprefix(settings.BASE_URL)).status_code == 404
    nobody = links.link(
        links.Scope(other.subject, scope.subject, scope.file), days=1, real_at=clock.real_now()
    )
    assert client.get(nobody.removeprefix(settings.BASE_URL)).status_code == 404


def test_nothing_of_the_dossier_changes_by_telling(g2: Line) -> None:
    case = Case.taken_in(RECOGNITION)
    case.act(operations.withdraw, reason=WORDS)
    before = case.dossier
    g2.send_all()
    after = case.dossier
    assert (before.seq, before.state, before.head) == (after.seq, after.state, after.head)
    assert g2.portal.dossiers[case.code].status == "7"


def look(line: Line, hours: float = 1) -> reconciling.Checked:
    """Ask the portal what it has, so much later."""
    real = clock.real_now() + timedelta(hours=hours)
    return reconciling.check_due(at=MONDAY, real_at=real, line_of=tasks.line_of)


def test_what_the_portal_has_is_asked_and_a_difference_is_shown_and_told_again(g2: Line) -> None:
    case = Case.taken_in(RECOGNITION)
    g2.send_all()
    (before,) = queries.in_step(admin(), g2.partner.pk, MONDAY)
    assert (before.told, before.in_step) == (1, 0), "nobody has looked yet"
    assert look(g2, hours=0) == reconciling.Checked(), "not yet its turn"
    assert look(g2) == reconciling.Checked(looked=1)
    (agreed,) = queries.in_step(admin(), g2.partner.pk, MONDAY)
    assert agreed.share == 100 and queries.differing(admin(), g2.partner.pk) == []
    g2.portal.dossiers[case.code].status = "1"
    g2.portal.dossiers[case.code].steps.pop()
    assert look(g2, hours=30) == reconciling.Checked(looked=1, differing=1)
    (row,) = queries.differing(admin(), g2.partner.pk)
    assert [one[0] for one in row.differences] == ["status", "steps"] and row.differences[0][1:] == ("2", "1")
    assert [one.share for one in queries.in_step(admin(), g2.partner.pk, MONDAY)] == [0]
    with pytest.raises(NotTheKeeper):
        reconciling.tell_again(
            counterpart=row.id, actor=somebody(Role.KSTT), key=key(), at=MONDAY, real_at=clock.real_now()
        )
    one_key = key()
    for _ in range(2):
        reconciling.tell_again(
            counterpart=row.id, actor=admin(), key=one_key, at=MONDAY, real_at=clock.real_now()
        )
    assert queries.differing(admin(), g2.partner.pk)[0].again
    g2.send_all()
    assert look(g2, hours=60) == reconciling.Checked(looked=1)
    assert queries.differing(admin(), g2.partner.pk) == []
    kept = g2.portal.dossiers[case.code]
    assert kept.status == "2" and len(kept.steps) == len({str(step) for step in kept.steps})
    assert [entry.act for entry in traces.entries(g2.partner.pk)] == ["partner_add", "partner_tell_again"]


def test_a_dossier_the_portal_lost_is_missing_and_comes_back_whole(g2: Line) -> None:
    case = finished()
    g2.send_all()
    steps = len(g2.portal.dossiers[case.code].steps)
    g2.portal.forget(case.code)
    assert look(g2).differing == 1
    (row,) = queries.differing(admin(), g2.partner.pk)
    assert row.differences[0][0] == "missing"
    reconciling.tell_again(
        counterpart=row.id, actor=admin(), key=key(), at=MONDAY + timedelta(days=30), real_at=clock.real_now()
    )
    g2.send_all()
    assert len(g2.portal.dossiers[case.code].steps) >= steps
    assert look(g2, hours=60).differing == 0
    assert Counterpart.objects.get(subject=case.subject, partner=g2.partner).check_at is None, (
        "ended and agreed"
    )


def test_a_portal_that_does_not_answer_is_no_difference(g2: Line) -> None:
    Case.taken_in(RECOGNITION)
    g2.send_all()
    g2.portal.behave(Mode.DOWN)
    assert look(g2) == reconciling.Checked(unanswered=1)
    assert queries.differing(admin(), g2.partner.pk) == []
    g2.portal.behave(Mode.OK)
    assert look(g2, hours=2).looked == 1


def test_the_first_synchronisation_tells_what_was_there_and_goes_on_where_it_was_killed() -> None:
    cases = [Case.taken_in(RECOGNITION) for _ in range(3)] + [finished()]
    dispatch()
    with spoken("g2") as line:
        with pytest.raises(Invalid):
            firstsync.begin(
                partner=line.partner.pk,
                since=date(2023, 10, 1),
                until=None,
                actor=admin(),
                key=key(),
                at=MONDAY,
            )
        total = firstsync.begin(
            partner=line.partner.pk, since=date(2023, 10, 1), until=date(2023, 12, 31), actor=admin(), key=key(),
            at=MONDAY + timedelta(days=30),
        )  # fmt: skip
        assert total >= len(cases)
        with pytest.raises(FirstSyncRunning):
            firstsync.begin(
                partner=line.partner.pk, since=None, until=None, actor=admin(), key=key(), at=MONDAY
            )
        later, real = MONDAY + timedelta(days=30), clock.real_now()
        first = firstsync.advance(at=later, real_at=real, batch=2)
        assert first == 2
        with pytest.raises(ZeroDivisionError), transaction.atomic():  # killed before its batch was written
            assert firstsync.advance(at=later, real_at=real, batch=2) == 2
            raise ZeroDivisionError
        counted = first
        while more := firstsync.advance(at=later, real_at=real):
            counted += more
        (run,) = queries.first_syncs(admin(), line.partner.pk)
        assert counted == total == run.done and run.state == "done"
        rows = Message.objects.filter(partner=line.partner)
        assert rows.count() == len(set(rows.values_list("subject", flat=True))) == total
        Message.objects.filter(partner=line.partner).exclude(
            subject__in=[one.subject for one in cases]
        ).delete()
        while line.send():
            pass
        assert {state for case in cases for state in line.states(case)} == {"sent"}
        ended = line.portal.dossiers[cases[-1].code]
        assert ended.status == "10" and len(ended.steps) >= 8
        assert firstsync.begin(
            partner=line.partner.pk, since=None, until=None, actor=admin(), key=key(), at=MONDAY
        ) <= total - len(cases), "what was told is not told again"


@pytest.fixture
def g3() -> Iterator[Line]:
    with spoken("g3") as line:
        yield line


def only(portal: PortalStandIn) -> Kept:
    """Return the one dossier a portal has."""
    (kept,) = portal.dossiers.values()
    return kept


def test_the_third_generation_gives_its_own_code_and_takes_files_with_their_hash(g3: Line) -> None:
    case = Case.filed(RECOGNITION)
    case.accept()
    case.forward()
    case.process()
    case.hand_over()
    g3.send_all()
    assert g3.states(case) == {"sent"}, [row.reason for row in g3.rows(case)]
    kept, row = only(g3.portal), Counterpart.objects.get(partner=g3.partner, subject=case.subject)
    assert kept.code == row.remote_code != case.code and row.remote_id == kept.id and kept.status == "10"
    assert isinstance(kept.record["LoaiDoiTuong"], int) and kept.record["NgayNop"] == "2023-10-02 08:30:00"
    papers = [one for paper in kept.record["ThanhPhanHoSo"] for one in paper["GiayToDinhKem"]]
    (result,) = kept.record["DanhSachGiayToKetQua"]
    assert papers and {one["IdGiayTo"] for one in [*papers, result]} == set(g3.portal.files), "each file once"
    assert g3.portal.files[result["IdGiayTo"]].startswith(b"%PDF")
    person = kept.record["ThongTinNguoiNop"]["ThongTinChiTiet"]
    assert person["TenChuHs"] == case.dossier.owner_name
    times = [step["ThoiDiemXuLy"] for step in kept.steps]
    assert times == sorted(times) and times[0].endswith("+07:00")
    assert look(g3) == reconciling.Checked(looked=1)


@pytest.mark.parametrize("lost", ["/api/v1/tep-tin", "/api/v1/ho-so", "/api/v1/ho-so/tien-do"])
def test_a_lost_answer_of_the_third_generation_makes_no_second_dossier(g3: Line, lost: str) -> None:
    case = Case.filed(RECOGNITION)
    dispatch()
    g3.portal.lose(lost)
    g3.send()
    assert g3.states(case) == {"queued"}
    g3.portal.sign_all_out()  # and the token is over
    while g3.send(5):
        pass
    assert g3.states(case) == {"sent"}, [row.reason for row in g3.rows(case)]
    assert len({str(step) for step in only(g3.portal).steps}) == len(only(g3.portal).steps) == 1


def test_a_no_of_the_third_generation_is_for_good_and_a_502_is_not(g3: Line) -> None:
    case = Case.filed(RECOGNITION)
    dispatch()
    g3.portal.behave(Mode.BUSY)
    g3.send()
    assert g3.states(case) == {"queued"}
    g3.portal.behave(Mode.REJECT)
    g3.send(5)
    (row,) = g3.rows(case)
    assert row.state == "failed" and "400" in row.reason and "Dữ liệu không hợp lệ" in row.reason


def test_an_applicant_the_third_generation_has_no_number_for_is_seen(g3: Line) -> None:
    case = Case.filed(RECOGNITION)
    form = WireForm.objects.get(interface="g3")
    WireForm.objects.filter(pk=form.pk).update(
        body={**form.body, "codes": {**form.body["codes"], "LoaiDoiTuong": {}}}
    )
    catalogue.forget_brief()
    try:
        g3.send_all()
        (row,) = g3.rows(case)
        assert row.state == "failed" and "LoaiDoiTuong" in row.reason and not g3.portal.dossiers
        assert row.wire and row.wire[0]["service"] == "next_code"
        assert Counterpart.objects.get(subject=case.subject, partner=g3.partner).remote_code, (
            "the code is kept"
        )
    finally:
        WireForm.objects.filter(pk=form.pk).update(body=form.body)
        catalogue.forget_brief()
