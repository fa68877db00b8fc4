"""
Filing online, step by step; what is typed lies in the draft (forms.Draft) until it is filed.

Every step is a plain form: it works without scripts. With them the draft is saved on each change (`_auto`)
and the form drawn anew where other fields depend on an answer (`_reload`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from motcua.catalogue import queries as catalogue
from motcua.catalogue import rules as catalogue_rules
from motcua.catalogue.nonterritorial import queries as nonterritorial
from motcua.catalogue.queries import Definition
from motcua.documents import operations as documents
from motcua.dossiers import operations as dossiers
from motcua.dossiers.rules import Channel, ReturnChannel
from motcua.edge import actors, keys, kiosks
from motcua.forms import operations as drafts
from motcua.forms import queries as forms
from motcua.forms import rules as form_rules
from motcua.forms.models import Draft
from motcua.kernel.actor import Actor
from motcua.kernel.errors import Conflict, Invalid, NotFound
from motcua.organisation import areas
from motcua.organisation import queries as organisation
from motcua.organisation.kiosks import KioskRef
from motcua.organisation.tree import UnitRef
from motcua.parties import operations as party_operations
from motcua.parties import queries as parties
from motcua.platform import clock
from motcua.repository import queries as repository
from motcua.web import components, eform, words
from motcua.web.components import Crumb, ErrorItem, FieldView, FileItem, Option, StepView
from motcua.web.portal.forms import ConsentForm, OwnerForm, ReturnForm
from motcua.web.portal.views import HOME, shown

STEPS: Final = {
    "nguoi-nop": "Người nộp",
    "noi-nhan": "Nơi nhận",
    "to-khai": "Tờ khai",
    "giay-to": "Giấy tờ",
    "kiem-tra": "Kiểm tra và nộp",
}
ORDER: Final = tuple(STEPS)
MOST_UNITS: Final = 40
MOST_NEAR: Final = 1000
FEW_UNITS: Final = 12  # so many are shown at once, to choose from without searching
# Keys of e-forms that say how the result is received; where a form has them they are not asked twice.
RECEIVE: Final = "receive_method"
RECEIVE_ADDRESS: Final = "receive_address"
CAPACITY: Final = (
    "submit_as"  # in what capacity the person files: themselves, with authority, as the head of a firm
)
RECEIVE_CHANNEL: Final = {
    "one_stop": ReturnChannel.DIRECT,
    "post": ReturnChannel.POST,
    "electronic": ReturnChannel.ACCOUNT,
}


FORM_FILES: Final = "to-khai."  # files that a field of the e-form asks for; they travel with the answers


class NotOnline(Conflict):
    """The procedure takes no dossiers online."""

    code = "not_online"
    message = "Thủ tục này chưa nhận hồ sơ trực tuyến. Hãy nộp tại Bộ phận Một cửa hoặc qua bưu chính."


class NotAtKiosk(Conflict):
    """The procedure takes no dossiers from kiosks."""

    code = "not_at_kiosk"
    message = "Thủ tục này chưa nhận hồ sơ qua ki-ốt. Hãy nộp tại quầy hoặc trên máy của bạn."


@dataclass(slots=True)
class Filing:
    """One request of a filing: who, which draft of which procedure, and what its form is."""

    request: HttpRequest
    actor: Actor
    draft: Draft
    of: Definition
    step: str
    on: date

    @property
    def form(self) -> Mapping[str, Any]:
        """Return the e-form's definition."""
        return forms.form(self.of.id).definition

    @property
    def machine(self) -> KioskRef | None:
        """Return the kiosk at which the person files."""
        return kiosks.kiosk(self.request)

    @property
    def terms(self) -> str:
        """Return the channel whose fees count."""
        return (catalogue.kiosk_terms(self.of, self.on) if self.machine else None) or Channel.ONLINE

    def url(self, step: str) -> str:
        """Return the address of a step of this draft."""
        return reverse("portal:file_step", args=[self.of.code, self.draft.pk, step])

    def save(self, **changes: Any) -> None:
        """Save answers, uploads or choices; the draft remembers at which step it was left."""
        choices = {**self.draft.choices, "at": self.step, **changes.pop("choices", {})}
        values = {"answers": self.draft.answers, **changes, "choices": choices}
        self.draft = drafts.save_draft(
            actor=self.actor,
            procedure_version_id=self.of.id,
            draft_id=self.draft.pk,
            at=clock.now(),
            **values,
        )

    def choose(self, **values: Any) -> None:
        """Keep choices beside those made before."""
        self.save(choices={**self.draft.choices, **values})

    def onwards(self) -> HttpResponse:
        """Go to the next step; 'save and do later' goes to the list of one's own."""
        if "_save" in self.request.POST:
            messages.success(self.request, "Đã lưu bản nháp. Bạn có thể làm tiếp bất cứ lúc nào.")
            return redirect("portal:my_dossiers")
        following = ORDER[min(ORDER.index(self.step) + 1, len(ORDER) - 1)]
        reached = self.draft.choices.get("reached", [])
        self.choose(reached=[*(name for name in reached if name != following), following], at=following)
        return redirect(self.url(following))

    def show(self, template: str, context: Mapping[str, Any], *, wrong: bool = False) -> HttpResponse:
        """Draw the step."""
        place = ORDER.index(self.step)
        reached = {ORDER[0], *self.draft.choices.get("reached", [])}
        steps = [
            StepView(
                STEPS[name],
                "now" if name == self.step else "done" if number < place else "next",
                self.url(name) if name in reached else "",
            )
            for number, name in enumerate(ORDER)
        ]
        values = {
            "procedure": {"code": self.of.code, "name": self.of.name},
            "steps": steps,
            "step_title": STEPS[self.step],
            "key": keys.new(),
            "saved_at": self.draft.updated_at,
            "back_url": self.url(ORDER[place - 1]) if place else "",
            "max_mb": documents.upload_limits().max_bytes // (1024 * 1024),
            "section": "procedures",
            "crumbs": [
                HOME,
                Crumb(self.of.name, reverse("portal:procedure", args=[self.of.code])),
                Crumb("Nộp hồ sơ"),
            ],
            **context,
        }
        return render(self.request, template, values, status=422 if wrong else 200)


