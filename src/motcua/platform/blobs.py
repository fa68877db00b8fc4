"""
Contents of files, kept once under the SHA-256 of their bytes.

A content is on the disk (flushed) before `put` returns, so a row that names it may be committed afterwards; a
content that no row names does no harm. Names, types and owners are rows of the rooms above.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from motcua.kernel.errors import NotFound

_DIGEST = re.compile(r"[0-9a-f]{64}")


class BlobDamaged(Exception):
    """The bytes on the disk are not those of the digest: restore the content from a backup."""


def put(data: bytes) -> str:
    """Keep the bytes; return their SHA-256 (64 hex digits)."""
    digest = hashlib.sha256(data).hexdigest()
    target = path(digest)
    if target.exists():
        return digest
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _flush_folder(target.parent)
    return digest


def open(digest: str) -> BinaryIO:
    """
    Open a content for reading.

    :raises NotFound: no such content is kept.
    """
    try:
        return path(digest).open("rb")
    except FileNotFoundError:
        raise NotFound(digest=digest) from None


def read(digest: str) -> bytes:
    """
    Return a whole content, checked against its digest.

    :raises NotFound: no such content is kept.
    :raises BlobDamaged: the bytes were changed on the disk.
    """
    with open(digest) as file:
        data = file.read()
    if hashlib.sha256(data).hexdigest() != digest:
        raise BlobDamaged(digest)
    return data


def exists(digest: str) -> bool:
    """Tell whether the content is kept."""
    return path(digest).exists()


def path(digest: str) -> Path:
    """
    Return where the content stands, for programs that read files themselves (OCR, PDF tools).

    :raises NotFound: that is no digest.
    """
    if not _DIGEST.fullmatch(digest):
        raise NotFound(digest=digest)
    return Path(settings.BLOB_ROOT) / digest[:2] / digest[2:4] / digest


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
