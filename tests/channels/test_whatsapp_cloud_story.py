"""The official WhatsApp in one running service: connected, heard, answered, told, let go."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from kommutator.domain.chats import ChatNews, Said
from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from kommutator.flows.chats.speak import Saying, speak
from kommutator.flows.secrets import open_account
from kommutator.kit.errors import Conflict, InvalidInput
from tests.support.channels import admin
from tests.support.messengers import Messenger, open_messenger
from tests.support.service import HERE, THERE, Service, open_service
from tests.support.waiting import eventually

CLOUD = ConnectionKind.WHATSAPP_CLOUD
CHAT = "79161234567"


@pytest.fixture(scope="module")
async def cloud() -> AsyncIterator[Messenger]:
    async with open_messenger("whatsapp_cloud") as running:
        yield running


@pytest.fixture
async def service(database_url: str, cloud: Messenger) -> AsyncIterator[Service]:
    await cloud.order("reset")
    async with open_service(
        database_url,
        roles=("api", "worker"),
        whatsapp_cloud_api_url=f"{cloud.url}/v26.0",
        telegram_api_url=cloud.url,
        avito_api_url=cloud.url,
    ) as running:
        yield running


async def _keys(cloud: Messenger, number: int = 0) -> dict[str, str]:
    keys = await cloud.look("credentials")
    own = keys["numbers"][number]
    return {
        "access_token": keys["access_token"], "app_secret": keys["app_secret"],
        "phone_number_id": own["phone_number_id"], "waba_id": own["waba_id"],
    }  # fmt: skip


async def _connect(service: Service, cloud: Messenger, number: int = 0, **more: Any) -> UUID:
    where = more.pop("enterprise", HERE)
    record = await service.house.channels.connect(
        admin(where), where, CLOUD, await _keys(cloud, number), **more
    )
    service.forget()
    return record.id


async def _messages(service: Service, connection: UUID) -> list[tuple[str, str, str | None]]:
    async with service.house.db.unit() as unit:
        rows = await unit.connection.fetch(
            "SELECT text, state, code FROM chat_messages WHERE connection_id = $1 ORDER BY id",
            connection,
        )
    return [(row["text"], row["state"], row["code"]) for row in rows]


async def _say(service: Service, connection: UUID, text: str) -> None:
    async with service.house.db.unit() as unit:
        await speak(unit, HERE, [Saying(connection, CLOUD, CHAT, text, once=text)])


async def _becomes(service: Service, connection: UUID, *wanted: tuple[str, str]) -> None:
    async def seen() -> bool:
        return [one[:2] for one in await _messages(service, connection)] == list(wanted)

    await eventually(seen)


async def test_from_a_question_to_a_message_that_was_read(
    service: Service, cloud: Messenger
) -> None:
    connection = await _connect(service, cloud)
    (channel,) = await service.house.channels.list(HERE)
    assert channel.record.config["way"] == "webhook"
    await cloud.order("switches", duplicates=True, shuffled=True)
    await cloud.order("say", phone=CHAT, text="Есть время?", name="Ольга")
    await _becomes(service, connection, ("Есть время?", "heard"))
    (chat,) = await service.house.notices.chats(HERE, connection)
    assert (chat.chat_id, chat.phone, chat.title) == (CHAT, "+79161234567", "Ольга")
    await _say(service, connection, "В 15:00")
    await _becomes(service, connection, ("Есть время?", "heard"), ("В 15:00", "delivered"))
    await cloud.order("read", chat=CHAT)
    await _becomes(service, connection, ("Есть время?", "heard"), ("В 15:00", "read"))
    await cloud.order("by-hand", chat=CHAT, text="Это Мария")
    await eventually(lambda: _count(service, connection, 3))
    assert [line["text"] for line in await cloud.heard(2)] == ["В 15:00", "Это Мария"]


async def _count(service: Service, connection: UUID, count: int) -> bool:
    return len(await _messages(service, connection)) == count


async def test_what_leaves_too_late_and_what_lost_its_answer(
    service: Service, cloud: Messenger
) -> None:
    connection = await _connect(service, cloud)
    await cloud.order("say", phone=CHAT, text="Есть время?")
    await _becomes(service, connection, ("Есть время?", "heard"))
    await cloud.order("faults", kind="drop", path="/messages", after=True, count=1)
    await _say(service, connection, "В 15:00")  # its answer is lost, its status names our row
    await _becomes(service, connection, ("Есть время?", "heard"), ("В 15:00", "delivered"))
    assert [line["text"] for line in await cloud.heard()] == ["В 15:00"]
    await cloud.order("clock", advance=25 * 3600)
    await _say(service, connection, "Ещё ждём")

    async def refused() -> bool:
        return (await _messages(service, connection))[-1] == ("Ещё ждём", "failed", "131047")

    await eventually(refused)
    async with service.house.db.unit() as unit:
        why = await unit.connection.fetchval(
            "SELECT reason FROM chat_messages WHERE text = 'Ещё ждём'"
        )
    assert why == "whatsapp_cloud_window"


async def test_numbers_of_one_app_hear_their_own_whoever_has_them(
    service: Service, cloud: Messenger
) -> None:
    """The second number's webhooks come to the app's address, which is the first number's."""
    first = await _connect(service, cloud)
    await cloud.order("numbers", phone="15550000002")
    second = await _connect(service, cloud, 1, enterprise=THERE)
    other = (await _keys(cloud, 1))["phone_number_id"]
    keys = await cloud.look("credentials")
    async with cloud.http.post(
        f"{keys['base_url']}/{other}",
        json={"webhook_configuration": {"override_callback_uri": ""}},
        headers={"Authorization": f"Bearer {keys['access_token']}"},
    ) as led:
        assert led.status == 200
    await cloud.order("say", owner=other, phone=CHAT, text="Второй салон?")
    await _becomes(service, second, ("Второй салон?", "heard"))
    assert await _messages(service, first) == []
    with pytest.raises(Conflict) as taken:
        await _connect(service, cloud, 1, instead_of=first)
    assert taken.value.code == "channel_other_account"


