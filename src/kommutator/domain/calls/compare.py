"""How a call that was concluded again differs from the one that stands in the books."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kommutator.domain.calls.call import Call

FIELDS = (
    "direction",
    "client",
    "line",
    "phase",
    "result",
    "reason",
    "rang",
    "answered_by",
    "dialler",
    "transfers",
    "started_at",
    "answered_at",
    "ended_at",
    "wait_s",
    "talk_s",
    "requested_by",
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One field; values as plain JSON."""

    field: str
    before: Any
    after: Any


def facts_of(call: Call) -> dict[str, Any]:
    """The compared fields, as the books hold them."""
    return {name: _plain(getattr(call, name)) for name in FIELDS}


def differences(
    before: Mapping[str, Any], after: Mapping[str, Any], *, slack_s: float = 0.0
) -> tuple[Difference, ...]:
    """Fields that are not the same.

    Args:
        before, after: see `facts_of`.
        slack_s: times and durations nearer than this are the same: another clock told them.
    """
    pairs = ((name, _plain(before[name]), _plain(after[name])) for name in FIELDS)
    return tuple(
        Difference(name, _shown(old), _shown(new))
        for name, old, new in pairs
        if not _same(old, new, slack_s)
    )


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [str(item) for item in value]
    return str(value) if isinstance(value, str) else value  # an enum's word


def _same(old: Any, new: Any, slack_s: float) -> bool:
    if isinstance(old, datetime) and isinstance(new, datetime):
        return abs((new - old).total_seconds()) <= slack_s
    if isinstance(old, int) and isinstance(new, int):
        return abs(new - old) <= slack_s
    return bool(old == new)


def _shown(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