# Start -----------------------------------------------------------------------------------------------


def online(request: HttpRequest, code: str) -> Definition:
    """
    Return the procedure in force today, if it can be filed online, and at a kiosk if one is asking.

    :raises NotFound: no such procedure.
    :raises NotOnline, NotAtKiosk: it takes no dossiers that way.
    """
    of = catalogue.current(code, clock.today())
    if not catalogue.takes_online(of):
        raise NotOnline
    if kiosks.kiosk(request) is not None and catalogue.kiosk_terms(of, clock.today()) is None:
        raise NotAtKiosk
    return of


@require_http_methods(["GET", "POST"])
def start(request: HttpRequest, code: str) -> HttpResponse:
    """Say what is needed before filing; begin a draft filled with what is known of the person."""
    actor = actors.citizen(request)
    of = online(request, code)
    if request.method == "POST":
        form = forms.form(of.id).definition
        known = parties.known(actor, actor.party_id) if actor.party_id else {}
        filled = form_rules.prefill(form, known)
        draft = drafts.save_draft(
            actor=actor,
            procedure_version_id=of.id,
            answers=filled,
            choices={"prefilled": sorted(filled), "reached": [ORDER[0]]},
            at=clock.now(),
        )
        return redirect("portal:file_step", of.code, draft.pk, ORDER[0])
    begun = [row for row in forms.drafts(actor) if row.procedure_version_id == of.id]
    context = {
        "procedure": shown(of),
        "drafts": [
            {
                "url": resumed(of.code, row.id, row.choices),
                "step": STEPS[left_at(row.choices)],
                "updated_at": row.updated_at,
            }
            for row in begun
        ],
        "steps": [StepView(label) for label in STEPS.values()],
        "key": keys.new(),
        "max_mb": documents.upload_limits().max_bytes // (1024 * 1024),
        "section": "procedures",
        "crumbs": [HOME, Crumb(of.name, reverse("portal:procedure", args=[of.code])), Crumb("Nộp hồ sơ")],
    }
    return render(request, "portal/file_start.html", context)


def left_at(choices: Mapping[str, Any]) -> str:
    """Return the step at which a draft was left."""
    here = choices.get("at")
    return here if here in STEPS else ORDER[0]


def resumed(code: str, draft: int, choices: Mapping[str, Any]) -> str:
    """Return where a draft goes on: the step at which it was left."""
    return reverse("portal:file_step", args=[code, draft, left_at(choices)])


@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, code: str, draft: int, step: str) -> HttpResponse:
    """Show or take one step of a draft."""
    actor = actors.citizen(request)
    try:
        kept = forms.draft(actor, draft)
    except NotFound:
        if request.method != "POST" or "_submit" not in request.POST:
            raise
        # A second press of the last button: the first one filed the dossier and took the draft away.
        messages.info(
            request, "Bản nháp này không còn: hồ sơ có thể đã được nộp. Hãy xem danh sách dưới đây."
        )
        return redirect("portal:my_dossiers")
    of = catalogue.definition(kept.procedure_version_id)
    if of.code != code or step not in VIEWS:
        raise NotFound
    return VIEWS[step](Filing(request, actor, kept, of, step, clock.today()))


