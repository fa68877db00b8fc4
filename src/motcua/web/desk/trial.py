"""Trying a limit, a calendar or a process on past dossiers, for the officers who control procedures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from motcua.catalogue import queries as catalogue
from motcua.dossiers import replays
from motcua.dossiers.replay import Change, Report, StepChange
from motcua.dossiers.retiming import Basis
from motcua.edge import actors
from motcua.kernel.actor import Actor, Role
from motcua.kernel.counting import Limit, TimeUnit
from motcua.kernel.errors import Invalid, NotFound
from motcua.kernel.process import bpmn
from motcua.kernel.wording import minutes_vi, moment_vi
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.web import components, csvfile, inputs
from motcua.web.components import Crumb, FieldView, Option
from motcua.web.desk import fields, pages, rows
from motcua.workflow.versions import queries as versions

URL: Final = "/can-bo/thu-truoc/"
SHOWN: Final = 200
UNITS: Final[Mapping[TimeUnit, str]] = {
    TimeUnit.WORKING_DAYS: "ngày làm việc",
    TimeUnit.DAYS: "ngày (cả ngày nghỉ)",
    TimeUnit.WORKING_HOURS: "giờ làm việc",
    TimeUnit.MONTHS: "tháng",
}
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
    """What the form says: its texts, the file given or kept from the time before, and what is wrong."""

    texts: Mapping[str, str]
    file: bytes
    errors: dict[str, str]

    @property
    def wanted(self) -> bool:
        """Tell whether something is to be tried."""
        return bool(self.texts["thu"] or self.texts["dang"])


@pages.officer
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Show the form, and what the change it names would have made of past dossiers; nothing is written."""
    actor = actors.staff(request)
    if actor.duty(Role.KSTT) is None:
        raise ControlNeeded
    typed = _typed(request)
    today = clock.today()
    first = inputs.day(typed.texts["tu"]) or today - MONTH
    last = inputs.day(typed.texts["den"]) or today
    report: Report | None = None
    change = Change()
    if typed.wanted:
        try:
            since, until = fields.start_of(first), fields.end_of(max(first, last))
            assert since is not None and until is not None  # noqa: S101  (both days are there)
            change, code, process = _change(actor, typed)
            report = replays.tried(
                actor, since, until, change, clock.now(), procedure_code=code, process=process
            )
        except replays.VariantNeeded as refusal:
            typed.errors["phuong-an"] = refusal.message
        except (Invalid, NotFound) as refusal:
            typed.errors.update(getattr(refusal, "errors", None) or {"": refusal.message})
    if report is not None and typed.texts["dang"] == "csv":
        return _table(report)
    views = _inputs(actor, typed, first, last)
    context: dict[str, Any] = {
        "fields": views,
        "errors": components.summary(views),
        "general": [text for name, text in typed.errors.items() if not name],
        "report": report,
        "process": report is not None and change.moves_ends,
        "unknown": ", ".join(report.unknown) if report else "",
        "kept": [(name, typed.texts[name]) for name in NAMES] if report else [],
        "file": typed.file.decode("utf-8", "replace") if report else "",
        "spread": _spread(report),
        "added": [
            {"name": step.name, "count": step.dossiers, "lasting": _lasting(step)}
            for step in (report.added if report else ())
        ],
        "removed": report.removed if report else (),
        "procedures": _procedures(report),
        "where": [
            {"step": step or "Không rõ bước", "unit": _unit(unit_id), "count": count}
            for step, unit_id, count in (report.where if report else ())
        ],
        "lines": [
            {
                "code": one.code,
                "url": rows.dossier_url(one.code),
                "before": one.due_before,
                "after": one.due_after,
                "end": one.end,
                "shift": _shift(one.shift),
                "open": one.open,
                "late_before": one.late_before,
                "late_after": one.late_after,
                "by": minutes_vi(one.late_minutes) if one.late_after else "",
                "step": one.step,
                "unit": _unit(one.unit_id),
            }
            for one in (report.outcomes[:SHOWN] if report else ())
        ],
        "cut": report is not None and len(report.outcomes) > SHOWN,
        "crumbs": [pages.HOME, Crumb("Thử trước khi áp dụng")],
    }
    return pages.show(request, "desk/trial.html", context, section=URL, status=422 if typed.errors else 200)


