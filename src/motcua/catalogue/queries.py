"""Reading of the catalogue. Everything published here is public; no actor limits it."""

from __future__ import annotations

import time as real_time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from types import MappingProxyType
from typing import Any

from django.db import connection
from django.db.models import F, Q

from motcua.catalogue import rules
from motcua.catalogue.models import (
    CodePolicy,
    DeadlinePolicy,
    FeeExemptionGroup,
    Field,
    InterlinkedGroup,
    PaperType,
    PrintTemplate,
    ProcedureCode,
    ProcedureVersion,
    ResultType,
    StatusMap,
    Term,
)
from motcua.kernel.deadline import DueTime, Limit, PauseUnit, Policy, TimeUnit
from motcua.kernel.errors import NotFound
from motcua.kernel.text import fold, nfc, tokens
from motcua.organisation import queries as organisation
from motcua.organisation.tree import UnitRef

BRIEFLY_SECONDS = 30.0
"""How long a process may trust which version is current and which policies hold."""


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """One version of a procedure, frozen; `body` is the normalised record (do not change it)."""

    id: int
    procedure_id: int
    code: str
    no: int
    name: str
    field: str
    field_name: str
    levels: tuple[str, ...]
    online_level: str
    non_territorial: bool
    status: str
    receiving_places: tuple[str, ...]
    valid_from: date
    valid_to: date | None
    digest: str
    certainty: str
    body: Mapping[str, Any]

    def limit(self, channel: str) -> Limit:
        """Return the time limit of a channel (same day, working days, days, hours, months)."""
        stored = rules.channel_limit(self.body, channel)["limit"]
        return Limit(stored["value"], TimeUnit(stored["unit"]))

    def limit_text(self, channel: str) -> str:
        """Return the limit as the record words it (Vietnamese)."""
        return str(rules.channel_limit(self.body, channel)["text_vi"])

    def offers(self, channel: str) -> bool:
        """Tell whether the procedure can be filed by the channel."""
        return any(entry["channel"] == channel for entry in self.body["channels"])


@dataclass(frozen=True, slots=True, eq=False)
class Interlinked:
    """The rule of a group of interlinked procedures in a period; `body` as the catalogue keeps it."""

    procedure_code: str
    valid_from: date
    valid_to: date | None
    legal_basis: str
    body: Mapping[str, Any]

    @property
    def variant(self) -> str:
        """Return the variant of the process that dossiers of the group run by."""
        return str(self.body["variant"])

    def applies(self, answers: Mapping[str, Any]) -> bool:
        """Tell whether a case with these answers is handled in parts."""
        return rules.holds(self.body["applies_when"], answers)


@dataclass(frozen=True, slots=True)
class ProcedureRow:
    """A procedure in a list; `key` continues the list after this row."""

    id: int
    code: str
    name: str
    field: str
    field_name: str
    levels: tuple[str, ...]
    deciding_agency_kind: str
    online_level: str
    status: str
    version_id: int
    key: str


@dataclass(frozen=True, slots=True)
class Choice:
    """An entry of a shared list."""

    code: str
    name: str
    extra: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Template:
    """
    The print template in force: `source` (HTML) where the province keeps its own, else the shipped `path`.
    """

    code: str
    regime: str
    form_no: str
    title: str
    path: str
    source: str
    legal_basis: str = ""


_definitions: dict[int, Definition] = {}
_brief: dict[tuple[Any, ...], tuple[float, Any]] = {}


def forget() -> None:
    """Drop what is held in memory (after loading, and in tests); definitions never change otherwise."""
    _definitions.clear()
    _brief.clear()


def forget_brief() -> None:
    """Let this process see at once what was decided (lists); others see it after `BRIEFLY_SECONDS`."""
    _brief.clear()


def briefly(key: tuple[Any, ...], read: Any) -> Any:
    """Return what `read` gives, remembered for a while under the key."""
    return _briefly(key, read)


def _briefly(key: tuple[Any, ...], read: Any) -> Any:
    now = real_time.monotonic()
    held = _brief.get(key)
    if held is not None and now - held[0] <= BRIEFLY_SECONDS:
        return held[1]
    if len(_brief) > 5000:
        _brief.clear()
    value = read()
    _brief[key] = (now, value)
    return value


def definition(version_id: int) -> Definition:
    """
    Return a version by number; kept in the process for ever, since versions never change.

    :raises NotFound:
    """
    held = _definitions.get(version_id)
    if held is None:
        row = ProcedureVersion.objects.select_related("procedure__field").filter(pk=version_id).first()
        if row is None:
            raise NotFound("Không tìm thấy phiên bản thủ tục này.", version=version_id)
        held = _definitions[version_id] = _definition(row)
    return held


