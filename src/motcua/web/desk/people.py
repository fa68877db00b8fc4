"""A person or body: their dossiers here, records that may be the same, merging and taking a merge back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from motcua.dossiers import queries
from motcua.dossiers.queries import Filters
from motcua.edge import actors
from motcua.kernel.actor import Actor
from motcua.kernel.errors import DomainError, NotFound
from motcua.parties import operations, rules
from motcua.parties import queries as parties
from motcua.parties.queries import PartyRow
from motcua.platform import access, clock
from motcua.web import components, inputs
from motcua.web.components import Crumb
from motcua.web.desk import pages, rows
from motcua.web.desk.forms import MergeForm

PAGE = 20
NO_SUBJECT = 0


def _url(party_id: int) -> str:
    return f"/can-bo/nguoi/{party_id}/"


def _row(row: PartyRow, *, full: bool = False) -> dict[str, object]:
    return {
        "id": row.id,
        "url": _url(row.id),
        "name": row.display_name,
        "kind": "Cá nhân" if row.kind == rules.PartyKind.PERSON else "Tổ chức",
        "number": row.id_number if full else row.masked_number,
        "phone": row.phone if full else row.masked_phone,
        "email": row.email,
        "birth_date": row.birth_date,
        "address": row.address,
    }


@pages.officer
@require_safe
def person(request: HttpRequest, party_id: int) -> HttpResponse:
    """Show a person or body; reading it leaves a trace."""
    actor = actors.staff(request)
    return _draw(request, actor, party_id)


@pages.officer
@require_POST
def reveal(request: HttpRequest, party_id: int) -> HttpResponse:
    """Show the numbers in full; the purpose stays in the trace of reading."""
    actor = actors.staff(request)
    return _draw(request, actor, party_id, full=True)


def _draw(
    request: HttpRequest, actor: Actor, party_id: int, *, full: bool = False, form: MergeForm | None = None
) -> HttpResponse:
    row, now = parties.party(actor, party_id), clock.now()
    if row.id != party_id:
        return redirect(_url(row.id))
    purpose = "xem số đầy đủ của người" if full else "xem người"
    access.note(actor, NO_SUBJECT, f"{purpose} số {row.id}", now)
    same = tuple(parties.same_as(row.id))
    found = queries.listing(actor, Filters(party_ids=same), size=PAGE)
    likely = parties.candidates(
        actor, id_number=row.id_number, name=row.display_name, birth_date=row.birth_date,
        phone=row.phone, but=row.id,
    )  # fmt: skip
    form = form or MergeForm()
    context = {
        "person": _row(row, full=full),
        "full": full,
        "rows": rows.lines(found[:PAGE], now),
        "more": len(found) > PAGE,
        "candidates": [
            {**_row(one.party), "why": ", ".join(one.likeness.reasons), "sure": one.likeness.sure}
            for one in likely
        ],
        "merges": [
            {
                "id": one.id,
                "name": one.dropped.display_name,
                "number": one.dropped.masked_number,
                "reason": one.reason,
                "at": one.merged_at,
                "undone_at": one.undone_at,
            }
            for one in parties.merges(actor, row.id)
        ],
        "fields": [components.from_bound(form[name]) for name in form.fields],
        "errors": components.summary([components.from_bound(form[name]) for name in form.fields])
        if form.is_bound
        else [],
        "may_receive": bool(pages.counters(actor)),
        "crumbs": [pages.HOME, Crumb(row.display_name)],
    }
    return pages.show(
        request, "desk/person.html", context, section="/can-bo/ho-so/", status=422 if form.errors else 200
    )


@pages.officer
@require_POST
def merge(request: HttpRequest, party_id: int) -> HttpResponse:
    """Make another record one with this one; this one stays."""
    actor, drop = actors.staff(request), inputs.number(request.POST.get("drop", ""))
    form = MergeForm(request.POST)
    if drop is None:
        raise NotFound
    if not form.is_valid():
        return _draw(request, actor, party_id, form=form)
    try:
        operations.merge(
            actor=actor, keep=party_id, drop=drop, at=clock.now(), reason=form.cleaned_data["reason"]
        )
    except rules.NotMergeable as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "Đã gộp hai bản ghi làm một. Có thể hoàn tác ở cuối trang này.")
    return redirect(_url(party_id))


@pages.officer
@require_POST
def undo(request: HttpRequest, party_id: int, merge_id: int) -> HttpResponse:
    """Take a merge back."""
    actor = actors.staff(request)
    if merge_id not in {row.id for row in parties.merges(actor, party_id)}:
        raise NotFound
    try:
        operations.undo_merge(actor=actor, merge_id=merge_id, at=clock.now())
    except DomainError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "Đã tách lại hai bản ghi.")
    return redirect(_url(party_id))
