"""The whole province loaded once: counts, a second run, units and people of every step, forms, searches, policies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from django.db import connection, transaction

from motcua.catalogue import queries as catalogue
from motcua.catalogue import rules as catalogue_rules
from motcua.forms import queries as forms
from motcua.forms import rules as forms_rules
from motcua.kernel.actor import ANONYMOUS, SYSTEM, ActorKind, DutyScope, Role
from motcua.kernel.deadline import TimeUnit
from motcua.kernel.errors import NotFound
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty, Unit
from motcua.organisation.rules import PlaceNeeded
from motcua.parties import operations as party_operations
from motcua.parties import queries as parties
from motcua.parties.models import Account
from motcua.parties.rules import AccountKind
from motcua.setup import loaders
from motcua.territory import queries as territory

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("province")]

BEFORE, DEMO, BETWEEN, AFTER = date(2022, 6, 15), date(2023, 10, 2), date(2025, 3, 15), date(2025, 7, 2)
RECEIVING = (
    "HD.TTPVHCC", "HD25.SNV.TTDVVL", "HD.SLDTBXH.TTDVVL", "HD.KM.MC", "HD.TPHD.MC", "HD.KM.10699.MC",
    "HD.KM.10675.MC", "HD.CL.10603.MC", "TW.CAX.10699", "TW.BHXH.KM", "TW25.BHXHKV", "HP.TTPVHCC",
    "HP.10675.MC", "HP.10603.MC", "HP.CAX.10675", "HP.SNV.TTDVVL",
)  # fmt: skip
TAN_DAN = "HD.KM.10699"


@pytest.fixture(scope="module", autouse=True)
def _province(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Load once for the module, in a transaction that is rolled back after it."""
    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
        loaders.load_province()
        loaders.load_demo_accounts()
        loaders.forget()
        yield
        transaction.set_rollback(True)
        outer.__exit__(None, None, None)
        loaders.forget()


def test_everything_is_there() -> None:
    totals = {what: count.total for what, count in loaders.load_province().totals().items()}
    wanted = {
        "paper_types": 120, "result_types": 80, "procedures": 112, "forms": 112, "processes": 124,
        "persons": 400, "organisations": 60, "fields": 46, "fees": 50,
    }  # fmt: skip
    assert {what: totals[what] for what in wanted} == wanted
    known = {
        row.agency_id
        for row in (node.ref for node in organisation.tree().nodes.values())
        if not row.code.startswith(("HP.", "HD25.", "TW25.", "BD.HP"))
    }
    assert len(known) == 297 + 50  # the file's agencies and the communes of before December 2024


def test_a_second_run_changes_nothing() -> None:
    assert not loaders.load_province().written
    assert not loaders.load_demo_accounts().written


def test_a_second_run_keeps_what_people_changed() -> None:
    found = parties.search(SYSTEM, "030071994853")[0]
    party_operations.set_contact(actor=SYSTEM, party_id=found.id, phone="0900000009", email="moi@example.com")
    assert not loaders.load_province().written
    assert parties.party(SYSTEM, found.id).phone == "0900000009"


