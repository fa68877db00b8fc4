"""What the files share: kinds of values, and the codes that files read before have brought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from motcua.organisation.rules import Tier
from motcua.setup.loaders_schema import (
    Listing,
    Record,
    Spec,
    Text,
)
from motcua.territory.rules import AreaClass, Certainty

Data = Mapping[str, Any]

CERTAINTY = Text(choices=[str(item) for item in Certainty], of="các mức độ chắc chắn")
TIER = Text(choices=[str(item) for item in Tier], of="các cấp")
LEVEL = Text(choices=("province", "district", "commune"), of="các cấp")
AREA = Text(choices=[str(item) for item in AreaClass], of="các loại địa bàn")
WORDS = Text()
NOTE = Text(blank=True, null=True)
CODE = Text(pattern=r"[A-Za-z0-9][A-Za-z0-9_.\-]*")
HOUR = Text(pattern=r"([01]\d|2[0-3]):[0-5]\d")
MONTH_DAY = Text(pattern=r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


@dataclass(slots=True)
class Known:
    """Codes that files read before have brought; what refers to others is checked against them."""

    catalogues: Data = field(default_factory=dict)
    organisations: Data = field(default_factory=dict)
    successors: Data = field(default_factory=dict)
    policies: Data = field(default_factory=dict)
    fees: dict[str, Data] = field(default_factory=dict)
    exemption_groups: set[str] = field(default_factory=set)
    papers: dict[str, Data] = field(default_factory=dict)
    results: dict[str, Data] = field(default_factory=dict)
    procedures: set[str] = field(default_factory=set)
    processes: list[Data] = field(default_factory=list)
    units: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)

    def codes(self, name: str) -> set[str]:
        """Return the codes of a shared list of the catalogue file."""
        return {item["code"] for item in self.catalogues[name]}


def coded(
    needs: Mapping[str, Spec] | None = None, may: Mapping[str, Spec] | None = None, least: int = 1
) -> Listing:
    """Return a list of records with code and name, each code once."""
    return Listing(Record({"code": CODE, "name": WORDS, **(needs or {})}, may or {}), key="code", least=least)
