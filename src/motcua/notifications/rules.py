"""Who is told what, how, and when again: pure rules of the notices to a dossier's people (R-015).

An SMS crosses networks that others read and lies open on a lock screen: it carries the dossier code, what to
do and a telephone number, never a name, a personal number or the name of a procedure. It is sent without
diacritics, so that the 160 characters of one GSM part hold.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from string import Formatter
from types import MappingProxyType

from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Conflict, Invalid

SMS_LENGTH = 160


class Channel(StrEnum):
    """How a notice travels."""

    PORTAL = "portal"
    SMS = "sms"
    EMAIL = "email"


class State(StrEnum):
    """Where one message on one channel stands."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    BY_PHONE = "by_phone"


STATE_NAMES = MappingProxyType(
    {
        State.QUEUED: "Chờ gửi",
        State.SENT: "Đã gửi",
        State.DELIVERED: "Đã nhận",
        State.FAILED: "Không gửi được",
        State.BY_PHONE: "Đã báo bằng điện thoại",
    }
)
CHANNEL_NAMES = MappingProxyType(
    {Channel.PORTAL: "Cổng dịch vụ công", Channel.SMS: "Tin nhắn SMS", Channel.EMAIL: "Thư điện tử"}
)


class TemplateInvalid(Invalid):
    """A template of the data cannot be used; `errors` says which and why."""

    code = "template_invalid"


class NotPhoneable(Conflict):
    """A call is recorded only for a message that has not reached its receiver."""

    code = "not_phoneable"
    message = "Tin này đã đến người nhận hoặc đã được báo bằng điện thoại."


class NotResendable(Conflict):
    """Only a failed message on a channel that leaves the house is sent again."""

    code = "not_resendable"
    message = "Chỉ gửi lại được tin nhắn hoặc thư không gửi được."


# -- who and how ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Contact:
    """What is known of one party of a dossier: an account to read in, a telephone, an address."""

    party_id: int
    has_account: bool
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """One message to one party on one channel; `address` is empty on the portal."""

    party_id: int
    channel: Channel
    address: str = ""


def phone(text: str) -> str:
    """Return a Vietnamese telephone number as 0 and nine or ten digits, or "" where it is none."""
    digits = re.sub(r"[\s.\-()]", "", text)
    if digits.startswith("+84"):
        digits = "0" + digits[3:]
    elif digits.startswith("84") and len(digits) in (11, 12):
        digits = "0" + digits[2:]
    return digits if re.fullmatch(r"0[0-9]{9,10}", digits) else ""


def email(text: str) -> str:
    """Return an e-mail address in lower case, or "" where it is none."""
    address = text.strip().lower()
    return address if re.fullmatch(r"[a-z0-9._%+\-]+@[a-z0-9\-]+(\.[a-z0-9\-]+)+", address) else ""


def targets(contacts: Sequence[Contact], available: Iterable[Channel]) -> list[Target]:
    """
    Return whom to reach on which of the `available` channels: the portal whenever there is an account, SMS
    when there is a telephone, e-mail when there is an address.

    An owner and a submitter who share a telephone or a mailbox are told once.
    """
    offered = set(available)
    seen: set[tuple[Channel, str]] = set()
    chosen: list[Target] = []
    for contact in contacts:
        for channel, address, reachable in (
            (Channel.PORTAL, "", contact.has_account),
            (Channel.SMS, phone(contact.phone), True),
            (Channel.EMAIL, email(contact.email), True),
        ):
            mark = (channel, address or f"#{contact.party_id}")
            if channel not in offered or not reachable or mark in seen:
                continue
            if channel is not Channel.PORTAL and not address:
                continue
            seen.add(mark)
            chosen.append(Target(contact.party_id, channel, address))
    return chosen


# -- what ----------------------------------------------------------------------------------------------------

# The longest a field may be in an SMS: a longer value is left out, never cut in the middle of a code.
SMS_FIELDS: Mapping[str, int] = MappingProxyType({"code": 34, "due": 16, "hotline": 15, "site": 30})
TEXT_FIELDS = frozenset({*SMS_FIELDS, "procedure", "unit", "at", "link", "text"})

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_LIKE = str.maketrans(
    {"đ": "d", "Đ": "D", "–": "-", "—": "-", "“": '"', "”": '"', "‘": "'", "’": "'", "…": "."}
)
# Nine or twelve digits in a row are an ID number; telephone numbers have ten or eleven.
_PERSONAL_NUMBER = re.compile(r"(?<!\d)(?:\d{9}|\d{12})(?!\d)")


