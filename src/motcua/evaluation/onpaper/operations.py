"""Looking for signs of handling on paper, and following each: asked, answered, closed with a conclusion (R-052)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

import structlog
from django.db import transaction

from motcua.catalogue import queries as catalogue
from motcua.documents import queries as documents
from motcua.dossiers import numbers
from motcua.evaluation.onpaper import events, queries, rules
from motcua.evaluation.onpaper.models import Finding, Look
from motcua.evaluation.onpaper.rules import (
    BookLine,
    Checks,
    Conclusion,
    Counts,
    FindingClosed,
    FindingNotFound,
    FindingState,
    Names,
    NotAsked,
    NotYours,
    Online,
    Sign,
    What,
    Window,
)
from motcua.kernel.actor import SYSTEM, Actor, DutyRef
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Invalid
from motcua.kernel.text import said
from motcua.organisation import queries as organisation
from motcua.platform import idempotency, ledger, subjects
from motcua.platform.ledger import Facts

log = structlog.get_logger(__name__)

COUNTED: Final = (Sign.SILENT, Sign.DROP, Sign.NEVER_ONLINE)
"""Signs that are counted anew by each look, and so may be gone."""


@dataclass(frozen=True, slots=True)
class Found:
    """A sign a look found, with what was counted; `numbers` are those of a gap or without a dossier."""

    sign: Sign
    what: What
    since: date
    until: date
    text: str
    figures: Mapping[str, Any]
    series: str = ""
    numbers: Sequence[str] = field(default=())

    @property
    def key(self) -> tuple[Any, ...]:
        """Return what tells open signs apart, in the order of the constraint."""
        what = self.what
        return (
            self.sign.value,
            what.unit_id,
            what.officer_id or None,
            what.field,
            what.procedure,
            self.series,
        )


def look(at: datetime) -> int:
    """
    Look for signs in the working days up to yesterday, once a local day; return how many were new.

    A sign found again stays the same one; one not found any more is marked so and waits for its conclusion. Closed ones
    come again only for days and numbers after their conclusion.
    """
    today = at.astimezone(LOCAL).date()
    setting = catalogue.setting("paper_checks", today)
    if setting is None or Look.objects.filter(on=today).exists():
        return 0
    checks = Checks.from_json(setting)
    found = [*_entries(today, checks), *_never_online(today, checks), *_numbers(today, checks)]
    with transaction.atomic(durable=True):
        _, mine = Look.objects.get_or_create(on=today, defaults={"done_at": at, "found": 0})
        if not mine:
            return 0  # another worker was quicker
        new = _keep(found, today, at)
        Look.objects.filter(on=today).update(found=new)
    log.info("paper_signs_looked_for", on=today.isoformat(), found=len(found), new=new)
    return new


def _keep(found: Sequence[Found], today: date, at: datetime) -> int:
    """Write what a look found: new signs, those that go on, those that are gone."""
    rows = list(Finding.objects.select_for_update(no_key=True).exclude(state=FindingState.CLOSED.value))
    held = {_key(row): row for row in rows}
    closed: dict[tuple[Any, ...], list[Finding]] = defaultdict(list)
    keys = {one.key for one in found}
    units = {one.what.unit_id for one in found}
    for over in Finding.objects.filter(state=FindingState.CLOSED.value, unit_id__in=units):
        if _key(over) in keys:
            closed[_key(over)].append(over)
    seen: set[int] = set()
    new = 0
    for one in found:
        row: Finding | None = held.get(one.key)
        if row is None and one.sign is Sign.DROP:  # it was silent, now a little comes
            row = held.get((Sign.SILENT.value, *one.key[1:]))
        if one.sign is Sign.SILENT and (less := held.get((Sign.DROP.value, *one.key[1:]))):
            seen.add(less.pk)
        if row is not None:
            seen.add(row.pk)
            _go_on(row, one, at)
        elif fresh := _after(one, closed[one.key]):
            _open(fresh, today, at)
            new += 1
    for known in rows:
        if known.pk in seen:
            known.seen_on, known.gone_on = today, None
        elif known.gone_on is None and known.sign in COUNTED:
            known.gone_on = today
    Finding.objects.bulk_update(rows, ["seen_on", "gone_on", "text", "figures"], batch_size=500)
    return new


def _key(row: Finding) -> tuple[Any, ...]:
    return (row.sign, row.unit_id, row.officer_id, row.field, row.procedure_code, row.series)


def _after(one: Found, closed: Sequence[Finding]) -> Found | None:
    """Return what is left of a sign after those that were closed: days after them, numbers they did not hold."""
    since = any(row.closed_at and row.closed_at.astimezone(LOCAL).date() >= one.since for row in closed)
    if since and not one.numbers:
        return None
    known = {number for row in closed for number in row.figures.get("numbers", ())}
    left = [number for number in one.numbers if number not in known]
    if one.numbers and not left:
        return None
    return _with_numbers(one, left) if len(left) < len(one.numbers) else one


def _with_numbers(one: Found, left: Sequence[str]) -> Found:
    names = Names(_unit_name(one.what.unit_id))
    about = one.figures.get("about", "")
    text = (
        rules.numbers_words(names, about, left)
        if one.sign is Sign.GAP
        else rules.no_dossier_words(names, left)
    )
    figures = {**one.figures, "numbers": list(left)}
    return Found(one.sign, one.what, one.since, one.until, text, figures, one.series, tuple(left))


def _go_on(row: Finding, one: Found, at: datetime) -> None:
    """Add numbers that were found since to an open sign; what was counted when it was found stays."""
    known = row.figures.get("numbers", ())
    more = [number for number in one.numbers if number not in known]
    if not more:
        return
    grown = _with_numbers(one, [*known, *more])
    row.text, row.figures = grown.text, dict(grown.figures)
    _note(row, "paper_sign_grown", SYSTEM, None, at, {"numbers": len(grown.numbers)})


def _open(one: Found, today: date, at: datetime) -> Finding:
    what = one.what
    row = Finding.objects.create(
        subject=subjects.new(), sign=one.sign.value, unit_id=what.unit_id, officer_id=what.officer_id or None,
        field=what.field, procedure_code=what.procedure, series=one.series, since=one.since, until=one.until,
        figures=dict(one.figures), text=one.text, found_at=at, seen_on=today,
    )  # fmt: skip
    _note(
        row,
        "paper_sign_found",
        SYSTEM,
        None,
        at,
        {"since": one.since.isoformat(), "until": one.until.isoformat()},
    )
    return row


# -- none or sharply fewer entries ---------------------------------------------------------------------------


def _entries(today: date, checks: Checks) -> list[Found]:
    """Look at every unit that takes dossiers in, layer of calendars by layer (two statements each)."""
    nodes = organisation.tree().nodes
    layers: dict[str | None, list[int]] = defaultdict(list)
    for node in nodes.values():
        if node.in_force(today):
            layers[organisation.layer_of(node.ref.id)].append(node.ref.id)
    field_of = {one.code: one.field for one in catalogue.definitions(today)}
    found: list[Found] = []
    for unit_ids in layers.values():
        calendar = organisation.calendar(unit_ids[0])
        spans = rules.windows(calendar, today - timedelta(days=1), checks.window, checks.windows)
        past = [one for one in spans if one.no >= 0]
        weekdays = queries.by_weekday(unit_ids, past[-1].first, past[0].last)
        weights = rules.weights(past, calendar, weekdays)
        rows = queries.received(unit_ids, spans)
        sums: dict[What, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for row in rows:
            for what in _parts(row, field_of):
                sums[what][row.window] += row.value
        signs: dict[What, tuple[Sign, rules.Usual, Counts]] = {}
        for what, by_window in sums.items():
            there = [one for one in spans if one.first >= nodes[what.unit_id].valid_from]
            counts = _counts(by_window, there, weights)
            told = rules.entries(counts, checks)
            if told is not None:
                signs[what] = (*told, counts)
        here = _at_work({one.officer_id for one in signs if one.officer_id}, past[0])
        kept = [
            one for one in rules.plainest(signs, field_of) if not one.officer_id or one.officer_id in here
        ]
        found += [_fewer(what, *signs[what], past[0], checks) for what in sorted(kept, key=_order)]
    return found


def _order(what: What) -> tuple[int, int, str, str]:
    return what.unit_id, what.officer_id, what.field, what.procedure


def _parts(row: queries.Received, field_of: Mapping[str, str]) -> Iterator[What]:
    yield What(row.unit_id)
    if row.officer_id:
        yield What(row.unit_id, officer_id=row.officer_id)
    if of := field_of.get(row.procedure_code):
        yield What(row.unit_id, field=of)
        yield What(row.unit_id, procedure=row.procedure_code)


def _counts(by_window: Mapping[int, int], there: Sequence[Window], weights: Mapping[int, Any]) -> Counts:
    past = [one.no for one in there if one.no > 0]
    year = [one.no for one in there if one.no < -1]
    return Counts(
        now=by_window.get(0, 0),
        past=[by_window.get(no, 0) for no in past],
        year_now=by_window.get(-1, 0),
        year_past=[by_window.get(no, 0) for no in year],
        weights=[weights[no] for no in (0, *past)],
    )


def _at_work(staff_ids: Collection[int], window: Window) -> set[int]:
    """Return who held a duty all through the window and lent none of it: who is away takes nothing in."""
    return organisation.at_work(staff_ids, window.first, window.last)


def _fewer(
    what: What, sign: Sign, usual: rules.Usual, counts: Counts, window: Window, checks: Checks
) -> Found:
    names = Names(_unit_name(what.unit_id), _officer_name(what.officer_id), _about(what))
    figures = {
        "now": counts.now, "low": usual.low, "high": usual.high, "middle": round(float(usual.middle), 1),
        "past": list(counts.past), "working_days": checks.window,
    }  # fmt: skip
    text = rules.entries_words(sign, names, counts, usual, checks.window)
    return Found(sign, what, window.first, window.last, text, figures)


def _unit_name(unit_id: int) -> str:
    return organisation.full_name(organisation.unit(unit_id))


def _officer_name(officer_id: int) -> str:
    return organisation.staff_names([officer_id]).get(officer_id, "") if officer_id else ""


def _about(what: What) -> str:
    """Return what a sign is about inside its unit, as it stands after "hồ sơ"."""
    if what.field:
        name = next((one.name for one in catalogue.field_choices() if one.code == what.field), what.field)
        return f"lĩnh vực {name}"
    return f"thủ tục {catalogue.any_version(what.procedure).name}" if what.procedure else ""


# -- nothing online where others have it ---------------------------------------------------------------------


def _never_online(today: date, checks: Checks) -> list[Found]:
    """Look at procedures that others get online (one statement)."""
    calendar, last = organisation.calendar(0), today - timedelta(days=1)
    first = rules.windows(calendar, last, checks.online_window, 0)[0].first
    rows = queries.online(first, last)
    whole: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for _, code, value, online in rows:
        whole[code][0] += value
        whole[code][1] += online
    nodes = organisation.tree().nodes
    found = []
    for unit_id, code, value, own in sorted(rows):
        every, online = whole[code]
        counts = Online(value, own, every - value, online - own)
        share = rules.never_online(counts, checks)
        if share is None or unit_id not in nodes or not nodes[unit_id].in_force(today):
            continue
        what = What(unit_id, procedure=code)
        names = Names(_unit_name(unit_id), about=_about(what))
        figures = {"now": value, "share": share, "working_days": checks.online_window}
        text = rules.online_words(names, counts, share, checks.online_window)
        found.append(Found(Sign.NEVER_ONLINE, what, first, last, text, figures))
    return found


# -- numbers -------------------------------------------------------------------------------------------------


def _numbers(today: date, checks: Checks) -> list[Found]:
    """Look through codes given since the last look, the newest numbers of documents, results without dossier."""
    last = today - timedelta(days=1)
    looked = Look.objects.order_by("-on").values_list("on", flat=True).first()
    earliest = rules.windows(organisation.calendar(0), last, checks.window, 0)[0].first
    first = max(earliest, looked) if looked else earliest
    found = []
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    for unit_id, codes in sorted(numbers.missing_codes(SYSTEM, days).items()):
        found.append(_gap(unit_id, "mã hồ sơ", "code", codes, first, last))
    for gap in documents.missing_numbers(SYSTEM, last.year, checks.numbers):
        about = f"số văn bản /{gap.symbol} năm {gap.year}" if gap.symbol else f"số văn bản năm {gap.year}"
        held = [f"{no:02d}" for no in gap.numbers]
        found.append(_gap(gap.unit_id, about, f"{gap.series} {gap.year}", held, first, last))
    start, end = (datetime.combine(day, datetime.min.time(), tzinfo=LOCAL) for day in (first, today))
    results = [
        one for one in documents.results_of(SYSTEM, organisation.tree().nodes, start, end) if one.number
    ]
    known = numbers.of_dossiers(SYSTEM, [one.subject for one in results if one.subject is not None])
    without: dict[int, list[str]] = defaultdict(list)
    for one in results:
        if one.subject not in known:
            without[one.unit_id].append(one.number)
    return found + [_without(unit_id, held, first, last) for unit_id, held in sorted(without.items())]


def _gap(unit_id: int, about: str, series: str, held: Sequence[str], first: date, last: date) -> Found:
    text = rules.numbers_words(Names(_unit_name(unit_id)), about, held)
    figures = {"numbers": list(held), "about": about}
    return Found(Sign.GAP, What(unit_id), first, last, text, figures, series, tuple(held))


def _without(unit_id: int, held: Sequence[str], first: date, last: date) -> Found:
    text = rules.no_dossier_words(Names(_unit_name(unit_id)), held)
    figures = {"numbers": list(held)}
    return Found(Sign.NO_DOSSIER, What(unit_id), first, last, text, figures, numbers=tuple(held))


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of a book's numbers: how many are in the software, which are not, the sign opened for those."""

    known: int
    missing: tuple[BookLine, ...]
    finding: int | None


