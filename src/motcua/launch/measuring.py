"""`./run journey` and `./run bench NAME`: each runs on a private instance and prints one JSON object."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Sequence
from typing import Any

from motcua.platform.installation import ROOT, Unusable

Body = Callable[[list[str]], dict[str, Any]]


def journey(arguments: Sequence[str]) -> int:
    """Play dossiers from filing to result (`motcua.setup.journey.run`)."""
    return _print_result(_body("motcua.setup.journey"), arguments)


def bench(arguments: Sequence[str]) -> int:
    """Measure something (`run` of a module in the folder `bench`)."""
    names = sorted(file.stem for file in (ROOT / "bench").glob("[a-z]*.py"))
    if not arguments or arguments[0] not in names:
        raise Unusable(f"say what to measure: ./run bench {'|'.join(names)}")
    return _print_result(_body(f"bench.{arguments[0]}"), arguments[1:])


def _body(module: str) -> Body:
    body: Body = importlib.import_module(module).run
    return body


def _print_result(body: Body, arguments: Sequence[str]) -> int:
    """Print what the body found; `ok: false` in it makes the exit code 1."""
    result = body(list(arguments))
    print(json.dumps(result, ensure_ascii=False, indent=2))  # noqa: T201
    return 0 if result.get("ok", True) else 1
