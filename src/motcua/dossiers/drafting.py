"""
Drafts that the system makes at an automatic step: templates of the dated settings, filled with facts of the dossier.

Pure. A place nobody has a value for is left as dots: a draft is somebody's to finish.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from motcua.kernel.errors import Conflict

CODE: Final = "ho_so.ma"
PROCEDURE: Final = "ho_so.thu_tuc"
BLANK: Final = "…………"
_PLACE: Final = re.compile(r"\{([a-z][a-z0-9_.]*)\}")


class TemplateGone(Conflict):
    """No template of this code is in force on the day."""

    code = "draft_template_gone"

    def __init__(self, code: str) -> None:
        super().__init__(f"Mẫu dự thảo “{code}” không có trong danh sách đang áp dụng.", template=code)


@dataclass(frozen=True, slots=True)
class DraftTemplate:
    """A template as the settings have it; `with_answers` puts what the form says below the text."""

    code: str
    title: str
    abstract: str
    paragraphs: tuple[str, ...]
    with_answers: bool


def templates(settings: Iterable[Mapping[str, Any]]) -> dict[str, DraftTemplate]:
    """Return the templates of the settings by code, in their order."""
    return {
        row["code"]: DraftTemplate(
            row["code"], row["title"], row["abstract"], tuple(row["paragraphs"]), row["with_answers"]
        )
        for row in settings
    }


def template(code: str, known: Mapping[str, DraftTemplate]) -> DraftTemplate:
    """
    Return a template by its code.

    :raises TemplateGone:
    """
    if code not in known:
        raise TemplateGone(code)
    return known[code]


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return the text with its places filled; dots where there is no value."""
    return _PLACE.sub(lambda place: values.get(place[1]) or BLANK, text)
