"""From step tables to graphs: shapes, marks, refusals."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from motcua.kernel.process import (
    EndKind,
    Flow,
    Mark,
    NodeKind,
    ProcessInvalid,
    Silence,
    Verdict,
    WaitKind,
    compile_steps,
    from_json,
    happy_path,
    to_json,
)


def step(
    no: int, *ways: tuple[str, Any], role: str = "can_bo_thu_ly", unit: str = "u", **more: Any
) -> dict[str, Any]:
    outcomes = [{"code": code, "next": following} for code, following in ways]
    named = {"no": no, "name": f"Bước {no}", "role": role, "unit_kind": unit}
    return {**named, "hours": 2, "outcomes": outcomes, **more}


def variant(*steps: dict[str, Any], decided_by: str = "leader") -> dict[str, Any]:
    return {
        "variant": "thu", "levels": ["commune"], "decided_by_unit_kind": decided_by, "steps": list(steps),
    }  # fmt: skip


def consultation(no: int, following: int, *silences: str) -> dict[str, Any]:
    items = [
        {"unit_kind": f"asked{n}", "about": f"việc {n}", "hours": n, "on_silence": silence}
        for n, silence in enumerate(silences, start=1)
    ]
    return step(
        no, ("cho_y_kien", following), ("qua_han_coi_nhu_dong_y", following), ("khong_dong_y", following),
        role="don_vi_phoi_hop", parallel_consultation={"mode": "all", "items": items},
    )  # fmt: skip


FULL = variant(
    step(1, ("tiep_nhan", 2), ("yeu_cau_bo_sung", "pause_applicant"), ("tu_choi_tiep_nhan", "end_refused")),
    consultation(2, 3, "agree", "not_allowed"),
    step(3, ("trinh_duyet", 4), ("gui_xac_minh", "wait_external"), ("xin_loi_hen_lai", "extend"),
         ("chuyen_nghia_vu_tai_chinh", "wait_external")),
    step(4, ("dong_y", 5), ("tra_lai", 3), ("khong_giai_quyet", 7), unit="division"),
    step(5, ("dong_y", 6), ("tra_lai", 2), ("khong_giai_quyet", 6), unit="leader"),
    step(6, ("ban_hanh", 7)),
    step(7, ("tra_ket_qua", "end_done")),
)  # fmt: skip


def test_marks_and_verdicts() -> None:
    graph = compile_steps(FULL)
    assert [graph.reception.id, graph.decision.id, graph.issue.id, graph.handover.id] == [  # type: ignore[union-attr]
        "s1", "s5", "s6", "s7",
    ]  # fmt: skip
    assert graph.verdict("s5", "dong_y") is Verdict.GRANTED
    assert graph.verdict("s5", "khong_giai_quyet") is Verdict.REFUSED
    assert graph.verdict("s5", "tra_lai") is None
    assert graph.verdict("s4", "dong_y") is None
    assert graph.verdict("s4", "khong_giai_quyet") is Verdict.REFUSED  # past the decision
    assert graph.verdict("s1", "tu_choi_tiep_nhan") is Verdict.NOT_ACCEPTED
    assert graph.verdict("s7", "tra_ket_qua") is None
    assert graph.verdict("s2.1", "khong_dong_y") is None
    assert graph.verdict("s5", "khác") is None


def test_waits_extension_and_opinions() -> None:
    graph = compile_steps(FULL, outcome_names={"dong_y": "Ký duyệt"})
    assert graph.by_id["s1.yeu_cau_bo_sung"].wait is WaitKind.APPLICANT
    assert graph.by_id["s3.gui_xac_minh"].wait is WaitKind.EXTERNAL
    assert graph.by_id["s3.chuyen_nghia_vu_tai_chinh"].wait is WaitKind.PAYMENT
    extend = graph.by_outcome["s3", "xin_loi_hen_lai"]
    assert (extend.flow, extend.target) == (Flow.EXTEND, "s3")
    assert graph.by_outcome["s5", "dong_y"].name == "Ký duyệt"
    assert graph.by_outcome["s5", "tra_lai"].name == "Trả lại bước thụ lý"
    first, second = graph.by_id["s2.1"], graph.by_id["s2.2"]
    assert (first.unit_kind, first.about, first.hours) == ("asked1", "việc 1", Decimal(1))
    assert first.on_silence is Silence.AGREE
    assert {edge.outcome for edge in graph.outcomes("s2.1")} == {
        "cho_y_kien", "khong_dong_y", "qua_han_coi_nhu_dong_y",
    }  # fmt: skip
    assert second.on_silence is Silence.NOT_ALLOWED
    assert {edge.outcome for edge in graph.outcomes("s2.2")} == {"cho_y_kien", "khong_dong_y"}


def test_one_opinion_needs_no_gateways() -> None:
    graph = compile_steps(
        variant(
            step(1, ("tiep_nhan", 2)),
            consultation(2, 3, "agree"),
            step(3, ("dong_y", "end_done"), unit="leader"),
        )
    )
    assert not any(node.kind is NodeKind.PARALLEL for node in graph.nodes)
    assert graph.by_id["s2"].unit_kind == "asked1"
    assert graph.by_id["s3"].marks == {Mark.DECISION, Mark.HANDOVER}
    assert graph.issue is graph.decision


def test_the_main_path() -> None:
    assert happy_path(compile_steps(FULL)) == (
        ("s1", "tiep_nhan"), ("s2.1", "cho_y_kien"), ("s2.2", "cho_y_kien"), ("s3", "trinh_duyet"),
        ("s4", "dong_y"), ("s5", "dong_y"), ("s6", "ban_hanh"), ("s7", "tra_ket_qua"),
    )  # fmt: skip


def test_no_main_path() -> None:
    graph = compile_steps(variant(step(1, ("tu_choi_tiep_nhan", "end_refused"), ("tra_lai", 1))))
    with pytest.raises(ProcessInvalid):
        happy_path(graph)


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([], "chưa có bước"),
        ([step(1, ("x", 2))], "chuyển tới “2”"),
        ([step(1, ("x", "end_of_time"))], "end_of_time"),
        ([step(1, ("x", None))], "None"),
        ([step(1, ("x", True))], "True"),
        ([step(1, ("x", "end_done")), step(1, ("x", "end_done"))], "trùng"),
        ([step(1, ("x", "end_done"), ("x", "end_refused"))], "“x” bị trống hoặc trùng"),
        ([step(1)], "chưa có kết cục"),
        ([step(1, ("x", "end_done"), hours=-1)], "số giờ"),
        ([step(1, ("x", "end_done"), hours="NaN")], "số giờ"),
        ([step(1, ("x", "end_done"), hours="hai")], "số giờ"),
        (
            [step(1, ("x", 1), ("y", 2), parallel_consultation={"mode": "all", "items": [{}]}),
             step(2, ("z", "end_done"))],
            "cùng một bước",
        ),
        ([step(1, ("x", "end_done"), parallel_consultation={"mode": "any", "items": [{}]})], "tất cả"),
    ],
)  # fmt: skip
def test_a_broken_table_is_refused_in_words(steps: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(ProcessInvalid) as refusal:
        compile_steps(variant(*steps))
    assert words in refusal.value.message


def test_round_trip_and_format() -> None:
    graph = compile_steps(FULL)
    raw = to_json(graph)
    assert from_json(raw) == graph
    assert raw["format"] == 1
    for broken in ({**raw, "format": 2}, {**raw, "nodes": None}, {**raw, "nodes": [{"id": "x"}]},
                   {**raw, "edges": [{"id": "e", "source": "a", "target": "b"}]},
                   {**raw, "nodes": raw["nodes"] * 2}, {**raw, "nodes": [{"id": "x", "kind": "teapot"}]},
                   {"format": 1}):  # fmt: skip
        with pytest.raises(ProcessInvalid):
            from_json(broken)


def test_ends() -> None:
    graph = compile_steps(FULL)
    assert graph.by_id["end_refused"].end is EndKind.REFUSED
    assert graph.by_id["end_done"].end is EndKind.DONE


def test_steps_name_parts_of_the_form_and_papers() -> None:
    named = {"form_parts": ["con", "cha"], "prints": ["control_slip"]}
    steps = [{**one, **named} if one["no"] in (2, 3) else one for one in FULL["steps"]]
    graph = compile_steps({**FULL, "steps": steps})
    plain = compile_steps(FULL)
    tasks = [node for node in graph.nodes if node.step in (2, 3) and node.kind is NodeKind.USER_TASK]
    assert len(tasks) > 1
    assert {(node.form_parts, node.prints) for node in tasks} == {(("con", "cha"), ("control_slip",))}
    assert from_json(to_json(graph)) == graph
    assert [node for node in graph.nodes if node not in tasks] == [
        node for node in plain.nodes if node.id not in {one.id for one in tasks}
    ]
    with pytest.raises(ProcessInvalid, match="bước chờ không nêu được"):
        waits = step(1, ("lien_thong", "end_done"), waits_for="parts", prints=["control_slip"])
        compile_steps(variant(waits))
