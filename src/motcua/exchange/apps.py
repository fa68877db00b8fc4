from __future__ import annotations

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "motcua.exchange"
    label = "exchange"

    def ready(self) -> None:
        """Fill the sources that processes may look things up in."""
        from django.conf import settings

        from motcua.dossiers import lookups
        from motcua.exchange.sources import SOURCE_NAMES, HttpSource

        for code in SOURCE_NAMES:
            lookups.register(
                code, HttpSource(code, settings.LOOKUP_URL, settings.LOOKUP_TOKEN), name=SOURCE_NAMES[code]
            )
