"""From a salon's journal to people's phones: every change, made anywhere, told once."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from kommutator.domain.salon.changes import VisitNews
from kommutator.domain.salon.copy import TASKS
from tests.support.channels import a_receiver, connect_telegram
from tests.support.messengers import Messenger, open_messenger
from tests.support.salon_story import READ_S, SalonStory, Told
from tests.support.waiting import eventually
from tests.support.yclients_service import HERE, SALON, SalonService, open_salon_service

PERSON = {"id": 5001, "first_name": "Анна"}
BAD_HOOKS = {"hook_loss": 0.15, "hook_duplicate": 0.3, "hook_reorder": 0.3}


@dataclass(frozen=True)
class Story:
    """A salon that was read, and a person who pressed Start at our bot."""

    service: SalonService
    telegram: Messenger
    told: Told

    async def act(self, act: str, **more: Any) -> dict[str, Any]:
        """An administrator's hand in the salon's journal."""
        return await self.service.twin.order("act", company=SALON, act=act, **more)

    async def states(self) -> Counter[str]:
        rows = await self.service.fetch("SELECT state, count(*) AS n FROM notices GROUP BY state")
        return Counter({row["state"]: row["n"] for row in rows})


@asynccontextmanager
async def open_story(dsn: str) -> AsyncIterator[Story]:
    async with (
        open_messenger("telegram") as telegram,
        open_salon_service(
            dsn,
            roles=("api", "worker"),
            telegram_api_url=telegram.url,
            telegram_links_url=f"{telegram.url}/t.me",
        ) as service,
    ):
        told = Told()
        shelve = service.house.salons._shelve
        shelve._hearers = (*shelve._hearers, told)
        bot = await connect_telegram(service.house, HERE, telegram)
        await telegram.order("start", **PERSON)
        await eventually(lambda: service.house.notices.chats(HERE, bot))
        await a_receiver(service.house, HERE, bot, "5001", wishes={"edits": False})
        await service.install(SALON)

        async def read() -> bool:
            finished = await service.value("SELECT count(finished_at) FROM crm_reads")
            return bool(finished == len(TASKS))

        await eventually(read, READ_S)
        assert await service.value("SELECT count(*) FROM notices") == 0  # what was there before
        told.of.clear()
        yield Story(service, telegram, told)


async def test_what_is_done_by_hand_reaches_the_phone_once(database_url: str) -> None:
    async with open_story(database_url) as story:
        company = story.service.twin.world.companies[SALON]
        record = next(
            one for one in company.records.values()
            if not one.deleted and one.attendance == 0 and one.services
        )  # fmt: skip
        names = {one.id: one.name for one in company.staff.values()}
        await story.act("cancel", id=record.id)

        async def sent() -> bool:
            return (await story.states())["sent"] == 1

        await eventually(sent, READ_S)
        (message,) = await story.telegram.heard()
        assert message["text"].startswith("❌ Visit cancelled")
        assert f"With: {names[record.staff_id]}" in message["text"]
        assert f"{record.start:%H:%M}" in message["text"]


@pytest.mark.parametrize("changes", [100, pytest.param(1000, marks=pytest.mark.slow)])
async def test_bad_hooks_lose_no_notice_and_double_none(database_url: str, changes: int) -> None:
    async with open_story(database_url) as story:
        service = story.service
        await service.twin.order("switches", **BAD_HOOKS)
        for portion in range(10):
            order = {"company": SALON, "changes": changes // 10, "seed": 700 + portion}
            await service.twin.order("script", **order)
        connection = await service.value("SELECT id FROM connections WHERE kind = 'yclients'")
        copied = SalonStory(service, story.told, connection)
        await eventually(copied.quiet, READ_S)
        await copied.reconciled("changed:visits", "visits")
        assert await copied.same()
        wanted = {VisitNews.CREATED, VisitNews.MOVED, VisitNews.CANCELLED, VisitNews.RESTORED}
        due = Counter(
            (one.after.id, next(news.value for news in one.news if news in wanted))
            for told in story.told.of.values()
            for one in told
            if wanted & set(one.news)
        )
        rows = await service.fetch(
            "SELECT record_id, news, count(*) AS n FROM notices GROUP BY 1, 2"
        )
        assert Counter({(row["record_id"], row["news"]): row["n"] for row in rows}) == due
        assert sum(due.values()) > changes // 5
        owed = await service.value("SELECT count(*) FROM outbox WHERE kind = 'send_message'")
        assert owed == sum(due.values())
