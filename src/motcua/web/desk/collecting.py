"""Results handed over many at once: slips scanned one after the other, looked at, then returned dossier by dossier."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from motcua.catalogue import queries as catalogue
from motcua.dossiers import bulkruns, queries
from motcua.dossiers.operations import bulk as operations
from motcua.dossiers.operations.bulk import Target
from motcua.dossiers.queries import ListRow
from motcua.dossiers.rules import FROM, MOST_AT_ONCE, STATE_NAMES, Act, BulkAct, ReturnChannel, State
from motcua.edge import actors, keys
from motcua.kernel.actor import Actor
from motcua.kernel.errors import Conflict, DomainError, Invalid
from motcua.platform import clock
from motcua.web import components, refusals
from motcua.web.components import Crumb, FieldView, Option
from motcua.web.desk import pages, rows
from motcua.web.desk.bulk import URL as RUNS
from motcua.web.desk.lists import scanned

URL: Final = "/can-bo/tra-ket-qua/"


@pages.officer
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Take the codes of slips; show what they stand for; hand over what waits to be handed over."""
    actor = actors.staff(request)
    pages.counter(actor)
    if request.method != "POST" or "xem" in request.POST:
        return _show(request, actor)
    typed = request.POST
    one = typed.get("ai", "") == "mot"
    try:
        if one and not typed.get("collector", "").strip():
            raise Invalid(errors={"collector": "Ghi họ tên người nhận."})
        number = operations.start(
            act=BulkAct.RETURN,
            targets=[Target(row.code, None, row.seq) for row in ready(_found(actor, _codes(request)))],
            actor=actor,
            key=keys.key(request),
            at=clock.now(),
            how=typed.get("how", ""),
            collector=typed.get("collector", "") if one else "",
        )
    except (Invalid, Conflict) as refusal:
        return _show(request, actor, refusal)
    return redirect(f"{RUNS}{number}/")


def _codes(request: HttpRequest) -> list[str]:
    """Return the codes that were scanned or typed, each once, in their order."""
    lines = request.POST.get("ma", "")[:60_000].split()
    return list(dict.fromkeys(scanned(line).upper() for line in lines))[: MOST_AT_ONCE + 1]


def _found(actor: Actor, codes: list[str]) -> list[ListRow]:
    """Return the dossiers of the codes that the actor may see, in the order of the codes."""
    seen = bulkruns.chosen(actor, codes)
    held = queries.by_subjects(actor, [one.subject for one in seen.values()]) if seen else {}
    return [held[seen[code].subject] for code in codes if code in seen and seen[code].subject in held]


def ready(found: list[ListRow]) -> list[ListRow]:
    """Return those whose result, or refusal, waits to be handed over."""
    return [row for row in found if State(row.state) in FROM[Act.RETURN_RESULT]]


def _show(request: HttpRequest, actor: Actor, refusal: DomainError | None = None) -> HttpResponse:
    typed, codes = request.POST, _codes(request) if request.method == "POST" else []
    found = _found(actor, codes)
    known = {row.code for row in found}
    waiting = ready(found)
    errors = refusals.by_field(refusal)
    inputs = [
        FieldView(
            "how", "Cách trả", "radio", value=typed.get("how", ReturnChannel.DIRECT.value), required=True,
            error=errors.get("how", ""),
            options=(
                Option(ReturnChannel.DIRECT.value, "Trao tại quầy", "Bản điện tử vẫn vào tài khoản người nộp."),
                Option(ReturnChannel.ACCOUNT.value, "Chỉ trả bản điện tử vào tài khoản"),
            ),
        ),
        FieldView(
            "ai", "Người nhận", "radio", value=typed.get("ai", "tung"), required=True,
            options=(
                Option("tung", "Người nộp của từng hồ sơ", "Ghi tên người nộp, không có thì tên chủ hồ sơ."),
                Option("mot", "Một người nhận tất cả", "Ghi họ tên ở ô dưới."),
            ),
        ),
        FieldView(
            "collector", "Họ tên người nhận tất cả", "text", value=typed.get("collector", ""), width="m",
            maxlength=300, error=errors.get("collector", ""), autocomplete="off",
        ),
    ]  # fmt: skip
    general = [text for name, text in errors.items() if name not in ("how", "collector")]
    if refusal is not None and not errors:
        general.append(refusal.message)
    context: dict[str, Any] = {
        "typed": "\n".join(codes),
        "lines": [
            {
                "code": row.code,
                "url": rows.dossier_url(row.code),
                "owner": row.submitter_name or row.owner_name,
                "procedure": catalogue.definition(row.procedure_version_id).name,
                "state": STATE_NAMES[State(row.state)],
                "ready": row in waiting,
            }
            for row in found
        ],
        "unknown": [code for code in codes if code not in known],
        "count": len(waiting),
        "fields": inputs,
        "errors": components.summary(inputs),
        "general": general,
        "crumbs": [pages.HOME, Crumb("Trả nhiều kết quả")],
    }
    return pages.show(request, "desk/collecting.html", context, section=URL, status=refusals.status(refusal))
