"""Whom a change reaches, when and how often; without any messenger: all is in the database."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from kommutator.domain.chats import ChatNews, Said
from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from kommutator.domain.journal import Decided, Ignored, JournalRow
from kommutator.domain.salon.changes import VisitNews
from kommutator.flows import connections
from kommutator.flows.house import House
from kommutator.flows.notices.digest import EndQuiet
from kommutator.flows.notices.hear import DIGEST, TellOfVisits
from kommutator.kit.clock import ManualClock
from kommutator.kit.errors import Conflict, InvalidInput, NotFound
from kommutator.store.outbox import OutboxRow
from kommutator.store.unit import Unit
from tests.support.channels import SALON, a_receiver, a_salon, admin, change, later, visit
from tests.support.house import TenantOfTests, open_house, settle_tenant

NIGHT = datetime(2026, 12, 1, 20, tzinfo=UTC)  # 23:00 in Minsk
QUIET = {"quiet": {"begin": "22:00", "end": "08:00"}}


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with open_house(database_url) as opened:
        yield opened


@pytest.fixture
async def here(house: House) -> TenantOfTests:
    return await settle_tenant(house, "0367")


async def a_bot(house: House, here: TenantOfTests, kind: str = "telegram") -> UUID:
    """A messenger with one chat, "42", as if it had been connected and had told of it."""
    connection_id = house.ids.uuid()
    async with house.db.unit() as unit:
        await unit.connections.create(
            here.number, connection_id, kind=ConnectionKind(kind), name="Messenger",
            base_url="https://messenger.example", account_key=kind, config={"username": "bot"},
            sealed={},
        )  # fmt: skip
        await unit.connections.set_status(here.number, connection_id, ConnectionStatus.ACTIVE)
        news = ChatNews("42", Said("1", "hello", NIGHT), title="Olga")
        await unit.chats.hear(here.number, connection_id, news)
    return connection_id


class Teller:
    """The copy of salons, with a clock of our own."""

    def __init__(self, house: House, at: datetime) -> None:
        self.house = house
        self.clock = ManualClock(at)
        self._hear = TellOfVisits(house.texts, clock=self.clock)

    async def __call__(self, account: Any, *changes: Any) -> None:
        async with self.house.db.unit() as unit:
            await self._hear(unit, account, SALON, changes)


async def owed(house: House, here: TenantOfTests) -> list[OutboxRow]:
    """What goes out, oldest first."""
    async with house.db.unit() as unit:
        return list(reversed(await unit.outbox.page(here.number, limit=200)))


async def end_quiet(house: House, here: TenantOfTests, receiver: UUID) -> Any:
    """The alarm rings."""
    row = JournalRow(
        1, here.number, "timer", DIGEST, None, f'{{"receiver":"{receiver}"}}'.encode(), None, NIGHT
    )

    async def nobody(unit: Unit, row: JournalRow) -> Any:
        raise AssertionError("the alarm is ours")

    async with house.db.unit() as unit:
        return await EndQuiet(house.texts, nobody).decide(unit, row)


async def test_each_wants_something_else(house: House, here: TenantOfTests) -> None:
    bot, salon = await a_bot(house, here), await a_salon(house, here.number)
    wishes: list[dict[str, Any]] = [
        {}, {"salons": [1]}, {"staff": [2]}, {"services": [9], "language": "uk"},
        {"news": ["cancelled"]},
    ]  # fmt: skip
    for wish in wishes:
        await a_receiver(house, here.number, bot, "42", wishes=wish)
    await Teller(house, NIGHT)(salon, change(None, visit()))
    texts = [row.command().text for row in await owed(house, here)]  # type: ignore[union-attr]  # messages
    assert [text.split(" · ")[0] for text in texts] == ["🆕 New visit", "🆕 Новий запис"]


async def test_a_change_goes_out_once_however_often_it_is_heard(
    house: House, here: TenantOfTests
) -> None:
    bot, salon = await a_bot(house, here), await a_salon(house, here.number)
    await a_receiver(house, here.number, bot, "42")
    tell = Teller(house, NIGHT)
    first = visit(changed_at=NIGHT)
    moved = visit(starts_at=later(first).starts_at, changed_at=NIGHT + timedelta(minutes=1))
    back = visit(changed_at=NIGHT + timedelta(minutes=2))
    for _ in range(3):
        await tell(salon, change(None, first), change(first, moved), change(moved, back))
    again = visit(
        starts_at=moved.starts_at, changed_at=NIGHT + timedelta(minutes=3)
    )  # the same move a second time is news
    await tell(salon, change(back, again))
    log = await house.notices.log(here.number)
    assert [one.news for one in log] == ["moved", "moved", "moved", "created"]
    assert len(await owed(house, here)) == 4


async def test_a_transaction_that_fails_tells_nobody(house: House, here: TenantOfTests) -> None:
    bot, salon = await a_bot(house, here), await a_salon(house, here.number)
    await a_receiver(house, here.number, bot, "42")
    hear = TellOfVisits(house.texts, clock=house.clock)

    async def fail() -> None:
        async with house.db.unit() as unit:
            await hear(unit, salon, SALON, [change(None, visit())])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await owed(house, here) == []
    await Teller(house, NIGHT)(salon, change(None, visit()))
    assert len(await owed(house, here)) == 1


async def test_the_first_reading_of_a_salon_tells_nobody(house: House, here: TenantOfTests) -> None:
    bot, salon = await a_bot(house, here), await a_salon(house, here.number)
    await a_receiver(house, here.number, bot, "42")
    seen = change(None, visit())
    first = type(seen)(None, seen.after, (VisitNews.CREATED,), first_read=True)
    await Teller(house, NIGHT)(salon, first)
    assert await house.notices.log(here.number) == []


async def test_quiet_hours_end_in_one_message(house: House, here: TenantOfTests) -> None:
    bot, salon = await a_bot(house, here), await a_salon(house, here.number)
    receiver = await a_receiver(house, here.number, bot, "42", wishes=QUIET)
    tell = Teller(house, NIGHT)
    await tell(salon, change(None, visit(5)), change(None, visit(6)))
    held = await house.notices.log(here.number, state="held")
    assert [one.due_at for one in held] == [datetime(2026, 12, 2, 5, tzinfo=UTC)] * 2
    assert await owed(house, here) == []
    async with house.db.unit() as unit:
        alarms = await unit.connection.fetch("SELECT kind, run_at FROM timers")
    assert [(row["kind"], row["run_at"]) for row in alarms] == [(DIGEST, held[0].due_at)]
    assert await end_quiet(house, here, receiver) == Decided()
    (row,) = await owed(house, here)
    message = row.command()
    assert message.text.startswith("🌙 While it was quiet:\n\n🆕 New visit")  # type: ignore[union-attr]  # a message
    assert message.text.count("🆕") == 2  # type: ignore[union-attr]  # as above
    assert await end_quiet(house, here, receiver) == Ignored("nothing_was_held")
    assert {one.state for one in await house.notices.log(here.number)} == {"owed"}


async def test_a_digest_of_a_closed_chat_is_skipped_and_of_nobody_ignored(
    house: House, here: TenantOfTests
) -> None:
    bot, salon = await a_bot(house, here), await a_salon(house, here.number)
    receiver = await a_receiver(house, here.number, bot, "42", wishes=QUIET)
    await Teller(house, NIGHT)(salon, change(None, visit()))
    async with house.db.unit() as unit:
        await unit.chats.close(here.number, bot, "42", "blocked")
    await end_quiet(house, here, receiver)
    (one,) = await house.notices.log(here.number)
    assert (one.state, one.reason) == ("skipped", "chat_blocked")
    await house.notices.delete(admin(here.number), here.number, receiver)
    assert await end_quiet(house, here, receiver) == Ignored("receiver_removed")


@pytest.mark.parametrize(
    ("kind", "wishes", "minutes", "edits"),
    [
        ("telegram", {}, 2, "1001"),
        ("telegram", {}, 6, None),
        ("telegram", {"edits": False}, 2, None),
        ("avito", {}, 2, None),
    ],
)
async def test_a_message_just_read_is_put_otherwise(
    house: House, here: TenantOfTests, kind: str, wishes: Any, minutes: int, edits: str | None
) -> None:
    bot, salon = await a_bot(house, here, kind), await a_salon(house, here.number)
    await a_receiver(house, here.number, bot, "42", wishes=wishes)
    tell = Teller(house, house.clock.now())
    await tell(salon, change(None, visit()))
    async with house.db.unit() as unit:
        await unit.connection.execute("UPDATE notices SET state = 'sent', message_id = '1001'")
    await tell.clock.advance(60.0 * minutes)
    await tell(salon, change(visit(), later(visit())))
    assert (await owed(house, here))[-1].command().edits == edits  # type: ignore[union-attr]  # a message
    cancelled = change(later(visit()), visit(starts_at=later(visit()).starts_at, deleted=True))
    await tell(salon, cancelled)
    assert (await owed(house, here))[-1].command().edits is None  # type: ignore[union-attr]  # as above


async def test_who_cannot_be_told_is_told_apart(house: House, here: TenantOfTests) -> None:
    bot, salon = await a_bot(house, here), await a_salon(house, here.number)
    waiting = await a_receiver(house, here.number, bot)
    off = await a_receiver(house, here.number, bot, "42", name="Off")
    await house.notices.change(admin(here.number), here.number, off, active=False)
    await Teller(house, NIGHT)(salon, change(None, visit()))
    (one,) = await house.notices.log(here.number)
    assert (one.receiver, one.state, one.reason) == (waiting, "skipped", "nobody_came")
    with pytest.raises(Conflict) as refused:
        await house.notices.test(admin(here.number), here.number, waiting)
    assert refused.value.code == "notice_not_possible"
    await house.notices.test(admin(here.number), here.number, off)
    assert (await owed(house, here))[-1].command().about == "test"  # type: ignore[union-attr]  # a message


@pytest.mark.parametrize("how", ["off", "deleted"])
async def test_who_left_does_not_hear_what_was_still_under_way(
    house: House, here: TenantOfTests, how: str
) -> None:
    bot, salon = await a_bot(house, here), await a_salon(house, here.number)
    left, stays = [await a_receiver(house, here.number, bot, "42") for _ in range(2)]
    await Teller(house, NIGHT)(salon, change(None, visit()))
    if how == "off":
        await house.notices.change(admin(here.number), here.number, left, active=False)
        (one,) = await house.notices.log(here.number, receiver=left)
        assert (one.state, one.reason) == ("failed", "receiver_off")
    else:
        await house.notices.delete(admin(here.number), here.number, left)
    assert sorted(row.state for row in await owed(house, here)) == ["dropped", "due"]
    (one,) = await house.notices.log(here.number, receiver=stays)
    assert one.state == "owed"
    async with house.db.unit() as unit:
        said = await unit.connection.fetch("SELECT state FROM chat_messages WHERE direction='out'")
    assert sorted(row["state"] for row in said) == ["failed", "owed"]


async def test_nothing_that_was_told_of_a_removed_salon_stays(
    house: House, here: TenantOfTests
) -> None:
    bot, salon = await a_bot(house, here), await a_salon(house, here.number)
    other = await a_salon(house, here.number, replace(SALON, id=962303))
    await a_receiver(house, here.number, bot, "42", wishes=QUIET)
    tell = Teller(house, NIGHT)
    await tell(salon, change(None, visit()))
    await tell(other, change(None, visit()))
    await connections.remove(house, admin(here.number), here.number, salon.connection_id)
    (one,) = await house.notices.log(here.number)
    assert one.salon == other.connection_id


async def test_what_nobody_may_ask_for(house: House, here: TenantOfTests) -> None:
    bot, avito = await a_bot(house, here), await a_bot(house, here, "avito")
    who, number = admin(here.number), here.number
    with pytest.raises(NotFound):
        await house.notices.create(who, number, name="x", connection_id=bot, chat_id="77")
    with pytest.raises(NotFound):
        await house.notices.create(who, number, name="x", connection_id=here.crm_id)
    with pytest.raises(InvalidInput):
        await house.notices.create(who, number, name="x", connection_id=avito)
    with pytest.raises(InvalidInput):
        await house.notices.create(who, number, name=" ", connection_id=bot)
    answers = await a_receiver(house, number, avito, "42")
    with pytest.raises(Conflict):
        await house.notices.invite(who, number, answers)


async def test_a_thousand_changes_reach_each_receiver_once(
    house: House, here: TenantOfTests
) -> None:
    """Heard in any order and up to three times, as hooks and reconciliation bring them."""
    bot, salon = await a_bot(house, here), await a_salon(house, here.number)
    for name in ("Desk", "Owner"):
        await a_receiver(house, here.number, bot, "42", name=name)
    tell = Teller(house, NIGHT)
    changes = [change(None, visit(number)) for number in range(1, 1001)]
    for start in range(0, 1000, 100):
        await tell(salon, *changes[start : start + 100])
        await tell(salon, *reversed(changes[max(0, start - 50) : start + 100]))
    async with house.db.unit() as unit:
        counts = await unit.connection.fetch(
            "SELECT count(*) AS n, count(DISTINCT (receiver, record_id)) AS different FROM notices"
        )
        out = await unit.connection.fetchval("SELECT count(*) FROM outbox")
    assert [(row["n"], row["different"]) for row in counts] == [(2000, 2000)]
    assert out == 2000