def compare_book(*, unit_id: int, year: int, text: str, actor: Actor, key: str, at: datetime) -> Compared:
    """
    Set the numbers of a clerk's book of outgoing documents against those the unit's agency gave in the software.

    What is not in the software becomes a sign of the unit, or is added to the one that is open.

    :raises NotYours: the actor does not oversee the unit.
    :raises Invalid: no number, too many, or a year to come.
    :raises Replayed, MissingKey:
    """
    if not queries.oversees(actor, unit_id):
        raise NotYours
    today = at.astimezone(LOCAL).date()
    if not 2000 <= year <= today.year:
        raise Invalid(errors={"nam": "Ghi năm của sổ, không sau năm nay."})
    lines = rules.book_lines(text)
    agency = organisation.unit(unit_id).agency_id
    units = [node.ref.id for node in organisation.tree().nodes.values() if node.ref.agency_id == agency]
    leading = {
        int(head) for one in lines if (head := rules.folded_number(one.number).partition("/")[0]).isdecimal()
    }
    given = {
        rules.folded_number(number)
        for number in documents.numbers_known(SYSTEM, units, year, {one for one in leading if one < 2**31})
    }
    missing = tuple(one for one in lines if rules.folded_number(one.number) not in given)
    known = len(lines) - len(missing)
    try:
        with transaction.atomic(durable=True):
            body = [unit_id, year, text]
            number = idempotency.take(actor, key, "evaluation.compare_book", body, at=at)
            if not missing:
                return Compared(known, (), None)
            first, last = date(year, 1, 1), min(date(year, 12, 31), today)
            one = _without(
                unit_id, [f"{line.number} ({line.about})" if line.about else line.number for line in missing],
                first, last,
            )  # fmt: skip
            held = (
                Finding.objects.select_for_update(no_key=True)
                .filter(sign=Sign.NO_DOSSIER.value, unit_id=unit_id)
                .exclude(state=FindingState.CLOSED.value)
                .first()
            )
            if held is None:
                row = _open(one, today, at)
            else:
                row = held
                _go_on(row, one, at)
                row.seen_on, row.gone_on = today, None
                row.save(update_fields=["text", "figures", "seen_on", "gone_on"])
            duty = _duty(actor, unit_id)
            _note(
                row,
                "paper_sign_compared",
                actor,
                duty,
                at,
                {"known": known, "missing": len(missing), "comparison": number},
            )
            return Compared(known, missing, row.pk)
    except idempotency.AlreadyDone:
        open_one = (
            Finding.objects.filter(sign=Sign.NO_DOSSIER.value, unit_id=unit_id).order_by("-subject").first()
        )
        return Compared(known, missing, open_one.pk if open_one and missing else None)


