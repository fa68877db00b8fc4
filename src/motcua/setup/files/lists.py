"""The lists that other files refer to."""

from __future__ import annotations

import re

from motcua.kernel.actor import Role
from motcua.organisation.rules import ResolvesTo
from motcua.setup.files.shared import (
    CODE,
    NOTE,
    TIER,
    WORDS,
    Data,
    coded,
)
from motcua.setup.loaders_schema import (
    Listing,
    Record,
    Spec,
    Text,
    Where,
    Whole,
)


def catalogues() -> Spec:
    """Return the schema of catalogues.yaml."""
    return Record(
        {
            "schema": Text(choices=("catalogues/v1",), of="các phiên bản cấu trúc"),
            "fields": coded({"ministry": WORDS}),
            "agency_kinds": coded({"tier": TIER}),
            "unit_kinds": coded(
                {
                    "tier": TIER,
                    "resolves_to": Text(
                        choices=[str(item) for item in ResolvesTo], of="các cách xác định đơn vị"
                    ),
                    "target": WORDS,
                }
            ),
            "roles": coded(),
            "outcomes": coded({"default_next": WORDS}),
            "channels": coded(),
            "online_levels": coded(),
            "receiving_places": coded(),
            "applicant_kinds": coded(),
            "time_units": coded({"hours": Whole(least=1)}, {"note": NOTE}),
            "field_types": Listing(WORDS, least=1),
            "condition_ops": Listing(WORDS, least=1),
            "databases": coded({"owner": WORDS, "scope": WORDS, "fields": Listing(WORDS, least=1)}),
            "preset_reasons": coded({"act": WORDS, "label": WORDS}),
            "validators": Listing(Record({"code": CODE, "pattern": WORDS}, {"note": NOTE}), key="code"),
        }
    )


def check_catalogues(doc: Data, where: Where) -> None:
    """Check that roles and outcomes are those the process engine knows."""
    known = {str(role) for role in Role}
    for item in doc["roles"]:
        if item["code"] not in known:
            where.of(item["code"]).into("roles").bad("vai trò này hệ thống chưa biết.")
    for item in doc["validators"]:
        try:
            re.compile(item["pattern"])
        except re.error as fault:
            where.of(item["code"]).into("validators.pattern").bad(f"biểu thức sai: {fault}.")
