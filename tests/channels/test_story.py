"""The whole way, in one running service: a link is opened, visits change, messages arrive once."""

from collections.abc import AsyncIterator

import pytest

from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from kommutator.kit.errors import Conflict, VendorError
from tests.support.channels import (
    a_receiver,
    a_salon,
    admin,
    change,
    connect_avito,
    connect_telegram,
    later,
    tell,
    visit,
)
from tests.support.messengers import Messenger
from tests.support.service import HERE, Service, open_service
from tests.support.waiting import eventually

PERSON = {"id": 5001, "first_name": "Анна"}


@pytest.fixture
async def service(
    database_url: str, telegram: Messenger, avito: Messenger
) -> AsyncIterator[Service]:
    for twin in (telegram, avito):
        await twin.order("reset")
    async with open_service(
        database_url,
        roles=("api", "worker"),
        telegram_api_url=telegram.url,
        telegram_links_url=f"{telegram.url}/t.me",
        avito_api_url=avito.url,
    ) as running:
        yield running


async def _settled(service: Service, state: str, count: int = 1) -> bool:
    found = await service.house.notices.log(HERE, state=state, limit=100)
    return len(found) == count


async def test_from_a_link_to_an_edited_message(service: Service, telegram: Messenger) -> None:
    house = service.house
    bot = await connect_telegram(house, HERE, telegram)
    (channel,) = await house.channels.list(HERE)
    assert channel.record.config["way"] == "webhook"
    receiver = await a_receiver(house, HERE, bot)
    link = (await house.notices.invite(admin(HERE), HERE, receiver)).person
    await telegram.order("start", **PERSON, payload=link.partition("start=")[2])
    (greeting,) = await telegram.heard()
    assert greeting["text"].startswith("✅ Done")
    assert (await house.notices.get(HERE, receiver)).row.chat_title == "Анна"

    salon, first = await a_salon(house, HERE), visit()
    await tell(house, salon, change(None, first))
    await tell(house, salon, change(None, first))  # heard of twice: told once
    await eventually(lambda: _settled(service, "sent"))
    moved = later(first)
    await tell(house, salon, change(first, moved))
    await eventually(lambda: _settled(service, "sent", 2))
    await tell(house, salon, change(moved, visit(starts_at=moved.starts_at, deleted=True)))
    await eventually(lambda: _settled(service, "sent", 3))
    said = [one["text"] for one in await telegram.heard(3)]
    assert len(said) == 3
    assert said[1].startswith("🔁 Visit moved")  # took the place of the first
    assert said[2].startswith("❌ Visit cancelled")
    log = await house.notices.log(HERE)
    assert [(one.news, one.edited) for one in log] == [
        ("cancelled", False), ("moved", True), ("created", False),
    ]  # fmt: skip


async def test_avito_answers_a_buyer_and_a_closed_chat_is_told(
    service: Service, avito: Messenger
) -> None:
    house = service.house
    account = await connect_avito(house, HERE, avito)
    chat = str((await avito.order("say", text="Есть время?", name="Ольга"))["chat"])
    await eventually(lambda: house.notices.chats(HERE, account))
    receiver = await a_receiver(house, HERE, account, chat)
    salon = await a_salon(house, HERE)
    await tell(house, salon, change(None, visit()))
    (said,) = await avito.heard()
    assert "Haircut" in said["text"]
    await avito.order("close", chat=chat, why="blocked")
    await tell(house, salon, change(None, visit(6)))
    await eventually(lambda: _settled(service, "failed"))
    assert (await house.notices.get(HERE, receiver)).why_not == "chat_blocked"
    await tell(house, salon, change(None, visit(7)))
    (skipped,) = await house.notices.log(HERE, state="skipped")
    assert skipped.reason == "chat_blocked"


