"""partners.yaml: the systems of others that data pass to and from (R-065)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from motcua.exchange import rules
from motcua.kernel.errors import Invalid
from motcua.setup.files.shared import WORDS
from motcua.setup.loaders_schema import Day, Listing, Record, Spec, Text, Where

Data = Mapping[str, Any]
FILE = "partners.yaml"


def partners(status_lists: set[str]) -> Spec:
    """Return the schema of partners.yaml."""
    return Record(
        {
            "partners": Listing(
                Record(
                    {
                        "code": WORDS,
                        "name": WORDS,
                        "scopes": Listing(
                            Text(choices=[str(scope) for scope in rules.Scope], of="các quyền"), least=1
                        ),
                        "statuses": Text(choices=status_lists, of="bảng trạng thái của policies.yaml"),
                        "address": Text(blank=True),
                        "valid_from": Day(),
                        "valid_to": Day(null=True),
                    }
                ),
                key="code",
            )
        }
    )


def check_partners(doc: Data, where: Where) -> None:
    """Note what the schema does not see: codes, names and addresses that cannot be used."""
    for item in doc["partners"]:
        try:
            rules.check_partner(code=item["code"], name=item["name"], address=item["address"])
        except Invalid as fault:
            for name, words in fault.errors.items():
                where.of(item["code"]).into(name).bad(words)


def rows(doc: Data) -> list[dict[str, Any]]:
    """Return the partners as the room takes them."""
    return [
        {
            **item,
            "scopes": rules.scopes_of(item["scopes"]),
            "valid_from": date.fromisoformat(item["valid_from"]),
            "valid_to": date.fromisoformat(item["valid_to"]) if item["valid_to"] else None,
        }
        for item in doc["partners"]
    ]
