from __future__ import annotations

from django.apps import AppConfig


class SteeringConfig(AppConfig):
    name = "motcua.steering"
    label = "steering"

    def ready(self) -> None:
        """Say whose the letters inside the administration are."""
        from motcua.documents.rules import DocumentKind
        from motcua.dossiers import homes
        from motcua.steering.discipline import queries

        homes.issues(queries.home, DocumentKind.REMINDER, DocumentKind.CASE_PROPOSAL)
