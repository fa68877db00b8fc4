"""Print templates as the province has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from motcua.catalogue import queries as catalogue
from motcua.catalogue.models import PrintTemplate
from motcua.documents import press

POLICIES = Path(__file__).resolve().parents[2] / "setup" / "province" / "policies.yaml"


def template_rows() -> list[dict[str, Any]]:
    """Return the print templates as shipped."""
    rows: list[dict[str, Any]] = yaml.safe_load(POLICIES.read_text("utf-8"))["print_templates"]
    return rows


def print_templates() -> None:
    """Enter the print templates as shipped."""
    PrintTemplate.objects.bulk_create(PrintTemplate(**row) for row in template_rows())
    catalogue.forget()


def frames(code: str) -> list[press.Frame]:
    """Return the frames of a paper, one for each regime."""
    keys = ("code", "regime", "form_no", "title", "path", "legal_basis")
    return [press.Frame(**{key: row[key] for key in keys}) for row in template_rows() if row["code"] == code]
