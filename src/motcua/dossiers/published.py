"""
What may be asked of an applicant: papers of the published record and what is said in the form (R-066).

Pure. Whoever asks for more sets up a procedure of their own: the demand is refused and told to who controls procedures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from motcua.kernel.errors import Invalid
from motcua.kernel.text import fold

CONTENT: Final = "Nội dung tờ khai"
"""The item that asks for what is said in the form to be corrected, and for no paper."""
_CONTENT: Final = frozenset(
    fold(name) for name in (CONTENT, "Tờ khai", "Tờ khai điện tử", "Nội dung kê khai")
)


@dataclass(frozen=True, slots=True)
class Demand:
    """Papers somebody asked for beside the record: by what act, for which procedure, where."""

    act: str
    names: tuple[str, ...]
    procedure_code: str
    agency_id: int | None
    unit_id: int
    subject: int | None = None
    code: str = ""


class UnlistedPaper(Invalid):
    """A paper was asked for that is not in the published record."""

    code = "unlisted_paper"

    def __init__(self, demand: Demand, field: str = "items") -> None:
        names = "; ".join(demand.names)
        super().__init__(
            errors={
                field: f"Không được yêu cầu giấy tờ ngoài thành phần hồ sơ đã công bố: {names}. Yêu cầu bị chặn và đã"
                " báo cán bộ kiểm soát thủ tục. Nếu danh mục công bố còn thiếu, đề nghị sửa danh mục."
            }
        )
        self.demand = demand


def names(record: Mapping[str, Any]) -> dict[str, str]:
    """Return every name of the record's papers, in its order, with the code of the paper."""
    return {paper["name"]: paper["paper"] for case in record["required_papers"] for paper in case["papers"]}


def is_content(name: str) -> bool:
    """Tell whether an item asks for what is said in the form, not for a paper."""
    return fold(name) in _CONTENT


def unlisted(items: Iterable[Mapping[str, str]], listed: Iterable[str]) -> tuple[str, ...]:
    """
    Return the names of items that are neither a listed paper, more said about one, nor what is said in the form.

    "Giấy chứng sinh bản rõ" is the listed "Giấy chứng sinh" with more said about it.
    """
    known = [fold(name) for name in listed]
    return tuple(item["name"].strip() for item in items if not _listed(fold(item["name"]), known))


def _listed(name: str, known: Sequence[str]) -> bool:
    return name in _CONTENT or any(name == one or name.startswith(f"{one} ") for one in known)
