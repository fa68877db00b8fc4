"""
Every read of every room, found by introspection: whoever holds no duty gets nothing (law 7).

A function that takes an actor is called as somebody without a duty, with real ids of a filled province; one that takes
none must be named below with the reason why anybody may be answered.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from dataclasses import fields, is_dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

import motcua
from motcua.documents import operations as documents
from motcua.documents import queries as papers
from motcua.documents.models import Document, File
from motcua.documents.rules import DocumentKind, SignatureField
from motcua.dossiers import explanations, operations, pauserecords, timing, uncollected
from motcua.dossiers.campaigning import Kind
from motcua.dossiers.closing import Book, Closed
from motcua.dossiers.closing import Span as Span_
from motcua.dossiers.closings import ClosingFilters
from motcua.dossiers.handedon import Pile
from motcua.dossiers.operations import FeesTaken, timers
from motcua.dossiers.queries import Filters
from motcua.dossiers.refunding import Ended
from motcua.dossiers.replay import Change
from motcua.dossiers.replays import Wanted
from motcua.dossiers.rules import State
from motcua.dossiers.tests.factories import MONDAY, RECOGNITION, TAN_DAN, Case, at_state, citizen, unit
from motcua.evaluation.mining.queries import Span
from motcua.evaluation.onpaper.queries import Filters as SignFilters
from motcua.exchange.queries import MessageFilters
from motcua.kernel.actor import ANONYMOUS, SYSTEM, Actor, ActorKind
from motcua.kernel.errors import Forbidden, NotFound
from motcua.organisation.tests.someone import IDLE
from motcua.payments.rules import RefundState
from motcua.repository.models import Holding
from motcua.steering.discipline.rules import Ground, Period
from motcua.steering.faults.queries import FaultFilters
from motcua.steering.models import Reminder
from motcua.territory.queries import NewDay
from motcua.territory.rules import DayKind
from motcua.workflow import queries as workflow
from motcua.workflow.team import Place

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]

PUBLIC = {
    "catalogue": "procedures, papers, fees and templates are published by law",
    "territory": "places and calendars are published",
}
NO_ACTOR: dict[str, str] = {
    # what signatures are checked by, and what acts of the rooms above ask under their own lock
    "documents.awaits_signature": "yes or no, for the act that hands the paper over",
    "documents.check_url": "an address",
    "documents.checked": "title, number and signers of a paper, for whoever knows its check value",
    "documents.signed_as": "a condition",
    "documents.signed_states": "signed or not, of papers the room above has read",
    "documents.of_result": "names of signers of an issued result, for whoever knows its check value",
    "documents.registered": "whose a certificate is, for the act that signs",
    "documents.trusted": "certificates of authorities: published",
    # who is who in offices: published
    "organisation.agency_kinds": "published",
    "organisation.calendar": "published",
    "organisation.calendar_with": "the published calendar with days tried",
    "organisation.code_prefix": "published",
    "organisation.full_name": "published",
    "organisation.unit_name": "published",
    "organisation.missing_place": "published",
    "organisation.parent_of": "published",
    "organisation.place_label": "published",
    "organisation.place_name": "published",
    "organisation.reach": "published",
    "organisation.in_force": "published",
    "organisation.matches": "published",
    "organisation.receiving_units": "published",
    "organisation.resolve_unit": "published",
    "organisation.root_of": "published",
    "organisation.root_of_agency": "published",
    "organisation.tree": "published",
    "organisation.told_apart": "published",
    "organisation.unit": "published",
    "organisation.find_unit": "published",
    "organisation.unit_by_code": "published",
    "organisation.calendar_as": "a published calendar with days that are to be tried",
    "organisation.layer_of": "published",
    "organisation.unit_in_force": "published",
    "organisation.unit_kinds": "published",
    "organisation.unit_of_place": "published",
    "organisation.appointed": "processes name signers by position; papers say who signed",
    "workflow.versions.approved": "which version of a process may carry dossiers; officers act on it",
    "workflow.versions.decision_of": "decisions that approve processes are published",
    "organisation.role_holders": "who looks after the systems; operations ask, pages ask `keepers`",
    "organisation.at_work": "who was at work, for the looking for signs; nobody is told",
    "organisation.position_of": "an official's position signs documents",
    "organisation.staff_called": "who signs in by a name, for the act that registers a certificate",
    "organisation.staff_names": "officials act under their names",
    "organisation.on_behalf": "whose duty an act was done under; pages ask it for entries the actor has read",
    "organisation.duty_holders": "who may be given work; operations and the demo ask, pages ask `colleagues`",
    "organisation.demo_staff": "the demo's sign-in page; fictitious people only",
    "organisation.actor_of": "makes the actor",
    "parties.account": "makes the actor",
    "parties.account_for_sign_in": "makes the actor",
    "parties.demo_citizens": "the demo's sign-in page; fictitious people only",
    "parties.party_kind": "a person or a firm, nothing more",
    "parties.same_as": "numbers of one party's merged records",
    "forms.form": "forms are published with their procedure",
    "workflow.versions.authored": "published",
    "workflow.versions.called": "published",
    "workflow.acting_units": "published: who took over whose work",
    "workflow.definition": "processes are published with their procedure",
    "workflow.process_of": "the same",
    "workflow.processes_of": "the same",
    "workflow.versions.drawing": "the same",
    "workflow.versions.versions": "the same, with their decisions",
    "territory.announced": "published",
    "territory.calendar_as": "a published calendar with days that are to be tried",
    "territory.covered_by": "published",
    "territory.layers": "published",
    "workflow.versions.process_ids": "numbers of published processes",
    "workflow.holders": "who may be given a task; operations ask, pages ask `candidates`",
    "workflow.marking": "a calculation on rows at hand",
    "documents.document_row": "a calculation on a row at hand",
    "dossiers.track": "whoever has code and check value (facts-lifecycle 2.9)",
    "dossiers.due_timers": "what the system itself has to do now",
    "dossiers.heads": "heads of chains for the ledger's verification; numbers and hashes",
    "evaluation.behind": "how many entries wait to be counted",
    "evaluation.onpaper.by_weekday": "the counting of signs itself",
    "evaluation.onpaper.online": "the counting of signs itself",
    "evaluation.onpaper.received": "the counting of signs itself",
    "evaluation.differences": "the check of figures against the ledger, for the command line",
    "evaluation.entries_after": "the counting itself",
    "evaluation.figures_of": "for a scope that `scope(actor)` gave",
    "evaluation.horizon": "how far may be read",
    "evaluation.restructuring.known_today": "published: steps, hours and papers of a procedure",
    "evaluation.mining.moved_after": "the reading itself",
    "evaluation.mining.taken": "moments by task, for the reading",
    "evaluation.mining.usual": "medians of a process, no dossier is told",
    "evaluation.version": "a number",
    "exchange.actor_of": "makes the actor",
    "exchange.asked": "what a partner is told of a request about a part, for the sender",
    "exchange.calling": "makes the actor",
    "exchange.check_rules": "a dated setting",
    "exchange.client": "makes the actor",
    "exchange.contents": "what a partner is told of a part, for the sender; partners ask `part`",
    "exchange.deciding": "which connection a part goes over, for the sender",
    "exchange.digest": "a calculation",
    "exchange.file": "takes the partner at the door, who stands for the actor",
    "exchange.followers": "which connections the state of a dossier goes over, for the sender",
    "exchange.forget_followers": "drops what is held in memory",
    "exchange.handed": "takes a signed link, which stands for the partner it was given to",
    "exchange.in_force": "a condition",
    "exchange.part": "takes the partner at the door, who stands for the actor",
    "exchange.spoken": "which interface a connection speaks, for the sender",
    "exchange.sync_rules": "a dated setting",
    "notifications.contacts": "who is to be told, for the handlers",
    "notifications.masked": "a calculation",
    "notifications.procedure_name": "published",
    "notifications.sender": "published",
    "notifications.sensitivity": "a calculation",
    "notifications.templates": "published wording",
    "notifications.unit_name": "published",
}
CACHES = ("forget", "forget_tree", "forget_calendars")


ROOMS = (
    "catalogue", "documents", "dossiers", "evaluation", "exchange", "forms", "notifications", "organisation",
    "parties", "payments", "repository", "steering", "territory", "workflow",
)  # fmt: skip
# Parts of a room that hold no reads for people: they write, react, calculate or draw from rows at hand.
NO_READS = {"operations", "handlers", "management", "migrations", "rules", "tasks", "tests"}
NOT_READ = {
    "dossiers.bookpapers.register": "draws a paper of what the actor has read",
    "dossiers.concern.of_their_concern": "a condition for other reads",
    "dossiers.offers.offers": "a calculation on rows the actor has read",
    "dossiers.papers.borrowed_originals": "draws a paper of what the actor has read, or inside an act",
    "dossiers.papers.guidance": "draws a paper inside an act",
    "dossiers.papers.refusal": "the same",
    "dossiers.papers.signer": "who signs a unit's papers; draws inside an act",
    "dossiers.papers.slip": "the same",
    "dossiers.papers.supplement_request": "the same",
    "workflow.hands.barred": "a calculation on tasks the actor has read",
    "workflow.hands.nameable": "the same",
    "workflow.hands.names_signers": "the same",
    "workflow.hands.signs": "the same",
    "workflow.saved.drop": "takes back a filter of one's own",
    "workflow.saved.keep": "keeps a filter of one's own",
}


def functions(parts: list[str], module: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the public functions that a module defines, by "room.module.name"; a module `queries` is not named."""
    loaded = importlib.import_module(module)
    path = ".".join(part for part in parts[1:] if part != "queries")
    for name, value in vars(loaded).items():
        inner = inspect.unwrap(value) if callable(value) else None
        if inspect.isfunction(inner) and not name.startswith("_") and inner.__module__ == module:
            yield f"{path}.{name}", value


