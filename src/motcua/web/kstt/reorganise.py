"""Reorganisation day, for the officer who controls procedures: what ends, where everything goes, and how far it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from motcua.catalogue import queries as catalogue
from motcua.dossiers import campaigns
from motcua.dossiers.campaigning import CampaignInvalid, Kind, Stage
from motcua.dossiers.campaigns import View
from motcua.dossiers.operations import campaign as operations
from motcua.dossiers.reorganising import Choice
from motcua.edge import keys
from motcua.kernel.errors import Conflict
from motcua.organisation import queries as organisation
from motcua.organisation import successions
from motcua.platform import clock
from motcua.web import components, inputs
from motcua.web.components import FieldView, Option
from motcua.web.desk import pages
from motcua.web.kstt import campaigns as shared

KIND: Final = Kind.REORGANISE
URL: Final = shared.URLS[KIND]
SHOWN: Final = 300
FIRST: Final = 30
"""So many agencies are told at once, the others fold."""
COUNTED: Final = ("open", "uncollected", "tasks", "pooled", "unmanned")


@pages.officer
@require_http_methods(["GET", "HEAD", "POST"])
def listing(request: HttpRequest) -> HttpResponse:
    """Show the reorganisations there were and the days on which units end; or draft one."""
    actor = shared.officer(request)
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            number = operations.draft_reorganisation(
                on=inputs.day(request.POST.get("ngay", "")), actor=actor, key=keys.key(request),
                at=clock.now(), **shared.decision(request.POST),
            )  # fmt: skip
            return redirect(f"{URL}{number}/")
        except CampaignInvalid as refusal:
            errors = dict(refusal.errors)
    typed = request.POST if request.method == "POST" else request.GET
    fields = [
        FieldView(
            "ngay", "Ngày sắp xếp (ngày đầu của đơn vị mới)", "date", value=shared.shown(typed.get("ngay", "")),
            required=True, width="s", inputmode="numeric", error=errors.get("ngay", ""),
        ),
        *shared.decision_fields(typed, errors),
    ]  # fmt: skip
    context = {
        "campaigns": [shared.head(one) for one in campaigns.listing(actor, KIND)],
        "days": _days(),
        "fields": fields,
        "errors": components.summary(fields),
        "today": clock.today(),
        "crumbs": shared.crumbs(KIND),
    }
    status = 422 if errors else 200
    return shared.show(request, "kstt/reorganisations.html", KIND, context, status=status)


def _days() -> list[dict[str, Any]]:
    """Return the days on which agencies give way to others, by the catalogue, the newest first."""
    ends = Counter(
        node.valid_to + timedelta(days=1)
        for node in organisation.tree().nodes.values()
        if node.is_root and node.valid_to < date.max
    )
    return [
        {"on": day, "agencies": count, "url": f"{URL}?ngay={day.isoformat()}#du-thao"}
        for day, count in sorted(ends.items(), reverse=True)
    ]


def _page(
    request: HttpRequest, number: int, errors: dict[str, str] | None = None, *, status: int = 200
) -> HttpResponse:
    actor = shared.officer(request)
    view = campaigns.one(actor, number, KIND)
    routes = campaigns.routes(actor, number)
    ending = campaigns.ending(actor, view.on) if view.state is Stage.DRAFT else []
    nodes, leaving = organisation.tree().nodes, {route.from_unit_id for route in routes}
    notable = [
        one
        for one in ending
        if not one.heirs
        or one.duties
        or one.parked
        or (len(one.heirs) > 1 and (nodes[one.unit.id].is_root or one.unit.id in leaving))
    ]
    agencies = [one for one in ending if nodes[one.unit.id].is_root]
    groups = _groups(view, routes)
    fields = _choice_fields(request, view, routes, ending, errors or {}) if view.state is Stage.DRAFT else []
    context = {
        "campaign": shared.head(view),
        "early": clock.today() < view.on,
        "groups": groups[:FIRST],
        "more_groups": groups[FIRST:],
        "sums": {
            "open": sum(route.open for route in routes),
            "uncollected": sum(route.uncollected for route in routes),
            "tasks": sum(route.tasks for route in routes),
            "pooled": sum(route.pooled for route in routes),
            "unmanned": sum(route.unmanned for route in routes),
            "duties": sum(one.duties for one in ending),
            "parked": sum(one.parked for one in ending),
        },
        "agencies": [_ending(one) for one in agencies[:SHOWN]],
        "agency_count": len(agencies),
        "notable": [_ending(one) for one in notable[:SHOWN]],
        "notable_count": len(notable),
        "choices": _choices(view),
        "fields": fields,
        "errors": components.summary(fields),
        "crumbs": shared.crumbs(KIND, f"{view.on:%d/%m/%Y}, {view.decision_no}"),
        **shared.page_of(request, actor, view, _units(routes)),
    }
    return shared.show(request, "kstt/reorganisation.html", KIND, context, status=status)


def _units(routes: Sequence[campaigns.Route]) -> set[int]:
    """Return the units dossiers leave and go to."""
    return {unit for route in routes for unit in (route.from_unit_id, route.to_unit_id) if unit is not None}


def _groups(view: View, routes: Sequence[campaigns.Route]) -> list[dict[str, Any]]:
    """Return the routes by the agency they leave with its sums: those without a place to go first, then the most."""
    by_agency: dict[int, list[campaigns.Route]] = {}
    for route in routes:
        by_agency.setdefault(organisation.root_of(route.from_unit_id).id, []).append(route)
    groups = [
        {
            "name": shared.unit_name(root),
            "blocked": sum(one.open + one.uncollected for one in found if one.to_unit_id is None),
            **{name: sum(getattr(one, name) for one in found) for name in COUNTED},
            "routes": [_route(view, one) for one in found],
        }
        for root, found in by_agency.items()
    ]
    return sorted(groups, key=lambda group: (-group["blocked"], -group["open"], group["name"]))


def _route(view: View, route: campaigns.Route) -> dict[str, Any]:
    return {
        "from": shared.unit_name(route.from_unit_id),
        "to": shared.unit_name(route.to_unit_id),
        "url": f"{URL}{view.number}/?{urlencode({'tu': route.from_unit_id})}#ho-so",
        **{name: getattr(route, name) for name in COUNTED},
    }


def _ending(one: campaigns.EndingUnit) -> dict[str, Any]:
    return {
        "unit": organisation.full_name(one.unit),
        "last_day": one.last_day,
        "heirs": [organisation.full_name(heir) for heir in one.heirs],
        "duties": one.duties,
        "parked": one.parked,
    }


def _choices(view: View) -> list[dict[str, Any]]:
    names = {choice.code: choice.name for choice in catalogue.field_choices()}
    return [
        {
            "from": shared.unit_name(one.origin_id),
            "to": shared.unit_name(one.to_id),
            "field": names.get(one.field, one.field),
            "place": shared.unit_name(one.place_id),
            "values": one.to_json(),
            "key": keys.new(),
        }
        for one in view.choices
    ]


def _choice_fields(
    request: HttpRequest,
    view: View,
    routes: Sequence[campaigns.Route],
    ending: Sequence[campaigns.EndingUnit],
    errors: Mapping[str, str],
) -> list[FieldView]:
    """Return the inputs of a successor chosen by hand: units that dossiers leave, units that may take them."""
    typed = request.POST
    nodes = organisation.tree().nodes
    leaving = {route.from_unit_id for route in routes}
    leaving |= {one.unit.id for one in ending if not one.heirs or one.duties or one.parked}
    taking = [
        unit.id
        for unit in successions.current_units(view.on)
        if unit.kind.startswith("one_stop") or nodes[unit.id].is_root
    ]
    places = [
        node.ref.id
        for node in nodes.values()
        if node.is_root and node.ref.kind == "ubnd_commune" and not node.in_force(view.on)
    ]

    def options(numbers: Iterable[int]) -> tuple[Option, ...]:
        named = [(organisation.full_name(organisation.unit(number)), number) for number in numbers]
        return tuple(
            Option(str(number), f"{name} ({organisation.unit(number).code})")
            for name, number in sorted(named)
        )

    return [
        FieldView(
            "tu", "Hồ sơ của đơn vị kết thúc", "select", value=typed.get("tu", ""), required=True,
            error=errors.get("tu", ""), options=options(leaving),
        ),
        FieldView(
            "den", "Chuyển cho", "select", value=typed.get("den", ""), required=True,
            error=errors.get("den", ""), options=options(taking),
        ),
        FieldView(
            "linh-vuc", "Chỉ lĩnh vực", "select", value=typed.get("linh-vuc", ""), blank="Mọi lĩnh vực",
            quiet=True,
            options=tuple(Option(choice.code, choice.name) for choice in catalogue.field_choices()),
        ),
        FieldView(
            "dia-ban", "Chỉ địa bàn", "select", value=typed.get("dia-ban", ""), blank="Mọi địa bàn", quiet=True,
            options=options(places),
        ),
    ]  # fmt: skip


page = pages.officer(require_safe(_page))
progress = pages.officer(
    require_safe(_page), counts=False
)  # a page that looks again shows nobody being there


@pages.officer
@require_POST
def choose(request: HttpRequest, number: int) -> HttpResponse:
    """Choose a successor by hand, or take the choice back."""
    actor = shared.officer(request)
    origin, to = (inputs.number(request.POST.get(name, "")) for name in ("tu", "den"))
    place = inputs.number(request.POST.get("dia-ban", ""))
    field = request.POST.get("linh-vuc", "")[:40]
    errors = {}
    if origin is None:
        errors["tu"] = "Chọn đơn vị đã kết thúc."
    if to is None:
        errors["den"] = "Chọn đơn vị nhận hồ sơ."
    try:
        if origin is None or to is None:
            raise CampaignInvalid(errors=errors)
        operations.choose(
            campaign=number,
            choice=Choice(origin, to, field, place),
            actor=actor,
            key=keys.key(request),
            at=clock.now(),
            remove="bo" in request.POST,
        )
    except CampaignInvalid as refusal:
        return _page(request, number, dict(refusal.errors), status=422)
    except Conflict as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "Đã ghi. Bản xem trước đã được tính lại.")
    return redirect(f"{URL}{number}/")


@pages.officer
@require_POST
def act(request: HttpRequest, number: int) -> HttpResponse:
    """Begin, stop, take up again, make the preview anew or give up."""
    return shared.act(request, KIND, number)
