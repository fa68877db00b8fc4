"""
Rules of dossiers taken on paper while the system was down and entered afterwards (R-053).

Pure. The dossier is received when the paper was taken: slip, number of the year, due date and figures follow that
moment; the ledger keeps both. Facts-lifecycle.md 2.6: an outage is repaired within a day, and the clock goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from motcua.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from motcua.kernel.text import clean
from motcua.kernel.wording import moment_vi


@dataclass(frozen=True, slots=True)
class LateReceipt:
    """When the paper was really taken, and during which declared outage, or why the system could not be used."""

    received_at: datetime | None
    outage_id: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Declared:
    """An outage as it was declared; without an end it goes on, without an agency it is the whole province's."""

    id: int
    what: str
    began_at: datetime
    ended_at: datetime | None
    agency_id: int | None


class OutageNotFound(NotFound):
    """No such outage."""

    code = "outage_not_found"
    message = "Không tìm thấy sự cố này."


class OutageEnded(Conflict):
    """Its end was declared already."""

    code = "outage_ended"
    message = "Sự cố này đã được ghi là kết thúc."


class NotDeclaring(Forbidden):
    """Outages are declared by who runs the system."""

    code = "outage_admin_only"
    message = "Chỉ quản trị hệ thống được ghi nhận sự cố."


def moment(received_at: datetime | None, at: datetime) -> datetime:
    """
    Return the moment the paper was taken, which lies before the entry.

    :raises Invalid:
    """
    if received_at is None or received_at >= at:
        raise Invalid(errors={"received_at": "Ghi ngày, giờ đã nhận giấy tờ, trước lúc này."})
    return received_at


def within(received_at: datetime, outage: Declared | None, agency_id: int, reason: str) -> str:
    """
    Return the reason of an entry whose receipt lies within its outage; `agency_id` is the receiving unit's.

    :raises Invalid: before the outage, after it, of another agency's outage, or without any reason.
    """
    words = clean(reason, field="reason")[:2000]
    if outage is None:
        if len(words) < 10:
            raise Invalid(errors={"outage_reason": "Ghi rõ vì sao không nhập được ngay (ít nhất 10 ký tự)."})
        return words
    if outage.agency_id not in (None, agency_id):
        raise Invalid(errors={"outage": "Sự cố này không xảy ra ở cơ quan của quầy bạn."})
    if received_at < outage.began_at:
        raise Invalid(
            errors={"received_at": f"Sự cố bắt đầu lúc {moment_vi(outage.began_at)}; ghi lúc nhận sau đó."}
        )
    if outage.ended_at is not None and received_at > outage.ended_at:
        raise Invalid(
            errors={
                "received_at": f"Sự cố đã hết lúc {moment_vi(outage.ended_at)}; từ lúc đó nhập hồ sơ như thường."
            }
        )
    return words


def in_time(until: datetime, at: datetime) -> None:
    """
    Let an entry pass that comes before the last moment the dated setting gives.

    :raises Invalid:
    """
    if at > until:
        raise Invalid(
            errors={
                "received_at": f"Hồ sơ nhận khi có sự cố chỉ nhập được đến {moment_vi(until)}; báo quản trị hệ thống."
            }
        )


def declaration(
    what: str, began_at: datetime | None, ended_at: datetime | None, at: datetime
) -> tuple[str, datetime]:
    """
    Return what an outage was and when it began, as it may be declared.

    :raises Invalid: nothing is said of it, or its moments are not in order, or to come.
    """
    words = clean(what, field="what", single_line=True)[:300]
    errors: dict[str, str] = {}
    if len(words) < 10:
        errors["what"] = "Ghi rõ sự cố gì (ít nhất 10 ký tự)."
    if began_at is None or began_at > at:
        errors["began_at"] = "Ghi lúc bắt đầu, không muộn hơn lúc này."
    if ended_at is not None and (ended_at > at or (began_at is not None and ended_at <= began_at)):
        errors["ended_at"] = "Lúc kết thúc phải sau lúc bắt đầu và không muộn hơn lúc này."
    if errors:
        raise Invalid(errors=errors)
    assert began_at is not None  # noqa: S101  (refused above)
    return words, began_at
