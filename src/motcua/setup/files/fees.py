"""Fees, holidays and working hours."""

from __future__ import annotations

from motcua.setup.files.shared import (
    CERTAINTY,
    HOUR,
    MONTH_DAY,
    NOTE,
    WORDS,
    Data,
    Known,
    coded,
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
    Whole,
)
from motcua.territory.rules import DayKind


def fees_holidays(known: Known) -> Spec:
    """Return the schema of fees_holidays.yaml."""
    amount = Whole(null=True, least=0)
    return Record(
        {
            "schema": Text(choices=("fees_holidays/v1",), of="các phiên bản cấu trúc"),
            "timezone": WORDS,
            "weekend": Listing(WORDS),
            "holiday_types": coded(),
            "holidays": Listing(
                Record(
                    {
                        "date": Day(),
                        "name": WORDS,
                        "type": Text(choices=[str(item) for item in DayKind], of="các loại ngày"),
                        "certainty": CERTAINTY,
                    },
                    {"swap_with": Day(), "apply": Flag(), "note": NOTE},
                ),
                key="date",
            ),
            "office_hours": coded(
                {
                    "applies_to": Listing(WORDS),
                    "days": Listing(
                        Text(
                            choices=(
                                "monday",
                                "tuesday",
                                "wednesday",
                                "thursday",
                                "friday",
                                "saturday",
                                "sunday",
                            ),
                            of="các thứ trong tuần",
                        ),
                        least=1,
                    ),
                    "periods": Listing(Listing(HOUR), least=1),
                    "hours_per_day": Number(),
                    "certainty": CERTAINTY,
                },
                {"season": Record({"from": MONTH_DAY, "to": MONTH_DAY}), "note": NOTE},
            ),
            "same_day_cutoff": Record({"time": HOUR, "rule": WORDS, "certainty": CERTAINTY}),
            "fee_exemption_groups": coded({"proof_db": Text(null=True)}),
            "fee_catalogue": coded(
                {
                    "kind": Text(choices=("phi", "le_phi"), of="các loại phí"),
                    "unit": WORDS,
                    "amounts": Record({"direct": amount, "online": amount, "post": amount}),
                    "legal_basis": WORDS,
                    "scope": WORDS,
                    "certainty": CERTAINTY,
                    "valid_from": Day(),
                    "valid_to": Day(null=True),
                },
                {"note": NOTE},
            ),
        }
    )


def check_fees_holidays(doc: Data, where: Where) -> None:
    """Check swapped days and sessions."""
    days = {item["date"]: item for item in doc["holidays"]}
    for code, item in days.items():
        if item["type"].startswith("swapped"):
            pair = item.get("swap_with")
            if pair not in days or days[pair].get("swap_with") != code:
                where.of(code).into("swap_with").bad("ngày hoán đổi không có cặp.")
    for hours in doc["office_hours"]:
        before = ""
        for period in hours["periods"]:
            if len(period) != 2 or not before <= period[0] < period[1]:
                where.of(hours["code"]).into("periods").bad("buổi làm việc sai hoặc chồng nhau.")
                break
            before = period[1]
