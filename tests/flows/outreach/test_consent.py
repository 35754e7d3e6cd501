"""Whoever says STOP gets nothing unasked, by any messenger, until they say START."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from kommutator.domain.outreach.wanted import OutreachKind
from kommutator.domain.salon.facts import SalonClient
from kommutator.flows.outreach.consents import said_in_chat
from kommutator.flows.outreach.ports import Place
from kommutator.kit.errors import InvalidInput
from kommutator.store.outreach import OutreachRow
from kommutator.store.unit import Unit
from tests.support.outreach import ADMIN, NUMBER, OLGA, SALON, TELEGRAM, WHATSAPP, Town
from tests.support.waiting import eventually


async def says(town: Town, chat: str, *, stop: bool, connection: UUID = TELEGRAM) -> None:
    async with town.db.unit() as unit:
        await said_in_chat(
            unit, NUMBER, connection, chat, opted_out=stop, by="telegram", at=town.clock.now()
        )


async def test_stop_in_one_messenger_holds_in_all(town: Town) -> None:
    await town.settle(TELEGRAM, WHATSAPP)
    await town.link()
    await town.wrote(TELEGRAM, "42")
    await town.wrote(WHATSAPP, "375000000070@s.whatsapp.net")
    await says(town, "42", stop=True)
    await town.owe(town.want(), town.want("two", kind=OutreachKind.WIN_BACK, service=False))
    assert await town.round() == ["dropped", "dropped"]
    assert await town.state() == ("dropped", "opted_out")
    await town.later(minutes=1)
    await says(town, "42", stop=False)
    await town.owe(town.want("three"))
    assert await town.round() == ["owed"]


async def test_stop_in_a_chat_without_a_number_counts_once_the_number_is_known(town: Town) -> None:
    await town.settle(TELEGRAM, WHATSAPP)
    await town.link()
    await town.wrote(TELEGRAM, "42", phone=None)
    await says(town, "42", stop=True)
    await town.owe(town.want("chat", phone="", connection_id=TELEGRAM, chat_id="42"))
    assert await town.round() == ["dropped"]
    await town.wrote(WHATSAPP, "375000000070@s.whatsapp.net")
    await town.wrote(TELEGRAM, "42", at=town.clock.now() + timedelta(seconds=1))
    await town.owe(town.want())
    assert await town.round() == ["dropped"]
    assert await town.state() == ("dropped", "opted_out")


async def test_stop_takes_back_what_waits_and_what_has_not_left(town: Town) -> None:
    await town.settle(TELEGRAM)
    await town.wrote(TELEGRAM, "42")
    await town.owe(
        town.want("now"), town.want("later", due_at=town.clock.now() + timedelta(hours=1))
    )
    await town.round()
    await says(town, "42", stop=True)
    assert await town.state("now") == ("dropped", "opted_out")
    assert await town.state("later") == ("dropped", "opted_out")
    assert await town.sent() == []


async def test_the_mark_in_the_crm_counts_until_they_ask_again(town: Town) -> None:
    await town.settle(TELEGRAM)
    await town.wrote(TELEGRAM, "42")
    marked = SalonClient(id=1, name="Olga", phone=OLGA, opted_out=True)
    async with town.db.unit() as unit:
        await unit.salon_clients.save(NUMBER, SALON, [marked], read_at=town.clock.now())
    await town.owe(town.want())
    assert await town.round() == ["dropped"]
    shown = await town.consents.of(NUMBER, OLGA)
    assert shown.now is not None
    assert (shown.now.opted_out, shown.now.source) == (True, "crm")
    await says(town, "42", stop=False)
    await town.owe(town.want("two"))
    assert await town.round() == ["owed"]


async def test_who_said_it_when_and_where_is_kept(town: Town) -> None:
    await town.settle(TELEGRAM)
    await town.wrote(TELEGRAM, "42")
    first = town.clock.now()
    await says(town, "42", stop=True)
    await town.later(days=1)
    shown = await town.consents.say(ADMIN, NUMBER, "+375 00 0000070", opted_out=False)
    assert shown.now is not None
    assert not shown.now.opted_out
    assert [(one.opted_out, one.source, one.by, one.at) for one in shown.history] == [
        (False, "staff", "Anna", first + timedelta(days=1)),
        (True, "chat", "telegram", first),
    ]


async def test_a_number_that_is_none_is_refused(town: Town) -> None:
    await town.settle()
    with pytest.raises(InvalidInput, match="phone_invalid"):
        await town.consents.say(ADMIN, NUMBER, "hello", opted_out=True)


async def test_stop_that_comes_while_a_message_is_being_sent_takes_it_back(town: Town) -> None:
    await town.settle(TELEGRAM)
    await town.wrote(TELEGRAM, "42")
    stopping: list[asyncio.Task[None]] = []

    async def stop() -> None:
        async with town.db.unit() as unit:
            await said_in_chat(
                unit, NUMBER, TELEGRAM, "42", opted_out=True, by="chat:1", at=town.clock.now()
            )

    async def waits() -> bool:
        found = await town.rows(
            "SELECT FROM pg_stat_activity "
            "WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return bool(found)

    async def hear(unit: Unit, row: OutreachRow, place: Place, about: Sequence[str]) -> None:
        stopping.append(asyncio.create_task(stop()))
        await eventually(waits)

    town.heard.append(hear)
    await town.owe(town.want())
    assert await town.round() == ["owed"]
    await asyncio.gather(*stopping)
    assert await town.sent() == []
    assert await town.state() == ("dropped", "opted_out")