def _definition(row: ProcedureVersion) -> Definition:
    body = row.body
    return Definition(
        id=row.pk,
        procedure_id=row.procedure_id,
        code=body["code"],
        no=row.no,
        name=body["name"],
        field=body["field"],
        field_name=body["field_name"],
        levels=tuple(body["levels"]),
        online_level=body["online_level"],
        non_territorial=body["non_territorial"],
        status=body["status"],
        receiving_places=tuple(body["receiving_places"]),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        digest=row.digest,
        certainty=row.certainty,
        body=MappingProxyType(body),
    )


def current(code: str, on: date) -> Definition:
    """
    Return the version of a procedure in force and published on a local day; a former code is found too.

    :raises NotFound: no such code, or no version in force that day.
    """

    def read() -> int | None:
        rows = (
            ProcedureVersion.objects.filter(
                Q(valid_to=None) | Q(valid_to__gte=on),
                Q(withdrawn_on=None) | Q(withdrawn_on__gt=on),
                valid_from__lte=on,
            )
            .order_by("-no")
            .values_list("pk", flat=True)
        )
        found = rows.filter(procedure__code=code).first()
        if found is None:
            others = ProcedureCode.objects.filter(code=code).values("procedure_id")
            found = rows.filter(procedure_id__in=others).first()
        return found

    number = _briefly(("current", code, on), read)
    if number is None:
        raise NotFound("Không tìm thấy thủ tục này.", procedure=code)
    return definition(number)


def interlinked(code: str, on: date) -> Interlinked | None:
    """Return the rule by which a procedure is handled in parts on a local day, None where it is not."""

    def read() -> dict[str, list[Interlinked]]:
        found: dict[str, list[Interlinked]] = {}
        for row in InterlinkedGroup.objects.order_by("procedure_code", "-valid_from"):
            found.setdefault(row.procedure_code, []).append(
                Interlinked(
                    row.procedure_code,
                    row.valid_from,
                    row.valid_to,
                    row.legal_basis,
                    MappingProxyType(row.body),
                )
            )
        return found

    held: dict[str, list[Interlinked]] = _briefly(("interlinked",), read)
    return next(
        (
            rule
            for rule in held.get(code, ())
            if rule.valid_from <= on and (rule.valid_to is None or on <= rule.valid_to)
        ),
        None,
    )


def any_version(code: str) -> Definition:
    """
    Return the newest version of a procedure, in force or not.

    :raises NotFound:
    """
    row = (
        ProcedureVersion.objects.select_related("procedure__field")
        .filter(procedure__code=code)
        .order_by("-no")
    )
    found = row.first()
    if found is None:
        raise NotFound("Không tìm thấy thủ tục này.", procedure=code)
    return _definitions.setdefault(found.pk, _definition(found))


def version_ids(code: str) -> list[int]:
    """Return the ids of every version of a procedure, the oldest first."""
    return list(
        ProcedureVersion.objects.filter(procedure__code=code).order_by("id").values_list("id", flat=True)
    )


def definitions(on: date) -> list[Definition]:
    """Return every version in force on a day, by procedure code (loaders, benches, exports)."""
    rows = (
        ProcedureVersion.objects.select_related("procedure__field")
        .filter(
            Q(valid_to=None) | Q(valid_to__gte=on),
            Q(withdrawn_on=None) | Q(withdrawn_on__gt=on),
            valid_from__lte=on,
        )
        .order_by("procedure__code")
    )
    return [_definitions.setdefault(row.pk, _definition(row)) for row in rows]


_SEARCH = """
WITH found AS (
    SELECT procedure.id, procedure.code, procedure.name, procedure.folded, field.code AS field,
           field.name AS field_name, procedure.levels, procedure.deciding_agency_kind,
           procedure.online_level, procedure.status, version.id AS version_id,
           {rank} AS rank
    FROM catalogue_procedure procedure
    JOIN catalogue_field field ON field.id = procedure.field_id
    JOIN catalogue_procedureversion version ON version.procedure_id = procedure.id
         AND version.valid_from <= %(on)s AND (version.valid_to IS NULL OR version.valid_to >= %(on)s)
         AND (version.withdrawn_on IS NULL OR version.withdrawn_on > %(on)s)
    WHERE {where}
)
SELECT id, code, name, field, field_name, levels, deciding_agency_kind, online_level, status, version_id,
       rank, folded
FROM found
WHERE rank < 90000 {after}
ORDER BY rank, folded COLLATE "C", id
LIMIT %(limit)s
"""

