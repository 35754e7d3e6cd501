"""A lane with nothing to do costs nothing and is given back."""

import asyncio

import pytest

from kommutator.store.database import Database
from kommutator.store.deliveries import DeliveryStore
from tests.support.waiting import eventually
from tests.workers.harness import FakeDelivery, account, add_connection, house, owe, popup


async def test_an_idle_lane_does_not_ask_again_and_again(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    fetch = DeliveryStore.fetch

    async def counted(self: DeliveryStore, lane: str, *args: int, **kwargs: object) -> object:
        asked.append(lane)
        return await fetch(self, lane, *args, **kwargs)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(DeliveryStore, "fetch", counted)
    acc = account(1)
    async with house(database_url, FakeDelivery(), [acc], linger_s=0.5) as h:
        await add_connection(h.db, acc)
        await owe(h.db, acc, [("a", "1", popup())])
        await eventually(lambda: h.all_done(1))
        await eventually(lambda: not h.engine.lanes)
    assert len(asked) < 10


async def test_an_empty_lane_has_no_next_time(database_url: str) -> None:
    db = await Database.open(database_url, size=1)
    acc = account(1)
    await add_connection(db, acc)
    async with db.single() as unit:
        assert await unit.deliveries.next_wait(acc.lane, busy_keys=[]) is None
    await owe(db, acc, [("a", "1", popup())])
    async with db.single() as unit:
        assert await unit.deliveries.next_wait(acc.lane, busy_keys=[]) == 0
        assert await unit.deliveries.next_wait(acc.lane, busy_keys=["a"]) is None
    await asyncio.wait_for(db.close(), 5)
