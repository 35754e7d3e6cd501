"""The twin's own time: the real one, put forward on order."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from kommutator.kit.clock import Clock


class ShiftedClock:
    """A clock that runs with another and can be put forward; sleepers notice."""

    def __init__(self, base: Clock) -> None:
        self._base = base
        self._shift = 0.0
        self._moved = asyncio.Event()

    @property
    def base(self) -> Clock:
        """The clock underneath: for pace, which nobody may put forward."""
        return self._base

    def now(self) -> datetime:
        return self._base.now() + timedelta(seconds=self._shift)

    def monotonic(self) -> float:
        return self._base.monotonic() + self._shift

    async def sleep(self, seconds: float) -> None:
        deadline = self.monotonic() + seconds
        while (left := deadline - self.monotonic()) > 0:
            moved = self._moved
            waiters = [
                asyncio.ensure_future(self._base.sleep(left)),
                asyncio.ensure_future(moved.wait()),
            ]
            try:
                await asyncio.wait(waiters, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for waiter in waiters:
                    waiter.cancel()
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        """Put the clock forward and wake whoever is due.

        Raises:
            ValueError: backwards.
        """
        if seconds < 0:
            raise ValueError("time does not go back")
        self._shift += seconds
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()
