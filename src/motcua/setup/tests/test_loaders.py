"""Broken files: each fault is told with file, record and field, and nothing of the file stays."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command

from motcua.catalogue.models import PaperType, Procedure, ProcedureVersion, ResultType
from motcua.forms.models import FormVersion
from motcua.organisation.models import Agency
from motcua.setup import loaders
from motcua.setup.loaders_schema import LoadFailed, Problem

pytestmark = pytest.mark.django_db
Change = Callable[[dict[str, Any]], None]

FILES = ("catalogues.yaml", "fees_holidays.yaml", "paper_types.yaml", "policies.yaml")
GROUP = "procedures/tu_phap.yaml"


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    loaders.forget()
    yield
    loaders.forget()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A directory with the shared lists and one group of procedures; agencies and people are left out."""
    (tmp_path / "procedures").mkdir()
    for name in (*FILES, GROUP):
        shutil.copy(loaders.PROVINCE / name, tmp_path / name)
    return tmp_path


def change(path: Path, how: Change) -> None:
    doc = yaml.safe_load(path.read_text("utf-8"))
    how(doc)
    path.write_text(yaml.safe_dump(doc, allow_unicode=True, sort_keys=False), "utf-8")


def faults(directory: Path, of: str) -> list[Problem]:
    with pytest.raises(LoadFailed) as failed:
        loaders.load_province(directory)
    return [problem for problem in failed.value.problems if problem.file == of]


def no_papers() -> None:
    assert not PaperType.objects.exists()
    assert not ResultType.objects.exists()


def paper(number: int, **more: Any) -> Change:
    return lambda doc: doc["paper_types"][number].update(more)


@pytest.mark.parametrize(
    ("how", "record", "field", "words"),
    [
        (paper(3, database={"code": "nowhere", "lookup_by": [], "must_not_ask_again": True}),
         "GT-ND-04", "database.code", "không có trong danh mục cơ sở dữ liệu"),
        (paper(3, issuing_agency_kind="nobody"), "GT-ND-04", "issuing_agency_kind", "nobody"),
        (paper(3, identity_fields="x"), "GT-ND-04", "identity_fields", "phải là danh sách"),
        (paper(3, name=5), "GT-ND-04", "name", "phải là chữ"),
        (paper(3, name=" "), "GT-ND-04", "name", "không được để trống"),
        (paper(3, certainty="sure"), "GT-ND-04", "certainty", "các mức độ chắc chắn"),
        (paper(3, colour="red"), "GT-ND-04", "colour", "trường lạ"),
        (paper(3, code="GT-ND-01"), "GT-ND-01", "code", "bị lặp"),
        (paper(3, code="XX"), "XX", "code", "sai dạng"),
        (lambda doc: doc["paper_types"][3].pop("validity"), "GT-ND-04", "validity", "thiếu trường này"),
        (paper(3, validity={"rule": "months", "months": "6"}), "GT-ND-04", "validity.months", "số nguyên"),
        (lambda doc: doc["result_types"][0].update(paper_type="GT-XX-99"),
         "KQ-HT-01", "paper_type", "GT-XX-99"),
        (lambda doc: doc.pop("result_types"), "", "result_types", "thiếu trường này"),
        (lambda doc: doc.update(schema="paper_types/v9"), "", "schema", "phiên bản cấu trúc"),
    ],
)  # fmt: skip
def test_broken_papers(data: Path, how: Change, record: str, field: str, words: str) -> None:
    change(data / "paper_types.yaml", how)
    found = faults(data, "paper_types.yaml")
    assert any((one.record, one.field) == (record, field) and words in one.message for one in found), found
    no_papers()


