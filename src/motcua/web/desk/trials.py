"""Trials that were begun: the list, how far each is, what came out, two side by side, and tables to take away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from motcua.catalogue import queries as catalogue
from motcua.dossiers import trials
from motcua.dossiers.models import TrialLine
from motcua.dossiers.operations import trial as operations
from motcua.dossiers.retiming import Basis
from motcua.dossiers.trialfigures import Report, Share, Spread, StepChange
from motcua.dossiers.trialling import TRIAL_STATES, TrialState
from motcua.dossiers.trials import Only, Told, View
from motcua.edge import keys, paging
from motcua.kernel.calendar import local
from motcua.kernel.errors import Conflict
from motcua.kernel.wording import minutes_vi, moment_vi
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.web import csvfile, inputs
from motcua.web.components import Crumb, FieldView, Option
from motcua.web.desk import fields, pages, rows
from motcua.web.desk.trial import LIST, RUNS, TABS, URL, officer
from motcua.web.templatetags.motcua import number as shown_number

PAGE: Final = 25
OTHERS: Final = 30
"""So many newest trials are offered to be held against one."""
FIRST: Final = 8
"""So many places are told at once, the others fold."""
MOST_PLACES: Final = 200
LOOKS: Final[Mapping[TrialState, str]] = {
    TrialState.RUNNING: "run",
    TrialState.FINISHED: "done",
    TrialState.STOPPED: "wait",
    TrialState.FAILED: "late",
}
ONLY: Final = {
    "": (Only.ALL, "Trễ trước hoặc sau"),
    "moi-tre": (Only.NEWLY_LATE, "Mới trễ"),
    "dang-lam": (Only.OPEN, "Đang làm, sẽ trễ"),
    "khong-con": (Only.NO_LONGER, "Không còn trễ"),
}
COURSE: Final = Crumb("Các lần chạy thử", RUNS)


@pages.officer
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show the trials, newest first, paged by key, found by words."""
    actor, asked = officer(request), fields.asked(request, ("q",))
    before = paging.number_of(request.GET.get("sau", ""))
    found = paging.page(
        trials.listing(actor, text=asked["q"], before=before, size=PAGE), PAGE, lambda one: [one.number]
    )
    kept = {name: value for name, value in asked.items() if value}
    context: dict[str, Any] = {
        "rows": [_head(one) for one in found.rows],
        "shown": len(found.rows),
        "filtered": bool(kept),
        "fields": [
            FieldView(
                "q",
                "Tìm theo nội dung thử, thủ tục, người chạy",
                value=asked["q"],
                quiet=True,
                autocomplete="off",
            )
        ],
        "first_url": f"{RUNS}?{urlencode(kept)}" if before else "",
        "next_url": f"{RUNS}?{urlencode({**kept, 'sau': found.next})}" if found.next else "",
        "tabs": TABS,
        "current": RUNS,
        "crumbs": [pages.HOME, LIST, Crumb(COURSE.label)],
    }
    return pages.show(request, "desk/trials.html", context, section=URL)


