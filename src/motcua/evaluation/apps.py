from __future__ import annotations

from django.apps import AppConfig


class EvaluationConfig(AppConfig):
    name = "motcua.evaluation"
    label = "evaluation"

    def ready(self) -> None:
        from motcua.dossiers.usual import usual_from
        from motcua.evaluation import handlers, operations
        from motcua.evaluation.mining import operations as mining
        from motcua.evaluation.mining import queries as ways
        from motcua.platform import dispatcher, outbox

        usual_from(ways.usual)
        dispatcher.reader("evaluation", operations.catch_up)
        dispatcher.reader("traces", mining.catch_up)
        outbox.consumer("stream", handle=handlers.on_event, after_batch=handlers.after_batch)
