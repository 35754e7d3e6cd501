"""Workers die, freeze and lose their database; nothing is lost and order stays."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from kommutator.kit.postgres import EmbeddedPostgres
from kommutator.store import migrate
from kommutator.store.database import Database
from kommutator.store.driver import TRANSIENT
from tests.support.waiting import eventually, takes
from tests.workers.harness import account, add_connection, owe, record, states

WORKER = Path(__file__).with_name("worker.py")
pytestmark = pytest.mark.slow


@dataclass
class Line:
    what: str
    lane: int
    key: str
    id: int
    unsure: bool
    pid: int
    at: float


def lines(path: Path) -> list[Line]:
    if not path.exists():
        return []
    split = [text.split() for text in path.read_text().splitlines()]
    return [
        Line(w, int(lane), key, int(i), u == "1", int(p), float(t))
        for w, lane, key, i, u, p, t in split
    ]


@asynccontextmanager
async def worker(
    dsn: str, path: Path, seconds: float = 0.05, slots: int = 4, rate: float = 0
) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(WORKER), dsn, str(path), str(seconds), str(slots), str(rate)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        async with asyncio.timeout(30):
            while (line := await process.stdout.readline()) != b"ready\n":
                assert line, "the worker died before it was ready"
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGCONT)
            process.stdin.close()
            try:
                async with asyncio.timeout(20):
                    await process.communicate()
            except TimeoutError:
                process.kill()
        await process.wait()
        process._transport.close()  # type: ignore[attr-defined]  # asyncio leaves it open


async def fill(dsn: str, lanes: int, keys: int, per_key: int) -> Database:
    db = await Database.open(dsn, size=3)
    for n in range(1, lanes + 1):
        acc = account(n, str(n))
        await add_connection(db, acc)
        await owe(
            db,
            acc,
            [(f"k{k}", f"{k}-{i}", record(f"c{k}")) for i in range(per_key) for k in range(keys)],
        )
    return db


def assert_in_order(path: Path) -> None:
    """First sends of a key come in the order of ids; a repeat only repeats the latest."""
    latest: dict[tuple[int, str], int] = {}
    for line in lines(path):
        if line.what == "sent":
            before = latest.get((line.lane, line.key), 0)
            assert line.id >= before, f"{line} after {before}"
            latest[line.lane, line.key] = line.id


async def all_done(db: Database, count: int) -> bool:
    return await states(db) == {"done": count}


async def test_killed_worker_is_taken_over_within_six_seconds(
    database_url: str, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    db = await fill(database_url, lanes=6, keys=20, per_key=12)
    async with worker(database_url, log) as a, worker(database_url, log) as b:
        await eventually(lambda: {a.pid, b.pid} <= {line.pid for line in lines(log)})
        killed = time.time()
        a.kill()
        await a.wait()
        theirs = {line.lane for line in lines(log) if line.pid == a.pid} - {
            line.lane for line in lines(log) if line.pid == b.pid
        }
        await eventually(lambda: all_done(db, 6 * 20 * 12), 60)
    assert theirs, "each worker had lanes of its own"
    after = [x for x in lines(log) if x.pid == b.pid and x.lane in theirs and x.what == "sent"]
    first = {lane: min(x.at for x in after if x.lane == lane) for lane in {x.lane for x in after}}
    assert first, "the dead worker's lanes had work left"
    assert max(first.values()) - killed < 6.0
    assert_in_order(log)
    # Whatever was under way at the kill came back with a warning, and nothing else twice.
    everything = lines(log)
    done = {x.id for x in everything if x.what == "done"}
    assert len(done) == 6 * 20 * 12
    begun = {x.id for x in everything if x.pid == a.pid and x.what == "sent"}
    again = [x for x in everything if x.pid == b.pid and x.what == "sent" and x.id in begun]
    assert all(x.unsure for x in again)
    await db.close()


async def test_frozen_owner_cannot_finish_after_take_over(
    database_url: str, tmp_path: Path
) -> None:
    log_a, log_b = tmp_path / "a", tmp_path / "b"
    db = await fill(database_url, lanes=1, keys=2, per_key=1)
    async with worker(database_url, log_a, seconds=1.0) as a:
        await eventually(lambda: len(lines(log_a)) == 2)
        a.send_signal(signal.SIGSTOP)
        async with worker(database_url, log_b, seconds=0.05):
            await eventually(lambda: all_done(db, 2), 15)
            assert all(x.unsure for x in lines(log_b))
            a.send_signal(signal.SIGCONT)
            await eventually(lambda: sum(x.what == "done" for x in lines(log_a)) in (0, 2))
            await asyncio.wait_for(_given_up(db), 10)
    async with db.single() as unit:
        rows = await unit.connection.fetch("SELECT attempts FROM outbox")
        assert [r[0] for r in rows] == [1, 1]
        assert await unit.connection.fetchval("SELECT count(*) FROM attempts") == 2
        assert await unit.connection.fetchval("SELECT fence FROM lanes") == 2
    await db.close()


async def _given_up(db: Database) -> None:
    """Both workers beat, and nobody owns the lane any more."""
    query = (
        "SELECT (SELECT count(*) FROM workers WHERE seen_at > now() - interval '1 s') = 2 "
        "AND NOT EXISTS (SELECT FROM lanes WHERE lease_until > now())"
    )
    while True:
        async with db.single() as unit:
            if await unit.connection.fetchval(query):
                return
        await takes(0.05)


async def test_database_restart_in_the_middle(postgres_home: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    postgres = EmbeddedPostgres(postgres_home)
    dsn = postgres.start()
    try:
        await migrate.upgrade(dsn)
        db = await fill(dsn, lanes=3, keys=20, per_key=10)
        async with worker(dsn, log, seconds=0.03):
            await eventually(lambda: len(lines(log)) > 100)
            pid = postgres.pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)  # the launcher brings it back on the same port
            await eventually(lambda: postgres.pid not in (None, pid), 20)
            await eventually(lambda: _quietly_done(db, 600), 60)
        assert_in_order(log)
        async with db.single() as unit:
            count = await unit.connection.fetchval("SELECT count(DISTINCT outbox_id) FROM attempts")
        assert count == 600
        await db.close()
    finally:
        postgres.stop()


async def _quietly_done(db: Database, count: int) -> bool:
    try:
        return await all_done(db, count)
    except TRANSIENT:
        return False


async def test_budget_is_kept_by_two_processes_and_used_up(
    database_url: str, tmp_path: Path
) -> None:
    log, rate = tmp_path / "log", 20
    db = await fill(database_url, lanes=6, keys=50, per_key=1)
    async with (
        worker(database_url, log, seconds=0.01, slots=10, rate=rate) as a,
        worker(database_url, log, seconds=0.01, slots=10, rate=rate) as b,
    ):
        await eventually(lambda: sum(x.what == "sent" for x in lines(log)) >= 160, 30)
        pids = {x.pid for x in lines(log)}
        assert pids == {a.pid, b.pid}
    times = sorted(x.at for x in lines(log) if x.what == "sent")
    violations = [t for t in times if sum(t <= u < t + 1.0 for u in times) > rate]
    assert violations == []
    used = (len(times) - 1) / (times[-1] - times[0]) / rate
    assert used >= 0.9
    await db.close()
