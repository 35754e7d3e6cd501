"""STOP in a chat with a hidden number holds there at once, and everywhere once it is known."""

from collections.abc import Sequence
from datetime import timedelta
from typing import cast
from uuid import UUID

from kommutator.domain.chats import ChannelDesk, ChatNews
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.journal import Decided, JournalRow
from kommutator.domain.whatsapp.ports import Found
from kommutator.flows.chats.hear import HearChats
from kommutator.flows.outreach.consents import said_in_chat
from kommutator.kit.texts import Texts
from kommutator.store.unit import Unit
from tests.support.outreach import ADMIN, NUMBER, OLGA, TELEGRAM, WHATSAPP, Town

JID, LID = "375000000070@s.whatsapp.net", "771234567890@lid"


async def says(town: Town, chat: str, *, stop: bool, connection: UUID = TELEGRAM) -> None:
    async with town.db.unit() as unit:
        await said_in_chat(
            unit, NUMBER, connection, chat, opted_out=stop, by="telegram", at=town.clock.now()
        )


class Tells:
    """The desk and the directory of one phone that tells this."""

    def __init__(self, news: ChatNews) -> None:
        self._news = news

    def read(self, _account: Account, _body: bytes) -> Sequence[ChatNews]:
        return [self._news]

    async def account(self, connection_id: UUID) -> Account:
        return Account(
            enterprise=NUMBER, connection_id=connection_id, kind=ConnectionKind.WHATSAPP,
            name="Phone", base_url="", status=ConnectionStatus.ACTIVE, config={}, secrets={},
        )  # fmt: skip


async def told(town: Town, news: ChatNews) -> None:
    """WhatsApp tells this of a chat."""
    tells = Tells(news)
    desks = {"whatsapp": cast("ChannelDesk", tells)}
    hear = HearChats(tells, desks, Texts.load(), nobody, clock=town.clock)
    row = JournalRow(1, NUMBER, "whatsapp", "message", None, b"", WHATSAPP, town.clock.now())
    async with town.db.unit() as unit:
        assert await hear.decide(unit, row) == Decided()


async def nobody(unit: Unit, row: JournalRow) -> Decided:
    raise AssertionError(f"{row} of {unit} was the messenger's")


async def test_stop_in_a_chat_without_a_number_takes_back_what_is_owed_there(town: Town) -> None:
    await town.settle(TELEGRAM)
    await town.wrote(TELEGRAM, "42", phone=None)
    await town.wrote(TELEGRAM, "43", phone=None)
    await town.owe(
        town.want("now", phone="", connection_id=TELEGRAM, chat_id="42"),
        town.want("other", phone="", connection_id=TELEGRAM, chat_id="43"),
        town.want(
            "later", phone="", connection_id=TELEGRAM, chat_id="42",
            due_at=town.clock.now() + timedelta(hours=1),
        ),
    )  # fmt: skip
    assert await town.round() == ["owed", "owed"]
    await says(town, "42", stop=True)
    assert await town.state("now") == ("dropped", "opted_out")
    assert await town.state("later") == ("dropped", "opted_out")
    assert await town.state("other") == ("sending", None)
    assert await town.rows("SELECT payload ->> 'chat_id' FROM outbox WHERE state = 'due'") == [
        ("43",)
    ]


async def test_a_number_that_is_learnt_later_brings_its_stop_along(town: Town) -> None:
    await town.settle(WHATSAPP, TELEGRAM)
    await town.link("logged_out")
    await town.wrote(TELEGRAM, "42")
    await town.wrote(WHATSAPP, LID, phone=None)
    await says(town, LID, stop=True, connection=WHATSAPP)
    await town.owe(town.want(), town.want("later", due_at=town.clock.now() + timedelta(hours=1)))
    assert await town.round() == ["owed"]  # in Telegram: nobody knows that it is the same person
    await told(town, ChatNews(LID, alias=JID, phone=OLGA))
    assert await town.state() == ("dropped", "opted_out")
    assert await town.state("later") == ("dropped", "opted_out")
    assert await town.sent() == []
    shown = await town.consents.of(NUMBER, OLGA)
    assert [(one.opted_out, one.source, one.by) for one in shown.history] == [
        (True, "chat", "telegram")
    ]


async def test_a_hidden_number_that_we_looked_up_before_is_known(town: Town) -> None:
    await town.settle(WHATSAPP, TELEGRAM)
    await town.wrote(TELEGRAM, "42")
    await town.wrote(WHATSAPP, LID, phone=None)
    async with town.db.unit() as unit:
        await unit.whatsapp_sent.learn(NUMBER, WHATSAPP, [Found(OLGA, JID, LID)])
    await town.owe(town.want(), town.want("there", phone="", connection_id=WHATSAPP, chat_id=LID))
    await says(town, LID, stop=True, connection=WHATSAPP)
    assert await town.state() == ("dropped", "opted_out")
    await town.owe(town.want("again", phone="", connection_id=WHATSAPP, chat_id=LID))
    assert await town.round() == ["dropped"]


async def test_whoever_said_stop_under_another_name_is_not_written_to_for_the_first_time(
    town: Town,
) -> None:
    await town.settle(WHATSAPP)
    await town.link()
    await town.desk.save(ADMIN, NUMBER, {"first_contact": True})
    async with town.db.unit() as unit:  # the chat is known by both names, its number is not
        await unit.chats.hear(NUMBER, WHATSAPP, ChatNews(LID, alias=JID))
    await says(town, LID, stop=True, connection=WHATSAPP)
    await town.owe(town.want())
    assert await town.round() == ["dropped"]
    assert await town.state() == ("dropped", "opted_out")
    assert await town.sent() == []
