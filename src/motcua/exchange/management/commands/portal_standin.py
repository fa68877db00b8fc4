"""`manage portal_standin --port N`: the stand-in of the national portal on N, with a page of what it has (demo)."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from motcua.exchange.standins.portal import PortalStandIn
from motcua.exchange.tasks import line_of
from motcua.platform.rounds import until_told


class Command(BaseCommand):
    help = "Run the stand-in of the national portal (demo only)."
    requires_system_checks: list[str] = []  # noqa: RUF012

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, required=True)

    def handle(self, *args: Any, port: int, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("the stand-in runs in a demo only")
        stop = until_told()
        with PortalStandIn(port, token=line_of("", "", portal=True).token.rpartition(":")[2]) as portal:
            self.stdout.write(f"National portal {portal.url}/")
            self.stdout.flush()
            stop.wait()
