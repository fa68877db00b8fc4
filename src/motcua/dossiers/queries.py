"""
Every read of dossiers. Each takes the actor and cannot return what the actor may not see (law 7).

Lists read columns into frozen rows and page by key; the dossier page takes one statement for what this
room owns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Exists, OuterRef
from django.db.models.functions import JSONObject

from motcua.dossiers import sight, threeclocks, timing
from motcua.dossiers.clockwork import Clock
from motcua.dossiers.concern import of_their_concern
from motcua.dossiers.models import Component, Dossier, ParkedIntake
from motcua.dossiers.rules import LIVE, OPEN, PAUSED, RUNNING, ComponentState, DossierNotFound, State
from motcua.dossiers.threeclocks import ClockView
from motcua.kernel.actor import Actor, ActorKind
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Stale
from motcua.kernel.text import fold
from motcua.organisation import queries as organisation
from motcua.parties.rules import AccountKind
from motcua.platform import access, reading
from motcua.platform.ledger import Head
from motcua.workflow.queries import TaskRow


@dataclass(frozen=True, slots=True)
class ListRow:
    """One line of a list. Names of procedures and units come from the caches of their rooms."""

    subject: int
    code: str
    procedure_version_id: int
    procedure_code: str
    owner_name: str
    owner_number: str
    owner_phone: str
    submitter_name: str
    channel: str
    state: str
    decision: str
    step_name: str
    holder_unit_id: int | None
    holder_name: str
    receiving_unit_id: int
    agency_id: int
    filed_at: datetime
    answer_by: datetime | None
    accepted_at: datetime | None
    due_at: datetime | None
    ended_at: datetime | None
    supplement_due_at: datetime | None
    seq: int


_ROW = tuple(field.name for field in fields(ListRow))
COLUMNS = ", ".join(f"d.{name}" for name in _ROW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a list is narrowed to; None or empty narrows nothing. Moments are aware."""

    states: tuple[str, ...] = ()
    unit_id: int | None = None
    handling_unit_id: int | None = None
    agency_id: int | None = None
    non_territorial: bool | None = None
    procedure_code: str = ""
    field_code: str = ""
    channel: str = ""
    filed_from: datetime | None = None
    filed_to: datetime | None = None
    due_before: datetime | None = None
    overdue_at: datetime | None = None
    accepted_from: datetime | None = None
    accepted_to: datetime | None = None
    ended_from: datetime | None = None
    ended_to: datetime | None = None
    punctuality: str = ""
    party_ids: tuple[int, ...] = ()
    waits: bool | None = None

    def where(self) -> tuple[str, list[Any]]:
        """Return the SQL condition on alias d and its parameters."""
        parts: list[tuple[str, Any]] = []
        if self.states:
            parts.append(("d.state = ANY(%s)", list(self.states)))
        # what came in counts for who received it, also when a successor has it now
        came_in = self.accepted_from is not None or self.accepted_to is not None
        if self.unit_id is not None:
            unit = "coalesce(d.registered_unit_id, d.receiving_unit_id)" if came_in else "d.receiving_unit_id"
            parts.append((f"{unit} = %s", self.unit_id))
        # as figures count: where it was received, unless another confirmed
        if self.handling_unit_id is not None:
            parts.append((_HANDLED_AT, self.handling_unit_id))
        if self.non_territorial is not None:
            parts.append(("d.non_territorial = %s", self.non_territorial))
        if self.agency_id is not None:
            agency = "coalesce(d.registered_agency_id, d.agency_id)" if came_in else "d.agency_id"
            parts.append((f"{agency} = %s", self.agency_id))
        if self.procedure_code:
            parts.append(("d.procedure_code = %s", self.procedure_code))
        if self.field_code:
            parts.append(("d.field_code = %s", self.field_code))
        if self.channel:
            parts.append(("d.channel = %s", self.channel))
        if self.filed_from is not None:
            parts.append(("d.filed_at >= %s", self.filed_from))
        if self.filed_to is not None:
            parts.append(("d.filed_at < %s", self.filed_to))
        if self.due_before is not None:
            parts.append(("d.due_at < %s", self.due_before))
        if self.overdue_at is not None:
            parts.append(("d.state IN ('accepted', 'in_process') AND d.due_at < %s", self.overdue_at))
        if self.accepted_from is not None:
            parts.append(("d.accepted_at >= %s", self.accepted_from))
        if self.accepted_to is not None:
            parts.append(("d.accepted_at < %s", self.accepted_to))
        if self.ended_from is not None:
            parts.append(("d.accepted_at IS NOT NULL AND d.ended_at >= %s", self.ended_from))
        if self.ended_to is not None:
            parts.append(("d.ended_at < %s", self.ended_to))
        if self.punctuality:
            parts.append((_PUNCTUALITY[self.punctuality], LOCAL.key))
        if self.party_ids:
            parts.append(("ARRAY[d.owner_id, d.submitter_id] && %s::bigint[]", list(self.party_ids)))
        if self.waits is not None:
            parts.append((f"({_WAITS}) = %s", self.waits))
        return " AND ".join(sql for sql, _ in parts) or "TRUE", [value for _, value in parts]