# -- following -----------------------------------------------------------------------------------------------


def ask(
    *, finding: int, question: str, answer_by: datetime, actor: Actor, key: str, at: datetime
) -> FindingState:
    """
    Ask the unit what is behind a sign, by a moment to come; asking anew is allowed until it is closed.

    :raises FindingNotFound, FindingClosed, NotYours, Replayed, MissingKey:
    :raises Invalid: nothing said, or the moment has passed.
    """
    body = [finding, question, answer_by.isoformat()]
    try:
        with transaction.atomic(durable=True):
            idempotency.take(actor, key, "evaluation.ask_finding", body, at=at, subject=finding)
            row, duty = _overseen(finding, actor)
            words = said(question)
            if answer_by <= at:
                raise Invalid(errors={"han": "Hạn giải trình phải sau lúc này."})
            row.state, row.asked_by_id, row.asked_at = FindingState.ASKED.value, actor.staff_id, at
            row.question, row.answer_by = words, answer_by
            row.save(update_fields=["state", "asked_by", "asked_at", "question", "answer_by"])
            _note(row, "paper_sign_asked", actor, duty, at, {"answer_by": answer_by.isoformat()}, words)
            return FindingState.ASKED
    except idempotency.AlreadyDone:
        return _state(finding)


def answer(*, finding: int, text: str, actor: Actor, key: str, at: datetime) -> FindingState:
    """
    Answer for the unit what is behind a sign; who asked does not answer.

    :raises FindingNotFound, FindingClosed, NotAsked, NotYours, Invalid, Replayed, MissingKey:
    """
    try:
        with transaction.atomic(durable=True):
            body = [finding, text]
            idempotency.take(actor, key, "evaluation.answer_finding", body, at=at, subject=finding)
            row = _lock(finding, actor)
            duty = _duty(actor, row.unit_id)
            if not queries.of_unit(actor, row.unit_id) or row.asked_by_id == actor.staff_id:
                raise NotYours
            if row.state != FindingState.ASKED:
                raise NotAsked
            words = said(text)
            row.state, row.answered_by_id = FindingState.ANSWERED.value, actor.staff_id
            row.answered_at, row.answer = at, words
            row.save(update_fields=["state", "answered_by", "answered_at", "answer"])
            _note(row, "paper_sign_answered", actor, duty, at, {}, words)
            return FindingState.ANSWERED
    except idempotency.AlreadyDone:
        return _state(finding)


