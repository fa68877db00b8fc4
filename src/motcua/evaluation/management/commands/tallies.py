"""
`manage tallies`: `catch-up` counts what is new, `check` compares with plain SQL, `rebuild` makes all figures
anew.
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from motcua.evaluation import operations, queries


class Command(BaseCommand):
    help = "The figures made from the ledger."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=("catch-up", "check", "rebuild"))

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        if action == "catch-up":
            total = 0
            while count := operations.catch_up():
                total += count
            self.stdout.write(f"Đã tính thêm {total} mục của sổ diễn biến")
        elif action == "check":
            found = queries.differences()
            for row in found:
                self.stdout.write(str(dict(row)))
            if found:
                raise CommandError("Số liệu lệch với sổ diễn biến; chạy: tallies rebuild")
            self.stdout.write("Số liệu khớp với sổ diễn biến")
        else:
            done = operations.rebuild()
            self.stdout.write(
                f"Đã dựng lại từ {done.entries} mục của sổ diễn biến; số dòng khác trước: {done.differing}"
            )