_OPEN = f"d.state IN ({', '.join(repr(str(state)) for state in sorted(OPEN))})"
_LIVE = f"d.state IN ({', '.join(repr(str(state)) for state in sorted(LIVE))})"

_HANDLED_AT = "%s IN (CASE WHEN d.confirmed_at IS NULL THEN d.receiving_unit_id ELSE d.competent_unit_id END)"

# The applicant is to do something: a supplement (also one asked for before acceptance) or a payment.
_WAITS = (
    "d.state IN ('supplement_requested', 'payment_requested')"
    " OR (d.state = 'submitted' AND d.supplement_due_at IS NOT NULL)"
)

# How a finished dossier stands to its due moment: early on a local day before it (facts-lifecycle 2.7).
_PUNCTUALITY = {
    "early": "timezone(%s, d.ended_at)::date < timezone('Asia/Ho_Chi_Minh', d.due_at)::date",
    "on_time": "timezone(%s, d.ended_at)::date = timezone('Asia/Ho_Chi_Minh', d.due_at)::date"
    " AND d.ended_at <= d.due_at",
    "late": "timezone(%s, d.ended_at) > timezone('Asia/Ho_Chi_Minh', d.due_at)",
}


def _rows(sql: str, parameters: Sequence[Any], *, anew: bool = False) -> list[ListRow]:
    """Return the rows of a list; `anew`: the plan hangs on the values."""
    with connection.cursor() if anew else reading.prepared() as cursor:
        cursor.execute(sql, parameters)
        return [ListRow(*row) for row in cursor.fetchall()]


def _newest(
    actor: Actor, where: str, values: Sequence[Any], limit: int, *, anew: bool = False
) -> list[ListRow]:
    subjects = access.newest(actor, "dossiers_dossier", where)
    limits = [limit] if access.sees_everything(actor) else [limit, limit]
    return _rows(
        f"SELECT {COLUMNS} FROM dossiers_dossier d JOIN ({subjects}) seen ON seen.subject = d.subject"  # noqa: S608  (texts of ours; values are parameters)
        " ORDER BY d.subject DESC",
        [*access.holders(actor), *values, *limits],
        anew=anew,
    )


def listing(actor: Actor, filters: Filters, *, before: int | None = None, size: int = 50) -> list[ListRow]:
    """Return the newest dossiers the actor may see, at most `size + 1`, older than subject `before`."""
    where, values = filters.where()
    if before is not None:
        where, values = f"{where} AND d.subject < %s", [*values, before]
    return _newest(actor, where, values, size + 1)


