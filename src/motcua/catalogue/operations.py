"""Writing of the catalogue: shared lists, policies, procedures and their versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from motcua.catalogue import rules
from motcua.catalogue.models import (
    CodePolicy,
    DeadlinePolicy,
    FeeExemptionGroup,
    FeeItem,
    Field,
    InterlinkedGroup,
    PaperType,
    PrintTemplate,
    Procedure,
    ProcedureCode,
    ProcedureVersion,
    ResultType,
    StatusMap,
    Term,
)
from motcua.kernel.errors import Invalid, NotFound
from motcua.kernel.text import fold
from motcua.platform.records import Counts, bring

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Publication:
    """A record to publish: the normalised body and from when it is in force."""

    body: Mapping[str, Any]
    valid_from: date
    published_on: date | None
    decision: str = ""


@transaction.atomic
def set_terms(fields: Rows, terms: Rows) -> dict[str, Counts]:
    """Bring fields of procedures and the small shared lists."""
    return {"fields": bring(Field, fields), "terms": bring(Term, terms, key=("scheme", "code"))}


@transaction.atomic
def set_papers(papers: Rows, results: Rows) -> dict[str, Counts]:
    """Bring paper types and result types (the paper a result becomes by code)."""
    counts = {"paper_types": bring(PaperType, papers)}
    numbers = dict(PaperType.objects.values_list("code", "pk"))
    counts["result_types"] = bring(
        ResultType,
        [
            {**row, "paper_type_id": numbers[row["paper_type_id"]] if row["paper_type_id"] else None}
            for row in results
        ],
    )
    return counts


@transaction.atomic
def set_fees(fees: Rows, groups: Rows) -> dict[str, Counts]:
    """Bring fees and exemption groups."""
    return {"fees": bring(FeeItem, fees), "exemption_groups": bring(FeeExemptionGroup, groups)}


@transaction.atomic
def set_policies(deadlines: Rows, codes: Rows, statuses: Rows, templates: Rows) -> dict[str, Counts]:
    """
    Bring dated policies: deadlines, dossier codes, status maps, print templates (a given source is kept).
    """
    return {
        "deadline_policies": bring(DeadlinePolicy, deadlines, key=("scope", "key", "valid_from")),
        "code_policies": bring(CodePolicy, codes),
        "status_maps": bring(StatusMap, statuses, key=("partner", "state", "valid_from")),
        "print_templates": bring(PrintTemplate, templates, key=("code", "regime")),
    }


@transaction.atomic
def set_interlinked(groups: Rows) -> dict[str, Counts]:
    """Bring the dated rules of interlinked groups."""
    return {"interlinked_groups": bring(InterlinkedGroup, groups, key=("procedure_code", "valid_from"))}


@transaction.atomic
def publish(publications: Sequence[Publication], on: date) -> dict[str, Counts]:
    """
    Publish procedures; a body that equals the newest version changes nothing.

    A changed body becomes the next version, in force from `on`; the version before ends the day before.
    Versions
    are never altered: dossiers keep the one they were filed under.

    :raises Invalid: a changed body for a version that itself starts on or after `on`.
    """
    fields = dict(Field.objects.values_list("code", "pk"))
    counts = {
        "procedures": bring(
            Procedure,
            [
                {
                    "code": item.body["code"],
                    "name": item.body["name"],
                    "folded": fold(item.body["name"]),
                    "field_id": fields[item.body["field"]],
                    "levels": list(item.body["levels"]),
                    "deciding_agency_kind": item.body["deciding_agency_kind"],
                    "online_level": item.body["online_level"],
                    "status": item.body["status"],
                    "non_territorial": item.body["non_territorial"],
                    "certainty": item.body["certainty"],
                }
                for item in publications
            ],
        )
    }
    numbers = dict(Procedure.objects.values_list("code", "pk"))
    counts["procedure_codes"] = bring(
        ProcedureCode,
        [
            {
                "procedure_id": numbers[item.body["code"]],
                "code": past["code"],
                "valid_from": _day(past["valid_from"]),
                "valid_to": _day(past["valid_to"]),
                "certainty": past["certainty"],
            }
            for item in publications
            for past in item.body["code_history"]
        ],
        key=("procedure_id", "code", "valid_from"),
    )
    newest = {
        version.procedure_id: version
        for version in ProcedureVersion.objects.filter(
            procedure__code__in=[item.body["code"] for item in publications]
        )
        .defer("body")
        .order_by("procedure_id", "no")
    }
    made: list[ProcedureVersion] = []
    changed = same = 0
    for item in publications:
        number, digest = numbers[item.body["code"]], rules.digest(item.body)
        before = newest.get(number)
        if before is not None and before.digest == digest:
            same += 1
            continue
        start = item.valid_from
        if before is not None:
            if before.valid_from >= on:
                raise Invalid(
                    f"Thủ tục {item.body['code']} đã có phiên bản hiệu lực từ {before.valid_from:%d/%m/%Y}; "
                    "phiên bản sau phải có hiệu lực muộn hơn."
                )
            start = on
            before.valid_to = on - timedelta(days=1)
            before.save(update_fields=["valid_to"])
            changed += 1
        made.append(
            ProcedureVersion(
                procedure_id=number,
                no=before.no + 1 if before else 1,
                valid_from=start,
                body=item.body,
                digest=digest,
                certainty=item.body["certainty"],
                decision=item.decision,
                published_on=item.published_on,
            )
        )
    ProcedureVersion.objects.bulk_create(made, batch_size=100)
    counts["procedure_versions"] = Counts(len(made), changed, same)
    return counts


@transaction.atomic
def withdraw(code: str, on: date) -> None:
    """
    Take a procedure out of public view from a day on; running dossiers keep their version.

    :raises NotFound: no version of it is published.
    """
    if not ProcedureVersion.objects.filter(procedure__code=code, withdrawn_on=None).update(withdrawn_on=on):
        raise NotFound


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
