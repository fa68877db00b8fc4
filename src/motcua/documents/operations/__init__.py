"""Writes of files and documents. `freeze` and `attach` run inside the act's transaction of the room above."""

from __future__ import annotations

from motcua.documents.operations.frozen import (
    FrozenChanged,
    Printed,
    freeze,
    issue,
    next_number,
    next_numbers,
    printed,
    reprint,
)
from motcua.documents.operations.services import enter_place, enter_service, keep_service, place_key
from motcua.documents.operations.signatures import Prepared, prepare_signature, sign
from motcua.documents.operations.trust import (
    NotTheKeeper,
    enter_anchor,
    enter_certificate,
    register,
    trust,
    withdraw,
)
from motcua.documents.operations.uploads import (
    attach,
    check_join,
    join_uploads,
    lend,
    store_upload,
    upload_limits,
)
from motcua.documents.rules import UploadRefused
from motcua.documents.signing import SignatureRefused

__all__ = [
    "FrozenChanged",
    "NotTheKeeper",
    "Prepared",
    "Printed",
    "SignatureRefused",
    "UploadRefused",
    "attach",
    "check_join",
    "enter_anchor",
    "enter_certificate",
    "enter_place",
    "enter_service",
    "freeze",
    "issue",
    "join_uploads",
    "keep_service",
    "lend",
    "next_number",
    "next_numbers",
    "place_key",
    "prepare_signature",
    "printed",
    "register",
    "reprint",
    "sign",
    "store_upload",
    "trust",
    "upload_limits",
    "withdraw",
]
