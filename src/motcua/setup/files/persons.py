"""Fictitious people and the staff of the demo."""

from __future__ import annotations

from motcua.kernel.actor import DutyScope, Role
from motcua.kernel.codes import tax_check_digit
from motcua.setup.files.shared import (
    CODE,
    WORDS,
    Data,
    Known,
)
from motcua.setup.loaders_schema import (
    Day,
    Flag,
    Listing,
    Named,
    Record,
    Spec,
    Text,
    Where,
    Whole,
)


def people(known: Known) -> Spec:
    """Return the schema of people.yaml."""
    short = Text(null=True)
    return Record(
        {
            "schema": Text(choices=("people/v1",), of="các phiên bản cấu trúc"),
            "notice": WORDS,
            "reference_date": Day(),
            "seed": Whole(),
            "persons": Listing(
                Record(
                    {
                        "code": CODE,
                        "fictitious": Flag(),
                        "personal_id": Text(pattern=r"\d{12}"),
                        "full_name": WORDS,
                        "gender": Text(choices=("nam", "nu"), of="giới tính"),
                        "birth_date": Day(),
                        "age_at_reference": Whole(),
                        "ethnicity": WORDS,
                        "religion": WORDS,
                        "nationality": WORDS,
                        "place_of_origin": short,
                        "permanent_commune": short,
                        "permanent_address": WORDS,
                        "temporary_commune": short,
                        "marital_status": WORDS,
                        "spouse": short,
                        "father": short,
                        "mother": short,
                        "household": short,
                        "relation_to_head": WORDS,
                        "job": short,
                        "phone": short,
                        "email": short,
                        "has_vneid_level2": Flag(),
                        "social_insurance_no": short,
                        "flags": Listing(WORDS),
                        "deceased": Flag(),
                        "death_date": Day(null=True),
                    }
                ),
                key="code",
                least=1,
            ),
            "households": Listing(
                Record(
                    {
                        "code": CODE,
                        "fictitious": Flag(),
                        "commune": CODE,
                        "address": WORDS,
                        "head": CODE,
                        "members": Listing(CODE, least=1),
                        "poverty_status": WORDS,
                    }
                ),
                key="code",
            ),
            "enterprises": Listing(
                Record(
                    {
                        "code": CODE,
                        "fictitious": Flag(),
                        "tax_code": Text(pattern=r"\d{10}(-\d{3})?"),
                        "type": WORDS,
                        "name": WORDS,
                        "commune": CODE,
                        "address": WORDS,
                        "legal_rep": CODE,
                        "legal_rep_id": WORDS,
                        "charter_capital": Whole(least=0),
                        "established_date": Day(),
                        "status": WORDS,
                        "business_lines": Listing(Record({"code": WORDS, "name": WORDS, "is_main": Flag()})),
                        "phone": short,
                        "email": short,
                    }
                ),
                key="code",
            ),
        }
    )


def check_people(doc: Data, known: Known, where: Where) -> None:
    """Check relatives, households, representatives, places and repeated numbers."""
    places = {org["code"] for org in known.organisations["organisations"]}
    persons = {person["code"]: person for person in doc["persons"]}
    homes = {home["code"] for home in doc["households"]}
    numbers: dict[str, str] = {}
    for code, person in persons.items():
        here = where.of(code)
        if person["personal_id"] in numbers:
            here.into("personal_id").bad(f"số định danh trùng với {numbers[person['personal_id']]}.")
        numbers[person["personal_id"]] = code
        for key in ("spouse", "father", "mother"):
            if person[key] is not None and person[key] not in persons:
                here.into(key).bad(f"“{person[key]}” không có trong tệp.")
        for key in ("place_of_origin", "permanent_commune", "temporary_commune"):
            if person[key] is not None and person[key] not in places:
                here.into(key).bad(f"địa bàn “{person[key]}” không có.")
        if person["household"] is not None and person["household"] not in homes:
            here.into("household").bad(f"hộ “{person['household']}” không có.")
    for firm in doc["enterprises"]:
        here = where.of(firm["code"])
        if firm["tax_code"] in numbers:
            here.into("tax_code").bad(f"mã số thuế trùng với {numbers[firm['tax_code']]}.")
        numbers[firm["tax_code"]] = firm["code"]
        if tax_check_digit(firm["tax_code"][:9]) != int(firm["tax_code"][9]):
            here.into("tax_code").bad("số kiểm tra của mã số thuế sai.")
        if firm["legal_rep"] not in persons:
            here.into("legal_rep").bad(f"người đại diện “{firm['legal_rep']}” không có.")
        if firm["commune"] not in places:
            here.into("commune").bad(f"địa bàn “{firm['commune']}” không có.")


def demo_staff(known: Known) -> Spec:
    """Return the schema of demo_staff.yaml."""
    role = Text(choices=[str(item) for item in Role], of="danh mục vai trò")
    scope = Text(choices=[str(item) for item in DutyScope], of="các phạm vi")
    post = Record(
        {"suffix": Text(pattern=r"[a-z0-9]+"), "position": WORDS, "roles": Listing(role, least=1)},
        {"scope": scope, "fields": Listing(Text(choices=known.codes("fields"), of="danh mục lĩnh vực"))},
    )
    return Record(
        {
            "schema": Text(choices=("demo_staff/v1",), of="các phiên bản cấu trúc"),
            "notice": WORDS,
            "password": Text(pattern=r"\S{8,}"),
            "valid_from": Day(),
            "names": Record(
                {
                    "family": Listing(WORDS, least=1),
                    "middle_male": Listing(WORDS, least=1),
                    "middle_female": Listing(WORDS, least=1),
                    "male": Listing(WORDS, least=1),
                    "female": Listing(WORDS, least=1),
                }
            ),
            "prefixes": Named(
                Text(pattern=r"[a-z0-9]+(-[a-z0-9]+)*"), known.units or None, "danh mục đơn vị"
            ),
            "rules": Listing(
                Record({"unit_kinds": Listing(WORDS, least=1), "posts": Listing(post, least=1)})
            ),
            "people": Listing(
                Record(
                    {
                        "username": Text(pattern=r"[a-z0-9][a-z0-9.\-]*"),
                        "full_name": WORDS,
                        "position": WORDS,
                        "duties": Listing(
                            Record(
                                {
                                    "unit": Text(choices=known.units or None, of="danh mục đơn vị"),
                                    "role": role,
                                },
                                {
                                    "scope": scope,
                                    "fields": Listing(
                                        Text(choices=known.codes("fields"), of="danh mục lĩnh vực")
                                    ),
                                    "valid_from": Day(),
                                    "valid_to": Day(null=True),
                                },
                            ),
                            least=1,
                        ),
                    }
                ),
                key="username",
            ),
        }
    )
