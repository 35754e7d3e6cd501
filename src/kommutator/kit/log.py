"""Structured logs: JSON for machines, pretty on a terminal, redacted last of all."""

from __future__ import annotations

import logging
import sys
from typing import Any, Literal, TextIO

import structlog

from kommutator.kit.redact import Redactor, processor

Format = Literal["auto", "json", "pretty"]
_QUIET = ("uvicorn.access", "aiohttp.access", "asyncio", "pymorphy3")


def configure(
    redactor: Redactor,
    *,
    level: str = "info",
    format: Format = "auto",  # noqa: A002  the setting's own word
    stream: TextIO | None = None,
) -> None:
    """Set up logging for the whole process, the standard library's loggers included.

    Request and correlation ids travel by `bind`.
    """
    out = stream if stream is not None else sys.stderr
    pretty = format == "pretty" or (format == "auto" and out.isatty())
    shared = _shared(redactor)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            processor(redactor),
            structlog.dev.ConsoleRenderer(colors=True) if pretty else _json(),
        ],
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def bind(**ids: str) -> None:
    """Ids that every line of this task and its children shall carry."""
    structlog.contextvars.bind_contextvars(**ids)


def unbind_all() -> None:
    """Forget them; at the start of each request."""
    structlog.contextvars.clear_contextvars()


def _shared(_redactor: Redactor) -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]


def _json() -> structlog.processors.JSONRenderer:
    return structlog.processors.JSONRenderer(ensure_ascii=False)
