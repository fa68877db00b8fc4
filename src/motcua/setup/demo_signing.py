"""
The demo's signing tool: keys of people and agencies by an authority that does not exist, kept in `var/demo-signing`.

It stands in for a USB token and its program: it signs a downloaded paper, and the signed file is handed in on the
page like any other. Its authority is trusted, and its certificates registered, only where this is used: in the demo.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from motcua.documents import fiction
from motcua.documents import operations as documents
from motcua.documents import queries as papers
from motcua.documents.fiction import Identity
from motcua.documents.rules import SignatureField
from motcua.documents.signing import SignatureRefused, certificate
from motcua.organisation import queries as organisation

SOURCE = "CA giả lập của bản trình diễn, không có giá trị pháp lý"


def sign(pdf: bytes, folder: Path, at: datetime, *, username: str = "", unit: str = "") -> bytes:
    """
    Return the paper with the signature of a member of staff, or of an agency (the code of a unit), in sight.

    The first use makes the authority and trusts it; the first signature of each makes and registers a key.

    :raises NotFound: there is no such unit.
    :raises SignatureRefused: there is no such member of staff.
    """
    authority = _kept(folder / "ca.pem") or _made(folder / "ca.pem", fiction.authority())
    documents.enter_anchor(
        data=authority.der, source=SOURCE, valid_from=fiction.FROM.date(), valid_to=None, at=at
    )
    if unit:
        root = organisation.root_of(organisation.unit_by_code(unit).id)
        who = _identity(folder / f"unit-{root.id}.pem", authority, root.name, root.name, at, unit_id=root.id)
        return fiction.sign(pdf, who, SignatureField.AGENCY, chain=authority, drawn=True)
    staff_id = organisation.staff_called(username)
    if staff_id is None:
        raise SignatureRefused("certificate", f"Không có cán bộ nào đăng nhập bằng tên {username}.")
    name = organisation.staff_names({staff_id})[staff_id]
    who = _identity(
        folder / f"staff-{staff_id}.pem", authority, name, "Bản trình diễn", at, staff_id=staff_id
    )
    return fiction.sign(pdf, who, SignatureField.SIGNATORY, chain=authority, drawn=True)


def _identity(
    file: Path,
    authority: Identity,
    name: str,
    organisation_name: str,
    at: datetime,
    *,
    staff_id: int | None = None,
    unit_id: int | None = None,
) -> Identity:
    """Return a key that was made before, or a new one; its certificate is registered."""
    who = _kept(file) or _made(file, fiction.identity(authority, name, organisation_name))
    if papers.registered(certificate(who.der).sha256) is None:
        documents.enter_certificate(data=who.der, staff_id=staff_id, unit_id=unit_id, at=at)
    return who


def _kept(file: Path) -> Identity | None:
    return Identity.from_pem(file.read_bytes()) if file.exists() else None


def _made(file: Path, identity: Identity) -> Identity:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_bytes(identity.to_pem())
    return identity