@require_http_methods(["POST"])
def discard(request: HttpRequest, draft: int) -> HttpResponse:
    """Throw a draft away."""
    drafts.delete_draft(actor=actors.citizen(request), draft_id=draft)
    messages.success(request, "Đã bỏ bản nháp.")
    return redirect("portal:my_dossiers")


# Who -------------------------------------------------------------------------------------------------


def who(filing: Filing) -> HttpResponse:
    """Ask whose dossier it is; the submitter is whoever is signed in."""
    chosen = filing.draft.choices.get("owner") or {"owner": "self"}
    typed = filing.request.POST if filing.request.method == "POST" else None
    sent = typed is not None and "_reload" not in typed
    firms = parties.represented(filing.actor)
    form = OwnerForm(
        typed if sent else None,
        initial=chosen if typed is None else typed.dict(),
        firms=[(str(row.id), f"{row.display_name} (tôi là người đại diện theo pháp luật)") for row in firms],
    )
    if sent and form.is_valid():
        try:
            owner_id = _owner(filing, form.cleaned_data)
        except Invalid as refusal:
            for name, message in (refusal.errors or {"": refusal.message}).items():
                form.add_error(name if name in form.fields else None, message)
        else:
            values = {name: _json(value) for name, value in form.cleaned_data.items()}
            if values["owner"].isdecimal():
                values["name"] = next(row.display_name for row in firms if row.id == owner_id)
            filing.choose(owner=values, owner_id=owner_id)
            _capacity(filing, values["owner"])
            return filing.onwards()
    selected = str((typed if typed is not None else chosen).get("owner", "self"))
    views = [
        components.from_bound(form[name], reload=name == "owner", **changes)
        for name, changes in OwnerForm.shown(selected).items()
    ]
    context = {
        "submitter": _party(filing.actor, filing.actor.party_id),
        "fields": views,
        "errors": components.summary(views) if sent else [],
        "general": [str(message) for message in form.non_field_errors()],
    }
    return filing.show("portal/file_who.html", context, wrong=sent and bool(form.errors))


def _capacity(filing: Filing, owner: str) -> None:
    """Answer in what capacity the person files, where the e-form asks: step 1 has said it."""
    field = next((item for item in filing.form["fields"] if item["key"] == CAPACITY), None)
    if field is None:
        return
    value = {"self": "self", "person": "authorised", "organisation": "authorised"}.get(
        owner, "representative"
    )
    if value in {option["value"] for option in field.get("options") or ()}:
        filing.save(answers={**filing.draft.answers, CAPACITY: value})


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _party(actor: Actor, party_id: int | None) -> list[tuple[str, str]]:
    if party_id is None:
        return [("Họ tên", actor.name)]
    row = parties.party(actor, party_id)
    return [
        ("Họ tên", row.display_name),
        ("Số định danh", row.masked_number),
        ("Điện thoại", row.masked_phone),
    ]


def _owner(filing: Filing, values: Mapping[str, Any]) -> int:
    """Return the party of the owner: the submitter, or the person or body named."""
    if values["owner"] == "self":
        if filing.actor.party_id is None:
            raise Invalid("Tài khoản này chưa gắn với một người nào nên chưa nộp hồ sơ được.")
        return filing.actor.party_id
    if values["owner"].isdecimal():
        return int(values["owner"])
    owner = party_operations.name_owner(
        actor=filing.actor,
        kind=values["owner"],
        number=values["number"],
        name=values["name"],
        birth_date=values.get("birth_date"),
        phone=values["phone"],
    )
    return owner.pk


# Where -----------------------------------------------------------------------------------------------


