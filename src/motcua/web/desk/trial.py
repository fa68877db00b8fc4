"""Trying a limit, a calendar or a process on past and open dossiers: the form, for who controls procedures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from motcua.catalogue import queries as catalogue
from motcua.dossiers import replays, trialling
from motcua.dossiers.operations import trial
from motcua.dossiers.replay import Change
from motcua.dossiers.replays import Wanted
from motcua.dossiers.trialling import UNITS
from motcua.edge import actors, keys
from motcua.kernel.actor import Actor, Role
from motcua.kernel.counting import Limit, TimeUnit
from motcua.kernel.errors import Conflict, Invalid, NotFound
from motcua.kernel.process import bpmn
from motcua.kernel.text import clean
from motcua.platform import clock
from motcua.web import components, inputs
from motcua.web.components import Crumb, FieldView, Option
from motcua.web.desk import fields, pages
from motcua.workflow.versions import queries as versions

URL: Final = "/can-bo/thu-truoc/"
RUNS: Final = f"{URL}lan/"
LIST: Final = Crumb("Thử trước khi áp dụng", URL)
TABS: Final = [("Thử mới", URL), ("Các lần chạy thử", RUNS)]
NAMES: Final = ("tu", "den", "thu-tuc", "han", "don-vi-tinh", "nghi", "lam", "buoc", "quy-trinh", "phuong-an")
MOST_TEXT: Final = 100
MONTH: Final = timedelta(weeks=13)
MOST: Final = 1_000
"""The largest number that can be tried, of whatever unit."""


class ControlNeeded(NotFound):
    """The page is for officers who control procedures."""

    code = "control_needed"
    message = "Trang này dành cho cán bộ kiểm soát thủ tục hành chính."


@dataclass(frozen=True, slots=True)
class Typed:
    """What the form says: its texts, the file given, and what is wrong."""

    texts: Mapping[str, str]
    file: bytes
    file_name: str
    errors: dict[str, str]


def officer(request: HttpRequest) -> Actor:
    """
    Return who asks.

    :raises ControlNeeded: they do not control procedures.
    """
    actor = actors.staff(request)
    if actor.duty(Role.KSTT) is None:
        raise ControlNeeded
    return actor


@pages.officer
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Show the form of a trial; sent, begin it: a worker does it, and the page of the trial tells how far it is."""
    actor = officer(request)
    typed = _typed(request)
    today = clock.today()
    first = inputs.day(typed.texts["tu"]) or today - MONTH
    last = inputs.day(typed.texts["den"]) or today
    if request.method == "POST":
        try:
            return redirect(f"{RUNS}{_begin(request, actor, typed, first, max(first, last))}/")
        except replays.VariantNeeded as refusal:
            typed.errors["phuong-an"] = refusal.message
        except (Invalid, NotFound, Conflict) as refusal:
            typed.errors.update(getattr(refusal, "errors", None) or {"": refusal.message})
    views = _inputs(actor, typed, first, last)
    context: dict[str, Any] = {
        "fields": views,
        "errors": components.summary(views),
        "general": [text for name, text in typed.errors.items() if not name],
        "tabs": TABS,
        "current": URL,
        "crumbs": [pages.HOME, Crumb(LIST.label)],
    }
    return pages.show(request, "desk/trial.html", context, section=URL, status=422 if typed.errors else 200)


def _begin(request: HttpRequest, actor: Actor, typed: Typed, first: date, last: date) -> int:
    """Begin what was typed and return its number."""
    since, until = fields.start_of(first), fields.end_of(last)
    assert since is not None and until is not None  # noqa: S101  (both days are there)
    change, code, process, hours = _change(actor, typed)
    now = clock.now()
    draft = "dự thảo quy trình" if not typed.file else f"quy trình trong tệp {typed.file_name}"
    name = catalogue.names(clock.today()).get(code, "")
    return trial.start(
        wanted=Wanted(since, until, now, change, code, process.variant if process else ""),
        title=trialling.in_words(change, f"{draft}, phương án {process.variant}" if process else "", hours),
        about=f"{code} {name}",
        actor=actor,
        key=keys.key(request),
        at=now,
    )


