"""
Messages to partners over HTTP. No database in here.

Wire form: POST {address}/v1/messages, JSON as `queries.contents` tells a part, `queries.asked` what is asked about
one, or `states.follow` the state of any dossier, with `message_id` and `kind`, a bearer token the partner gave us;
200 or 202 {"receipt": "…"} says that it is there, and the same `message_id` again is answered alike. 400, 404, 409 and
422: this message will never be taken; anything else: later.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from motcua.kernel.retry import Failure, NotSent

TIMEOUT_SECONDS: Final = 8.0
PERMANENT: Final = frozenset({400, 404, 409, 410, 422})


@dataclass(frozen=True, slots=True)
class Line:
    """Where a partner's messages go, and the token it gave us."""

    address: str
    token: str


def send(line: Line, body: Mapping[str, Any], timeout: float = TIMEOUT_SECONDS) -> str:
    """
    Hand a message over; return what the partner calls it.

    :raises NotSent:
    """
    try:
        response = httpx.post(
            f"{line.address}/v1/messages",
            content=json.dumps(body, ensure_ascii=False).encode(),
            headers={"Authorization": f"Bearer {line.token}", "Content-Type": "application/json"},
            timeout=timeout,
            trust_env=False,
        )
    except httpx.HTTPError as fault:
        reason = f"Không kết nối được hệ thống kia ({type(fault).__name__})"
        raise NotSent(Failure.OUTAGE, reason) from fault
    if response.status_code in PERMANENT:
        raise NotSent(Failure.PERMANENT, f"Hệ thống kia từ chối tin ({response.status_code})")
    if response.status_code not in (200, 202):
        raise NotSent(Failure.TRANSIENT, f"Hệ thống kia báo lỗi {response.status_code}")
    try:
        said = response.json()
    except ValueError as fault:
        raise NotSent(Failure.TRANSIENT, "Hệ thống kia trả lời không đọc được") from fault
    receipt = said.get("receipt") if isinstance(said, dict) else None
    if not isinstance(receipt, str) or not 1 <= len(receipt) <= 100:
        raise NotSent(Failure.TRANSIENT, "Hệ thống kia trả lời không có mã nhận")
    return receipt
