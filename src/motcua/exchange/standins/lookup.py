"""A gateway to sources of data that knows some records, keeps what it was asked, and misbehaves on request."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from motcua.platform.standins.behaviour import Mode
from motcua.platform.standins.http import Handler, JsonStandIn, at_clock, page, switches, table

KEPT: Final = 500

_SWITCHES: Final = {
    Mode.OK: "Bình thường",
    Mode.UNKNOWN: "Không khớp",
    Mode.SLOW: "Chậm",
    Mode.BUSY: "Bận, hẹn hỏi lại",
    Mode.REJECT: "Từ chối",
    Mode.BROKEN: "Trả lời hỏng",
    Mode.DOWN: "Ngừng hoạt động",
}


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it came."""

    source: str
    reference: str
    asked: Mapping[str, Any]
    mode: Mode
    at: float


class _Handler(Handler):
    standin: LookupStandIn

    def post(self, body: dict[str, Any]) -> None:
        source, reference, asked = body.get("source"), body.get("reference"), body.get("asked")
        if self.path != "/v1/lookups" or not source or not reference or not isinstance(asked, dict):
            self.json(422, {"error": "source, reference and asked are needed"})
            return
        mode = self.standin.control.next()
        self.standin.questions.append(Question(str(source), str(reference), asked, mode, time.time()))
        if not self.refused(mode, "not answerable"):
            self.json(200, self.standin.reply(asked, mode))


class LookupStandIn(JsonStandIn):
    """
    `with LookupStandIn(port, token=…) as gateway:` answers POST /v1/lookups as `sources.py` describes.

    A question is confirmed when every fact asked about is filled in, and none ends in `unknown`; the record repeats
    them.
    """

    handler = _Handler

    def __init__(self, port: int, *, token: str, unknown: str = "") -> None:
        super().__init__(port, token=token, modes=_SWITCHES)
        self._unknown = unknown
        self.questions: deque[Question] = deque(maxlen=KEPT)

    def reply(self, asked: Mapping[str, Any], mode: Mode) -> dict[str, Any]:
        """Return what a question is answered with."""
        values = [str(value) for value in asked.values()]
        known = bool(values) and all(values) and not (self._unknown and values[0].endswith(self._unknown))
        if mode is Mode.UNKNOWN or not known:
            return {"confirmed": False, "record": {}}
        return {"confirmed": True, "record": {**asked, "trang_thai": "Có trong cơ sở dữ liệu"}}

    def page(self) -> str:
        rows = (
            (at_clock(one.at), one.source, one.reference, json.dumps(one.asked, ensure_ascii=False),
             _SWITCHES[one.mode])
            for one in reversed(self.questions)
        )  # fmt: skip
        return page(
            "Nguồn dữ liệu giả lập",
            "Đứng thay các cơ sở dữ liệu bên ngoài trong bản trình diễn. Chọn cách trả lời:",
            switches(self.control, _SWITCHES),
            table(("Lúc", "Nguồn", "Số tham chiếu", "Hỏi về", "Cách trả lời"), rows),
        )
