"""`manage demo_clock [--at YYYY-MM-DD]`: start the demo clock, or move it forward to a day, 08:00."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date, datetime, time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from motcua.kernel.calendar import LOCAL
from motcua.platform import clock


class Command(BaseCommand):
    help = "Start the demo clock where the data stand, or move it forward to a day, 08:00 local time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--at", type=date.fromisoformat)

    def handle(self, *args: Any, at: date | None, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("only a demo has a clock that moves (MOTCUA_MODE=demo)")
        shown = clock.start_demo()
        if at is not None:
            wanted = datetime.combine(at, time(8), LOCAL)
            shown_day = shown.astimezone(LOCAL)
            if at == shown_day.date():
                return
            try:
                shown = clock.move_demo(wanted)
            except clock.Backwards:
                raise CommandError(
                    f"the demo's clock already shows {shown_day:%Y-%m-%d %H:%M} and cannot go back to {at}:"
                    " choose a later day, or `./run reset` and start anew"
                ) from None
        self.stdout.write(shown.astimezone(LOCAL).isoformat(timespec="seconds"))
