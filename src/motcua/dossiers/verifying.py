"""
Rules of verification on site: a visit planned, moved, called off, and the minutes of what was found.

Pure. Source: NĐ 61/2018 Art. 19.3: time, place, people and content of a verification are recorded and kept with the
dossier. It is no ground for holding the clock: the list of those is closed (facts-lifecycle.md 2.4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from motcua.kernel.errors import Conflict, Invalid, NotFound
from motcua.kernel.text import clean


class VerificationState(StrEnum):
    """Where a verification stands."""

    PLANNED = "planned"
    CALLED_OFF = "called_off"
    RECORDED = "recorded"


VERIFICATION_NAMES: Final[Mapping[VerificationState, str]] = {
    VerificationState.PLANNED: "Đã hẹn",
    VerificationState.CALLED_OFF: "Đã hủy hẹn",
    VerificationState.RECORDED: "Đã có biên bản",
}
MOST_PEOPLE: Final = 40
MOST_FILES: Final = 20


class VerificationNotFound(NotFound):
    """No such verification of this dossier."""

    code = "verification_not_found"
    message = "Không tìm thấy lần xác minh thực địa này."


class VerificationClosed(Conflict):
    """It was recorded or called off already."""

    code = "verification_closed"
    message = "Lần xác minh này đã có biên bản hoặc đã hủy hẹn."


class MinutesMissing(Conflict):
    """A step that is a verification on site cannot be done before its minutes are recorded."""

    code = "minutes_missing"
    message = "Bước này là xác minh thực địa: lập biên bản ở mục “Xác minh thực địa” của hồ sơ rồi mới hoàn thành bước."


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit as planned: when, where, what for, who comes, and whether the applicant has to be there."""

    planned_at: datetime
    place: str
    purpose: str
    visitors: str
    applicant_needed: bool


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody who took part, and as what (position, agency, or their part in the matter)."""

    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Minutes:
    """What was found on site; `began_at` to `ended_at` are moments of the visit."""

    began_at: datetime
    ended_at: datetime
    place: str
    participants: tuple[Participant, ...]
    findings: str
    conclusion: str


def visit(
    *,
    planned_at: datetime | None,
    place: str,
    purpose: str,
    visitors: str,
    applicant_needed: bool,
    at: datetime,
) -> Visit:
    """
    Return a visit as it may be planned; moments are aware, `at` is now.

    :raises Invalid: it lies in the past, or place, content or people are not said.
    """
    errors: dict[str, str] = {}
    where = clean(place, field="place", single_line=True)[:300]
    what = clean(purpose, field="purpose")[:2000]
    who = clean(visitors, field="visitors", single_line=True)[:500]
    if planned_at is None or planned_at <= at:
        errors["planned_at"] = "Ghi ngày, giờ xác minh sau lúc này."
    if len(where) < 5:
        errors["place"] = "Ghi rõ nơi xác minh (ít nhất 5 ký tự)."
    if len(what) < 10:
        errors["purpose"] = "Ghi rõ nội dung cần xác minh (ít nhất 10 ký tự)."
    if len(who) < 2:
        errors["visitors"] = "Ghi người, đơn vị đi xác minh."
    if errors:
        raise Invalid(errors=errors)
    assert planned_at is not None  # noqa: S101  (refused above)
    return Visit(planned_at, where, what, who, applicant_needed)


def minutes(
    *,
    began_at: datetime | None,
    ended_at: datetime | None,
    place: str,
    participants: Sequence[Participant],
    findings: str,
    conclusion: str,
    accepted_at: datetime | None,
    at: datetime,
) -> Minutes:
    """
    Return the minutes as they may be recorded: of a visit that is over, after the dossier was received.

    :raises Invalid:
    """
    errors: dict[str, str] = {}
    where = clean(place, field="place", single_line=True)[:300]
    found, said = clean(findings, field="findings")[:8000], clean(conclusion, field="conclusion")[:4000]
    people = tuple(
        Participant(
            *(clean(text, field="participants", single_line=True)[:200] for text in (one.name, one.role))
        )
        for one in participants
    )
    if began_at is None or (accepted_at is not None and began_at < accepted_at):
        errors["began_at"] = "Ghi lúc bắt đầu xác minh, sau khi tiếp nhận hồ sơ."
    if ended_at is None or ended_at > at or (began_at is not None and ended_at < began_at):
        errors["ended_at"] = "Ghi lúc kết thúc xác minh: sau lúc bắt đầu và không muộn hơn lúc này."
    if len(where) < 5:
        errors["place"] = "Ghi rõ nơi xác minh (ít nhất 5 ký tự)."
    if not people or not all(one.name and one.role for one in people):
        errors["participants"] = "Ghi từng người tham gia: họ tên, rồi dấu phẩy, rồi chức vụ hoặc cơ quan."
    elif len(people) > MOST_PEOPLE:
        errors["participants"] = f"Biên bản ghi không quá {MOST_PEOPLE} người."
    if len(found) < 10:
        errors["findings"] = "Ghi rõ kết quả xác minh (ít nhất 10 ký tự)."
    if len(said) < 10:
        errors["conclusion"] = "Ghi rõ kết luận (ít nhất 10 ký tự)."
    if errors:
        raise Invalid(errors=errors)
    assert began_at is not None and ended_at is not None  # noqa: S101  (refused above)
    return Minutes(began_at, ended_at, where, people, found, said)


def people(text: str) -> list[Participant]:
    """Return the participants of a text, one a line: the name, a comma, position or agency."""
    lines = (line.partition(",") for line in text.splitlines() if line.strip())
    return [Participant(name.strip(), role.strip()) for name, _, role in lines]