def _typed(request: HttpRequest) -> Typed:
    """Return what was sent, by address or by form."""
    given = request.POST if request.method == "POST" else request.GET
    texts = {name: given.get(name, "").strip()[:MOST_TEXT] for name in NAMES}
    file = request.FILES.get("tep")
    content, name = (file.read(bpmn.MAX_BYTES + 1), file.name or "") if file is not None else (b"", "")
    return Typed(texts, content, clean(name, single_line=True)[:MOST_TEXT], {})


def _change(actor: Actor, typed: Typed) -> tuple[Change, str, replays.Process | None, Mapping[str, Decimal]]:
    """
    Return the change that was typed, the procedure it is tried on (empty: all), the process that is tried and the hours
    typed beside it.

    :raises Invalid: a number or day that is none, or no change at all.
    :raises NotFound: a draft or a procedure that is not there.
    """
    asked, errors = typed.texts, dict[str, str]()
    limit = None
    if asked["han"]:
        try:
            unit = TimeUnit(asked["don-vi-tinh"] or TimeUnit.WORKING_DAYS)
            limit = Limit(_positive(asked["han"]), unit)
        except (InvalidOperation, ValueError):
            errors["han"] = f"Nhập số lớn hơn 0, nhiều nhất {MOST}, ví dụ 3; ngày và tháng phải là số nguyên."
    off, on = (_days(asked[name], name, errors) for name in ("nghi", "lam"))
    if both := sorted({*off} & {*on}):
        errors["lam"] = f"Ngày {both[0]:%d/%m/%Y} đã ghi ở ngày nghỉ thêm."
    hours: dict[str, Decimal] = {}
    for text in asked["buoc"].split():
        node, _, number = text.partition("=")
        try:
            hours[node] = _positive(number)
        except (InvalidOperation, ValueError):
            errors["buoc"] = f"Viết mã bước, dấu bằng, số giờ lớn hơn 0, nhiều nhất {MOST}; ví dụ s2=4."
    code = asked["thu-tuc"].split(" ")[0]
    if typed.file and asked["quy-trinh"]:
        errors["tep"] = "Chọn một bản dự thảo hoặc một tệp, không chọn cả hai."
    elif typed.file and not code:
        errors["thu-tuc"] = "Thử một tệp quy trình thì chọn một thủ tục."
    tried = bool(typed.file or asked["quy-trinh"])
    if limit is not None and not code and not asked["quy-trinh"]:
        errors["thu-tuc"] = "Thử thời hạn mới thì chọn một thủ tục."
    if not errors and limit is None and not (off or on or hours or tried):
        errors["han"] = "Nhập ít nhất một thay đổi: thời hạn, lịch, giờ của bước hoặc quy trình."
    if errors:
        raise Invalid(errors=errors)
    process = None
    if tried:
        code, process = _process(actor, typed, code)
    declared = process.hours if process else {}
    change = Change(limit, declared | hours, tuple(off), tuple(on), process.graph if process else None)
    return change, code, process, hours


def _days(text: str, name: str, errors: dict[str, str]) -> list[date]:
    """Return the days written in a field; what is none is noted as its error."""
    found: list[date] = []
    for word in text.replace(";", " ").replace(",", " ").split():
        day = inputs.day(word)
        if day is None:
            errors[name] = f"“{word}” không phải là ngày. Viết như 04/09/2023."
        else:
            found.append(day)
    return found


