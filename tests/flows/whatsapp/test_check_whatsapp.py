"""`doctor` and WhatsApp: the bridge's parts here, and the worst of an enterprise's phones."""

import re
from collections.abc import AsyncIterator

import pytest

from kommutator.connectors.channels.whatsapp.errors import missing
from kommutator.domain.finding import Health
from kommutator.domain.whatsapp.states import WAITS_FOR_PERSON, SessionState
from kommutator.flows import check_whatsapp
from kommutator.flows.doctor import tell
from kommutator.flows.house import House
from kommutator.kit.texts import LOCALES, Texts
from tests.support.house import open_house
from tests.support.whatsapp_house import HERE, a_phone


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with open_house(database_url) as made:
        yield made


def no_node() -> str:
    raise missing("there is no Node 20 or newer")


async def put(house: House, phone: object, state: SessionState) -> None:
    async with house.db.unit() as unit:
        await unit.connection.execute(
            "UPDATE whatsapp_sessions SET state = $2, phone = '+79001234567' "
            "WHERE connection_id = $1",
            phone, state.value,
        )  # fmt: skip


async def test_a_missing_bridge_matters_as_soon_as_somebody_has_a_phone(house: House) -> None:
    (found,) = await check_whatsapp.bridge(house.db, no_node)
    assert (found.health, found.word) == (Health.SKIPPED, "not_needed")
    await a_phone(house)
    (found,) = await check_whatsapp.bridge(house.db, no_node)
    assert (found.health, found.word) == (Health.FAIL, "missing")
    assert found.facts == {"reason": "there is no Node 20 or newer", "phones": 1}
    (found,) = await check_whatsapp.bridge(house.db, lambda: "/usr/bin/node")
    assert (found.health, found.facts["node"]) == (Health.OK, "/usr/bin/node")


async def test_the_worst_phone_is_told_by_its_number(house: House) -> None:
    assert [one.word for one in await check_whatsapp.phones(house.db, HERE)] == ["not_connected"]
    first = await a_phone(house)
    assert [one.word for one in await check_whatsapp.phones(house.db, HERE)] == ["not_linked"]
    await put(house, first.id, SessionState.OPEN)
    (found,) = await check_whatsapp.phones(house.db, HERE)
    assert (found.health, found.facts) == (Health.OK, {"n": 1})
    for state, health in (
        (SessionState.RECONNECTING, "warn"),
        (SessionState.RESTRICTED, "warn"),
        (SessionState.LOGGED_OUT, "fail"),
    ):
        await put(house, (await a_phone(house)).id, state)
        (found,) = await check_whatsapp.phones(house.db, HERE)
        assert found.health.value == health, state
        assert found.facts["phone"] == "+79001234567"


async def test_each_state_that_needs_a_person_has_words_and_a_repair(house: House) -> None:
    phone, texts = await a_phone(house), Texts.load()
    for state in sorted(WAITS_FOR_PERSON - {SessionState.NEW, SessionState.QR_EXPIRED}):
        await put(house, phone.id, state)
        (found,) = await check_whatsapp.phones(house.db, HERE)
        assert (found.health, found.word) == (Health.FAIL, state.value)
        for locale in LOCALES:
            told = tell(texts, locale, found)
            assert told.repair, (locale, found)
            assert not re.match(r"doctor\.", told.title + told.words + told.repair), told
