"""The worker of the assistant: wakes when told, works at once, lets no turn go that it holds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from kommutator.kit.clock import SystemClock
from kommutator.kit.ids import SystemIds
from kommutator.kit.news import News
from kommutator.workers.assistant import AssistantWorker
from tests.support.talks import Talks, open_talks
from tests.support.waiting import eventually


@pytest.fixture
async def talks(database_url: str) -> AsyncIterator[Talks]:
    async with open_talks(database_url) as opened:
        yield opened


@asynccontextmanager
async def working(
    talks: Talks, news: News, lease_s: float = 30.0
) -> AsyncIterator[AssistantWorker]:
    worker = AssistantWorker(
        talks.db, talks.converse, news, clock=SystemClock(), ids=SystemIds(), lease_s=lease_s
    )
    await worker.start()
    try:
        yield worker
    finally:
        news.close()
        await worker.stop()


async def _said(talks: Talks, count: int) -> None:
    async def there() -> bool:
        return len(await talks.said()) == count

    await eventually(there)


async def test_a_message_is_answered_as_soon_as_it_is_told_of(talks: Talks) -> None:
    news = News()
    async with working(talks, news):
        for number in range(3):
            await talks.says("Привет")
            news.publish('{"enterprise_number":"0367","chat":"x:y"}')
            await _said(talks, number + 1)


async def test_what_nobody_told_of_and_what_waited_on_purpose_is_found(talks: Talks) -> None:
    await talks.settings(debounce={"quiet_s": 0.3, "longest_s": 5})
    async with working(talks, News()):
        await talks.says("Привет")
        await _said(talks, 1)


async def test_a_long_thought_keeps_its_lease(talks: Talks) -> None:
    lease_s = 0.3
    thinking, think_on = asyncio.Event(), asyncio.Event()

    async def long() -> None:
        thinking.set()
        await think_on.wait()

    talks.brain.thinking = long
    await talks.says("Привет")
    news = News()
    async with working(talks, news, lease_s), working(talks, News(), lease_s):
        await thinking.wait()
        (fence,) = await talks.rows("SELECT fence FROM conversations")

        async def renewed() -> bool:
            (row,) = await talks.rows(
                "SELECT lease_until > claimed + interval '0.5 s' AS yes FROM conversations, "
                "(SELECT $1::timestamptz AS claimed) AS c",
                began["at"],
            )
            return bool(row["yes"])

        (began,) = await talks.rows("SELECT clock_timestamp() AS at")
        await eventually(renewed)
        assert await talks.rows("SELECT fence FROM conversations") == [fence]
        think_on.set()
        await _said(talks, 1)
    assert len(talks.brain.heard) == 1


async def test_what_is_under_way_ends_before_the_worker_does(talks: Talks) -> None:
    thinking, think_on = asyncio.Event(), asyncio.Event()

    async def long() -> None:
        thinking.set()
        await think_on.wait()

    talks.brain.thinking = long
    await talks.says("Привет")
    async with working(talks, News()) as worker:
        await thinking.wait()
        stopping = asyncio.create_task(worker.stop())
        think_on.set()
        await stopping
    assert await talks.said() == ["Вы написали: Привет"]


async def test_old_turns_are_forgotten(talks: Talks) -> None:
    await talks.says("Привет")
    await talks.turns()
    worker = AssistantWorker(talks.db, talks.converse, News(), clock=SystemClock(), ids=SystemIds())
    await worker.retire()
    assert len(await talks.rows("SELECT FROM turns")) == 1
    await talks.rows("UPDATE turns SET at = at - interval '366 days'")
    await worker.retire()
    assert await talks.rows("SELECT FROM turns") == []