def _process(actor: Actor, typed: Typed, code: str) -> tuple[str, replays.Process]:
    """Return the procedure and the process of a draft or a file."""
    today = clock.today()
    if typed.file:
        return code, replays.drawn(typed.file, code, typed.texts["phuong-an"], today)
    draft = versions.draft(actor, inputs.number(typed.texts["quy-trinh"]) or 0)
    number = catalogue.definition(draft.procedure_version_id).code
    return number, replays.drawn(draft.graph, number, draft.variant, today)


def _positive(text: str) -> Decimal:
    number = Decimal(text.replace(",", "."))
    if not number.is_finite() or not 0 < number <= MOST:
        raise ValueError(text)
    return number


def _inputs(actor: Actor, typed: Typed, first: date, last: date) -> list[FieldView]:
    asked, errors, today = typed.texts, typed.errors, clock.today()
    names = catalogue.names(today)
    code = asked["thu-tuc"].split(" ")[0]
    variants = tuple(replays.processes(code, today)) if code in names else ()
    return [
        fields.day_field("tu", "Tiếp nhận từ ngày", first.isoformat()),
        fields.day_field("den", "Đến ngày", last.isoformat()),
        FieldView(
            "thu-tuc", "Thủ tục", "select", value=code if code in names else "", quiet=True, blank="Tất cả",
            error=errors.get("thu-tuc", ""),
            options=tuple(
                Option(number, f"{number} {name[:80]}")
                for number, name in sorted(names.items(), key=lambda one: one[1])
            ),
        ),
        FieldView(
            "han", "Thời hạn thử", "text", value=asked["han"], quiet=True, width="s", inputmode="decimal",
            error=errors.get("han", ""),
        ),
        FieldView(
            "don-vi-tinh", "Tính theo", "select", quiet=True, required=True,
            value=asked["don-vi-tinh"] or TimeUnit.WORKING_DAYS.value,
            options=tuple(Option(unit.value, name) for unit, name in UNITS.items()),
        ),
        FieldView(
            "nghi", "Ngày nghỉ thêm", "text", value=asked["nghi"], quiet=True, error=errors.get("nghi", ""),
            help="Cách nhau bằng dấu cách, ví dụ 04/09/2023 05/09/2023.",
        ),
        FieldView(
            "lam", "Ngày làm bù thêm", "text", value=asked["lam"], quiet=True, error=errors.get("lam", ""),
            help="Ngày vốn được nghỉ mà đi làm, ví dụ 09/09/2023.",
        ),
        FieldView(
            "buoc", "Giờ của bước", "text", value=asked["buoc"], quiet=True, error=errors.get("buoc", ""),
            help="Mã bước=số giờ, ví dụ s2=4 s3=2.",
        ),
        FieldView(
            "quy-trinh", "Bản dự thảo quy trình", "select", value=asked["quy-trinh"], quiet=True,
            blank="Không thử dự thảo", error=errors.get("quy-trinh", ""), options=_drafts(actor, names),
        ),
        FieldView(
            "tep", "Hoặc tệp BPMN", "file", quiet=True, accept=".bpmn,.xml", error=errors.get("tep", ""),
            help="Tệp chỉ dùng để thử, không thành dự thảo.",
        ),
        *(
            [
                FieldView(
                    "phuong-an", "Phương án của tệp", "select", value=asked["phuong-an"], quiet=True,
                    blank="Chọn phương án", error=errors.get("phuong-an", ""),
                    options=tuple(Option(name, name) for name in variants),
                )
            ]
            if len(variants) > 1
            else []
        ),
    ]  # fmt: skip


def _drafts(actor: Actor, names: Mapping[str, str]) -> tuple[Option, ...]:
    """Return the drafts that are being drawn, by the name of their procedure."""
    found = []
    for number, kept in versions.kept(actor, clock.today()).items():
        code = catalogue.definition(number).code if kept.drafts else ""
        for variant, draft_id in kept.drafts.items():
            found.append(Option(str(draft_id), f"{names.get(code, code)[:80]} ({code}, {variant})"))
    return tuple(sorted(found, key=lambda option: option.label))