def own(
    actor: Actor, filters: Filters, *, before: tuple[datetime, int] | None = None, size: int = 50
) -> list[ListRow]:
    """
    Return the dossiers a person is a party to, the last filed first, at most `size + 1`, after (filed, subject).

    Parts of a group stand on the group's page and are not listed apart.

    Nobody but citizens has any: staff have lists by unit.
    """
    if actor.kind is not ActorKind.CITIZEN or actor.party_id is None:
        return []
    where, values = filters.where()
    if before is not None:
        where, values = f"{where} AND (d.filed_at, d.subject) < (%s, %s)", [*values, *before]
    return _rows(
        f"SELECT {COLUMNS} FROM dossiers_dossier d WHERE {access.of_party('d.subject')} AND d.parent_id IS NULL"  # noqa: S608  (texts of ours; values are parameters)
        f" AND {where} ORDER BY d.filed_at DESC, d.subject DESC LIMIT %s",
        [actor.party_id, *values, size + 1],
    )


def by_due(
    actor: Actor, filters: Filters, *, after: tuple[datetime, int] | None = None, size: int = 50
) -> list[ListRow]:
    """Return open dossiers by due moment, at most `size + 1`, after the key (due, subject)."""
    where, values = filters.where()
    where = f"{where} AND {_OPEN} AND d.due_at IS NOT NULL"
    if after is not None:
        where, values = f"{where} AND (d.due_at, d.subject) > (%s, %s)", [*values, *after]
    limit, held = size + 1, access.parameters(actor)
    each = (
        "SELECT d.due_at, d.subject FROM dossiers_dossier d"  # noqa: S608  (texts of ours; values are parameters)
        f" WHERE {{mine}} {where} AND {access.visible('d.subject')} ORDER BY d.due_at, d.subject LIMIT %s"
    )
    if access.sees_everything(actor):
        found, given = each.format(mine=""), [*values, *held, limit]
    else:
        # each unit's dossiers are read from the early end of their index; what may be seen still decides
        units, agencies = sorted(actor.unit_ids), sorted({duty.agency_id for duty in actor.duties})
        ways = (("receiving_unit_id", units), ("holder_unit_id", units), ("agency_id", agencies))
        found = " UNION ".join(
            f"SELECT mine.* FROM unnest(%s::bigint[]) whose"  # noqa: S608  (texts of ours; values are parameters)
            f" CROSS JOIN LATERAL ({each.format(mine=f'd.{column} = whose AND')}) mine"
            for column, _ in ways
        )
        given = [value for _, whose in ways for value in (whose, *values, *held, limit)]
        found = f"SELECT * FROM ({found}) mine ORDER BY due_at, subject LIMIT %s"  # noqa: S608  (texts of ours; values are parameters)
        given.append(limit)
    return _rows(
        f"SELECT {COLUMNS} FROM ({found}) found JOIN dossiers_dossier d ON d.subject = found.subject"  # noqa: S608  (texts of ours; values are parameters)
        " ORDER BY d.due_at, d.subject",
        given,
    )


def by_subjects(actor: Actor, subjects: Iterable[int]) -> dict[int, ListRow]:
    """Return the rows of the given subjects that the actor may see, by subject."""
    rows = _rows(
        f"SELECT {COLUMNS} FROM dossiers_dossier d WHERE d.subject = ANY(%s)"  # noqa: S608  (texts of ours; values are parameters)
        f" AND {access.visible('d.subject')}",
        [sorted(set(subjects)), *access.parameters(actor)],
    )
    return {row.subject: row for row in rows}


