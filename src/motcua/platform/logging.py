"""
Logs: one event a line on standard error, `key=value` for people or JSON for machines.

Events carry a name and ids, never personal data; the supervisor puts the process in front.
"""

from __future__ import annotations

import logging.config
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog

FRAMES = 8


def _short(exc_info: tuple[type[BaseException], BaseException, TracebackType | None]) -> str:
    """Put an exception on one line: what it is, and the last places it came through."""
    kind, value, trace = exc_info
    places = [
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(trace)[-FRAMES:]
    ]
    said = " ".join(str(value).split())
    return f"{kind.__name__}: {said} [{' < '.join(reversed(places))}]"


def _one_line(logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take line breaks out of what libraries say."""
    for name, value in event.items():
        if isinstance(value, str) and "\n" in value:
            event[name] = " ".join(value.split())
    return event


def log_config(form: str, level: str) -> None:
    """Send structlog and the standard library's loggers through one formatter (`line` or `json`)."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    renderer: Any
    if form == "json":
        shared.append(structlog.processors.format_exc_info)
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    else:
        shared += [structlog.processors.ExceptionRenderer(_short), _one_line]
        renderer = structlog.processors.KeyValueRenderer(
            key_order=["timestamp", "level", "event"], drop_missing=True, repr_native_str=False
        )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "one_line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
                }
            },
            "handlers": {
                "stderr": {"class": "logging.StreamHandler", "stream": sys.stderr, "formatter": "one_line"}
            },
            "root": {"handlers": ["stderr"], "level": level.upper()},
            "loggers": {
                # 4xx are answers, not events; a 5xx comes with its exception.
                "django.request": {"level": "ERROR"},
                "django.security.DisallowedHost": {"level": "ERROR"},
                "httpx": {"level": "WARNING"},
                "fontTools": {"level": "ERROR"},
                "mail.log": {"level": "WARNING"},
                "weasyprint": {"level": "ERROR"},
                # what it says of refused certificates names people; the refusal itself says what is wrong
                "pyhanko": {"level": "CRITICAL"},
                "pyhanko_certvalidator": {"level": "CRITICAL"},
                "procrastinate": {"level": "WARNING"},
            },
        }
    )
