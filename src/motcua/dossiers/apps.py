from __future__ import annotations

from django.apps import AppConfig


class DossiersConfig(AppConfig):
    name = "motcua.dossiers"
    label = "dossiers"

    def ready(self) -> None:
        """Tell the ledger whose heads to prove, take up acts on many dossiers, have timers fired and steps done."""
        from motcua.dossiers import handlers, queries, tasks
        from motcua.platform import dispatcher, ledger, outbox

        ledger.heads_from("dossiers", queries.heads)
        outbox.consumer("dossiers", topics=handlers.TOPICS, handle=handlers.on_event)
        outbox.consumer("pauses", topics=handlers.PAUSING, handle=handlers.on_pause)
        dispatcher.chore("timers", tasks.fire_timers)
        dispatcher.chore("late", tasks.find_late)
        dispatcher.reader("automatic steps", tasks.hand_out_steps)
