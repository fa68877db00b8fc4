"""What the steps of a process may name: parts of the procedure's form to check, papers made when the step is done."""

from __future__ import annotations

from collections.abc import Sequence

from motcua.dossiers import steppapers
from motcua.setup.files.shared import Data, Known
from motcua.setup.loaders_schema import Listing, Spec, Text, Where


def step_names(known: Known) -> dict[str, Spec]:
    """Return the two optional fields of a step; papers by the code of their form or of a template of drafts."""
    made = {str(kind) for kind in (*steppapers.MADE, *steppapers.GIVEN)}
    forms = {item["code"] for item in known.policies.get("print_templates", ())} & made
    drafts = {
        template["code"]
        for item in known.policies.get("deadline_policies", ())
        for template in item["params"].get("draft_templates", ())
    }
    return {
        "form_parts": Listing(Text(pattern=r"[a-z][a-z0-9_]*"), least=1),
        "prints": Listing(Text(choices=forms | drafts, of="giấy tờ mà một bước lập được"), least=1),
    }


def check_step_names(steps: Sequence[Data], record: Data, where: Where) -> None:
    """Check the names against the form of the procedure: each part is there, nothing is named twice."""
    sections = {section["key"] for section in record["eform"]["sections"]}
    for number, step in enumerate(steps, 1):
        here = where.into(f"steps[{number}]")
        for name in ("form_parts", "prints"):
            found = step.get(name, [])
            if len(set(found)) != len(found):
                here.into(name).bad("có mã bị lặp.")
            if found and step.get("waits_for"):
                here.into(name).bad("bước chờ không có người làm, không nêu được.")
        for part in step.get("form_parts", []):
            if part not in sections:
                here.into("form_parts").bad(f"tờ khai của thủ tục không có phần “{part}”.")
