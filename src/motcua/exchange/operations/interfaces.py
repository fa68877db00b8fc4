"""The interfaces of the national portal as the data state them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from motcua.exchange.models import InterfaceUse, WireForm
from motcua.platform.records import Counts, bring


@transaction.atomic
def set_interfaces(
    uses: Sequence[Mapping[str, Any]], forms: Sequence[Mapping[str, Any]]
) -> dict[str, Counts]:
    """Bring which partner is spoken to in which interface, and the interfaces' fields and codes."""
    return {
        "interface_uses": bring(InterfaceUse, uses, key=("partner", "valid_from")),
        "wire_forms": bring(WireForm, forms, key=("interface", "valid_from")),
    }