def first(doc: dict[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = doc["procedures"][0]
    return record


@pytest.mark.parametrize(
    ("how", "field", "words"),
    [
        (lambda doc: first(doc).update(field="nowhere"), "field", "danh mục lĩnh vực"),
        (lambda doc: first(doc).update(non_territorial="no"), "non_territorial", "phải là đúng/sai"),
        (lambda doc: first(doc)["time_limit"].update(hours=7), "time_limit.hours", "số giờ"),
        (lambda doc: first(doc)["channels"][0]["fees"].append(
            {"fee": "X", "amount": 1, "unit": "hồ sơ", "condition_vi": None}), "fee", "danh mục phí"),
        (lambda doc: first(doc)["required_papers"][0]["papers"][0].update(paper="GT-XX-99"),
         "paper", "danh mục giấy tờ"),
        (lambda doc: first(doc)["eform"]["fields"][0].update(type="colour"), "type", "các kiểu trường"),
        (lambda doc: first(doc)["eform"]["fields"][0].update(
            show_if={"field": "later", "op": "eq", "value": 1}), "show_if", "later"),
        (lambda doc: first(doc)["eform"]["fields"][1].update(prefill="population.shoe_size"),
         "prefill", "shoe_size"),
        (lambda doc: first(doc)["process"][0]["steps"][0].update(unit_kind="nobody"),
         "unit_kind", "danh mục loại đơn vị"),
        (lambda doc: first(doc)["process"][0]["steps"][0]["outcomes"][0].update(next=99), "next", "99"),
        (lambda doc: first(doc)["process"][0]["steps"][0].update(hours=1000), "total_hours", "tổng giờ"),
        (lambda doc: first(doc)["process"][0]["steps"][1].update(form_parts=["khong_co"]),
         "steps[2].form_parts", "không có phần “khong_co”"),
        (lambda doc: first(doc)["process"][0]["steps"][1].update(
            form_parts=[first(doc)["eform"]["sections"][0]["key"]] * 2),
         "steps[2].form_parts", "bị lặp"),
        (lambda doc: first(doc)["process"][0]["steps"][1].update(prints=["hand_over_list"]),
         "prints", "giấy tờ mà một bước lập được"),
        (lambda doc: first(doc).update(related_procedures=["9.999999"]), "related_procedures", "9.999999"),
    ],
)  # fmt: skip
def test_broken_procedures(data: Path, how: Change, field: str, words: str) -> None:
    change(data / GROUP, how)
    code = yaml.safe_load((data / GROUP).read_text("utf-8"))["procedures"][0]["code"]
    found = faults(data, GROUP)
    assert any(one.record == code and field in one.field and words in one.message for one in found), found
    assert not Procedure.objects.exists()
    assert not FormVersion.objects.exists()


def test_a_process_that_is_not_sound_leaves_nothing_of_its_file(data: Path) -> None:
    def loop(doc: dict[str, Any]) -> None:
        for step in doc["procedures"][-1]["process"][0]["steps"]:
            step["outcomes"] = [{"code": "trinh_duyet", "next": 1}]

    change(data / GROUP, loop)
    code = yaml.safe_load((data / GROUP).read_text("utf-8"))["procedures"][-1]["code"]
    found = faults(data, GROUP)
    assert len(found) == 1 and code in found[0].message
    assert not Procedure.objects.exists()


def test_every_fault_at_once_and_the_good_files_stay(data: Path) -> None:
    def several(doc: dict[str, Any]) -> None:
        doc["procedures"][0]["levels"] = ["village"]
        doc["procedures"][1].pop("results")
        doc["procedures"][2]["status"] = None

    change(data / GROUP, several)
    assert len({one.record for one in faults(data, GROUP)}) == 3
    assert PaperType.objects.count() == 120
    assert not Procedure.objects.exists()


def test_what_builds_on_a_broken_file_waits(data: Path) -> None:
    change(data / "paper_types.yaml", paper(0, name=None))
    assert "chưa nạp được vì tệp paper_types.yaml" in faults(data, GROUP)[0].message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("schema: [", "dòng"),
        ("a: 1\na: 2\n", "khóa “a” bị lặp"),
        ("- 1", "phải là nhóm trường"),
        ("schema: paper_types/v1\nname: Hoa\u0300", "chuẩn NFC"),
    ],
)
def test_files_that_are_no_such_yaml(data: Path, text: str, words: str) -> None:
    (data / "paper_types.yaml").write_text(text, "utf-8")
    assert any(words in one.message for one in faults(data, "paper_types.yaml"))
    no_papers()


def test_missing_files_are_named(data: Path) -> None:
    (data / "paper_types.yaml").unlink()
    assert faults(data, "paper_types.yaml")[0].message == "không có tệp này."
    assert faults(data, "organisations.yaml")


@pytest.mark.parametrize(
    ("how", "record", "field"),
    [
        (lambda doc: doc["organisations"][5].update(parent="HD.NOWHERE"), 5, "parent"),
        (lambda doc: doc["organisations"][5].update(valid_to="2020-01-01"), 5, "valid_to"),
        (lambda doc: doc["organisations"][5].update(valid_to="tomorrow"), 5, "valid_to"),
        (lambda doc: doc["organisations"][5].update(kind="ministry"), 5, "kind"),
    ],
)
def test_broken_agencies(data: Path, how: Change, record: int, field: str) -> None:
    for name in ("organisations.yaml", "successors.yaml", "unit_kind_succession.yaml"):
        shutil.copy(loaders.PROVINCE / name, data / name)
    doc = yaml.load((data / "organisations.yaml").read_text("utf-8"), yaml.CSafeLoader)
    how(doc)
    code = doc["organisations"][record]["code"]
    (data / "organisations.yaml").write_text(
        yaml.dump(doc, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False), "utf-8"
    )
    found = faults(data, "organisations.yaml")
    assert [(one.record, one.field) for one in found] == [(code, field)]
    assert not Agency.objects.exists()


def test_a_changed_record_becomes_the_next_version(data: Path) -> None:
    with pytest.raises(LoadFailed):
        loaders.load_province(data)  # agencies and people are missing; procedures load
    code = yaml.safe_load((data / GROUP).read_text("utf-8"))["procedures"][0]["code"]
    before = ProcedureVersion.objects.get(procedure__code=code)
    change(data / GROUP, lambda doc: first(doc).update(notes="Đổi nội dung"))
    with pytest.raises(LoadFailed):
        loaders.load_province(data, on=date.fromisoformat("2024-01-01"))
    versions = list(ProcedureVersion.objects.filter(procedure__code=code).order_by("no"))
    assert [version.no for version in versions] == [1, 2]
    assert versions[0].body == before.body
    assert versions[0].valid_to == date.fromisoformat("2023-12-31")
    assert versions[1].valid_from == date.fromisoformat("2024-01-01")
    assert ProcedureVersion.objects.count() == Procedure.objects.count() + 1


def test_the_command_lists_every_fault(data: Path) -> None:
    change(data / "paper_types.yaml", paper(3, name=5))
    errors = StringIO()
    with pytest.raises(CommandError, match="lỗi"):
        call_command("load_province", dir=data, stderr=errors)
    assert "paper_types.yaml, bản ghi GT-ND-04, trường name: phải là chữ" in errors.getvalue()
