"""How the leader's table is drawn: the same lines for the page and for the stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from motcua.evaluation.queries import By, Counts, Figures, Sort
from motcua.kernel.calendar import LOCAL

LIST = "/can-bo/ho-so/"
PAGE = "/lanh-dao/"
STREAM = "/lanh-dao/luong/"
PARTS = "/lanh-dao/lien-thong/"

COLUMNS: tuple[tuple[Sort, str], ...] = (
    (Sort.RECEIVED, "Tiếp nhận"),
    (Sort.TAKEN_FOR_ANOTHER, "Trong đó phi địa giới"),
    (Sort.HANDLED, "Giải quyết"),
    (Sort.EARLY, "Trước hạn"),
    (Sort.ON_TIME, "Đúng hạn"),
    (Sort.LATE, "Trễ hạn"),
    (Sort.OPEN, "Đang giải quyết"),
    (Sort.OVERDUE, "Quá hạn"),
    (Sort.WAITING, "Chờ bổ sung"),
)
OF_THE_DAY = frozenset(
    {Sort.RECEIVED, Sort.TAKEN_FOR_ANOTHER, Sort.HANDLED, Sort.EARLY, Sort.ON_TIME, Sort.LATE}
)
ALARMING = frozenset({Sort.LATE, Sort.OVERDUE})
GROUPS = {By.UNIT: "Đơn vị tiếp nhận", By.AGENCY: "Cơ quan giải quyết"}


@dataclass(frozen=True, slots=True)
class View:
    """What the address of the page asks for; anything unknown is the default."""

    by: By = By.UNIT
    sort: Sort = Sort.OVERDUE
    descending: bool = True

    @classmethod
    def read(cls, asked: Mapping[str, str]) -> View:
        """Read it from the query of an address."""
        by = By(asked["theo"]) if asked.get("theo") in set(By) else By.UNIT
        sort = Sort(asked["xep"]) if asked.get("xep") in set(Sort) else Sort.OVERDUE
        default = "tang" if sort is Sort.NAME else "giam"
        return cls(by, sort, asked.get("chieu", default) != "tang")

    def query(self) -> str:
        """Return it as the query of an address."""
        return urlencode(
            {"theo": self.by.value, "xep": self.sort.value, "chieu": "giam" if self.descending else "tang"}
        )

    def sorted_by(self, sort: Sort) -> View:
        """Return the view after a press on a column's head: that column, or the other direction."""
        if sort is self.sort:
            return View(self.by, sort, not self.descending)
        return View(self.by, sort, sort is not Sort.NAME)


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure and the list behind it."""

    label: str
    value: int
    url: str = ""
    late: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table."""

    name: str
    url: str
    cells: tuple[Cell, ...]
    late: bool


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column: `order` is what aria-sort says."""

    label: str
    url: str
    order: str
    number: bool


def listed(by: By, code: str, state: str, day: date) -> str:
    """Return the address of the list of dossiers behind a figure."""
    values = {("unit" if by is By.UNIT else "agency"): code, "state": state}
    if state in {column.value for column in OF_THE_DAY}:
        values["day"] = day.isoformat()
    return f"{LIST}?{urlencode({key: value for key, value in values.items() if value})}"


def cells(counts: Counts, by: By, code: str, day: date, *, linked: bool) -> tuple[Cell, ...]:
    """Return the figures of one line in the order of the columns."""
    made = []
    for column, label in COLUMNS:
        value = int(getattr(counts, column.value))
        url = listed(by, code, column.value, day) if linked and value else ""
        made.append(Cell(label, value, url, late=column in ALARMING and value > 0))
    return tuple(made)


def heads(view: View) -> list[Head]:
    """Return the heads of the columns with the address that sorts by each."""
    orders = {True: "descending", False: "ascending"}
    return [
        Head(
            GROUPS[view.by] if column is Sort.NAME else label,
            f"{PAGE}?{view.sorted_by(column).query()}",
            orders[view.descending] if column is view.sort else "none",
            column is not Sort.NAME,
        )
        for column, label in ((Sort.NAME, ""), *COLUMNS)
    ]


def context(found: Figures, view: View) -> dict[str, Any]:
    """Return what the templates of the table and of the stream need."""
    ordered = found.sorted(view.sort, view.descending)
    lines = [
        Line(
            row.name,
            listed(view.by, row.code, "open", found.day) if row.code else "",
            cells(row.counts, view.by, row.code, found.day, linked=bool(row.code)),
            row.counts.overdue > 0,
        )
        for row in ordered.rows
    ]
    return {
        "lines": lines,
        "totals": cells(found.total, view.by, "", found.day, linked=True),
        "columns": len(COLUMNS) + 1,
        "at": found.at,
        "day": found.day,
    }


def today(at: datetime) -> date:
    """Return the local date of a moment."""
    return at.astimezone(LOCAL).date()
