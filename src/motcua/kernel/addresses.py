"""Addresses of systems outside, as they are entered: values in, values out."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

LONGEST: Final = 300
_LOOPBACK: Final = ("127.0.0.1", "localhost")


def is_endpoint(address: str) -> bool:
    """Tell whether an address can be called: https to a host with a path and nothing more; http on loopback alone."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return False
    return (
        parts.scheme in ("https", "http")
        and bool(parts.hostname)
        and not (parts.query or parts.fragment or parts.username)
        and port != 0
        and len(address) <= LONGEST
        and re.search(r"\s", address) is None
        and (parts.scheme == "https" or parts.hostname in _LOOPBACK)
    )


def is_encrypted(address: str) -> bool:
    """Tell whether what goes there is encrypted on the way; what is not goes to loopback, which only a stand-in is."""
    return address.startswith("https://")
