"""`manage lookup_standin --port N`: the stand-in of the gateway to sources of data on N, with a page of what it got."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from motcua.exchange.standins.lookup import LookupStandIn
from motcua.platform.rounds import until_told

# Numbers with this ending are in no database, so that the desk has look-ups that do not confirm.
UNKNOWN = "07"


class Command(BaseCommand):
    help = "Run the stand-in of the sources of data (demo and tests only)."
    requires_system_checks: list[str] = []  # noqa: RUF012

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, required=True)

    def handle(self, *args: Any, port: int, **options: Any) -> None:
        stop = until_told()
        with LookupStandIn(port, token=settings.LOOKUP_TOKEN, unknown=UNKNOWN) as gateway:
            self.stdout.write(f"Sources of data {gateway.url}/")
            self.stdout.flush()
            stop.wait()
