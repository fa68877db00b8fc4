"""
Rules of results nobody has come for: when an owner may be reminded again, when a result may go to the archive.

Pure. Days are dated settings (`uncollected`): bounds of the list, days between two reminders, days until the archive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from motcua.dossiers.rules import NotAllowedNow


class RemindedAlready(NotAllowedNow):
    """The owner was reminded not long ago."""

    code = "reminded_already"

    def __init__(self, days: int) -> None:
        super().__init__(f"Người nộp vừa được nhắc; mỗi lần nhắc cách nhau ít nhất {days} ngày.")


class TooEarlyToArchive(NotAllowedNow):
    """The result has not waited long enough to go to the archive."""

    code = "too_early_to_archive"

    def __init__(self, days: int) -> None:
        super().__init__(f"Kết quả chờ đủ {days} ngày mới chuyển lưu; trước đó tiếp tục nhắc người nộp.")


class AlreadyArchived(NotAllowedNow):
    """The result lies in the archive."""

    code = "already_archived"

    def __init__(self) -> None:
        super().__init__("Kết quả này đã chuyển lưu; người nộp đến thì lấy từ lưu ra để trả.")


@dataclass(frozen=True, slots=True)
class Waits:
    """The settings: `bounds` of ages in days, days between reminders, days until a result may be archived."""

    bounds: tuple[int, ...]
    remind_every: int
    archive_after: int

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Waits:
        """Read what the settings say."""
        return cls(tuple(sorted(data["bounds"])), data["remind_every"], data["archive_after"])

    def remind(self, reminded_at: datetime | None, at: datetime) -> None:
        """
        Let a reminder pass.

        :raises RemindedAlready:
        """
        if reminded_at is not None and at < reminded_at + timedelta(days=self.remind_every):
            raise RemindedAlready(self.remind_every)

    def archive(self, ready_at: datetime, archived_at: datetime | None, at: datetime) -> None:
        """
        Let a result that waits since `ready_at` go to the archive.

        :raises TooEarlyToArchive, AlreadyArchived:
        """
        if archived_at is not None:
            raise AlreadyArchived
        if at < ready_at + timedelta(days=self.archive_after):
            raise TooEarlyToArchive(self.archive_after)
