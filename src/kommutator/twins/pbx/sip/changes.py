"""Waiting for a condition instead of for time."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from kommutator.twins.pbx.errors import SipTimeout

T = TypeVar("T")


class Changes:
    """Something that changes now and then, and those who wait for a certain state of it."""

    def __init__(self) -> None:
        self._waiters: set[asyncio.Future[None]] = set()

    def notify(self) -> None:
        """Say that something changed: every waiter looks again."""
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def until(self, look: Callable[[], T | None], timeout_s: float, what: str) -> T:
        """Return the first result of `look` that is neither None nor False.

        Raises:
            SipTimeout: there was none in `timeout_s` seconds; says `what` was waited for.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while (found := look()) is None or found is False:
                    await self._next()
                return found
        except TimeoutError:
            raise SipTimeout(f"{what}: not within {timeout_s} s") from None

    async def _next(self) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await waiter
        finally:
            self._waiters.discard(waiter)
