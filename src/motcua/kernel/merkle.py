"""
One log over all entries: a Merkle tree that grows at the end, kept as its peaks.

Leaves and nodes are hashed apart (0x00, 0x01) as in RFC 6962; the root folds the peaks from the right.
Appending costs O(log n) and needs the peaks only, so a sealed log can go on without reading itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass


def _leaf(value: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + value).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Log:
    """A log of `size` leaves; `peaks` are the roots of its perfect subtrees, the largest first."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def append(self, values: Iterable[bytes]) -> Log:
        """Return the log with the values added in order."""
        size, peaks = self.size, list(self.peaks)
        for value in values:
            node, trailing = _leaf(value), size
            while trailing & 1:
                node, trailing = _node(peaks.pop(), node), trailing >> 1
            peaks.append(node)
            size += 1
        return Log(size, tuple(peaks))

    def root(self) -> bytes:
        """Return the root: 32 bytes; of an empty log the hash of nothing."""
        if not self.peaks:
            return hashlib.sha256(b"").digest()
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = _node(peak, root)
        return root