def search(actor: Actor, text: str, *, limit: int = 20) -> list[ListRow]:
    """
    Find dossiers by code or its last digits, slip QR, phone, personal or tax number, or folded name.

    Newest first, at most `limit + 1`; an empty text finds nothing.
    """
    asked = text.strip()
    if not asked:
        return []
    code = asked.split("|")[0].split("/")[-1].upper()
    digits, folded = "".join(character for character in asked if character.isdigit()), fold(asked)
    for where, values, worth in (
        ("d.code = %s", [code], "-" in asked),
        ("d.owner_number = %s", [asked], digits == asked.replace("-", "") and len(digits) in (9, 10, 12, 13)),
        ("d.owner_phone = %s", [digits], digits == asked and len(digits) == 10),
        ("d.code_tail = %s", [digits.lstrip("0") or "0"], digits == asked and len(digits) <= 7),
        (
            "d.code_tail = %s AND d.code LIKE %s",
            [asked.rpartition("-")[2].lstrip("0") or "0", f"%-{_like(asked)}"],
            "-" in asked and digits == asked.replace("-", ""),
        ),
        ("d.owner_folded = %s", [folded], not digits and " " in folded),
    ):
        if worth and (rows := _newest(actor, where, values, limit + 1, anew=True)):
            return rows
    return [] if digits else _by_part_of_name(actor, folded, limit + 1)


_FEW_NAMES: Final = 500
"""Up to so many names are looked up one by one; more are so common that the newest dossiers soon show enough."""


def _by_part_of_name(actor: Actor, folded: str, limit: int) -> list[ListRow]:
    like = f"%{_like(folded)}%"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT folded FROM dossiers_ownername WHERE folded LIKE %s LIMIT %s",
            [like, _FEW_NAMES + 1],
        )
        names = [name for (name,) in cursor.fetchall()]
    if not names:
        return []
    if len(names) <= _FEW_NAMES:
        return _newest(actor, "d.owner_folded = ANY(%s)", [names], limit, anew=True)
    return _newest(actor, "d.owner_folded LIKE %s", [like], limit, anew=True)


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


@dataclass(frozen=True, slots=True)
class ComponentRow:
    """A paper of the dossier."""

    id: int
    no: int
    paper: str
    name: str
    state: str
    originals: int
    copies: int
    required: bool
    present_only: bool
    borrowed_original: bool
    handed_back_at: str | None
    digitise: bool
    file_id: int | None


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request for supplement."""

    stage: str
    items: list[dict[str, Any]]
    reason: str
    ground: str
    clock_effect: str
    requested_at: datetime
    answer_by: datetime | None
    answered_at: datetime | None
    document_id: int | None


@dataclass(frozen=True, slots=True)
class ExtensionRow:
    """A letter of apology with a new due date, drafted or signed (`signed_at`)."""

    due_at: datetime
    new_due_at: datetime
    cause: str
    reason: str
    step: str
    drafted_by_id: int | None
    drafted_at: datetime
    signed_at: datetime | None
    late: bool
    document_id: int | None


@dataclass(frozen=True, slots=True)
class DossierView:
    """What this room knows of one dossier: the row itself, papers, answers, requests, letters of apology."""

    dossier: Dossier
    components: tuple[ComponentRow, ...]
    answers: dict[str, Any]
    requests: tuple[RequestRow, ...]
    extensions: tuple[ExtensionRow, ...] = ()
    expected_at: datetime | None = None

    def foreseen(self, now: datetime) -> datetime | None:
        """Return when a running dossier that is still in time will probably be done, where that is too late."""
        d = self.dossier
        running = State(d.state) in RUNNING and d.due_at is not None and now < d.due_at
        late = (
            running and self.expected_at is not None and d.due_at is not None and d.due_at < self.expected_at
        )
        return self.expected_at if late else None

    @property
    def asked_at_appraisal(self) -> int:
        """Return how often a supplement was asked for during handling."""
        return sum(row.stage == "appraisal" for row in self.requests)

    @property
    def draft(self) -> ExtensionRow | None:
        """Return the letter of apology that waits for its signature."""
        return next((row for row in self.extensions if row.signed_at is None), None)

    @property
    def extended(self) -> bool:
        """Tell whether the new date was set already: it is set once only."""
        return any(row.signed_at is not None for row in self.extensions)

    def clocks(self, tasks: Sequence[TaskRow], now: datetime) -> list[ClockView]:
        """Return the three clocks by the calendar of the dossier's agency; none before acceptance."""
        d = self.dossier
        if not d.clock:
            return []
        return threeclocks.clocks(
            Clock.from_json(d.clock),
            tasks,
            now=now,
            done_at=d.processed_at or d.ended_at,
            paused=State(d.state) in PAUSED,
            asked=self.asked_at_appraisal,
            calendar=organisation.calendar(organisation.root_of_agency(d.agency_id).id),
        )


