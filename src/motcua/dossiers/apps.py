from __future__ import annotations

from django.apps import AppConfig


class DossiersConfig(AppConfig):
    name = "motcua.dossiers"
    label = "dossiers"

    def ready(self) -> None:
        """Tell whose heads to prove, what steps may name, whose papers belong to no dossier; have timers fired."""
        from motcua.documents.rules import DocumentKind
        from motcua.dossiers import closings, dockets, guidances, handlers, homes, queries, steppapers, tasks
        from motcua.platform import dispatcher, ledger, outbox
        from motcua.workflow.versions import naming

        ledger.heads_from("dossiers", queries.heads)
        outbox.consumer("dossiers", topics=handlers.TOPICS, handle=handlers.on_event)
        outbox.consumer("pauses", topics=handlers.PAUSING, handle=handlers.on_pause)
        naming.fill(steppapers.nameable)
        homes.issues(closings.home, DocumentKind.REGISTER, DocumentKind.END_OF_DAY)
        homes.issues(dockets.home, DocumentKind.HAND_OVER_LIST)
        homes.issues(guidances.home, DocumentKind.SUPPLEMENT_REQUEST)
        dispatcher.chore("timers", tasks.fire_timers)
        dispatcher.chore("late", tasks.find_late)
        dispatcher.chore("trials", tasks.clear_trials)
        dispatcher.reader("automatic steps", tasks.hand_out_steps)
