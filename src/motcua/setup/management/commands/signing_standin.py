"""`manage signing_standin --port N`: the demo's remote signing service on N, with a page of what it was asked."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections

from motcua.documents import fiction
from motcua.documents.csc import BACK, Bearer
from motcua.documents.operations.services import Terms
from motcua.documents.standins.signing import Client, SigningStandIn
from motcua.platform import clock
from motcua.platform.rounds import until_told
from motcua.setup import demo_signing


class Command(BaseCommand):
    help = "Run the stand-in of a remote signing service, with the keys of the demo's leaders (demo only)."
    requires_system_checks: list[str] = []  # noqa: RUF012

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, required=True)

    def handle(self, *args: Any, port: int, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("the stand-in runs in a demo only")
        address = f"http://127.0.0.1:{port}"
        terms = Terms(
            name="Dịch vụ ký số từ xa giả lập", address=f"{address}/csc/v1", sign_in=address, client_id="motcua",
            bearer=Bearer.CLIENT, valid_from=fiction.FROM.date(),
        )  # fmt: skip
        folder, now = settings.DEMO_SIGNING, clock.now()
        keys = demo_signing.at_service(folder, terms, now)
        chain = demo_signing.authority(folder, now)
        close_old_connections()
        client = Client(terms.client_id, settings.SIGNING_SECRETS["*"], f"{settings.BASE_URL}{BACK}")
        stop = until_told()
        with SigningStandIn(port, client=client, keys=keys.get, chain=chain) as service:
            self.stdout.write(f"Signing service {service.url}/")
            self.stdout.flush()
            stop.wait()
