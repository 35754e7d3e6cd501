"""Carries letters out: late, twice, in another order or not at all, as the switches say.

Two clocks: when a letter or its retry is due is the twin's own time, so that it passes when a
control path says so; how long an answer may take is real time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import aiohttp

from kommutator.kit.clock import Clock
from kommutator.kit.ids import Ids
from kommutator.twins.yclients.letters import (
    BAD,
    GOOD,
    LOST,
    WITHDRAWN,
    Letter,
    LetterBook,
    Manner,
)

NO_ANSWER = 0
USER_AGENT = "YCLIENTS"
CONNECTIONS = 200
# A letter held back to come out of order goes by itself when no other follows.
HELD_SECONDS = 1.0
_TOO_MANY = 429
_SERVER_TROUBLE = 500


class Courier:
    """The queue of everything that leaves one twin."""

    def __init__(self, ids: Ids, clock: Clock, ring: Callable[[], None]) -> None:
        self.book = LetterBook()
        self._ids = ids
        self._clock = clock
        self._ring = ring
        self._held: dict[str, tuple[Letter, Manner]] = {}
        self._sending: set[asyncio.Task[None]] = set()
        self._sleeping: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    @property
    def waiting(self) -> int:
        """How many letters wait for their time."""
        return len(self._sleeping)

    def submit(self, letter: Letter, manner: Manner) -> None:
        """Put a letter on its way, unless bad weather loses it."""
        self._keep(letter)
        if self._chance(manner.loss):
            letter.outcome = LOST
            return
        twice = self._chance(manner.duplicate)
        self._order(letter, manner)
        if twice:
            twin = letter.again(attempt=1)
            self._keep(twin)
            self._later(manner.delay, twin, manner)

    async def deliver(self, letter: Letter, patience: float) -> Letter:
        """Send one letter now and tell what came back."""
        self._keep(letter)
        await self._send(letter, Manner(patience=patience))
        return letter

    def forget(self) -> None:
        """Withdraw what waits or is under way, and all history."""
        self._held.clear()
        for task in [*self._sleeping, *self._sending]:
            task.cancel()
        self.book.clear()

    async def close(self) -> None:
        """Drop everything and let the connections go."""
        tasks = [*self._sending, *self._sleeping]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def _keep(self, letter: Letter) -> None:
        letter.at = self._clock.now().timestamp()
        self.book.add(letter)

    def _chance(self, share: float) -> bool:
        return share > 0 and self._ids.uniform() < share

    def _order(self, letter: Letter, manner: Manner) -> None:
        """Straight on, or held back behind the next one for the same address."""
        held = self._held.pop(letter.url, None)
        if held is None and self._chance(manner.reorder):
            self._held[letter.url] = (letter, manner)
            self._start(self._sleeping, self._release(letter, manner))
            return
        self._later(manner.delay, letter, manner)
        if held is not None:
            self._later(held[1].delay, *held)

    async def _release(self, letter: Letter, manner: Manner) -> None:
        await asyncio.sleep(HELD_SECONDS)
        held = self._held.get(letter.url)
        if held is not None and held[0] is letter:
            del self._held[letter.url]
            self._later(manner.delay, letter, manner)

    def _later(self, seconds: float, letter: Letter, manner: Manner) -> None:
        if seconds <= 0:
            self._start(self._sending, self._send(letter, manner))
        else:
            self._start(self._sleeping, self._sleep(seconds, letter, manner))

    async def _sleep(self, seconds: float, letter: Letter, manner: Manner) -> None:
        await self._clock.sleep(seconds)
        self._start(self._sending, self._send(letter, manner))

    def _start(self, tasks: set[asyncio.Task[None]], work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def _send(self, letter: Letter, manner: Manner) -> None:
        if not letter.stands():
            letter.outcome = WITHDRAWN
            self._ring()
            return
        letter.at = self._clock.now().timestamp()
        started = time.perf_counter()
        letter.status, letter.answer = await self._post(letter, manner.patience)
        letter.ms = (time.perf_counter() - started) * 1000
        letter.outcome = GOOD if letter.status // 100 == 2 else BAD  # noqa: PLR2004  2xx
        if letter.attempt <= manner.retries and _worth_retrying(letter.status):
            following = letter.again(attempt=letter.attempt + 1)
            self._keep(following)
            self._later(manner.retry_after, following, manner)
        self._ring()

    async def _post(self, letter: Letter, patience: float) -> tuple[int, str]:
        try:
            async with self._client().post(
                letter.url,
                json=letter.body,
                headers={"User-Agent": USER_AGENT},
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=patience),
            ) as answer:
                return answer.status, (await answer.read()).decode("utf-8", "replace")
        except (aiohttp.ClientError, ValueError, OSError) as lost:
            return NO_ANSWER, type(lost).__name__

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self._session


def _worth_retrying(status: int) -> bool:
    return status in (NO_ANSWER, _TOO_MANY) or status >= _SERVER_TROUBLE
