"""Housekeeping of the plumbing."""

from __future__ import annotations

import structlog
from procrastinate import JobContext

from motcua.platform import clock, jobs

log = structlog.get_logger(__name__)


@jobs.app.periodic(cron="* * * * *")
@jobs.app.task(queue="housekeeping", queueing_lock="rescue", pass_context=True)
async def rescue(context: JobContext, timestamp: int) -> None:
    """Give the jobs of killed workers back to the queue: their heartbeat has stopped."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=jobs.STALLED_AFTER_SECONDS):
        await manager.retry_job(job, retry_at=clock.real_now())
        log.info("job_rescued", job=job.id, task=job.task_name)
