"""A circuit breaker with exactly one probe, on a clock its owner supplies.

```
closed ──failures in a row──> open ──time is over──> half_open ──probe succeeds──> closed
                               ^                        │
                               └──── probe fails ───────┘   (open twice as long as before)
```
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from kommutator.kit.backoff import backoff


class Phase(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class BreakerRules:
    """When to open and for how long (seconds)."""

    threshold: int = 5
    first: float = 5.0
    longest: float = 300.0


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to try once. Give it back with what came of it."""

    probe: bool


class Breaker:
    """State survives its owner: build it from `phase`, `failures` and the seconds left open."""

    def __init__(
        self,
        rules: BreakerRules,
        *,
        now: float,
        phase: Phase = Phase.CLOSED,
        failures: int = 0,
        open_for: float = 0.0,
    ) -> None:
        self._rules = rules
        # A half-open breaker was left by an owner who died with the probe: probe again.
        self.phase = Phase.CLOSED if phase is Phase.CLOSED else Phase.OPEN
        self.failures = failures
        self._until = now + open_for
        self._probing = False

    def wait(self, now: float) -> float:
        """Seconds until a try may be allowed; 0 is now, infinity while a probe is under way."""
        if self.phase is Phase.CLOSED:
            return 0.0
        return float("inf") if self._probing else max(0.0, self._until - now)

    def left(self, now: float) -> float | None:
        """Seconds the breaker stays open; None if closed. For the disk."""
        return None if self.phase is Phase.CLOSED else max(0.0, self._until - now)

    def ask(self, now: float) -> Permit | None:
        """A permit, or None. While half open there is one permit, whoever asks first."""
        if self.wait(now) > 0:
            return None
        if self.phase is Phase.CLOSED:
            return Permit(probe=False)
        self.phase = Phase.HALF_OPEN
        self._probing = True
        return Permit(probe=True)

    def record(
        self, permit: Permit, result: Literal["up", "down", "unknown"], *, now: float, jitter: float
    ) -> None:
        """Learn from a try: "up" also for a refusal, since somebody answered."""
        if permit.probe:
            self._probing = False
        if result == "up":
            if permit.probe or self.phase is Phase.CLOSED:
                self._close()
        elif result == "down":
            self._count(permit, now, jitter)

    def _close(self) -> None:
        self.phase = Phase.CLOSED
        self.failures = 0

    def _count(self, permit: Permit, now: float, jitter: float) -> None:
        if self.phase is not Phase.CLOSED and not permit.probe:
            return  # sent before it opened: the news are old
        self.failures += 1
        times = self.failures - self._rules.threshold + 1
        if times >= 1:
            self.phase = Phase.OPEN
            self._until = now + backoff(
                times, first=self._rules.first, longest=self._rules.longest, jitter=jitter
            )
