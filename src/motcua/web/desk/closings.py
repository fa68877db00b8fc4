"""Closed books of units: the list with what is not closed yet, closing one, and one with its versions."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from motcua.documents.rules import Signed
from motcua.dossiers import closings
from motcua.dossiers.closing import BOOK_NAMES, MOST_LINES, SPAN_NAMES, SPANS, Book, Closed, Span
from motcua.dossiers.closings import ClosingFilters, ClosingRow
from motcua.dossiers.operations import closing as operations
from motcua.edge import actors, keys, paging
from motcua.kernel.actor import Actor
from motcua.kernel.errors import Invalid
from motcua.organisation import queries as organisation
from motcua.organisation.tree import UnitRef
from motcua.platform import clock
from motcua.web import components, inputs, refusals
from motcua.web.components import Crumb, FieldView, Option
from motcua.web.desk import fields, pages
from motcua.web.desk.signing import sign_url

URL: Final = "/can-bo/so-da-chot/"
LIST: Final = Crumb("Sổ, danh sách đã chốt", URL)
PAGE: Final = 50
MOST_LOOKED_AT: Final = 60
YEARS: Final = range(2000, 2100)
SIGNED: Final = {
    Signed.NOT: ("Chưa ký số", "plain"),
    Signed.PARTLY: ("Đã ký một phần", "wait"),
    Signed.WHOLLY: ("Đã ký số đủ", "done"),
}
NAMES: Final = ("don-vi", "so", "ky", "chu-ky", "tu", "den", "tim")


def _line(one: ClosingRow) -> dict[str, Any]:
    state, look = SIGNED[one.signed]
    return {
        "url": f"{URL}{one.number}/",
        "name": one.name,
        "book": BOOK_NAMES[one.book],
        "period": one.period.words,
        "unit": organisation.unit_name(one.unit_id),
        "lines": one.lines,
        "by": one.by,
        "at": one.at,
        "current": one.current,
        "signed": state,
        "look": look,
        "waits": one.receiver_id is not None and one.received_at is None,
    }


@pages.officer
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show the closed books of the officer's units, newest first, and the months whose register is not closed."""
    actor = actors.staff(request)
    asked = fields.asked(request, NAMES)
    units = [unit for unit in fields.own_units(actor) if unit.kind.startswith("one_stop")]
    unit_id = fields.unit_of(asked["don-vi"], units)
    wanted = ClosingFilters(
        unit_id=unit_id,
        book=Book(asked["so"]) if asked["so"] in set(Book) else None,
        span=Span(asked["ky"]) if asked["ky"] in set(Span) else None,
        signed=Signed(asked["chu-ky"]) if asked["chu-ky"] in set(Signed) else None,
        first=inputs.day(asked["tu"]),
        last=inputs.day(asked["den"]),
        text=asked["tim"],
    )
    before = paging.number_of(request.GET.get("sau", ""))
    page = paging.page(
        closings.listing(actor, wanted, before=before, size=PAGE), PAGE, lambda row: [row.number]
    )
    kept = {name: value for name, value in asked.items() if value}
    looked_at = [unit_id] if unit_id else [unit.id for unit in units]
    context: dict[str, Any] = {
        "rows": [_line(one) for one in page.rows],
        "shown": len(page.rows),
        "narrowed": bool(kept),
        "filters": _inputs(asked, units),
        "missing": _missing(actor, looked_at) if len(looked_at) <= MOST_LOOKED_AT else [],
        "too_many": len(looked_at) > MOST_LOOKED_AT,
        "keeps": bool(pages.counters(actor)),
        "first_url": f"{URL}?{urlencode(kept)}" if before else "",
        "next_url": f"{URL}?{urlencode({**kept, 'sau': page.next})}" if page.next else "",
        "clear_url": URL,
        "close_url": f"{URL}chot/",
        "crumbs": [pages.HOME, Crumb(LIST.label)],
    }
    return pages.show(request, "desk/closings.html", context, section=URL)


def _missing(actor: Actor, unit_ids: list[int]) -> list[dict[str, Any]]:
    return [
        {
            "unit": organisation.unit_name(one.unit_id),
            "period": Closed.of(Span.MONTH, one.first).words,
            "lines": one.lines,
            "closed": one.closed,
            "url": _close_url(Book.REGISTER, Span.MONTH, one.unit_id, one.first)
            if _keeps(actor, one.unit_id)
            else "",
        }
        for one in closings.missing(actor, unit_ids, clock.today())
    ]


