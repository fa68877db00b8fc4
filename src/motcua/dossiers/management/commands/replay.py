"""Try a changed limit, calendar or process on the dossiers of past months, and say how many would be late."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError

from motcua.dossiers import replays
from motcua.dossiers.replay import Change, Outcome
from motcua.dossiers.replays import Wanted
from motcua.dossiers.trialfigures import Report, told
from motcua.kernel.actor import SYSTEM
from motcua.kernel.calendar import LOCAL
from motcua.kernel.counting import Limit, TimeUnit
from motcua.kernel.errors import DomainError
from motcua.platform import clock


class Command(BaseCommand):
    """`manage replay --since DAY …`: a limit, days off or worked, hours of steps, or a process drawn in a file."""

    help = "Thử thời hạn, lịch làm việc hoặc quy trình trên hồ sơ các tháng qua; không ghi gì vào dữ liệu."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the period and the change."""
        parser.add_argument("--since", type=date.fromisoformat, required=True, help="tiếp nhận từ ngày")
        parser.add_argument("--until", type=date.fromisoformat, default=None, help="đến hết ngày (hôm nay)")
        parser.add_argument("--procedure", default="", help="mã thủ tục; bỏ trống: mọi thủ tục")
        parser.add_argument("--limit", default="", help="thời hạn thử, ví dụ 2")
        parser.add_argument(
            "--unit", default=TimeUnit.WORKING_DAYS.value, choices=[u.value for u in TimeUnit]
        )
        parser.add_argument("--off", type=date.fromisoformat, nargs="*", default=[], help="ngày nghỉ thử")
        parser.add_argument("--on", type=date.fromisoformat, nargs="*", default=[], help="ngày làm bù thử")
        parser.add_argument("--hours", nargs="*", default=[], metavar="STEP=N", help="giờ của bước")
        parser.add_argument(
            "--process",
            type=Path,
            default=None,
            help="tệp BPMN: thử cả quy trình này (bước thêm, bước bỏ, giờ của bước); phải nêu mã thủ tục",
        )
        parser.add_argument(
            "--variant", default="", help="phương án quy trình, khi thủ tục có nhiều phương án"
        )
        parser.add_argument("--out", type=Path, default=None, help="tệp JSON; bỏ trống: in ra màn hình")

    def handle(self, *args: Any, **options: Any) -> None:
        """Work it out and write one JSON."""
        try:
            limit = Limit(Decimal(options["limit"]), TimeUnit(options["unit"])) if options["limit"] else None
            pairs = [text.split("=", 1) for text in options["hours"]]
            typed = {node: Decimal(number) for node, number in pairs}
        except (ValueError, InvalidOperation) as fault:
            raise CommandError(f"thời hạn hoặc giờ của bước không đọc được: {fault}") from fault
        until = options["until"] or clock.today()
        process = _process(options) if options["process"] else None
        drawn = process.hours if process else {}
        change = Change(
            limit,
            drawn | typed,
            tuple(options["off"]),
            tuple(options["on"]),
            process.graph if process else None,
        )
        wanted = Wanted(
            since=datetime.combine(options["since"], time(), LOCAL),
            until=datetime.combine(until, time.max, LOCAL),
            at=clock.now(),
            change=change,
            procedure_code=options["procedure"],
            variant=process.variant if process else "",
        )
        with TemporaryFile("w+", encoding="utf-8") as late:
            try:
                report = replays.tried(SYSTEM, wanted, lambda one: print(_line(one), file=late))
            except DomainError as refusal:
                raise CommandError(refusal.message) from refusal
            late.seek(0)
            if options["out"] is None:
                self._write(self.stdout, options, wanted, report, late)
                return
            with options["out"].open("w", encoding="utf-8") as out:
                self._write(out, options, wanted, report, late)
        self.stdout.write(
            f"{report.dossiers} hồ sơ: trễ hạn {report.late_before} thành {report.late_after}"
            f" ({report.newly_late} hồ sơ mới trễ, trong đó {report.open.newly_late} đang làm) → {options['out']}"
        )

    def _write(
        self, out: Any, options: dict[str, Any], wanted: Wanted, report: Report, late: IO[str]
    ) -> None:
        """Write one JSON: what was tried, the figures, and last the dossiers late before or after, line by line."""
        kept = wanted.change.to_json()
        kept.pop("process")
        head = {
            "since": options["since"].isoformat(),
            "until": (options["until"] or clock.today()).isoformat(),
            "procedure": wanted.procedure_code,
            "change": kept,
            **report.to_json(),
        }
        out.write(json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}"))
        out.write(',\n "late": [')
        for no, line in enumerate(late):
            out.write(("," if no else "") + "\n  " + line.rstrip("\n"))
        out.write("\n ]\n}\n")


def _line(one: Outcome) -> str:
    return json.dumps(told(one), ensure_ascii=False)


def _process(options: dict[str, Any]) -> replays.Process:
    """
    Return the process drawn in the file, as the procedure named would run it.

    :raises CommandError: it cannot be read, holds what the engine does not run, or no procedure is named.
    """
    path: Path = options["process"]
    if not options["procedure"]:
        raise CommandError("thử quy trình thì phải nêu mã thủ tục (--procedure)")
    try:
        return replays.drawn(path.read_bytes(), options["procedure"], options["variant"], clock.today())
    except OSError as fault:
        raise CommandError(f"không mở được tệp {path}: {fault.strerror}") from fault
    except DomainError as refusal:
        raise CommandError(refusal.message) from refusal
