"""The leader's page: how the units do today."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from motcua.edge import actors
from motcua.evaluation import queries
from motcua.evaluation.queries import By
from motcua.platform import clock
from motcua.web import words
from motcua.web.desk.pages import officer
from motcua.web.lead import figures

MENU = (
    {
        "title": "Điều hành",
        "entries": [
            {"label": "Hôm nay", "url": figures.PAGE},
            {"label": "Phần liên thông", "url": figures.PARTS},
            {"label": "Danh sách hồ sơ", "url": figures.LIST},
        ],
    },
)


@officer
@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """Show the figures of today for what the actor leads; works by reloading where nothing live arrives."""
    actor = actors.staff(request)
    view = figures.View.read(request.GET.dict())
    at = clock.now()
    found = queries.figures(actor, day=figures.today(at), at=at, by=view.by)
    duty = next((held for held in actor.duties if held.role in queries.LEADING), None)
    page = {
        **figures.context(found, view),
        "heads": figures.heads(view),
        "view": view,
        "groups": [
            (name, f"{figures.PAGE}?{figures.View(by, view.sort, view.descending).query()}", by is view.by)
            for by, name in figures.GROUPS.items()
        ],
        "by_unit": view.by is By.UNIT,
        "reload_url": f"{figures.PAGE}?{view.query()}",
        "stream_url": f"{settings.STREAM_URL}{figures.STREAM}?{view.query()}",
        "staff": {"name": actor.name, "duty": words.ROLES.get(duty.role.value, "") if duty else ""},
        "menu": MENU,
        "section": figures.PAGE,
        "home_url": figures.PAGE,
    }
    return render(request, "lead/today.html", page)


@officer
@require_safe
def parts(request: HttpRequest) -> HttpResponse:
    """Show by agency how the parts of interlinked groups were done this month: which agency made them late."""
    actor = actors.staff(request)
    at = clock.now()
    day = figures.today(at)
    duty = next((held for held in actor.duties if held.role in queries.LEADING), None)
    page = {
        "rows": queries.parts_by_agency(actor, first=day.replace(day=1), last=day, at=at),
        "month": day,
        "staff": {"name": actor.name, "duty": words.ROLES.get(duty.role.value, "") if duty else ""},
        "menu": MENU,
        "section": figures.PARTS,
        "home_url": figures.PAGE,
    }
    return render(request, "lead/parts.html", page)