_DOSSIER = tuple(field.attname for field in Dossier._meta.concrete_fields)


def one(actor: Actor, code: str) -> DossierView:
    """
    Return a dossier with its papers, answers and requests, in one statement.

    :raises DossierNotFound: there is none, or the actor may not see it.
    """
    columns = ", ".join(f"d.{name}" for name in _DOSSIER)
    with reading.prepared() as cursor:
        cursor.execute(
            f"SELECT (SELECT json_agg(json_build_object({_json(ComponentRow)}) ORDER BY c.no)"  # noqa: S608  (texts of ours; values are parameters)
            "   FROM dossiers_component c WHERE c.dossier_id = d.subject),"
            " (SELECT answers FROM dossiers_answers a WHERE a.subject = d.subject),"
            f" (SELECT json_agg(json_build_object({_json(RequestRow)}) ORDER BY c.id)"
            "   FROM dossiers_supplementrequest c WHERE c.dossier_id = d.subject),"
            f" (SELECT json_agg(json_build_object({_json(ExtensionRow)}) ORDER BY c.id)"
            "   FROM dossiers_extension c WHERE c.dossier_id = d.subject),"
            " (SELECT expected_at FROM dossiers_outlook o WHERE o.subject = d.subject),"
            f" {columns} FROM dossiers_dossier d WHERE d.code = %s AND {access.visible('d.subject')}",
            [code, *access.parameters(actor)],
        )
        row = cursor.fetchone()
    if row is None:
        raise DossierNotFound
    values = dict(zip(_DOSSIER, row[5:], strict=True))
    values["clock"] = reading.loaded(values["clock"])
    dossier = Dossier.from_db("default", _DOSSIER, [values[name] for name in _DOSSIER])
    return DossierView(
        dossier,
        tuple(ComponentRow(**item) for item in reading.loaded(row[0]) or ()),
        reading.loaded(row[1]) or {},
        tuple(
            RequestRow(**_with_moments(item, "requested_at", "answer_by", "answered_at"))
            for item in reading.loaded(row[2]) or ()
        ),
        tuple(
            ExtensionRow(**_with_moments(item, "due_at", "new_due_at", "drafted_at", "signed_at"))
            for item in reading.loaded(row[3]) or ()
        ),
        row[4],
    )


def _json(row: type) -> str:
    return ", ".join(f"'{field.name}', c.{field.name}" for field in fields(row))


