"""Reading of hand-over lists: the giving and the receiving unit see one; and what waits for a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count, QuerySet

from motcua.catalogue import queries as catalogue
from motcua.documents.queries import DocumentRow
from motcua.dossiers.docketing import DocketKind, DocketNotFound, DocketState
from motcua.dossiers.homes import Home
from motcua.dossiers.models import Docket, PaperTrip
from motcua.dossiers.rules import State
from motcua.kernel.actor import Actor, ActorKind
from motcua.platform import access


@dataclass(frozen=True, slots=True)
class Going:
    """A dossier to be put on a list; `papers` are the originals and copies handed in."""

    subject: int
    code: str
    owner_name: str
    procedure: str
    papers: int
    state: State
    holder_unit_id: int | None


@dataclass(frozen=True, slots=True)
class ListRow:
    """A hand-over list; `mine_to_receive` where the actor may confirm it, `mine` where the actor's unit gave."""

    number: int
    name: str
    kind: DocketKind
    state: DocketState
    document_id: int
    from_unit_id: int
    to_unit_id: int | None
    to_name: str
    giver: str
    made_at: datetime
    remark: str
    receiver_name: str
    closed_at: datetime | None
    note: str
    dossiers: int
    mine: bool
    mine_to_receive: bool


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A dossier on a list with what the receiver said of it."""

    no: int
    code: str
    owner_name: str
    procedure: str
    papers: int
    got: bool | None
    remark: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Papers forwarded by hand from one unit to another that stand on no list yet."""

    to_unit_id: int
    codes: tuple[str, ...]


def going(actor: Actor, codes: Sequence[str]) -> list[Going]:
    """Return the dossiers of the codes that the actor may see, with what there is of papers (one statement)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.subject, d.code, d.owner_name, d.procedure_version_id, d.state, d.holder_unit_id,"  # noqa: S608  (texts of ours; values are parameters)
            " (SELECT coalesce(sum(c.originals + c.copies), 0) FROM dossiers_component c"
            "  WHERE c.dossier_id = d.subject) FROM dossiers_dossier d"
            f" WHERE d.code = ANY(%s) AND {access.visible('d.subject')}",
            [sorted(set(codes)), *access.parameters(actor)],
        )
        return [
            Going(
                subject, code, owner, catalogue.definition(version).name, min(int(papers), 30_000), State(state), holder
            )
            for subject, code, owner, version, state, holder, papers in cursor.fetchall()
        ]  # fmt: skip


def _seen(actor: Actor) -> QuerySet[Docket]:
    if actor.kind is not ActorKind.STAFF or not actor.duties:
        return Docket.objects.none()
    rows = Docket.objects.select_related("giver").annotate(dossiers=Count("items"))
    if actor.province_wide:
        return rows
    return rows.filter(from_unit_id__in=actor.unit_ids) | rows.filter(to_unit_id__in=actor.unit_ids)


def _row(actor: Actor, row: Docket) -> ListRow:
    ours = {duty.unit_id for duty in actor.duties} | set(actor.unit_ids)
    open_ = row.state == DocketState.SENT
    taker = row.to_unit_id if row.to_unit_id is not None else row.from_unit_id
    own = row.to_unit_id is not None and row.giver_id == actor.staff_id
    return ListRow(
        number=row.subject,
        name=row.number,
        kind=DocketKind(row.kind),
        state=DocketState(row.state),
        document_id=row.document_id,
        from_unit_id=row.from_unit_id,
        to_unit_id=row.to_unit_id,
        to_name=row.to_name,
        giver=row.giver.full_name,
        made_at=row.made_at,
        remark=row.remark,
        receiver_name=row.receiver_name,
        closed_at=row.closed_at,
        note=row.note,
        dossiers=int(getattr(row, "dossiers", 0)),
        mine=row.from_unit_id in ours,
        mine_to_receive=open_ and taker in ours and not own,
    )


def lists(actor: Actor, *, only_open: bool = False, limit: int = 100) -> list[ListRow]:
    """Return the newest lists that the actor's units gave or get."""
    rows = _seen(actor)
    if only_open:
        rows = rows.filter(state=DocketState.SENT.value)
    return [_row(actor, row) for row in rows.order_by("-subject")[:limit]]


def one_list(actor: Actor, number: int) -> tuple[ListRow, list[ItemRow]]:
    """
    Return a list with its dossiers.

    :raises DocketNotFound: it is not there, or none of the actor's units.
    """
    row = _seen(actor).filter(subject=number).first()
    if row is None:
        raise DocketNotFound
    items = [
        ItemRow(item.no, item.code, item.owner_name, item.procedure_name, item.papers, item.got, item.remark)
        for item in row.items.order_by("no")
    ]
    return _row(actor, row), items


def trips(actor: Actor, from_unit_id: int) -> list[Waiting]:
    """Return what a unit of the actor forwarded on paper and put on no list yet, by receiving unit."""
    if actor.kind is not ActorKind.STAFF or not (actor.province_wide or from_unit_id in actor.unit_ids):
        return []
    found: dict[int, list[str]] = {}
    for to_unit, code in (
        PaperTrip.objects.filter(from_unit_id=from_unit_id, docket__isnull=True)
        .order_by("to_unit_id", "id")
        .values_list("to_unit_id", "code")[:1000]
    ):
        found.setdefault(to_unit, []).append(code)
    return [Waiting(unit, tuple(codes)) for unit, codes in found.items()]


def of_dossier(actor: Actor, code: str) -> list[ListRow]:
    """Return the lists a dossier stands on, of those the actor sees."""
    rows = _seen(actor).filter(items__code=code)
    return [_row(actor, row) for row in rows.order_by("-subject")[:20]]


def home(actor: Actor, row: DocumentRow) -> Home:
    """
    Return the list a paper is, with who signs it: the giver, and who received it in full.

    :raises DocketNotFound: it is not there, or none of the actor's units.
    """
    found = _seen(actor).filter(document_id=row.id).first()
    if found is None:
        raise DocketNotFound
    return Home(found.subject, found.giver_id, found.receiver_id)
