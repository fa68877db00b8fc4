"""
A whole dossier and its steps as systems that follow all of them are told: one neutral record, whatever they speak.

Names of fields here are ours; `wire` and the data turn them into the words of an interface. A record says what had
happened up to a moment, so that a message about an earlier step does not tell of later ones.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, time
from typing import Any, Final

from motcua.catalogue import queries as catalogue
from motcua.documents import operations as papers
from motcua.documents import queries as documents
from motcua.documents.queries import FileRow
from motcua.documents.rules import DocumentKind, FileKind
from motcua.dossiers import queries as dossiers
from motcua.dossiers.queries import DossierView
from motcua.dossiers.rules import ACT_NAMES, Act, Channel, ComponentState, State
from motcua.kernel.actor import SYSTEM, ActorKind
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import NotFound
from motcua.organisation import queries as organisation
from motcua.parties import queries as parties
from motcua.parties.models import Party
from motcua.parties.queries import PartyRow
from motcua.parties.rules import PartyKind
from motcua.payments import queries as payments
from motcua.payments.models import Receipt
from motcua.payments.rules import Method, ObligationState
from motcua.platform import history
from motcua.platform.history import Happened

Link = Callable[[int], str]
"""Where a file of ours can be fetched, by its number."""

_KINDS: Final = {12: "personal_number", 9: "id_card"}
_STEPS: Final = frozenset(
    {Act.FORWARD, Act.ASSIGN, Act.RELEASE, Act.COMPLETE_STEP, Act.RETURN_STEP, Act.DECIDE, Act.CONFIRM_RECEIPT,
     Act.AUTOMATIC_STEP, Act.REQUEST_SUPPLEMENT, Act.SUPPLEMENT}
)  # fmt: skip
_WHO: Final = {
    ActorKind.CITIZEN.value: "Người nộp hồ sơ",
    ActorKind.PARTNER.value: "Hệ thống của bộ, ngành",
    ActorKind.SYSTEM.value: "Hệ thống một cửa",
}


def record(code: str, *, status: int, due_at: datetime | None, upto: datetime, link: Link) -> dict[str, Any]:
    """
    Return a dossier as it stood at a moment, with national number and due date told of then.

    Results are made into files if they are not yet: never call it inside an act.

    :raises DossierNotFound:
    """
    view = dossiers.one(SYSTEM, code)
    d = view.dossier
    people = parties.rows(SYSTEM, {d.owner_id, d.submitter_id})
    owner, submitter = people[d.owner_id], people[d.submitter_id]
    kinds = _kinds({d.owner_id, d.submitter_id})
    procedure = catalogue.definition(d.procedure_version_id)
    entries = [one for one in history.entries(SYSTEM, d.subject) if one.at <= upto]
    owed = payments.of_subject(SYSTEM, d.subject)
    issued, stored = documents.everything_of(SYSTEM, d.subject)
    files = {one.id: one for one in stored}
    by_code = organisation.code_prefix(d.receiving_unit_id)
    return {
        "code": d.code,
        "procedure_code": procedure.code,
        "procedure_name": procedure.name,
        "field_code": procedure.field,
        "field_name": procedure.field_name,
        "service_code": "",
        "channel": d.terms,
        "filed_where": "elsewhere",
        "receipt_no": str(d.register_no or ""),
        "owner_name": d.owner_name,
        "owner_kind": kinds[d.owner_id],
        "owner_account": "",
        "owner_numbers": _numbers(owner),
        "email": submitter.email,
        "phone": submitter.phone,
        "summary": f"{procedure.name}: {d.owner_name}",
        "filed_at": d.filed_at,
        "accepted_at": _until(d.accepted_at, upto),
        "due_at": due_at,
        "status": status,
        "refused_at": _at(entries, Act.REFUSE),
        "processed_at": _until(d.processed_at, upto),
        "returned_at": _until(d.returned_at, upto),
        "returned_how": "Đã trả kết quả" if _until(d.returned_at, upto) else "",
        "return_channel": d.return_channel,
        "unit_name": organisation.root_of_agency(d.agency_id).name,
        "unit_code": by_code.id or by_code.legacy_id,
        "note": "",
        "digitised": any(item.file_id for item in view.components),
        "verified_account": False,
        "paid": _paid(d.subject, bool(owed)),
        "databases": [],
        "papers": _papers(view, files, link),
        "others": [
            {"name": item.name, "count": item.originals + item.copies, "paper": item.paper}
            for item in view.components
            if item.file_id is None and item.originals + item.copies
        ],
        "fees": [
            {
                "name": one.label, "code": one.fee_code, "when": one.collected_when.value, "amount": one.amount,
                "kind": one.kind.value, "paid": one.state is ObligationState.PAID,
            }
            for one in owed
        ],
        "supplements": _supplements(view, entries, upto),
        "results": _results(view, issued, files, link) if _until(d.processed_at, upto) else [],
        "submitter": {
            "kind": kinds[d.submitter_id],
            "account": "",
            "details": {
                "name": submitter.display_name,
                "number": submitter.id_number,
                "born_at": datetime.combine(submitter.birth_date, time(), LOCAL) if submitter.birth_date else None,
                "phone": submitter.phone,
                "email": submitter.email,
                "address": submitter.address,
                "owner_name": d.owner_name,
                "owner_number": owner.id_number,
                "owner_address": owner.address,
            },
        },
    }  # fmt: skip


def steps(
    subject: int, code: str, seqs: Collection[int] | None, numbers: Mapping[str, tuple[int, str]]
) -> list[dict[str, Any]]:
    """
    Return entries of a dossier as steps of its progress, in order; all there are where `seqs` is None.

    `numbers` is the list of state numbers spoken; a state that is not in it has the status None.
    """
    found = [
        one
        for one in history.entries(SYSTEM, subject)
        if one.state_after is not None and (_is_step(one) if seqs is None else one.seq in seqs)
    ]
    staff = {one.officer_id for one in found if one.officer_id}
    known = organisation.appointed(staff)
    rows = []
    for one in found:
        person = known.get(one.officer_id or 0)
        about = str(one.payload.get("step") or "")
        act = ACT_NAMES.get(Act(one.act), one.act) if one.act in set(Act) else one.act
        rows.append(
            {
                "id": one.seq,
                "code": code,
                "person": person.full_name if person else _WHO.get(one.actor_kind, _WHO[ActorKind.SYSTEM.value]),
                "position": person.position if person else "",
                "at": one.at,
                "unit": organisation.unit_name(one.unit_id) if one.unit_id else "",
                "words": f"{act}: {about}" if about else act,
                "status": numbers.get(one.state_after or "", (None, ""))[0],
                "began_at": _moment(one.payload.get("opened_at")),
                "planned_at": _moment(one.payload.get("planned")),
            }
        )  # fmt: skip
    return rows


def _is_step(one: Happened) -> bool:
    """Tell whether an entry is a step of the progress: it changed state or due date, or is a step of the process."""
    return one.state_before != one.state_after or one.due_before != one.due_after or one.act in _STEPS


def _moment(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) and value else None


def _until(at: datetime | None, upto: datetime) -> datetime | None:
    return at if at is not None and at <= upto else None


def _at(entries: Sequence[Happened], act: Act) -> datetime | None:
    return next((one.at for one in entries if one.act == act), None)


def _kinds(numbers: Collection[int]) -> dict[int, str]:
    """Return what each party is: a person, or the legal form of the organisation as the data have it."""
    rows = Party.objects.filter(pk__in=numbers).values_list("pk", "kind", "organisation__kind")
    return {
        pk: PartyKind.PERSON.value if kind == PartyKind.PERSON else form or PartyKind.ORGANISATION.value
        for pk, kind, form in rows
    }


def _numbers(owner: PartyRow) -> list[dict[str, str]]:
    kind = _KINDS.get(len(owner.id_number)) if owner.kind == PartyKind.PERSON else None
    return [{"kind": kind, "number": owner.id_number}] if kind else []


def _paid(subject: int, owes: bool) -> str:
    if not owes:
        return "none"
    methods = set(Receipt.objects.filter(subject=subject).values_list("method", flat=True))
    return "other" if methods & {Method.ONLINE.value} else "offline"


def _papers(view: DossierView, files: Mapping[int, FileRow], link: Link) -> list[dict[str, Any]]:
    return [
        {
            "id": item.id,
            "name": item.name,
            "dropped": False,
            "paper": item.paper,
            "link": link(item.file_id),
            "digitised": item.digitise and view.dossier.channel not in (Channel.ONLINE, Channel.KIOSK),
            "state": item.state,
            "from_national": False,
            "replaced_by": "",
            "count": max(1, item.originals + item.copies),
            "form": "original" if item.originals else "copy" if item.copies else "electronic",
            "uploads": [{"file": item.file_id, "name": files[item.file_id].name, "replaced_by": ""}],
        }
        for item in view.components
        if item.file_id in files and item.file_id is not None and item.state != ComponentState.MISSING
    ]


def _supplements(view: DossierView, entries: Sequence[Happened], upto: datetime) -> list[dict[str, Any]]:
    """Return each request and, where it is there, its completion: both feed the measure of punctuality."""
    officers = organisation.staff_names({one.officer_id for one in entries if one.officer_id})
    found = []
    for no, row in enumerate(view.requests, 1):
        if row.requested_at > upto:
            continue
        asked = _entry(entries, Act.REQUEST_SUPPLEMENT, row.requested_at)
        brought = _until(row.answered_at, upto)
        answer = _entry(entries, Act.SUPPLEMENT, brought)
        items = [(str(item.get("name", "")), str(item.get("what", ""))) for item in row.items]
        found.append(
            {
                "id": f"{view.dossier.subject}-{no}",
                "asked_by": officers.get((asked.officer_id if asked else 0) or 0, ""),
                "words": "; ".join([row.reason, *(f"{name}: {what}" for name, what in items)]),
                "asked_at": row.requested_at,
                "taken_by": officers.get((answer.officer_id if answer else 0) or 0, ""),
                "taken_words": "Đã bổ sung" if brought else "",
                "answered_at": brought,
                "state": "answered" if brought else "asked",
                "papers": [{"name": name} for name, _ in items if name],
                "due_before": answer.due_before if answer else None,
                "due_after": answer.due_after if answer else None,
            }
        )  # fmt: skip
    return found


def _entry(entries: Sequence[Happened], act: Act, at: datetime | None) -> Happened | None:
    return next((one for one in entries if one.act == act and one.at == at), None)


def _results(
    view: DossierView,
    issued: Sequence[documents.DocumentRow],
    files: Mapping[int, FileRow],
    link: Link,
) -> list[dict[str, Any]]:
    """Return the results that hold, as files: papers of the agency, or what a ministry's system gave."""
    if State(view.dossier.state) not in (State.PROCESSED, State.RETURNED):
        return []
    found = []
    held = [one for one in issued if one.kind is DocumentKind.RESULT and not one.superseded]
    for one in held:
        file_id = one.file_id
        if file_id is None:
            file_id = papers.printed(actor=SYSTEM, document_id=one.id, at=one.created_at).file_id
        found.append((one.title, one.number, file_id))
    of_papers = {one.file_id for one in issued}
    found += [
        (one.name, "", one.id)
        for one in files.values()
        if one.kind is FileKind.RESULT and one.id not in of_papers
    ]
    return [
        {
            "id": file_id, "name": title, "paper": "", "number": number, "link": link(file_id),
            "file": file_id,
        }
        for title, number, file_id in found
    ]  # fmt: skip


def files_of(told: Mapping[str, Any]) -> list[int]:
    """Return the numbers of the files a record names, papers first."""
    papers_first = [one["file"] for paper in told["papers"] for one in paper["uploads"]]
    return list(dict.fromkeys([*papers_first, *(one["file"] for one in told["results"])]))


def file(subject: int, file_id: int) -> FileRow:
    """
    Return a file that belongs to a dossier, for the system.

    :raises NotFound:
    """
    found = documents.file(SYSTEM, file_id) if 0 < file_id < 2**63 else None
    if found is None or found.subject != subject:
        raise NotFound
    return found