def _with_moments(item: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return the row with its moments read: JSON has them as text."""
    return {**item, **{name: datetime.fromisoformat(item[name]) if item[name] else None for name in names}}


def lock(actor: Actor, code: str, *, seen: int | None = None, scans: bool = False) -> Dossier:
    """
    Return the dossier under its row lock (FOR NO KEY UPDATE); `seen` is the `seq` the page showed.

    With `scans` the row carries, as `scanned`, the papers handed in that an officer digitised: {"paper", "file"}, and,
    as `keeps_originals`, whether originals were borrowed that are still here.

    :raises DossierNotFound: there is none, or the actor may not see it.
    :raises Stale: somebody else acted since the page was made.
    """
    found = (
        sight.seen(actor).select_for_update(no_key=True, of=("self",)).filter(code=code).order_by("subject")
    )
    if scans:
        digitised = Component.objects.filter(
            dossier_id=OuterRef("subject"),
            state=ComponentState.HANDED_IN.value,
            digitise=True,
            file__uploaded_by__kind=AccountKind.STAFF.value,
        ).order_by("no")
        found = found.annotate(
            scanned=ArraySubquery(digitised.values(scan=JSONObject(paper="paper", file="file_id"))),
            keeps_originals=Exists(
                Component.objects.filter(
                    dossier_id=OuterRef("subject"), borrowed_original=True, handed_back_at=None
                )
            ),
        )
    dossier: Dossier | None = found.first()
    if dossier is None:
        raise DossierNotFound
    if seen is not None and seen != dossier.seq:
        raise Stale(seen=seen, now=dossier.seq)
    return dossier


@dataclass(frozen=True, slots=True)
class Progress:
    """What anybody with code and check value is told: how far it is (facts-lifecycle 2.9)."""

    code: str
    state: str
    accepted_at: datetime | None
    due_at: datetime | None
    ended_at: datetime | None
    awaited: bool = False  # a supplement asked for at receipt is awaited
    correcting: bool = False  # the result that was issued is wrong, a new one is being made
    replaced_at: datetime | None = None  # when the result was replaced by a corrected one, for the last time
    subject: int = 0


def track(code: str, check_value: str) -> Progress:
    """
    Return the degree of completion for a code with its check value, without sign-in.

    :raises DossierNotFound: the pair does not fit; the answer does not tell which half is wrong.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT code, state, accepted_at, due_at, ended_at, supplement_due_at IS NOT NULL, correcting,"
            " (SELECT max(c.signed_at) FROM dossiers_resultcorrection c WHERE c.dossier_id = subject), subject"
            " FROM dossiers_dossier WHERE code = %s AND check_value = %s",
            [code.strip().upper(), check_value.strip().upper()],
        )
        row = cursor.fetchone()
    if row is None:
        raise DossierNotFound("Không có hồ sơ nào khớp cả mã hồ sơ và mã tra cứu. Xem lại giấy tiếp nhận.")
    return Progress(*row)


@dataclass(frozen=True, slots=True)
class Morning:
    """What an officer sees at 07:30: how many wait, by kind."""

    overdue: int
    due_today: int
    unanswered: int
    lapsing: int
    not_forwarded: int
    to_hand_out: int


def morning(actor: Actor, now: datetime, end_of_day: datetime) -> Morning:
    """
    Count what waits in the actor's units: one statement over the live dossiers of those units.

    Supplements count as lapsing in their last two days before `supplement_due_at`.
    """
    live, values = _live(actor, "d.state, d.due_at, d.supplement_due_at")
    # those on their way to another agency are few and read apart: the live ones stay an index's own
    on_the_way = (
        "SELECT count(*) FROM dossiers_dossier d WHERE d.state = 'accepted' AND d.forwarded_at IS NOT NULL"
    )
    gone: list[Any] = []
    if not access.sees_everything(actor):
        on_the_way += " AND (d.receiving_unit_id = ANY(%s) OR d.holder_unit_id = ANY(%s))"
        gone = [sorted(actor.unit_ids)] * 2
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE d.state IN ('accepted','in_process') AND d.due_at < %s),"  # noqa: S608  (texts of ours; values are parameters)
            " count(*) FILTER (WHERE d.state IN ('accepted','in_process')"
            " AND d.due_at >= %s AND d.due_at <= %s),"
            " count(*) FILTER (WHERE d.state = 'submitted'),"
            " count(*) FILTER (WHERE d.state = 'supplement_requested' AND d.supplement_due_at < %s),"
            f" count(*) FILTER (WHERE d.state = 'accepted') - ({on_the_way}),"
            " count(*) FILTER (WHERE d.state = 'processed')"
            f" FROM ({live}) d",
            [now, now, end_of_day, now + timedelta(days=2), *gone, *values],
        )
        return Morning(*cursor.fetchone())


