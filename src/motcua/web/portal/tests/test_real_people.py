"""What people meet on the main path: search, where to file, a draft taken up again, lists, supplements, the shelf."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from motcua.catalogue import queries as catalogue
from motcua.catalogue import rules as catalogue_rules
from motcua.documents import operations as documents
from motcua.dossiers import operations
from motcua.dossiers.models import Answers, Component, Dossier, SupplementRequest
from motcua.dossiers.operations import PaperInput
from motcua.dossiers.rules import State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import (
    BIRTH,
    MONDAY,
    PDF,
    RECOGNITION,
    TAN_DAN,
    Case,
    citizen,
    counter,
    filing,
    unit,
)
from motcua.forms import rules as form_rules
from motcua.forms.models import Draft
from motcua.kernel.errors import Invalid
from motcua.organisation import queries as organisation
from motcua.parties.models import Account, Person
from motcua.platform import clock
from motcua.repository.models import Holding
from motcua.web.portal.tests.test_mine import visitor

pytestmark = [pytest.mark.usefixtures("province", "_monday"), pytest.mark.django_db(transaction=True)]
NAMESAKES = ("HD.KM.10699", "HD.CL.10603")


@pytest.fixture
def _monday() -> Iterator[None]:
    with clock.at(MONDAY):
        yield


# Search ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["khai sinh", "Khai sinh", "KHAI SINH", "khải sịnh", "  khai   sinh "])
def test_the_plain_procedure_comes_first(typed: str) -> None:
    rows = Client().get("/thu-tuc/", {"q": typed}).context["rows"]
    assert rows[0].name == "Đăng ký khai sinh"
    assert all("khai sinh" in row.name.lower() for row in rows[:3])


@pytest.mark.parametrize("typed", ["đăng ký kết hôn", "dang ky ket hon"])
def test_the_whole_name_comes_before_names_that_go_on(typed: str) -> None:
    rows = Client().get("/thu-tuc/", {"q": typed}).context["rows"]
    assert rows[0].name.lower() == "đăng ký kết hôn"


def test_names_with_the_marks_typed_come_before_others() -> None:
    found = [row.name for row in catalogue.search("hộ", on=clock.today(), limit=100)]
    marked = [("hộ" in f" {name.lower()}") for name in found]
    whole = [" hộ " in f" {name.lower()} " for name in found]
    assert whole == sorted(whole, reverse=True)[: len(whole)] or marked[0]
    assert marked[0]


def test_a_search_is_paged_by_key_in_the_order_of_its_ranks() -> None:
    on = clock.today()
    everything = catalogue.search("dang ky", on=on, limit=200)
    paged: list[str] = []
    after = ""
    while True:
        page = catalogue.search("dang ky", on=on, limit=7, after=after)
        paged += [row.code for row in page]
        if len(page) < 7:
            break
        after = page[-1].key
    assert paged == [row.code for row in everything]
    assert len(paged) > 14


def test_filters_that_leave_nothing_offer_the_search_without_them() -> None:
    answer = Client().get("/thu-tuc/", {"q": "khai sinh", "linh_vuc": "dat_dai"})
    page = answer.content.decode()
    assert not answer.context["rows"]
    assert "trong mọi lĩnh vực" in page
    assert answer.context["without_count"] > 0


def test_a_word_mistyped_offers_names_that_sound_alike() -> None:
    answer = Client().get("/thu-tuc/", {"q": "xin giấy khai sin cho con"})
    assert not answer.context["rows"]
    assert any("khai sinh" in name.lower() for _, name in answer.context["alike"])
    assert "Có phải bạn tìm" in answer.content.decode()


def test_the_front_page_counts_what_can_be_filed_online() -> None:
    answer = Client().get("/")
    definitions = catalogue.definitions(clock.today())
    assert answer.context["procedure_count"] == len(definitions)
    assert answer.context["online_count"] == sum(map(catalogue.takes_online, definitions)) > 0
    assert "nộp được trên mạng" in answer.content.decode()


# Where to file -------------------------------------------------------------------------------------------------


def begun(client: Client, code: str) -> tuple[Draft, str]:
    client.post(f"/nop-ho-so/{code}/")
    draft = Draft.objects.latest("id")
    return draft, f"/nop-ho-so/{code}/{draft.pk}"


def test_units_of_one_name_are_told_apart_wherever_they_stand() -> None:
    km, cl = (unit(f"{code}.MC") for code in NAMESAKES)
    assert km.name == cl.name
    assert organisation.full_name(km) != organisation.full_name(cl)
    assert organisation.full_name(km).endswith(", thị xã Kinh Môn")
    assert organisation.place_label(cl) == "Phường Tân Dân, thành phố Chí Linh"
    labels = [
        organisation.place_label(row)
        for row in organisation.receiving_units([km.kind], MONDAY.date(), limit=1000)
    ]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("tân dân", {"Phường Tân Dân, thị xã Kinh Môn", "Phường Tân Dân, thành phố Chí Linh"}),
        ("tan dan kinh mon", {"Phường Tân Dân, thị xã Kinh Môn"}),
        ("Phường Tân Dân, thành phố Chí Linh", {"Phường Tân Dân, thành phố Chí Linh"}),
        ("xyz khong co", set()),
    ],
)
def test_a_unit_is_found_by_what_its_label_says(typed: str, wanted: set[str]) -> None:
    client = visitor(citizen())
    _, where = begun(client, RECOGNITION)
    answer = client.get(f"{where}/noi-nhan/", {"tim": typed})
    labels = {option.label for option in answer.context["unit"].options}
    assert labels == wanted
    assert ("Không có nơi nhận nào tên" in answer.content.decode()) == (not wanted)


def test_the_unit_of_ones_own_commune_is_chosen_beforehand() -> None:
    actor = citizen()
    person = Person.objects.get(party__pk=actor.party_id or 0)
    client = visitor(actor)
    _, where = begun(client, RECOGNITION)
    answer = client.get(f"{where}/noi-nhan/")
    chosen = int(answer.context["unit"].value)
    root = organisation.unit_of_place(person.place_code, MONDAY.date())
    assert root is not None
    assert organisation.unit(chosen).agency_id == root.agency_id
    returned = {item.name: item.value for item in answer.context["returned"]}
    assert not returned or returned["return_address"] == person.address


# Drafts ----------------------------------------------------------------------------------------------------------


def test_a_draft_goes_on_at_the_step_where_it_was_left() -> None:
    client = visitor(citizen())
    _, where = begun(client, RECOGNITION)
    client.post(f"{where}/nguoi-nop/", {"owner": "self", "_next": "1"})
    for page in ("/ho-so-cua-toi/", f"/nop-ho-so/{RECOGNITION}/"):
        (draft,) = client.get(page).context["drafts"]
        assert (draft["url"], draft["step"]) == (f"{where}/noi-nhan/", "Nơi nhận")
    client.post(f"{where}/noi-nhan/", {"unit": unit(TAN_DAN).id, "return_channel": "account", "_next": "1"})
    client.post(f"{where}/to-khai/", {"_save": "1", "_shown": ""})
    (draft,) = client.get("/ho-so-cua-toi/").context["drafts"]
    assert draft["url"] == f"{where}/to-khai/"


def test_what_is_known_is_not_asked_again() -> None:
    account = next(
        one
        for one in Account.objects.filter(kind="citizen", party__person__isnull=False).order_by("id")
        if one.party and one.party.person and one.party.person.spouse and one.party.person.gender == "nu"
    )
    client = Client()
    client.force_login(account)
    draft, where = begun(client, BIRTH)
    assert account.party is not None
    assert account.party.person is not None
    mother, father = account.party.person, account.party.person.spouse
    assert father is not None
    client.post(f"{where}/nguoi-nop/", {"owner": "self", "_next": "1"})
    draft.refresh_from_db()
    wanted = {
        "mother_name": mother.full_name,
        "mother_address": mother.address,
        "father_name": father.full_name,
        "father_address": father.address,
        "relation_to_child": "Mẹ",
        "receive_address": mother.address,
        "submit_as": "self",
    }
    assert {key: draft.answers.get(key) for key in wanted} == wanted


def test_what_still_lacks_leads_to_the_step_that_mends_it() -> None:
    client = visitor(citizen())
    _, where = begun(client, RECOGNITION)
    page = client.get(f"{where}/kiem-tra/")
    links = {item.url for item in page.context["errors"]}
    assert {f"{where}/nguoi-nop/", f"{where}/noi-nhan/", f"{where}/to-khai/"} <= links
    assert all(f'href="{link}"' in page.content.decode() for link in links)


# Lists -----------------------------------------------------------------------------------------------------------


def test_ones_dossiers_stand_in_the_order_of_filing_and_are_paged() -> None:
    actor = citizen()
    moments = [MONDAY - timedelta(days=n * 7 % 11, hours=n % 3) for n in range(23)]
    codes = {}
    for at in moments:
        with clock.at(at):
            codes[Case.filed(RECOGNITION, at, actor=actor).code] = at
    client, seen, url = visitor(actor), [], "/ho-so-cua-toi/"
    while url:
        answer = client.get(url)
        seen += [row.code for row in answer.context["rows"]]
        url = answer.context["next_url"]
    assert sorted(seen) == sorted(codes)
    filed = [codes[code] for code in seen]
    assert filed == sorted(filed, reverse=True)
    assert client.get("/ho-so-cua-toi/?sau=WzFd").status_code == 422


def test_a_supplement_asked_at_receipt_is_said_with_its_day() -> None:
    actor = citizen()
    case = Case.filed(RECOGNITION, actor=actor)
    other = Case.filed(RECOGNITION, actor=actor)
    case.ask()
    until = SupplementRequest.objects.get(dossier_id=case.subject).answer_by
    assert until is not None
    tag = f"Chờ bạn bổ sung đến {until.astimezone(MONDAY.tzinfo):%d/%m/%Y}"
    client = visitor(actor)
    assert case.dossier.state == State.SUBMITTED
    assert tag in client.get("/ho-so-cua-toi/").content.decode()
    assert tag in client.get(f"/ho-so-cua-toi/{case.code}/").content.decode()
    groups = {
        group: {row.code for row in client.get(f"/ho-so-cua-toi/?nhom={group}").context["rows"]}
        for group in ("can-ban-lam", "dang-giai-quyet")
    }
    assert groups == {"can-ban-lam": {case.code}, "dang-giai-quyet": {other.code}}
    told = Client().post("/tra-cuu/", {"code": case.code, "check_value": case.dossier.check_value})
    assert "chờ người nộp bổ sung" in told.content.decode()
    case.supplement(actor=actor)
    assert tag not in client.get("/ho-so-cua-toi/").content.decode()


# Supplements -------------------------------------------------------------------------------------------------------

ASKED = [{"name": "Bản sao hộ chiếu của con", "what": "Trang có ảnh"}]


def test_a_citizen_brings_a_paper_that_the_dossier_did_not_have() -> None:
    actor = citizen()
    case = Case.filed(RECOGNITION, actor=actor)
    case.ask_as_before(ASKED)
    before = case.dossier.components.count()
    client, where = visitor(actor), f"/ho-so-cua-toi/{case.code}/bo-sung/"
    page = client.get(where)
    (paper,) = page.context["papers"]
    assert (paper.name, paper.note, paper.beside) == ("Bản sao hộ chiếu của con", "Trang có ảnh", True)
    sent = {"_key": page.context["key"], "_seen": case.dossier.seq, "_shown": page.context["shown"]}
    nothing = client.post(where, {**sent, "_shown": ""})
    assert (nothing.status_code, "Hãy chọn tệp" in nothing.content.decode()) == (422, True)
    assert SupplementRequest.objects.filter(answered_at=None).exists()
    file = SimpleUploadedFile("ho-chieu.pdf", PDF, "application/pdf")
    assert client.post(where, {**sent, "_shown": "", paper.input: file}).status_code == 302
    new = Component.objects.get(dossier_id=case.subject, paper=paper.code)
    assert (new.name, new.state, new.no) == ("Bản sao hộ chiếu của con", "handed_in", before + 1)
    assert new.file is not None
    entry = traces.last(case.subject)
    assert (entry.act, entry.payload["new"]) == ("supplement", [paper.code])
    assert "hộ chiếu" in client.get(f"/ho-so-cua-toi/{case.code}/").content.decode()
    case.at += timedelta(minutes=10)
    case.accept()


def typed_from(page: object) -> dict[str, str]:
    """Return the form of the page as a browser would send it back untouched."""
    parts = page.context["sections"]  # type: ignore[attr-defined]
    sent: dict[str, str] = {}
    for part in parts:
        for view in part.fields:
            for number, row in enumerate(view.rows):
                sent |= {cell.name: cell.value for cell in row}
                assert number < 50
            if view.kind == "checkbox":
                sent |= {view.name: "true"} if view.value else {}
            elif view.kind != "table":
                sent[view.name] = view.value
    return sent


def test_a_citizen_changes_answers_and_an_untouched_form_changes_nothing() -> None:
    actor = citizen()
    case = Case.filed(RECOGNITION, actor=actor)
    case.ask(items=[{"name": "Tờ khai", "what": "Ghi đúng tên"}])
    client, where = visitor(actor), f"/ho-so-cua-toi/{case.code}/bo-sung/"
    page = client.get(where)
    sent = {
        "_key": page.context["key"],
        "_seen": case.dossier.seq,
        "_shown": page.context["shown"],
        **typed_from(page),
    }
    assert page.context["form_open"]
    assert client.post(where, sent).status_code == 422, "nothing was changed, nothing was sent"
    assert client.post(where, {**sent, "applicant_name": ""}).status_code == 422
    assert client.post(where, {**sent, "applicant_name": "Tên Đã Sửa"}).status_code == 302
    kept = Answers.objects.get(subject=case.subject)
    assert (kept.revision, kept.answers["applicant_name"]) == (2, "Tên Đã Sửa")
    assert traces.last(case.subject).payload["answers"] is True


def test_the_counter_takes_changed_answers_and_new_papers_with_the_same_checks() -> None:
    case = Case.filed(RECOGNITION)
    case.ask_as_before(ASKED)
    answers = dict(Answers.objects.get(subject=case.subject).answers)
    before = traces.everything()
    for arguments in (
        {"papers_added": {}, "answers": {**answers, "applicant_name": ""}},
        {"papers_added": {"BS-9-9": None}},
    ):
        with pytest.raises(Invalid):
            case.act(operations.supplement, **arguments)
    assert traces.everything() == before
    case.act(
        operations.supplement,
        papers_added={"BS-1-1": None},
        answers={**answers, "applicant_name": "Tên Đã Sửa"},
    )
    assert Answers.objects.get(subject=case.subject).answers["applicant_name"] == "Tên Đã Sửa"
    assert Component.objects.get(dossier_id=case.subject, paper="BS-1-1").name == ASKED[0]["name"]


def test_new_answers_that_call_for_a_paper_need_it() -> None:
    definition = catalogue.current(BIRTH, MONDAY.date())
    on = MONDAY.date()
    usual = form_rules.sample_answers(definition.body["eform"], {}, on)
    have = {need.paper for need in catalogue_rules.papers_for(definition.body, usual)}
    changed, lacking = next(
        (answers, needs)
        for field in definition.body["eform"]["fields"]
        for option in field.get("options") or ()
        for answers in [{**usual, field["key"]: option["value"]}]
        for needs in [
            [
                need.paper
                for need in catalogue_rules.papers_for(definition.body, answers)
                if need.paper not in have
                and not (need.waived_if_in_db or need.present_only or need.form_file)
            ]
        ]
        if needs and not form_rules.validate(definition.body["eform"], answers, on)[1]
    )
    case = Case.taken_in(BIRTH, answers=usual)
    case.forward()
    case.ask_as_before(ASKED)
    before = traces.everything()
    with pytest.raises(Invalid) as refused:
        case.act(operations.supplement, papers_added={}, answers=changed)
    assert "cần thêm giấy tờ" in refused.value.errors["papers"]
    assert traces.everything() == before
    case.act(operations.supplement, papers_added=dict.fromkeys(lacking), answers=changed)
    assert set(lacking) <= set(
        Component.objects.filter(dossier_id=case.subject, state="handed_in").values_list("paper", flat=True)
    )


# The shelf -----------------------------------------------------------------------------------------------------------


def test_what_the_counter_digitised_is_kept_for_the_owner_and_offered_again() -> None:
    actor, officer = citizen(), counter()
    types = catalogue.paper_types()
    wish = filing(RECOGNITION, owner_id=actor.party_id)
    lasting = [code for code in wish.papers if types[code].validity_rule == "permanent"]
    file = documents.store_upload(actor=officer, name="ban-quet.pdf", data=PDF, at=MONDAY)
    paper = lasting[0]
    case = Case.taken_in(
        RECOGNITION,
        owner_id=actor.party_id,
        papers={**wish.papers, paper: PaperInput(file_id=file.pk, handed_in=True)},
    )
    case.process()
    assert not Holding.objects.filter(kind="paper").exists(), "kept only once the request was granted"
    case.hand_over()
    holding = Holding.objects.get(kind="paper")
    assert (holding.paper_type, holding.certainty, holding.file_id) == (paper, "checked", file.pk)
    assert traces.last(case.subject).payload["kept"] == [paper]
    assert traces.events(case.subject)[-1].payload["kept"] == [paper]
    client = visitor(actor)
    page = client.get("/kho-giay-to/").content.decode()
    assert types[paper].name in page
    assert "Đã đối chiếu bản chính" in page
    assert client.get(f"/kho-giay-to/{holding.pk}/").status_code == 200
    _, where = begun(client, RECOGNITION)
    client.post(f"{where}/nguoi-nop/", {"owner": "self", "_next": "1"})
    offered = {item.code: item.reuse for item in client.get(f"{where}/giay-to/").context["papers"]}
    if paper in offered:
        assert offered[paper].id == holding.pk


def test_what_a_citizen_uploaded_is_not_kept_as_checked() -> None:
    actor = citizen()
    file = documents.store_upload(actor=actor, name="anh.pdf", data=PDF, at=MONDAY)
    wish = filing(RECOGNITION, owner_id=actor.party_id)
    paper = next(iter(wish.papers))
    case = Case.filed(
        RECOGNITION, actor=actor, papers={**wish.papers, paper: PaperInput(file_id=file.pk, handed_in=True)}
    )
    case.accept()
    case.process()
    case.hand_over()
    assert not Holding.objects.filter(kind="paper").exists()


@pytest.mark.parametrize(
    ("rule", "months", "issued", "wanted"),
    [
        ("months", 6, date(2023, 8, 31), date(2024, 2, 29)),
        ("months", 12, date(2023, 10, 2), date(2024, 10, 2)),
        ("months", 1, date(2023, 12, 31), date(2024, 1, 31)),
        ("permanent", None, date(2023, 10, 2), None),
        ("date_on_paper", None, date(2023, 10, 2), None),
    ],
)
def test_until_when_a_paper_counts(rule: str, months: int | None, issued: date, wanted: date | None) -> None:
    assert catalogue_rules.valid_until(rule, months, issued) == wanted


def test_the_shelf_is_paged_and_marks_what_has_run_out() -> None:
    actor = citizen()
    for number in range(25):
        Holding.objects.create(
            owner_id=actor.party_id or 0, kind="result" if number % 2 else "paper", type_code="KQ", code=str(number),
            title=f"Giấy {number}", issued_on=date(2023, 1, 1), valid_from=date(2023, 1, 1),
            valid_to=date(2023, 9, 1) if number == 24 else date(2023, 10, 12) if number == 23 else None,
            certainty="issued", state="active", created_at=MONDAY,
        )  # fmt: skip
    client = visitor(actor)
    first = client.get("/kho-giay-to/")
    assert [row.title for row in first.context["rows"]] == [f"Giấy {n}" for n in range(24, 4, -1)]
    page = first.content.decode()
    assert "Đã hết hạn" in page
    assert "Sắp hết hạn" in page
    second = client.get(first.context["next_url"])
    assert [row.title for row in second.context["rows"]] == [f"Giấy {n}" for n in range(4, -1, -1)]
    results = client.get("/kho-giay-to/?nhom=ket-qua").context["rows"]
    assert {row.title for row in results} == {f"Giấy {n}" for n in range(25) if n % 2}
    empty = visitor(citizen(1)).get("/kho-giay-to/?nhom=giay-to").content.decode()
    assert "Chưa có giấy tờ nào ở mục này" in empty


def test_a_result_carries_until_when_it_counts() -> None:
    actor = citizen()
    case = Case.taken_in("1.004873", owner_id=actor.party_id)  # its result counts for six months
    case.process()
    case.hand_over()
    holding = Holding.objects.get(kind="result")
    assert holding.issued_on is not None
    kinds = catalogue.result_types()
    kind = kinds[holding.type_code]
    assert holding.valid_to == catalogue_rules.valid_until(
        kind.validity_rule, kind.validity_months, holding.issued_on
    )
    if kind.validity_rule == "months":
        assert holding.valid_to is not None
        assert f"{holding.valid_to:%d/%m/%Y}" in visitor(actor).get("/kho-giay-to/").content.decode()


def test_a_dossier_found_again_is_the_persons_own() -> None:
    """The list by filing date reads sight too: what is another's is not there."""
    case = Case.filed(RECOGNITION, actor=citizen())
    assert case.code not in visitor(citizen(1)).get("/ho-so-cua-toi/").content.decode()
    assert Dossier.objects.count() == 1