async def test_only_meta_is_listened_to(service: Service, cloud: Messenger) -> None:
    connection = await _connect(service, cloud)
    here = f"/api/v1/webhooks/whatsapp_cloud/{connection.hex}"
    body = b'{"object": "whatsapp_business_account", "entry": []}'
    for headers in ({}, {"X-Hub-Signature-256": "sha256=" + "0" * 64}):
        told = await service.stranger.post(here, data=body, headers=headers)
        assert (told.status, told.code) == (401, "channel_hook_unknown")
    nobody = await service.stranger.post(here.replace(connection.hex, "0" * 32), data=body)
    assert nobody.status == 401
    query = {"hub.mode": "subscribe", "hub.challenge": "7", "hub.verify_token": "guessed"}
    assert (await service.stranger.get(here, params=query)).status == 401
    async with service.house.db.unit() as unit:
        record = await unit.connections.get(HERE, connection)
    held = open_account(service.house.vault, record).secrets["hook_secret"]
    query["hub.verify_token"] = held.partition(".")[2]
    echoed = await service.stranger.get(here, params=query)
    assert (echoed.status, echoed.text) == (200, "7")
    again = await service.stranger.get(here, params={**query, "hub.mode": "unsubscribe"})
    assert again.status == 401


async def test_a_token_that_ended_is_renewed_and_the_number_let_go(
    service: Service, cloud: Messenger
) -> None:
    house = service.house
    connection = await _connect(service, cloud)
    await cloud.order("say", phone=CHAT, text="Есть время?")
    await _becomes(service, connection, ("Есть время?", "heard"))
    await cloud.order("revoke")
    await _say(service, connection, "В 15:00")

    async def broken() -> bool:
        (channel,) = await house.channels.list(HERE)
        return channel.record.status is ConnectionStatus.BROKEN

    await eventually(broken)
    (channel,) = await house.channels.list(HERE)
    assert channel.why == "whatsapp_cloud_revoked"
    assert await _connect(service, cloud, instead_of=connection) == connection
    await _becomes(service, connection, ("Есть время?", "heard"), ("В 15:00", "delivered"))
    await house.channels.disconnect(admin(HERE), HERE, connection)
    async with house.db.unit() as unit:
        record = await unit.connections.get(HERE, connection)
    assert record.sealed == {}
    async with cloud.http.get(
        f"{cloud.url}/v26.0/{(await _keys(cloud))['waba_id']}/subscribed_apps",
        headers={"Authorization": f"Bearer {(await _keys(cloud))['access_token']}"},
    ) as answer:
        assert await answer.json() == {"data": []}