def where(filing: Filing) -> HttpResponse:
    """Ask where the dossier goes and how the result comes back."""
    typed = filing.request.POST if filing.request.method == "POST" else None
    choices = filing.draft.choices
    # The search is a form of its own (GET), so that Enter in it searches and does not go on to the next step.
    search = (typed.get("_search", "") if typed is not None else filing.request.GET.get("tim", "")).strip()[
        :100
    ]
    units = _units(filing, search)
    near = str(units[0].id) if units and (len(units) == 1 or _under(units[0], _home(filing))) else ""
    before = str((typed.get("unit") if typed else choices.get("unit_id")) or "")
    # A search offers what it found; what was picked before stays picked only while nothing was searched.
    picked = near if search and typed is None else before or near
    form = ReturnForm(typed, initial=_returning(filing)) if RECEIVE not in _keys(filing) else None
    unit_error = place_error = ""
    place_views: list[FieldView] = []
    if typed is not None and "_reload" not in typed:
        unit = _offered(filing, picked)
        if unit is None:
            unit_error = "Hãy chọn một nơi nhận trong danh sách."
        else:
            place_id = _place(filing, unit, typed.get("place", ""))
            needs_place = _needs_place(filing, unit)
            if needs_place and place_id is None:
                place_error = "Hãy chọn xã, phường mà hồ sơ liên quan."
            elif form is None or form.is_valid():
                more = dict(form.cleaned_data) if form else {}
                near_id = _near(filing, unit, typed.get("near", ""))
                filing.choose(unit_id=unit.id, place_unit_id=place_id, near_unit_id=near_id, **more)
                return filing.onwards()
    current = _offered(filing, picked)
    if current is not None and _needs_place(filing, current):
        chosen = str(
            (typed.get("place") if typed else choices.get("place_unit_id")) or _home_place(filing) or ""
        )
        place_views.append(
            FieldView(
                "place",
                "Xã, phường mà hồ sơ liên quan",
                "select",
                value=chosen,
                required=True,
                help="Nơi cư trú, nơi có thửa đất hoặc nơi đặt cơ sở, tùy thủ tục.",
                error=place_error,
                options=tuple(
                    Option(str(row.id), organisation.place_label(row)) for row in _communes(filing)
                ),
            )
        )
    near_view = _near_field(
        filing, current, str((typed.get("near") if typed else choices.get("near_unit_id")) or "")
    )
    listed = units if current is None or current in units or search else [current, *units]
    view = FieldView(
        "unit",
        "Nơi nhận",
        "radio" if len(listed) <= FEW_UNITS else "select",
        value=picked,
        required=True,
        error=unit_error,
        options=tuple(Option(str(row.id), organisation.place_label(row)) for row in listed),
        reload=True,
    )
    returned = [components.from_bound(bound) for bound in form] if form is not None else []
    errors = components.summary([view, *place_views, *returned])
    context = {
        "unit": view,
        "places": place_views,
        "near": near_view,
        "returned": returned,
        "search": search,
        "needs_search": bool(search) or len(units) > FEW_UNITS,
        "more_units": len(units) >= MOST_UNITS,
        "errors": errors if typed is not None else [],
    }
    return filing.show("portal/file_where.html", context, wrong=bool(typed is not None and errors))


def _returning(filing: Filing) -> dict[str, Any]:
    """Return what was chosen about the result; at first the address that is known of the person."""
    if "return_address" in filing.draft.choices or filing.actor.party_id is None:
        return dict(filing.draft.choices)
    known = parties.party(filing.actor, filing.actor.party_id).address
    return {**filing.draft.choices, "return_address": known}


def _keys(filing: Filing) -> set[str]:
    return {item["key"] for item in filing.form["fields"]}


def _units(filing: Filing, search: str) -> list[UnitRef]:
    """Return units to choose from; without a search those of the person's own commune stand first."""
    found = catalogue.receiving_units(filing.of, filing.on, search, limit=MOST_UNITS)
    root = _home(filing)
    if search or root is None:
        return found
    mine = [row for row in catalogue.receiving_units(filing.of, filing.on, limit=1000) if _under(row, root)]
    return [*mine, *(row for row in found if row not in mine)][:MOST_UNITS]


def _home(filing: Filing) -> UnitRef | None:
    """Return the root unit of the commune where the person lives, as far as it is known."""
    if filing.actor.party_id is None:
        return None
    home = parties.party(filing.actor, filing.actor.party_id).place_code
    return organisation.unit_of_place(home, filing.on) if home else None


def _home_place(filing: Filing) -> int | None:
    home = _home(filing)
    return home.id if home is not None and any(row.id == home.id for row in _communes(filing)) else None


def _under(unit: UnitRef, root: UnitRef | None) -> bool:
    return root is not None and unit.agency_id == root.agency_id


def _offered(filing: Filing, picked: str) -> UnitRef | None:
    if not picked.isdecimal():
        return None
    rows = catalogue.receiving_units(filing.of, filing.on, limit=1000)
    return next((row for row in rows if row.id == int(picked)), None)


def _elsewhere(filing: Filing, unit: UnitRef) -> list[UnitRef]:
    """
    Return where a dossier that a unit decides may be handed in and collected besides: counters that serve its area, and
    every unit the list allows, those of the person's own commune first.
    """
    found = areas.counters_of(unit.agency_id, filing.on, filing.of.field)
    found += nonterritorial.receivers(filing.of, filing.on, limit=MOST_NEAR)
    others = [row for row in dict.fromkeys(found) if row.agency_id != unit.agency_id]
    root = _home(filing)
    return sorted(others, key=lambda row: not _under(row, root))


