from __future__ import annotations

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "motcua.notifications"
    label = "notifications"

    def ready(self) -> None:
        from motcua.notifications import handlers
        from motcua.platform import outbox

        outbox.consumer("notifications", topics=handlers.TOPICS, handle=handlers.on_event)
