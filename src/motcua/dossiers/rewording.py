"""
What of a refusal may carry a slip of the pen and is corrected: names, numbers, dates, words; never its outcome.

Pure. The corrected refusal is made from the one that was issued, so that nothing else of it can differ.
Source: NĐ 30/2020 (a document issued with a mistake is corrected or replaced by one of the same form).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Final

from motcua.documents.papers import Letterhead, RefusalDecision, Signer
from motcua.kernel.errors import Invalid

LONGEST: Final = {
    "owner_name": 300,
    "owner_number": 30,
    "owner_address": 500,
    "reason": 4000,
    "grounds": 4000,
}
UNCHANGED: Final = (
    "Việc đính chính chỉ sửa câu chữ, số liệu ghi sai; việc không giải quyết hồ sơ không thay đổi."
)


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of a refusal that a correction may change; `grounds` are the legal bases, one in a line."""

    owner_name: str
    owner_number: str
    owner_address: str
    reason: str
    grounds: str

    def to_json(self) -> dict[str, str]:
        """Return the words by their names, as a draft keeps them."""
        return asdict(self)


WORDING_NAMES: Final[Mapping[str, str]] = {
    "owner_name": "Họ tên (hoặc tên tổ chức) của chủ hồ sơ",
    "owner_number": "Số định danh, mã số thuế ghi trên văn bản",
    "owner_address": "Địa chỉ ghi trên văn bản",
    "reason": "Lý do không giải quyết",
    "grounds": "Căn cứ pháp lý (mỗi căn cứ một dòng)",
}


def worded(paper: RefusalDecision) -> Wording:
    """Return the words of a refusal as it was issued."""
    owner = paper.owner
    return Wording(
        owner.name, owner.id_number, owner.address, "\n".join(paper.reasons), "\n".join(paper.grounds)
    )


def reworded(old: Wording, given: Mapping[str, str]) -> Wording:
    """
    Return the words of the new refusal: those given in place of the old ones.

    :raises Invalid: a word there is not, one that is left empty though the old refusal has it, or is too long.
    """
    unknown = set(given) - set(WORDING_NAMES)
    if unknown:
        raise Invalid(errors={"wording": f"Không sửa được mục {', '.join(sorted(unknown))}."})
    before = old.to_json()
    clean = {name: _lines(given.get(name, before[name])) for name in WORDING_NAMES}
    errors = {name: "Mục này không để trống được." for name in clean if before[name] and not clean[name]}
    errors |= {
        name: f"Mục này không dài quá {LONGEST[name]} ký tự."
        for name, value in clean.items()
        if len(value) > LONGEST[name]
    }
    if errors:
        raise Invalid(errors=errors)
    return Wording(**clean)


def _lines(text: str) -> str:
    return "\n".join(line for raw in text.splitlines() if (line := " ".join(raw.split())))


def anew(
    paper: RefusalDecision,
    said: Mapping[str, Any],
    *,
    head: Letterhead,
    signer: Signer,
    on: date,
    replaces: str,
) -> RefusalDecision:
    """Return the refusal in its new words (`Wording.to_json`), signed on a day; `replaces` names the old one."""
    owner = replace(
        paper.owner, name=said["owner_name"], id_number=said["owner_number"], address=said["owner_address"]
    )
    return replace(
        paper,
        head=head,
        owner=owner,
        issued_on=on,
        reasons=tuple(said["reason"].splitlines()),
        grounds=tuple(said["grounds"].splitlines()),
        signer=signer,
        replaces=f"{replaces} {UNCHANGED}",
    )