def gsm(text: str) -> str:
    """
    Return the text without diacritics, in single characters of the GSM 7-bit alphabet; the rest becomes a
    space.
    """
    bare = "".join(
        c for c in unicodedata.normalize("NFD", text.translate(_LIKE)) if not unicodedata.combining(c)
    )
    return re.sub(r"[ \t]+", " ", "".join(c if c in _GSM else " " for c in bare)).strip()


def fields_of(body: str) -> set[str]:
    """
    Return the names of the fields in a template body.

    :raises TemplateInvalid: a field is unnamed or carries an index, attribute, conversion or format.
    """
    names: set[str] = set()
    try:
        for _, name, spec, conversion in Formatter().parse(body):
            if name is None:
                continue
            if not name.isidentifier() or spec or conversion:
                raise TemplateInvalid(
                    f"Trường “{{{name}}}” không dùng được: chỉ ghi tên trường trong ngoặc nhọn."
                )
            names.add(name)
    except ValueError as fault:
        raise TemplateInvalid(f"Nội dung mẫu sai dấu ngoặc nhọn: {fault}.") from fault
    return names


def check_template(channel: Channel, title: str, body: str) -> None:
    """
    Refuse a template that could not be sent: unknown fields, an SMS that could exceed 160 characters or that
    names more than code, time and where to ask, a text not in NFC, digits that look like a personal number.

    :raises TemplateInvalid:
    """
    names = fields_of(title) | fields_of(body)
    allowed = set(SMS_FIELDS) if channel is Channel.SMS else TEXT_FIELDS
    if names - allowed:
        listed = ", ".join(sorted(names - allowed))
        raise TemplateInvalid(f"Mẫu dùng trường không được phép ở kênh này: {listed}.")
    if not body.strip():
        raise TemplateInvalid("Mẫu không có nội dung.")
    if unicodedata.normalize("NFC", title + body) != title + body:
        raise TemplateInvalid("Mẫu chưa ở dạng Unicode dựng sẵn (NFC).")
    if _PERSONAL_NUMBER.search(body):
        raise TemplateInvalid("Mẫu chứa dãy số giống số định danh cá nhân.")
    if channel is Channel.SMS:
        longest = gsm(body.format_map({name: "9" * SMS_FIELDS[name] for name in names}))
        if len(longest) > SMS_LENGTH:
            raise TemplateInvalid(
                f"Tin nhắn có thể dài {len(longest)} ký tự, quá {SMS_LENGTH} ký tự của một tin."
            )


def render_sms(body: str, values: Mapping[str, str]) -> str:
    """Return the SMS of a checked template: GSM characters, at most 160, no diacritics."""
    fitted = {}
    for name in fields_of(body):
        value = gsm(values.get(name, "")).replace("\n", " ")
        fitted[name] = value if len(value) <= SMS_FIELDS.get(name, 0) else ""
    return gsm(body.format_map(fitted))


def render_text(body: str, values: Mapping[str, str]) -> str:
    """Return the text of a portal notice or an e-mail, in NFC; a field without value is empty."""
    filled = body.format_map({name: values.get(name, "") for name in fields_of(body)})
    return unicodedata.normalize("NFC", filled)


def subject_line(title: str, values: Mapping[str, str]) -> str:
    """Return a title in one line: no value can add a header to a letter."""
    return " ".join(render_text(title, values).split())


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """
    Which procedures are not named outside the signed-in portal: by field code, or by a word of the name.
    """

    fields: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()

    def hides(self, field_code: str, procedure_name: str) -> bool:
        """Tell whether the name must stay out of letters."""
        name = procedure_name.casefold()
        return field_code in self.fields or any(word.casefold() in name for word in self.words)


def moment(at: datetime | None) -> str:
    """Return "17:00 05/10/2023" in local time, or "" when there is none."""
    return "" if at is None else at.astimezone(LOCAL).strftime("%H:%M %d/%m/%Y")


# -- when again ----------------------------------------------------------------------------------------------


def after_receipt(state: State, delivered: bool) -> State:
    """
    Return the state after a delivery report; a later or repeated report never undoes a success or a call.
    """
    if state in (State.DELIVERED, State.BY_PHONE):
        return state
    return State.DELIVERED if delivered else State.FAILED


def ensure_phoneable(state: State) -> None:
    """:raises NotPhoneable: the message has arrived, or a call is already recorded."""
    if state in (State.DELIVERED, State.BY_PHONE):
        raise NotPhoneable(state=state)


def ensure_resendable(state: State, channel: Channel) -> None:
    """:raises NotResendable: it did not fail, or it never leaves the house."""
    if state is not State.FAILED or channel is Channel.PORTAL:
        raise NotResendable(state=state, channel=channel)
