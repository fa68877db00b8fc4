"""`manage openapi`: write the description of the API, `openapi.yaml`, from the code."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import yaml
from django.core.management.base import BaseCommand

from motcua.env import ROOT

FILE = ROOT / "openapi.yaml"


def text() -> str:
    """Return the description as YAML; equal for equal code."""
    from motcua.api.urls import api

    plain = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/")))
    return yaml.safe_dump(plain, allow_unicode=True, sort_keys=False, width=110)


class Command(BaseCommand):
    help = "Write openapi.yaml from the code."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take another place to write to."""
        parser.add_argument("--out", type=Path, default=FILE)

    def handle(self, *args: Any, out: Path, **options: Any) -> None:
        """Write the file."""
        out.write_text(text(), encoding="utf-8")
