"""The workers that keep a copy: told of things, alone and in twos, beside a silent CRM."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from kommutator.domain.crm_news import TASKS, CardNews
from kommutator.kit.clock import SystemClock
from kommutator.kit.errors import ErrorKind, VendorError
from kommutator.kit.ids import SystemIds
from kommutator.store.database import Database
from kommutator.store.listener import Listener
from kommutator.store.unit import WANTED
from kommutator.workers.crm_copy import CrmCopier
from tests.support.copied_crm import CONTACTS, CRM, HERE, LEADS, Copy, VendorCrm, keep_copy
from tests.support.factories import value
from tests.support.waiting import eventually

ANNA = "+375000000070"


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = await Database.open(database_url, size=6)
    yield database
    await database.close()


@pytest.fixture
def crm() -> VendorCrm:
    return VendorCrm()


@pytest.fixture
async def copy(db: Database, crm: VendorCrm) -> Copy:
    return await keep_copy(db, crm)


@asynccontextmanager
async def worker(copy: Copy, dsn: str, *, lease_s: float = 60.0) -> AsyncIterator[CrmCopier]:
    """A worker's part of one process, told of wishes as in earnest."""
    copier = CrmCopier(copy.db, copy.copier, clock=SystemClock(), ids=SystemIds(), lease_s=lease_s)
    hears = {WANTED: lambda _payload: copier.kick()}
    listener = Listener(dsn, hears, on_reconnect=copier.kick, clock=SystemClock())
    await listener.start()
    await copier.start()
    try:
        yield copier
    finally:
        await copier.stop()
        await listener.stop()


async def finished(copy: Copy) -> bool:
    count = await value(copy.db, "SELECT count(finished_at) FROM crm_reads")
    return count == len(TASKS)


async def test_a_new_connection_is_read_whole_and_subscribed(
    copy: Copy, crm: VendorCrm, database_url: str
) -> None:
    for number in range(700):
        crm.put(CONTACTS, number, f"Client {number}", phones=(f"+37529{number:07}",))
    crm.put(LEADS, 1, "Deal", pipeline_id=1300, status_id=1)
    async with worker(copy, database_url):
        await eventually(lambda: finished(copy))
    assert len(await copy.held()) == 701
    assert len(await copy.book()) == 700
    assert len(crm.hooks_held) == 1
    errors = await value(copy.db, "SELECT count(*) FROM crm_reads WHERE error IS NOT NULL")
    assert errors == 0


async def test_a_notice_is_read_at_once_not_by_and_by(
    copy: Copy, crm: VendorCrm, database_url: str
) -> None:
    async with worker(copy, database_url):
        await eventually(lambda: finished(copy))
        crm.put(CONTACTS, 7, "Anna", phones=(ANNA,), responsible_id=19)
        crm.asked.clear()
        await copy.hear(CardNews(CONTACTS, 7))
        async with asyncio.timeout(3):  # less than between two looks around
            await eventually(copy.book)
    assert await copy.book() == {ANNA: ("Anna", "19")}
    assert crm.asked == [("contacts", (7,))]


async def test_two_processes_share_the_work(copy: Copy, crm: VendorCrm, database_url: str) -> None:
    async with worker(copy, database_url), worker(copy, database_url):
        for number in range(40):
            crm.put(CONTACTS, number, f"Client {number}")
            await copy.hear(CardNews(CONTACTS, number))
        await eventually(lambda: finished(copy))

        async def nothing_waits() -> bool:
            return await value(copy.db, "SELECT count(*) FROM crm_wanted") == 0

        await eventually(nothing_waits)
    assert len(await copy.held()) == 40
    assert [kind for kind, _ in crm.asked].count("subscribe") == 1
    assert [one for one in crm.asked if one == ("contacts", 1)] == [("contacts", 1)] * 2
    # once by the whole round, once by the look for changes: not once more by the other process


