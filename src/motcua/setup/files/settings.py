"""What the province has set: limits, periods, grounds, thresholds."""

from __future__ import annotations

from motcua.catalogue.rules import code_shape
from motcua.documents.rules import DocumentKind
from motcua.dossiers.refunding import Ended
from motcua.evaluation.onpaper.rules import Checks as PaperChecks
from motcua.kernel.actor import Role
from motcua.kernel.counting import TimeUnit
from motcua.payments.rules import FeeKind
from motcua.setup.files.shared import (
    CERTAINTY,
    CODE,
    HOUR,
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
    Named,
    Null,
    Record,
    Spec,
    Text,
    Where,
    Whole,
)
from motcua.steering.discipline.rules import Thresholds
from motcua.steering.faults.rules import Seriousness
from motcua.territory.rules import HoursPurpose, LayerKind


def policies(known: Known) -> Spec:
    """Return the schema of policies.yaml."""
    dated: dict[str, Spec] = {"valid_from": Day(), "valid_to": Day(null=True), "certainty": CERTAINTY}
    unit_kind = Text(choices=known.codes("unit_kinds"), of="danh mục loại đơn vị")
    limit = Record(
        {
            "value": Whole(least=1),
            "unit": Text(choices=[str(item) for item in TimeUnit], of="các đơn vị thời gian"),
        }
    )
    return Record(
        {
            "schema": Text(choices=("policies/v1",), of="các phiên bản cấu trúc"),
            "receiving_place_kinds": Named(unit_kind, known.codes("receiving_places"), "danh mục nơi nhận"),
            "calendar_layers": coded(
                {
                    "kind": Text(choices=[str(item) for item in LayerKind], of="các tầng lịch"),
                    "parent": Text(null=True),
                }
            ),
            "holiday_layer": CODE,
            "one_stop_layer": CODE,
            "office_hours_use": Listing(
                Record(
                    {
                        "hours": CODE,
                        "layer": CODE,
                        "purpose": Text(choices=[str(item) for item in HoursPurpose], of="các mục đích"),
                        "apply": Flag(),
                    }
                ),
                key="hours",
            ),
            "deadline_policies": Listing(
                Record(
                    {
                        "scope": Text(
                            choices=("nation", "territory", "field", "procedure"), of="các phạm vi"
                        ),
                        "key": Text(blank=True),
                        "params": Record(
                            {},
                            {
                                "count_first_day": Flag(),
                                "due_time": Text(choices=("end_of_session", "same_time"), of="giờ đến hạn"),
                                "roll_rest_day": Flag(),
                                "cutoff": Null(HOUR),
                                "pause_unit": Text(choices=("days", "hours"), of="đơn vị tạm dừng"),
                                "answer_within": limit,
                                "supplement_within": limit,
                                "collect_within": limit,
                                "uncollected": Record(
                                    {
                                        "bounds": Listing(Whole(least=1), least=1),
                                        "remind_every": Whole(least=1),
                                        "archive_after": Whole(least=1),
                                    }
                                ),
                                "signing": Record(
                                    {
                                        "seal": Listing(
                                            Text(choices=[str(one) for one in Role], of="các vai trò"),
                                            least=1,
                                        ),
                                        "before_handing_over": Listing(
                                            Text(
                                                choices=(
                                                    DocumentKind.RESULT.value,
                                                    DocumentKind.REFUSAL_DECISION.value,
                                                ),
                                                of="các loại văn bản trả cho người dân",
                                            )
                                        ),
                                    }
                                ),
                                "warn_before": Listing(limit),
                                "apology_lead": limit,
                                "explain_within": limit,
                                "enter_within": limit,
                                "partner_sync": Record(
                                    {
                                        name: Whole(least=1)
                                        for name in ("minutes", "repair_hours", "window_days")
                                    }
                                ),
                                "portal_check": Record(
                                    {"soon_minutes": Whole(least=1), "again_hours": Whole(least=1)}
                                ),
                                "partner_log": Record(
                                    {name: Whole(least=1) for name in ("content_days", "row_days")}
                                ),
                                "trials": Record({name: Whole(least=1) for name in ("most", "kept_days")}),
                                "pause_checks": Record(
                                    {"last_hours": limit, "longest": limit, "most": Whole(least=1)}
                                ),
                                "paper_checks": Record(
                                    {name: Whole(least=1) for name in PaperChecks.__slots__}
                                ),
                                "fault_limits": Record(dict.fromkeys(Seriousness, limit)),
                                "case_thresholds": Record(
                                    dict.fromkeys(Thresholds.__slots__, Whole(least=1))
                                ),
                                "slip_on_request": Listing(
                                    Text(choices=[str(one) for one in TimeUnit], of="các đơn vị thời hạn")
                                ),
                                "kiosk_as": Text(choices=("online", "direct"), of="các cách nộp"),
                                "forward_cutoff": HOUR,
                                "confirm_within": limit,
                                "request_answered_within": limit,
                                "suspend_grounds": Listing(
                                    Text(
                                        choices=(
                                            "applicant_confirmation",
                                            "system_outage",
                                            "external_appraisal",
                                        ),
                                        of="các căn cứ tạm dừng",
                                    )
                                ),
                                "correction_grounds": Listing(
                                    Record(
                                        {
                                            "code": CODE,
                                            "label": WORDS,
                                            "fault": Text(
                                                choices=("agency", "applicant", "nobody"), of="bên có lỗi"
                                            ),
                                            "within": limit,
                                        },
                                        {"basis": WORDS},
                                    ),
                                    key="code",
                                ),
                                "refund_rules": Listing(
                                    Record(
                                        {
                                            "ended": Listing(
                                                Text(
                                                    choices=[str(one) for one in Ended],
                                                    of="các cách kết thúc",
                                                ),
                                                least=1,
                                            ),
                                            "percent": Whole(least=0),
                                            "words": WORDS,
                                            "certainty": CERTAINTY,
                                        },
                                        {
                                            "fees": Listing(CODE, least=1),
                                            "kinds": Listing(
                                                Text(
                                                    choices=[str(one) for one in FeeKind], of="các loại phí"
                                                ),
                                                least=1,
                                            ),
                                            "handled": Flag(),
                                            "basis": WORDS,
                                        },
                                    )
                                ),
                                "draft_templates": Listing(
                                    Record(
                                        {
                                            "code": CODE,
                                            "title": WORDS,
                                            "abstract": WORDS,
                                            "paragraphs": Listing(WORDS, least=1),
                                            "with_answers": Flag(),
                                        }
                                    ),
                                    key="code",
                                ),
                                "contact": Record({"hotline": WORDS, "website": WORDS}),
                            },
                        ),
                        **dated,
                    },
                    {"legal_basis": WORDS, "note": NOTE},
                )
            ),
            "code_policies": Listing(
                Record({"code": CODE, "pattern": WORDS, **dated}, {"legal_basis": WORDS, "note": NOTE}),
                key="code",
            ),
            "status_maps": Listing(
                Record(
                    {
                        "partner": CODE,
                        "states": Named(Record({"status": Whole(least=0), "name": WORDS})),
                        **dated,
                    }
                )
            ),
            "print_templates": Listing(
                Record(
                    {
                        "code": CODE,
                        "regime": CODE,
                        "form_no": Text(blank=True),
                        "title": WORDS,
                        "path": WORDS,
                        "legal_basis": WORDS,
                        **dated,
                    }
                )
            ),
            "publication": Record({"valid_from": Day(), "published_on": Day(), "certainty": CERTAINTY}),
        }
    )