# What a name has of the text, the best first: exact code; beginning of the code; the whole name; its beginning; the
# words together, whole; together, the last one begun; every word somewhere; alike but for a typing error.
# Within a tier names with the very marks that were typed go first, then those that say little else.
_RANK = """CASE
    WHEN procedure.code = %(text)s OR EXISTS (
        SELECT 1 FROM catalogue_procedurecode past
        WHERE past.procedure_id = procedure.id AND past.code = %(text)s) THEN 0
    WHEN procedure.code LIKE %(code_prefix)s THEN 10000
    WHEN procedure.folded = %(folded)s THEN 20000
    WHEN procedure.folded || ' ' LIKE %(prefix)s THEN 30000
    WHEN ' ' || translate(procedure.folded, ',.;:()"/', '        ') || ' ' LIKE %(whole)s THEN 40000
    WHEN ' ' || procedure.folded LIKE %(inside)s THEN 50000
    WHEN {words} THEN 60000
    WHEN word_similarity(%(folded)s, procedure.folded) >= 0.6 THEN 70000
    ELSE 99000 END
    + CASE WHEN procedure.name LIKE %(typed)s OR procedure.name LIKE %(typed_first)s THEN 0 ELSE 1000 END
    + least(length(procedure.folded), 999)"""


def search(
    text: str = "",
    *,
    on: date,
    field: str | None = None,
    level: str | None = None,
    agency_kind: str | None = None,
    online_level: str | None = None,
    after: str = "",
    limit: int = 20,
) -> list[ProcedureRow]:
    """
    Return published procedures in force on a day, best match first, with or without diacritics.

    An exact code (also a former one) comes first, then the name itself, its beginning, the words together in the
    name, all words anywhere in it, names that are alike; short names first, those with the marks typed before others.
    Page on with the `key` of the last row as `after`. One statement.
    """
    folded = fold(text)[:200]
    words, typed = tokens(folded), nfc(" ".join(text.split()))[:200].lower()
    parameters: dict[str, Any] = {
        "on": on,
        "text": text.strip(),
        "folded": folded,
        "code_prefix": _like(text.strip()) + "%",
        "prefix": _like(folded) + " %",
        "whole": "% " + _like(folded) + " %",
        "inside": "% " + _like(folded) + "%",
        "typed": f"%{_like(typed)}%",
        "typed_first": f"{_like(typed[:1].upper() + typed[1:])}%",
        "limit": limit,
    }
    conditions = ["TRUE"]
    for name, column, value in (
        ("field", "field.code = %(field)s", field),
        ("level", "%(level)s = ANY(procedure.levels)", level),
        ("agency_kind", "procedure.deciding_agency_kind = %(agency_kind)s", agency_kind),
        ("online_level", "procedure.online_level = %(online_level)s", online_level),
    ):
        if value:
            conditions.append(column)
            parameters[name] = value
    rank = "0"
    if folded:
        every = []
        for number, word in enumerate(words):
            parameters[f"word{number}"] = f"% {_like(word)}%"
            every.append(f"' ' || procedure.folded LIKE %(word{number})s")
        rank = _RANK.format(words=" AND ".join(every) or "FALSE")
    continued = ""
    place = _place(after)
    if place is not None:
        continued = 'AND (rank, folded COLLATE "C", id) > (%(after_rank)s, %(after_folded)s, %(after_id)s)'
        parameters |= {"after_rank": place[0], "after_folded": place[1], "after_id": place[2]}
    statement = _SEARCH.format(rank=rank, where=" AND ".join(conditions), after=continued)
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows = cursor.fetchall()
    return [
        ProcedureRow(
            id=row[0], code=row[1], name=row[2], field=row[3], field_name=row[4], levels=tuple(row[5]),
            deciding_agency_kind=row[6], online_level=row[7], status=row[8], version_id=row[9],
            key=f"{row[10]}|{row[0]}|{row[11]}",
        )
        for row in rows
    ]  # fmt: skip


