"""`manage generate_dossiers N`: a year of a province's dossiers for measurements, written by COPY."""

from __future__ import annotations

import json
import os
import pickle
import random
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from motcua.platform import clock
from motcua.setup import generator


class Command(BaseCommand):
    help = "Make dossiers for measurements (demo data only): prototypes by the operations, copies by COPY."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take how many, by how many processes; a part is what one of those does."""
        parser.add_argument("count", type=int)
        parser.add_argument("--writers", type=int, default=max(1, (os.cpu_count() or 2)))
        parser.add_argument(
            "--owners", type=int, default=0, help="made-up persons; 0: one for three dossiers"
        )
        parser.add_argument("--part", type=int, default=None)
        parser.add_argument("--from", dest="source", type=Path, default=None)

    def handle(self, *args: Any, count: int, writers: int, owners: int, **options: Any) -> None:
        """Make prototypes and owners, let the writers copy, print how many rows there are."""
        if not settings.DEMO:
            raise CommandError("only a demo may be filled with made-up dossiers (MOTCUA_MODE=demo)")
        if options["part"] is not None:
            with options["source"].open("rb") as handle:
                prototypes, people = pickle.load(handle)  # noqa: S301  (written a moment ago by ourselves)
            written = generator.write_copies(prototypes, people, count, options["part"], 1)
            self.stdout.write(json.dumps(written))
            return
        began = time.monotonic()
        prototypes = generator.make_prototypes(clock.now())
        people = generator.make_owners(owners or max(500, count // 3), random.Random(1))  # noqa: S311
        made = time.monotonic()
        shares = [count // writers + (number < count % writers) for number in range(writers)]
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "prototypes"
            source.write_bytes(pickle.dumps((prototypes, people)))
            running = [
                subprocess.Popen(
                    [sys.executable, "-m", "django", "generate_dossiers", str(share), "--part", str(number),
                     "--from", str(source)], stdout=subprocess.PIPE, text=True,
                )
                for number, share in enumerate(shares)
            ]  # fmt: skip
            total: Counter[str] = Counter()
            failed = False
            for writer in running:
                said, _ = writer.communicate()
                failed |= writer.returncode != 0
                total += Counter(json.loads(said)) if writer.returncode == 0 else Counter()
        if failed:
            raise CommandError("a writer failed: see above")
        self.stdout.write(
            json.dumps(
                {
                    "prototypes": len(prototypes),
                    "owners": len(people),
                    "rows": total,
                    "prototype_seconds": round(made - began, 1),
                    "copy_seconds": round(time.monotonic() - made, 1),
                }
            )
        )
