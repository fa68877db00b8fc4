from __future__ import annotations

import hashlib

import pytest

from motcua.kernel.errors import NotFound
from motcua.platform import blobs


def test_a_content_is_kept_once_under_its_digest() -> None:
    data = "Giấy khai sinh".encode()
    digest = blobs.put(data)
    assert digest == hashlib.sha256(data).hexdigest()
    assert blobs.put(data) == digest
    assert blobs.read(digest) == data
    with blobs.open(digest) as file:
        assert file.read() == data
    assert [entry.name for entry in blobs.path(digest).parent.iterdir()] == [digest]


@pytest.mark.parametrize("digest", ["0" * 64, "", "../../etc/passwd", "A" * 64])
def test_what_is_not_kept_is_not_found(digest: str) -> None:
    with pytest.raises(NotFound):
        blobs.open(digest)


def test_a_changed_content_is_noticed() -> None:
    digest = blobs.put(b"before")
    blobs.path(digest).write_bytes(b"after")
    with pytest.raises(blobs.BlobDamaged):
        blobs.read(digest)
