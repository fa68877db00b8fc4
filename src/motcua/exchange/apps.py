from __future__ import annotations

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "motcua.exchange"
    label = "exchange"

    def ready(self) -> None:
        """Fill the sources that processes may look things up in, and listen to parts that open."""
        from django.conf import settings

        from motcua.dossiers import lookups
        from motcua.exchange import handlers, tasks
        from motcua.exchange.sources import SOURCE_NAMES, HttpSource
        from motcua.platform import dispatcher, outbox

        for code in SOURCE_NAMES:
            lookups.register(
                code, HttpSource(code, settings.LOOKUP_URL, settings.LOOKUP_TOKEN), name=SOURCE_NAMES[code]
            )
        outbox.consumer(
            "exchange", topics=handlers.TOPICS, handle=handlers.on_event, after_batch=handlers.after_batch
        )
        dispatcher.chore("partner_log", tasks.tidy)
