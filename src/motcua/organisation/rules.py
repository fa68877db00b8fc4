"""Tiers, the ways a unit kind is resolved, refusals of resolution. Pure."""

from __future__ import annotations

import re
from enum import StrEnum

from motcua.kernel.errors import Conflict, Forbidden, NotFound


class Tier(StrEnum):
    """Tier of government; `central` is the vertical sector (police, tax, insurance, treasury)."""

    PROVINCE = "province"
    DISTRICT = "district"
    COMMUNE = "commune"
    CENTRAL = "central"


class ResolvesTo(StrEnum):
    """How a unit kind named in a process step finds its unit."""

    ORGANISATION = "organisation"
    ONE_STOP = "one_stop"
    DIVISION = "division"
    OFFICER_GROUP = "officer_group"


class Relation(StrEnum):
    """How an agency or unit passed into another."""

    MERGED = "merged_into"
    SPLIT = "split"
    RENAMED = "rename"
    TRANSFERRED = "transfer"


class UnitUnknown(Conflict):
    """No unit of the kind serves the receiving unit on that day; the message names kind and day."""

    code = "unit_unknown"
    message = "Chưa xác định được đơn vị giải quyết."


class PlaceNeeded(UnitUnknown):
    """The unit depends on a commune or district that neither the receiving unit nor the dossier tells."""

    code = "place_needed"
    message = "Cần chọn địa bàn (xã, phường) để xác định đơn vị giải quyết."


class KioskNotFound(NotFound):
    """There is no such kiosk."""

    code = "kiosk_not_found"
    message = "Không tìm thấy ki-ốt này."


class KioskClosed(Conflict):
    """It was taken out of use."""

    code = "kiosk_closed"
    message = "Ki-ốt này đã ngừng sử dụng."


class WrongPairingCode(NotFound):
    """The pairing code belongs to no kiosk, was used, or is too old; which of them is not told."""

    code = "wrong_pairing_code"
    message = "Mã ghép không đúng hoặc đã hết hạn. Xin mã mới ở người quản trị."


class NotTheAdministrator(Forbidden):
    """Only who looks after the systems puts up kiosks."""

    code = "not_the_administrator"
    message = "Chỉ người quản trị hệ thống được lập, ghép và ngừng ki-ốt."


def bare_name(name: str) -> str:
    """Return the name of a place's agency without what every such agency is called."""
    return re.sub(r"^(UBND|Ủy ban nhân dân) ", "", name)
