"""What data did in the place of people and papers: checks done by look-ups, papers nobody had to hand in."""

from __future__ import annotations

from datetime import date, datetime, time

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from motcua.catalogue import queries as catalogue
from motcua.dossiers import automatics
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import NotFound
from motcua.platform import clock
from motcua.web import inputs
from motcua.web.desk import pages as desk
from motcua.web.kstt import pages


@desk.officer
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show by procedure what was saved on dossiers filed in a span of days; without one, this year (R-045, R-046)."""
    actor, today = pages.kstt(request), clock.today()
    first = inputs.day(request.GET.get("tu", "")) or today.replace(month=1, day=1)
    last = inputs.day(request.GET.get("den", "")) or today
    found = automatics.saved(
        actor, datetime.combine(first, time.min, LOCAL), datetime.combine(last, time.max, LOCAL)
    )
    context = {
        "rows": [{"name": _name(one.procedure_code, last), "one": one} for one in found],
        "confirmed": sum(one.confirmed for one in found),
        "left": sum(one.left for one in found),
        "papers": sum(one.papers for one in found),
        "first": first,
        "last": last,
        "crumbs": [desk.HOME, pages.HOME],
    }
    return pages.show(request, "kstt/saving.html", context)


def _name(code: str, on: date) -> str:
    try:
        return catalogue.current(code, on).name
    except NotFound:
        return code
