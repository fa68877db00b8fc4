"""Make the demo's accounts, staff and duties; print user names and the one password."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from motcua.setup.loaders import demo_password, load_demo_accounts
from motcua.setup.loaders_schema import LoadFailed
from motcua.setup.management.commands.load_province import table


class Command(BaseCommand):
    """`manage demo_accounts [--dir DIR]`"""

    help = "Tạo tài khoản trình diễn: cán bộ có nhiệm vụ, công dân có định danh mức 2."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the directory."""
        parser.add_argument(
            "--dir", type=Path, default=None, help="thư mục dữ liệu (mặc định: tỉnh trình diễn)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the accounts, or list every fault."""
        try:
            report = load_demo_accounts(options["dir"])
        except LoadFailed as failed:
            for problem in failed.problems:
                self.stderr.write(str(problem))
            raise CommandError(failed.message) from failed
        self.stdout.write(table(report))
        self.stdout.write(f"mật khẩu chung của tài khoản trình diễn: {demo_password(options['dir'])}")
