"""Vietnamese forms of dates, moments, sums and numbers on official papers. Pure."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Final

from motcua.kernel.calendar import LOCAL

_DIGITS: Final = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
# Words of titles and names of offices that a line break should not tear apart.
_TOGETHER: Final = re.compile(
    r"\b(ủy ban|nhân dân|hội đồng|bộ phận|tiếp nhận|trả kết quả|kết quả|trung tâm|phục vụ"
    r"|hành chính công|hành chính"
    r"|thị xã|thành phố|thị trấn|hồ sơ|giải quyết|bổ sung|hoàn thiện|từ chối|xin lỗi|gia hạn|đề nghị"
    r"|thời gian"
    r"|kiểm soát|quá trình|thông báo|biên nhận|bản chính|giấy tờ|việc cuối ngày|theo dõi)\b",
    re.IGNORECASE,
)
# The name of a place stays with what kind of place it is: "phường Tân Dân" never leaves "Dân" alone on a line.
_PLACE: Final = re.compile(
    r"\b(?:phường|xã|thị trấn|huyện|thị[ \u00a0]xã|thành[ \u00a0]phố|tỉnh)(?: [A-ZÀ-ỸĐ]\w*){1,3}"
)
_GROUPS: Final = ("", "nghìn", "triệu", "tỷ")


def local(moment: datetime) -> datetime:
    """
    Return the moment in Vietnamese time.

    :raises ValueError: the datetime is naive.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment on a paper needs a time zone")
    return moment.astimezone(LOCAL)


def local_day(value: date | datetime) -> date:
    """Return the Vietnamese calendar day of a date or moment."""
    return local(value).date() if isinstance(value, datetime) else value


def day_words(value: date | datetime) -> str:
    """Return "ngày 05 tháng 02 năm 2026": a zero before days below 10 and months 1 and 2 (NĐ 30/2020)."""
    day = local_day(value)
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


def moment_words(value: datetime) -> str:
    """Return "08 giờ 00 phút, ngày 02 tháng 10 năm 2023", the form of the slips."""
    moment = local(value)
    return f"{moment:%H} giờ {moment:%M} phút, {day_words(moment)}"


def short_day(value: date | datetime) -> str:
    """Return "02/10/2023", for tables."""
    return f"{local_day(value):%d/%m/%Y}"


def short_moment(value: datetime) -> str:
    """Return "08:00 02/10/2023", for tables."""
    return f"{local(value):%H:%M %d/%m/%Y}"


def hour(value: datetime) -> str:
    """Return "08:00", for tables of one day."""
    return f"{local(value):%H:%M}"


def dotted(amount: int) -> str:
    """Return a whole number with dots between thousands: 1250000 gives "1.250.000"."""
    return f"{amount:,}".replace(",", ".")


def money(amount: int) -> str:
    """Return an amount in đồng as printed: "8.000 đồng"."""
    return f"{dotted(amount)} đồng"


def two_digits(number: int) -> str:
    """Return a number with a zero before it when below 10 (numbers of documents, counts on forms)."""
    return f"{number:02d}"


def _three_digits(number: int, *, full: bool) -> list[str]:
    hundreds, tens, ones = number // 100, number // 10 % 10, number % 10
    words: list[str] = []
    if hundreds or full:
        words += [_DIGITS[hundreds], "trăm"]
    if tens > 1:
        words += [_DIGITS[tens], "mươi"]
    elif tens == 1:
        words.append("mười")
    elif ones and (hundreds or full):
        words.append("linh")
    if ones == 1 and tens > 1:
        words.append("mốt")
    elif ones == 5 and tens:
        words.append("lăm")
    elif ones:
        words.append(_DIGITS[ones])
    return words


def amount_words(amount: int) -> str:
    """
    Return an amount in words: 8000 gives "Tám nghìn đồng".

    :raises ValueError: the amount is negative or at least 10^18.
    """
    if not 0 <= amount < 10**18:
        raise ValueError("no words for this amount")
    if amount == 0:
        return "Không đồng"
    billions, below = divmod(amount, 10**9)
    words: list[str] = []
    if billions:
        words += [*_below_billion(billions, full=False), "tỷ"]
    words += _below_billion(below, full=bool(billions))
    text = " ".join(words) + " đồng"
    return text[0].upper() + text[1:]


def _below_billion(number: int, *, full: bool) -> list[str]:
    words: list[str] = []
    for power in (2, 1, 0):
        group = number // 1000**power % 1000
        if group:
            words += _three_digits(group, full=full or bool(words))
            if _GROUPS[power]:
                words.append(_GROUPS[power])
    return words


def document_number(no: int, symbol: str) -> str:
    """Return number and symbol of a document: 7 and "QĐ-UBND" give "07/QĐ-UBND"; no symbol, no stroke."""
    return f"{two_digits(no)}/{symbol}" if symbol else two_digits(no)


def masked_number(number: str) -> str:
    """Return a personal number or tax code of which only the last three digits are readable."""
    return "*" * max(len(number) - 3, 0) + number[-3:] if len(number) > 3 else "*" * len(number)


def masked_email(address: str) -> str:
    """Return an e-mail address of which only the first letter and the domain are readable."""
    name, at, domain = address.partition("@")
    return f"{name[:1]}***{at}{domain}" if at else "***"


def under(name: str, parent: str) -> str:
    """Return an agency's name as it stands below its parent's, without the place that the parent's name says."""
    own, comma, place = name.rpartition(", ")
    return own if comma and parent.casefold().endswith(place.casefold()) else name


def balanced(text: str, width: int) -> tuple[str, ...]:
    """Return the text in as few lines of about `width` letters as it needs, all nearly equally long."""
    glued = " ".join(text.split())
    for together in (_TOGETHER, _PLACE):
        glued = together.sub(lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), glued)
    words, lines = glued.split(" "), -(-len(text) // width)
    made: list[str] = []
    for left in range(lines, 1, -1):
        goal = len(" ".join(words)) / left
        taken: list[str] = []
        while words and (not taken or len(" ".join([*taken, words[0]])) <= goal + len(words[0]) / 2):
            taken.append(words.pop(0))
        made.append(" ".join(taken))
    made.append(" ".join(words))
    return tuple(line.replace("\N{NO-BREAK SPACE}", " ") for line in made if line)
