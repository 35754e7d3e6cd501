"""What a worker tells /metrics of connections, talks and its bridge to WhatsApp."""

from collections.abc import Mapping

from kommutator.connectors.channels.whatsapp.errors import down
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.clock import SystemClock
from kommutator.store.database import Database
from kommutator.workers import metrics
from kommutator.workers.talk_figures import TalkFigures
from tests.support.house import open_house
from tests.support.whatsapp_house import a_phone

HERE = EnterpriseNumber("0367")


async def no_bridge() -> Mapping[str, int]:
    return {}


class TestCounts:
    async def test_connections_by_kind_and_status_and_none_of_what_was_removed(
        self, database_url: str
    ) -> None:
        async with open_house(database_url) as house:
            phone = await a_phone(house)
            figures = TalkFigures(house.db, no_bridge, clock=SystemClock())
            await figures.count()
            drafts = metrics.CONNECTIONS.labels("whatsapp", "draft")
            assert drafts._value.get() == 1
            async with house.db.unit() as unit:
                await unit.connections.remove(HERE, phone.id)
            await figures.count()
            assert drafts._value.get() == 0

    async def test_talks_that_wait_and_the_oldest_of_today(self, database_url: str) -> None:
        async with open_house(database_url) as house:
            phone = await a_phone(house)
            for chat, age in (("1", "10 minutes"), ("2", "3 days"), ("3", None)):
                await a_talk(house.db, phone.id, chat, age)
            await TalkFigures(house.db, no_bridge, clock=SystemClock()).count()
        assert metrics.TALKS_WAITING._value.get() == 2
        assert 600 <= metrics.TALKS_WAIT._value.get() < 700


async def a_talk(db: Database, phone: object, chat: str, age: str | None) -> None:
    """`age`: how long it waits for a person; None: it does not."""
    async with db.unit() as unit:
        await unit.connection.execute(
            "INSERT INTO chats (enterprise, connection_id, chat_id) VALUES ($1, $2, $3)",
            HERE, phone, chat,
        )  # fmt: skip
        await unit.connection.execute(
            "INSERT INTO conversations (enterprise, connection_id, chat_id, needs_person, "
            "handed_over_at) VALUES ($1, $2, $3, $4, now() - $5::text::interval)",
            HERE, phone, chat, age is not None, age,
        )  # fmt: skip


class TestBridge:
    async def test_starts_are_counted_once_and_a_dead_one_has_no_lines(
        self, database_url: str
    ) -> None:
        told: list[Mapping[str, int] | None] = [
            {"starts": 1, "lines": 3, "rss": 107_000_000},
            {"starts": 3, "lines": 3, "rss": 108_000_000},
            None,
        ]

        async def stats() -> Mapping[str, int]:
            answer = told.pop(0)
            if answer is None:
                raise down("it ended")
            return answer

        db = await Database.open(database_url, size=1)
        figures = TalkFigures(db, stats, clock=SystemClock())
        before = metrics.BRIDGE_STARTS._value.get()
        await figures.weigh()
        await figures.weigh()
        assert metrics.BRIDGE_STARTS._value.get() - before == 3
        assert metrics.BRIDGE_LINES._value.get() == 3
        assert metrics.BRIDGE_MEMORY._value.get() == 108_000_000
        await figures.weigh()
        assert metrics.BRIDGE_STARTS._value.get() - before == 3
        assert metrics.BRIDGE_LINES._value.get() == 0
        await db.close()
