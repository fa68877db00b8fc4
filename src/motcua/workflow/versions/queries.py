"""Reading of versions and drafts. Approved processes are public; drafts are seen by the officers who keep them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.db.models import F

from motcua.catalogue import queries as catalogue
from motcua.kernel.actor import Actor, Role
from motcua.kernel.errors import NotFound
from motcua.kernel.process import Graph, from_json
from motcua.kernel.process.bpmn import read, write
from motcua.workflow import queries as workflow
from motcua.workflow.models import ProcessDraft, ProcessVersion
from motcua.workflow.queries import Definition, definition
from motcua.workflow.versions.rules import OPEN, DraftNotFound, DraftState, VersionNotInForce


class Standing(StrEnum):
    """Where a version stands on a day: not yet in force, in force, or followed by another."""

    COMING = "coming"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version of a process, with its decision where it was approved by one."""

    id: int
    variant: str
    decision_no: str
    decided_on: date | None
    effective_on: date | None
    approved_by: str
    created_at: datetime
    standing: Standing


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A draft: what it means and how it is drawn."""

    id: int
    subject: int
    procedure_version_id: int
    variant: str
    base_id: int | None
    state: DraftState
    revision: int
    graph: Graph
    drawing: str
    changed_by: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """How far a procedure has come: variants in force, open drafts by variant, variants a decision approves."""

    in_force: frozenset[str]
    drafts: Mapping[str, int]
    approved: frozenset[str] = frozenset()


def drawing(process_version_id: int) -> bytes:
    """
    Return the BPMN file of a version: as it was drawn, else drawn from its steps.

    :raises DraftNotFound:
    """
    row = ProcessVersion.objects.filter(pk=process_version_id).values_list("drawing", "graph").first()
    if row is None:
        raise DraftNotFound("Không tìm thấy phiên bản quy trình này.")
    return row[0].encode() if row[0] else write(from_json(row[1]))


def authored(process_version_id: int) -> Graph:
    """
    Return the process of a version as it was drawn, calls not put in place.

    :raises DraftNotFound:
    """
    row = ProcessVersion.objects.filter(pk=process_version_id).values_list("drawing", "graph").first()
    if row is None:
        raise DraftNotFound("Không tìm thấy phiên bản quy trình này.")
    return read(row[0].encode()).graph if row[0] else from_json(row[1])


def called(reference: str, on: date) -> Graph | None:
    """
    Return the approved process that a call means on a day: `<procedure code>` or `<procedure code>/<variant>`.

    None where there is none, or where the procedure has several and the call does not say which.
    """
    code, _, variant = reference.partition("/")
    try:
        procedure = catalogue.current(code, on)
        if variant:
            return workflow.process_of(procedure.id, variant, on).graph
    except NotFound:
        return None
    found = workflow.processes_of(procedure.id)
    return workflow.process_of(procedure.id, found[0].variant, on).graph if len(found) == 1 else None


def approved(process_version_id: int, on: date) -> Definition:
    """
    Return a version that was approved by a decision and is in force on a local day (one statement).

    :raises VersionNotInForce: it is not there, not approved, or takes effect later.
    """
    row = ProcessVersion.objects.filter(
        pk=process_version_id, effective_on__lte=on
    ).exclude(decision_no="")  # fmt: skip
    if not row.exists():
        raise VersionNotInForce
    return definition(process_version_id)


def decision_of(process_version_id: int) -> str:
    """Return the number of the decision by which a version was approved; nothing where it came with the data."""
    found = ProcessVersion.objects.filter(pk=process_version_id).values_list("decision_no", flat=True).first()
    return found or ""


def versions(procedure_version_id: int, variant: str, on: date) -> list[VersionRow]:
    """Return the versions of a variant, newest first, with where each stands on a local day."""
    rows = (
        ProcessVersion.objects.filter(procedure_version_id=procedure_version_id, variant=variant)
        .order_by(F("effective_on").desc(nulls_last=True), "-id")
        .values_list(
            "id",
            "variant",
            "decision_no",
            "decided_on",
            "effective_on",
            "approved_by__full_name",
            "created_at",
        )
    )
    found: list[VersionRow] = []
    covered = False
    for number, name, decision, decided_on, effective_on, who, created_at in rows:
        standing = Standing.SUPERSEDED if covered else Standing.IN_FORCE
        if effective_on is not None and effective_on > on:
            standing = Standing.COMING
        else:
            covered = True
        found.append(
            VersionRow(number, name, decision, decided_on, effective_on, who or "", created_at, standing)
        )
    return found


def process_ids(procedure_version_ids: Collection[int]) -> list[int]:
    """Return every process that versions of a procedure ever ran by."""
    found = ProcessVersion.objects.filter(procedure_version_id__in=procedure_version_ids)
    return list(found.order_by("id").values_list("id", flat=True))


def kept(actor: Actor, on: date) -> dict[int, Kept]:
    """Return by procedure version which variants have a process in force on a day, and which are being drawn."""
    if not _officer(actor):
        return {}
    in_force: dict[int, set[str]] = defaultdict(set)
    approved: dict[int, set[str]] = defaultdict(set)
    for number, variant, effective_on, decision in ProcessVersion.objects.values_list(
        "procedure_version_id", "variant", "effective_on", "decision_no"
    ):
        if effective_on is None or effective_on <= on:
            in_force[number].add(variant)
            if decision:
                approved[number].add(variant)
    drafts: dict[int, dict[str, int]] = defaultdict(dict)
    for number, variant, draft_id in ProcessDraft.objects.filter(state__in=OPEN).values_list(
        "procedure_version_id", "variant", "id"
    ):
        drafts[number][variant] = draft_id
    return {
        number: Kept(
            frozenset(in_force.get(number, ())), drafts.get(number, {}), frozenset(approved.get(number, ()))
        )
        for number in {*in_force, *drafts}
    }


def draft(actor: Actor, draft_id: int) -> DraftRow:
    """
    Return a draft.

    :raises DraftNotFound: there is none, or the actor keeps no processes.
    """
    row = ProcessDraft.objects.select_related("changed_by").filter(pk=draft_id).first()
    if row is None or not _officer(actor):
        raise DraftNotFound
    return DraftRow(
        id=row.pk,
        subject=row.subject,
        procedure_version_id=row.procedure_version_id,
        variant=row.variant,
        base_id=row.base_id,
        state=DraftState(row.state),
        revision=row.revision,
        graph=from_json(row.graph),
        drawing=row.drawing,
        changed_by=row.changed_by.full_name,
        changed_at=row.changed_at,
    )


def open_draft(actor: Actor, procedure_version_id: int, variant: str) -> int | None:
    """Return the number of the draft of a variant that is being drawn."""
    if not _officer(actor):
        return None
    return (
        ProcessDraft.objects.filter(
            procedure_version_id=procedure_version_id, variant=variant, state__in=OPEN
        )
        .values_list("id", flat=True)
        .first()
    )


def _officer(actor: Actor) -> bool:
    return any(held.role is Role.KSTT for held in actor.duties)
