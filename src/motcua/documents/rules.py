"""Kinds and states of files and documents, upload checks, numbers and masking: values in, values out."""

from __future__ import annotations

import re
import struct
import unicodedata
from dataclasses import dataclass
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
    OPINION_REQUEST = "opinion_request"
    HAND_OVER_LIST = "hand_over_list"
    CORRECTION_NOTICE = "correction_notice"
    DRAFT = "draft"
    SITE_MINUTES = "site_minutes"
    REMINDER = "reminder"
    CASE_PROPOSAL = "case_proposal"


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
        DocumentKind.CORRECTION_NOTICE,
    }
)


#: What anybody who holds it may check by the address in its QR; other papers carry the look-up of their dossier, and
#: letters inside the administration none.
CHECKABLE: Final = frozenset(
    {
        DocumentKind.REGISTER,
        DocumentKind.END_OF_DAY,
        DocumentKind.CONTROL_SLIP,
        DocumentKind.BORROWED_ORIGINALS,
        DocumentKind.HAND_OVER_LIST,
        DocumentKind.SUPPLEMENT_REQUEST,
    }
)


def check_value(digest: str) -> str:
    """Return the value by which a frozen paper is checked: the first 64 bits of its digest, in groups of four."""
    return "-".join(digest[place : place + 4] for place in range(0, 16, 4))


class DocumentState(StrEnum):
    """A document is frozen in its act, rendered on first opening, and may be signed afterwards."""

    FROZEN = "frozen"
    RENDERED = "rendered"
    SIGNED = "signed"


class SignatureField(StrEnum):
    """
    Name of a signature field of a paper: what its signatory signs, who takes over what it lists, where the agency's
    digital seal goes.
    """

    SIGNATORY = "NguoiKy"
    RECEIVER = "NguoiNhan"
    AGENCY = "CoQuan"


SIGNATURE_FIELDS: Final = {
    SignatureField.SIGNATORY: "Chữ ký số của người ký",
    SignatureField.RECEIVER: "Chữ ký số của người nhận",
    SignatureField.AGENCY: "Chữ ký số của cơ quan",
}


