"""
Vietnamese text: one normal form, search without diacritics, refusal of characters no text has.

Three uses, three functions: `clean` at the edge (what comes in), `nfc` for what is kept, `fold` for what is
searched.

`fold` gives for every Vietnamese letter what PostgreSQL's `lower(unaccent(...))` gives (a test of the
platform room compares the two letter by letter), so that a folded column filled by Python and an index over
the SQL wrapper meet. Folding drops tone marks and letter marks together; where the tone stands (hoà, hòa)
therefore does not matter. Typographic quotes and dashes become the plain ones, as there.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from motcua.kernel.errors import Invalid

# The letters that carry a stroke, not a combining mark: no decomposition exists for them.
_STROKES: Final = str.maketrans(
    {
        "đ": "d", "Đ": "D", "ð": "d", "Ð": "D",
        "“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "‐": "-", "‑": "-", "…": "...",
    }
)  # fmt: skip
# (Old files type the letter eth for đ.) The soft hyphen, joiners, direction marks and the BOM are invisible.
_INVISIBLE: Final = dict.fromkeys(
    [0x00AD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF, *range(0x202A, 0x202F)]
)
_SPACES: Final = re.compile(r"\s+")
_WORD: Final = re.compile(r"[0-9a-z]+")
# C0 and C1 controls except tab, line feed and carriage return; lone surrogates; non-characters.
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def nfc(text: str) -> str:
    """Return the text in Unicode NFC, the one form that is stored, printed and compared."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """
    Return the text for searching: lower case, no diacritics, đ as d, runs of blanks as one, ends trimmed.

    'Đường' and 'duong', 'hoà' and 'hòa' fold alike. Folding a folded text changes nothing.
    """
    if not text.isascii():
        parts = unicodedata.normalize("NFD", text).translate(_STROKES).translate(_INVISIBLE)
        text = "".join(mark for mark in parts if not unicodedata.combining(mark))
        # Lower case may decompose anew (İ), so fold again until nothing is left; one more round is enough.
        lowered = unicodedata.normalize("NFD", text.lower()).translate(_STROKES)
        text = "".join(mark for mark in lowered if not unicodedata.combining(mark))
        text = unicodedata.normalize("NFC", text)
    else:
        text = text.lower()
    return _SPACES.sub(" ", text).strip()


def tokens(text: str) -> tuple[str, ...]:
    """Return the folded words of a text in order: letters and digits only, punctuation dropped."""
    return tuple(_WORD.findall(fold(text)))


def matches(query: str, text: str) -> bool:
    """Tell whether every word of the query begins some word of the text, diacritics aside."""
    words = tokens(text)
    return all(any(word.startswith(wanted) for word in words) for wanted in tokens(query))


def initials(text: str) -> str:
    """Return the first letters of the folded words: 'Đăng ký khai sinh' gives 'dkks', as officers type it."""
    return "".join(word[0] for word in tokens(text))


def slug(text: str) -> str:
    """Return the folded words joined by hyphens, for file names and anchors; may be empty."""
    return "-".join(tokens(text))


def clean(text: str, *, field: str = "text", single_line: bool = False) -> str:
    """
    Return outside text in NFC, ends trimmed; `single_line` also turns every run of blanks into one.

    :raises Invalid: the text holds NUL, another control character or half a surrogate pair, which neither
        PostgreSQL nor a printed paper can hold. `field` names the entry of `errors`.
    """
    if _FORBIDDEN.search(text):
        raise Invalid(errors={field: "Nội dung có ký tự không hợp lệ. Xóa ký tự đó rồi nhập lại."})
    text = nfc(text).replace("\r\n", "\n").replace("\r", "\n")
    if single_line:
        text = _SPACES.sub(" ", text)
    return text.strip()


def is_clean(text: str) -> bool:
    """Tell whether `clean` would take the text."""
    return _FORBIDDEN.search(text) is None


def name_case(text: str) -> str:
    """Return a personal name with each word capitalised; names come in capitals from cards and registers."""
    return " ".join(word[:1].upper() + word[1:].lower() for word in nfc(text).split())


LEAST_SAID: Final = 10
"""Words that others shall understand later have at least so many characters."""


def said(text: str, name: str = "reason", most: int = 2000) -> str:
    """
    Return words somebody gave to an act, trimmed and cut to `most` characters; `name` is the field they come from.

    :raises Invalid: they are too short to say anything.
    """
    kept = text.strip()
    if len(kept) < LEAST_SAID:
        raise Invalid(errors={name: f"Ghi rõ nội dung, ít nhất {LEAST_SAID} ký tự."})
    return kept[:most]
