"""One byte string for one value: what gets hashed, signed or compared."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID


def plain(value: Any) -> Any:
    """
    Return the JSON form of a value that is not JSON already.

    :raises TypeError: the value has no agreed form, or a datetime is naive.
    """
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError("naive datetime")
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, frozenset | set):
        return sorted(value)
    raise TypeError(f"no canonical form for {type(value).__name__}")


def dumps(value: Any) -> str:
    """Return canonical JSON: keys sorted, no spaces, UTF-8 text kept."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=plain)


def digest(*parts: bytes) -> bytes:
    """Return the SHA-256 of the parts in order."""
    total = hashlib.sha256()
    for part in parts:
        total.update(part)
    return total.digest()
