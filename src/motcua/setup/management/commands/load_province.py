"""Load the province from its data files and print how many rows of each kind there are."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from motcua.notifications import operations as notifications
from motcua.notifications.rules import TemplateInvalid
from motcua.setup.loaders import PROVINCE, Report, load_province
from motcua.setup.loaders_schema import LoadFailed


def table(report: Report) -> str:
    """Return the counts of a report as a short table."""
    lines = [f"{'':<24}{'tổng':>8}{'mới':>8}{'đổi':>8}"]
    lines += [
        f"{what:<24}{count.total:>8}{count.made:>8}{count.changed:>8}"
        for what, count in report.totals().items()
    ]
    return "\n".join([*lines, f"xong sau {report.seconds:.1f} giây"])


class Command(BaseCommand):
    """`manage load_province [--dir DIR] [--on DAY]`"""

    help = "Nạp dữ liệu của tỉnh: danh mục, cơ quan, lịch, thủ tục, người và doanh nghiệp hư cấu."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the directory and the first day of changed records."""
        parser.add_argument(
            "--dir", type=Path, default=None, help="thư mục dữ liệu (mặc định: tỉnh trình diễn)"
        )
        parser.add_argument(
            "--on", type=date.fromisoformat, default=None, help="ngày hiệu lực của thủ tục có nội dung đổi"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, or list every fault."""
        try:
            report = load_province(options["dir"], on=options["on"])
        except LoadFailed as failed:
            for problem in failed.problems:
                self.stderr.write(str(problem))
            raise CommandError(failed.message) from failed
        try:
            templates = (options["dir"] or PROVINCE) / "notification_templates.yaml"
            if templates.exists():
                notifications.load_templates(templates)
        except TemplateInvalid as failed:
            raise CommandError(failed.message) from failed
        self.stdout.write(table(report))
