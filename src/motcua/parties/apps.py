from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from motcua.platform.ledger import Head


class PartiesConfig(AppConfig):
    name = "motcua.parties"
    label = "parties"

    def ready(self) -> None:
        """Tell the ledger which chains this room keeps: one for each merge of two records."""
        from motcua.platform import ledger

        ledger.heads_from("parties", _heads)


def _heads() -> Iterator[Head]:
    from motcua.parties.models import Merge
    from motcua.platform.ledger import Head

    for subject, seq, digest in Merge.objects.order_by("id").values_list("subject", "head_seq", "head_hash"):
        yield Head(subject, seq, bytes(digest), f"gộp bản ghi {subject}")
