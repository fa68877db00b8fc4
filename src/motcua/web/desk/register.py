"""The electronic register of a unit: what it took in, by number of the year; on the page, on paper, as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from motcua.catalogue import queries as catalogue
from motcua.dossiers import bookpapers, daybook
from motcua.dossiers.closing import MOST_LINES, Book, Span
from motcua.dossiers.rules import STATE_NAMES, State
from motcua.edge import actors, paging
from motcua.kernel.actor import Actor
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import NotFound
from motcua.organisation import queries as organisation
from motcua.organisation.tree import UnitRef
from motcua.parties.rules import mask
from motcua.platform import access, clock
from motcua.web import csvfile, inputs, words
from motcua.web.components import Crumb, FieldView, Option
from motcua.web.desk import fields, pages, prints, rows

URL: Final = "/can-bo/so-theo-doi/"
PAGE: Final = 50
MOST_EXPORTED: Final = 50_000
STANDINGS: Final[Mapping[str, str]] = {
    "dang-giai-quyet": "open",
    "cho-tra": "waiting",
    "da-tra": "returned",
    "tre-han": "late",
    "ket-thuc-khac": "ended",
}
NAMES: Final[Mapping[str, str]] = {
    "dang-giai-quyet": "Đang giải quyết",
    "cho-tra": "Có kết quả, chờ trả",
    "da-tra": "Đã trả kết quả",
    "tre-han": "Trễ hạn",
    "ket-thuc-khac": "Rút, dừng, hủy",
}
HEAD: Final = (
    "Số", "Mã hồ sơ", "Tên thủ tục hành chính", "Số bộ", "Tên cá nhân, tổ chức", "Cơ quan giải quyết",
    "Nhận hồ sơ", "Hẹn trả kết quả", "Có kết quả", "Trả kết quả", "Hình thức nhận kết quả", "Trạng thái", "Ghi chú",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the register is asked for; days are both counted."""

    unit: UnitRef
    first: date
    last: date
    field_code: str
    standing: str

    @property
    def since(self) -> datetime:
        """Return the first moment of the period."""
        return bookpapers.span(self.first, self.last)[0]

    @property
    def until(self) -> datetime:
        """Return the first moment after the period."""
        return bookpapers.span(self.first, self.last)[1]

    @property
    def query(self) -> str:
        """Return the same question as the end of an address."""
        kept = {
            "don-vi": str(self.unit.id),
            "tu": self.first.isoformat(),
            "den": self.last.isoformat(),
            "linh-vuc": self.field_code,
            "tinh-trang": self.standing,
        }
        return urlencode({name: value for name, value in kept.items() if value})

    @property
    def scope(self) -> str:
        """Return in words what the register is narrowed to."""
        field = next(
            (item.name for item in catalogue.field_choices() if item.code == self.field_code),
            "Tất cả lĩnh vực",
        )
        return f"{field}, {NAMES[self.standing].lower()}" if self.standing else field


def _asked(request: HttpRequest, actor: Actor) -> Asked:
    asked = request.GET.get("don-vi", "")
    closed = next((one for one in _closed(actor) if str(one.id) == asked), None)
    unit = closed or pages.counter(actor, asked)
    today = clock.today()
    first = inputs.day(request.GET.get("tu", "")) or today.replace(day=1)
    last = inputs.day(request.GET.get("den", "")) or today
    standing = request.GET.get("tinh-trang", "")
    return Asked(
        unit,
        first,
        max(first, last),
        request.GET.get("linh-vuc", "")[:40],
        standing if standing in STANDINGS else "",
    )


def _closed(actor: Actor) -> list[UnitRef]:
    """Return the units whose books the actor's counters took over when they ended, the latest first."""
    tree = organisation.tree()
    found = {number for counter in pages.counters(actor) for number in organisation.reach(counter.id)}
    nodes = [tree.nodes[number] for number in found if tree.nodes[number].valid_to < clock.today()]
    nodes = [node for node in nodes if node.ref.kind.startswith("one_stop") or node.attached_to_id]
    return [node.ref for node in sorted(nodes, key=lambda node: (-node.valid_to.toordinal(), node.ref.code))]


def _choice(actor: Actor, unit: UnitRef) -> FieldView | None:
    """Return the choice of a book: of the actor's counters, and of those they took over; None where there is one."""
    counters, closed = pages.counters(actor), _closed(actor)
    if len(counters) + len(closed) < 2:
        return None
    options = [Option(str(one.id), one.name) for one in counters]
    options += [Option(str(one.id), f"Sổ đã khóa: {organisation.full_name(one)}") for one in closed]
    return FieldView(
        "don-vi", "Sổ của", "select", value=str(unit.id), required=True, quiet=True, options=tuple(options)
    )


def _read(
    actor: Actor, asked: Asked, now: datetime, *, after: tuple[datetime, int] | None = None, size: int
) -> list[daybook.RegisterEntry]:
    return daybook.register(
        actor,
        asked.unit.id,
        asked.since,
        asked.until,
        field_code=asked.field_code,
        which=STANDINGS.get(asked.standing, ""),
        now=now,
        after=after,
        size=size,
    )


