"""Which click does a report belong to, when the PBX was not given our id? Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from kommutator.domain.calls.memory import Memory
from kommutator.domain.calls.reports import Report
from kommutator.domain.commands import Direction

WITHIN_S: Final = 60.0
"""From the click to the first report; a phone rings for 30 s."""

_SKEW_S: Final = 5.0
"""By how much the PBX's clock may be behind ours."""


def click_of(report: Report, calls: Iterable[Memory]) -> Memory | None:
    """The newest click that nobody has reported on yet, of this extension to this client."""
    if report.client is None or report.direction is Direction.IN:
        return None
    began = min(report.at, report.started_at or report.at)
    fitting = [memory for memory in calls if _fits(memory, report, began)]
    return max(fitting, key=lambda memory: memory.clicked_at or 0.0, default=None)


def _fits(memory: Memory, report: Report, began: float) -> bool:
    click = memory.click
    if click is None or not click.blind or memory.clicked_at is None:
        return False
    if memory.reports or memory.legs or click.client != report.client:
        return False
    waited = began - memory.clicked_at
    rang = not report.extensions or click.extension in report.extensions
    return rang and -_SKEW_S <= waited <= WITHIN_S
