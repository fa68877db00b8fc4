"""`manage ledger verify | seal`: prove the ledger, or seal what is new now."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from motcua.platform import seals


class Command(BaseCommand):
    help = "verify: name every changed, removed or inserted entry; seal: sign everything new now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=("verify", "seal"))

    def handle(self, *args: Any, what: str, **options: Any) -> None:
        if what == "seal":
            self.stdout.write(f"Đã niêm phong {seals.seal()} mục mới.")
            return
        problems = 0
        for problem in seals.verify():
            problems += 1
            self.stdout.write(f"[{problem.kind}] {problem.text}")
        if problems:
            raise CommandError(f"Sổ diễn biến có {problems} sai khác.")
        self.stdout.write("Sổ diễn biến nguyên vẹn: không có mục nào bị sửa, xóa hay chèn thêm.")