def _near(filing: Filing, unit: UnitRef, picked: str) -> int | None:
    if not picked.isdecimal():
        return None
    return next((row.id for row in _elsewhere(filing, unit) if row.id == int(picked)), None)


def _near_field(filing: Filing, unit: UnitRef | None, value: str) -> FieldView | None:
    """Return the choice of a nearer unit; None where the dossier has to go to the one that decides."""
    others = _elsewhere(filing, unit) if unit is not None else []
    if unit is None or not others:
        return None
    return FieldView(
        "near",
        "Ông/bà muốn nộp bản gốc, nhận kết quả ở đâu?",
        "select",
        value=value,
        quiet=True,
        help="Chọn nơi gần nhà nhất. Nơi đó nhận hồ sơ rồi chuyển đến cơ quan giải quyết; thời hạn tính từ khi cơ quan"
        " giải quyết nhận được. Phí, lệ phí không đổi.",
        options=(
            Option("", f"Tại chính nơi giải quyết: {organisation.place_label(unit)}"),
            *(Option(str(row.id), organisation.full_name(row)) for row in others),
        ),
    )


def _needs_place(filing: Filing, unit: UnitRef) -> bool:
    variant = catalogue_rules.variant_for(filing.of.body, unit.kind)
    kinds = catalogue_rules.unit_kinds_of(variant)
    return organisation.missing_place(kinds, unit.id, filing.on, procedure_field=filing.of.field)


def _communes(filing: Filing) -> list[UnitRef]:
    tree = organisation.tree()
    nodes = [
        node
        for node in tree.nodes.values()
        if node.is_root and node.ref.tier == "commune" and node.in_force(filing.on)
    ]
    return sorted((node.ref for node in nodes), key=lambda row: row.code)


def _place(filing: Filing, unit: UnitRef, picked: str) -> int | None:
    if not _needs_place(filing, unit) or not picked.isdecimal():
        return None
    return next((row.id for row in _communes(filing) if row.id == int(picked)), None)


# The form --------------------------------------------------------------------------------------------


def fill(filing: Filing) -> HttpResponse:
    """Show or take the e-form."""
    form, typed = filing.form, filing.request.POST
    reload = eform.controls(form, _case_fields(filing.of))
    errors: dict[str, str] = {}
    fresh = False
    if filing.request.method == "POST":
        shown_before = frozenset(typed.get("_shown", "").split(","))
        filing.save(answers=eform.read(form, typed, filing.draft.answers))
        if "_auto" in typed and "_reload" not in typed:
            return render(filing.request, "portal/saved.html", {"saved_at": filing.draft.updated_at})
        row = typed.get("_add") or typed.get("_remove", "").rpartition("-")[0]
        if row:
            return redirect(f"{filing.url(filing.step)}#f-{row}")
        if "_save" in typed:
            return filing.onwards()
        if "_reload" not in typed:
            _, errors = _checked(filing, without_files=True)
            now = {item["key"] for item in form_rules.visible(form, filing.draft.answers)}
            appeared = now - shown_before
            fresh = any(key.split(".")[0] in appeared for key in errors)
            errors = {key: text for key, text in errors.items() if key.split(".")[0] not in appeared}
            if not errors and not fresh:
                return filing.onwards()
    parts = _parts(filing, errors, reload)
    views = [view for part in parts for view in part.fields]
    context = {
        "sections": parts,
        "shown": eform.shown_keys(parts),
        "fresh": fresh,
        "errors": components.summary(views),
    }
    return filing.show("portal/file_form.html", context, wrong=bool(errors) or fresh)


def _case_fields(of: Definition) -> set[str]:
    conditions = (case["condition"] for case in of.body["required_papers"])
    return {condition["field"] for condition in conditions if condition}


def _parts(filing: Filing, errors: Mapping[str, str], reload: frozenset[str]) -> list[eform.SectionView]:
    answers = filing.draft.answers
    visible = {item["key"] for item in form_rules.visible(filing.form, answers) if item["type"] != "file"}
    databases = {item.code: item.name for item in catalogue.terms("databases")}
    prefilled = filing.draft.choices.get("prefilled", [])
    sources = {
        item["key"]: databases.get(item["prefill"].partition(".")[0], "")
        for item in filing.form["fields"]
        if item.get("prefill") and item["key"] in prefilled
    }
    return eform.sections(filing.form, answers, shown=visible, errors=errors, sources=sources, reload=reload)


