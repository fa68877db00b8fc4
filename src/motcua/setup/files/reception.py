"""Reception not bound to administrative boundaries."""

from __future__ import annotations

from motcua.setup.files.shared import (
    CERTAINTY,
    CODE,
    NOTE,
    TIER,
    WORDS,
    Data,
    Known,
)
from motcua.setup.loaders_schema import (
    Day,
    Flag,
    Listing,
    Number,
    Record,
    Spec,
    Text,
    Where,
)


def non_territorial(known: Known) -> Spec:
    """Return the schema of non_territorial.yaml."""
    dated: dict[str, Spec] = {"valid_from": Day(), "valid_to": Day(null=True), "certainty": CERTAINTY}
    unit = Text(choices=known.units, of="danh sách đơn vị")
    return Record(
        {
            "schema": Text(choices=("non_territorial/v1",), of="các phiên bản cấu trúc"),
            "criteria": Listing(
                Record({"code": CODE, "text": WORDS, "excludes": Flag()}), key="code", least=1
            ),
            "savings": Listing(
                Record(
                    {
                        "code": CODE,
                        "tier": TIER,
                        "hours": Number(),
                        "kilometres": Number(),
                        "source": WORDS,
                        **dated,
                    }
                ),
                key="code",
            ),
            "lists": Listing(
                Record(
                    {
                        "kind": Text(choices=("approved", "pilot"), of="các loại danh mục"),
                        "decision_no": WORDS,
                        "decision_on": Day(),
                        "issuer": WORDS,
                        "unit_kinds": Listing(
                            Text(choices=known.codes("unit_kinds"), of="danh mục loại đơn vị")
                        ),
                        "units": Listing(unit),
                        "procedures": Listing(
                            Record(
                                {"code": Text(choices=known.procedures, of="danh mục thủ tục"), "note": NOTE}
                            ),
                            key="code",
                            least=1,
                        ),
                        "note": NOTE,
                        **dated,
                    }
                )
            ),
            "service_areas": Listing(
                Record({"unit": unit, "agency": unit, "decision_no": WORDS, "note": NOTE, **dated})
            ),
        }
    )


def check_non_territorial(doc: Data, where: Where) -> None:
    """Check that pilots end, and that no procedure stands on two lists on one day."""
    seen: dict[str, list[Data]] = {}
    for number, item in enumerate(doc["lists"], 1):
        place = where.into(f"lists[{number}]")
        if item["kind"] == "pilot" and item["valid_to"] is None:
            place.into("valid_to").bad("danh mục thí điểm phải có ngày kết thúc.")
        for entry in item["procedures"]:
            for other in seen.setdefault(entry["code"], []):
                later = max(item["valid_from"], other["valid_from"])
                if all(one["valid_to"] is None or one["valid_to"] >= later for one in (item, other)):
                    place.of(entry["code"]).into("code").bad("đã có trong một danh mục khác cùng thời gian.")
            seen[entry["code"]].append(item)