def _live(
    actor: Actor, columns: str, where: str = "TRUE", given: Sequence[Any] = ()
) -> tuple[str, list[Any]]:
    """
    Return SQL for the live dossiers that the actor's units received or hold, each once, and its parameters.

    Who receives or holds a dossier always sees it, so the two columns are the right itself. They are read apart,
    each from an index of the live dossiers only: what a unit has done in years costs nothing.
    """
    rows = f"SELECT {columns} FROM dossiers_dossier d WHERE {_LIVE} AND {where}"  # noqa: S608  (texts of ours; values are parameters)
    if access.sees_everything(actor):
        return rows, list(given)
    units = sorted(actor.unit_ids)
    return (
        f"{rows} AND d.receiving_unit_id = ANY(%s) UNION ALL"
        f" {rows} AND d.holder_unit_id = ANY(%s) AND d.receiving_unit_id <> ALL(%s)",
        [*given, units, *given, units, units],
    )


WAITING = {
    "overdue": ("d.state IN ('accepted','in_process') AND d.due_at < %s", ("now",)),
    "due_today": (
        "d.state IN ('accepted','in_process') AND d.due_at >= %s AND d.due_at <= %s",
        ("now", "end_of_day"),
    ),
    "unanswered": ("d.state = 'submitted'", ()),
    "lapsing": ("d.state = 'supplement_requested' AND d.supplement_due_at < %s", ("soon",)),
    "not_forwarded": ("d.state = 'accepted' AND d.forwarded_at IS NULL", ()),
    "to_hand_out": ("d.state = 'processed'", ()),
}


def waiting(
    actor: Actor, kind: str, now: datetime, end_of_day: datetime, *, after: int = 0, size: int = 50
) -> list[ListRow]:
    """Return what the counts of `morning` stand for, oldest first, at most `size + 1`, after a subject."""
    condition, names = WAITING[kind]
    moments = {"now": now, "end_of_day": end_of_day, "soon": now + timedelta(days=2)}
    given = [*(moments[name] for name in names), after]
    live, values = _live(actor, "d.subject", f"{condition} AND d.subject > %s", given)
    return _rows(
        f"SELECT {COLUMNS} FROM (SELECT subject FROM ({live}) mine ORDER BY subject LIMIT %s) mine"  # noqa: S608  (texts of ours; values are parameters)
        " JOIN dossiers_dossier d ON d.subject = mine.subject ORDER BY d.subject",
        [*values, size + 1],
    )


def parked(actor: Actor) -> list[ParkedIntake]:
    """Return the actor's own parked intakes, newest first."""
    return list(ParkedIntake.objects.filter(account_id=actor.account_id).order_by("-parked_at")[:50])


@dataclass(frozen=True, slots=True)
class DueTimer:
    """A timer whose moment has come."""

    id: int
    subject: int
    code: str
    kind: str
    due_at: datetime

    @property
    def key(self) -> str:
        """Return the idempotency key under which it is done once."""
        return f"timer:{self.subject}:{self.kind}:{self.due_at.isoformat()}"


