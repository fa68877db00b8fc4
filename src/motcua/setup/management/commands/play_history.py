"""`manage play_history`: play the demo's past through the real operations, once."""

from __future__ import annotations

import multiprocessing
import time
from argparse import ArgumentParser
from collections import Counter
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, connections

from motcua.dossiers.models import Dossier
from motcua.platform import clock


class Command(BaseCommand):
    help = "Play the demo's history up to the demo clock; does nothing where dossiers exist already."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--players", type=int, default=2, help="processes that play units side by side")
        parser.add_argument(
            "--cases",
            action="store_true",
            help="only the few dossiers of cases.yaml, whatever there is already",
        )

    def handle(self, *args: Any, players: int, cases: bool, **options: Any) -> None:
        from motcua.setup import history

        if cases:
            self._cases(clock.start_demo())
            return
        if Dossier.objects.exists():
            self.stdout.write("Đã có hồ sơ trong cơ sở dữ liệu, không tạo lịch sử nữa.")
            return
        began = time.monotonic()
        until = clock.start_demo()
        history.settle()
        parts = [part for part in history.parts(until, players) if part]
        total = sum(len(unit) for part in parts for unit in part)
        connections.close_all()
        with multiprocessing.get_context("fork").Pool(len(parts)) as pool:
            counts = sum(pool.starmap(_play, [(part, until) for part in parts]), Counter[str]())
        self.stdout.write(f"{total} hồ sơ, {time.monotonic() - began:.0f} giây: ")
        for state, count in counts.most_common():
            self.stdout.write(f"  {state:24} {count:6}")
        self._cases(until)

    def _cases(self, until: datetime) -> None:
        from motcua.setup import cases

        began = time.monotonic()
        played = cases.play(until)
        count, seconds = sum(played.done.values()), time.monotonic() - began
        self.stdout.write(f"{count} việc của các hồ sơ mẫu, {seconds:.0f} giây:")
        for key, code in played.codes.items():
            self.stdout.write(f"  {key:24} {code}")


def _play(part: Any, until: datetime) -> Counter[str]:
    from motcua.setup import history

    with connection.cursor() as cursor:
        # made again from nothing if the machine stops now, so nothing waits for the disk
        cursor.execute("SET synchronous_commit TO off")
    return history.play(part, until)
