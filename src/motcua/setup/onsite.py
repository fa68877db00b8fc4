"""What the minutes of verifications on site say in the demo history, in generated dossiers and in journeys. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

PEOPLE: Final = (("Nguyễn Văn Hùng", "tổ trưởng tổ dân phố"), ("Trần Thị Mai", "đại diện chủ hồ sơ"))


def minutes(at: datetime | str) -> dict[str, Any]:
    """Return the minutes of a visit at a moment, for the operation or the interface; participants are beside."""
    return {
        "began_at": at,
        "ended_at": at,
        "place": "Địa điểm nêu trong hồ sơ",
        "findings": "Hiện trạng đúng như hồ sơ đã nộp.",
        "conclusion": "Đủ điều kiện để giải quyết tiếp.",
    }
