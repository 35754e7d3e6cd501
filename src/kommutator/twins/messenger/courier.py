"""Carries what happened to the gateway's address: in order, again and again until it is taken."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from kommutator.kit.clock import Clock

Json = dict[str, Any]
KEPT = 1000
_OK, _NOT_OK = 200, 300


@dataclass(frozen=True)
class Parcel:
    """One notice; `id` is the vendor's own of it."""

    id: str
    body: Json


@dataclass
class Route:
    """Where notices of one owner go.

    Attributes:
        sign: headers that prove the bytes of a body.
        timeout_s: an answer later than this is none.
        pauses_s: before the next tries; after the last one the notice is given up, unless
            `for_ever`, which repeats the last pause.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    sign: Callable[[bytes], Mapping[str, str]] | None = None
    timeout_s: float = 10.0
    pauses_s: tuple[float, ...] = (1.0, 2.0, 5.0, 15.0, 60.0)
    for_ever: bool = True


class Courier:
    """One queue: a notice that is not taken holds up those behind it, as a webhook's order needs.

    Pauses run on the twin's own clock, the wait for an answer on the real one.
    """

    def __init__(self, clock: Clock, ring: Callable[[], None]) -> None:
        self._clock = clock
        self._ring = ring
        self._waiting: deque[Parcel] = deque()
        self._task: asyncio.Task[None] | None = None
        self.route: Route | None = None
        self.delivered: deque[Json] = deque(maxlen=KEPT)
        self.last_error = ""

    @property
    def waiting(self) -> list[Parcel]:
        return list(self._waiting)

    def send(self, parcel: Parcel) -> None:
        """Put it in the queue; it goes as soon as there is a route."""
        self._waiting.append(parcel)
        self._start()

    def go_to(self, route: Route | None) -> None:
        """Another address from now on, or none."""
        self.stop()
        self.route = route
        self._start()

    def forget(self) -> None:
        """Drop what waits."""
        self.stop()
        self._waiting.clear()

    def take(self) -> list[Parcel]:
        """Everything that waits, left in the queue: for those who fetch by themselves."""
        return list(self._waiting)

    def confirm(self, before: int) -> None:
        """Fetched by number: those below `before` are done with."""
        while self._waiting and int(self._waiting[0].id) < before:
            self._waiting.popleft()

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _start(self) -> None:
        if self.route is not None and self._waiting and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._run(self.route))
            self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """What was put in while the round was closing waits no longer."""
        if self._task is task and not task.cancelled():
            self._start()

    async def _run(self, route: Route) -> None:
        timeout = aiohttp.ClientTimeout(total=route.timeout_s)
        async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as session:
            while self._waiting:
                parcel = self._waiting[0]
                await self._carry(session, route, parcel)
                if self._waiting and self._waiting[0] is parcel:
                    self._waiting.popleft()
                self._ring()

    async def _carry(self, session: aiohttp.ClientSession, route: Route, parcel: Parcel) -> None:
        tries = 0
        while True:
            status = await self._post(session, route, parcel)
            tries += 1
            self.delivered.append({"id": parcel.id, "try": tries, "status": status})
            self._ring()
            if _OK <= status < _NOT_OK:
                self.last_error = ""
                return
            self.last_error = f"Wrong response from the webhook: {status}"
            if tries > len(route.pauses_s) and not route.for_ever:
                return
            await self._clock.sleep(route.pauses_s[min(tries, len(route.pauses_s)) - 1])

    async def _post(self, session: aiohttp.ClientSession, route: Route, parcel: Parcel) -> int:
        """The status of the answer; 0: there was none."""
        body = json.dumps(parcel.body, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", **route.headers}
        if route.sign is not None:
            headers |= route.sign(body)
        with suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with session.post(route.url, data=body, headers=headers) as answer:
                await answer.read()
                return answer.status
        return 0
