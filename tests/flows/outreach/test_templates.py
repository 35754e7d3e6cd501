"""Promise: outside a client's 24 hours only an approved template leaves by the official API."""

from datetime import timedelta
from typing import Any

from kommutator.domain.outreach.settings import KEY
from tests.support.outreach import CLOUD, NUMBER, TELEGRAM, Town

CHAT = "375000000070"


async def _approve(town: Town, **kinds: Any) -> None:
    async with town.db.unit() as unit:
        await unit.connections.save(NUMBER, CLOUD, config={"templates": kinds})


async def _template(town: Town) -> Any:
    return (await town.row("SELECT payload -> 'template' AS it FROM outbox ORDER BY id DESC"))["it"]


SOON = {"name": "soon", "language": "ru", "fills": ["client", "text"]}


async def test_after_a_day_the_template_goes_and_before_free_text(town: Town) -> None:
    await town.settle(CLOUD)
    await _approve(town, reminder_day=SOON)
    await town.wrote(CLOUD, CHAT, at=town.clock.now() - timedelta(hours=25))
    await town.owe(town.want())
    assert await town.round() == ["owed"]
    assert await _template(town) == {
        "name": "soon", "language": "ru", "params": ["Olga", "We wait for you."],
    }  # fmt: skip
    await town.wrote(CLOUD, CHAT)
    await town.owe(town.want("two"))
    assert await town.round() == ["owed"]
    assert await _template(town) is None


async def test_a_kind_without_a_template_goes_elsewhere(town: Town) -> None:
    await town.settle(CLOUD, TELEGRAM)
    await _approve(town, review=SOON)
    await town.wrote(CLOUD, CHAT, at=town.clock.now() - timedelta(hours=25))
    await town.wrote(TELEGRAM, "5001")
    await town.owe(town.want())
    assert await town.round() == ["owed"]
    assert [via for via, _ in await town.sent()] == [TELEGRAM]


async def test_strangers_are_reminded_only_if_the_tenant_wants_that(town: Town) -> None:
    await town.settle(CLOUD)
    await _approve(town, reminder_day=SOON)
    await town.owe(town.want())
    assert await town.round() == ["dropped"]
    assert await town.state() == ("dropped", "never_wrote")
    async with town.db.unit() as unit:
        await unit.enterprises.update(NUMBER, settings={KEY: {"first_contact": True}})
    await town.owe(town.want("two"))
    assert await town.round() == ["owed"]
    row = await town.row("SELECT payload ->> 'chat_id' AS chat FROM outbox")
    assert row["chat"] == CHAT
    chats = await town.rows("SELECT phone FROM chats WHERE connection_id = $1", CLOUD)
    assert [one["phone"] for one in chats] == ["+375000000070"]
