from datetime import UTC, datetime

from pwdlib.hashers.argon2 import Argon2Hasher

from kommutator.kit.clock import ManualClock
from kommutator.kit.metrics import Metrics
from kommutator.kit.passwords import Passwords
from kommutator.kit.throttle import Throttle

START = datetime(2026, 1, 1, tzinfo=UTC)


async def test_a_burst_and_then_the_rate() -> None:
    clock = ManualClock(START)
    throttle = Throttle(2.0, 3, clock)
    assert [throttle.take("a") for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    assert throttle.take("b") == 0.0
    await clock.advance(0.5)
    assert [throttle.take("a") for _ in range(2)] == [0.0, 0.5]
    await clock.advance(100)
    assert [throttle.take("a") for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]


async def test_over_a_long_time_the_rate_is_kept() -> None:
    clock = ManualClock(START)
    throttle = Throttle(10.0, 5, clock)
    granted = 0
    for _ in range(1000):
        granted += throttle.take("a") == 0.0
        await clock.advance(0.01)
    assert granted == 104  # 5 at once, then 10 per second for 9.99 s


def test_strangers_cannot_fill_the_memory() -> None:
    throttle = Throttle(1.0, 1, ManualClock(START), max_keys=10)
    for number in range(1000):
        throttle.take(str(number))
    assert len(throttle._due) == 10


async def test_passwords_in_earnest_are_argon2id_and_slow_to_guess() -> None:
    passwords = Passwords()
    held = await passwords.hash("correct horse")
    kind, version, parameters = held.split("$")[1:4]
    assert (kind, version) == ("argon2id", "v=19")
    memory, time, _ = (int(part.partition("=")[2]) for part in parameters.split(","))
    assert memory >= 19_456  # OWASP's least, kB
    assert time >= 2
    assert await passwords.check("correct horse", held) == (True, None)
    assert (await passwords.check("wrong horse", held))[0] is False
    assert await passwords.check("correct horse", None) == (False, None)


async def test_a_weak_old_hash_is_made_anew() -> None:
    weak = Passwords(Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1))
    held = await weak.hash("correct horse")
    fits, better = await Passwords().check("correct horse", held)
    assert fits
    assert better is not None
    assert better != held


def test_a_cache_is_shown_at_each_scrape() -> None:
    metrics, stats = Metrics(), {"hits": 1.0, "size": 2.0}
    metrics.watch_cache("config", lambda: stats)
    assert 'kommutator_cache_hits_total{cache="config"} 1.0' in metrics.render().decode()
    stats["hits"] = 5.0
    told = metrics.render().decode()
    assert 'kommutator_cache_hits_total{cache="config"} 5.0' in told
    assert 'kommutator_cache_size{cache="config"} 2.0' in told


def test_every_metric_has_our_name() -> None:
    names = [family.name for family in Metrics().registry.collect()]
    assert names
    assert [name for name in names if not name.startswith("kommutator_")] == []
