"""What a step of the process names, shown where it is worked: parts of the form to check, papers it prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from motcua.documents.queries import DocumentRow
from motcua.dossiers import steppapers
from motcua.dossiers.definitions import Bundle
from motcua.platform import clock
from motcua.platform.history import Happened
from motcua.web import inputs
from motcua.web.desk import rows
from motcua.web.eform import SectionView
from motcua.workflow.queries import TaskRow


@dataclass(frozen=True, slots=True)
class Check:
    """The parts of a form to check at a step; `absent` are those this applicant had nothing to declare in."""

    task_id: int
    step: str
    parts: tuple[SectionView, ...]
    absent: tuple[str, ...]


def checks(bundle: Bundle, tasks: Iterable[TaskRow], sections: Sequence[SectionView]) -> list[Check]:
    """Return what is to be checked at each of the tasks, as the form says it; nothing where a step names no part."""
    shown = {part.key: part for part in sections}
    found = []
    for task in tasks:
        named = _named(bundle, task.node)
        if named:
            found.append(
                Check(
                    task.id,
                    task.name,
                    tuple(shown[key] for key in named if key in shown),
                    tuple(name for key, name in named.items() if key not in shown),
                )
            )
    return found


def _named(bundle: Bundle, node: str) -> dict[str, str]:
    """Return the parts of the form that a step names, code and name in the order of the form."""
    step = bundle.graph.by_id.get(node)
    refs = step.form_parts if step is not None else ()
    return {key: name for key, name in steppapers.parts(bundle.form).items() if key in refs}


def named(bundle: Bundle, node: str) -> list[str]:
    """Return the names of the parts of the form to check at a step."""
    return list(_named(bundle, node).values())


def unnamed(sections: Sequence[SectionView], found: Iterable[Check]) -> list[SectionView]:
    """Return the parts of the form that none of the checks shows."""
    named = {part.key for one in found for part in one.parts}
    return [part for part in sections if part.key not in named]


def prints(bundle: Bundle, node: str) -> list[str]:
    """Return the names of the papers that the system makes when a step is done."""
    step = bundle.graph.by_id.get(node)
    if step is None or not step.prints:
        return []
    names = steppapers.nameable(bundle.procedure.id, clock.today()).papers
    return [names.get(code, code) for code in step.prints]


def just_made(asked: str, documents: Iterable[DocumentRow]) -> list[DocumentRow]:
    """Return the papers of the dossier whose numbers the address names: those the act before has made."""
    wanted = {inputs.number(part) for part in asked.split(",")[:20]}
    return [row for row in documents if row.id in wanted]


def made_by(code: str, entry: Happened) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the papers that an entry of the ledger tells its step printed, and what could not be made, in words."""
    told = entry.payload.get("printed") or []
    made = [
        {"title": one["title"], "url": f"{rows.dossier_url(code)}giay/{one['document']}/"}
        for one in told
        if one["document"] is not None
    ]
    gone = [
        f"Không lập được giấy tờ mã “{one['code']}”: mẫu không còn áp dụng"
        for one in told
        if one["document"] is None
    ]
    return made, gone
