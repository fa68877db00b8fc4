"""`manage partner_standin --port N`: the stand-in of ministries' systems on N, with a page of what it got (demo)."""

from __future__ import annotations

import html
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections
from django.utils.crypto import salted_hmac

from motcua.exchange.models import Partner
from motcua.exchange.operations import partners
from motcua.exchange.standins.ministry import Access, Case, MinistryStandIn
from motcua.exchange.tasks import line_of
from motcua.platform import clock
from motcua.platform.rounds import until_told

RESULT = """
<html lang="vi"><body style="font-family:serif;text-align:center"><p><b>CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM</b><br>
<b>Độc lập - Tự do - Hạnh phúc</b></p><h1>KẾT QUẢ GIẢI QUYẾT</h1><p>{procedure}</p><p>Hồ sơ {dossier}</p>
<p>Người yêu cầu: {owner}</p><p>Bản trình diễn: do hệ thống của bộ giả lập cấp, không có giá trị pháp lý.</p>
</body></html>
"""


class Command(BaseCommand):
    help = "Run the stand-in of the ministries' central systems (demo only)."
    requires_system_checks: list[str] = []  # noqa: RUF012

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, required=True)

    def handle(self, *args: Any, port: int, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("the stand-in runs in a demo only")
        secret = secret_of_stand_in()
        partners.connect_stand_in(secret=secret, at=clock.now())
        clients = {
            row.code: (row.account.username, secret) for row in Partner.objects.select_related("account")
        }
        close_old_connections()
        stop = until_told()
        access = Access(settings.BASE_URL, lambda: clients)
        with MinistryStandIn(port, token=line_of("", "").token, access=access, write=write) as ministry:
            self.stdout.write(f"Ministry's system {ministry.url}/")
            self.stdout.flush()
            stop.wait()


def secret_of_stand_in() -> str:
    """Return the secret the stand-in signs in with: known to this installation only."""

    return salted_hmac("motcua.exchange.standin", "secret", algorithm="sha256").hexdigest()


def write(case: Case) -> bytes:
    """Return the result of a case as a PDF that says what it is."""
    from weasyprint import HTML

    values = {name: html.escape(getattr(case, name)) for name in ("procedure", "dossier", "owner")}
    pdf: bytes = HTML(string=RESULT.format(**values)).write_pdf()
    return pdf
