"""A pace limit per key in this process's memory (GCRA): for callers of our own doors."""

from __future__ import annotations

from collections import OrderedDict

from kommutator.kit.clock import Clock


class Throttle:
    """`rate` per second on average, `burst` at once after a rest.

    The longest unused keys are forgotten beyond `max_keys`, so strangers cannot fill memory.
    """

    def __init__(self, rate: float, burst: int, clock: Clock, *, max_keys: int = 50_000) -> None:
        self._step = 1.0 / rate
        self._slack = self._step * (burst - 1)
        self._clock = clock
        self._max_keys = max_keys
        self._due: OrderedDict[str, float] = OrderedDict()

    def wait(self, key: str) -> float:
        """What `take` would answer; takes nothing."""
        now = self._clock.monotonic()
        return max(0.0, self._due.get(key, now) - now - self._slack)

    def take(self, key: str) -> float:
        """0.0 if the caller may go on, else the seconds after which asking again makes sense."""
        if (wait := self.wait(key)) > 0:
            return wait
        now = self._clock.monotonic()
        self._due[key] = max(self._due.get(key, now), now) + self._step
        self._due.move_to_end(key)
        if len(self._due) > self._max_keys:
            self._due.popitem(last=False)
        return 0.0