def _typed(request: HttpRequest) -> Typed:
    """Return what was sent, by address or by form; a file sent before comes along as text."""
    given = request.POST if request.method == "POST" else request.GET
    texts = {name: given.get(name, "").strip()[:MOST_TEXT] for name in (*NAMES, "thu", "dang")}
    file = request.FILES.get("tep")
    content = file.read(bpmn.MAX_BYTES + 1) if file is not None else request.POST.get("xml", "").encode()
    return Typed(texts, content, {})


def _table(report: Report) -> HttpResponse:
    head = (
        "Mã hồ sơ", "Mã thủ tục", "Hẹn đã cấp", "Hẹn nếu thay đổi", "Kết thúc nếu thay đổi", "Đang làm",
        "Trễ trước (phút làm việc)", "Trễ sau (phút làm việc)", "Ở bước", "Đơn vị",
    )  # fmt: skip
    return csvfile.answer(
        f"Thử trước khi áp dụng {clock.today():%d-%m-%Y}.csv",
        head,
        (
            (
                one.code, one.procedure_code, moment_vi(one.due_before), moment_vi(one.due_after),
                "" if one.open else moment_vi(one.end), "có" if one.open else "", one.minutes_before,
                one.late_minutes, one.step, _unit(one.unit_id),
            )
            for one in report.outcomes
        ),
    )  # fmt: skip


def _spread(report: Report | None) -> list[tuple[str, str, str]]:
    """Return by how much dossiers are late, before and after, in words; nothing where none is."""
    if report is None or not (report.late_before or report.late_after):
        return []
    before, after = report.spread_before, report.spread_after
    rows_ = (
        ("Một nửa số hồ sơ trễ không quá", before.half, after.half),
        ("Ba phần tư không quá", before.three_quarters, after.three_quarters),
        ("Chín phần mười không quá", before.nine_tenths, after.nine_tenths),
        ("Trễ nhiều nhất", before.most, after.most),
    )
    return [
        (name, minutes_vi(old) if report.late_before else "—", minutes_vi(new) if report.late_after else "—")
        for name, old, new in rows_
    ]


def _lasting(step: StepChange) -> str:
    """Return how long an added step is taken to last, and why."""
    if step.lasting is None or step.lasting.basis is Basis.NONE:
        return "không tính giờ: bước chưa khai giờ và không có bước tương tự"
    why = "giờ đã khai" if step.lasting.basis is Basis.DECLARED else "thời gian thường làm của bước tương tự"
    return f"{minutes_vi(step.lasting.minutes)} ({why})"


def _shift(minutes: int) -> str:
    if not minutes:
        return ""
    return f"{'muộn' if minutes > 0 else 'sớm'} hơn thực tế {minutes_vi(abs(minutes))} làm việc"


def _procedures(report: Report | None) -> list[dict[str, Any]]:
    names = catalogue.names(clock.today())
    return [
        {"code": code, "name": names.get(code, ""), "count": count, "before": before, "after": after}
        for code, count, before, after in (report.by_procedure if report else ())
        if before or after
    ]


def _unit(unit_id: int | None) -> str:
    """Return the full name of a unit: short ones are the same in every commune."""
    return organisation.unit(unit_id).name if unit_id is not None else ""


def _change(actor: Actor, typed: Typed) -> tuple[Change, str, replays.Process | None]:
    """
    Return the change that was typed, the procedure it is tried on (empty: all) and the process that is tried.

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
        hours = {node.id: node.hours for node in process.graph.nodes if node.hours} | hours
    return Change(limit, hours, tuple(off), tuple(on), process.graph if process else None), code, process


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
            help="Tệp chỉ dùng để thử, không được lưu.",
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
