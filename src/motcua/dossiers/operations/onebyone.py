"""
The act on many dossiers, one at a time: what is common to whatever begins it.

Nothing is ever half done: each dossier's act is one transaction with a key of its own (run, turn, attempt), so a worker
that is killed between an act and its note finds, when it goes on, that the act is done and does not repeat it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import structlog
from django.db import InterfaceError, OperationalError
from django.db.models import F, Manager

from motcua.dossiers.models_items import ItemOfMany
from motcua.dossiers.rules import AGAIN, ItemState, NothingToRepeat
from motcua.kernel.errors import DomainError

log = structlog.get_logger(__name__)
FAULT: Final = "Hệ thống gặp lỗi khi xử lý hồ sơ này; lỗi đã được ghi lại. Thử lại, hoặc báo quản trị."


def perform(
    item: ItemOfMany,
    act: Callable[[], Mapping[str, str]],
    *,
    at: datetime,
    settled: tuple[type[DomainError], ...] = (),
) -> None:
    """
    Do the act on one dossier and note what became of it; `act` returns what else to write into the row.

    Whatever it is refused for is written down; a fault of ours too, and the others go on. A refusal among `settled`
    means that it came right by another way meanwhile.

    :raises OperationalError, InterfaceError: the database does not answer; the run is taken up again here.
    """
    state, reason, message = ItemState.DONE, "", ""
    more: Mapping[str, str] = {}
    try:
        more = act()
    except settled as nothing:
        reason, message = nothing.code, nothing.message
    except DomainError as refusal:
        state, reason, message = ItemState.REFUSED, refusal.code, refusal.message
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("item_failed", of=type(item).__name__, item=item.pk, dossier=item.code)
        state, reason, message = ItemState.FAILED, "fault", FAULT
    # also where a stop has marked it as left out meanwhile: what is done is told as done
    type(item)._default_manager.filter(pk=item.pk, attempt=item.attempt).update(
        **more, state=state.value, reason=reason, message=message, done_at=at
    )


def leave_out(items: Manager[Any]) -> None:
    """Leave out those whose turn has not come."""
    items.filter(state=ItemState.WAITING.value).update(state=ItemState.SKIPPED.value)


def take_up(items: Manager[Any], **anew: Any) -> int:
    """
    Let those refused, failed or left out have their turn again, with these columns set; return how many.

    :raises NothingToRepeat: all are done.
    """
    left = items.filter(state__in=sorted(AGAIN))
    # one left out has had no answer yet: its key stays, should a worker have just begun it
    left.exclude(state=ItemState.SKIPPED.value).update(attempt=F("attempt") + 1)
    count = left.update(**anew, state=ItemState.WAITING.value, reason="", message="", done_at=None)
    if not count:
        raise NothingToRepeat
    return count
