"""The counter's pages: intake, what was taken in, the citizen's screen."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from motcua.catalogue import queries as catalogue
from motcua.documents import queries as documents
from motcua.documents.rules import DocumentKind
from motcua.dossiers import guidances, operations, outages, queries
from motcua.edge import actors, keys
from motcua.kernel.actor import Actor
from motcua.kernel.codes import personal_number_warnings
from motcua.kernel.errors import DomainError, NotFound
from motcua.organisation import queries as organisation
from motcua.organisation.tree import UnitRef
from motcua.parties import operations as party_operations
from motcua.payments import queries as payments
from motcua.platform import clock
from motcua.web import components, refusals, words
from motcua.web.components import ErrorItem, FieldView, Option
from motcua.web.desk import dossier, guiding, intake, lock, pages, places, rows
from motcua.web.desk.forms import NewPersonForm
from motcua.web.desk.intake import Intake
from motcua.web.desk.pauses import QUARTER
from motcua.web.templatetags.motcua import vn_short

URL: Final = "/can-bo/tiep-nhan/"
SCREEN: Final = "quay"
SHOWN_FOR: Final = timedelta(minutes=5)
NEW: Final = "moi"
FIELDS: Final = {
    "competent_unit": "co-quan", "received_at": "nhan-luc", "outage": "su-co", "outage_reason": "ly-do-su-co",
}  # fmt: skip
AFTERWARDS: Final = ("nhan-luc", "su-co", "ly-do-su-co")
NOT_KEPT: Final = frozenset(
    {
        "csrfmiddlewaretoken", "_key", "_reload", "_nhan", "_tam-giu", "_tim", "_du", "_tao", "giu-lai",
        "_chi-man-hinh", "_roi-trang",
    }
)  # fmt: skip


@pages.officer
@require_http_methods(["GET", "POST"])
def take_in(request: HttpRequest) -> HttpResponse:
    """Show the intake as far as it has come; take the dossier in."""
    actor = actors.staff(request)
    parked = request.POST.get("giu-lai") or request.GET.get("giu", "")
    typed = _typed(request, actor, parked)
    unit = pages.counter(actor, typed.get("don-vi", ""))
    person, refusal = _new_person(request, actor, typed)
    made = intake.read(actor, unit, clock.now(), typed)
    if "_du" in typed:
        typed.setlist("giay", [need.paper for need in made.needs if not made.waived(need)])
    if request.method == "POST":
        _mirror(request, intake.mirror(made) if "_roi-trang" not in typed else None)
        if "_chi-man-hinh" in typed:
            return HttpResponse(status=204)
        if "_tam-giu" in typed:
            return _park(request, made, parked)
        if "_nhan" in typed and person is None:
            if intake.check(made):
                with refusals.Attempt() as attempt:
                    return _done(request, made, parked)
                refusal = attempt.refusal
                _told(made, refusal)
            return _draw(request, made, person, parked, status=refusals.status(refusal) if refusal else 422)
    return _draw(request, made, person, parked, status=422 if refusal else 200)


def _typed(request: HttpRequest, actor: Actor, parked: str) -> QueryDict:
    """Return the form as sent, or as parked; buttons that drop something have dropped it."""
    if request.method == "POST":
        typed = request.POST.copy()
        if "_bo-nguoi" in typed:
            for name in ("nguoi-nop", "chu", "tim-nguoi"):
                typed.pop(name, None)
        if "_bo-chu" in typed:
            typed.pop("chu", None)
        if "_bo-thu-tuc" in typed:
            for name in ("thu-tuc", "_to-khai", "giay", "giu"):
                typed.pop(name, None)
        return typed
    typed = QueryDict(mutable=True)
    if parked.isdecimal():
        kept = next((row for row in queries.parked(actor) if str(row.pk) == parked), None)
        if kept is None:
            raise NotFound("Không tìm thấy hồ sơ đang tạm giữ này.")
        for name, values in kept.values.items():
            typed.setlist(name, [str(value) for value in values])
    replaced = request.GET.get("thay", "")
    if replaced:
        d = queries.one(actor, replaced).dossier
        typed["thay"], typed["_seen"] = d.code, str(d.seq)
        typed["nguoi-nop"], typed["chu"] = str(d.submitter_id), str(d.owner_id)
        typed["don-vi"] = str(d.receiving_unit_id)
    for name in ("nguoi-nop", "thu-tuc"):
        if request.GET.get(name):
            typed[name] = request.GET[name]
    if request.GET.get("su-co") == "1":
        typed["sau-su-co"] = "1"
    return typed


def _new_person(
    request: HttpRequest, actor: Actor, typed: QueryDict
) -> tuple[NewPersonForm | None, DomainError | None]:
    """Register the person of the form `moi-…` when its button was pressed; the form again where it is refused."""
    if request.method != "POST" or "_tao" not in typed:
        return None, None
    form = NewPersonForm(typed, prefix=NEW)
    attempt = refusals.Attempt(form)
    if attempt.ready:
        with attempt:
            party = party_operations.register_person(actor=actor, **form.cleaned_data)
            typed["chu" if typed.get("nguoi-nop") else "nguoi-nop"] = str(party.pk)
            typed.pop("tim-nguoi", None)
            return None, None
        for text in attempt.general:
            form.add_error(None, text)
    return form, attempt.refusal


def _told(made: Intake, refusal: DomainError | None) -> None:
    """Put the words of a refusal where they belong on the page."""
    errors = refusals.by_field(refusal)
    for name, field in FIELDS.items():
        if name in errors:
            errors[field] = errors.pop(name)
    made.errors |= {name: text for name, text in errors.items() if not name.startswith("reason")}
    if "reason" in errors:
        made.errors["ly-do"] = errors["reason"]
    if not errors:
        made.general += refusals.general(refusal)


def _done(request: HttpRequest, made: Intake, parked: str) -> HttpResponse:
    """Take the dossier in; or void the one entered under the wrong procedure and take it in again."""
    replaced = made.typed.get("thay", "")
    common: dict[str, Any] = {
        "filing": made.filing(),
        "actor": made.actor,
        "key": keys.key(request),
        "at": clock.now(),
        "fees": made.fees_taken(),
    }
    if replaced:
        done = operations.void_and_refile(
            code=replaced, reason=made.typed.get("ly-do", ""), seen=keys.seen(request), **common
        )
    else:
        done = operations.take_in(**common, late=made.late)
    if parked.isdecimal():
        with suppress(NotFound):  # another window has taken it up already
            operations.unpark(actor=made.actor, parked_id=int(parked))
    _mirror(request, {"code": done.code, "due": intake.mirror(made)["due"], "unit": made.unit.name})
    return redirect("desk:taken_in", done.code)


def _park(request: HttpRequest, made: Intake, parked: str) -> HttpResponse:
    """Set the intake aside with everything typed."""
    kept = {name: values for name, values in made.typed.lists() if name not in NOT_KEPT and any(values)}
    row = operations.park(
        actor=made.actor,
        unit_id=made.unit.id,
        title=intake.title(made),
        values=kept,
        at=made.at,
        parked_id=int(parked) if parked.isdecimal() else None,
    )
    messages.success(request, f"Đã tạm giữ: {row.title}.")
    _mirror(request, None)
    return redirect(URL)


@pages.officer
@require_POST
def drop(request: HttpRequest, parked_id: int) -> HttpResponse:
    """Throw a parked intake away."""
    operations.unpark(actor=actors.staff(request), parked_id=parked_id)
    messages.success(request, "Đã bỏ hồ sơ tạm giữ.")
    return redirect(URL)


# Drawing --------------------------------------------------------------------------------------------


def _draw(
    request: HttpRequest, made: Intake, person: NewPersonForm | None, parked: str, *, status: int
) -> HttpResponse:
    form_parts = intake.parts(made) if made.of else []
    views = [view for part in form_parts for view in (*part.now, *part.later)]
    papers = intake.papers(made)
    returned = intake.return_fields(made) if made.of else []
    place = (
        places.field(made.typed.get("dia-ban", ""), made.errors.get("dia-ban", ""), made.on)
        if made.needs_place
        else None
    )
    competence = intake.competence_field(made) if made.of else None
    new_views: list[FieldView] = []
    if (person is None and made.unknown and not made.submitter) or (person is None and made.unknown):
        person = NewPersonForm(initial=intake.person_form(made.card, made.unknown), prefix=NEW)
    if person is not None:
        new_views = [components.from_bound(person[name]) for name in person.fields]
    errors = [
        *(
            ErrorItem(f"f-{name}", made.errors[name])
            for name in ("tim-nguoi", "tim-thu-tuc")
            if name in made.errors
        ),
        *components.summary(
            [*([competence] if competence else []), *views, *([place] if place else []), *returned]
        ),
        *(ErrorItem(f"giay-{paper['code']}", paper["error"]) for paper in papers if paper["error"]),
    ]
    named = {item.target for item in errors}
    covered = {view.name for view in views} | {
        "tim-nguoi",
        "tim-thu-tuc",
        "co-quan",
        "dia-ban",
        "tra-dia-chi",
        "ly-do",
        *AFTERWARDS,
    }
    general = [
        *made.general,
        *(
            text
            for name, text in made.errors.items()
            if name.split(".")[0] not in covered and f"f-{name}" not in named and not name.startswith("giay-")
        ),
    ]
    errors += [ErrorItem(f"f-{name}", made.errors[name]) for name in AFTERWARDS if name in made.errors]
    if made.errors.get("ly-do"):
        errors.append(ErrorItem("ly-do", made.errors["ly-do"]))
    units = pages.counters(made.actor)
    context: dict[str, Any] = {
        "it": made,
        **_guidance(made),
        "unit_field": FieldView(
            "don-vi", "Quầy", "select", value=str(made.unit.id), required=True, quiet=True,
            options=tuple(Option(str(unit.id), unit.name) for unit in units),
        ) if len(units) > 1 else None,
        "people": [_person(row) for row in made.found],
        "candidates": [
            {**_person(one.party), "why": ", ".join(one.likeness.reasons)} for one in made.candidates
        ],
        "submitter": _person(made.submitter) if made.submitter else None,
        "owner": _person(made.owner) if made.owner and made.owner != made.submitter else None,
        "person_text": made.typed.get("tim-nguoi", "") if (made.found or made.unknown) else "",
        "new_person": new_views,
        "warnings": _warnings(made),
        "procedures": [{"code": row.code, "name": row.name, "field": row.field_name} for row in made.procedures],
        "procedure_text": made.procedure_text,
        "nothing_found": bool(made.procedure_text) and not made.procedures and made.of is None,
        "procedure": {"code": made.of.code, "name": made.of.name} if made.of else None,
        "limit_text": made.of.limit_text(made.channel) if made.of else "",
        "due": made.due(),
        "parts": form_parts,
        "shown_keys": ",".join(view.name for view in views),
        "drawn": f"{made.of.code}:{intake.owner_mark(made)}" if made.of else "",
        "papers": papers,
        "place": place,
        "competence": competence,
        "for_another": organisation.full_name(made.competent) if made.for_another and made.competent else "",
        "fees": intake.fee_lines(made),
        "exemptions": intake.exemption_choices(made),
        "total": made.total,
        "paid": made.typed.get("da-thu") == "1",
        "returned": returned,
        "channel": made.channel,
        "by_post": bool(made.of and made.of.offers("post")),
        "sets": made.typed.get("so-bo", "1"),
        "errors": errors,
        "reason_error": made.errors.get("ly-do", ""),
        "submitter_id": made.submitter.id if made.submitter else "",
        "owner_id": made.owner.id if made.owner and made.owner != made.submitter else "",
        "procedure_code": made.of.code if made.of else "",
        "general": general,
        "first": _first(made, views, papers, bool(new_views)),
        "parked": parked if parked.isdecimal() else "",
        "parked_rows": [] if request.method == "POST" else queries.parked(made.actor),
        "afterwards": _afterwards(made),
        "replaced": made.typed.get("thay", ""),
        "reason": made.typed.get("ly-do", ""),
        "seen": made.typed.get("_seen", ""),
        "crumbs": [],
    }  # fmt: skip
    return pages.show(request, "desk/intake.html", context, section=URL, status=status)


def _afterwards(made: Intake) -> dict[str, Any] | None:
    """Return what is asked of a dossier taken on paper during an outage; None where it replaces a void one."""
    if made.typed.get("thay"):
        return None
    on = made.late is not None
    known = outages.of_agency(made.actor, made.unit.agency_id, clock.now() - QUARTER) if on else []
    return {
        "on": on,
        "outages": [
            (
                str(one.id),
                f"{one.what} ({vn_short(one.began_at)} – {vn_short(one.ended_at) or 'đang xảy ra'})",
            )
            for one in known
        ],
        **{name.replace("-", "_"): made.typed.get(name, "") for name in AFTERWARDS},
        "errors": {name.replace("-", "_"): made.errors.get(name, "") for name in AFTERWARDS},
    }


def _guidance(made: Intake) -> dict[str, Any]:
    """Return what the person was told about the procedure before, and where to write down what is lacking now."""
    if made.owner is None or made.of is None:
        return {"guided": [], "guide_url": ""}
    kept = urlencode({"nguoi": made.owner.id, "thu-tuc": made.of.code, "don-vi": made.unit.id})
    told = guidances.of_person(made.actor, made.owner.id, made.of.code)
    return {"guided": guiding.told(told), "guide_url": f"{guiding.URL}?{kept}"}


def _person(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.display_name,
        "number": row.masked_number,
        "phone": row.masked_phone,
        "birth_date": row.birth_date,
        "address": row.address,
    }


def _warnings(made: Intake) -> list[str]:
    """Return what does not fit between the card in the hand and the record found."""
    card = made.card
    if card is None or len(card.number) != 12:
        return []
    found = personal_number_warnings(card.number, birth_date=card.birth_date, gender=card.gender)
    who = made.owner
    if who is not None and card.full_name and card.full_name.casefold() != who.display_name.casefold():
        found.append(f"Tên trên thẻ ({card.full_name}) khác tên trong hệ thống ({who.display_name}).")
    return found


def _first(made: Intake, views: list[FieldView], papers: list[dict[str, Any]], new: bool) -> str:
    """Return the id of what should have the cursor: the first thing that is missing."""
    if made.candidates:
        return "ung-vien-0"
    if new:
        return "tao-nguoi"
    if made.found:
        return "nguoi-0"
    if made.submitter is None:
        return "f-tim-nguoi"
    if made.procedures:
        return "thu-tuc-0"
    if made.of is None:
        return "f-tim-thu-tuc"
    for view in views:
        if view.required and not view.value and not view.values and not view.rows:
            return f"{view.html_id}-0" if view.grouped else view.html_id
    for paper in papers:
        if paper["needed"] and not paper["ticked"]:
            return f"giay-{paper['code']}"
    return "nhan"


# Taken in -------------------------------------------------------------------------------------------


@pages.officer
@require_safe
def taken_in(request: HttpRequest, code: str) -> HttpResponse:
    """Show what was taken in, with the slip to print and the way to the next one."""
    actor = actors.staff(request)
    view = queries.one(actor, code)
    d = view.dossier
    issued = documents.documents_of(actor, d.subject)
    slips = [dossier.issued(code, row) for row in issued if row.kind == DocumentKind.SLIP]
    context = {
        "d": d,
        "procedure": catalogue.definition(d.procedure_version_id).name,
        "slip": slips[-1] if slips else None,
        "prints": len(slips),
        "others": [dossier.issued(code, row) for row in issued if row.kind != DocumentKind.SLIP],
        "owed": payments.of_subject(actor, d.subject),
        "borrowed_url": f"{rows.dossier_url(code)}bien-nhan-ban-goc.pdf",
        "borrowed": any(c.borrowed_original for c in view.components),
        "where": organisation.unit(d.holder_unit_id).name if d.holder_unit_id else "",
        "decides": organisation.unit(d.competent_unit_id).name
        if d.non_territorial and d.competent_unit_id
        else "",
        "return_text": words.RETURN_CHANNELS.get(d.return_channel, ""),
        "page_url": rows.dossier_url(code),
        "submitter_id": d.submitter_id,
        "seen": d.seq,
        "crumbs": [],
    }
    return pages.show(request, "desk/taken_in.html", context, section=URL)


# The citizen's screen -------------------------------------------------------------------------------


def _mirror(request: HttpRequest, shown: dict[str, Any] | None) -> None:
    """Let the citizen's screen show this from now on; None clears it."""
    if shown is None:
        request.session.pop(SCREEN, None)
    else:
        request.session[SCREEN] = {**shown, "until": (clock.real_now() + SHOWN_FOR).timestamp()}


@require_safe
def screen(request: HttpRequest) -> HttpResponse:
    """Show the person at the counter what is being entered about them; it reloads itself and keeps nobody signed in."""
    who = actors.staff(request)
    known = bool(pages.counters(who)) and not lock.is_locked(request)
    shown = request.session.get(SCREEN) if known else None
    if shown and shown.get("until", 0) < clock.real_now().timestamp():
        shown = None  # nobody has typed for a while: the person in front of it may be another
    context = {
        "shown": shown,
        "due": shown["due"] if shown else "",
        "unit": shown["unit"] if shown else _unit_name(who) if known else "",
    }
    template = "desk/screen_part.html" if "phan" in request.GET else "desk/screen.html"
    response = render(request, template, context)
    response["Cache-Control"] = "no-store"
    return response


def _unit_name(actor: Actor) -> str:
    units: list[UnitRef] = pages.counters(actor)
    return units[0].name if units else ""
