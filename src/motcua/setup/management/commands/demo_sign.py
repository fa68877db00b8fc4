"""Sign a downloaded paper with the demo's own keys, to be handed in on the page."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from motcua.kernel.errors import DomainError
from motcua.platform import clock
from motcua.setup import demo_signing


class Command(BaseCommand):
    """`manage demo_sign FILE (--as USERNAME | --unit CODE) [--out FILE]`"""

    help = "Ký số một văn bản PDF bằng chứng thư giả lập (chỉ ở bản trình diễn)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the paper, who signs, and where the signed file goes."""
        parser.add_argument("file", type=Path, help="tệp PDF tải từ trang Chữ ký số")
        who = parser.add_mutually_exclusive_group(required=True)
        who.add_argument("--as", dest="username", default="", help="tên đăng nhập của người ký")
        who.add_argument("--unit", default="", help="mã đơn vị: ký bằng chữ ký số của cơ quan")
        parser.add_argument("--out", type=Path, default=None, help="tệp ghi ra (mặc định: …-da-ky.pdf)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Sign, and say what to do next."""
        if not settings.DEMO:
            raise CommandError("Lệnh này chỉ chạy ở bản trình diễn.")
        file: Path = options["file"]
        out: Path = options["out"] or file.with_name(f"{file.stem}-da-ky.pdf")
        try:
            signed = demo_signing.sign(
                file.read_bytes(), settings.DEMO_SIGNING, clock.now(),
                username=options["username"], unit=options["unit"],
            )  # fmt: skip
        except DomainError as refusal:
            raise CommandError(refusal.message) from refusal
        except (OSError, ValueError) as fault:
            raise CommandError(f"Không đọc hoặc không ký được {file}: {fault}") from fault
        out.write_bytes(signed)
        self.stdout.write(f"Đã ký: {out}. Gửi tệp này lên trang Chữ ký số của văn bản.")
