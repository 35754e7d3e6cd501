"""Logs in tests: plain where nobody asks, caught where a test reads them."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from kommutator.kit import log
from kommutator.kit.redact import Redactor


def speak_plainly() -> None:
    """structlog's own defaults, but for the traceback: rich draws one with all values, for 6 s."""
    structlog.reset_defaults()
    kept = structlog.get_config()["processors"][:-1]
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*kept, plain])


@contextmanager
def caught_logs(redactor: Redactor, *, level: str = "info") -> Iterator[io.StringIO]:
    """Everything that is logged, by us and by libraries, as JSON in lines."""
    out = io.StringIO()
    root = logging.getLogger()
    before, before_level = root.handlers[:], root.level
    log.configure(redactor, level=level, format="json", stream=out)
    try:
        yield out
    finally:
        root.handlers[:] = before
        root.setLevel(before_level)
        speak_plainly()
        log.unbind_all()
