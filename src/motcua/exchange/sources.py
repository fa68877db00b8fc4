"""
Sources of data over HTTP, behind one gateway of the province (NĐ 47/2020/NĐ-CP: sharing through the platform LGSP).

Wire form: POST {url}/v1/lookups {"source", "reference", "asked": {…}} with a bearer token answers 200
{"confirmed": true|false, "record": {…}}; the same `reference` again is the same question. 400, 404 and 422: the
question cannot be answered however often it is put; anything else: ask again later. No database in here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import httpx

from motcua.dossiers.lookups import Answer, LookupFailed

TIMEOUT_SECONDS: Final = 8.0
LARGEST_ANSWER: Final = 100_000
SOURCE_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "csdl_dan_cu": "Cơ sở dữ liệu quốc gia về dân cư",
        "csdl_ho_tich": "Cơ sở dữ liệu hộ tịch điện tử",
        "csdl_doanh_nghiep": "Cơ sở dữ liệu quốc gia về đăng ký doanh nghiệp",
        "csdl_dat_dai": "Cơ sở dữ liệu đất đai",
        "csdl_bao_hiem": "Cơ sở dữ liệu quốc gia về bảo hiểm",
    }
)


class HttpSource:
    """One source behind the gateway; threads share it."""

    def __init__(self, code: str, url: str, token: str, timeout: float = TIMEOUT_SECONDS) -> None:
        self._code, self._url, self._token, self._timeout = code, url, token, timeout

    def look_up(self, reference: str, asked: Mapping[str, Any]) -> Answer:
        """
        Ask the source.

        :raises LookupFailed: no gateway is set up, it does not answer, or it refuses the question.
        """
        if not self._url:
            raise LookupFailed("Chưa cấu hình trục kết nối dữ liệu")
        body = json.dumps(
            {"source": self._code, "reference": reference, "asked": dict(asked)},
            ensure_ascii=False,
            default=str,
        )
        try:
            response = httpx.post(
                f"{self._url}/v1/lookups",
                content=body.encode(),
                headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
                timeout=self._timeout,
                trust_env=False,
            )
        except httpx.TimeoutException:
            raise LookupFailed("Nguồn dữ liệu không trả lời kịp") from None
        except httpx.HTTPError as fault:
            raise LookupFailed("Không kết nối được nguồn dữ liệu") from fault
        if response.status_code in (400, 404, 422):
            raise LookupFailed(f"Nguồn dữ liệu từ chối yêu cầu ({response.status_code})", permanent=True)
        if response.status_code != 200:
            raise LookupFailed(f"Nguồn dữ liệu báo lỗi {response.status_code}")
        return _answer(response.content)


def _answer(content: bytes) -> Answer:
    try:
        said = json.loads(content) if len(content) <= LARGEST_ANSWER else None
    except ValueError:
        said = None
    if not isinstance(said, dict) or not isinstance(said.get("confirmed"), bool):
        raise LookupFailed("Nguồn dữ liệu trả lời không đọc được")
    record = said.get("record")
    return Answer(said["confirmed"], record if isinstance(record, dict) else {})
