from __future__ import annotations

from django.apps import AppConfig


class DossiersConfig(AppConfig):
    name = "motcua.dossiers"
    label = "dossiers"

    def ready(self) -> None:
        """Tell the ledger whose heads to prove, have timers fired and steps done, say what steps may name."""
        from motcua.dossiers import handlers, queries, steppapers, tasks
        from motcua.platform import dispatcher, ledger, outbox
        from motcua.workflow.versions import naming

        ledger.heads_from("dossiers", queries.heads)
        outbox.consumer("dossiers", topics=handlers.TOPICS, handle=handlers.on_event)
        outbox.consumer("pauses", topics=handlers.PAUSING, handle=handlers.on_pause)
        naming.fill(steppapers.nameable)
        dispatcher.chore("timers", tasks.fire_timers)
        dispatcher.chore("late", tasks.find_late)
        dispatcher.reader("automatic steps", tasks.hand_out_steps)
