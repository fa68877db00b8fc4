"""The list of processes: which procedures have one, which not, which are being drawn (R-043)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from motcua.catalogue import queries as catalogue
from motcua.kernel.text import fold
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.web import words
from motcua.web.desk import pages as desk
from motcua.web.kstt import pages
from motcua.workflow.versions import queries

SHOWN = 100


@desk.officer
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show procedures in force with the state of each variant's process, and per kind of agency how many are done."""
    actor, today = pages.kstt(request), clock.today()
    asked = fold(request.GET.get("q", "")[:100])
    only = request.GET.get("loc", "")
    kept = queries.kept(actor, today)
    agencies = organisation.agency_kinds()
    totals: dict[str, list[int]] = {}
    rows: list[dict[str, Any]] = []
    for procedure in catalogue.definitions(today):
        state = kept.get(procedure.id)
        variants = [
            {
                "code": variant["variant"],
                "levels": ", ".join(words.LEVELS.get(level, level) for level in variant.get("levels", ())),
                "done": state is not None and variant["variant"] in state.in_force,
                "draft": state.drafts.get(variant["variant"]) if state else None,
                "url": f"{pages.URL}{procedure.id}/{variant['variant']}/",
            }
            for variant in procedure.body["process"]
        ]
        done = bool(variants) and all(variant["done"] for variant in variants)
        count = totals.setdefault(procedure.body["deciding_agency_kind"], [0, 0])
        count[0] += 1
        count[1] += done
        drafted = any(variant["draft"] for variant in variants)
        if (only == "thieu" and done) or (only == "du-thao" and not drafted):
            continue
        if asked and asked not in fold(procedure.name) and asked not in procedure.code:
            continue
        rows.append({"code": procedure.code, "name": procedure.name, "variants": variants, "done": done})
    every, complete = (sum(count[place] for count in totals.values()) for place in (0, 1))
    context = {
        "rows": rows[:SHOWN],
        "more": len(rows) - SHOWN if len(rows) > SHOWN else 0,
        "q": request.GET.get("q", "")[:100],
        "only": only,
        "tabs": [
            ("Tất cả", pages.URL),
            ("Chưa có quy trình", f"{pages.URL}?loc=thieu"),
            ("Đang soạn", f"{pages.URL}?loc=du-thao"),
        ],
        "tab": f"{pages.URL}?loc={only}" if only in ("thieu", "du-thao") else pages.URL,
        "every": every,
        "complete": complete,
        "percent": 100 * complete // every if every else 0,
        "agencies": [
            {"name": agencies.get(code, code), "every": total, "done": ready, "percent": 100 * ready // total}
            for code, (total, ready) in sorted(
                totals.items(), key=lambda item: agencies.get(item[0], item[0])
            )
        ],
        "crumbs": [desk.HOME],
    }
    return pages.show(request, "kstt/listing.html", context)