def _keeps(actor: Actor, unit_id: int) -> bool:
    """Tell whether the actor closes the books of a unit: at its counter, or one that took it over."""
    return any(unit_id in organisation.reach(counter.id) for counter in pages.counters(actor))


def _close_url(book: Book, span: Span, unit_id: int, on: date) -> str:
    return f"{URL}chot/?" + urlencode({"so": book, "ky": span, "don-vi": unit_id, "ngay": on.isoformat()})


def _inputs(asked: dict[str, str], units: list[UnitRef]) -> list[FieldView]:
    def select(name: str, label: str, options: dict[str, str]) -> FieldView:
        return FieldView(
            name, label, "select", value=asked[name], quiet=True, blank="Tất cả",
            options=tuple(Option(str(value), text) for value, text in options.items()),
        )  # fmt: skip

    shown = [fields.unit_field(units, asked["don-vi"])] if len(units) > 1 else []
    return [
        *shown,
        select("so", "Sổ, danh sách", {str(book): name for book, name in BOOK_NAMES.items()}),
        select("ky", "Kỳ", {str(span): name for span, name in SPAN_NAMES.items()}),
        select("chu-ky", "Chữ ký số", {str(how): words for how, (words, _) in SIGNED.items()}),
        fields.day_field("tu", "Kỳ từ ngày", asked["tu"]),
        fields.day_field("den", "Đến ngày", asked["den"]),
        FieldView("tim", "Số bản chốt", "text", value=asked["tim"], quiet=True, width="s"),
    ]


@pages.officer
@require_http_methods(["GET", "HEAD", "POST"])
def close(request: HttpRequest) -> HttpResponse:
    """Show what closing a book would freeze, or close it."""
    actor = actors.staff(request)
    asked = request.POST if request.method == "POST" else request.GET
    units = _books(actor)
    unit = next((one for one in units if str(one.id) == asked.get("don-vi", "")), units[0])
    book = Book(asked["so"]) if asked.get("so") in set(Book) else Book.REGISTER
    span = Span(asked["ky"]) if asked.get("ky") in set(Span) else SPANS[book][0]
    typed_day = inputs.day(asked.get("ngay", ""))
    known = typed_day is not None and typed_day.year in YEARS
    on = typed_day if typed_day is not None and known else clock.today()
    attempt = refusals.Attempt()
    if request.method == "POST":
        with attempt:
            if not (known and asked.get("so") == book and asked.get("ky") == span):
                raise Invalid("Chọn lại sổ và kỳ cần chốt.")
            number = operations.close(
                book=book,
                unit_id=unit.id,
                span=span,
                on=on,
                reason=request.POST.get("reason", ""),
                receiver_id=inputs.number(request.POST.get("nguoi-nhan", "")),
                shown=inputs.number(request.POST.get("dong", "")),
                actor=actor,
                key=keys.key(request),
                at=clock.now(),
            )
            messages.success(request, "Đã chốt. Bản chốt không thay đổi nữa; có thể ký số ngay.")
            return redirect(f"{URL}{number}/")
    period = Closed.of(span, on)
    before = closings.current(actor, book, unit.id, period)
    errors = refusals.by_field(attempt.refusal)
    lines = closings.book_lines(actor, book, unit.id, period)
    typed = request.POST
    shown = [
        FieldView(
            "reason", "Lý do chốt lại", "textarea", required=True, value=typed.get("reason", ""),
            error=errors.get("reason", ""), help="Ghi trên bản mới, cùng số của bản cũ.",
        )
    ] if before else []  # fmt: skip
    if book is Book.END_OF_DAY:
        shown.append(_receiver_field(actor, unit, period, typed.get("nguoi-nhan", ""), errors))
    context: dict[str, Any] = {
        "what": BOOK_NAMES[book],
        "period": period,
        "unit": unit.name,
        "book": book.value,
        "span": span.value,
        "unit_id": unit.id,
        "on": on.isoformat(),
        "over": period.last <= clock.today(),
        "lines": lines,
        "too_long": lines > MOST_LINES,
        "most": MOST_LINES,
        "before": _line(before) if before else None,
        "filters": _period_fields(units, unit, book, span, on),
        "preview_url": _preview(book, unit, period),
        "fields": shown,
        "errors": components.summary(shown),
        "general": refusals.general(attempt.refusal, [one.name for one in shown]),
        "crumbs": [pages.HOME, LIST, Crumb("Chốt sổ")],
    }
    return pages.show(request, "desk/closing_form.html", context, section=URL, status=attempt.status)


