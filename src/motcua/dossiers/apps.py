from __future__ import annotations

from django.apps import AppConfig


class DossiersConfig(AppConfig):
    name = "motcua.dossiers"
    label = "dossiers"

    def ready(self) -> None:
        """Tell the ledger whose heads to prove, and take up acts on many dossiers."""
        from motcua.dossiers import handlers, queries
        from motcua.platform import ledger, outbox

        ledger.heads_from("dossiers", queries.heads)
        outbox.consumer("dossiers", topics=handlers.TOPICS, handle=handlers.on_event)
