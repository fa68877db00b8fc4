"""Kinds and states of files and documents, upload checks, numbers and masking: values in, values out."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from motcua.kernel import errors


class DocumentKind(StrEnum):
    """What a paper is for; the number of its form (mẫu) is data of the template, not its name."""

    SLIP = "slip"
    SUPPLEMENT_REQUEST = "supplement_request"
    REFUSAL = "refusal"
    REFUSAL_DECISION = "refusal_decision"
    APOLOGY = "apology"
    STOP_NOTICE = "stop_notice"
    CONTROL_SLIP = "control_slip"
    REGISTER = "register"
    RESULT = "result"
    BORROWED_ORIGINALS = "borrowed_originals"
    END_OF_DAY = "end_of_day"


#: What the people of a dossier may open; the rest is the agency's own.
FOR_THE_PARTIES: Final = frozenset(
    {
        DocumentKind.SLIP,
        DocumentKind.SUPPLEMENT_REQUEST,
        DocumentKind.REFUSAL,
        DocumentKind.REFUSAL_DECISION,
        DocumentKind.APOLOGY,
        DocumentKind.STOP_NOTICE,
        DocumentKind.RESULT,
        DocumentKind.BORROWED_ORIGINALS,
    }
)


class DocumentState(StrEnum):
    """A document is frozen in its act, rendered on first opening, and may be signed afterwards."""

    FROZEN = "frozen"
    RENDERED = "rendered"
    SIGNED = "signed"


class FileKind(StrEnum):
    """Where a stored file comes from."""

    COMPONENT = "component"
    RENDERING = "rendering"
    RESULT = "result"
    INTERNAL = "internal"


class UploadRefused(errors.Invalid):
    """The file cannot be taken; the message says why and what to do."""

    code = "upload_refused"
    message = "Không nhận được tệp này."