@pages.officer
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show the register of a unit for a period, paged by key."""
    actor, now = actors.staff(request), clock.now()
    asked = _asked(request, actor)
    after = paging.moment_of(request.GET.get("sau", ""))
    found = paging.page(
        _read(actor, asked, now, after=after, size=PAGE), PAGE, lambda row: [row.accepted_at, row.subject]
    )
    choice = _choice(actor, asked.unit)
    context: dict[str, Any] = {
        "unit": asked.unit.name,
        "first": asked.first,
        "last": asked.last,
        "filters": [
            *([choice] if choice else []),
            fields.day_field("tu", "Tiếp nhận từ ngày", asked.first.isoformat()),
            fields.day_field("den", "Đến ngày", asked.last.isoformat()),
            fields.procedure_field_field(asked.field_code),
            FieldView(
                "tinh-trang", "Tình trạng", "select", value=asked.standing, quiet=True, blank="Tất cả",
                options=tuple(Option(slug, name) for slug, name in NAMES.items()),
            ),
        ],
        "rows": _lines(found.rows),
        "shown": len(found.rows),
        "first_url": f"{URL}?{asked.query}" if after else "",
        "next_url": f"{URL}?{asked.query}&{urlencode({'sau': found.next})}" if found.next else "",
        "pdf_url": f"{URL}so.pdf?{asked.query}",
        "csv_url": f"{URL}so.csv?{asked.query}",
        "close_url": "/can-bo/so-da-chot/chot/?"
        + urlencode({"so": Book.REGISTER, "ky": Span.MONTH, "don-vi": asked.unit.id, "ngay": asked.first}),
        "closed_url": f"/can-bo/so-da-chot/?{urlencode({'don-vi': asked.unit.id, 'so': Book.REGISTER})}",
        "crumbs": [pages.HOME, Crumb("Sổ theo dõi hồ sơ")],
    }  # fmt: skip
    return pages.show(request, "desk/register.html", context, section=URL)


def _lines(found: Sequence[daybook.RegisterEntry]) -> list[dict[str, Any]]:
    return [
        {
            "no": row.register_no,
            "code": row.code,
            "url": rows.dossier_url(row.code),
            "procedure": catalogue.definition(row.procedure_version_id).name,
            "sets": row.sets,
            "owner": row.owner_name,
            "number": mask(row.owner_number),
            "authority": rows.unit_name(organisation.root_of_agency(row.agency_id).id),
            "received_at": row.accepted_at,
            "due_at": row.due_at,
            "ready_at": row.processed_at,
            "returned_at": row.returned_at,
            "channel": words.RETURN_CHANNELS.get(row.return_channel, ""),
            "state": STATE_NAMES[State(row.state)],
            "note": bookpapers.register_note(row),
        }
        for row in found
    ]


@pages.officer
@require_safe
def pdf(request: HttpRequest) -> HttpResponse:
    """Send the register of a period as a paper; long periods are printed in parts."""
    actor, now = actors.staff(request), clock.now()
    asked = _asked(request, actor)
    found = _read(actor, asked, now, size=MOST_LINES)
    if len(found) > MOST_LINES:
        raise NotFound(f"Kỳ này có hơn {MOST_LINES} hồ sơ. Chọn kỳ ngắn hơn để in từng phần.")
    access.note(actor, 0, _purpose("in", asked), now)
    paper = bookpapers.register(
        actor, asked.unit, found, asked.first, asked.last, asked.scope, now, keeper_name=actor.name,
        verify_url=f"{settings.BASE_URL}{URL}?{asked.query}",
    )  # fmt: skip
    return prints.pdf(paper, f"Sổ theo dõi {asked.unit.code} {asked.first:%d-%m-%Y}.pdf", now)


def _purpose(what: str, asked: Asked) -> str:
    return f"{what} sổ theo dõi {asked.unit.code} {asked.first:%d/%m/%Y}-{asked.last:%d/%m/%Y}"


@pages.officer
@require_safe
def csv_file(request: HttpRequest) -> HttpResponse:
    """Send the register of a period as a table that spreadsheets open, row by row as it is read."""
    actor, now = actors.staff(request), clock.now()
    asked = _asked(request, actor)
    access.note(actor, 0, _purpose("tải bảng", asked), now)
    name = f"Sổ theo dõi {asked.unit.code} {asked.first:%d-%m-%Y}.csv"
    return csvfile.answer(name, HEAD, _table(actor, asked, now))


def _table(actor: Actor, asked: Asked, now: datetime) -> Iterator[tuple[object, ...]]:
    """Yield the lines of the table, read a thousand at a time."""
    after, size, count = None, 1000, 0
    while count < MOST_EXPORTED:
        found = _read(actor, asked, now, after=after, size=size)
        for row in found[:size]:
            yield _values(row)
        count += size
        if len(found) <= size:
            return
        after = found[size - 1].accepted_at, found[size - 1].subject


def _values(row: daybook.RegisterEntry) -> tuple[object, ...]:
    return (
        row.register_no or "", row.code, catalogue.definition(row.procedure_version_id).name, row.sets,
        row.owner_name, organisation.root_of_agency(row.agency_id).name, _moment(row.accepted_at),
        _moment(row.due_at), _moment(row.processed_at), _moment(row.returned_at),
        words.RETURN_CHANNELS.get(row.return_channel, ""), STATE_NAMES[State(row.state)], bookpapers.register_note(row),
    )  # fmt: skip


def _moment(moment: datetime | None) -> str:
    return f"{moment.astimezone(LOCAL):%d/%m/%Y %H:%M}" if moment else ""