def reads() -> dict[str, Callable[..., Any]]:
    """Return every public function of every `queries` module, and those of a room's other parts that take an actor."""
    found = {}
    for module in pkgutil.walk_packages(motcua.__path__, "motcua."):
        parts = module.name.split(".")
        if parts[1] not in ROOMS or NO_READS & set(parts):
            continue
        for name, value in functions(parts, module.name):
            if "queries" in parts or "actor" in inspect.signature(value).parameters:
                found[name] = value
    return found


READS = reads()
ASKED = sorted(
    name
    for name, read in READS.items()
    if "actor" in inspect.signature(read).parameters and name not in NOT_READ
)


@pytest.fixture
def known(province: None) -> dict[str, Any]:
    """Real values for every parameter: a province with dossiers, papers, receipts, results, parked intakes."""
    case = Case.taken_in(RECOGNITION, fees=FeesTaken(paid=True))
    done = at_state(State.RETURNED)
    waiting = Case.filed(RECOGNITION)
    officer = case.counter()
    operations.park(actor=officer, unit_id=unit(TAN_DAN).id, title="Hồ sơ dở", values={}, at=MONDAY)
    pdf = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    documents.store_upload(actor=officer, name="a.pdf", data=pdf, at=MONDAY, subject=case.subject)
    timers.mark(case.due)
    row = done.dossier
    holding = Holding.objects.filter(source_subject=done.subject)[0]
    return {
        "code": case.code,
        "subject": case.subject,
        "subjects": [case.subject, done.subject, waiting.subject],
        "task_id": case.task.id,
        "document_id": Document.objects.filter(subject=case.subject)[0].pk,
        "row": papers.document(SYSTEM, Document.objects.filter(subject=case.subject)[0].pk),
        "file_id": File.objects.filter(subject=case.subject)[0].pk,
        "party_id": row.owner_id,
        "party_ids": [row.owner_id, row.submitter_id],
        "unit_id": unit(TAN_DAN).id,
        "holding_id": holding.pk,
        "paper_types": [holding.paper_type],
        "number": row.owner_number,
        "id_number": row.owner_number,
        "text": row.owner_name,
        "kind": DocumentKind.SLIP,
        "year": 2023,
        "kinds": sorted(timing.MARKS),
        "filters": Filters(),
        "at": MONDAY,
        "now": MONDAY,
        "real_at": MONDAY,
        "since": MONDAY.replace(hour=0),
        "until": MONDAY.replace(hour=23),
        "end_of_day": MONDAY.replace(hour=17),
        "on": MONDAY.date(),
        "day": MONDAY.date(),
        "first": MONDAY.date(),
        "last": MONDAY.date(),
        "message_id": 1,
        "draft_id": 1,
        "procedure_version_id": row.procedure_version_id,
        "variant": "cap_xa",
        "process_id": row.process_version_id,
        "processes": [row.process_version_id],
        "procedure_code": case.bundle.procedure.code,
        "field": case.bundle.procedure.field,
        "live_on": MONDAY.date(),
        "today": MONDAY.date() + timedelta(days=1),
        "days": 30,
        "span": Span(MONDAY.date(), MONDAY.date()),
        "codes": [case.code],
        "from_unit_id": unit(TAN_DAN).id,
        "unit_ids": [unit(TAN_DAN).id],
        "numbers": [1],
        "newest": 10,
        "agency_id": row.agency_id,
        "awaited_id": 1,
        "by_head": False,
        "choices": [],
        "dossier": row,
        "earlier": True,
        "field_code": row.field_code,
        "limit": 10,
        "listing": "viec",
        "mapping": {},
        "new": workflow.definition(row.process_version_id),
        "old": workflow.definition(row.process_version_id),
        "passing": {unit(TAN_DAN).id: unit(TAN_DAN).id},
        "staff_id": officer.staff_id,
        "told_id": 1,
        "versions": [row.process_version_id],
        "which": Pile.TO_FORWARD,
        "written_by": None,
    }