def due_timers(at: datetime, real: datetime, limit: int) -> list[DueTimer]:
    """Return the acts that are due for the system to do, oldest first; what failed waits for its time (`real`)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.id, t.subject, d.code, t.kind, t.due_at FROM dossiers_timer t"
            " JOIN dossiers_dossier d ON d.subject = t.subject"
            " WHERE t.fired_at IS NULL AND t.due_at <= %s AND t.kind = ANY(%s)"
            " AND (t.next_at IS NULL OR t.next_at <= %s) ORDER BY t.due_at, t.id LIMIT %s",
            [at, sorted(timing.ACTS), real, limit],
        )
        return [DueTimer(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class FailedTimer:
    """A timer whose act the system could not do; tried again at `next_at` (real time)."""

    id: int
    code: str
    kind: str
    due_at: datetime
    attempts: int
    next_at: datetime | None
    error: str


def failed_timers(actor: Actor) -> list[FailedTimer]:
    """Return the timers that failed on dossiers the actor may see, those that wait longest first, at most 200."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.id, d.code, t.kind, t.due_at, t.attempts, t.next_at, t.error FROM dossiers_timer t"  # noqa: S608  (texts of ours; values are parameters)
            " JOIN dossiers_dossier d ON d.subject = t.subject"
            f" WHERE t.attempts > 0 AND {access.visible('d.subject')} ORDER BY t.due_at, t.id LIMIT 200",
            access.parameters(actor),
        )
        return [FailedTimer(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Alarm:
    """A warning that has come due on a dossier: what it is, since when, and the dossier's line."""

    id: int
    kind: str
    due_at: datetime
    fired_at: datetime
    row: ListRow


def alarms(
    actor: Actor, kinds: Iterable[str], *, after: tuple[datetime, int] | None = None, size: int = 50
) -> list[Alarm]:
    """Return the warnings that stand on dossiers of the actor's units, newest first, at most `size + 1`."""
    scope, values = of_their_concern(actor)
    page = "TRUE" if after is None else "(t.fired_at, t.id) < (%s, %s)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT t.id, t.kind, t.due_at, t.fired_at, {COLUMNS} FROM dossiers_timer t"  # noqa: S608  (texts of ours; values are parameters)
            " JOIN dossiers_dossier d ON d.subject = t.subject"
            f" WHERE t.fired_at IS NOT NULL AND t.kind = ANY(%s) AND {scope} AND {page}"
            f" AND {access.visible('d.subject')} ORDER BY t.fired_at DESC, t.id DESC LIMIT %s",
            [sorted(kinds), *values, *(after or ()), *access.parameters(actor), size + 1],
        )
        return [
            Alarm(number, kind, due_at, fired_at, ListRow(*columns))
            for number, kind, due_at, fired_at, *columns in cursor.fetchall()
        ]


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter of apology that waits for the signature of the competent person."""

    cause: str
    reason: str
    new_due_at: datetime
    drafted_at: datetime
    by_system: bool
    row: ListRow


def drafts(actor: Actor, *, size: int = 200) -> list[Draft]:
    """Return the letters of apology that wait for their signature, the dossiers due first on top."""
    scope, values = of_their_concern(actor)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT e.cause, e.reason, e.new_due_at, e.drafted_at, e.drafted_by_id IS NULL, {COLUMNS}"  # noqa: S608  (texts of ours; values are parameters)
            " FROM dossiers_extension e JOIN dossiers_dossier d ON d.subject = e.dossier_id"
            " WHERE e.signed_at IS NULL AND d.state IN ('accepted','in_process')"
            f" AND {scope} AND {access.visible('d.subject')} ORDER BY d.due_at, d.subject LIMIT %s",
            [*values, *access.parameters(actor), size],
        )
        return [
            Draft(cause, reason, new_due_at, drafted_at, by_system, ListRow(*columns))
            for cause, reason, new_due_at, drafted_at, by_system, *columns in cursor.fetchall()
        ]


def alarm_counts(actor: Actor) -> dict[str, int]:
    """Return how many warnings of each kind stand on dossiers of the actor's units."""
    scope, values = of_their_concern(actor)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.kind, count(*) FROM dossiers_timer t JOIN dossiers_dossier d ON d.subject = t.subject"  # noqa: S608  (texts of ours; values are parameters)
            f" WHERE t.fired_at IS NOT NULL AND {scope} AND {access.visible('d.subject')} GROUP BY t.kind",
            [*values, *access.parameters(actor)],
        )
        return dict(cursor.fetchall())


def heads() -> Iterator[Head]:
    """Yield the ledger head of every dossier, for verification."""
    rows = Dossier.objects.order_by("subject").values_list("subject", "seq", "head", "code").iterator(5000)
    for subject, seq, head, code in rows:
        yield Head(subject, seq, bytes(head), code)