def _checked(filing: Filing, *, without_files: bool = False) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the clean answers and the errors; files of the form belong to the step of the papers."""
    files = {item["key"]: item for item in filing.form["fields"] if item["type"] == "file"}
    answers = dict(filing.draft.answers)
    for key in files:
        stored = [_stored(entry) for entry in filing.draft.uploads if entry["paper"] == _field_code(key)]
        if stored:
            answers[key] = stored
    clean, errors = form_rules.validate(filing.form, answers, filing.on)
    if without_files:
        errors = {key: text for key, text in errors.items() if key not in files}
    return clean, errors


def _stored(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {"file_id": entry["file_id"], "name": entry["name"], "size": entry["size"]}


def _field_code(key: str) -> str:
    return f"{FORM_FILES}{key}"


# Papers ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PaperItem:
    """A paper as the step of the papers shows it."""

    code: str
    name: str
    case_label: str
    note: str
    required: bool
    present_only: bool
    waived: str
    files: tuple[FileItem, ...]
    error: str = ""
    reuse: repository.HoldingRow | None = None

    @property
    def anchor(self) -> str:
        """Return the id of its place on the page."""
        return f"giay-{self.code.lower().replace('.', '-')}"

    @property
    def input(self) -> str:
        """Return the name and id of its file input."""
        return f"tep-{self.code}"

    @property
    def ready(self) -> bool:
        """Tell whether nothing more is needed: a file, or a paper of the owner's repository."""
        return bool(self.files) or self.reuse is not None

    @property
    def reused(self) -> bool:
        """Tell whether the repository's paper is used: nothing was sent in its place."""
        return self.reuse is not None and not self.files


def papers(filing: Filing) -> HttpResponse:
    """Show or take the papers that the answers call for."""
    typed = filing.request.POST
    items = _papers(filing)
    errors: dict[str, str] = {}
    if filing.request.method == "POST":
        removed = typed.get("_delete", "")
        if removed:
            kept = [entry for entry in filing.draft.uploads if str(entry["file_id"]) != removed]
            filing.save(uploads=kept)
            return redirect(filing.url(filing.step))
        errors = _take(filing, items)
        pressed = typed.get("_upload", "")
        items = _papers(filing)
        if not errors and pressed:
            anchor = next((item.anchor for item in items if item.input == pressed), "")
            return redirect(f"{filing.url(filing.step)}#{anchor}")
        if not errors and "_next" in typed:
            errors = {
                item.code: "Hãy tải lên ít nhất một tệp cho giấy tờ này."
                for item in items
                if item.required and not item.ready
            }
        if not errors:
            return filing.onwards()
        items = [replace(item, error=errors.get(item.code, "")) for item in items]
    context = {
        "papers": items,
        "errors": [ErrorItem(item.input, f"{item.name}: {item.error}") for item in items if item.error],
    }
    return filing.show("portal/file_papers.html", context, wrong=bool(errors))


def _papers(filing: Filing) -> list[PaperItem]:
    """Return the papers of the case, each with the files sent so far; files asked by the form stand last."""
    clean, _ = _checked(filing)
    by_paper: dict[str, list[FileItem]] = {}
    for entry in filing.draft.uploads:
        item = FileItem(
            entry["name"], entry["size"], remove_name="_delete", remove_value=str(entry["file_id"])
        )
        by_paper.setdefault(entry["paper"], []).append(item)
    databases = {item.code: item.name for item in catalogue.terms("databases")}
    items = []
    needs = catalogue_rules.papers_for(filing.of.body, clean)
    held = _held(filing, [need.paper for need in needs if not need.surrender_original])
    for need in needs:
        form_itself = need.form_file is not None
        waived = ""
        if need.waived_if_in_db:
            waived = f"Không phải nộp nếu đã có trong {databases.get(need.source_db or '', 'cơ sở dữ liệu')}"
        elif form_itself:
            waived = "Đã có: tờ khai điện tử bạn vừa điền thay cho bản giấy"
        items.append(
            PaperItem(
                code=need.paper,
                name=need.name,
                case_label=need.case_label,
                note="" if form_itself else need.note,
                required=not (waived or need.present_only),
                present_only=need.present_only and not waived,
                waived=waived,
                files=tuple(by_paper.get(need.paper, ())),
                reuse=held.get(need.paper) if not waived else None,
            )
        )
    for field in form_rules.visible(filing.form, clean):
        if field["type"] == "file":
            code = _field_code(field["key"])
            items.append(
                PaperItem(
                    code=code,
                    name=field["label_vi"],
                    case_label="Kèm theo tờ khai",
                    note="",
                    required=bool(field["required"]),
                    present_only=False,
                    waived="",
                    files=tuple(by_paper.get(code, ())),
                )
            )
    return items


