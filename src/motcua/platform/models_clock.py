"""Where the demo clock stands."""

from __future__ import annotations

from django.db import models


class DemoClock(models.Model):
    """At the real moment `real_at` the demo clock showed `demo_at`; one row, only in demo mode."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    demo_at = models.DateTimeField()
    real_at = models.DateTimeField()

    class Meta:
        app_label = "platform"
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="platform_democlock_one_row"),)
