"""`manage traces`: `catch-up` reads the ways of dossiers that ended since, `rebuild` makes all of them anew (R-049)."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from motcua.evaluation.mining import operations


class Command(BaseCommand):
    help = "The ways dossiers took through their processes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=("catch-up", "rebuild"))

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        if action == "catch-up":
            total = 0
            while count := operations.catch_up():
                total += count
            self.stdout.write(f"Đã đọc thêm {total} mục của sổ diễn biến")
        else:
            total, differing = operations.rebuild()
            self.stdout.write(f"Đã dựng lại đường đi của {total} hồ sơ; khác trước: {differing}")
