import asyncio
from collections.abc import Awaitable, Callable

import pytest

from kommutator.kit.cache import Cache
from kommutator.kit.clock import ManualClock
from kommutator.kit.ids import SequenceIds


class Source:
    """Counts its loads and holds them back until told."""

    def __init__(self) -> None:
        self.loads = 0
        self.open = asyncio.Event()
        self.open.set()
        self.failing = False

    async def load(self, key: str) -> str:
        self.loads += 1
        told = f"{key}{self.loads}"
        await self.open.wait()
        if self.failing:
            raise ConnectionError("no database")
        return told


def cache_of(
    load: Callable[[str], Awaitable[str]], clock: ManualClock, max_size: int = 100
) -> Cache[str, str]:
    return Cache(
        load, ttl=(60, 120), soft=0.5, clock=clock, ids=SequenceIds(jitter=0.5), max_size=max_size
    )


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_fresh_then_stale_then_gone() -> None:
    clock, source = ManualClock(), Source()
    cache = cache_of(source.load, clock)
    assert await cache.get("a") == "a1"
    await clock.advance(44.9)
    assert await cache.get("a") == "a1"
    assert source.loads == 1
    await clock.advance(0.1)  # half of 90 s: renewed aside, the old one is served meanwhile
    assert await cache.get("a") == "a1"
    await settle()
    assert await cache.get("a") == "a2"
    await clock.advance(90)
    assert await cache.get("a") == "a3"
    assert (cache.stats.hits, cache.stats.stale_hits, cache.stats.misses) == (2, 1, 2)


async def test_lives_lie_between_the_two_limits() -> None:
    for jitter, life in ((0.0, 60.0), (1.0, 120.0)):
        clock, source = ManualClock(), Source()
        cache: Cache[str, str] = Cache(
            source.load, ttl=(60, 120), soft=1.0, clock=clock, ids=SequenceIds(jitter)
        )
        await cache.get("a")
        await clock.advance(life - 0.01)
        assert await cache.get("a") == "a1"
        await clock.advance(0.01)
        assert await cache.get("a") == "a2"


async def test_a_stampede_of_five_hundred_is_one_load() -> None:
    source = Source()
    cache = cache_of(source.load, ManualClock())
    source.open.clear()
    waiters = [asyncio.create_task(cache.get("a")) for _ in range(500)]
    await settle()
    source.open.set()
    assert set(await asyncio.gather(*waiters)) == {"a1"}
    assert source.loads == 1


async def test_a_cancelled_waiter_takes_nobody_with_it() -> None:
    source = Source()
    cache = cache_of(source.load, ManualClock())
    source.open.clear()
    first, second = (asyncio.create_task(cache.get("a")) for _ in range(2))
    await settle()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    source.open.set()
    assert await second == "a1"
    assert await cache.get("a") == "a1"
    assert source.loads == 1


async def test_what_was_invalidated_while_loading_is_not_kept() -> None:
    source = Source()
    cache = cache_of(source.load, ManualClock())
    source.open.clear()
    before = asyncio.create_task(cache.get("a"))
    await settle()
    cache.invalidate("a")
    after = asyncio.create_task(cache.get("a"))
    await settle()
    source.open.set()
    assert (await before, await after) == ("a1", "a2")
    assert await cache.get("a") == "a2"


async def test_clearing_forbids_keeping_what_is_under_way() -> None:
    source = Source()
    cache = cache_of(source.load, ManualClock())
    source.open.clear()
    before = asyncio.create_task(cache.get("a"))
    await settle()
    cache.clear()
    source.open.set()
    assert await before == "a1"
    assert cache.peek("a") is None
    assert await cache.get("a") == "a2"


async def test_a_failed_load_reaches_its_waiters_and_is_forgotten() -> None:
    source = Source()
    cache = cache_of(source.load, ManualClock())
    source.failing = True
    with pytest.raises(ConnectionError):
        await cache.get("a")
    source.failing = False
    assert await cache.get("a") == "a2"
    assert cache.stats.load_errors == 1


async def test_a_failed_renewal_leaves_the_old_value_to_its_end() -> None:
    clock, source = ManualClock(), Source()
    cache = cache_of(source.load, clock)
    await cache.get("a")
    source.failing = True
    await clock.advance(60)
    assert await cache.get("a") == "a1"
    await settle()
    assert await cache.get("a") == "a1"
    await clock.advance(30)
    with pytest.raises(ConnectionError):
        await cache.get("a")


async def test_readers_keep_the_old_value_while_refresh_loads() -> None:
    source = Source()
    cache = cache_of(source.load, ManualClock())
    await cache.get("a")
    source.open.clear()
    refreshing = asyncio.create_task(cache.refresh("a"))
    await settle()
    assert await cache.get("a") == "a1"
    source.open.set()
    assert await refreshing == "a2"
    assert await cache.get("a") == "a2"


async def test_an_older_load_never_overwrites_a_refresh() -> None:
    source = Source()
    cache = cache_of(source.load, ManualClock())
    source.open.clear()
    older = asyncio.create_task(cache.get("a"))
    await settle()
    newer = asyncio.create_task(cache.refresh("a"))
    await settle()
    source.open.set()
    assert (await newer, await older) == ("a2", "a1")
    assert await cache.get("a") == "a2"


async def test_the_longest_unused_goes_first() -> None:
    source = Source()
    cache = cache_of(source.load, ManualClock(), max_size=2)
    await cache.get("a")
    await cache.get("b")
    await cache.get("a")
    await cache.get("c")
    assert (cache.peek("a"), cache.peek("b"), cache.peek("c")) == ("a1", None, "c3")
    assert (len(cache), cache.stats.evictions) == (2, 1)


async def test_expiring_counts_what_ends_soon() -> None:
    clock, source = ManualClock(), Source()
    cache = cache_of(source.load, clock)
    await cache.get("a")
    await clock.advance(80)
    await cache.get("b")
    assert cache.expiring(15) == 1
    cache.replace_all([("z", "zz")])
    assert (len(cache), cache.peek("a"), cache.peek("z")) == (1, None, "zz")