def alike(text: str, on: date, limit: int = 5) -> list[tuple[str, str]]:
    """Return code and name of the procedures whose names sound most like a text that found none (one statement)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT procedure.code, procedure.name FROM catalogue_procedure procedure"
            " JOIN catalogue_procedureversion version ON version.procedure_id = procedure.id"
            " AND version.valid_from <= %(on)s AND (version.valid_to IS NULL OR version.valid_to >= %(on)s)"
            " AND (version.withdrawn_on IS NULL OR version.withdrawn_on > %(on)s)"
            " WHERE word_similarity(%(folded)s, procedure.folded) >= 0.3"
            " ORDER BY word_similarity(%(folded)s, procedure.folded) DESC, length(procedure.folded), procedure.id"
            " LIMIT %(limit)s",
            {"folded": fold(text)[:200], "on": on, "limit": limit},
        )
        return [(row[0], row[1]) for row in cursor.fetchall()]


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _place(after: str) -> tuple[int, str, int] | None:
    rank, _, rest = after.partition("|")
    number, _, folded = rest.partition("|")
    if not (rank.isascii() and rank.isdigit() and number.isascii() and number.isdigit()) or len(number) > 18:
        return None
    return int(rank[:6]), folded, int(number)


def fields() -> list[Choice]:
    """Return the fields of procedures in catalogue order."""
    return [
        Choice(row.code, row.name, MappingProxyType({"ministry": row.ministry}))
        for row in Field.objects.order_by("id")
    ]


def field_choices() -> list[Choice]:
    """Return the fields of procedures in catalogue order, remembered for a while (filters of lists)."""
    found: list[Choice] = _briefly(("fields",), fields)
    return found


def online_count(on: date) -> int:
    """Return how many procedures in force on a day take dossiers online, remembered for a while."""
    found: int = _briefly(("online", on), lambda: sum(takes_online(item) for item in definitions(on)))
    return found


def takes_online(of: Definition) -> bool:
    """Tell whether a dossier of the procedure can be filed online."""
    return of.online_level != "thong_tin" and of.status == "in_force" and of.offers("online")


def kiosk_terms(of: Definition, on: date) -> str | None:
    """
    Return the channel whose limits and fees a dossier filed at a kiosk runs by: its own, where the record has one,
    else that which the setting of the day names; None where kiosks take no dossier of the procedure (R-087).
    """
    counted = "kiosk" if of.offers("kiosk") else setting("kiosk_as", on)
    return counted if counted and takes_online(of) and of.offers(counted) else None


def names(on: date) -> Mapping[str, str]:
    """Return the names of the procedures in force on a day by code, remembered for a while."""
    found: Mapping[str, str] = _briefly(
        ("names", on), lambda: {row.code: row.name for row in definitions(on)}
    )
    return found


def fields_with_counts(on: date) -> list[tuple[Choice, int]]:
    """Return the fields that have procedures in force, with how many, in catalogue order."""
    counts: dict[str, int] = {}
    for code in (
        ProcedureVersion.objects.filter(Q(valid_to=None) | Q(valid_to__gte=on), valid_from__lte=on)
        .filter(Q(withdrawn_on=None) | Q(withdrawn_on__gt=on))
        .values_list("procedure__field__code", flat=True)
    ):
        counts[code] = counts.get(code, 0) + 1
    return [(choice, counts[choice.code]) for choice in fields() if choice.code in counts]


def terms(scheme: str) -> list[Choice]:
    """
    Return a shared list (channels, online_levels, roles, outcomes, receiving_places, databases …) in order.
    """
    found: list[Choice] = _briefly(
        ("terms", scheme),
        lambda: [
            Choice(row.code, row.name, MappingProxyType(row.extra))
            for row in Term.objects.filter(scheme=scheme).order_by("position")
        ],
    )
    return found


def paper_types() -> Mapping[str, PaperType]:
    """Return every paper type by code."""
    found: Mapping[str, PaperType] = _briefly(
        ("papers",), lambda: {row.code: row for row in PaperType.objects.order_by("code")}
    )
    return found


def result_types() -> Mapping[str, ResultType]:
    """Return every result type by code, each with the paper type it becomes."""
    found: Mapping[str, ResultType] = _briefly(
        ("results",),
        lambda: {row.code: row for row in ResultType.objects.select_related("paper_type").order_by("code")},
    )
    return found


def exemption_groups() -> list[Choice]:
    """Return the groups whose fees are waived or reduced."""
    return [
        Choice(row.code, row.name, MappingProxyType({"proof": row.proof}))
        for row in FeeExemptionGroup.objects.order_by("id")
    ]


def receiving_kinds(receiving_places: Sequence[str]) -> list[str]:
    """Return the unit kinds behind receiving places; the portal and post offices are no units."""
    kinds = {choice.code: choice.extra.get("unit_kind") for choice in terms("receiving_places")}
    return [kind for place in receiving_places if (kind := kinds.get(place))]


def receiving_units(
    of: Definition, on: date, search: str = "", *, after: str = "", limit: int = 50
) -> list[UnitRef]:
    """Return the units where the procedure may be filed on a day (the citizen's choice), by code."""
    return organisation.receiving_units(
        receiving_kinds(of.receiving_places), on, search, after=after, limit=limit
    )


def parameters(of: Definition, on: date, place_code: str | None = None) -> Mapping[str, Any]:
    """
    Return the dated parameters of time for a procedure on a day: a narrower scope replaces only what it
    states.

    :raises NotFound: no policy of the nation is in force that day.
    """

    rows = _policies(on)
    params: dict[str, Any] = {}
    for scope, key in (
        ("nation", ""),
        ("territory", place_code),
        ("field", of.field),
        ("procedure", of.code),
    ):
        for row_scope, row_key, row_params in rows:
            if row_scope == scope and row_key == key:
                params |= row_params
    if not params:
        raise NotFound(f"Chưa có quy định về cách tính thời hạn vào ngày {on:%d/%m/%Y}.")
    return params


def _policies(on: date) -> list[tuple[str, str, Mapping[str, Any]]]:
    def read() -> list[tuple[str, str, Mapping[str, Any]]]:
        return [
            (row.scope, row.key, row.params)
            for row in DeadlinePolicy.objects.filter(
                Q(valid_to=None) | Q(valid_to__gte=on), valid_from__lte=on
            ).order_by("valid_from")
        ]

    found: list[tuple[str, str, Mapping[str, Any]]] = _briefly(("policies", on), read)
    return found


def setting(name: str, on: date) -> Any:
    """Return a dated setting of the whole province by its name, None where none is in force that day."""
    found = [params[name] for scope, _, params in _policies(on) if scope == "nation" and name in params]
    return found[-1] if found else None


def policy(of: Definition, channel: str, on: date, place_code: str | None = None) -> Policy:
    """
    Return how the procedure's time is counted on a day: nation, then territory, field, procedure, then the
    limit.

    A narrower scope replaces only what it states; a cut-off worded in the limit itself wins (facts-
    lifecycle.md 2.4).

    :raises NotFound: no policy of the nation is in force that day.
    """

    params = parameters(of, on, place_code)
    cutoff = rules.channel_limit(of.body, channel)["limit"].get("cutoff") or params.get("cutoff")
    return Policy(
        count_first_day=params["count_first_day"],
        due_time=DueTime(params["due_time"]),
        roll_rest_day=params["roll_rest_day"],
        cutoff=time.fromisoformat(cutoff) if cutoff else None,
        pause_unit=PauseUnit(params["pause_unit"]),
    )


def code_shape(on: date) -> rules.CodeShape:
    """
    Return the shape of dossier codes issued on a day.

    :raises NotFound: the data has no code policy for the day.
    """

    def read() -> str | None:
        return (
            CodePolicy.objects.filter(Q(valid_to=None) | Q(valid_to__gte=on), valid_from__lte=on)
            .order_by("-valid_from")
            .values_list("pattern", flat=True)
            .first()
        )

    pattern = _briefly(("code", on), read)
    if pattern is None:
        raise NotFound(f"Chưa có quy định về mã hồ sơ vào ngày {on:%d/%m/%Y}.")
    return rules.code_shape(pattern)


def status_map(partner: str, on: date) -> Mapping[str, tuple[int, str]]:
    """Return a partner's status number and name by local state, as in force on a day."""
    found: Mapping[str, tuple[int, str]] = _briefly(
        ("status", partner, on),
        lambda: {
            row.state: (row.status, row.name)
            for row in StatusMap.objects.filter(
                Q(valid_to=None) | Q(valid_to__gte=on), partner=partner, valid_from__lte=on
            ).order_by("valid_from")
        },
    )
    return found


def status_lists(on: date) -> list[str]:
    """Return whose lists of state numbers there are on a day."""
    in_force = StatusMap.objects.filter(Q(valid_to=None) | Q(valid_to__gte=on), valid_from__lte=on)
    return list(in_force.order_by("partner").values_list("partner", flat=True).distinct())


def template(code: str, on: date) -> Template:
    """
    Return the print template of a form in force on a day.

    :raises NotFound:
    """

    def read() -> Template | None:
        row = (
            PrintTemplate.objects.filter(
                Q(valid_to=None) | Q(valid_to__gte=on), code=code, valid_from__lte=on
            )
            .order_by(F("valid_from").desc())
            .first()
        )
        if row is None:
            return None
        return Template(row.code, row.regime, row.form_no, row.title, row.path, row.source, row.legal_basis)

    found: Template | None = _briefly(("template", code, on), read)
    if found is None:
        raise NotFound(f"Chưa có mẫu in “{code}” cho ngày {on:%d/%m/%Y}.")
    return found