def check_policies(doc: Data, fees_doc: Data, where: Where) -> None:
    """Check layers, hours and patterns."""
    layers = {item["code"] for item in doc["calendar_layers"]}
    fees = {item["code"] for item in fees_doc["fee_catalogue"]}
    for item in doc["deadline_policies"]:
        for rule in item["params"].get("refund_rules", ()):
            unknown = sorted(set(rule.get("fees", ())) - fees)
            if unknown:
                where.into("refund_rules").bad(
                    f"khoản thu {', '.join(unknown)} không có trong fees_holidays.yaml."
                )
            if rule["percent"] > 100:
                where.into("refund_rules").bad("tỷ lệ hoàn trả không quá 100.")
    for item in doc["calendar_layers"]:
        if item["parent"] is not None and item["parent"] not in layers:
            where.of(item["code"]).into("parent").bad(f"tầng lịch “{item['parent']}” không có.")
    for name in ("holiday_layer", "one_stop_layer"):
        if doc[name] not in layers:
            where.into(name).bad(f"tầng lịch “{doc[name]}” không có.")
    hours = {item["code"] for item in fees_doc["office_hours"]}
    used = {item["hours"] for item in doc["office_hours_use"]}
    for item in doc["office_hours_use"]:
        if item["hours"] not in hours:
            where.of(item["hours"]).into("hours").bad("giờ làm việc này không có trong fees_holidays.yaml.")
        if item["layer"] not in layers:
            where.of(item["hours"]).into("layer").bad(f"tầng lịch “{item['layer']}” không có.")
    for code in sorted(hours - used):
        where.of(code).into("office_hours_use").bad("chưa nói giờ này đặt ở tầng lịch nào.")
    for item in doc["code_policies"]:
        try:
            code_shape(item["pattern"])
        except ValueError:
            where.of(item["code"]).into("pattern").bad(f"mẫu mã hồ sơ “{item['pattern']}” sai dạng.")
