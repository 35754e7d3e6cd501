"""GCRA: evenly spaced turns with an allowance for bursts, in one number."""

from __future__ import annotations


class Pace:
    """At most `rate` turns per second in the long run, `burst` at once after a quiet time.

    For one process. `take_budgets` in the store computes the same for all of them.
    """

    def __init__(self, rate: float, burst: int = 1) -> None:
        self._step = 1 / rate
        self._slack = (burst - 1) * self._step
        self._arrival = float("-inf")  # theoretical arrival time of the next turn

    def take(self, now: float) -> float:
        """Reserve the next turn; returns the seconds to wait before using it."""
        wait = max(0.0, self._arrival - self._slack - now)
        self._arrival = max(self._arrival, now + wait) + self._step
        return wait

    def hold(self, until: float) -> None:
        """Give no turn before `until`: somebody asked us to slow down."""
        self._arrival = max(self._arrival, until + self._slack)
