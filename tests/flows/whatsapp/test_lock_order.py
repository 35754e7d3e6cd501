"""A sender and the journal write of the same messages at once, and neither waits for the other."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import pytest

from kommutator.domain.chats import ChatNews, Said, Spoken, Told
from kommutator.domain.journal import Decided, JournalRow
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.chats.hear import HearChats
from kommutator.flows.deliver import Result
from kommutator.flows.house import House
from kommutator.kit.clock import SystemClock
from kommutator.store.deliveries import LaneHealth, Settled
from kommutator.store.unit import Unit
from kommutator.workers.finisher import Finisher
from kommutator.workers.lease import Kick
from tests.support.factories import value
from tests.support.house import open_house
from tests.support.waiting import eventually
from tests.support.whatsapp_host import FakeWhatsApp, jid
from tests.support.whatsapp_house import HERE, OLGA, Phone, a_phone

ANNA = "+79111112244"
LID = "771234567890@lid"
AT = datetime(2026, 11, 18, tzinfo=UTC)


@dataclass
class Desk:
    """The body of a row is the number of what it tells."""

    news: list[ChatNews] = field(default_factory=list)

    def read(self, _account: object, body: bytes) -> Sequence[ChatNews]:
        return [self.news[int(body)]]


@dataclass
class Town:
    """A phone; Olga and Anna are owed a message each, whose rows of the outbox these are."""

    house: House
    phone: Phone
    desk: Desk
    hear: HearChats
    olga: int
    anna: int

    def journal(self, *news: ChatNews) -> Sequence[JournalRow]:
        """Rows that tell these."""
        self.desk.news = list(news)
        return [
            JournalRow(n, HERE, "whatsapp", "told", None, str(n).encode(), self.phone.id, AT)
            for n in range(len(news))
        ]

    async def sender(self, *rows: int) -> None:
        """What became of messages, as their sender writes it down."""
        async with self.house.db.unit() as unit:
            spoken = [Spoken(row, "", "sent", message_id=f"W{row}") for row in rows]
            await unit.chats.settle(HERE, self.phone.id, spoken)

    async def decided_beside_a_sender(self, later: JournalRow, sooner: JournalRow) -> None:
        """Both rows in one transaction, which a sender of both messages meets half-way."""
        async with self.house.db.unit() as unit:
            await self.hear.prepare(unit, [later, sooner])
            assert await self.hear.decide(unit, later) == Decided()
            sender = await self.blocked(self.sender(self.olga, self.anna))
            assert await self.hear.decide(unit, sooner) == Decided()
        await sender

    async def blocked(self, work: Coroutine[object, object, None]) -> "asyncio.Task[None]":
        """This work, once it waits for somebody's lock."""
        before = await self._waiting()
        task = asyncio.create_task(work)

        async def waits() -> bool:
            assert not task.done(), "nothing stood in its way"
            return await self._waiting() > before

        await eventually(waits)
        return task

    async def _waiting(self) -> int:
        query = (
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return int(await value(self.house.db, query))

    async def states(self) -> Sequence[str]:
        return [await self.phone.state_of(row) for row in (self.olga, self.anna)]


@pytest.fixture
async def town(database_url: str) -> AsyncIterator[Town]:
    async with open_house(database_url) as house:
        phone = await a_phone(house, FakeWhatsApp())
        await phone.knows(OLGA)
        await phone.knows(ANNA)
        olga, anna = await phone.says("Здравствуйте", OLGA), await phone.says("Добрый день", ANNA)
        desk = Desk()
        hear = HearChats(
            house.directory, {"whatsapp": desk}, house.texts, _nobody,  # type: ignore[dict-item]  # one method is enough
            clock=house.clock,
        )  # fmt: skip
        yield Town(house, phone, desk, hear, olga, anna)


async def test_receipts_in_any_order_meet_a_senders_outcomes(town: Town) -> None:
    async with town.house.db.unit() as unit:
        for row in (town.olga, town.anna):
            await unit.whatsapp_sent.leaving(HERE, town.phone.id, [f"W{row}"], row)
    later, sooner = town.journal(
        ChatNews(jid(ANNA), told=Told(f"W{town.anna}", "read")),
        ChatNews(jid(OLGA), told=Told(f"W{town.olga}", "delivered")),
    )
    await town.decided_beside_a_sender(later, sooner)
    assert await town.states() == ["delivered", "read"]


async def test_chats_that_become_one_meet_a_senders_outcomes(town: Town) -> None:
    later, sooner = town.journal(
        ChatNews(jid(ANNA), told=Told("WA", "read", outbox_id=town.anna)),
        ChatNews(LID, Said("1", "Это я", AT, "Olga"), alias=jid(OLGA)),
    )
    async with town.house.db.unit() as unit:
        await unit.chats.hear(HERE, town.phone.id, ChatNews(LID, Said("0", "Привет", AT, "Olga")))
    await town.decided_beside_a_sender(later, sooner)
    assert await town.states() == ["sent", "read"]


async def test_two_that_write_outcomes_down_take_one_order(town: Town) -> None:
    async with town.house.db.unit() as unit:
        await unit.message_locks.of_commands(HERE, [town.olga])
        first = await town.blocked(town.sender(town.olga, town.anna))
        second = await town.blocked(town.sender(town.anna, town.olga))
    await first
    await second
    assert await town.states() == ["sent", "sent"]


async def test_what_is_being_settled_is_not_waited_for_when_taken_back(town: Town) -> None:
    async with town.house.db.unit() as unit:
        await unit.message_locks.commands(HERE, [town.olga])
        async with town.house.db.unit() as other:
            rows = [town.olga, town.anna]
            assert await other.outreach_tries.withdraw(HERE, rows, "opted_out") == {town.anna}
    assert await town.states() == ["owed", "failed"]


async def test_chats_that_close_meet_whoever_hears_of_them(town: Town) -> None:
    lease = await _held(town)
    kept: list[int] = []

    def committed(results: Sequence[Result]) -> None:
        kept.extend(one.settled.id for one in results)

    finisher = Finisher(town.house.db, lease, SystemClock(), health=LaneHealth, committed=committed)
    async with town.house.db.unit() as unit:
        await unit.chats.hear(HERE, town.phone.id, ChatNews(jid(ANNA), title="Anna"))
        finisher.put([_refused(town.olga, OLGA), _refused(town.anna, ANNA)])
        await eventually(lambda: kept == [town.olga])
        await unit.chats.hear(HERE, town.phone.id, ChatNews(jid(OLGA), title="Olga"))
    await finisher.flushed()
    await finisher.stop()
    assert await town.states() == ["failed", "failed"]


async def test_whoever_looks_for_work_waits_for_no_lane_of_the_living(town: Town) -> None:
    decide, wa = f"decide:{HERE}", f"wa:{town.phone.id}"
    async with town.house.db.single() as unit:
        held = await unit.lanes.claim_everywhere([decide, wa], UUID(int=1), 60.0)
        assert {one.lane for one in held} == {decide, wa}
    async with town.house.db.unit() as unit:
        await unit.connection.execute("SELECT FROM lanes WHERE lane = $1 FOR UPDATE", wa)
        async with town.house.db.single() as other:  # a lock would be waited for in vain
            assert await other.lanes.claim_everywhere([decide, wa], UUID(int=2), 60.0) == []


@dataclass
class HeldLane:
    lane: str
    enterprise: EnterpriseNumber
    connection_id: UUID
    fence: int
    kick: Kick = field(default_factory=Kick)

    def alive(self) -> bool:
        return True


async def _held(town: Town) -> HeldLane:
    lane = f"wa:{town.phone.id}"
    async with town.house.db.single() as unit:
        (claim,) = await unit.lanes.claim_everywhere([lane], UUID(int=1), 60.0)
    return HeldLane(lane, HERE, town.phone.id, claim.fence)


def _refused(row: int, phone: str) -> Result:
    spoken = Spoken(row, jid(phone), "failed", reason="chat_blocked", closed="blocked")
    return Result(jid(phone), Settled(row, "dead"), None, spoken=spoken)


async def _nobody(unit: Unit, row: JournalRow) -> Decided:
    raise AssertionError(f"{row} of {unit} was the messenger's")