@pytest.mark.parametrize("on", [BEFORE, DEMO, BETWEEN, AFTER])
def test_every_step_of_every_procedure_has_a_unit_and_people(on: date) -> None:
    duties = Duty.objects.filter(valid_from__lte=on, fields=[]).exclude(valid_to__lt=on)
    held = set(duties.values_list("unit_id", "role"))
    home = organisation.unit_of_place(TAN_DAN, on)
    assert home is not None
    faults, received = [], set()
    for procedure in catalogue.definitions(on):
        kinds = catalogue.receiving_kinds(procedure.receiving_places)
        units = [
            unit for unit in organisation.receiving_units(kinds, on, limit=1000) if unit.code in RECEIVING
        ]
        if units:
            received.add(procedure.code)
        for unit in units:
            variant = catalogue_rules.variant_for(procedure.body, unit.kind)
            wanted = [(step["unit_kind"], step["role"]) for step in variant["steps"]] + [
                (item["unit_kind"], str(Role.COORDINATOR))
                for step in variant["steps"]
                for item in (step.get("parallel_consultation") or {}).get("items", [])
            ]
            for kind, role in wanted:
                more: dict[str, Any] = {"procedure_code": procedure.code, "procedure_field": procedure.field}
                try:
                    found = organisation.resolve_unit(kind, unit.id, on, **more)
                except PlaceNeeded:
                    found = organisation.resolve_unit(kind, unit.id, on, place_unit_id=home.id, **more)
                if (found.id, role) not in held:
                    faults.append((procedure.code, unit.code, found.code, role))
    assert faults == []
    assert len(received) == 112


def test_resolution_in_steady_state_costs_no_sql(django_assert_num_queries: Any) -> None:
    unit = organisation.unit_by_code(f"{TAN_DAN}.MC")
    with django_assert_num_queries(0):
        assert organisation.resolve_unit("district_div_justice", unit.id, DEMO).code == "HD.KM.TP"
        assert organisation.resolve_unit("police_commune", unit.id, DEMO).code == "TW.CAX.10699"
        assert organisation.resolve_unit("land_registration_branch", unit.id, DEMO).code == "HD.STNMT.CN.KM"
        assert organisation.resolve_unit("tax_district", unit.id, DEMO).code == "TW.CCT.KIMMON"


def test_the_ward_passes_into_its_successor() -> None:
    unit = organisation.unit_by_code(f"{TAN_DAN}.MC")
    later = organisation.unit_in_force(unit.id, AFTER)
    assert later.code.startswith("HP.") and later.kind == "one_stop_commune"
    assert organisation.resolve_unit("district_leader", unit.id, AFTER).agency_id == later.agency_id
    assert {row.code for row in territory.successors(TAN_DAN, AFTER)} == {later.code.removesuffix(".MC")}


def test_the_centre_asks_for_the_place() -> None:
    centre = organisation.unit_by_code("HD.TTPVHCC")
    with pytest.raises(PlaceNeeded) as refusal:
        organisation.resolve_unit("ubnd_district", centre.id, DEMO)
    assert "UBND cấp huyện" in refusal.value.message
    assert organisation.missing_place(["ubnd_district"], centre.id, DEMO)
    assert not organisation.missing_place(["dept_justice"], centre.id, DEMO)


def test_every_unit_that_receives_can_issue_codes() -> None:
    kinds = ["one_stop_province", "one_stop_district", "one_stop_commune", "police_commune", "bhxh_district"]
    for on in (DEMO, AFTER):
        prefixes: dict[str, str] = {}
        for unit in organisation.receiving_units(kinds, on, limit=2000):
            prefix = organisation.code_prefix(unit.id)
            code = catalogue.code_shape(on).make(id=prefix.id, legacy_id=prefix.legacy_id, day=on, number=1)
            assert prefixes.setdefault(code, unit.code) == unit.code
        assert len(prefixes) > 100
    tan_dan = organisation.code_prefix(organisation.unit_by_code(f"{TAN_DAN}.MC").id)
    assert (tan_dan.id, tan_dan.legacy_id) == ("H23.23.7", "000.07.23.H23")


def test_receiving_units_are_found_by_name() -> None:
    procedure = catalogue.current("1.001193", DEMO)
    names = [unit.code for unit in catalogue.receiving_units(procedure, DEMO, "tan dan")]
    assert names == ["HD.CL.10603.MC", "HD.KM.10699.MC"]
    first = catalogue.receiving_units(procedure, DEMO, limit=5)
    second = catalogue.receiving_units(procedure, DEMO, after=first[-1].code, limit=5)
    assert first[-1].code < second[0].code
    assert all(unit.code.startswith("HP.") for unit in catalogue.receiving_units(procedure, AFTER))


