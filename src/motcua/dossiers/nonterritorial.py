"""
A dossier received by a unit whose agency does not decide: where it is on its way, and what may be done meanwhile.

Pure. The receiving unit accepts, digitises and forwards; the competent agency's receipt starts the clock; until then
there is only an expected date (facts-lifecycle.md 2.3, 2.4, 2.10; NĐ 309/2026 Art 9 and 17(3); R-074 to R-076).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from enum import StrEnum
from typing import Any, Protocol

from motcua.dossiers.rules import ACT_NAMES, Act, NotAllowedNow
from motcua.kernel.calendar import LOCAL, WorkingCalendar
from motcua.kernel.counting import Limit, Policy, due_at
from motcua.kernel.deadline import forward_by
from motcua.kernel.errors import Conflict, Invalid


class Handing(StrEnum):
    """
    own        received where it is decided on, or at that agency's own counter
    received   lies at the receiving unit, to be forwarded
    forwarded  waits for the competent agency's confirmation
    confirmed  the competent agency has it; its clock runs
    """

    OWN = "own"
    RECEIVED = "received"
    FORWARDED = "forwarded"
    CONFIRMED = "confirmed"


HANDING_NAMES: Mapping[Handing, str] = {
    Handing.OWN: "",
    Handing.RECEIVED: "Chờ chuyển đến cơ quan có thẩm quyền",
    Handing.FORWARDED: "Đã chuyển, chờ cơ quan có thẩm quyền xác nhận",
    Handing.CONFIRMED: "Cơ quan có thẩm quyền đã tiếp nhận",
}


class Why(StrEnum):
    """Why the competent agency sends a dossier back."""

    NOT_COMPETENT = "not_competent"
    INCOMPLETE = "incomplete"


WHY_NAMES: Mapping[Why, str] = {
    Why.NOT_COMPETENT: "Không thuộc thẩm quyền của cơ quan này",
    Why.INCOMPLETE: "Hồ sơ chưa đầy đủ, bản số hóa chưa dùng được",
}


class NotConfirmed(Conflict):
    """The competent agency has not confirmed its receipt, so nothing of its work can be done."""

    code = "not_confirmed"

    def __init__(self, act: Act) -> None:
        super().__init__(
            "Cơ quan có thẩm quyền chưa xác nhận tiếp nhận hồ sơ này nên chưa thực hiện được việc"
            f" “{ACT_NAMES[act]}”.",
            act=act.value,
        )


class OtherLevel(Conflict):
    """The unit named decides by another process than the one the dossier runs by."""

    code = "other_level"
    message = (
        "Cơ quan được chọn giải quyết thủ tục này theo quy trình của cấp khác. Hủy hồ sơ và nhập lại với đúng cơ quan"
        " có thẩm quyền; người nộp không phải nộp lại giấy tờ."
    )


# What may be done before the competent agency has confirmed: everything else is its work.
BEFORE = frozenset(
    {
        Act.ACCEPT,
        Act.REFUSE,
        Act.FORWARD,
        Act.CONFIRM_RECEIPT,
        Act.SEND_BACK,
        Act.REQUEST_SUPPLEMENT,
        Act.SUPPLEMENT,
        Act.WITHDRAW,
        Act.STOP,
        Act.HAND_BACK,
        Act.VOID,
        Act.DIGITISE,
        Act.ISSUE_SLIP,
        Act.ASSIGN,
        Act.RELEASE,
        Act.CORRECT_INTAKE,
        Act.TRANSFER,
        Act.RESTATE_FORWARD,
        Act.SIGN_PAPER,
        Act.CLOSE_CONTROL_SLIP,
    }
)
# Of these, what the receiving unit may do only while the dossier lies there.
HERE = frozenset({Act.REQUEST_SUPPLEMENT, Act.VOID, Act.CORRECT_INTAKE})


class Handed(Protocol):
    """The part of a dossier these rules look at."""

    non_territorial: bool
    accepted_at: datetime | None
    forwarded_at: datetime | None
    confirmed_at: datetime | None


def handing(dossier: Handed) -> Handing:
    """Return where a dossier is between the unit that received and the agency that decides."""
    if not dossier.non_territorial:
        return Handing.OWN
    if dossier.confirmed_at is not None:
        return Handing.CONFIRMED
    return Handing.RECEIVED if dossier.forwarded_at is None else Handing.FORWARDED


def underway(dossier: Handed) -> bool:
    """Tell whether a dossier was accepted for another agency that has not confirmed yet."""
    return dossier.accepted_at is not None and handing(dossier) in (Handing.RECEIVED, Handing.FORWARDED)


def check(act: Act, dossier: Handed) -> None:
    """
    Let an act pass that may be done where the dossier is on its way.

    :raises NotConfirmed: it is the competent agency's, which has not confirmed.
    :raises NotAllowedNow: the dossier is on its way, or not; nothing is to be forwarded or confirmed.
    """
    where = handing(dossier)
    if act in (Act.CONFIRM_RECEIPT, Act.SEND_BACK) and where is not Handing.FORWARDED:
        raise NotAllowedNow(
            "Hồ sơ này đã được cơ quan có thẩm quyền xác nhận tiếp nhận."
            if where is Handing.CONFIRMED
            else "Hồ sơ này không chờ cơ quan có thẩm quyền xác nhận tiếp nhận."
        )
    if not underway(dossier):
        return
    if act not in BEFORE:
        raise NotConfirmed(act)
    if where is Handing.FORWARDED and (act is Act.FORWARD or act in HERE):
        raise NotAllowedNow(
            "Hồ sơ đã chuyển đến cơ quan có thẩm quyền và đang chờ xác nhận; chưa làm được việc này ở nơi tiếp nhận."
        )


def why(text: str) -> Why:
    """
    Return a reason of the closed list.

    :raises Invalid: it is none of them.
    """
    if text not in set(Why):
        raise Invalid(errors={"why": "Chọn lý do chuyển trả trong danh sách."})
    return Why(text)


def to_forward_by(at: datetime, settings: Mapping[str, Any], calendar: WorkingCalendar) -> datetime:
    """Return until when a dossier received at `at` is to be forwarded (the 15:00 rule, a dated setting)."""
    return forward_by(at, calendar, cutoff=time.fromisoformat(settings["forward_cutoff"]))


def to_confirm_by(
    at: datetime, settings: Mapping[str, Any], policy: Policy, calendar: WorkingCalendar
) -> datetime:
    """Return until when receipt of a dossier forwarded at `at` is to be confirmed (a dated setting)."""
    return due_at(at, Limit.from_json(settings["confirm_within"]), policy, calendar)


def expected(
    at: datetime,
    limit: Limit,
    settings: Mapping[str, Any],
    policy: Policy,
    here: WorkingCalendar,
    there: WorkingCalendar,
) -> datetime:
    """
    Return by when the result may be expected of a dossier received at `at` for another agency: forwarded and confirmed
    at the last moment each, counted from there by the agency's calendar, at the end of that day. The real date is
    never later where both keep their time.
    """
    confirmed = to_confirm_by(to_forward_by(at, settings, here), settings, policy, there)
    found = due_at(confirmed, limit, policy, there)
    day = found.astimezone(LOCAL).date()
    return max(found, there.end_of_day(day)) if there.is_working(day) else found
