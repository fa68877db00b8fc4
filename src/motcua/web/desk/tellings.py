"""What one is told beside the work list: changes to dossiers in one's hands, or in one's unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from motcua.catalogue import queries as catalogue
from motcua.dossiers import tellings
from motcua.dossiers.operations import telling
from motcua.dossiers.telling import TELL_NAMES
from motcua.edge import actors
from motcua.evaluation.onpaper import queries as onpaper
from motcua.kernel.actor import Actor
from motcua.platform import clock
from motcua.steering.discipline import queries as discipline
from motcua.steering.discipline.rules import REMINDER_KINDS, ReminderKind
from motcua.steering.faults import queries as faults
from motcua.web.components import Crumb
from motcua.web.desk import pages, rows

URL: Final = "/can-bo/bao-tin/"


@dataclass(frozen=True, slots=True)
class Matter:
    """Something that waits for the person beside dossiers; it leaves the list when it is done."""

    what: str
    text: str
    url: str
    at: datetime
    by: datetime | None = None


def matters(actor: Actor) -> list[Matter]:
    """Return what the person or their unit is asked for beside dossiers."""
    return (
        [
            Matter(
                "Yêu cầu giải trình",
                one.text,
                f"/can-bo/ngoai-phan-mem/{one.subject}/",
                one.asked_at or one.found_at,
                one.answer_by,
            )
            for one in onpaper.asked(actor)
        ]
        + [
            Matter(
                "Báo lỗi đã có trả lời",
                one.what[:200],
                f"/can-bo/bao-loi/{one.subject}/",
                one.answered_at or one.reported_at,
            )
            for one in faults.answers_to_read(actor)
        ]
        + [
            Matter(
                REMINDER_KINDS[ReminderKind(one.kind)],
                one.text[:200],
                f"/can-bo/ky-cuong/nhac-nho/{one.subject}/",
                one.issued_at,
            )
            for one in discipline.own_reminders(actor, unseen=True)
        ]
    )


@pages.officer
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show what one was told and nobody has seen yet, newest first."""
    actor = actors.staff(request)
    context = {
        "rows": [
            {
                "id": one.ids[0],
                "name": TELL_NAMES[one.kind],
                "text": one.text,
                "at": one.at,
                "code": one.code,
                "url": rows.dossier_url(one.code),
                "owner": one.owner_name,
                "procedure": catalogue.definition(one.procedure_version_id).name,
            }
            for one in tellings.unseen(actor)
        ],
        "matters": matters(actor),
        "crumbs": [pages.HOME, Crumb("Báo cho bạn")],
    }
    return pages.show(request, "desk/tellings.html", context, section=URL)


@pages.officer
@require_POST
def seen(request: HttpRequest, told_id: int) -> HttpResponse:
    """Say that one has seen it."""
    if told_id >= 2**63:
        raise Http404
    telling.seen(told_id=told_id, actor=actors.staff(request), at=clock.now())
    return redirect(URL)