def test_actor_in_one_statement(django_assert_num_queries: Any) -> None:
    accounts = dict(Account.objects.filter(kind=AccountKind.STAFF, demo=True).values_list("username", "pk"))
    at = datetime(2023, 10, 2, 1, 0, tzinfo=UTC)
    organisation.tree()
    with django_assert_num_queries(1):
        officer = organisation.actor_of(accounts["tandan.motcua"], at)
    unit = organisation.unit_by_code(f"{TAN_DAN}.MC")
    assert officer.kind is ActorKind.STAFF and officer.duty(Role.ONE_STOP_OFFICER, unit_id=unit.id)
    assert officer.unit_ids == {unit.id} and not officer.province_wide
    head = organisation.actor_of(accounts["tandan.lanhdao"], at)
    assert unit.id in head.unit_ids and organisation.unit_by_code("HD.KM.MC").id not in head.unit_ids
    for name in ("kstt", "lanhdao.tinh"):
        assert organisation.actor_of(accounts[name], at).province_wide
    keeper = organisation.actor_of(accounts["quantri"], at)  # keeps the system, sees no dossier
    assert not keeper.province_wide and keeper.unit_ids == frozenset()
    for name, role in (
        ("kstt", Role.KSTT),
        ("lanhdao.tinh", Role.PROVINCE_LEADER),
        ("quantri", Role.ADMIN),
        ("tandan.vanphong", Role.WARD_OFFICE),
    ):
        for moment in (at, datetime(2025, 7, 2, 1, 0, tzinfo=UTC)):
            assert organisation.actor_of(accounts[name], moment).duty(role), (name, moment)
    later = organisation.actor_of(accounts["tandan.motcua"], datetime(2025, 7, 2, 1, 0, tzinfo=UTC))
    assert unit.id in later.unit_ids and later.duties[0].unit_id != unit.id
    assert later.duties[0].scope is DutyScope.UNIT
    before = organisation.actor_of(accounts["tandan.motcua"], datetime(2020, 1, 1, 1, 0, tzinfo=UTC))
    assert before.duties == () and before.unit_ids == frozenset()
    with pytest.raises(NotFound):
        organisation.actor_of(0, at)


def test_demo_accounts_are_listed() -> None:
    staff = {row.username: row for row in organisation.demo_staff(DEMO)}
    assert {"tandan.motcua", "tandan-tp.thuly", "tandan.lanhdao", "kinhmon.motcua", "quantri"} <= set(staff)
    assert staff["tandan.motcua"].roles == (Role.ONE_STOP_OFFICER, Role.RETURN_OFFICER)
    assert 40 < len(staff) < 200
    citizen = parties.account_for_sign_in("P0001", AccountKind.CITIZEN)
    assert citizen is not None and citizen.check_password(loaders.demo_password())
    assert organisation.colleagues(ANONYMOUS, Unit.objects.values_list("pk", flat=True)[0], DEMO) == []


def test_sample_answers_validate_for_every_form() -> None:
    someone = parties.known(SYSTEM, parties.search(SYSTEM, "030071994853")[0].id)
    for procedure in catalogue.definitions(DEMO):
        definition = forms.form(procedure.id).definition
        for known in ({}, someone):
            for pick in range(3):
                answers = forms_rules.sample_answers(definition, known, DEMO, pick=pick)
                assert forms_rules.validate(definition, answers, DEMO) == (answers, {}), procedure.code
                assert catalogue_rules.papers_for(procedure.body, answers), procedure.code
    filled = forms_rules.prefill(forms.form(catalogue.current("1.001193", DEMO).id).definition, someone)
    assert filled["applicant_name"] == "Nguyễn Quang Điệp"


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("1.001193", "1.001193"),
        ("đăng ký khai sinh", "1.001193"),
        ("dang ky khai sinh", "1.001193"),
        ("Đăng kí khai sinh", None),
        ("khai sinh", None),
        ("ket hon", None),
        ("chung thuc ban sao", None),
    ],
)
def test_search_with_and_without_diacritics(text: str, first: str | None) -> None:
    rows = catalogue.search(text, on=DEMO)
    assert rows
    if first:
        assert rows[0].code == first


