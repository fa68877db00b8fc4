"""The table view as a rule: form in, process out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from motcua.kernel.process import AutoKind, Flow, Graph, Signer, check
from motcua.kernel.process.bpmn import read, write
from motcua.kernel.tests.test_process_engine import graph_of, graphs
from motcua.web.kstt.tables import TableInvalid, edited, signers_text

GRAPH = graph_of("start > u1\nu1 > x1\nx1 > u2 a\nx1 > u3 else\nu2 > end\nu3 > end")


@pytest.mark.parametrize(("graph", "limit"), graphs()[::10])
def test_an_empty_form_changes_nothing(graph: Graph, limit: Decimal) -> None:
    assert edited(graph, {}) == graph


def test_names_duties_hours_and_ways_are_changed() -> None:
    form = {
        "ten.u1": " Kiểm tra ", "don_vi.u1": "so", "vai_tro.u1": "r2", "gio.u1": "2,5", "den.u2>end": "u1",
        "ket_cuc.u2>end": "tra", "nhan.u2>end": "Trả lại", "dk.x1>u2a": "dien_tich > 5",
    }  # fmt: skip
    graph = edited(GRAPH, form)
    node = graph.by_id["u1"]
    assert (node.name, node.unit_kind, node.role, node.hours) == ("Kiểm tra", "so", "r2", Decimal("2.5"))
    edge = graph.edge_by_id["u2>end"]
    assert (edge.target, edge.outcome, edge.name, edge.flow) == ("u1", "tra", "Trả lại", Flow.BACK)
    condition = graph.edge_by_id["x1>u2a"].condition
    assert condition is not None
    assert condition.holds({"dien_tich": 6})


def test_a_step_goes_behind_another_and_out_again() -> None:
    more = edited(
        GRAPH,
        {"ten_moi": "Thẩm định", "sau_moi": "u1", "don_vi_moi": "so", "vai_tro_moi": "r", "gio_moi": "3"},
    )
    assert check(more) == []
    assert more.edge_by_id["u1>x1"].target == "b1"
    assert more.by_id["b1"].hours == 3
    less = edited(more, {"bo.b1": "1"})
    assert less.edge_by_id["u1>x1"].target == "x1"
    assert "b1" not in less.by_id
    assert check(less) == []


@pytest.mark.parametrize(("graph", "limit"), graphs()[::10])
def test_a_step_of_the_province_can_be_taken_out_with_its_waits(graph: Graph, limit: Decimal) -> None:
    step = next(node for node in graph.nodes if node.step == 2)
    less = edited(graph, {f"bo.{step.id}": "1"})
    assert step.id not in less.by_id
    assert not [node for node in less.nodes if node.id.startswith(f"{step.id}.") and node.kind == "message"]


def test_ways_are_added_and_taken_away() -> None:
    graph = edited(GRAPH, {"den_moi.u2": "u3", "ket_cuc_moi.u2": "khac", "bo_duong.u3>end": "1"})
    (added,) = (edge for edge in graph.edges if edge.id == "d1")
    assert (added.source, added.target, added.outcome) == ("u2", "u3", "khac")
    assert "u3>end" not in graph.edge_by_id


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ({"gio.u1": "nhiều"}, "gio.u1"),
        ({"gio.u1": "-1"}, "gio.u1"),
        ({"gio.u1": "NaN"}, "gio.u1"),
        ({"den.u2>end": "nowhere"}, "den.u2>end"),
        ({"dk.x1>u2a": "a >"}, "dk.x1>u2a"),
        ({"bo.end": "1"}, "bo.end"),
        ({"den_moi.u1": "nowhere"}, "den_moi.u1"),
        ({"ten_moi": "Mới", "sau_moi": "end"}, "sau_moi"),
        ({"ten_moi": "Mới"}, "sau_moi"),
    ],
)
def test_what_cannot_be_taken_is_told_by_its_input(form: dict[str, str], name: str) -> None:
    with pytest.raises(TableInvalid) as refusal:
        edited(GRAPH, form)
    assert set(refusal.value.errors) == {name}


def test_parts_of_the_form_and_papers_are_ticked() -> None:
    form = {"muc.u1": "1", "phan.u1|con": "1", "phan.u1|cha": "1", "in.u1|control_slip": "1"}
    graph = edited(GRAPH, form)
    node = graph.by_id["u1"]
    assert (node.form_parts, node.prints) == (("con", "cha"), ("control_slip",))
    assert read(write(graph)).graph.by_id["u1"] == node
    assert edited(graph, {"ten.u1": node.name}) == graph
    assert edited(graph, {"muc.u1": "1"}) == GRAPH


def test_hands_are_kept_apart_and_signers_named() -> None:
    told = "Phó Chủ tịch UBND tỉnh\ntài khoản nva từ 01/07/2026 đến 31/12/2026"
    graph = edited(GRAPH, {"tach.u2": "1", "khong.u2|u1": "1", "ky.u2": told})
    node = graph.by_id["u2"]
    assert node.not_by == ("u1",)
    assert node.signers == (
        Signer("Phó Chủ tịch UBND tỉnh"),
        Signer(username="nva", valid_from=date(2026, 7, 1), valid_to=date(2026, 12, 31)),
    )
    assert signers_text(node.signers) == told
    assert check(graph) == []
    assert edited(graph, {"tach.u2": "1", "ky.u2": ""}) == GRAPH
    assert edited(graph, {"bo.u1": "1"}).by_id["u2"].not_by == ()
    with pytest.raises(TableInvalid) as refusal:
        edited(GRAPH, {"ky.u2": "Chủ tịch từ 45/01/2026"})
    assert set(refusal.value.errors) == {"ky.u2"}


def test_what_the_system_does_is_set_in_the_table_and_what_is_wrong_is_told() -> None:
    graph = graph_of("start > u1\nu1 > v1 xong\nv1 > t1\nt1 > u2\nu2 > end xong")
    form = {
        "tu_dong.u1": "lookup", "nguon.u1": "csdl_dan_cu", "hoi.u1": "ho_so.so_chu_ho_so, so_giay", "khop.u1": "xong",
        "tu_dong.v1": "notify", "noi_dung.v1": "Hồ sơ đang được thẩm tra.", "so_ngay.t1": "3", "gio.t1": "0",
    }  # fmt: skip
    changed = edited(graph, form)
    by_id = changed.by_id
    assert (by_id["u1"].auto, by_id["u1"].ref, by_id["u1"].answer) == (AutoKind.LOOKUP, "csdl_dan_cu", "xong")
    assert by_id["u1"].asks == ("ho_so.so_chu_ho_so", "so_giay")
    assert (by_id["v1"].auto, by_id["v1"].about) == (AutoKind.NOTIFY, "Hồ sơ đang được thẩm tra.")
    assert (by_id["t1"].days, by_id["t1"].hours) == (3, Decimal(0))
    again = read(write(changed)).graph.by_id
    assert all(again[name] == by_id[name] for name in ("u1", "v1", "t1"))
    drafted = edited(graph, {"tu_dong.v1": "document", "mau.v1": "to_trinh", "nguon.v1": ""})
    assert (drafted.by_id["v1"].auto, drafted.by_id["v1"].ref) == (AutoKind.DOCUMENT, "to_trinh")
    assert read(write(drafted)).graph.by_id["v1"] == drafted.by_id["v1"]
    back = edited(changed, {"tu_dong.u1": ""})
    assert (back.by_id["u1"].auto, back.by_id["u1"].ref, back.by_id["u1"].asks) == (None, "", ())
    with pytest.raises(TableInvalid) as refusal:
        edited(graph, {"tu_dong.v1": "khac", "so_ngay.t1": "ba"})
    assert set(refusal.value.errors) == {"tu_dong.v1", "so_ngay.t1"}
