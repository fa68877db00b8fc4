"""
Sealing and proving the ledger.

Each minute every new entry becomes a leaf of one Merkle log and the root is signed. Chains per subject alone
would miss a deleted tail or a deleted dossier; the sealed log names both. What was written since the last seal is
covered by the chain and by the head that the subject keeps.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.db import connection, transaction

from motcua.kernel.merkle import Log
from motcua.platform import canonical, clock, ledger

_LOCK = 7003
BATCH = 5000


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the ledger. `kind`: changed, removed, inserted, chain, personal or seal."""

    kind: str
    subject: int | None
    seq: int | None
    name: str
    text: str


def _key() -> Ed25519PrivateKey:
    secret = getattr(settings, "SEAL_KEY", "") or settings.SECRET_KEY
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"motcua seal " + secret.encode()).digest())


def key_id(key: Ed25519PublicKey) -> str:
    """Return the short name of a public key."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def _signed_text(no: int, size: int, root: bytes, sealed_at: str) -> bytes:
    return f"motcua-seal/1 {no} {size} {root.hex()} {sealed_at}".encode()


@transaction.atomic
def seal() -> int:
    """Append every entry committed since the last seal to the log and sign its root; return how many were added."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
        (until,) = cursor.fetchone()
        no, log, since = _last(cursor)
        added = 0
        for rows in _batches(
            "SELECT subject, seq, hash FROM platform_ledgerentry"
            " WHERE xid >= %s::text::xid8 AND xid < %s::text::xid8 ORDER BY xid, entry_id",
            [since, until],
        ):
            cursor.execute(
                "INSERT INTO platform_sealedleaf (leaf_no, subject, seq, hash)"
                " SELECT %s + o - 1, s, q, h FROM unnest(%s::bigint[], %s::int[], %s::bytea[])"
                " WITH ORDINALITY AS t(s, q, h, o)",
                [log.size, [r[0] for r in rows], [r[1] for r in rows], [bytes(r[2]) for r in rows]],
            )
            log = log.append(bytes(row[2]) for row in rows)
            added += len(rows)
        if not added:
            return 0
        key, sealed_at = _key(), clock.real_now()
        root = log.root()
        signature = key.sign(_signed_text(no + 1, log.size, root, sealed_at.isoformat()))
        cursor.execute(
            "INSERT INTO platform_seal (no, size, root, peaks, cursor_xid, sealed_at, key_id, signature)"
            " VALUES (%s, %s, %s, %s::jsonb, %s::text::xid8, %s, %s, %s)",
            [no + 1, log.size, root, canonical.dumps([peak.hex() for peak in log.peaks]), until, sealed_at,
             key_id(key.public_key()), signature],
        )  # fmt: skip
    return added