async def test_what_waits_for_a_person_goes_out_once_it_is_repaired(
    service: Service, avito: Messenger
) -> None:
    house = service.house
    account = await connect_avito(house, HERE, avito)
    chat = str((await avito.order("say", text="Есть время?", name="Ольга"))["chat"])
    await eventually(lambda: house.notices.chats(HERE, account))
    await a_receiver(house, HERE, account, chat)
    await avito.order("tariff", paid=False)
    await tell(house, await a_salon(house, HERE), change(None, visit()))

    async def broken() -> bool:
        (channel,) = await house.channels.list(HERE)
        return channel.record.status is ConnectionStatus.BROKEN

    await eventually(broken)
    (channel,) = await house.channels.list(HERE)
    assert channel.why == "avito_revoked"
    with pytest.raises(VendorError):
        await house.channels.check(admin(HERE), HERE, account)
    (channel,) = await house.channels.list(HERE)
    assert channel.why == "avito_plan"
    await avito.order("tariff", paid=True)
    await house.channels.check(admin(HERE), HERE, account)
    await eventually(lambda: _settled(service, "sent"))
    assert len(await avito.heard()) == 1


async def test_a_lost_answer_is_shown_and_never_repeated(
    service: Service, telegram: Messenger
) -> None:
    house = service.house
    bot = await connect_telegram(house, HERE, telegram)
    await telegram.order("start", **PERSON)
    await eventually(lambda: house.notices.chats(HERE, bot))
    await a_receiver(house, HERE, bot, str(PERSON["id"]))
    await telegram.order("faults", kind="drop", regex="sendMessage", after=True, count=1)
    salon = await a_salon(house, HERE)
    await tell(house, salon, change(None, visit()))
    await eventually(lambda: _settled(service, "maybe_sent"))
    shown = [one["text"] for one in await telegram.heard()]
    assert [text.startswith("🆕") for text in shown].count(True) == 1
    (notice,) = await house.notices.log(HERE)
    async with house.db.unit() as unit:
        assert await unit.outbox.replay(HERE) == []  # not along with everything else
    await house.notices.again(admin(HERE), HERE, notice.id)  # a person says so
    await eventually(lambda: _settled(service, "sent"))
    assert len(await telegram.heard(2)) == 2
    with pytest.raises(Conflict):
        await house.notices.again(admin(HERE), HERE, notice.id)


async def test_a_crowd_is_told_in_order_and_within_the_allowance(
    service: Service, telegram: Messenger
) -> None:
    """Ten times what one chat may get in a second, over ten chats; the twin counts."""
    house = service.house
    bot = await connect_telegram(house, HERE, telegram)
    people = range(6001, 6011)
    for person in people:
        await telegram.order("start", id=person, first_name=f"P{person}")
    await eventually(lambda: _heard_of(service, len(people)))
    for person in people:
        await a_receiver(house, HERE, bot, str(person), wishes={"edits": False})
    salon, seen = await a_salon(house, HERE), visit()
    await tell(house, salon, change(None, seen))
    for _ in range(2):
        await tell(house, salon, change(seen, later(seen)))
        seen = later(seen)
    await eventually(lambda: _settled(service, "sent", 30))
    state = await telegram.look("state")
    assert state["violations"] == []
    for talk in state["talks"]:
        said = [line["text"].splitlines()[1] for line in talk["lines"] if line["ours"]]
        assert [text.partition(" (")[0][-5:] for text in said] == ["10:00", "11:00", "12:00"]
    assert not [one for one in state["lastRequests"] if one["status"] == 429]


async def _heard_of(service: Service, count: int) -> bool:
    return len(await service.house.notices.chats(HERE)) == count


async def test_a_revoked_token_waits_for_a_person(service: Service, telegram: Messenger) -> None:
    house = service.house
    bot = await connect_telegram(house, HERE, telegram)
    with pytest.raises(VendorError) as refused:
        await house.channels.connect(
            admin(HERE), HERE, ConnectionKind.TELEGRAM, {"token": "7000000001:" + "x" * 35}
        )
    assert refused.value.hint == "telegram_token_refused"
    (channel,) = await house.channels.list(HERE)
    assert channel.record.id == bot
    await house.channels.disconnect(admin(HERE), HERE, bot)
    assert await house.channels.list(HERE) == []
