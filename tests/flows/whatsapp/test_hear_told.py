"""What a messenger tells of our own messages reaches whoever listens, once and with the row."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from kommutator.domain.chats import ChatNews, Spoken, Told, ToldOf
from kommutator.domain.connection import Account
from kommutator.domain.journal import Decided, JournalRow
from kommutator.flows.chats.hear import HearChats
from kommutator.flows.chats.spoken import keep_spoken
from kommutator.flows.house import House
from kommutator.kit.clock import SystemClock
from kommutator.store.listener import Listener as PgListener
from kommutator.store.unit import LIVE, Unit
from tests.support.house import open_house
from tests.support.waiting import eventually
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

    async def __call__(self, unit: Unit, account: Account, of: ToldOf) -> None:  # noqa: ARG002  as the port
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
        house.directory, {"whatsapp": desk}, house.texts, _nobody,  # type: ignore[dict-item]  # one method is enough
        of_ours=[listener], clock=house.clock,
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


async def test_pages_that_show_the_chat_are_told_once_for_all_its_receipts(
    house: House, database_url: str
) -> None:
    phone = await a_phone(house, FakeWhatsApp())
    await phone.knows(OLGA)
    rows = [await phone.says("Здравствуйте"), await phone.says("Ждём вас")]
    async with house.db.unit() as unit:
        for row in rows:
            await unit.whatsapp_sent.leaving(phone.enterprise, phone.id, [f"W{row}"], row)
    heard: list[str] = []
    listener = PgListener(
        database_url, {LIVE: heard.append}, on_reconnect=lambda: None, clock=SystemClock()
    )
    await listener.start()
    desk = Desk([ChatNews(jid(OLGA), told=Told(f"W{row}", "read")) for row in rows])
    hear = HearChats(house.directory, {"whatsapp": desk}, house.texts, _nobody, clock=house.clock)  # type: ignore[dict-item]  # one method is enough
    for _ in range(2):  # the second time nothing is new
        async with house.db.unit() as unit:
            await hear.decide(unit, _row(phone))
    async with house.db.unit() as unit:
        await keep_spoken(unit, phone.enterprise, phone.id, [Spoken(rows[0], jid(OLGA), "sent")])
    async with house.db.unit() as unit:
        unit.call_changed(phone.enterprise, "the end")
    await eventually(lambda: "the end" in "".join(heard))
    ticks = f'{{"enterprise_number":"0367","ticks":"{phone.id}:{jid(OLGA)}"}}'
    assert heard[:-1] == [ticks, ticks]
    await listener.stop()


def _row(phone: Phone) -> JournalRow:
    at = datetime(2026, 11, 18, tzinfo=UTC)
    return JournalRow(1, phone.enterprise, "whatsapp", "status", None, b"", phone.id, at)


async def _nobody(unit: Unit, row: JournalRow) -> Decided:
    raise AssertionError(f"{row} of {unit} was the messenger's")
