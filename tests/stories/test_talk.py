"""The whole way, in one running service: a client writes to a bot and is in the salon's journal."""

from collections.abc import AsyncIterator

import pytest

from kommutator.store.views.inbox import TalkWanted
from tests.support.messengers import open_messenger
from tests.support.talking_service import TalkingService, open_talking_service
from tests.support.yclients_service import HERE, SALON

ANNA = 5001


@pytest.fixture
async def talking(database_url: str) -> AsyncIterator[TalkingService]:
    async with (
        open_messenger("telegram") as telegram,
        open_talking_service(database_url, telegram) as service,
    ):
        yield service


async def test_a_client_writes_and_is_in_the_journal(talking: TalkingService) -> None:
    await talking.comes(ANNA, "Анна")
    await talking.said(ANNA, 1)
    offers = await talking.ask(
        ANNA, "Запишите меня на мужскую стрижку завтра. Меня зовут Анна, +7 916 123-45-67", 2
    )
    assert "1. " in offers, offers
    proposal = await talking.ask(ANNA, "1", 3)
    assert "стрижка мужская" in proposal.lower(), proposal
    done = await talking.ask(ANNA, "да", 4)
    assert "Вы записаны" in done, done
    journal = talking.service.twin.world.companies[SALON].records.values()
    (mine,) = [one for one in journal if one.api_id]
    (turn,) = await talking.service.fetch("SELECT * FROM turns WHERE act ->> 'act' = 'book'")
    assert (turn["record_id"], turn["outcome"], turn["brain"]) == (mine.id, "done", "rules")
    (line,) = await talking.service.house.inbox.list(HERE, TalkWanted())
    assert (line.speaking, line.last_by, line.title) == ("bot", "bot", "Анна")
