"""What a messenger tells of our own messages reaches whoever listens, once and with the row."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from kommutator.domain.chats import ChatNews, Told, ToldOf
from kommutator.domain.connection import Account
from kommutator.domain.journal import Decided, JournalRow
from kommutator.flows.chats.hear import HearChats
from kommutator.flows.house import House
from kommutator.store.unit import Unit
from tests.support.house import open_house
from tests.support.whatsapp_host import FakeWhatsApp, jid
from tests.support.whatsapp_house import OLGA, Phone, a_phone


@dataclass
class Desk:
    """Tells whatever the test says."""

    news: Sequence[ChatNews] = ()

    def read(self, _account: Account, _body: bytes) -> Sequence[ChatNews]:
        return self.news


@dataclass
class Listener:
    heard: list[ToldOf] = field(default_factory=list)

    async def __call__(self, _unit: Unit, _account: Account, of: ToldOf) -> None:
        self.heard.append(of)


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with open_house(database_url) as built:
        yield built


async def test_each_step_forward_is_told_once(house: House) -> None:
    phone = await a_phone(house, FakeWhatsApp())
    await phone.knows(OLGA)
    row = await phone.says("Здравствуйте")
    async with house.db.unit() as unit:
        await unit.whatsapp_sent.leaving(phone.enterprise, phone.id, ["W1"], row)
    listener, desk = Listener(), Desk()
    hear = HearChats(
        house.directory, {"whatsapp": desk}, house.texts, _nobody, of_ours=[listener],  # type: ignore[dict-item]  # one method is enough
    )  # fmt: skip
    states = ["sent", "read", "delivered", "read", "failed"]
    for state in states:
        desk.news = [ChatNews(jid(OLGA), told=Told("W1", state, "463"))]
        async with house.db.unit() as unit:
            assert await hear.decide(unit, _row(phone)) == Decided()
    desk.news = [ChatNews(jid(OLGA), told=Told("not ours", "read"))]
    async with house.db.unit() as unit:
        await hear.decide(unit, _row(phone))
    assert [(one.outbox_id, one.chat_id, one.told.state) for one in listener.heard] == [
        (row, jid(OLGA), "sent"), (row, jid(OLGA), "read"),
    ]  # fmt: skip


def _row(phone: Phone) -> JournalRow:
    at = datetime(2026, 11, 18, tzinfo=UTC)
    return JournalRow(1, phone.enterprise, "whatsapp", "status", None, b"", phone.id, at)


async def _nobody(_unit: Unit, _row: JournalRow) -> Decided:
    raise AssertionError("this row was the messenger's")
