"""Promise: token refresh never loses the account silently, whatever processes do.

Real processes, a real database, the twin that rotates for good.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kommutator.domain.connection import Account
from kommutator.flows.house import House
from tests.support.amocrm_town import AmoTwin, open_amocrm
from tests.support.house import open_house, settle_tenant
from tests.support.killable import running
from tests.support.waiting import eventually

WORKER = Path(__file__).with_name("token_worker.py")
PROCESSES, CALLERS = 4, 50


@dataclass
class Worker:
    process: asyncio.subprocess.Process

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"go\n")

    async def answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        async with asyncio.timeout(60):
            found: dict[str, Any] = json.loads(await self.process.stdout.readline())
        return found


@dataclass
class Scene:
    dsn: str
    twin: AmoTwin
    house: House
    account: Account

    @asynccontextmanager
    async def worker(self, callers: int = CALLERS) -> AsyncIterator[Worker]:
        account, settings = self.account, json.dumps(self.twin.settings)
        asked = self.dsn, settings, account.enterprise, account.connection_id, callers
        async with running(WORKER, *asked) as process:
            yield Worker(process)

    async def run(self, statement: str) -> None:
        async with self.house.db.unit() as unit:
            await unit.connection.execute(statement)

    async def expire(self) -> None:
        await self.run(
            "UPDATE oauth_grants SET issued_at = now() - interval '1 day', "
            "expires_at = now(), next_try_at = '-infinity'"
        )

    async def row(self) -> dict[str, Any]:
        async with self.house.db.unit() as unit:
            found = await unit.connection.fetchrow(
                "SELECT g.state, g.reason, g.generation, g.sent_at IS NOT NULL AS sent, c.status, "
                "c.status_reason FROM oauth_grants g JOIN connections c ON c.id = g.connection_id"
            )
        return dict(found)


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Scene]:
    async with open_amocrm() as twin, open_house(database_url, **twin.settings) as house:
        account = await twin.connect(house, await settle_tenant(house, "0367"))
        yield Scene(database_url, twin, house, account)


async def test_two_hundred_calls_in_four_processes_make_one_refresh(scene: Scene) -> None:
    async with AsyncExitStack() as stack:
        workers = [await stack.enter_async_context(scene.worker()) for _ in range(PROCESSES)]
        for turn in range(1, 4):
            await scene.expire()
            for worker in workers:
                worker.go()
            answers = [await worker.answer() for worker in workers]
            assert [answer["errors"] for answer in answers] == [{}] * PROCESSES
            tokens = {token for answer in answers for token in answer["tokens"]}
            assert len(tokens) == 1
            assert sum(sum(a["tokens"].values()) for a in answers) == PROCESSES * CALLERS
            assert await scene.twin.exchanges() == 1 + turn  # the code, then one each time
            assert (await scene.row())["generation"] == 1 + turn


async def test_kill_9_after_the_vendor_rotated_and_before_our_commit(scene: Scene) -> None:
    await scene.expire()
    path = "/oauth2/access_token"
    await scene.twin.order("faults", kind="latency", path=path, after=True, seconds=20, count=1)
    async with scene.worker(1) as victim:
        victim.go()

        async def rotated() -> bool:
            return await scene.twin.exchanges() == 2

        await eventually(rotated)
        victim.process.kill()
        await victim.process.wait()
    row = await scene.row()
    assert (row["state"], row["generation"], row["sent"]) == ("active", 1, True)
    await scene.run("UPDATE oauth_grants SET lock_until = now() - interval '1 s'")
    async with AsyncExitStack() as stack:
        heirs = [await stack.enter_async_context(scene.worker()) for _ in range(2)]
        for _ in range(3):
            for heir in heirs:
                heir.go()
            for heir in heirs:
                answer = await heir.answer()
                assert answer["tokens"] == {}
                assert answer["errors"] == {"access_revoked:grant_reconnect": CALLERS}
    assert await scene.twin.exchanges() == 3  # the code, the killed one, one look: no loop
    row = await scene.row()
    assert (row["state"], row["reason"]) == ("lost", "refresh_answer_lost")
    assert (row["status"], row["status_reason"]) == ("broken", "refresh_answer_lost")
    texts = scene.house.texts
    for locale in ("ru", "uk", "en"):
        assert texts.has(locale, "grant.refresh_answer_lost")
        assert texts.has(locale, "grant.refresh_answer_lost.action")


async def test_kill_9_before_the_vendor_saw_anything_costs_nothing(scene: Scene) -> None:
    await scene.expire()
    path = "/oauth2/access_token"
    await scene.twin.order("faults", kind="latency", path=path, seconds=20, count=1)
    async with scene.worker(1) as victim:
        victim.go()

        async def arrived() -> bool:
            return await scene.twin.exchanges() == 2

        await eventually(arrived)
        victim.process.kill()
        await victim.process.wait()
    await scene.run("UPDATE oauth_grants SET lock_until = now() - interval '1 s'")
    async with scene.worker() as heir:
        heir.go()
        answer = await heir.answer()
    assert answer["errors"] == {}
    assert (await scene.row())["state"] == "active"
