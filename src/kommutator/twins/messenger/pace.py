"""How many messages went lately, counted in rolling windows of real time."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass


@dataclass(frozen=True)
class Allowance:
    """At most `count` in any `seconds`."""

    count: int
    seconds: float


class Pace:
    """Counts by name; nothing is counted that was turned away."""

    def __init__(self) -> None:
        self._sent: defaultdict[str, deque[float]] = defaultdict(deque)

    def wait_s(self, name: str, allowance: Allowance, now: float) -> float:
        """0: one may go now. Otherwise the seconds until one may."""
        sent = self._sent[name]
        while sent and sent[0] <= now - allowance.seconds:
            sent.popleft()
        return 0.0 if len(sent) < allowance.count else sent[0] + allowance.seconds - now

    def count(self, name: str, now: float) -> None:
        self._sent[name].append(now)

    def clear(self) -> None:
        self._sent.clear()
