"""`manage timers`: what failed; `--fire` does what is due now, `--arm` sets the timers of dossiers that have none."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from motcua.dossiers import queries, tasks
from motcua.dossiers.operations import timers
from motcua.kernel.actor import SYSTEM
from motcua.platform import clock


class Command(BaseCommand):
    help = (
        "Show timers that failed; --fire: do what is due; --arm: set timers of open dossiers that have none."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to do."""
        parser.add_argument("--fire", action="store_true")
        parser.add_argument("--arm", action="store_true")

    def handle(self, *args: Any, fire: bool, arm: bool, **options: Any) -> None:
        """Do it, then say what failed."""
        if arm:
            total = after = 0
            while True:
                count, after = timers.arm(clock.now(), after=after)
                total += count
                if not after:
                    break
            self.stdout.write(f"set {total} timers")
        if fire:
            done = tasks.fire_timers()
            self.stdout.write(f"{done.marked} warnings, {done.done} acts, {done.failed} failed")
        for one in queries.failed_timers(SYSTEM):
            self.stdout.write(
                f"{one.code} {one.kind} {one.due_at:%Y-%m-%d %H:%M} tried {one.attempts}: {one.error}"
            )