async def test_templates_are_chosen_of_those_that_are_approved(
    service: Service, cloud: Messenger
) -> None:
    connection = await _connect(service, cloud)
    here = f"/api/v1/channels/{connection}/templates"
    shown = await service.admin.get(here)
    assert shown.body["approved"][0]["places"] == 2
    wanted = {"name": "salon_message", "language": "ru", "fills": ["client", "text"]}
    kept = await service.admin("PUT", here, json={"chosen": {"reminder_day": wanted}})
    assert (kept.status, kept.body["chosen"]) == (200, {"reminder_day": wanted})
    assert (await service.neighbour.get(here)).status == 404
    other = {"chosen": {"review": {**wanted, "name": "nobody"}}}
    refused = await service.admin("PUT", here, json=other)
    assert (refused.status, refused.code) == (400, "template_not_approved")
    with pytest.raises(InvalidInput):
        await service.house.cloud.choose(admin(HERE), HERE, connection, {"review": {"name": "x"}})
    assert (await service.admin.get(here)).body["chosen"] == {"reminder_day": wanted}
    await service.house.channels.check(admin(HERE), HERE, connection)
    assert (await service.admin.get(here)).body["chosen"] == {"reminder_day": wanted}


async def test_a_client_of_both_ways_is_two_chats_of_one_phone(
    service: Service, cloud: Messenger
) -> None:
    """Whoever wrote to the linked phone and to the official number is one person to the salon."""
    official = await _connect(service, cloud)
    linked = (await service.house.whatsapp.create(admin(HERE), HERE, None)).id
    said = Said("A1", "Здравствуйте", service.house.clock.now())
    jid = f"{CHAT}@s.whatsapp.net"
    async with service.house.db.unit() as unit:
        await unit.chats.hear(HERE, linked, ChatNews(jid, said, phone=f"+{CHAT}"))
    await asyncio.gather(
        cloud.order("say", phone=CHAT, text="Это снова я"),
        cloud.order("say", phone=CHAT, text="Есть время?"),
    )
    await eventually(lambda: _count(service, official, 2))
    async with service.house.db.unit() as unit:
        chats = await unit.chats.page(HERE)
    assert sorted((one.connection_id, one.chat_id, one.phone) for one in chats) == sorted(
        [(linked, jid, f"+{CHAT}"), (official, CHAT, f"+{CHAT}")]
    )


async def test_a_username_that_shows_its_phone_later_is_one_chat(
    service: Service, cloud: Messenger
) -> None:
    connection = await _connect(service, cloud)
    await cloud.order("say", phone=CHAT, text="Я инкогнито", hidden=True)
    await _becomes(service, connection, ("Я инкогнито", "heard"))
    (chat,) = await service.house.notices.chats(HERE, connection)
    assert (chat.chat_id, chat.phone) == ("RU.76543216197", None)
    news = ChatNews(CHAT, Said("B2", "Вот мой номер", service.house.clock.now()),
                    phone=f"+{CHAT}", alias="RU.76543216197")  # fmt: skip
    async with service.house.db.unit() as unit:
        await unit.chats.hear(HERE, connection, news)
    (chat,) = await service.house.notices.chats(HERE, connection)
    assert (chat.chat_id, chat.phone) == ("RU.76543216197", f"+{CHAT}")