def _books(actor: Actor) -> list[UnitRef]:
    """
    Return the units whose books the actor closes: of the actor's counters, then of those they took over.

    :raises UnitNeeded: none.
    """
    first, tree = pages.counter(actor), organisation.tree()
    counters = pages.counters(actor)
    taken_over = {number for one in counters for number in organisation.reach(one.id)}
    own = {one.id for one in counters}
    others = [tree.nodes[number].ref for number in sorted(taken_over - own) if number in tree.nodes]
    return [first, *(one for one in counters if one.id != first.id), *others]


def _period_fields(units: list[UnitRef], unit: UnitRef, book: Book, span: Span, on: date) -> list[FieldView]:
    def select(name: str, label: str, value: str, options: list[tuple[str, str]]) -> FieldView:
        return FieldView(
            name, label, "select", value=value, quiet=True, required=True,
            options=tuple(Option(code, text) for code, text in options),
        )  # fmt: skip

    names = organisation.told_apart([one.id for one in units])
    whose = [(str(one.id), names[one.id]) for one in units]
    return [
        *([select("don-vi", "Sổ của", str(unit.id), whose)] if len(units) > 1 else []),
        select("so", "Sổ, danh sách", book, [(str(one), name) for one, name in BOOK_NAMES.items()]),
        select("ky", "Chốt theo", span, [(str(one), SPAN_NAMES[one]) for one in SPANS[book]]),
        fields.day_field("ngay", "Ngày trong kỳ", on.isoformat()),
    ]


def _receiver_field(
    actor: Actor, unit: UnitRef, period: Closed, typed: str, errors: dict[str, str]
) -> FieldView:
    people = closings.receivers(actor, unit.id, period.last)
    return FieldView(
        "nguoi-nhan", "Người nhận bàn giao", "select", value=typed, quiet=True, blank="Không bàn giao",
        error=errors.get("nguoi-nhan", ""), help="Người này xác nhận đã nhận và có thể ký số vào bản chốt.",
        options=tuple(Option(str(number), name) for number, name in people.items()),
    )  # fmt: skip


def _preview(book: Book, unit: UnitRef, period: Closed) -> str:
    first, last = period.first.isoformat(), period.last.isoformat()
    if book is Book.END_OF_DAY:
        return "/can-bo/cuoi-ngay/bang-tong-hop.pdf?" + urlencode({"don-vi": unit.id, "ngay": first})
    return "/can-bo/so-theo-doi/so.pdf?" + urlencode({"don-vi": unit.id, "tu": first, "den": last})


@pages.officer
@require_safe
def page(request: HttpRequest, number: int) -> HttpResponse:
    """Show a closed book: what it is, its paper and signatures, every closing of the same period."""
    actor = actors.staff(request)
    one, versions = closings.one_closing(actor, number)
    names = {row.number: row.name for row in versions}
    newest = versions[0]
    context: dict[str, Any] = {
        "one": one,
        "line": _line(one),
        "replaces": names.get(one.replaces or 0, ""),
        "newest": _line(newest) if newest.number != one.number else None,
        "versions": [_line(row) for row in versions] if len(versions) > 1 else [],
        "pdf_url": f"/can-bo/giay/{one.document_id}/",
        "sign_url": sign_url(one.document_id),
        "mine_to_receive": one.current
        and one.received_at is None
        and one.receiver_id is not None
        and one.receiver_id == actor.staff_id,
        "again_url": _close_url(one.book, one.period.span, one.unit_id, one.period.first)
        if _keeps(actor, one.unit_id)
        else "",
        "here": f"{URL}{number}/",
        "crumbs": [pages.HOME, LIST, Crumb(one.name)],
    }
    return pages.show(request, "desk/closing.html", context, section=URL)


@pages.officer
@require_POST
def take_over(request: HttpRequest, number: int) -> HttpResponse:
    """Say that a list of the day was taken over."""
    actor = actors.staff(request)
    closings.one_closing(actor, number)
    with refusals.Attempt() as attempt:
        operations.take_over(number=number, actor=actor, key=keys.key(request), at=clock.now())
        messages.success(request, "Đã xác nhận nhận bàn giao. Bạn có thể ký số vào bản chốt.")
        return redirect(f"{URL}{number}/")
    messages.error(request, attempt.refusal.message if attempt.refusal else "")
    return redirect(f"{URL}{number}/")
