"""national_portal.yaml: the interfaces of the national portal, and which partner is spoken to in which (R-063)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from motcua.exchange import wire
from motcua.exchange.wire import Generation, Need, Shape
from motcua.setup.files.shared import CERTAINTY, CODE, NOTE, WORDS
from motcua.setup.loaders_schema import Day, Flag, Listing, Named, Record, Spec, Text, Where, Whole

Data = Mapping[str, Any]
FILE = "national_portal.yaml"
_SPOKEN = [str(one) for one in Generation if one is not Generation.NEUTRAL]
_INTERFACE = Text(choices=_SPOKEN, of="các thế hệ giao diện")
_DEPTH = 5


class _CodeValue:
    """A code of theirs: a whole number or a text."""

    def check(self, value: Any, where: Where) -> None:
        if isinstance(value, bool) or not isinstance(value, int | str):
            where.bad("phải là số nguyên hoặc chữ.")


def _field(depth: int) -> Record:
    inner: dict[str, Spec] = {"fields": Listing(_field(depth - 1), least=1)} if depth else {}
    return Record(
        {"name": Text(pattern=r"[A-Za-z][A-Za-z0-9]*"), "from": Text(pattern=r"[a-z_]+")},
        {
            "as": Text(choices=[str(one) for one in Shape], of="các dạng giá trị"),
            "need": Text(choices=[str(one) for one in Need], of="các mức bắt buộc"),
            "length": Whole(least=2),
            "cut": Flag(),
            "codes": CODE,
            "certainty": CERTAINTY,
            "only": Listing(_INTERFACE, least=1),
            **inner,
        },
    )


def interfaces(partners: set[str]) -> Spec:
    """Return the schema of national_portal.yaml."""
    dated: dict[str, Spec] = {"valid_from": Day(), "valid_to": Day(null=True), "certainty": CERTAINTY}
    setting = Record(
        {"certainty": CERTAINTY},
        {"path": Text(pattern=r"/[A-Za-z0-9_/.\-]*"), "service": CODE, "unit": CODE, "updating": CODE,
         "only": Listing(_INTERFACE, least=1)},
    )  # fmt: skip
    return Record(
        {
            "uses": Listing(
                Record(
                    {
                        "partner": Text(choices=partners, of="partners.yaml"),
                        "interface": _INTERFACE,
                        "unit": CODE,
                        "target": Text(blank=True),
                        "own_codes": Flag(),
                        **dated,
                    },
                    {"note": NOTE},
                )
            ),
            "interfaces": Listing(
                Record(
                    {
                        "interface": _INTERFACE,
                        "also": Listing(_INTERFACE),
                        "strings": Flag(),
                        "moment": WORDS,
                        "link_days": Whole(least=1),
                        "settings": Named(setting),
                        "codes": Named(Named(_CodeValue())),
                        "messages": Named(Listing(_field(_DEPTH), least=1)),
                        **dated,
                    },
                )
            ),
        }
    )


def check_interfaces(doc: Data, where: Where) -> None:
    """Note what the schema does not see: lists of codes that are not there, fields told twice."""
    for row in forms(doc):
        for fault in wire.faults_of(row["body"]):
            where.of(row["interface"]).bad(fault)


def uses(doc: Data) -> list[dict[str, Any]]:
    """Return which partner is spoken to in which interface, as the room takes it."""
    return [{"note": "", **item, **_days(item)} for item in doc["uses"]]


def forms(doc: Data) -> list[dict[str, Any]]:
    """Return one form for each interface and period: fields and settings that are not of it are left out."""
    return [
        {
            "interface": name,
            "body": {
                **{key: item[key] for key in ("strings", "moment", "link_days", "codes")},
                "settings": {key: one for key, one in item["settings"].items() if _of(one, name)},
                "messages": {key: _fields(rows, name) for key, rows in item["messages"].items()},
            },
            "certainty": item["certainty"],
            **_days(item),
        }
        for item in doc["interfaces"]
        for name in (item["interface"], *item["also"])
    ]


def _days(item: Data) -> dict[str, date | None]:
    last = item["valid_to"]
    return {
        "valid_from": date.fromisoformat(item["valid_from"]),
        "valid_to": date.fromisoformat(last) if last else None,
    }


def _of(item: Data, name: str) -> bool:
    return name in item.get("only", (name,))


def _fields(rows: list[Data], name: str) -> list[dict[str, Any]]:
    found = []
    for row in rows:
        if _of(row, name):
            kept = {key: value for key, value in row.items() if key != "only"}
            if "fields" in row:
                kept["fields"] = _fields(row["fields"], name)
            found.append(kept)
    return found
