"""
`manage standins --port N`: the SMS gateway's stand-in on N (with a page of what it got), the mail server's on
N+1.
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from motcua.notifications.standins.mail import MailStandIn
from motcua.notifications.standins.sms import SmsStandIn
from motcua.platform.rounds import until_told

# Numbers with this ending are never reached, so that the desk has messages that failed.
UNREACHABLE = "07"


class Command(BaseCommand):
    help = "Run the stand-ins of the outside systems (demo and tests only)."
    requires_system_checks: list[str] = []  # noqa: RUF012

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, required=True)
        parser.add_argument("--callback", default="", help="where delivery reports go; none: they are polled")

    def handle(self, *args: Any, port: int, callback: str, **options: Any) -> None:
        stop = until_told()
        mail = MailStandIn(port + 1)
        sms = SmsStandIn(
            port, token=settings.SMS_TOKEN, callback=callback, letters=mail.letters, mail=mail.control,
            unreachable=UNREACHABLE,
        )  # fmt: skip
        with mail, sms:
            self.stdout.write(f"SMS http://127.0.0.1:{port}/  SMTP 127.0.0.1:{port + 1}")
            self.stdout.flush()
            stop.wait()
