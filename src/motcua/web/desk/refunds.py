"""Money paid for dossiers that were withdrawn or stopped: to be decided on, to be given back, done (facts 2.10)."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from motcua.catalogue import queries as catalogue
from motcua.dossiers import queries
from motcua.edge import actors
from motcua.payments import queries as payments
from motcua.payments.rules import REFUND_NAMES, RefundState
from motcua.web.components import Crumb
from motcua.web.desk import pages, rows

URL: Final = "/can-bo/hoan-phi/"
SLUGS: Final = {
    "cho-xac-dinh": RefundState.OPEN, "cho-hoan-tra": RefundState.DUE, "da-hoan-tra": RefundState.DONE,
    "khong-hoan-tra": RefundState.NONE,
}  # fmt: skip


@pages.officer
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show what waits to be decided or given back, the oldest first; or what was."""
    actor = actors.staff(request)
    slug = request.GET.get("xem", "")
    state = SLUGS.get(slug, RefundState.OPEN)
    found = payments.refunds(actor, state)
    of = queries.by_subjects(actor, [one.subject for one in found]) if found else {}
    context = {
        "rows": [
            {
                "code": of[one.subject].code,
                "url": rows.dossier_url(of[one.subject].code),
                "procedure": catalogue.definition(of[one.subject].procedure_version_id).name,
                "owner": of[one.subject].owner_name,
                "unit": rows.unit_name(one.unit_id),
                "paid": one.paid,
                "amount": one.amount,
                "ground": one.ground,
                "reference": one.reference,
                "at": one.done_at or one.decided_at or one.opened_at,
            }
            for one in found
            if one.subject in of
        ],
        "state": REFUND_NAMES[state],
        "sum": sum(one.paid if one.amount is None else one.amount for one in found),
        "tabs": [(REFUND_NAMES[one], f"{URL}?xem={name}") for name, one in SLUGS.items()],
        "current": f"{URL}?xem={slug if slug in SLUGS else 'cho-xac-dinh'}",
        "crumbs": [pages.HOME, Crumb("Hoàn phí, lệ phí")],
    }
    return pages.show(request, "desk/refunds.html", context, section=URL)
