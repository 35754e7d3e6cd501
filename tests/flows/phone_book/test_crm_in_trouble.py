"""A CRM that is down, silent or hanging is never in the way of a call, nor of another CRM."""

from datetime import UTC, datetime, timedelta

from kommutator.flows.phone_book import FRESH, PhoneBook
from kommutator.kit.clock import ManualClock
from kommutator.store.database import Database
from tests.support.book import ANNA, CRM, HERE, OTHER_CRM, THERE, Crm, account, entry, filler
from tests.support.book_calls import KINDS, a_call, attend, knows, name_of
from tests.support.factories import value
from tests.support.waiting import eventually


async def test_another_process_answers_while_the_crm_is_down(
    db: Database, crm: Crm, database_url: str
) -> None:
    """What one process learnt, the other tells at once; what is old is still told, and wanted."""
    async with filler(db, crm, database_url):
        await attend(db, a_call())
        await eventually(lambda: name_of(db))
    crm.broken = {CRM}
    other = await Database.open(database_url, size=2)
    try:
        tomorrow = ManualClock(datetime.now(UTC) + FRESH + timedelta(minutes=1))
        async with filler(other, crm, database_url):
            await attend(other, a_call("c-2"), clock=tomorrow)
            assert await name_of(other, "c-2") == "Анна Тестова"
            await eventually(lambda: len(crm.asked) == 2)
            book = PhoneBook(KINDS, clock=tomorrow)
            async with other.unit() as unit:
                assert await book.knows(unit, account(), ANNA.phone) is True
    finally:
        await other.close()
    held = await entry(db)
    assert held is not None
    assert held.wanted_at is not None, "asked again when the CRM is back"


async def test_the_crm_comes_back_and_is_asked_by_the_next_call(
    db: Database, crm: Crm, database_url: str
) -> None:
    crm.broken = {CRM}
    async with filler(db, crm, database_url):
        await attend(db, a_call())
        await eventually(lambda: crm.asked)

        async def postponed() -> bool:
            return bool(await value(db, "SELECT ask_after > now() FROM phone_book"))

        await eventually(postponed)
        crm.broken = set()
        await db_forgets_the_last_seconds(db)
        await attend(db, a_call("c-2"))
        await eventually(lambda: name_of(db, "c-2"))
    assert await name_of(db, "c-1") == "Анна Тестова"


async def test_a_silent_crm_is_left_alone(db: Database, crm: Crm, database_url: str) -> None:
    """The rest of the wishes waits for a probe, not for a failure of its own."""
    crm.broken = {CRM}
    for number in range(20):
        await attend(db, a_call(f"c-{number}", f"+37529{number:07}"))
    async with filler(db, crm, database_url) as made:
        await eventually(lambda: len(crm.asked) >= 4)
        await eventually(lambda: not any(made._looking_up.values()))
        for _ in range(5):
            await made._take_wanted()
    assert len(crm.asked) <= 6


async def test_nobody_asks_a_crm_whose_deliveries_wait(
    db: Database, crm: Crm, database_url: str
) -> None:
    await attend(db, a_call())
    async with db.unit() as unit:
        await unit.connection.execute(
            "INSERT INTO lanes (lane, enterprise, breaker, breaker_until) "
            "VALUES ('crm:' || $1::uuid, $2, 'open', now() + interval '1 hour') "
            "ON CONFLICT (lane) DO UPDATE SET breaker = 'open', "
            "breaker_until = excluded.breaker_until",
            CRM, HERE,
        )  # fmt: skip
    async with filler(db, crm, database_url) as made:
        await made._take_wanted()
        assert crm.asked == []
        async with db.unit() as unit:
            await unit.connection.execute("UPDATE lanes SET breaker_until = now()")
        await made._take_wanted()
        await eventually(lambda: crm.asked)


async def db_forgets_the_last_seconds(db: Database) -> None:
    async with db.unit() as unit:
        await unit.connection.execute(
            "UPDATE phone_book SET wanted_at = wanted_at - interval '1 minute'"
        )


async def test_a_hanging_crm_holds_up_nobody_else(
    db: Database, crm: Crm, database_url: str
) -> None:
    crm.hanging = {CRM}
    async with filler(db, crm, database_url):
        for number in range(50):
            await attend(db, a_call(f"c-{number}", client=f"+3752900000{number:02}"))
        there = account(OTHER_CRM, THERE)
        await attend(db, a_call("there"), crm=there)

        async def told() -> bool:
            return await knows(db, ANNA.phone, there) is True

        await eventually(told)
        assert len([1 for whose, _ in crm.asked if whose == CRM]) == 4
        crm.gate.set()
        await eventually(lambda: len({p for whose, p in crm.asked if whose == CRM}) == 50)
