"""A process that has been compiled and checked is kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from motcua.kernel.process import (
    ProcessInvalid,
    check,
    compile_steps,
    to_json,
)
from motcua.workflow import queries
from motcua.workflow.models import ProcessVersion


def publish_process(
    procedure_version_id: int,
    variant: Mapping[str, Any],
    *,
    field: str = "",
    outcome_names: Mapping[str, str] | None = None,
    limit_hours: Decimal | int | None = None,
) -> ProcessVersion:
    """
    Compile, check and keep one variant of a process; the same variant again gives the same row.

    :raises ProcessInvalid: it does not compile or is not sound; `data["problems"]` lists what is wrong.
    """
    graph = compile_steps(variant, outcome_names=outcome_names)
    problems = check(graph, limit_hours)
    if problems:
        raise ProcessInvalid(" ".join(problem.message for problem in problems), problems=problems)
    raw = to_json(graph)
    text = json.dumps([raw, field], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    row, made = ProcessVersion.objects.get_or_create(
        procedure_version_id=procedure_version_id,
        variant=graph.name,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        defaults={"graph": raw, "levels": list(graph.levels), "field": field},
    )
    if made:
        queries.forget()
    return row
