"""The whole way with a language model: it is told no number, and books nothing by itself."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from kommutator.domain.tenancy import Actor, Role
from tests.support.messengers import open_messenger
from tests.support.model_talk import KEY
from tests.support.openai_stub import Asked, call, openai_stub
from tests.support.talking_service import TalkingService, open_talking_service
from tests.support.yclients_service import HERE, SALON

ANNA = 5001
ADMIN = Actor("admin@0367.example", Role.ENTERPRISE_ADMIN, HERE)


@pytest.fixture
async def talking(database_url: str) -> AsyncIterator[TalkingService]:
    async with (
        open_messenger("telegram") as telegram,
        open_talking_service(database_url, telegram, brain="llm") as service,
    ):
        yield service


def _wishes(asked: Asked) -> dict[str, object]:
    """The first service of the salon, as the model was told of it, tomorrow."""
    told = json.loads(asked["messages"][-1]["content"])
    tomorrow = sorted(told["calendar"])[1]
    return call("wish", service_ids=[told["salon"]["services"][0]["id"]], first_day=tomorrow)


async def test_a_model_understands_and_the_client_decides(talking: TalkingService) -> None:
    await talking.comes(ANNA, "Анна")
    await talking.said(ANNA, 1)
    house = talking.service.house
    async with openai_stub() as stub:
        await house.llm.save(ADMIN, HERE, {"base_url": stub.url, "model": "a-model"}, KEY)
        stub.told(_wishes)
        offers = await talking.ask(
            ANNA, "Хочу чего-нибудь эдакого. Меня зовут Анна, звоните +7 916 123-45-67", 2
        )
        assert "1. " in offers, offers
        await talking.ask(ANNA, "1", 3)
        await talking.ask(ANNA, "да", 4)
        assert len(stub.asked) == 1, "numbers and yes need no model"
        assert "916" not in stub.sent
    journal = talking.service.twin.world.companies[SALON].records.values()
    (mine,) = [one for one in journal if one.api_id]
    turns = await talking.service.fetch("SELECT * FROM turns ORDER BY no")
    assert [row["brain"] for row in turns][-3:-1] == ["llm", "rules"]
    assert turns[-1]["record_id"] == mine.id
    (trace,) = [row["trace"] for row in turns if row["brain"] == "llm"]
    assert "916" not in json.dumps(trace)
    shown = await house.llm.show(ADMIN, HERE)
    assert shown is not None
    assert (shown.today.turns, shown.today.tokens_in) == (1, 100)
