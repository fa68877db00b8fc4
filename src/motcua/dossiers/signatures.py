"""
Digital signatures on papers: who signs which field, and whose certificate it has to be. Pure.

The signatory of a paper is the person whose act made it; a paper the system made is signed by the competent person. The
agency's digital seal is put on by who keeps it, under the agency's own certificate (NĐ 30/2020 Art. 12, 32, Annex I);
which roles keep it, and which papers have to be signed before they are handed over, are dated settings (`signing`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Self

from motcua.documents.rules import SignatureField
from motcua.dossiers.rules import NoDuty, competent_duty
from motcua.kernel.actor import Actor, DutyRef, Role
from motcua.kernel.errors import Conflict


class NotSignedYet(Conflict):
    """The paper has to be signed digitally before it is handed over."""

    code = "not_signed_yet"
    message = (
        "Kết quả chưa được ký số đủ. Theo quy định đang áp dụng, kết quả phải được người có thẩm quyền và cơ quan"
        " ký số trước khi trả."
    )


_OF_THE_SEAL = "Chữ ký số của cơ quan do người giữ con dấu, văn thư của cơ quan ban hành thực hiện."
_OF_THE_RECEIVER = "Ô của bên nhận do chính người nhận ký số, sau khi đã xác nhận nhận đủ trên hệ thống."
_OF_THE_SIGNATORY = "Văn bản này do người đứng tên ký ban hành ký số."


@dataclass(frozen=True, slots=True)
class Signing:
    """What the settings say: roles that keep the agency's seal, kinds of papers signed before they are handed over."""

    seal: frozenset[Role]
    before_handing_over: frozenset[str]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the setting `signing`."""
        return cls(frozenset(Role(one) for one in data["seal"]), frozenset(data["before_handing_over"]))


@dataclass(frozen=True, slots=True)
class ToSign:
    """
    A paper as it waits for signatures.

    `signatory_id` is the member of staff who signs it, None where the system made it; `receiver_id` who took over what
    it lists, None where nobody has; `agency_id` the agency of the unit that issues it. Of a dossier
    `competent_agency_id` and `field_code` say who is competent.
    """

    signatory_id: int | None
    agency_id: int
    competent_agency_id: int = 0
    field_code: str = ""
    receiver_id: int | None = None

    def duty(self, actor: Actor, field: SignatureField, signing: Signing) -> DutyRef:
        """
        Return the duty under which the actor signs a field.

        :raises NoDuty: it is somebody else's to sign.
        """
        match field:
            case SignatureField.AGENCY:
                held, whose = self._of_agency(actor, signing.seal), _OF_THE_SEAL
            case SignatureField.RECEIVER:
                takes = self.receiver_id is not None and actor.staff_id == self.receiver_id
                held, whose = next(iter(actor.duties), None) if takes else None, _OF_THE_RECEIVER
            case SignatureField.SIGNATORY:
                held, whose = self._of_signatory(actor), _OF_THE_SIGNATORY
        if held is None:
            raise NoDuty(whose)
        return held

    def _of_signatory(self, actor: Actor) -> DutyRef | None:
        if self.signatory_id is None:
            return competent_duty(actor, self.competent_agency_id, self.field_code)
        return self._of_agency(actor, frozenset(Role)) if actor.staff_id == self.signatory_id else None

    def may(self, actor: Actor, field: SignatureField, signing: Signing) -> bool:
        """Tell whether the actor may sign a field."""
        try:
            self.duty(actor, field, signing)
        except NoDuty:
            return False
        return True

    def _of_agency(self, actor: Actor, roles: Collection[Role]) -> DutyRef | None:
        return next(
            (one for one in actor.duties if one.role in roles and one.agency_id == self.agency_id), None
        )
