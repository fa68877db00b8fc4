"""What states, channels and levels are called on pages; names with legal weight come from the data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from motcua.dossiers.rules import CHANNEL_NAMES, RETURN_CHANNEL_NAMES, STATE_NAMES, State

# How a state's tag looks: the colour says the same as the words, never more.
LOOKS: Final[dict[str, str]] = {
    "draft": "plain",
    State.SUBMITTED: "new",
    State.ACCEPTED: "run",
    State.IN_PROCESS: "run",
    State.SUPPLEMENT_REQUESTED: "wait",
    State.PAYMENT_REQUESTED: "wait",
    State.SUSPENDED: "wait",
    State.PROCESSED: "done",
    State.RETURNED: "done",
    State.NOT_ACCEPTED: "closed",
    State.WITHDRAWN: "closed",
    State.STOPPED: "closed",
    State.VOID: "closed",
}

# Anybody with code and check value sees this and no more (TT 01/2018 Art 16; facts-lifecycle.md 2.9).
COMPLETION: Final[dict[str, tuple[int, str]]] = {
    "submitted": (10, "Cơ quan đang kiểm tra hồ sơ nộp trực tuyến."),
    "accepted": (25, "Hồ sơ đã được tiếp nhận."),
    "in_process": (50, "Hồ sơ đang được giải quyết."),
    "supplement_requested": (
        50,
        "Hồ sơ đang chờ người nộp bổ sung. Hãy đăng nhập để xem nội dung cần bổ sung.",
    ),
    "payment_requested": (
        60,
        "Hồ sơ đang chờ người nộp thực hiện nghĩa vụ tài chính. Hãy đăng nhập để xem chi tiết.",
    ),
    "suspended": (50, "Hồ sơ đang tạm dừng giải quyết. Hãy đăng nhập để xem lý do."),
    "processed": (90, "Hồ sơ đã có kết quả, chờ trả cho người nộp."),
    "returned": (100, "Hồ sơ đã trả kết quả."),
    "withdrawn": (100, "Hồ sơ đã kết thúc theo đề nghị của người nộp."),
    "stopped": (100, "Hồ sơ đã kết thúc. Hãy đăng nhập để xem lý do."),
    "not_accepted": (100, "Hồ sơ không được tiếp nhận. Hãy đăng nhập để xem lý do."),
    "void": (100, "Hồ sơ đã kết thúc. Hãy đăng nhập để xem hồ sơ thay thế."),
}

LEVELS: Final[dict[str, str]] = {"province": "Cấp tỉnh", "district": "Cấp huyện", "commune": "Cấp xã"}
CHANNELS: Final[Mapping[str, str]] = CHANNEL_NAMES
ONLINE_LEVELS: Final[dict[str, str]] = {
    "toan_trinh": "Trực tuyến toàn trình",
    "mot_phan": "Trực tuyến một phần",
    "thong_tin": "Chỉ cung cấp thông tin",
}
ONLINE_HELP: Final[dict[str, str]] = {
    "toan_trinh": "Nộp, theo dõi và nhận kết quả hoàn toàn trên mạng.",
    "mot_phan": "Nộp hồ sơ trên mạng; có bước phải đến cơ quan, ví dụ xuất trình hoặc nộp bản chính.",
    "thong_tin": "Thủ tục này chưa nhận hồ sơ trên mạng. Hãy nộp tại Bộ phận Một cửa hoặc qua bưu chính.",
}
TIME_UNITS: Final[dict[str, str]] = {
    "working_day": "ngày làm việc",
    "working_days": "ngày làm việc",
    "day": "ngày",
    "days": "ngày",
    "hour": "giờ làm việc",
    "month": "tháng",
    "same_day": "trong ngày",
}
ROLES: Final[dict[str, str]] = {
    "can_bo_tiep_nhan": "Cán bộ tiếp nhận",
    "can_bo_tra_ket_qua": "Cán bộ trả kết quả",
    "lanh_dao_phong": "Lãnh đạo phòng",
    "can_bo_thu_ly": "Cán bộ thụ lý",
    "lanh_dao_co_quan": "Lãnh đạo cơ quan",
    "van_thu": "Văn thư",
    "hoi_dong": "Hội đồng",
    "don_vi_phoi_hop": "Đơn vị phối hợp",
    "lanh_dao_van_phong": "Lãnh đạo Văn phòng",
    "chuyen_vien_van_phong": "Chuyên viên Văn phòng",
    "can_bo_kstt": "Cán bộ kiểm soát thủ tục hành chính",
    "lanh_dao_tinh": "Lãnh đạo tỉnh",
    "van_phong_xa": "Văn phòng xã, phường",
    "quan_tri": "Quản trị hệ thống",
}
CERTAINTY: Final[dict[str, str]] = {
    "medium": "số liệu cần đối chiếu",
    "low": "số liệu ước định, phải đối chiếu",
}
RETURN_CHANNELS: Final = RETURN_CHANNEL_NAMES


def state(code: str) -> tuple[str, str]:
    """Return name and look of a state; an unknown code shows itself, so that a gap is seen and not hidden."""
    if code == "draft":
        return "Bản nháp", LOOKS[code]
    return (STATE_NAMES[State(code)], LOOKS[code]) if code in set(State) else (code, "plain")
