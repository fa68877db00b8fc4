"""Lists that a member of staff has narrowed and keeps under a name; each sees only their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from motcua.kernel.actor import Actor, ActorKind
from motcua.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from motcua.kernel.text import clean
from motcua.workflow.models import SavedFilter

MOST: Final = 30


class TooManyFilters(Conflict):
    """A person keeps no more filters than fit on the page."""

    code = "too_many_filters"
    message = f"Bạn đã lưu {MOST} bộ lọc cho danh sách này. Bỏ bớt một bộ lọc rồi lưu lại."


@dataclass(frozen=True, slots=True)
class Kept:
    """A saved filter; `query` is what follows the question mark of the list's address."""

    id: int
    name: str
    query: str


def of(actor: Actor, listing: str) -> list[Kept]:
    """Return the actor's filters of a list, by name (one statement); others than staff have none."""
    if actor.kind is not ActorKind.STAFF:
        return []
    rows = SavedFilter.objects.filter(account_id=actor.account_id, listing=listing).order_by("name")
    return [Kept(*row) for row in rows.values_list("id", "name", "query")[:MOST]]


@transaction.atomic
def keep(*, actor: Actor, listing: str, name: str, query: str, at: datetime) -> SavedFilter:
    """
    Keep a filter under a name; the same name again takes the new filter.

    :raises Forbidden: the actor is no member of staff.
    :raises Invalid: no name, or a filter too long to keep.
    :raises TooManyFilters:
    """
    if actor.kind is not ActorKind.STAFF:
        raise Forbidden
    title = clean(name, field="name", single_line=True)[:80]
    if not title:
        raise Invalid(errors={"name": "Đặt tên cho bộ lọc."})
    if len(query) > 1000:
        raise Invalid(errors={"name": "Bộ lọc này quá dài nên không lưu được."})
    mine = SavedFilter.objects.filter(account_id=actor.account_id, listing=listing)
    if not mine.filter(name=title).exists() and mine.count() >= MOST:
        raise TooManyFilters
    row, _ = SavedFilter.objects.update_or_create(
        account_id=actor.account_id, listing=listing, name=title, defaults={"query": query, "saved_at": at}
    )
    return row


def drop(*, actor: Actor, filter_id: int) -> None:
    """
    Throw a filter away.

    :raises NotFound: it is not the actor's.
    """
    gone, _ = SavedFilter.objects.filter(pk=filter_id, account_id=actor.account_id).delete()
    if actor.kind is not ActorKind.STAFF or not gone:
        raise NotFound("Không tìm thấy bộ lọc này.")
