"""Kinds of papers and results."""

from __future__ import annotations

from motcua.setup.files.shared import (
    CERTAINTY,
    NOTE,
    WORDS,
    Data,
    Known,
    coded,
)
from motcua.setup.loaders_schema import (
    Flag,
    Listing,
    Named,
    Null,
    Record,
    Spec,
    Text,
    Where,
    Whole,
)


def paper_types(known: Known) -> Spec:
    """Return the schema of paper_types.yaml."""
    issuers = Text()
    databases = Text(choices=known.codes("databases"), of="danh mục cơ sở dữ liệu")
    validity = Record({"rule": WORDS, "months": Whole(null=True, least=1)}, {"note": NOTE})
    return Record(
        {
            "schema": Text(choices=("paper_types/v1",), of="các phiên bản cấu trúc"),
            "code_scheme": Record({"paper": WORDS, "result": WORDS, "groups": Named(WORDS)}),
            "other_issuers": coded(),
            "validity_rules": coded(),
            "paper_types": Listing(
                Record(
                    {
                        "code": Text(pattern=r"GT-[A-Z]{2}-\d{2}"),
                        "name": WORDS,
                        "group": WORDS,
                        "issuing_agency_kind": issuers,
                        "validity": validity,
                        "identity_fields": Listing(WORDS, least=1),
                        "database": Null(
                            Record(
                                {"code": databases, "lookup_by": Listing(WORDS), "must_not_ask_again": Flag()}
                            )
                        ),
                        "national_code": Text(null=True),
                        "certainty": CERTAINTY,
                    },
                    {"note": NOTE},
                ),
                key="code",
                least=1,
            ),
            "result_types": Listing(
                Record(
                    {
                        "code": Text(pattern=r"KQ-[A-Z]{2}-\d{2}"),
                        "name": WORDS,
                        "issuing_agency_kind": issuers,
                        "validity": validity,
                        "paper_type": Text(null=True),
                        "electronic_format": WORDS,
                        "certainty": CERTAINTY,
                    },
                    {"note": NOTE},
                ),
                key="code",
                least=1,
            ),
        }
    )


def check_paper_types(doc: Data, known: Known, where: Where) -> None:
    """Check issuers, validity rules, and which paper a result becomes."""
    issuers = known.codes("agency_kinds") | {item["code"] for item in doc["other_issuers"]}
    rules = {item["code"] for item in doc["validity_rules"]}
    papers = {item["code"] for item in doc["paper_types"]}
    for item in (*doc["paper_types"], *doc["result_types"]):
        here = where.of(item["code"])
        if item["issuing_agency_kind"] not in issuers:
            here.into("issuing_agency_kind").bad(f"“{item['issuing_agency_kind']}” không có trong danh mục.")
        if item["validity"]["rule"] not in rules:
            here.into("validity.rule").bad(f"“{item['validity']['rule']}” không có trong validity_rules.")
        if (item["validity"]["rule"] == "months") != (item["validity"]["months"] is not None):
            here.into("validity.months").bad("có số tháng khi và chỉ khi hiệu lực tính theo tháng.")
        if item["code"].split("-")[1] not in doc["code_scheme"]["groups"]:
            here.into("code").bad("nhóm trong mã không có trong code_scheme.groups.")
    for item in doc["result_types"]:
        if item["paper_type"] is not None and item["paper_type"] not in papers:
            where.of(item["code"]).into("paper_type").bad(f"giấy tờ “{item['paper_type']}” không có.")
