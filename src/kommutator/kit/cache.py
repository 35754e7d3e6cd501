"""A cache that serves a little stale rather than slow, and never what was invalidated.

An entry is fresh for its soft time, then served while one background load renews it, then gone.
Any number of waiters share one load; a waiter that is cancelled does not cancel it. A value whose
loading began before an invalidation is handed to its waiters but not kept.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from kommutator.kit.clock import Clock
from kommutator.kit.ids import Ids

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(slots=True)
class CacheStats:
    """Counters since the start; `load_seconds` is the sum over all loads."""

    hits: int = 0
    stale_hits: int = 0
    misses: int = 0
    loads: int = 0
    load_errors: int = 0
    load_seconds: float = 0.0
    invalidations: int = 0
    evictions: int = 0


@dataclass(frozen=True, slots=True)
class _Entry(Generic[V]):
    value: V
    soft_until: float
    until: float


@dataclass(eq=False, slots=True)
class _Flight(Generic[V]):
    """One load under way; an invalidation takes away its right to keep the result."""

    task: asyncio.Task[V] | None = None
    keeps: bool = True


class Cache(Generic[K, V]):
    """Keys to values with single-flight loading.

    Args:
        load: fetches one value; what it raises reaches the waiters and is not kept.
        ttl: seconds an entry lives, drawn between the two for each entry so that they do not
            all end at once.
        soft: the part of its life after which an entry is renewed in the background.
        max_size: entries kept; the longest unused goes first.
    """

    def __init__(
        self,
        load: Callable[[K], Awaitable[V]],
        *,
        ttl: tuple[float, float],
        clock: Clock,
        ids: Ids,
        soft: float = 0.5,
        max_size: int = 10_000,
    ) -> None:
        self._load = load
        self._ttl = ttl
        self._soft = soft
        self._clock = clock
        self._ids = ids
        self._max_size = max_size
        self._entries: OrderedDict[K, _Entry[V]] = OrderedDict()
        self._flights: dict[K, _Flight[V]] = {}
        self.stats = CacheStats()

    async def get(self, key: K) -> V:
        """The value: fresh, a little stale, or loaded now."""
        entry = self._entries.get(key)
        now = self._clock.monotonic()
        if entry is not None and now < entry.until:
            self._serve(key, entry, now)
            return entry.value
        self.stats.misses += 1
        return await self._wait(key)

    async def refresh(self, key: K) -> V:
        """Load now, whatever is kept; readers keep the old value until the new one is there."""
        if (flight := self._flights.pop(key, None)) is not None:
            flight.keeps = False
        return await self._wait(key)

    @property
    def generation(self) -> int:
        """Grows with every invalidation; tells whether something loaded aside is still true."""
        return self.stats.invalidations

    def peek(self, key: K) -> V | None:
        """What is kept and alive, without counting or loading."""
        entry = self._entries.get(key)
        alive = entry is not None and self._clock.monotonic() < entry.until
        return entry.value if entry is not None and alive else None

    def put(self, key: K, value: V) -> None:
        """Keep a value that was loaded elsewhere."""
        now = self._clock.monotonic()
        shortest, longest = self._ttl
        life = shortest + (longest - shortest) * self._ids.uniform()
        self._entries[key] = _Entry(value, now + life * self._soft, now + life)
        self._entries.move_to_end(key)
        if len(self._entries) > self._max_size:
            self._entries.popitem(last=False)
            self.stats.evictions += 1

    def replace_all(self, values: Iterable[tuple[K, V]]) -> None:
        """Swap the whole content at once."""
        self._forget_flights()
        self._entries = OrderedDict()
        for key, value in values:
            self.put(key, value)

    def invalidate(self, key: K) -> None:
        """Forget the key; a load under way will not be kept."""
        self._entries.pop(key, None)
        if (flight := self._flights.pop(key, None)) is not None:
            flight.keeps = False
        self.stats.invalidations += 1

    def invalidate_where(self, matches: Callable[[K, V], bool]) -> None:
        """Forget matching entries, and the result of every load under way."""
        for key in [k for k, e in self._entries.items() if matches(k, e.value)]:
            del self._entries[key]
        self._forget_flights()
        self.stats.invalidations += 1

    def clear(self) -> None:
        """Forget everything."""
        self._entries = OrderedDict()
        self._forget_flights()
        self.stats.invalidations += 1

    def __len__(self) -> int:
        return len(self._entries)

    def expiring(self, within: float) -> int:
        """How many entries end within so many seconds."""
        limit = self._clock.monotonic() + within
        return sum(entry.until <= limit for entry in self._entries.values())

    def _serve(self, key: K, entry: _Entry[V], now: float) -> None:
        self._entries.move_to_end(key)
        if now < entry.soft_until:
            self.stats.hits += 1
            return
        self.stats.stale_hits += 1
        if key not in self._flights:
            self._start(key)

    async def _wait(self, key: K) -> V:
        flight = self._flights.get(key) or self._start(key)
        assert flight.task is not None
        return await asyncio.shield(flight.task)

    def _start(self, key: K) -> _Flight[V]:
        flight: _Flight[V] = _Flight()
        flight.task = asyncio.ensure_future(self._fly(key, flight))
        flight.task.add_done_callback(_retrieve)
        self._flights[key] = flight
        return flight

    async def _fly(self, key: K, flight: _Flight[V]) -> V:
        started = self._clock.monotonic()
        self.stats.loads += 1
        try:
            value = await self._load(key)
            if flight.keeps:
                self.put(key, value)
        except Exception:
            self.stats.load_errors += 1
            raise
        finally:
            self.stats.load_seconds += self._clock.monotonic() - started
            if self._flights.get(key) is flight:
                del self._flights[key]
        return value

    def _forget_flights(self) -> None:
        for flight in self._flights.values():
            flight.keeps = False
        self._flights.clear()


def _retrieve(task: asyncio.Task[V]) -> None:
    """A background renewal that failed has no waiter; its error is counted, not reported twice."""
    if not task.cancelled():
        task.exception()