def _head(view: View) -> dict[str, Any]:
    total = view.total
    return {
        "one": view,
        "url": f"{RUNS}{view.number}/",
        "state": TRIAL_STATES[view.state],
        "look": LOOKS[view.state],
        "running": view.state is TrialState.RUNNING,
        "stopped": view.state is TrialState.STOPPED,
        "percent": 0 if not total else min(100, view.looked * 100 // total),
    }


def _page(request: HttpRequest, number: int) -> HttpResponse:
    """Show a trial: how far it is, then its figures and the dossiers behind them, page by page."""
    actor = officer(request)
    told = trials.one(actor, number)
    head, report = _head(told.view), told.report
    asked = fields.asked(request, ("xem", "q"))
    only = asked["xem"] if asked["xem"] in ONLY else ""
    kept = {name: value for name, value in (("xem", only), ("q", asked["q"])) if value}
    url = head["url"]
    context: dict[str, Any] = {
        "head": head,
        "told": told,
        "since": told.wanted.since,
        "last": _last(told),
        "procedure": catalogue.names(clock.today()).get(told.wanted.procedure_code, ""),
        "report": None if head["running"] else report,
        "unknown": ", ".join(report.unknown),
        "others": _others(request, number),
        "crumbs": [pages.HOME, LIST, COURSE, Crumb(f"Lần {number}")],
    }
    if not head["running"]:
        key = paging.key_of(request.GET.get("sau", ""), 2)
        after = (int(key[0]), int(key[1])) if key and all(isinstance(part, int) for part in key) else None
        found = paging.page(
            trials.lines(actor, number, only=ONLY[only][0], text=asked["q"], after=after, size=PAGE),
            PAGE,
            lambda line: [line.late_minutes, line.dossier],
        )
        context |= {
            "spread": _spread(report),
            "added": [
                {"name": step.name, "count": step.dossiers, "lasting": _lasting(step)}
                for step in report.added
            ],
            "places": [
                (title, places[:FIRST], places[FIRST:])
                for title, share in (
                    ("Hồ sơ đã xong trễ ở đâu", report.ended),
                    ("Hồ sơ đang làm sẽ trễ ở đâu", report.open),
                )
                if (places := _where(share))
            ],
            "procedures": _procedures(report),
            "lines": [_line(line) for line in found.rows],
            "shown": len(found.rows),
            "tabs": [
                (name, f"{url}?{urlencode({'mo': 1, 'xem': slug})}") for slug, (_, name) in ONLY.items()
            ],
            "current": f"{url}?{urlencode({'mo': 1, 'xem': only})}",
            "search": [
                FieldView("q", "Mã hồ sơ", value=asked["q"], quiet=True, width="s", autocomplete="off")
            ],
            "only": only,
            "opened": bool(kept or after or request.GET.get("mo")),
            "late_count": report.late_after + report.no_longer_late,
            "narrowed": bool(kept),
            "first_url": f"{url}?{urlencode({'mo': 1, **kept})}" if after else "",
            "next_url": f"{url}?{urlencode({**kept, 'sau': found.next})}" if found.next else "",
        }
    return pages.show(request, "desk/trial_run.html", context, section=URL)


run = pages.officer(require_safe(_page))
progress = pages.officer(
    require_safe(_page), counts=False
)  # a page that looks again shows nobody being there


@pages.officer
@require_POST
def stop(request: HttpRequest, number: int) -> HttpResponse:
    """Stop a trial."""
    try:
        operations.stop(trial=number, actor=officer(request), key=keys.key(request), at=clock.now())
    except Conflict as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "Đã dừng. Số liệu đã tính đến lúc dừng được giữ lại.")
    return redirect(f"{RUNS}{number}/")


@pages.officer
@require_safe
def table(request: HttpRequest, number: int) -> HttpResponse:
    """Give the dossiers of a trial that are late before or after as a table, however many they are."""
    actor = officer(request)
    trials.one(actor, number)
    head = (
        "Mã hồ sơ", "Mã thủ tục", "Hẹn đã cấp", "Hẹn nếu thay đổi", "Kết thúc nếu thay đổi", "Đang làm (dự kiến)",
        "Trễ trước (phút làm việc)", "Trễ sau (phút làm việc)", "Ở bước", "Đơn vị",
    )  # fmt: skip
    return csvfile.answer(
        f"Chạy thử lần {number}.csv",
        head,
        (
            (
                line.code, line.procedure_code, moment_vi(line.due_before), moment_vi(line.due_after),
                moment_vi(line.end), "có" if line.open else "", line.minutes_before, line.late_minutes, line.step,
                _unit(line.unit_id),
            )
            for line in trials.every_line(actor, number)
        ),
    )  # fmt: skip


@pages.officer
@require_safe
def compare(request: HttpRequest, number: int) -> HttpResponse:
    """Hold a trial against another one, side by side; as a table to take away, if asked."""
    actor = officer(request)
    other = inputs.number(request.GET.get("voi", "")) or 0
    both = [trials.one(actor, number), trials.one(actor, other)]
    figures = _figures(both)
    if request.GET.get("dang") == "csv":
        head = ("", f"Lần {number}", f"Lần {other}")
        return csvfile.answer(
            f"So sánh lần {number} và lần {other}.csv", head,
            [("Nội dung thử", *(one.view.title for one in both)), *figures],
        )  # fmt: skip
    places = _side_by_side(both)
    context = {
        "heads": [_head(one.view) | {"told": one, "last": _last(one)} for one in both],
        "figures": [(name, *map(_shown, values)) for name, *values in figures],
        "overlap": trials.overlap(actor, number, other),
        "places": places[:FIRST],
        "more_places": places[FIRST:],
        "csv": f"{RUNS}{number}/so-sanh/?{urlencode({'voi': other, 'dang': 'csv'})}",
        "crumbs": [pages.HOME, LIST, COURSE, Crumb(f"So sánh lần {number} và lần {other}")],
    }
    return pages.show(request, "desk/trial_compare.html", context, section=URL)


def _others(request: HttpRequest, number: int) -> FieldView | None:
    """Return the choice of another trial to be held against this one; None where there is none."""
    found = [
        one for one in trials.listing(officer(request), size=OTHERS)
        if one.number != number and one.state is not TrialState.RUNNING
    ]  # fmt: skip
    if not found:
        return None
    return FieldView(
        "voi", "So sánh với lần khác", "select", quiet=True, required=True,
        options=tuple(Option(str(one.number), f"Lần {one.number}: {one.title[:80]}") for one in found[:OTHERS]),
    )  # fmt: skip


def _last(told: Told) -> date:
    """Return the last day of the period."""
    return local(told.wanted.until - timedelta(minutes=1)).date()