class Signed(StrEnum):
    """How far a paper is signed digitally: not at all, some of its fields, all of them."""

    NOT = "not"
    PARTLY = "partly"
    WHOLLY = "wholly"


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


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """What an upload may be: bytes, pixels of a picture, kinds of content (MIME types)."""

    max_bytes: int = 20 * 1024 * 1024
    max_pixels: int = 80_000_000
    accept: frozenset[str] = frozenset({"application/pdf", "image/jpeg", "image/png"})


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that passed the checks: its safe name and what its bytes are."""

    name: str
    mime: str


@dataclass(frozen=True, slots=True)
class _Content:
    mime: str
    label: str
    suffixes: frozenset[str]


_PDF: Final = _Content("application/pdf", "PDF", frozenset({"pdf"}))
_JPEG: Final = _Content("image/jpeg", "ảnh JPEG", frozenset({"jpg", "jpeg", "jpe", "jfif"}))
_PNG: Final = _Content("image/png", "ảnh PNG", frozenset({"png"}))
_CONTENTS: Final = (_PDF, _JPEG, _PNG)

# Suffixes that make a computer run something; none may stand inside the name of a paper.
_RUNNABLE: Final = frozenset(
    {"bat", "cmd", "com", "cpl", "dll", "exe", "hta", "htm", "html", "jar", "js", "jse", "lnk", "msi"}
    | {"php", "pif", "ps1", "py", "reg", "scr", "sh", "svg", "swf", "vb", "vbs", "wsf", "xml"}
)
_DIRECTION_MARKS: Final = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_NOT_IN_NAMES: Final = re.compile(r'[<>:"|?*]+')
NAME_LENGTH: Final = 150


def check_upload(name: str, data: bytes, limits: UploadLimits) -> Upload:
    """
    Return the safe name and the kind of a file handed in, told by its bytes.

    :raises UploadRefused: empty, too large, of another kind than accepted or than its name says, cut off,
        locked by a password, with scripts, a picture with too many pixels, or a name no file should have.
    """
    safe = clean_name(name)
    if not data:
        raise UploadRefused("Tệp không có nội dung. Chọn lại tệp rồi tải lên.")
    if len(data) > limits.max_bytes:
        raise UploadRefused(
            f"Tệp lớn hơn {limits.max_bytes / 1024 / 1024:.0f} MB. Quét lại ở 200-300 dpi hoặc tách tệp."
        )
    content = _sniff(data)
    if content is None or content.mime not in limits.accept:
        allowed = ", ".join(kind.label for kind in _CONTENTS if kind.mime in limits.accept)
        raise UploadRefused(f"Chỉ nhận tệp {allowed}. Tệp này có định dạng khác.")
    stem, dot, suffix = safe.rpartition(".")
    if not dot or suffix.lower() not in content.suffixes:
        said = f"có đuôi .{suffix}" if dot else "không có phần đuôi"
        raise UploadRefused(f"Tên tệp {said} nhưng nội dung là {content.label}. Đổi lại tên tệp rồi tải lên.")
    if any(part.strip().lower() in _RUNNABLE for part in stem.split(".")[1:]):
        raise UploadRefused("Tên tệp có hai phần đuôi. Đổi lại tên tệp, chỉ giữ một phần đuôi.")
    if content is _PDF:
        _check_pdf(data)
    else:
        _check_picture(data, content, limits)
    return Upload(safe, content.mime)


def clean_name(name: str) -> str:
    """
    Return a file name in NFC without folders, direction marks and signs that file systems refuse.

    :raises UploadRefused: nothing is left, or the name holds NUL or another control character.
    """
    if _CONTROL.search(name):
        raise UploadRefused("Tên tệp có ký tự không hợp lệ. Đổi lại tên tệp rồi tải lên.")
    safe = unicodedata.normalize("NFC", _DIRECTION_MARKS.sub("", name)).replace("\\", "/").rpartition("/")[2]
    safe = " ".join(_NOT_IN_NAMES.sub(" ", safe).split()).strip(". ")
    if not safe:
        raise UploadRefused("Tệp không có tên. Đặt tên cho tệp rồi tải lên.")
    if len(safe) > NAME_LENGTH:
        stem, dot, suffix = safe.rpartition(".")
        if dot and len(suffix) <= 10:
            safe = f"{stem[: NAME_LENGTH - len(suffix) - 1].rstrip()}.{suffix}"
        else:
            safe = safe[:NAME_LENGTH].rstrip()
    return safe


def _sniff(data: bytes) -> _Content | None:
    if data.startswith(b"%PDF-"):
        return _PDF
    if data.startswith(b"\xff\xd8\xff"):
        return _JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return _PNG
    return None


def _check_pdf(data: bytes) -> None:
    if b"%%EOF" not in data[-2048:]:
        raise UploadRefused("Tệp PDF bị cắt, thiếu phần cuối. Tải lại tệp gốc.")
    if re.search(rb"/Encrypt\b", data):
        raise UploadRefused("Tệp PDF có mật khẩu. Bỏ mật khẩu rồi tải lên.")
    if re.search(rb"/(JavaScript|JS|Launch|EmbeddedFile)\b", data):
        raise UploadRefused("Tệp PDF có mã lệnh hoặc tệp đính kèm bên trong. In lại thành PDF rồi tải lên.")


def _check_picture(data: bytes, content: _Content, limits: UploadLimits) -> None:
    size = _png_size(data) if content is _PNG else _jpeg_size(data)
    if size is None:
        raise UploadRefused("Ảnh bị hỏng hoặc bị cắt. Chụp hoặc quét lại rồi tải lên.")
    width, height = size
    if width * height > limits.max_pixels:
        raise UploadRefused(
            f"Ảnh quá lớn ({width} × {height} điểm ảnh). Quét lại với độ phân giải 200-300 dpi rồi tải lên."
        )


def _png_size(data: bytes) -> tuple[int, int] | None:
    if len(data) < 45 or data[12:16] != b"IHDR" or b"IEND" not in data[-64:]:
        return None
    width, height = struct.unpack(">II", data[16:24])
    return (width, height) if width and height else None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    if b"\xff\xd9" not in data[-1024:]:
        return None
    at = 2
    while at + 9 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if marker in (0x01, *range(0xD0, 0xD8)):  # markers without a length
            at += 2
            continue
        (length,) = struct.unpack(">H", data[at + 2 : at + 4])
        if length < 2:
            return None
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return (width, height) if width and height else None
        at += 2 + length
    return None
