"""`manage reorganise --day DAY`: let successors go on with what agencies that have ended by a day have open."""

from __future__ import annotations

import uuid
from argparse import ArgumentParser
from collections import Counter
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from motcua.dossiers import affected, campaigns
from motcua.dossiers.campaigning import Kind, Stage
from motcua.dossiers.operations import campaign as operations
from motcua.dossiers.rules import AGAIN
from motcua.kernel.actor import SYSTEM
from motcua.kernel.errors import DomainError, Invalid
from motcua.organisation import queries as organisation
from motcua.platform import clock


class Command(BaseCommand):
    """`manage reorganise --day DAY [--preview] [--decision NO --decided DAY --title TEXT]`"""

    help = "Chuyển hồ sơ, việc, nhiệm vụ của cơ quan đã kết thúc cho cơ quan kế tục; --preview chỉ xem trước."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the day and the decision."""
        parser.add_argument("--day", type=date.fromisoformat, required=True, help="ngày đầu của đơn vị mới")
        parser.add_argument("--preview", action="store_true", help="chỉ xem trước, không ghi gì")
        parser.add_argument("--decision", default="", help="số, ký hiệu văn bản")
        parser.add_argument("--decided", type=date.fromisoformat, default=None, help="ngày ban hành")
        parser.add_argument("--title", default="Chuyển giao hồ sơ khi sắp xếp tổ chức", help="trích yếu")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say who goes where; then do it, or go on with what was begun."""
        if options["preview"]:
            self._preview(options["day"])
            return
        running = next(
            (one for one in campaigns.listing(SYSTEM, Kind.REORGANISE) if one.state is Stage.RUNNING), None
        )
        try:
            number = running.number if running else self._begin(options)
        except DomainError as refusal:
            reasons = "; ".join(refusal.errors.values()) if isinstance(refusal, Invalid) else ""
            raise CommandError(reasons or refusal.message) from refusal
        while operations.carry_out_next(campaign=number, at=clock.now()):
            pass
        view = campaigns.one(SYSTEM, number)
        self.stdout.write(
            f"đợt {number}: {view.done} trên {view.total} hồ sơ đã chuyển, {view.refused} không được"
        )
        for item in campaigns.items(SYSTEM, number, states=AGAIN, size=view.total):
            self.stdout.write(f"  {item.code}: {item.message}")
        if view.refused or view.skipped:
            raise CommandError(
                f"còn hồ sơ chưa chuyển; xem và làm tiếp ở trang Sắp xếp tổ chức, đợt {number}"
            )

    def _begin(self, options: dict[str, Any]) -> int:
        at, key = clock.now(), str(uuid.uuid4())
        number = operations.draft_reorganisation(
            on=options["day"], decision_no=options["decision"], decided_on=options["decided"],
            title=options["title"], actor=SYSTEM, key=key, at=at,
        )  # fmt: skip
        try:
            operations.start(campaign=number, actor=SYSTEM, key=f"{key}-start", at=at)
        except DomainError:
            operations.drop(campaign=number, actor=SYSTEM, key=f"{key}-drop", at=at)
            raise
        return number

    def _preview(self, on: date) -> None:
        routes: Counter[tuple[int, int | None]] = Counter()
        tasks = pooled = unmanned = uncollected = 0
        for one in affected.reorganised(SYSTEM, on, ()):
            routes[one.from_unit_id, one.to_unit_id] += 1
            tasks, pooled = tasks + one.tasks, pooled + one.pooled
            unmanned, uncollected = unmanned + bool(one.unmanned), uncollected + one.uncollected
        for (origin, to), count in routes.most_common():
            self.stdout.write(f"{count:6} {_name(origin)} → {_name(to) if to else 'CHƯA CÓ NƠI NHẬN'}")
        ending = campaigns.ending(SYSTEM, on)
        self.stdout.write(
            f"{sum(routes.values())} hồ sơ ({uncollected} chờ trả), {tasks} việc đổi đơn vị"
            f" ({pooled} về danh sách chung), {unmanned} hồ sơ nơi nhận chưa có người;"
            f" {sum(one.duties for one in ending)} nhiệm vụ, {sum(one.parked for one in ending)} hồ sơ nhập dở"
        )


def _name(unit_id: int) -> str:
    unit = organisation.unit(unit_id)
    return f"{organisation.full_name(unit)} ({unit.code})"
