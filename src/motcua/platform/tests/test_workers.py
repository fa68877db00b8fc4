"""Every job has a worker that takes it."""

from __future__ import annotations

from collections import Counter

from motcua.platform import jobs
from motcua.platform.installation import WORKERS


def test_each_queue_is_served_by_one_kind_of_worker() -> None:
    used = {task.queue for task in jobs.app.tasks.values() if not task.name.startswith("builtin:")}
    served = Counter(queue for pool in WORKERS.values() for queue in pool.queues)
    assert used == set(served)
    assert set(served.values()) == {1}
