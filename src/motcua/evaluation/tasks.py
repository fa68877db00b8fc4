"""Jobs of the evaluation room: the daily look for signs of handling on paper, figures counted anew after an upgrade."""

from __future__ import annotations

from motcua.evaluation import operations
from motcua.evaluation.onpaper import operations as onpaper
from motcua.platform import clock, jobs


@jobs.app.periodic(cron="15 * * * *")
@jobs.app.task(queue="housekeeping", name="evaluation.paper_signs", queueing_lock="paper_signs")
def look_for_paper_signs(timestamp: int) -> None:
    """Look for signs of handling on paper, once a day of the system's clock; further calls do nothing."""
    onpaper.look(clock.now())


@jobs.app.periodic(cron="*/5 * * * *")
@jobs.app.task(queue="housekeeping", name="evaluation.count_anew", queueing_lock="count_anew")
def count_anew(timestamp: int) -> None:
    """Make the figures anew where an upgrade brought other rules of counting; else nothing."""
    operations.rebuild_if_outdated()
