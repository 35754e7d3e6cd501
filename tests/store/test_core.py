"""The unit of work, and what pooled connections keep."""

import asyncio
from uuid import UUID

import pytest

from kommutator.domain.journal import Arrival
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.clock import SystemClock
from kommutator.store.database import Database
from kommutator.store.driver import connect
from kommutator.store.listener import Listener
from tests.support.waiting import eventually

E = EnterpriseNumber("0367")


def arrival(n: int, **changes: object) -> Arrival:
    fields = {
        "enterprise": E,
        "source": "http",
        "kind": "dial",
        "key": f"call-{n}",
        "dedupe_key": f"d{n}",
        "body": b"{}",
    }
    return Arrival(**{**fields, **changes})  # type: ignore[arg-type]  # columns by name


async def test_pooled_connections_keep_no_session_state(database_url: str) -> None:
    db = await Database.open(database_url, size=1)
    async with db.unit() as unit:
        before = await unit.connection.fetchval("SELECT pg_backend_pid()")
        await unit.connection.execute("SET LOCAL statement_timeout = '1s'")
        await unit.connection.execute("SET LOCAL work_mem = '1MB'")
        await unit.outbox.backlog(E)
        await unit.lanes.status(E)
        await unit.timers.cancel(E, "none")
    async with db.single() as unit:
        assert await unit.connection.fetchval("SELECT pg_backend_pid()") == before
        assert await unit.connection.fetchval("SHOW statement_timeout") == "30s"
        assert await unit.connection.fetchval("SHOW work_mem") != "1MB"
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = $1"
        assert await unit.connection.fetchval(held, before) == 0
        assert await unit.connection.fetch("SELECT * FROM pg_listening_channels()") == []
        assert await unit.connection.fetch("SELECT 1 FROM pg_cursors WHERE name <> ''") == []
        temporary = "SELECT 1 FROM pg_class WHERE relpersistence = 't'"
        assert await unit.connection.fetch(temporary) == []
    await db.close()


async def test_unit_rolls_back_and_tells_nobody_when_it_raises(database_url: str) -> None:
    woken: list[str] = []
    db = await Database.open(database_url, size=1, waker=woken.append)
    with pytest.raises(RuntimeError):  # noqa: PT012  the block is what is tested
        async with db.unit() as unit:
            await unit.journal.add(arrival(1))
            raise RuntimeError
    async with db.unit() as unit:
        assert await unit.journal.fetch_new(E, 10) == []
    assert woken == []
    await db.close()


async def test_news_go_out_once_per_lane_with_the_commit(database_url: str) -> None:
    heard: list[tuple[str, str]] = []
    channels = ("kommutator_wake", "kommutator_config", "kommutator_live")
    listener = Listener(
        database_url,
        {c: lambda payload, c=c: heard.append((c, payload)) for c in channels},
        on_reconnect=lambda: None,
        clock=SystemClock(),
    )
    await listener.start()
    woken: list[str] = []
    db = await Database.open(database_url, size=2, waker=woken.append)
    async with db.unit() as unit:
        for _ in range(3):
            unit.wake("crm:x")
        unit.config_changed(E, "retailcrm")
        unit.call_changed(E, "c1")
    assert woken == ["crm:x"]
    await eventually(lambda: len(heard) >= 3)
    assert heard == [
        ("kommutator_wake", "crm:x"),
        ("kommutator_config", '{"enterprise_number":"0367","integration_type":"retailcrm"}'),
        ("kommutator_live", '{"enterprise_number":"0367","call_id":"c1"}'),
    ]
    await listener.stop()
    await db.close()


async def test_listener_comes_back_and_says_so(database_url: str) -> None:
    heard: list[str] = []
    back = asyncio.Event()
    listener = Listener(
        database_url, {"kommutator_wake": heard.append}, on_reconnect=back.set, clock=SystemClock()
    )
    await listener.start()
    other = await connect(database_url)
    kill = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE query LIKE 'LISTEN%' AND datname = current_database() AND pid <> pg_backend_pid()"
    )
    await other.execute(kill)
    await asyncio.wait_for(back.wait(), 10)
    await other.execute("SELECT pg_notify('kommutator_wake', 'crm:y')")
    await eventually(lambda: heard == ["crm:y"])
    await other.close()
    await listener.stop()


async def test_append_maps_receipts_even_with_repeats_in_one_batch(db: Database) -> None:
    async with db.unit() as unit:
        first = await unit.journal.append([arrival(1)])
        receipts = await unit.journal.append(
            [arrival(2), arrival(1), arrival(2, body=b"again"), arrival(3)]
        )
        rows = await unit.journal.fetch_new(E, 10)
    assert [r.duplicate for r in receipts] == [False, True, True, False]
    ids = [first[0].journal_id, receipts[0].journal_id, receipts[3].journal_id]
    assert [r.id for r in rows] == ids
    assert [r.key for r in rows] == ["call-1", "call-2", "call-3"]
    assert rows[1].body == b"{}"


async def test_append_keeps_tenants_apart(db: Database) -> None:
    other = EnterpriseNumber("0001")
    async with db.unit() as unit:
        receipts = await unit.journal.append([arrival(1), arrival(1, enterprise=other)])
        assert [r.duplicate for r in receipts] == [False, False]
        assert [r.id for r in await unit.journal.fetch_new(other, 9)] == [receipts[1].journal_id]


async def test_connection_id_comes_back(db: Database) -> None:
    connection_id = UUID(int=7)
    async with db.unit() as unit:
        await unit.journal.add(arrival(1, connection_id=connection_id))
        (row,) = await unit.journal.fetch_new(E, 1)
    assert row.connection_id == connection_id