def _batches(sql: str, parameters: Sequence[Any]) -> Iterator[list[tuple[Any, ...]]]:
    """
    Yield the rows of a query some thousands at a time, never all of them in memory.

    The rows stay with the server, so this must run inside a transaction; one such walk at a time.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"DECLARE walk NO SCROLL CURSOR FOR {sql}", parameters)
        while True:
            cursor.execute(f"FETCH {BATCH} FROM walk")
            rows = cursor.fetchall()
            if not rows:
                break
            yield rows
        cursor.execute("CLOSE walk")


def _last(cursor: Any) -> tuple[int, Log, str]:
    cursor.execute(
        "SELECT no, size, peaks::text, cursor_xid::text FROM platform_seal ORDER BY no DESC LIMIT 1"
    )
    row = cursor.fetchone()
    if row is None:
        return 0, Log(), "0"
    return row[0], Log(row[1], tuple(bytes.fromhex(peak) for peak in json.loads(row[2]))), row[3]


def verify() -> Iterator[Problem]:
    """Yield everything that is wrong: changed, removed, inserted entries, broken chains, heads and seals."""
    heads = {head.subject: head for source in ledger.HEAD_SOURCES.values() for head in source()}
    yield from _verify_chains(heads)
    yield from _verify_leaves(heads)
    yield from _verify_seals()


def _name(heads: dict[int, ledger.Head], subject: int) -> str:
    return heads[subject].name if subject in heads else f"#{subject}"


def _entries() -> Iterator[dict[str, Any]]:
    columns = ", ".join(f"{c}::text" if c == "payload" else c for c in ledger.COLUMNS)
    with transaction.atomic():
        for rows in _batches(
            f"SELECT {columns} FROM platform_ledgerentry ORDER BY subject, seq, entry_id",  # noqa: S608  (texts of ours; values are parameters)
            [],
        ):
            for values in rows:
                row = dict(zip(ledger.COLUMNS, values, strict=True))
                row["payload"] = json.loads(row["payload"])
                for name in ("prev", "hash", "personal_digest"):
                    row[name] = bytes(row[name]) if row[name] is not None else None
                yield row


def _verify_chains(heads: dict[int, ledger.Head]) -> Iterator[Problem]:
    met: set[int] = set()
    for subject, rows in groupby(_entries(), key=lambda row: row["subject"]):
        met.add(subject)
        name, prev, expected, last = _name(heads, subject), ledger.START, 1, None
        for row in rows:
            seq = row["seq"]
            if seq > expected:
                yield Problem("removed", subject, expected, name, f"thiếu mục số {expected} của {name}")
                expected = seq
            elif seq < expected:
                yield Problem("inserted", subject, seq, name, f"mục số {seq} của {name} xuất hiện hai lần")
                continue
            elif row["prev"] != prev:
                yield Problem("chain", subject, seq, name, f"mục số {seq} của {name} không nối với mục trước")
            if ledger.chain_hash(row["prev"], row) != row["hash"]:
                yield Problem("changed", subject, seq, name, f"mục số {seq} ({row['act']}) của {name} bị sửa")
            prev, expected, last = row["hash"], expected + 1, row
        head = heads.get(subject)
        if head and last and (head.seq, head.hash) != (last["seq"], last["hash"]):
            kind = (
                "removed" if head.seq > last["seq"] else "inserted" if head.seq < last["seq"] else "changed"
            )
            yield Problem(
                kind, subject, max(head.seq, last["seq"]), name,
                f"{name} ghi nhận {head.seq} mục, sổ có đến số {last['seq']}",
            )  # fmt: skip
    for subject, head in heads.items():
        if subject not in met and head.seq:
            yield Problem("removed", subject, None, head.name, f"toàn bộ mục của {head.name} bị xóa")


def _verify_leaves(heads: dict[int, ledger.Head]) -> Iterator[Problem]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.subject, l.seq, e.hash IS NULL FROM platform_sealedleaf l"
            " LEFT JOIN platform_ledgerentry e ON e.subject = l.subject AND e.seq = l.seq"
            " WHERE e.hash IS DISTINCT FROM l.hash ORDER BY l.leaf_no"
        )
        for subject, seq, gone in cursor.fetchall():
            name = _name(heads, subject)
            yield Problem(
                "removed" if gone else "changed", subject, seq, name,
                f"mục số {seq} của {name} đã niêm phong nhưng "
                + ("bị xóa" if gone else "khác nội dung đã niêm phong"),
            )  # fmt: skip
        cursor.execute(
            "SELECT e.subject, e.seq FROM platform_ledgerentry e"
            " LEFT JOIN platform_sealedleaf l ON l.subject = e.subject AND l.seq = e.seq"
            " WHERE l.leaf_no IS NULL AND e.xid < (SELECT max(cursor_xid) FROM platform_seal) ORDER BY 1, 2"
        )
        for subject, seq in cursor.fetchall():
            name = _name(heads, subject)
            yield Problem(
                "inserted",
                subject,
                seq,
                name,
                f"mục số {seq} của {name} không có trong nhật ký niêm phong",
            )


def _verify_seals() -> Iterator[Problem]:
    key = _key().public_key()
    log, expected = Log(), 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT no, size, root, sealed_at, key_id, signature FROM platform_seal ORDER BY no")
        seals = cursor.fetchall()
        for no, size, root, sealed_at, signer, signature in seals:
            name = f"niêm phong số {no}"
            if no != expected:
                yield Problem(
                    "seal", None, expected, f"niêm phong số {expected}", f"thiếu niêm phong số {expected}"
                )
            expected = no + 1
            with transaction.atomic():
                for leaves in _batches(
                    "SELECT hash FROM platform_sealedleaf WHERE leaf_no >= %s AND leaf_no < %s"
                    " ORDER BY leaf_no",
                    [log.size, size],
                ):
                    log = log.append(bytes(leaf[0]) for leaf in leaves)
            if log.size != size or log.root() != bytes(root):
                yield Problem("seal", None, no, name, f"{name} không khớp với các lá của nó")
                return
            if signer == key_id(key):
                try:
                    key.verify(bytes(signature), _signed_text(no, size, bytes(root), sealed_at.isoformat()))
                except InvalidSignature:
                    yield Problem("seal", None, no, name, f"chữ ký của {name} sai")
            else:
                yield Problem(
                    "seal", None, no, name, f"{name} do khóa {signer} ký, không phải khóa của hệ thống"
                )
        cursor.execute("SELECT count(*) FROM platform_sealedleaf")
        (leaves_total,) = cursor.fetchone()
        if leaves_total != log.size:
            yield Problem("seal", None, None, "nhật ký niêm phong", "số lá không khớp với niêm phong cuối")
