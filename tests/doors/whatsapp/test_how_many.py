"""An enterprise has as many phones as it may, however many ask at once."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from kommutator.doors.http import channels
from kommutator.doors.http.app import create_app
from kommutator.flows.house import House
from kommutator.kit.errors import Conflict
from tests.support.asgi import Asgi
from tests.support.house import open_house, settle_tenant
from tests.support.whatsapp_house import HERE, THERE, admin

SENTENCES = {
    "ru": "Телефонов WhatsApp у предприятия может быть не больше 2: столько уже есть.",
    "uk": "Телефонів WhatsApp у підприємства може бути не більше 2: стільки вже є.",
    "en": "An enterprise may have 2 WhatsApp phones at most, and has them already.",
}


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with open_house(database_url, whatsapp_phones="2") as built:
        yield built


@pytest.mark.parametrize("language", sorted(SENTENCES))
async def test_one_too_many_is_refused_in_words_and_a_removed_one_makes_room(
    house: House, language: str
) -> None:
    tenant = await settle_tenant(house, HERE)
    app = create_app(house, families={"channels": channels.add})
    api = Asgi(app, headers={**tenant.headers, "Accept-Language": language})
    made = [await api.post("/api/v1/whatsapp", json_body={}) for _ in range(3)]
    assert [one.status for one in made] == [201, 201, 409]
    assert made[2].code == "whatsapp_too_many"
    assert SENTENCES[language] in made[2].body.decode()
    gone = await api.request("DELETE", f"/api/v1/whatsapp/{made[0].json()['id']}")
    assert gone.status < 300
    assert (await api.post("/api/v1/whatsapp", json_body={})).status == 201


async def test_many_who_ask_at_once_get_no_more_and_a_neighbour_gets_theirs(house: House) -> None:
    await settle_tenant(house, HERE)
    await settle_tenant(house, THERE)
    made = await asyncio.gather(
        *(house.whatsapp.create(admin(), HERE, None) for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(one, Conflict) for one in made) == 3
    assert len(await house.whatsapp.list(HERE)) == 2
    await house.whatsapp.create(admin(THERE), THERE, None)
