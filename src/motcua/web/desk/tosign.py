"""Papers that wait for the person's digital signature or the agency's, one by one (S-59)."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from motcua.documents.rules import SIGNATURE_FIELDS
from motcua.dossiers import unsigned
from motcua.edge import actors, paging
from motcua.platform import clock
from motcua.web.components import Crumb
from motcua.web.desk import pages, rows

PAGE: Final = 50
URL: Final = "/can-bo/cho-ky-so/"
TITLE: Final = "Văn bản chờ ký số"


@pages.officer
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show the papers that wait, oldest first, paged by key."""
    actor, now = actors.staff(request), clock.now()
    after = paging.number_of(request.GET.get("sau", "")) or 0
    found = unsigned.waiting(actor, now, after=after, size=PAGE)
    page = paging.page(found, PAGE, lambda row: [row.paper.id])
    context = {
        "rows": [
            {
                "paper": one.paper,
                "code": one.dossier.code,
                "owner": one.dossier.owner_name,
                "due_at": one.dossier.due_at,
                "field": SIGNATURE_FIELDS[one.field],
                "url": f"{rows.dossier_url(one.dossier.code)}giay/{one.paper.id}/ky-so/",
            }
            for one in page.rows
        ],
        "shown": len(page.rows),
        "first_url": URL if after else "",
        "next_url": f"{URL}?{urlencode({'sau': page.next})}" if page.next else "",
        "title": TITLE,
        "crumbs": [pages.HOME, Crumb(TITLE)],
    }
    return pages.show(request, "desk/to_sign.html", context, section=URL)