def test_search_filters_and_pages() -> None:
    every: list[str] = []
    after = ""
    while rows := catalogue.search(on=DEMO, after=after, limit=25):
        every += [row.code for row in rows]
        after = rows[-1].key
    assert len(every) == len(set(every)) == 112
    assert {row.field for row in catalogue.search(on=DEMO, field="ho_tich", limit=100)} == {"ho_tich"}
    assert all("district" in row.levels for row in catalogue.search(on=DEMO, level="district", limit=200))
    assert catalogue.search("khai sinh", on=DEMO, agency_kind="police_commune") == []
    assert {row.online_level for row in catalogue.search(on=DEMO, online_level="mot_phan")} <= {"mot_phan"}
    found = catalogue.search("khai sinh", on=DEMO, limit=1)
    more = catalogue.search("khai sinh", on=DEMO, limit=50, after=found[0].key)
    assert found[0].code not in {row.code for row in more}
    for text in ("%", "_", "'; --", "\\", "xyzzyq"):
        assert catalogue.search(text, on=DEMO) == [] or text == "'; --"
    assert catalogue.search(on=date(2019, 1, 1)) == []


def test_same_day_limits_are_data() -> None:
    cutoffs: dict[str, time | None] = {}
    for procedure in catalogue.definitions(DEMO):
        channel = procedure.body["channels"][0]["channel"]
        limit = procedure.limit(channel)
        if limit.unit is TimeUnit.SAME_DAY:
            assert procedure.limit_text(channel).startswith("Trong ngày")
            cutoffs[procedure.code] = catalogue.policy(procedure, channel, DEMO).cutoff
        else:
            assert catalogue.policy(procedure, channel, DEMO).cutoff is None
    assert len(cutoffs) == 12
    assert sorted(cutoffs.values(), key=str) == [time(15)] * 11 + [None]


def test_dated_policies() -> None:
    assert catalogue.code_shape(DEMO).prefix == "legacy_id"
    assert catalogue.code_shape(AFTER).prefix == "id"
    assert catalogue.template("slip", DEMO).regime == "tt01_2018"
    assert catalogue.template("slip", date(2025, 10, 1)).regime == "tt03_2025"
    with pytest.raises(NotFound):
        catalogue.template("stop", DEMO)
    statuses = catalogue.status_map("dvcqg", DEMO)
    assert statuses["returned"] == (10, "Đã trả kết quả")
    calendar = territory.calendar()
    assert calendar.is_working(date(2026, 11, 24))
    assert not calendar.is_working(date(2026, 4, 27))
    unit = organisation.unit_by_code(f"{TAN_DAN}.MC")
    assert organisation.calendar(unit.id).is_receiving(date(2023, 10, 7))


def test_certainty_is_kept() -> None:
    procedure = catalogue.current("1.001193", DEMO)
    assert procedure.body["certainty_detail"]["process"] == "low"
    with connection.cursor() as cursor:
        cursor.execute("SELECT certainty, count(*) FROM organisation_agency GROUP BY certainty")
        assert {row[0] for row in cursor.fetchall()} == {"high", "medium", "low"}


def test_definitions_are_kept_in_memory(django_assert_num_queries: Any) -> None:
    procedure = catalogue.current("1.001193", DEMO)
    with django_assert_num_queries(0):
        assert catalogue.definition(procedure.id) is procedure
        assert catalogue.current("1.001193", DEMO) is procedure
    with pytest.raises(NotFound):
        catalogue.definition(0)
    with pytest.raises(NotFound):
        catalogue.current("9.999999", DEMO)
