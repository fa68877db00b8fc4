"""The sealed log: growing by parts equals growing at once, and every leaf counts."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from motcua.kernel.merkle import Log

LEAVES = st.lists(st.binary(max_size=8), max_size=40)


@given(LEAVES, st.integers(0, 40))
def test_growing_in_two_parts_equals_growing_at_once(leaves: list[bytes], cut: int) -> None:
    assert Log().append(leaves[:cut]).append(leaves[cut:]) == Log().append(leaves)


@given(LEAVES.filter(bool), st.data())
def test_changing_or_dropping_a_leaf_changes_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(leaves) - 1))
    root = Log().append(leaves).root()
    assert Log().append([*leaves[:at], leaves[at] + b"x", *leaves[at + 1 :]]).root() != root
    assert Log().append([*leaves[:at], *leaves[at + 1 :]]).root() != root


def test_root_of_three_leaves_is_the_one_worked_by_hand() -> None:
    def h(data: bytes) -> bytes:
        return hashlib.sha256(data).digest()

    a, b, c = (h(b"\x00" + leaf) for leaf in (b"a", b"b", b"c"))
    assert Log().append([b"a", b"b", b"c"]).root() == h(b"\x01" + h(b"\x01" + a + b) + c)
