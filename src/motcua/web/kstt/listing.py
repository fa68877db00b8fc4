"""The list of processes: procedures without an approved internal process or without an electronic one (R-043)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from motcua.catalogue import queries as catalogue
from motcua.kernel.text import fold
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.web import csvfile, words
from motcua.web.desk import pages as desk
from motcua.web.kstt import pages
from motcua.workflow.versions import queries

SHOWN = 100
TABS: Final = {
    "": "Tất cả",
    "thieu": "Chưa có quy trình điện tử",
    "chua-duyet": "Chưa có quyết định duyệt",
    "du-thao": "Đang soạn",
}
HEAD: Final = (
    "Mã thủ tục", "Tên thủ tục", "Cơ quan giải quyết", "Quy trình điện tử", "Quy trình nội bộ được duyệt", "Đang soạn",
)  # fmt: skip


@dataclass(slots=True)
class Count:
    """How many procedures of a kind of agency there are, and how many are complete."""

    every: int = 0
    electronic: int = 0
    approved: int = 0

    def add(self, electronic: bool, approved: bool) -> None:
        """Count one procedure."""
        self.every += 1
        self.electronic += electronic
        self.approved += approved

    @property
    def percent(self) -> int:
        """Return the share with an electronic process, rounded down: 100 only when none is missing."""
        return 100 * self.electronic // self.every if self.every else 0

    @property
    def percent_approved(self) -> int:
        """Return the share whose process a decision approves, rounded down."""
        return 100 * self.approved // self.every if self.every else 0


@dataclass(frozen=True, slots=True)
class Line:
    """A procedure with its variants; complete when every variant has what is asked for."""

    code: str
    name: str
    kind: str
    variants: list[dict[str, Any]] = field(default_factory=list)

    @property
    def electronic(self) -> bool:
        """Tell whether every variant has an electronic process in force."""
        return bool(self.variants) and all(one["done"] for one in self.variants)

    @property
    def approved(self) -> bool:
        """Tell whether a decision approves the process in force of every variant."""
        return bool(self.variants) and all(one["approved"] for one in self.variants)

    @property
    def drafted(self) -> bool:
        """Tell whether a variant is being drawn."""
        return any(one["draft"] for one in self.variants)

    def in_tab(self, only: str) -> bool:
        """Tell whether the line belongs to a tab."""
        return {
            "thieu": not self.electronic,
            "chua-duyet": not self.approved,
            "du-thao": self.drafted,
        }.get(only, True)


@desk.officer
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show procedures in force with the state of each variant's process, and per kind of agency how many are done."""
    actor, today = pages.kstt(request), clock.today()
    text = request.GET.get("q", "")[:100]
    only = request.GET.get("loc", "") if request.GET.get("loc", "") in TABS else ""
    kind = request.GET.get("co-quan", "")[:60]
    kept = queries.kept(actor, today)
    agencies = organisation.agency_kinds()
    lines = [_line(procedure, kept.get(procedure.id)) for procedure in catalogue.definitions(today)]
    totals: dict[str, Count] = {}
    whole = Count()
    for line in lines:
        for count in (totals.setdefault(line.kind, Count()), whole):
            count.add(line.electronic, line.approved)
    asked = fold(text)
    rows = [
        line
        for line in lines
        if line.in_tab(only)
        and (not kind or line.kind == kind)
        and (not asked or asked in fold(line.name) or asked in line.code)
    ]
    if request.GET.get("dang") == "csv":
        return csvfile.answer(
            f"Quy trình của thủ tục {today:%d-%m-%Y}.csv",
            HEAD,
            [
                (
                    row.code, row.name, agencies.get(row.kind, row.kind), "có" if row.electronic else "chưa",
                    "có" if row.approved else "chưa", "có" if row.drafted else "",
                )
                for row in rows
            ],
        )  # fmt: skip

    def url(**more: str) -> str:
        query = urlencode({name: value for name, value in more.items() if value})
        return f"{pages.URL}?{query}" if query else pages.URL

    here = {"co-quan": kind, "q": text}
    context = {
        "rows": rows[:SHOWN],
        "more": len(rows) - SHOWN if len(rows) > SHOWN else 0,
        "q": text,
        "only": only,
        "kind": kind,
        "kind_name": agencies.get(kind, kind),
        "tabs": [(label, url(loc=slug, **here)) for slug, label in TABS.items()],
        "tab": url(loc=only, **here),
        "all_url": url(loc=only, q=text),
        "csv_url": url(loc=only, dang="csv", **here),
        "whole": whole,
        "agencies": [
            {
                "name": agencies.get(code, code),
                "count": count,
                "url": url(**{"co-quan": code}),
                "missing_url": url(loc="thieu", **{"co-quan": code}),
                "unapproved_url": url(loc="chua-duyet", **{"co-quan": code}),
                "missing": count.every - count.electronic,
                "unapproved": count.every - count.approved,
            }
            for code, count in sorted(totals.items(), key=lambda item: agencies.get(item[0], item[0]))
        ],
        "crumbs": [desk.HOME],
    }
    return pages.show(request, "kstt/listing.html", context)


def _line(procedure: catalogue.Definition, state: queries.Kept | None) -> Line:
    return Line(
        procedure.code,
        procedure.name,
        procedure.body["deciding_agency_kind"],
        [
            {
                "code": variant["variant"],
                "levels": ", ".join(words.LEVELS.get(level, level) for level in variant.get("levels", ())),
                "done": state is not None and variant["variant"] in state.in_force,
                "approved": state is not None and variant["variant"] in state.approved,
                "draft": state.drafts.get(variant["variant"]) if state else None,
                "url": f"{pages.URL}{procedure.id}/{variant['variant']}/",
            }
            for variant in procedure.body["process"]
        ],
    )
