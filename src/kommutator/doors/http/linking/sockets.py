"""The WebSockets of one process that watch phones: how many there are, how often they come."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from starlette.requests import HTTPConnection

from kommutator.doors.http.client import Client
from kommutator.flows.house import House
from kommutator.kit.clock import Clock
from kommutator.kit.throttle import Throttle

KNOCKS: Final = 5
"""Requirement 001: so many connections…"""
WITHIN_S: Final = 60.0
"""…within so many seconds from one address."""
MOST: Final = 1_000
"""Open at once in this process; each is one small task."""
_SWEEP_S: Final = 300.0
_WORD_EVERY_S, _WORDS_AT_ONCE = 3.0, 4


class Knocks:
    """Counts who comes, by address; forgets whoever has not come for a while."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._came: OrderedDict[str, deque[float]] = OrderedDict()
        self._swept = clock.monotonic()

    def knock(self, address: str) -> float:
        """0.0: come in; else the seconds after which there is room again, and this one is free."""
        now = self._clock.monotonic()
        self._sweep(now)
        came = self._came.setdefault(address, deque(maxlen=KNOCKS))
        self._came.move_to_end(address)
        if len(came) == KNOCKS and (wait := came[0] + WITHIN_S - now) > 0:
            return wait
        came.append(now)
        return 0.0

    def __len__(self) -> int:
        return len(self._came)

    def _sweep(self, now: float) -> None:
        if now - self._swept < _SWEEP_S:
            return
        self._swept = now
        while self._came:
            address, came = next(iter(self._came.items()))
            if came[-1] > now - WITHIN_S:
                return
            del self._came[address]


class Sockets:
    """One per application.

    Attributes:
        words: what pages ask for: each wish begins a session anew at WhatsApp.
    """

    def __init__(self, clock: Clock) -> None:
        self.knocks = Knocks(clock)
        self.words = Throttle(1 / _WORD_EVERY_S, _WORDS_AT_ONCE, clock)
        self.open = 0

    @property
    def full(self) -> bool:
        return self.open >= MOST

    @contextmanager
    def counted(self) -> Iterator[None]:
        self.open += 1
        try:
            yield
        finally:
            self.open -= 1


def house_of(asking: HTTPConnection) -> House:
    house: House = asking.app.state.house
    return house


def sockets_of(asking: HTTPConnection) -> Sockets:
    """Those of the application that this came to."""
    state: Any = asking.app.state
    if not hasattr(state, "linking_sockets"):
        state.linking_sockets = Sockets(house_of(asking).clock)
    found: Sockets = state.linking_sockets
    return found


def neighbourhood_of(asking: HTTPConnection) -> str:
    client: Client = asking.state.client
    return client.neighbourhood
