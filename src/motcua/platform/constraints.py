"""What the database refuses because of a rule it keeps, told as the refusal it means."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError

from motcua.kernel.errors import DomainError


@contextmanager
def kept(constraint: str, refusal: type[DomainError]) -> Iterator[None]:
    """
    Raise the refusal when what is done inside breaks the constraint of this name; another fault goes on as it is.

    Around the whole transaction: after it the transaction cannot go on.
    """
    try:
        yield
    except IntegrityError as fault:
        diagnostics = getattr(fault.__cause__, "diag", None)
        if diagnostics is None or diagnostics.constraint_name != constraint:
            raise
        raise refusal from fault