def _held(filing: Filing, papers: Sequence[str]) -> dict[str, repository.HoldingRow]:
    """Return what the owner's repository has in place of papers; only one's own repository is looked into."""
    owner_id = filing.draft.choices.get("owner_id")
    if owner_id is None:
        return {}
    found = repository.match(filing.actor, owner_id, papers, filing.on)
    return {code: rows[0] for code, rows in found.items()}


def _take(filing: Filing, items: Sequence[PaperItem]) -> dict[str, str]:
    """Store the files that came, beside those sent before; return what was refused, by paper."""
    refused: dict[str, str] = {}
    entries = list(filing.draft.uploads)
    for item in items:
        sent = [entry for entry in entries if entry["paper"] == item.code]
        for upload in filing.request.FILES.getlist(item.input):
            try:
                file = documents.store_upload(
                    actor=filing.actor, name=upload.name or "", data=upload.read(), at=clock.now()
                )
                documents.check_join(actor=filing.actor, file_ids=[*_ids(sent), file.pk])
            except Invalid as refusal:
                refused[item.code] = refusal.message
                break
            sent.append({"paper": item.code, "file_id": file.pk, "name": file.name, "size": file.size})
            entries.append(sent[-1])
    if entries != filing.draft.uploads:
        filing.save(uploads=entries)
    return refused


def _ids(entries: Sequence[Mapping[str, Any]]) -> list[int]:
    return [int(entry["file_id"]) for entry in entries]


# Review ----------------------------------------------------------------------------------------------


def review(filing: Filing) -> HttpResponse:
    """Show everything once more; on consent, file."""
    typed = filing.request.POST if filing.request.method == "POST" else None
    if typed is not None and "_save" in typed:
        return filing.onwards()
    clean, wrong = _checked(filing)
    items = _papers(filing)
    problems = _problems(filing, wrong, items)
    form = ConsentForm(typed)
    general: list[str] = []
    if typed is not None and form.is_valid() and not problems:
        try:
            _make_ready(filing, items)
            done = dossiers.file(
                filing=_filed(filing, clean, items),
                actor=filing.actor,
                key=keys.key(filing.request),
                at=clock.now(),
            )
        except (Invalid, Conflict) as refusal:
            general.append(refusal.message)
        else:
            if not done.again:
                drafts.delete_draft(actor=filing.actor, draft_id=filing.draft.pk)
            return redirect("portal:filed", done.code)
    consent = components.from_bound(form["consent"])
    visible = {item["key"] for item in form_rules.visible(filing.form, clean)}
    context = {
        "who": _who_pairs(filing),
        "where": _where_pairs(filing, clean),
        "sections": eform.written(filing.form, clean, visible),
        "papers": [
            replace(item, files=tuple(FileItem(f.name, f.size) for f in item.files)) for item in items
        ],
        "fees": catalogue_rules.fees_for(filing.of.body, filing.terms, clean),
        "consent": consent,
        "edit": {
            "who": filing.url("nguoi-nop"),
            "where": filing.url("noi-nhan"),
            "form": filing.url("to-khai"),
            "papers": filing.url("giay-to"),
        },
        "errors": [*problems, *components.summary([consent])],
        "general": general,
    }
    return filing.show(
        "portal/file_review.html", context, wrong=bool(general or (typed and (problems or form.errors)))
    )


def _problems(filing: Filing, wrong: Mapping[str, str], items: Sequence[PaperItem]) -> list[ErrorItem]:
    """Return what still keeps the dossier from being filed, each with the way to the step that mends it."""
    problems = []
    if "owner_id" not in filing.draft.choices:
        problems.append(ErrorItem("", "Chưa chọn chủ hồ sơ (bước 1).", filing.url("nguoi-nop")))
    if "unit_id" not in filing.draft.choices:
        problems.append(ErrorItem("", "Chưa chọn nơi nhận hồ sơ (bước 2).", filing.url("noi-nhan")))
    if wrong:
        problems.append(
            ErrorItem("", f"Tờ khai còn {len(wrong)} mục chưa đúng (bước 3).", filing.url("to-khai"))
        )
    problems.extend(
        ErrorItem("", f"Còn thiếu giấy tờ: {item.name} (bước 4).", f"{filing.url('giay-to')}#{item.anchor}")
        for item in items
        if item.required and not item.ready
    )
    return problems


