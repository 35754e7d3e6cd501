"""News that nobody brings: asked for and kept once; hooks that are proved."""

import hashlib
import hmac
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from kommutator.connectors.channels.avito.client import AvitoClients
from kommutator.connectors.channels.avito.desk import AvitoDesk
from kommutator.connectors.channels.telegram.client import TelegramClients
from kommutator.connectors.channels.telegram.desk import TelegramDesk
from kommutator.domain.chats import ChannelDesk
from kommutator.domain.connection import ConnectionKind
from kommutator.doors.http import channels
from kommutator.doors.http.app import create_app
from kommutator.flows.chats.ask import AskChannels
from kommutator.flows.house import House
from kommutator.flows.secrets import open_account
from kommutator.flows.turns import Turns
from kommutator.kit.http import HttpClient
from tests.support.asgi import Asgi
from tests.support.channels import connect_avito, connect_telegram
from tests.support.factories import value
from tests.support.house import TenantOfTests, open_house, settle_tenant
from tests.support.messengers import Messenger

ARRIVED = "SELECT count(*) FROM journal WHERE source = $1"


@pytest.fixture
async def house(database_url: str, telegram: Messenger, avito: Messenger) -> AsyncIterator[House]:
    for twin in (telegram, avito):
        await twin.order("reset")
    async with open_house(
        database_url,
        private_hosts="127.0.0.1",
        telegram_updates="poll",
        telegram_api_url=telegram.url,
        avito_api_url=avito.url,
    ) as opened:
        yield opened


@pytest.fixture
async def here(house: House) -> TenantOfTests:
    return await settle_tenant(house, "0367")


@pytest.fixture
async def ask(house: House) -> AsyncIterator[AskChannels]:
    http = HttpClient(clock=house.clock, allowed_hosts=("127.0.0.1",))
    turns = Turns(house.db, clock=house.clock)
    desks: dict[ConnectionKind, ChannelDesk] = {
        ConnectionKind.TELEGRAM: TelegramDesk(TelegramClients(http, turn=turns)),
        ConnectionKind.AVITO: AvitoDesk(AvitoClients(http, turn=turns, clock=house.clock)),
    }
    yield AskChannels(house.db, house.directory, desks, house.intake)
    await http.close()


async def _due_again(house: House) -> None:
    async with house.db.unit() as unit:
        await unit.connection.execute("UPDATE channel_reads SET due_at = now()")


async def test_updates_are_asked_for_and_kept_once(
    house: House, here: TenantOfTests, ask: AskChannels, telegram: Messenger
) -> None:
    await connect_telegram(house, here.number, telegram)
    await telegram.order("start", id=5001, first_name="Anna", payload="")
    await telegram.order("say", chat="5001", text="hello")
    one, other = house.ids.uuid(), house.ids.uuid()
    assert await ask.round(one) == 1
    assert await ask.round(other) == 0  # not due yet
    assert await value(house.db, ARRIVED, "telegram") == 2
    await _due_again(house)
    assert await ask.round(other) == 1
    assert await value(house.db, ARRIVED, "telegram") == 2


async def test_a_lost_hook_of_avito_is_made_up_for(
    house: House, here: TenantOfTests, ask: AskChannels, avito: Messenger
) -> None:
    account = await connect_avito(house, here.number, avito)
    await avito.order("say", text="Hello?", name="Olga")
    for _ in range(2):
        await ask.round(house.ids.uuid())
        await _due_again(house)
    assert await value(house.db, ARRIVED, "avito") == 2  # the chat and its message
    await avito.order("tariff", paid=False)
    await ask.round(house.ids.uuid())
    (channel,) = await house.channels.list(here.number)
    assert channel.asked is not None
    assert (channel.record.id, channel.asked.error_hint) == (account, "avito_plan")
    assert channel.why == "avito_plan"


async def test_hooks_of_avito_are_proved_by_address_and_signature(
    house: House, here: TenantOfTests, avito: Messenger
) -> None:
    account = await connect_avito(house, here.number, avito)
    async with house.db.unit() as unit:
        record = await unit.connections.get(here.number, account)
    secrets = open_account(house.vault, record).secrets
    app = create_app(house, families={"channels": channels.add})
    url = f"/api/v1/webhooks/avito/{secrets['hook_secret']}"
    message = {"id": "m1", "chat_id": "u2i-1", "author_id": 5001, "type": "text"}
    raw = msgspec.json.encode({"payload": {"type": "message", "value": message}})
    good = hmac.new(secrets["client_secret"].encode(), raw, hashlib.sha256).hexdigest()
    answers: list[Any] = [
        await Asgi(app, headers=headers).post(url, raw=raw)
        for headers in (
            {},
            {"x-avito-messenger-signature": good},
            {"x-avito-messenger-signature": good[:-1]},
        )
    ]
    assert [answer.status for answer in answers] == [200, 200, 401]
    assert await value(house.db, ARRIVED, "avito") == 1


async def test_a_new_key_of_the_same_account_only(
    house: House, here: TenantOfTests, telegram: Messenger
) -> None:
    bot = await connect_telegram(house, here.number, telegram)
    again = await connect_telegram(house, here.number, telegram)
    assert again == bot
    (channel,) = await house.channels.list(here.number)
    assert channel.record.config == {
        "title": "Kommutator", "username": "kommutator_test_bot", "way": "poll",
    }  # fmt: skip
    assert channel.why is None
