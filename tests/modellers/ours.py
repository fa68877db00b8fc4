"""A process of ours with everything BPMN has no words for, as the product exports it: what other tools are to open."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Final

from motcua.kernel.process import Asked, AutoKind, Edge, EndKind, Flow, Graph, Node, NodeKind, Signer, Silence
from motcua.kernel.process import condition as conditions
from motcua.kernel.process.bpmn import write

STEP: Final = "tham_dinh"


def _person(key: str, name: str, **more: object) -> Node:
    node = Node(
        key, NodeKind.USER_TASK, name, unit_kind="commune_justice", role="can_bo_thu_ly", hours=Decimal(4)
    )
    return replace(node, **more)  # type: ignore[arg-type]


GRAPH: Final = Graph(
    "cap_xa",
    (
        Node("bat_dau", NodeKind.START, "Bắt đầu"),
        _person("tiep_nhan", "Tiếp nhận hồ sơ", form_parts=("nguoi_nop",), prints=("slip",)),
        _person(
            STEP, "Thẩm định", form_parts=("cha", "con"), prints=("control_slip", "to_trinh"), on_site=True,
            not_by=("tiep_nhan",), signers=(Signer(position="Công chức tư pháp - hộ tịch"),), note="Xem bản chính.",
        ),
        _person(
            "y_kien", "Lấy ý kiến", enough=1, unit_kind="", role="can_bo_thu_ly",
            asked=(
                Asked("commune_land", about="Nguồn gốc đất", on_silence=Silence.AGREE),
                Asked("commune_police", hours=Decimal("8.5")),
            ),
        ),
        Node(
            "tra_cuu", NodeKind.SERVICE_TASK, "Tra cứu", auto=AutoKind.LOOKUP, ref="csdl_dan_cu",
            asks=("ho_so.so_chu_ho_so",), prints=("control_slip",),
        ),
        Node("chon", NodeKind.EXCLUSIVE, "Đất ở?"),
        Node("goi", NodeKind.CALL_ACTIVITY, "Cấp bản sao", ref="2.000635/cap_xa"),
        Node("gop", NodeKind.EXCLUSIVE),
        Node("qua_han", NodeKind.BOUNDARY_TIMER, "Quá 2 ngày", days=2, attached_to=STEP, interrupting=False),
        _person("nhac", "Nhắc việc"),
        Node("nhac_xong", NodeKind.END, "Đã nhắc", end=EndKind.DONE),
        Node("xong", NodeKind.END, "Xong", end=EndKind.DONE),
    ),
    (
        Edge("bat_dau>tiep_nhan", "bat_dau", "tiep_nhan"),
        Edge("tiep_nhan>tra_cuu", "tiep_nhan", "tra_cuu", "tiep_nhan", "Tiếp nhận"),
        Edge("tra_cuu>dat", "tra_cuu", STEP, "dat", "Khớp"),
        Edge("tra_cuu>khong", "tra_cuu", "y_kien", "khong_dat", "Không khớp"),
        Edge("tham_dinh>chon", STEP, "chon", "dat", "Đạt"),
        Edge("tham_dinh>tiep_nhan", STEP, "tiep_nhan", "tra_lai", "Trả lại", Flow.BACK),
        Edge("y_kien>chon", "y_kien", "chon", "dong_y", "Đồng ý"),
        Edge("chon>goi", "chon", "goi", name="có", condition=conditions.parse('loai_dat = "o" và dien_tich > 500')),
        Edge("chon>gop", "chon", "gop", name="không", default=True),
        Edge("goi>gop", "goi", "gop"),
        Edge("gop>xong", "gop", "xong"),
        Edge("qua_han>nhac", "qua_han", "nhac"),
        Edge("nhac>xong", "nhac", "nhac_xong"),
    ),
    levels=("commune",),
)  # fmt: skip
EXPORT: Final = write(GRAPH)
