"""What the procedure-control officer's pages share: who may open them, names of kinds, the worst calendar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from motcua.catalogue import queries as catalogue
from motcua.dossiers import facts
from motcua.edge import actors
from motcua.kernel.actor import Actor, Role
from motcua.kernel.counting import Limit
from motcua.kernel.errors import NotFound
from motcua.kernel.process import Flow, Graph, Mark, Node, NodeKind, Problem, Signer
from motcua.kernel.process.condition import Fact, to_text
from motcua.kernel.process.worst import Worst, worst
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.territory import queries as territory
from motcua.web import words
from motcua.web.components import Crumb
from motcua.web.desk import pages
from motcua.workflow.versions import naming, rules
from motcua.workflow.versions import queries as versions
from motcua.workflow.versions.rules import Nameable

HOME: Final = Crumb("Quy trình điện tử", "/can-bo/quy-trinh/")
URL: Final = "/can-bo/quy-trinh/"
KINDS: Final[dict[NodeKind, str]] = {
    NodeKind.START: "Bắt đầu",
    NodeKind.END: "Kết thúc",
    NodeKind.USER_TASK: "Bước của người xử lý",
    NodeKind.SERVICE_TASK: "Bước tự động",
    NodeKind.SEND_TASK: "Bước gửi tin",
    NodeKind.RECEIVE_TASK: "Bước nhận tin",
    NodeKind.CALL_ACTIVITY: "Gọi quy trình khác",
    NodeKind.EXCLUSIVE: "Cổng chọn một nhánh",
    NodeKind.PARALLEL: "Cổng song song",
    NodeKind.INCLUSIVE: "Cổng chọn nhiều nhánh",
    NodeKind.TIMER: "Chờ đến giờ",
    NodeKind.MESSAGE: "Chờ bên ngoài",
    NodeKind.BOUNDARY_TIMER: "Hẹn giờ của bước",
    NodeKind.BOUNDARY_MESSAGE: "Tin đến khi đang xử lý",
    NodeKind.BOUNDARY_ERROR: "Khi bước tự động lỗi",
    NodeKind.LEAVE: "Kết thúc quy trình được gọi",
}
MARKS: Final[dict[Mark, str]] = {
    Mark.RECEPTION: "tiếp nhận",
    Mark.DECISION: "ký, quyết định",
    Mark.ISSUE: "ban hành",
    Mark.HANDOVER: "trả kết quả",
}


def kstt(request: HttpRequest) -> Actor:
    """
    Return the actor, a procedure-control officer.

    :raises NotAllowed: the actor holds no such duty.
    """
    actor = actors.staff(request)
    if not any(duty.role is Role.KSTT for duty in actor.duties):
        raise rules.NotAllowed
    return actor


def show(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200, *, section: str = ""
) -> HttpResponse:
    """Draw a page of this room; `section` is its entry in the menu, where its address does not lie under it."""
    return pages.show(request, template, context, section=section, status=status)


def unit(code: str) -> str:
    """Return what a kind of unit is called."""
    return organisation.unit_kinds().get(code, code)


def role(code: str) -> str:
    """Return what a role is called."""
    return words.ROLES.get(code, code)


def known(version_id: int) -> dict[str, Fact]:
    """Return what conditions may read; only the dossier's own facts where the procedure has no form."""
    try:
        return facts.known(version_id)
    except NotFound:
        return {}


def callable_processes(actor: Actor, version_id: int) -> list[tuple[str, str]]:
    """Return the approved processes another one may call: reference and name, those of its own procedure left out."""
    today = clock.today()
    kept = versions.kept(actor, today)
    return sorted(
        (
            (f"{procedure.code}/{variant}", f"{procedure.name} ({variant})")
            for procedure in catalogue.definitions(today)
            if procedure.id != version_id and procedure.id in kept
            for variant in kept[procedure.id].in_force
        ),
        key=lambda pair: pair[1],
    )


def tightest(version_id: int) -> Worst | None:
    """Return the worst receipt of the year ahead for the procedure's limit, by the province's calendar."""
    definition, today = catalogue.definition(version_id), clock.today()
    limit = Limit.from_json(definition.body["time_limit"]["limit"])
    policy = catalogue.policy(definition, "direct", today)
    found = [worst(limit, policy, territory.calendar(), year) for year in (today.year, today.year + 1)]
    return min((one for one in found if one is not None), key=lambda one: one.hours, default=None)


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem as the pages and the editor show it; `elements` are ids of the drawing."""

    message: str
    elements: tuple[str, ...]
    warning: bool


def findings(problems: list[Problem], elements: dict[str, str] | None = None) -> list[Finding]:
    """Return problems for people, with the ids that the elements have in the drawing."""
    names = elements or {}
    return [
        Finding(
            problem.message[:1].upper() + problem.message[1:],
            tuple(names.get(node, node) for node in problem.nodes),
            problem.warning,
        )
        for problem in problems
    ]


def nameable(version_id: int) -> Nameable:
    """Return what the steps of a procedure's processes may name today."""
    return naming.nameable(version_id, clock.today())


def steps(graph: Graph, may: Nameable) -> list[dict[str, Any]]:
    """Return a process as a table: every element with who does it, how long, what it names, where it goes on."""
    names = {node.id: node.name or KINDS[node.kind] for node in graph.nodes}
    rows = []
    for node in graph.nodes:
        if node.kind is NodeKind.START:
            continue
        who = [(node.unit_kind, node.role)] if node.unit_kind else []
        who += [(item.unit_kind, item.role or node.role) for item in node.asked]
        rows.append(
            {
                "id": node.id,
                "name": names[node.id],
                "kind": KINDS[node.kind],
                "who": [f"{role(duty)}, {unit(kind)}" for kind, duty in who],
                "hours": node.hours if node.hours else None,
                "apart": [names.get(ref, ref) for ref in node.not_by],
                "signers": [signer_words(one) for one in node.signers],
                **named(node, may),
                "marks": [MARKS[mark] for mark in Mark if mark in node.marks]
                + (["xác minh thực địa"] if node.on_site else []),
                "ways": [
                    {
                        "name": edge.name or edge.outcome,
                        "to": names[edge.target],
                        "back": edge.flow is Flow.BACK,
                        "condition": "các trường hợp khác"
                        if edge.default
                        else to_text(edge.condition)
                        if edge.condition
                        else "",
                    }
                    for edge in graph.edges
                    if edge.source == node.id
                ],
            }
        )
    return rows


def named(node: Node, may: Nameable) -> dict[str, list[str]]:
    """Return the parts of the form to check at a step and the papers it prints, by name."""
    return {
        "parts": [may.parts.get(ref, ref) for ref in node.form_parts],
        "prints": [may.papers.get(ref, ref) for ref in node.prints],
    }


def signer_words(signer: Signer) -> str:
    """Return who signs in words, with the days where it is for a time."""
    first = f" từ {signer.valid_from:%d/%m/%Y}" if signer.valid_from else ""
    last = f" đến {signer.valid_to:%d/%m/%Y}" if signer.valid_to else ""
    return f"{signer.position or f'tài khoản {signer.username}'}{first}{last}"
