"""
Empty signature fields of a printed paper: where a signatory signs, and where the agency's digital seal goes.

A template marks the place (`{% room %}`); the press lays it out as a form input and this module makes of it a PDF
signature field (ISO 32000-1, 12.7.4.5) that any PAdES tool fills. Nothing of an empty field is seen in print. Places
are those of NĐ 30/2020/NĐ-CP Annex I: the signature between position and name, the seal over its left third.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.utils.html import format_html
from django.utils.safestring import SafeString

from motcua.documents.rules import SIGNATURE_FIELDS, SignatureField

if TYPE_CHECKING:
    import pydyf

_OF_AN_INPUT: Final = ("AS", "V", "MK", "Border", "DA", "Ff")


def room(field: str, whose: str = "") -> SafeString:
    """
    Return the place of a signature in a template; `whose` is added to what a screen reader says of it.

    :raises ValueError: there is no such field.
    """
    name = SignatureField(field)
    said = f"{SIGNATURE_FIELDS[name]}: {whose}" if whose else SIGNATURE_FIELDS[name]
    # a check box is the one input that brings no font of its own into the file
    return format_html('<input type="checkbox" class="{}" name="{}" title="{}">', f"sign {name}", name, said)


def fields(document: Any, pdf: pydyf.PDF) -> None:
    """Make signature fields of a paper's inputs, just before WeasyPrint writes the file (its `finisher`)."""
    import pydyf

    form = pdf.catalog.get("AcroForm")
    if form is None:
        return
    for unwanted in ("NeedAppearances", "DR"):  # a signing tool must find nothing to change but its own field
        form.pop(unwanted, None)
    form["SigFlags"] = (
        3  # to be saved by adding to the file only: what a signing tool would otherwise write here
    )
    wanted = set(form["Fields"])
    found = {
        each.reference: each for each in pdf.objects if isinstance(each, (pydyf.Dictionary, pydyf.Stream))
    }
    for reference in wanted:
        field = found[reference]
        drawn = field["AP"]["N"]["on"]
        found[drawn].stream.clear()
        for key in _OF_AN_INPUT:
            field.pop(key, None)
        left, top, right, bottom = field["Rect"]
        field["Rect"][:] = [left, min(top, bottom), right, max(top, bottom)]
        field["FT"], field["AP"] = "/Sig", pydyf.Dictionary({"N": drawn})  # an appearance that shows nothing
    for each in found.values():
        if isinstance(each, dict) and each.get("S") == "/Form":
            each["K"] = each["K"][
                0
            ]  # the one widget, not a list of one: readers that compare versions know that form
