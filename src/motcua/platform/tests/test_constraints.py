"""A broken constraint is told as the refusal it means; any other fault stays what it is."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from motcua.kernel.errors import Conflict
from motcua.platform import constraints


class Taken(Conflict):
    """Somebody else has it."""

    code = "taken"


def insert_twice(column: str) -> None:
    """Break a unique constraint, named `one_<column>`, of a table of this transaction's own."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE thing ({column} int CONSTRAINT one_{column} UNIQUE) ON COMMIT DROP"
        )
        cursor.execute("INSERT INTO thing VALUES (1), (1)")


@pytest.mark.django_db(transaction=True)
def test_the_named_constraint_only() -> None:
    with pytest.raises(Taken), constraints.kept("one_a", Taken), transaction.atomic():
        insert_twice("a")
    with pytest.raises(IntegrityError), constraints.kept("one_a", Taken), transaction.atomic():
        insert_twice("b")