def _who_pairs(filing: Filing) -> list[tuple[str, str]]:
    pairs = [("Người nộp", filing.actor.name)]
    owner_id = filing.draft.choices.get("owner_id")
    if owner_id is not None:
        same = owner_id == filing.actor.party_id
        owner = filing.draft.choices.get("owner", {})
        pairs.append(("Chủ hồ sơ", "Chính người nộp" if same else str(owner.get("name", ""))))
    return pairs


def _where_pairs(filing: Filing, answers: Mapping[str, Any]) -> list[tuple[str, str]]:
    choices = filing.draft.choices
    unit = organisation.unit(choices["unit_id"]) if choices.get("unit_id") else None
    channel, address = _return(filing, answers)
    near = organisation.unit(choices["near_unit_id"]) if choices.get("near_unit_id") else None
    pairs = [
        ("Nơi nhận hồ sơ", organisation.place_label(near or unit) if unit else ""),
        ("Nhận kết quả", words.RETURN_CHANNELS[channel]),
    ]
    if near is not None and unit is not None:
        pairs[0] = ("Nơi nhận hồ sơ", organisation.full_name(near))
        pairs.insert(1, ("Cơ quan giải quyết", organisation.place_label(unit)))
    if choices.get("place_unit_id"):
        pairs.insert(
            1, ("Xã, phường liên quan", organisation.place_label(organisation.unit(choices["place_unit_id"])))
        )
    return [*pairs, ("Địa chỉ nhận", address)] if address else pairs


def _return(filing: Filing, answers: Mapping[str, Any]) -> tuple[ReturnChannel, str]:
    """Return how the result goes out: as the e-form says where it asks, else as chosen."""
    if RECEIVE in answers:
        channel = RECEIVE_CHANNEL.get(answers[RECEIVE], ReturnChannel.ACCOUNT)
        return channel, str(answers.get(RECEIVE_ADDRESS, ""))
    choices = filing.draft.choices
    return ReturnChannel(choices.get("return_channel", ReturnChannel.ACCOUNT)), choices.get(
        "return_address", ""
    )


def _make_ready(filing: Filing, items: Sequence[PaperItem]) -> None:
    """
    Do before the act what may not happen inside it: join the files of a paper, print what is reused for the first time.

    The joined file is kept with the draft, so that a second press sends the very same dossier.

    :raises Invalid: the files of a paper cannot be joined.
    """
    before, joined = filing.draft.choices.get("joined", {}), {}
    for item in items:
        if item.reused and item.reuse is not None and item.reuse.document_id is not None:
            documents.printed(actor=filing.actor, document_id=item.reuse.document_id, at=clock.now())
        parts = _ids([entry for entry in filing.draft.uploads if entry["paper"] == item.code])
        if not parts or item.code.startswith(FORM_FILES):
            continue
        if before.get(item.code, [])[:-1] == parts:
            joined[item.code] = before[item.code]
            continue
        whole = documents.join_uploads(actor=filing.actor, file_ids=parts, name=item.name, at=clock.now())
        joined[item.code] = [*parts, whole.pk]
    if joined != before:
        filing.choose(joined=joined)


def _filed(filing: Filing, answers: Mapping[str, Any], items: Sequence[PaperItem]) -> dossiers.Filing:
    choices = filing.draft.choices
    channel, address = _return(filing, answers)
    whole = {paper: joined[-1] for paper, joined in choices.get("joined", {}).items()}
    return dossiers.Filing(
        procedure_code=filing.of.code,
        receiving_unit_id=choices.get("near_unit_id") or choices["unit_id"],
        competent_unit_id=choices["unit_id"] if choices.get("near_unit_id") else None,
        channel=Channel.KIOSK if filing.machine else Channel.ONLINE,
        kiosk_id=filing.machine.id if filing.machine else None,
        owner_id=choices["owner_id"],
        submitter_id=filing.actor.party_id or 0,
        answers=answers,
        papers={
            item.code: dossiers.PaperInput(file_id=whole[item.code])
            if item.code in whole
            else dossiers.PaperInput(reused=True, holding_id=item.reuse.id if item.reuse else None)
            for item in items
            if not item.code.startswith(FORM_FILES) and (item.code in whole or item.reused)
        },
        return_channel=channel.value,
        return_address=address,
        place_unit_id=choices.get("place_unit_id"),
    )


VIEWS: Final[Mapping[str, Callable[[Filing], HttpResponse]]] = {
    "nguoi-nop": who,
    "noi-nhan": where,
    "to-khai": fill,
    "giay-to": papers,
    "kiem-tra": review,
}
