"""The refusals everybody shares: anticipated, coded, told in Vietnamese, without a word of HTTP.

DomainError
├── NotFound    it is not there, or the actor may not see it (the two look alike on purpose)
├── Forbidden   the actor sees it but may not do this
├── Invalid     what was handed in cannot be taken as it is
└── Conflict    it was right once, or elsewhere, but not now
    ├── Stale       somebody else acted first
    └── Replayed    the same idempotency key came with another body
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class DomainError(Exception):
    """An anticipated refusal. `code` is stable; `message` is Vietnamese for the person; `data` are its facts."""

    code: ClassVar[str] = "refused"
    message: str = "Yêu cầu không thực hiện được."

    def __init__(self, message: str | None = None, **data: Any) -> None:
        self.message = message or type(self).message
        self.data: Mapping[str, Any] = data
        super().__init__(self.message)


class NotFound(DomainError):
    """Missing, or hidden from this actor."""

    code = "not_found"
    message = "Không tìm thấy nội dung này."


class Forbidden(DomainError):
    """Visible to the actor, but the act is not theirs."""

    code = "forbidden"
    message = "Bạn không được giao thực hiện việc này."


class Invalid(DomainError):
    """Input that cannot be taken. `errors` maps a field name to a Vietnamese sentence."""

    code = "invalid"
    message = "Thông tin chưa hợp lệ."

    def __init__(
        self, message: str | None = None, *, errors: Mapping[str, str] | None = None, **data: Any
    ) -> None:
        self.errors: dict[str, str] = dict(errors or {})
        if message is None and self.errors:
            message = " ".join(self.errors.values())
        super().__init__(message, **data)


class Conflict(DomainError):
    """Right once, or elsewhere, but not in the present state."""

    code = "conflict"
    message = "Việc này không còn thực hiện được ở trạng thái hiện tại."


class Stale(Conflict):
    """The page was made before somebody else acted."""

    code = "stale"
    message = "Có người vừa xử lý hồ sơ này trước bạn. Xem lại hồ sơ rồi thực hiện lại nếu còn cần."


class Replayed(Conflict):
    """The same idempotency key came with another body."""

    code = "replayed"
    message = "Yêu cầu này đã được gửi với nội dung khác. Mở lại trang và thực hiện lại."