PAUSES = pauserecords.Filters(since=MONDAY.replace(hour=0), until=MONDAY.replace(hour=23))
OTHER_KINDS: dict[str, dict[str, Any]] = {
    "dossiers.affected.recalculated": {
        "days": [NewDay(layer="national", on=MONDAY.date(), kind=DayKind.CLOSURE, name="Nghỉ")]
    },
    "dossiers.refundings.proposed": {"ended": Ended.WITHDRAWN, "handled": True},
    "dossiers.numbers.missing_codes": {"days": [MONDAY.date()]},
    "dossiers.campaigns.listing": {"kind": Kind.REORGANISE},
    "dossiers.explanations.counts": {"filters": explanations.Filters()},
    "dossiers.explanations.listing": {"filters": explanations.Filters()},
    "dossiers.pauserecords.officers": {"filters": PAUSES},
    "dossiers.pauserecords.striking": {"filters": PAUSES},
    "dossiers.pauserecords.totals": {"filters": PAUSES},
    "dossiers.replays.tried": {
        "wanted": Wanted(
            MONDAY.replace(hour=0), MONDAY.replace(hour=23), MONDAY, Change(days_off=(MONDAY.date(),))
        )
    },
    "dossiers.trials.overlap": {"first": 1, "second": 2},
    "dossiers.uncollected.listing": {"filters": uncollected.Filters()},
    "documents.remotes.of_state": {"state": "x"},
    "documents.remotes.under_way": {"number": 1},
    "documents.remotes.ways": {"fields": list(SignatureField)},
    "dossiers.unsigned.waiting": {"size": 10},
    "dossiers.closings.book_lines": {"book": Book.REGISTER, "period": Closed.of(Span_.MONTH, MONDAY.date())},
    "dossiers.closings.current": {"book": Book.REGISTER, "period": Closed.of(Span_.MONTH, MONDAY.date())},
    "dossiers.closings.listing": {"wanted": ClosingFilters()},
    "dossiers.closings.one_closing": {"number": 1},
    "dossiers.waiting": {"kind": "not_forwarded"},
    "exchange.at_portal": {"partner": 1},
    "exchange.differing": {"partner": 1},
    "exchange.first_syncs": {"partner": 1},
    "exchange.in_step": {"partner": 1},
    "exchange.message": {"number": 1},
    "exchange.messages": {"wanted": MessageFilters()},
    "workflow.team.unmanned": {"wanted": [Place(1, "can_bo_thu_ly", "")]},
    "payments.refunds": {"state": RefundState.OPEN},
    "steering.discipline.conduct_of_officers": {"days": Period(MONDAY.date(), MONDAY.date())},
    "steering.discipline.figures_of_officer": {
        "days": Period(MONDAY.date(), MONDAY.date()),
        "officer_id": None,
    },
    "dossiers.conduct.on_record": {"officer_id": 1, "kinds": ["late"]},
    "steering.discipline.suggestion": {"officer_id": 1, "ground": Ground.LATENESS},
    "steering.discipline.behind": {"officer_id": 1, "ground": Ground.LATENESS},
    "steering.discipline.reminder": {"number": 1},
    "steering.discipline.case": {"number": 1},
    "steering.discipline.discipline_course": {"number": 1},
    "steering.discipline.discipline_matter": {"number": 1},
    "steering.discipline.concerned": {"one": Reminder(unit_id=1)},
    "steering.faults.all_faults": {"filters": FaultFilters()},
    "steering.faults.fault_counts": {"filters": FaultFilters()},
    "evaluation.onpaper.listing": {"filters": SignFilters()},
    "evaluation.onpaper.counts": {"filters": SignFilters()},
}