def _line(line: TrialLine) -> dict[str, Any]:
    return {
        "line": line,
        "url": rows.dossier_url(line.code),
        "shift": _shift(line),
        "by": minutes_vi(line.late_minutes) if line.late_after else "",
        "unit": _unit(line.unit_id),
    }


def _shift(line: TrialLine) -> str:
    """Return in words how much later or earlier a dossier ends."""
    if not line.shift:
        return ""
    than = "dự kiến hiện nay" if line.open else "thực tế"
    return f"{'muộn' if line.shift > 0 else 'sớm'} hơn {than} {minutes_vi(abs(line.shift))} làm việc"


def _unit(unit_id: int | None) -> str:
    """Return the full name of a unit: short ones are the same in every commune."""
    return organisation.unit(unit_id).name if unit_id is not None else ""


def _lengths(spread: Spread, late: int) -> tuple[str, ...]:
    if not late:
        return ("—",) * 4
    return tuple(map(minutes_vi, (spread.half, spread.three_quarters, spread.nine_tenths, spread.most)))


def _spread(report: Report) -> list[tuple[str, ...]]:
    """Return by how much dossiers are late, before and after, ended and open, in words; nothing where none is."""
    if not (report.late_before or report.late_after):
        return []
    columns = [
        _lengths(spread, late)
        for share in (report.ended, report.open)
        for spread, late in ((share.spread_before, share.late_before), (share.spread_after, share.late_after))
    ]
    names = (
        "Một nửa số hồ sơ trễ không quá",
        "Ba phần tư không quá",
        "Chín phần mười không quá",
        "Trễ nhiều nhất",
    )
    return list(zip(names, *columns, strict=True))


def _where(share: Share) -> list[dict[str, Any]]:
    return [
        {"step": step or "Không rõ bước", "unit": _unit(unit_id), "count": count}
        for step, unit_id, count in share.where
    ]


def _lasting(step: StepChange) -> str:
    """Return how long an added step is taken to last, and why."""
    if step.lasting is None or step.lasting.basis is Basis.NONE:
        return "không tính giờ: bước chưa khai giờ và không có bước tương tự"
    why = "giờ đã khai" if step.lasting.basis is Basis.DECLARED else "thời gian thường làm của bước tương tự"
    return f"{minutes_vi(step.lasting.minutes)} ({why})"


def _procedures(report: Report) -> list[dict[str, Any]]:
    names = catalogue.names(clock.today())
    return [
        {"code": code, "name": names.get(code, ""), "count": count, "before": before, "after": after}
        for code, count, before, after in report.by_procedure
        if before or after
    ]


def _shown(value: int | str) -> str:
    return value if isinstance(value, str) else shown_number(value)


def _figures(both: Sequence[Told]) -> list[tuple[int | str, ...]]:
    """Return the figures of two trials as rows of a name and a value each."""
    return [
        (name, *values)
        for name, values in zip(FIGURES, zip(*(_told(one.report) for one in both), strict=True), strict=True)
    ]


FIGURES: Final = (
    "Hồ sơ đã xét",
    "Đã xong",
    "Đã xong: trễ theo ngày hẹn đã cấp",
    "Đã xong: trễ nếu thay đổi",
    "Đã xong: mới trễ",
    "Đã xong: không còn trễ",
    "Đã xong: một nửa số hồ sơ trễ không quá",
    "Đã xong: trễ nhiều nhất",
    "Đang làm",
    "Đang làm: sẽ trễ như hiện nay",
    "Đang làm: sẽ trễ nếu thay đổi",
    "Đang làm: mới sẽ trễ",
    "Đang làm: không còn trễ",
    "Đang làm: một nửa số hồ sơ trễ không quá",
    "Đang làm: trễ nhiều nhất",
)


def _told(report: Report) -> list[int | str]:
    found: list[int | str] = [report.dossiers]
    for share in (report.ended, report.open):
        lengths = _lengths(share.spread_after, share.late_after)
        counts = (share.dossiers, share.late_before, share.late_after, share.newly_late, share.no_longer_late)
        found += [*counts, lengths[0], lengths[-1]]
    return found


def _side_by_side(both: Sequence[Told]) -> list[dict[str, Any]]:
    """Return where most dossiers are late by either trial, the commonest first."""
    counts: dict[tuple[str, int | None], list[int]] = {}
    for place, one in enumerate(both):
        for share in (one.report.ended, one.report.open):
            for step, unit_id, count in share.where:
                counts.setdefault((step, unit_id), [0, 0])[place] += count
    ordered = sorted(counts.items(), key=lambda item: (-max(item[1]), str(item[0])))
    return [
        {"step": step or "Không rõ bước", "unit": _unit(unit_id), "counts": pair}
        for (step, unit_id), pair in ordered[:MOST_PLACES]
    ]
