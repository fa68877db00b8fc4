"""What everybody may read: procedures, where they are filed, units. What staff may look up: people."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.params.functions import Query

from motcua.api import shapes
from motcua.api.who import STAFF
from motcua.api.wire import answer
from motcua.catalogue import queries as catalogue
from motcua.catalogue.nonterritorial import queries as nonterritorial
from motcua.edge import actors
from motcua.organisation import queries as organisation
from motcua.organisation.tree import UnitRef
from motcua.parties import queries as parties
from motcua.platform import clock

router = Router(tags=["Danh mục"])
PAGE = 50


def unit_out(unit: UnitRef) -> shapes.UnitOut:
    """Return a unit as answers show it."""
    return shapes.UnitOut(code=unit.code, name=unit.name, kind=unit.kind, tier=unit.tier)


@router.get("/procedures", response=shapes.Procedures, summary="Tìm thủ tục")
def procedures(
    request: HttpRequest,
    q: str = Query("", max_length=200),
    field: str = Query("", max_length=80),
    level: str = Query("", max_length=40),
    online_level: str = Query("", max_length=40),
    after: str = Query("", max_length=700),
    size: int = Query(20, ge=1, le=200),
) -> HttpResponse:
    """Find procedures in force, with or without diacritics, by field, level and online level."""
    rows = catalogue.search(
        q,
        on=clock.today(),
        field=field or None,
        level=level or None,
        online_level=online_level or None,
        after=after,
        limit=size + 1,
    )
    return answer(
        shapes.Procedures(
            rows=[
                shapes.ProcedureRow(
                    code=row.code,
                    name=row.name,
                    field=row.field,
                    field_name=row.field_name,
                    levels=list(row.levels),
                    online_level=row.online_level,
                    status=row.status,
                )
                for row in rows[:size]
            ],
            next=rows[size - 1].key if len(rows) > size else "",
        )
    )


@router.get("/procedures/{code}", response={200: shapes.ProcedureOut, 404: shapes.Problem})
def procedure(request: HttpRequest, code: str) -> HttpResponse:
    """Return a procedure as in force today: papers by case, limits, fees, form, steps, legal bases."""
    found = catalogue.current(code, clock.today())
    return answer(
        shapes.ProcedureOut(
            code=found.code,
            version=found.no,
            name=found.name,
            field=found.field,
            field_name=found.field_name,
            valid_from=found.valid_from,
            valid_to=found.valid_to,
            record=dict(found.body),
        )
    )


@router.get("/procedures/{code}/units", response={200: shapes.Units, 404: shapes.Problem})
def receiving_units(
    request: HttpRequest,
    code: str,
    q: str = Query("", max_length=200),
    after: str = Query("", max_length=80),
) -> HttpResponse:
    """Return the units where a procedure may be filed today, by code."""
    on = clock.today()
    found = catalogue.receiving_units(catalogue.current(code, on), on, q, after=after, limit=PAGE + 1)
    return answer(_units(found))


@router.get("/procedures/{code}/receivers", response={200: shapes.Units, 404: shapes.Problem})
def receivers(
    request: HttpRequest,
    code: str,
    q: str = Query("", max_length=200),
    after: str = Query("", max_length=80),
) -> HttpResponse:
    """Return the units that may receive a procedure for another agency today, by code; none where it is on no list."""
    on = clock.today()
    of = catalogue.current(code, on)
    return answer(_units(nonterritorial.receivers(of, on, q, after=after, limit=PAGE + 1)))


def _units(found: list[UnitRef]) -> shapes.Units:
    rows = found[:PAGE]
    return shapes.Units(
        rows=[unit_out(unit) for unit in rows], next=rows[-1].code if len(found) > PAGE else ""
    )


@router.get("/units/{code}", response={200: shapes.UnitOut, 404: shapes.Problem})
def unit(request: HttpRequest, code: str) -> HttpResponse:
    """Return a unit by its code."""
    return answer(unit_out(organisation.unit_by_code(code)))


@router.get("/parties", auth=STAFF, response=shapes.Parties, summary="Tìm người, tổ chức (cán bộ)")
def search_parties(request: HttpRequest, q: str = Query(..., min_length=1, max_length=200)) -> HttpResponse:
    """Find persons and organisations by number, phone or name; only for staff with a duty."""
    rows = parties.search(actors.actor(request), q)
    return answer(
        shapes.Parties(
            rows=[
                shapes.PartyOut(
                    id=row.id,
                    kind=row.kind,
                    name=row.display_name,
                    number=row.masked_number,
                    birth_date=row.birth_date,
                    phone=row.masked_phone,
                )
                for row in rows
            ]
        )
    )


@router.get("/parties/{party_id}/known", auth=STAFF, response={200: shapes.Known, 404: shapes.Problem})
def known(request: HttpRequest, party_id: int) -> HttpResponse:
    """Return what the databases know of a party, for filling in a form at the counter."""
    return answer(shapes.Known(values=_known(request, party_id)))


@router.get("/known", response=shapes.Known, summary="Dữ liệu của chính tôi")
def own(request: HttpRequest) -> HttpResponse:
    """Return what the databases know of the citizen who is signed in."""
    citizen = actors.citizen(request)
    return answer(shapes.Known(values=_known(request, citizen.party_id or 0)))


def _known(request: HttpRequest, party_id: int) -> dict[str, object]:
    return parties.known(actors.actor(request), min(party_id, 2**63 - 1))
