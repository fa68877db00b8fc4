"""
The demo's keys of people and agencies, by an authority that does not exist, kept in `var/demo-signing`.

The tool stands in for a USB token and its program: it signs a downloaded paper, and the signed file is handed in on
the page like any other. The same keys lie with the demo's remote signing service. The authority is trusted, and its
certificates registered, only where this is used: in the demo.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from motcua.documents import fiction
from motcua.documents import operations as documents
from motcua.documents import queries as papers
from motcua.documents.fiction import Identity
from motcua.documents.models import SigningCertificate
from motcua.documents.operations.services import Terms
from motcua.documents.rules import SignatureField
from motcua.documents.signing import SignatureRefused, certificate
from motcua.dossiers.unsigned import DECIDING
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty

SERVICE = "gia_lap"
SOURCE = "CA giả lập của bản trình diễn, không có giá trị pháp lý"


def sign(pdf: bytes, folder: Path, at: datetime, *, username: str = "", unit: str = "") -> bytes:
    """
    Return the paper with the signature of a member of staff, or of an agency (the code of a unit), in sight.

    The first use makes the authority and trusts it; the first signature of each makes and registers a key.

    :raises NotFound: there is no such unit.
    :raises SignatureRefused: there is no such member of staff.
    """
    issuer = authority(folder, at)
    if unit:
        who = _of_agency(folder, issuer, organisation.unit_by_code(unit).id, at)
        return fiction.sign(pdf, who, SignatureField.AGENCY, chain=issuer, drawn=True)
    staff_id = organisation.staff_called(username)
    if staff_id is None:
        raise SignatureRefused("certificate", f"Không có cán bộ nào đăng nhập bằng tên {username}.")
    who = _of_person(folder, issuer, staff_id, organisation.staff_names({staff_id})[staff_id], at)
    return fiction.sign(pdf, who, SignatureField.SIGNATORY, chain=issuer, drawn=True)


def authority(folder: Path, at: datetime) -> Identity:
    """Return the demo's authority, which is trusted from its first use on."""
    made = _kept(folder / "ca.pem") or _made(folder / "ca.pem", fiction.authority())
    documents.enter_anchor(data=made.der, source=SOURCE, valid_from=fiction.FROM.date(), valid_to=None, at=at)
    return made


def at_service(folder: Path, terms: Terms, at: datetime) -> dict[str, Identity]:
    """
    Put the keys of the demo's leaders, and the seals of their agencies, into its remote signing service.

    Return them by what the service calls them; each certificate is registered, and its key said to lie there.
    """
    documents.enter_service(code=SERVICE, terms=terms, at=at)
    issuer, keys = authority(folder, at), {}
    signing = Duty.objects.filter(staff__account__demo=True, role__in=DECIDING).select_related("staff")
    for duty in signing.order_by("staff_id").distinct("staff_id"):
        keys[f"staff-{duty.staff_id}"] = _of_person(folder, issuer, duty.staff_id, duty.staff.full_name, at)
    roots = {organisation.root_of(unit_id).id for unit_id in signing.values_list("unit_id", flat=True)}
    for root_id in sorted(roots):
        keys[f"unit-{root_id}"] = _of_agency(folder, issuer, root_id, at)
    known = {certificate(who.der).sha256: name for name, who in keys.items()}
    rows = SigningCertificate.objects.filter(sha256__in=known, withdrawn_at=None, service=None)
    for number, sha256 in list(rows.values_list("pk", "sha256")):
        documents.enter_place(certificate_id=number, code=SERVICE, credential=known[sha256])
    return keys


def _of_person(folder: Path, issuer: Identity, staff_id: int, name: str, at: datetime) -> Identity:
    return _identity(folder / f"staff-{staff_id}.pem", issuer, name, "Bản trình diễn", at, staff_id=staff_id)


def _of_agency(folder: Path, issuer: Identity, unit_id: int, at: datetime) -> Identity:
    root = organisation.root_of(unit_id)
    return _identity(folder / f"unit-{root.id}.pem", issuer, root.name, root.name, at, unit_id=root.id)


def _identity(
    file: Path,
    issuer: Identity,
    name: str,
    organisation_name: str,
    at: datetime,
    *,
    staff_id: int | None = None,
    unit_id: int | None = None,
) -> Identity:
    """Return a key that was made before, or a new one; its certificate is registered."""
    who = _kept(file) or _made(file, fiction.identity(issuer, name, organisation_name))
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