async def test_what_a_dead_process_took_is_taken_over(
    copy: Copy, crm: VendorCrm, database_url: str
) -> None:
    crm.put(CONTACTS, 7, "Anna", phones=(ANNA,))
    await copy.hear(CardNews(CONTACTS, 7))
    async with copy.db.unit() as unit:  # a process took both and died
        await unit.crm_wanted.take(HERE, CRM, CONTACTS, 10, 0.3)
        await unit.crm_reads.enrol_everywhere(["amocrm"], TASKS)
        taken = await unit.crm_reads.claim_everywhere(
            SystemIds().uuid(), but=[], limit=10, lease_s=0.3
        )
    assert len(taken) == len(TASKS)
    async with worker(copy, database_url):
        await eventually(copy.book)
        await eventually(lambda: finished(copy))


async def test_a_silent_crm_is_left_alone_ever_longer(
    copy: Copy, crm: VendorCrm, database_url: str
) -> None:
    crm.error = VendorError(ErrorKind.TRANSIENT, "timeout", hint="vendor_down")
    for number in range(600):
        await copy.hear(CardNews(CONTACTS, number))
    async with worker(copy, database_url) as copier:

        async def opened() -> bool:
            copier.kick()
            await run(copy, "UPDATE crm_wanted SET take_after = '-infinity'")
            return any(breaker.phase != "closed" for breaker in copier._wanted._breakers.values())

        await eventually(opened)
        asked = len([n for kind, n in crm.asked if kind == "contacts" and n != 1])
        assert asked == 3


async def run(copy: Copy, sql: str) -> None:
    async with copy.db.single() as unit:
        await unit.connection.execute(sql)


async def test_nothing_is_asked_of_a_paused_connection(
    copy: Copy, crm: VendorCrm, database_url: str
) -> None:
    await copy.hear(CardNews(CONTACTS, 7))
    await run(copy, "UPDATE connections SET status = 'paused'")
    async with worker(copy, database_url) as copier:
        await copier._wanted._take()
        await copier._claim()
        assert not copier._wanted._reading
        assert not copier._rounds._reading
    assert crm.asked == []


async def test_nothing_is_asked_while_the_deliveries_wait_for_the_crm(
    copy: Copy, crm: VendorCrm
) -> None:
    """The breaker of the lane is open, or a person has to reconnect it: calls go first."""
    await copy.hear(CardNews(CONTACTS, 7))
    await run(
        copy,
        f"INSERT INTO lanes (lane, enterprise, connection_id, breaker, breaker_until) VALUES "
        f"('crm:{CRM}', '{HERE}', '{CRM}', 'open', now() + interval '1 min')",
    )
    async with copy.db.single() as unit:
        assert await unit.crm_wanted.waiting_everywhere(["amocrm"]) == []
        await unit.crm_reads.enrol_everywhere(["amocrm"], TASKS)
        claimed = await unit.crm_reads.claim_everywhere(
            SystemIds().uuid(), but=[], limit=9, lease_s=1
        )
        assert claimed == []
        await unit.connection.execute("UPDATE lanes SET breaker_until = now()")
        assert await unit.crm_wanted.waiting_everywhere(["amocrm"]) == [(HERE, CRM, CONTACTS)]


async def test_the_figures(copy: Copy, crm: VendorCrm) -> None:
    await copy.hear(CardNews(CONTACTS, 7), CardNews(CONTACTS, 8))
    await run(copy, "UPDATE crm_wanted SET since = now() - interval '90 s' WHERE id = 7")
    async with copy.db.single() as unit:
        figures = await unit.figures.copies_everywhere()
    assert figures["wanted"] == 2
    assert 90 <= figures["lag_s"] < 100
    assert figures["hooks_off"] == 1  # never subscribed yet
    await copy.round("hooks")
    async with copy.db.single() as unit:
        assert (await unit.figures.copies_everywhere())["hooks_off"] == 0