def close(
    *, finding: int, conclusion: Conclusion, words: str, actor: Actor, key: str, at: datetime
) -> FindingState:
    """
    Close a sign with what it turned out to be; not by who answered for the unit.

    :raises FindingNotFound, FindingClosed, NotYours, Invalid, Replayed, MissingKey:
    """
    try:
        with transaction.atomic(durable=True):
            body = [finding, conclusion.value, words]
            idempotency.take(actor, key, "evaluation.close_finding", body, at=at, subject=finding)
            row, duty = _overseen(finding, actor)
            if row.answered_by_id is not None and row.answered_by_id == actor.staff_id:
                raise NotYours
            told = said(words)
            row.state, row.conclusion, row.words = FindingState.CLOSED.value, conclusion.value, told
            row.closed_by_id, row.closed_at = actor.staff_id, at
            row.save(update_fields=["state", "conclusion", "words", "closed_by", "closed_at"])
            _note(row, "paper_sign_closed", actor, duty, at, {"conclusion": conclusion.value}, told)
            return FindingState.CLOSED
    except idempotency.AlreadyDone:
        return _state(finding)


def _state(finding: int) -> FindingState:
    return FindingState(Finding.objects.values_list("state", flat=True).get(pk=finding))


def _lock(finding: int, actor: Actor) -> Finding:
    queries.one(actor, finding)
    row = Finding.objects.select_for_update(no_key=True).filter(pk=finding).first()
    if row is None:
        raise FindingNotFound
    if row.state == FindingState.CLOSED:
        raise FindingClosed
    return row


