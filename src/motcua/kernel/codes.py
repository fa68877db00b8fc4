"""
Codes: dossier codes by a dated policy, look-up check values, numbers of persons and organisations, QR texts.

A code that came from elsewhere is kept as it came: it is parsed for display and routing, never rebuilt
(facts-codes.md 4).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from motcua.kernel.errors import Invalid
from motcua.kernel.text import nfc

# Dossier codes


class CodeInvalid(Invalid):
    """A code cannot be made or read; the message says which part is wrong."""

    code = "code_invalid"
    message = "Mã không hợp lệ."


class DateForm(StrEnum):
    """How the day stands in a dossier code."""

    YYMMDD = "yymmdd"
    YYYYMMDD = "yyyymmdd"


_DATE_FORMS: Final[Mapping[DateForm, str]] = {DateForm.YYMMDD: "%y%m%d", DateForm.YYYYMMDD: "%Y%m%d"}
_UNIT: Final = re.compile(r"[0-9A-Z]+(?:\.[0-9A-Z]+)*")


@dataclass(frozen=True, slots=True)
class CodeParts:
    """A dossier code taken apart; `unit` is the agency identifier as printed then."""

    unit: str
    day: date
    number: int


class UnitCode(StrEnum):
    """Which identifier of the receiving agency opens the code: QCVN 102:2016 or QĐ 20/2020/QĐ-TTg."""

    LEGACY_ID = "legacy_id"
    ID = "id"


_PATTERN: Final = re.compile(
    r"\{(id|legacy_id)\}([^0-9A-Za-z.{}])\{(yyMMdd|yyyyMMdd)\}\2\{n:(\d{1,2})\}", re.ASCII
)


@dataclass(frozen=True, slots=True)
class CodePattern:
    """
    One shape of dossier code: agency identifier, day and counter, joined by a separator (TT 01/2018 Art 19).

    The counter runs per receiving unit and day, from 1. Past the last number of `width` digits it simply gets
    one digit more: the code stays unique and the day goes on; `sort_key` keeps the order of issue.
    """

    date_form: DateForm = DateForm.YYMMDD
    width: int = 4
    separator: str = "-"
    unit_code: UnitCode = UnitCode.LEGACY_ID

    @classmethod
    def read(cls, pattern: str) -> CodePattern:
        """
        Return the shape a code policy writes down, such as `{legacy_id}-{yyMMdd}-{n:4}`.

        :raises CodeInvalid: the policy says something else.
        """
        found = _PATTERN.fullmatch(pattern)
        width = int(found.group(4)) if found else 0
        if found is None or not 1 <= width <= 12:
            raise CodeInvalid(f"Mẫu mã hồ sơ không đọc được: “{pattern}”.", pattern=pattern)
        return cls(DateForm(found.group(3).lower()), width, found.group(2), UnitCode(found.group(1)))

    def make(self, unit: str, day: date, number: int) -> str:
        """
        Return the code of the `number`-th dossier a unit received on a day (counted from 1).

        :raises CodeInvalid: the unit has no proper identifier (no code is invented then), or number < 1.
        """
        if not _UNIT.fullmatch(unit):
            raise CodeInvalid(f"Đơn vị chưa có mã định danh hợp lệ để cấp mã hồ sơ: “{unit}”.", unit=unit)
        if number < 1:
            raise CodeInvalid("Số thứ tự hồ sơ phải từ 1 trở lên.", number=number)
        return self.separator.join(
            (unit, day.strftime(_DATE_FORMS[self.date_form]), f"{number:0{self.width}d}")
        )

    def parse(self, code: str) -> CodeParts:
        """
        Return the parts of a code of this shape.

        :raises CodeInvalid: the code has another shape.
        """
        unit, _, rest = code.partition(self.separator)
        day, _, number = rest.partition(self.separator)
        length = 6 if self.date_form is DateForm.YYMMDD else 8
        if (
            not _UNIT.fullmatch(unit)
            or len(day) != length
            or not _digits(day + number)
            or len(number) < self.width
            or (len(number) > self.width and number.startswith("0"))
        ):
            raise CodeInvalid(f"“{code}” không phải mã hồ sơ theo mẫu này.")
        try:
            parsed = datetime.strptime(day, _DATE_FORMS[self.date_form]).date()  # noqa: DTZ007 (a day)
        except ValueError as fault:
            raise CodeInvalid(f"Ngày trong mã hồ sơ “{code}” không có thật.") from fault
        if int(number) < 1:
            raise CodeInvalid(f"Số thứ tự trong mã hồ sơ “{code}” phải từ 1.")
        return CodeParts(unit, parsed, int(number))


# The shapes in use, newest first; a received code is tried against them for display only.
KNOWN_PATTERNS: Final = (
    CodePattern(DateForm.YYMMDD, 4),
    CodePattern(DateForm.YYMMDD, 5),
    CodePattern(DateForm.YYYYMMDD, 7),
)
CODE_LENGTH_MAX: Final = 60


def parse_code(code: str) -> CodeParts | None:
    """Return the parts of a dossier code of any known shape, or None for a code of another make."""
    for pattern in KNOWN_PATTERNS:
        try:
            return pattern.parse(code)
        except CodeInvalid:
            continue
    return None


def normalise_code(raw: str) -> str:
    """Return a typed dossier code (blanks, small letters, long dashes) in the form to search by."""
    return re.sub(r"\s+", "", nfc(raw)).translate(_DASHES).upper()


def sort_key(code: str) -> tuple[str, str, int, str]:
    """Return a key that keeps the codes of a unit and day in the order of issue, also past an overflow."""
    head, dash, number = code.rpartition("-")
    if not dash or not _digits(number):
        return code, "", 0, code
    unit, _, day = head.rpartition("-")
    return unit, day, int(number), code


_DASHES: Final = str.maketrans({"–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "_": "-"})


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


# Check value of a dossier

# Without 0 O 1 I L, 2 Z, 5 S, 8 B, U V: what people misread on paper or over the telephone.
CHECK_ALPHABET: Final = "34679ACDEFGHJKMNPQRTWXY"
CHECK_LENGTH: Final = 4
# Bytes needed so that the draw is even to one part in 2**40.
CHECK_ENTROPY_BYTES: Final = 8


def check_value(random_bytes: bytes) -> str:
    """
    Return the four characters that, with the code, open the public look-up of a dossier.

    They are drawn at creation from at least 8 random bytes and kept with the dossier: they cannot be
    computed from the code. About 280,000 values: enough only together with a limit on wrong attempts.

    :raises ValueError: fewer than 8 bytes.
    """
    if len(random_bytes) < CHECK_ENTROPY_BYTES:
        raise ValueError("at least 8 random bytes are needed")
    number = int.from_bytes(random_bytes, "big")
    drawn = []
    for _ in range(CHECK_LENGTH):
        number, place = divmod(number, len(CHECK_ALPHABET))
        drawn.append(CHECK_ALPHABET[place])
    return "".join(drawn)


def normalise_check(raw: str) -> str:
    """Return a typed check value in the form that is kept: capitals, blanks and dashes dropped."""
    return re.sub(r"[\s\-]+", "", raw.translate(_DASHES)).upper()


# Slip QR

_SLIP: Final = "MOTCUA1"


def slip_qr(code: str, check: str) -> str:
    """Return the text of the QR code on a slip: a mark with a version, the dossier code, its check value."""
    return f"{_SLIP}|{code}|{check}"


@dataclass(frozen=True, slots=True)
class SlipRef:
    """What a slip's QR or bar code names; bar codes and other systems' slips carry the code alone."""

    code: str
    check: str = ""


_CODE_IN_TEXT: Final = re.compile(
    r"(?<![0-9A-Z.])([0-9A-Z]+(?:\.[0-9A-Z]+)*-\d{6,8}-\d{4,12})(?![0-9])", re.ASCII
)
_QUERY_CHECK: Final = re.compile(r"[?&](?:check|kt)=([0-9A-Za-z]{4})(?:&|$)")


def parse_slip(scanned: str) -> SlipRef | None:
    """
    Return the dossier a scanned text names, or None when it names none.

    Taken are this system's QR (`MOTCUA1|code|check`), the plain code of a bar code, and an address that
    holds a code.
    """
    text = scanned.strip()[:500]
    if text.startswith(_SLIP + "|"):
        parts = text.split("|")
        code = normalise_code(parts[1])
        return SlipRef(code, normalise_check(parts[2]) if len(parts) > 2 else "") if code else None
    found = _CODE_IN_TEXT.search(normalise_code(text))
    if found is None:
        return None
    check = _QUERY_CHECK.search(text)
    return SlipRef(found.group(1), normalise_check(check.group(1)) if check else "")


# Persons


class Gender(StrEnum):
    """As in the population data (facts-codes.md 4.9); there 0 and 3 mean unknown and other."""

    MALE = "male"
    FEMALE = "female"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PersonalNumber:
    """
    A personal number taken apart; nothing of it says where the person lives now.

    `birth_year` and `gender` are those of birth registration: compare them as a warning only.
    """

    number: str
    region: str
    gender: Gender
    birth_year: int


def parse_personal_number(raw: str) -> PersonalNumber:
    """
    Return a 12-digit personal number taken apart (số định danh cá nhân; NĐ 137/2015, no check digit).

    :raises Invalid: it does not have twelve digits.
    """
    number = digits_of(raw)
    if len(number) != 12 or not _digits(number):
        raise Invalid(errors={"personal_id": "Số định danh cá nhân phải có đúng 12 chữ số."})
    century, sex = divmod(int(number[3]), 2)
    return PersonalNumber(
        number=number,
        region=number[:3],
        gender=Gender.FEMALE if sex else Gender.MALE,
        birth_year=1900 + 100 * century + int(number[4:6]),
    )


def personal_number_warnings(
    raw: str, *, birth_date: date | None = None, gender: Gender | None = None
) -> list[str]:
    """
    Return Vietnamese warnings where a number and the data beside it differ; never a ground to refuse.

    :raises Invalid: it does not have twelve digits.
    """
    parsed = parse_personal_number(raw)
    warnings = []
    if birth_date is not None and birth_date.year != parsed.birth_year:
        warnings.append(f"Năm sinh {birth_date.year} khác năm sinh trong số định danh ({parsed.birth_year}).")
    if gender in (Gender.MALE, Gender.FEMALE) and gender is not parsed.gender:
        warnings.append("Giới tính khác giới tính trong số định danh.")
    if not 1 <= int(parsed.region) <= 96 and not 100 <= int(parsed.region) <= 899:
        warnings.append("Ba chữ số đầu của số định danh không phải mã tỉnh hoặc mã nước đã biết.")
    return warnings


def digits_of(raw: str) -> str:
    """Return a number as typed (blanks, dots, dashes between digits) as digits; other characters stay."""
    return re.sub(r"[\s.\-]+", "", raw.translate(_DASHES))


def mask_number(number: str, keep: int = 4) -> str:
    """Return a number with all but the last characters hidden, as lists show it until it is needed."""
    if len(number) <= keep:
        return "•" * len(number)
    return "•" * (len(number) - keep) + number[-keep:]


def number_digest(number: str, salt: bytes) -> str:
    """Return a salted SHA-256 of a number, for comparing without keeping it."""
    return hashlib.sha256(salt + number.encode()).hexdigest()


# Organisations

_TAX_WEIGHTS: Final = (31, 29, 23, 19, 17, 13, 7, 5, 3)
_TAX: Final = re.compile(r"(\d{10})(?:-?(\d{3}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class TaxCode:
    """
    A tax code: ten digits, with a branch of three, or a personal number of twelve (households since 2025).

    `warnings` are Vietnamese sentences; a code with a warning is taken all the same.
    """

    code: str
    base: str
    branch: str = ""
    is_personal: bool = False
    warnings: tuple[str, ...] = ()


def parse_tax_code(raw: str) -> TaxCode:
    """
    Return a tax code in its written form (10 digits, 10-3 with the dash, or 12 digits).

    The tenth digit is 10 − (Σ wᵢNᵢ mod 11), weights 31 29 23 19 17 13 7 5 3 (facts-codes.md 4.7); a remainder
    of 0 has no agreed digit, so it only warns, as does a wrong digit.

    :raises Invalid: it has another number of digits.
    """
    typed = re.sub(r"[\s.]+", "", raw.translate(_DASHES))
    if re.fullmatch(r"\d{12}", typed, re.ASCII):
        return TaxCode(typed, typed, is_personal=True)
    found = _TAX.fullmatch(typed)
    if found is None:
        raise Invalid(
            errors={"tax_code": "Mã số thuế phải có 10 chữ số, 13 chữ số (10-3) hoặc 12 chữ số định danh."}
        )
    base, branch = found.group(1), found.group(2) or ""
    warnings = []
    expected = tax_check_digit(base[:9])
    if expected is None:
        warnings.append("Chữ số kiểm tra của mã số thuế này không xác định được; đối chiếu với giấy tờ.")
    elif expected != int(base[9]):
        warnings.append("Mã số thuế không khớp chữ số kiểm tra; kiểm tra lại các chữ số.")
    if branch == "000":
        warnings.append("Ba chữ số cuối của mã số thuế đơn vị phụ thuộc phải từ 001.")
    return TaxCode(f"{base}-{branch}" if branch else base, base, branch, warnings=tuple(warnings))


def tax_check_digit(first_nine: str) -> int | None:
    """Return the tenth digit of a tax code, or None where the rule gives 10."""
    digit = 10 - sum(w * int(n) for w, n in zip(_TAX_WEIGHTS, first_nine, strict=True)) % 11
    return None if digit == 10 else digit


# Chip card


@dataclass(frozen=True, slots=True)
class CardData:
    """
    What the QR of a chip card, or a bare number, says; what it does not say is empty or None.

    `extra` are the fields later cards append, in order, kept as they came.
    """

    number: str
    old_number: str = ""
    full_name: str = ""
    birth_date: date | None = None
    gender: Gender | None = None
    address: str = ""
    issued_on: date | None = None
    extra: tuple[str, ...] = ()

    @property
    def is_bare(self) -> bool:
        """Tell whether only a number was read."""
        return not self.full_name


_GENDERS: Final[Mapping[str, Gender]] = {"nam": Gender.MALE, "nữ": Gender.FEMALE, "nu": Gender.FEMALE}


def parse_card(scanned: str) -> CardData | None:
    """
    Return what a chip card's QR text says (`number|old number|name|ddMMyyyy|gender|address|ddMMyyyy…`).

    A bare number of 12 digits (personal number) or 9 (old card) is taken too. None for any other text, so
    that a search box can try this first. Dates that are not dates are left empty: the officer sees the card.
    """
    text = nfc(scanned).strip().strip("\ufeff")
    if len(text) > 2000:
        return None
    if "|" not in text:
        number = digits_of(text)
        return CardData(number) if _digits(number) and len(number) in (9, 12) else None
    parts = [part.strip() for part in text.split("|")]
    number = parts[0]
    if not _digits(number) or len(number) not in (9, 12) or len(parts) < 3:
        return None
    parts += [""] * (7 - len(parts))
    return CardData(
        number=number,
        old_number=parts[1] if _digits(parts[1]) else "",
        full_name=parts[2],
        birth_date=_day(parts[3]),
        gender=_GENDERS.get(parts[4].lower()),
        address=parts[5],
        issued_on=_day(parts[6]),
        extra=tuple(parts[7:]),
    )


def _day(text: str) -> date | None:
    if len(text) != 8 or not _digits(text):
        return None
    try:
        return date(int(text[4:]), int(text[2:4]), int(text[:2]))
    except ValueError:
        return None


# Telephone

_PHONE: Final = re.compile(r"0\d{9,10}", re.ASCII)
_MOBILE: Final = re.compile(r"0[35789]\d{8}", re.ASCII)


def normalise_phone(raw: str) -> str:
    """
    Return a Vietnamese telephone number in its national form (0 and nine or ten digits).

    +84, 0084 and 84 before the number, blanks, dots, dashes and brackets are understood.

    :raises Invalid: it is not such a number.
    """
    number = re.sub(r"[\s.\-()]+", "", raw.translate(_DASHES))
    for prefix in ("+84", "0084"):
        if number.startswith(prefix):
            number = "0" + number.removeprefix(prefix).removeprefix("0")
            break
    else:
        if number.startswith("84") and len(number) == 11:
            number = "0" + number[2:]
    if not _PHONE.fullmatch(number):
        raise Invalid(errors={"phone": "Số điện thoại phải bắt đầu bằng 0 và có 10 hoặc 11 chữ số."})
    return number


def is_mobile(number: str) -> bool:
    """Tell whether a national number can take an SMS."""
    return _MOBILE.fullmatch(number) is not None


# Procedure codes

_PROCEDURE: Final = re.compile(r"(\d\.\d{6})(?:\.([0-9A-Z.]+))?", re.ASCII)


def parse_procedure_code(raw: str) -> tuple[str, str] | None:
    """Return (national code, publisher suffix) of a procedure code, or None: `1.000656.000.00.00.H23`."""
    found = _PROCEDURE.fullmatch(raw.strip().upper())
    return (found.group(1), found.group(2) or "") if found else None