def arguments(name: str, known: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """Return what a function is called with; a parameter nobody knows a real value for fails the test."""
    given: dict[str, Any] = {}
    for parameter in inspect.signature(READS[name]).parameters.values():
        if parameter.name == "actor":
            given["actor"] = actor
        elif parameter.name in OTHER_KINDS.get(name, {}):
            given[parameter.name] = OTHER_KINDS[name][parameter.name]
        elif parameter.default is inspect.Parameter.empty or parameter.name in ("id_number",):
            given[parameter.name] = known[parameter.name]
    return given


def is_nothing(value: Any) -> bool:
    """Tell whether an answer says nothing: empty, none, no, zero, or made of nothing but these."""
    if value is None or value is False or value == 0 or value == "":
        return True
    if is_dataclass(value):
        return all(
            is_nothing(getattr(value, part.name)) for part in fields(value) if part.name not in NOT_DATA
        )
    if isinstance(value, Mapping):
        return all(is_nothing(part) for part in value.values())
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return all(is_nothing(part) for part in value)
    return isinstance(value, Sized) and not len(value)


NOT_DATA = ("day", "at", "version", "by")  # what a table of figures says about itself

STRANGERS = {
    "nobody": ANONYMOUS,
    "staff whose duties have ended": IDLE,
    "a citizen without a party": Actor(kind=ActorKind.CITIZEN, account_id=-2),
    "a partner without anything": Actor(kind=ActorKind.PARTNER, account_id=-3),
}


@pytest.mark.parametrize("who", [*STRANGERS, "another citizen"])
def test_without_a_duty_there_is_nothing_to_read(who: str, known: dict[str, Any]) -> None:
    actor = {**STRANGERS, "another citizen": citizen(17)}[who]
    told: dict[str, Any] = {}
    for name in ASKED:
        kept = transaction.savepoint()
        try:
            answer = READS[name](**arguments(name, known, actor))
            if not is_nothing(answer):
                told[name] = answer
        except (NotFound, Forbidden):
            pass
        finally:
            transaction.savepoint_rollback(kept)
    assert not told


def test_those_who_may_are_answered(known: dict[str, Any]) -> None:
    """The values are real: an officer of the unit gets an answer from most reads."""
    from motcua.dossiers.tests.factories import counter

    officer, answered = counter(), set()
    for name in ASKED:
        kept = transaction.savepoint()
        try:
            if not is_nothing(READS[name](**arguments(name, known, officer))):
                answered.add(name.split(".")[0])
        except (NotFound, Forbidden):
            pass
        finally:
            transaction.savepoint_rollback(kept)
    assert {"dossiers", "documents", "workflow", "payments", "parties"} <= answered


def test_a_read_without_an_actor_is_explained() -> None:
    unexplained = {
        name
        for name, read in READS.items()
        if "actor" not in inspect.signature(read).parameters
        and name.split(".")[0] not in PUBLIC
        and name not in NO_ACTOR
        and name.split(".")[-1] not in CACHES
    }
    assert unexplained == set()
    assert {name for name in [*NO_ACTOR, *NOT_READ] if name not in READS} == set(), "explained, but not there"