def _overseen(finding: int, actor: Actor) -> tuple[Finding, DutyRef | None]:
    row = _lock(finding, actor)
    if not queries.oversees(actor, row.unit_id):
        raise NotYours
    return row, _duty(actor, row.unit_id)


def _duty(actor: Actor, unit_id: int) -> DutyRef | None:
    """Return the duty an act is done under: one in the unit, else the first that looks into it."""
    here = [duty for duty in actor.duties if duty.unit_id == unit_id]
    return next(iter([*here, *actor.duties]), None)


def _note(
    row: Finding,
    act: str,
    actor: Actor,
    duty: DutyRef | None,
    at: datetime,
    payload: Mapping[str, Any],
    words: str = "",
) -> None:
    ledger.append_unheaded(
        row.subject,
        act=act,
        actor=actor,
        duty=duty,
        at=at,
        facts=Facts(
            agency_id=organisation.unit(row.unit_id).agency_id, unit_id=row.unit_id,
            procedure_code=row.procedure_code or None, field_code=row.field or None,
        ),
        payload={"sign": row.sign, "state": row.state, **payload},
        personal={"words": words} if words else None,
        event=events.PaperSignMoved(
            finding=row.subject, at=at, sign=row.sign, state=row.state, unit_id=row.unit_id
        ),
    )  # fmt: skip
