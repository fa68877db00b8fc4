from __future__ import annotations

from django.apps import AppConfig


class DossiersConfig(AppConfig):
    name = "motcua.dossiers"
    label = "dossiers"

    def ready(self) -> None:
        """Tell the ledger whose heads to prove."""
        from motcua.dossiers import queries
        from motcua.platform import ledger

        ledger.heads_from("dossiers", queries.heads)
