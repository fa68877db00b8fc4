"""
Long jobs and schedules (OCR, PDF, exports), run by procrastinate workers from a queue in PostgreSQL.

Jobs are deferred by the dispatcher or a schedule, never inside an act: an act's consequences go through the
outbox. A room's `tasks.py` is found by itself; in it:

    @jobs.app.task(queue="documents", retry=jobs.RETRY)
    def render(document_id: int) -> None: ...

    @jobs.app.periodic(cron="*/5 * * * *")
    @jobs.app.task(queue="timers")
    def sweep(timestamp: int) -> None: ...
"""

from __future__ import annotations

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app as app

RETRY = RetryStrategy(max_attempts=5, exponential_wait=3)
STALLED_AFTER_SECONDS = 120
