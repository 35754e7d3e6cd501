"""Who is calling, told beside the call and never in its way."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from kommutator.domain.calls.call import Call, Phase
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.flows.ask_crm import next_night
from kommutator.flows.phone_book import FRESH, FRESH_STRANGER, PhoneBook
from kommutator.kit.clock import Clock, ManualClock, SystemClock
from kommutator.store.database import Database
from kommutator.store.listener import Listener
from kommutator.store.phone_book import Told
from kommutator.store.phone_book_reads import BookRead
from kommutator.store.unit import LIVE
from tests.support.book import (
    ANNA,
    CRM,
    HERE,
    OTHER_CRM,
    THERE,
    Crm,
    account,
    clients,
    entry,
    filler,
    settle,
)
from tests.support.factories import value
from tests.support.waiting import eventually

STRANGER = "+375000000071"
KINDS = [ConnectionKind.RETAILCRM]


@pytest.fixture(autouse=True)
async def tenants(db: Database) -> None:
    await settle(db)


@pytest.fixture
def crm() -> Crm:
    return Crm()


def a_call(call_id: str = "c-1", client: str | None = ANNA.phone, **more: object) -> Call:
    plain = Call(
        id=call_id, direction="in", client=client, line="+375000000001", phase=Phase.RINGING,
        started_at=datetime.now(UTC),
    )  # fmt: skip
    return replace(plain, **more)


async def attend(
    db: Database,
    call: Call,
    before: Call | None = None,
    *,
    crm: Account | None = None,
    clock: Clock | None = None,
) -> None:
    """As the call's story does, in one transaction with the call."""
    crm = crm or account()
    book = PhoneBook(KINDS, clock=clock or SystemClock())
    async with db.unit() as unit:
        await unit.calls.save(
            crm.enterprise, call, fold=b"{}", source="ami", connection_id=crm.connection_id
        )
        await book.attend(unit, crm.enterprise, call, before, [crm])


async def knows(db: Database, phone: str, whose: Account | None = None) -> bool | None:
    async with db.unit() as unit:
        return await PhoneBook(KINDS, clock=SystemClock()).knows(unit, whose or account(), phone)


async def name_of(db: Database, call_id: str = "c-1") -> object:
    return await value(db, "SELECT client_name FROM calls WHERE id = $1", call_id)


async def test_a_caller_is_looked_up_aside_and_named_while_it_rings(
    db: Database, crm: Crm, database_url: str
) -> None:
    crm.hanging = {CRM}
    async with filler(db, crm, database_url):
        await attend(db, a_call())  # returns although the CRM hangs
        assert await knows(db, ANNA.phone) is None
        await eventually(lambda: crm.asked)
        crm.gate.set()
        await eventually(lambda: name_of(db))
    assert await name_of(db) == "Анна Тестова"
    assert await knows(db, ANNA.phone) is True
    assert crm.asked == [(CRM, ANNA.phone)]
    held = await entry(db)
    assert held is not None
    assert (held.owner_user, held.wanted_at) == ("19", None)


async def test_the_live_board_hears_of_the_name(db: Database, crm: Crm, database_url: str) -> None:
    heard: list[str] = []
    clock = SystemClock()
    listener = Listener(database_url, {LIVE: heard.append}, on_reconnect=lambda: None, clock=clock)
    await listener.start()
    try:
        async with filler(db, crm, database_url):
            await attend(db, a_call())
            await eventually(lambda: heard)
            await eventually(lambda: name_of(db))
        assert heard == ['{"enterprise_number":"0367","call_id":"c-1"}']
        await attend(db, a_call("c-2"))  # known by now: named at once
        await eventually(lambda: len(heard) == 2)
    finally:
        await listener.stop()
    assert await name_of(db, "c-2") == "Анна Тестова"


async def test_nobody_is_an_answer_too(db: Database, crm: Crm, database_url: str) -> None:
    async with filler(db, crm, database_url):
        await attend(db, a_call(client=STRANGER))

        async def told() -> bool:
            return await knows(db, STRANGER) is not None

        await eventually(told)
    assert await knows(db, STRANGER) is False
    assert await name_of(db) is None


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


async def test_one_call_is_one_question(db: Database, crm: Crm) -> None:
    """The PBX asked for a route, the story began: the wish is the same."""
    async with db.unit() as unit:
        await unit.phone_book.want(HERE, ANNA.phone)
        (wanted,) = await unit.phone_book.take_wanted(HERE, 1, 60.0)
    await attend(db, a_call())
    async with db.unit() as unit:
        assert await unit.phone_book.take_wanted(HERE, 9, 60.0) == []
    held = await entry(db)
    assert held is not None
    assert held.wanted_at == wanted.wanted_at


@pytest.mark.parametrize(
    ("known", "age", "asked"),
    [
        (True, FRESH - timedelta(minutes=5), False),
        (True, FRESH + timedelta(minutes=5), True),
        (False, FRESH_STRANGER - timedelta(minutes=5), False),
        (False, FRESH_STRANGER + timedelta(minutes=5), True),
    ],
)
async def test_only_the_old_is_asked_for_anew(
    db: Database, crm: Crm, database_url: str, known: bool, age: timedelta, asked: bool
) -> None:
    phone = ANNA.phone if known else STRANGER
    async with filler(db, crm, database_url):
        await attend(db, a_call(client=phone))

        async def told() -> bool:
            return await knows(db, phone) is not None

        await eventually(told)
    await attend(db, a_call("c-2", client=phone), clock=ManualClock(datetime.now(UTC) + age))
    held = await entry(db, phone)
    assert held is not None
    assert (held.wanted_at is not None) is asked


async def test_a_stranger_of_yesterday_may_be_a_client_today(db: Database) -> None:
    async with db.unit() as unit:
        old = datetime.now(UTC) - timedelta(hours=1)
        await unit.phone_book.hear(HERE, CRM, Told(STRANGER, known=False), at=old)
        await unit.phone_book.hear(HERE, CRM, Told(ANNA.phone, known=True, customer_id="7"), at=old)
    assert await knows(db, STRANGER) is None
    assert await knows(db, ANNA.phone) is True


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


async def test_another_account_of_the_same_crm_knows_nobody_yet(db: Database) -> None:
    async with db.unit() as unit:
        told = Told(ANNA.phone, known=True, customer_id="7")
        await unit.phone_book.hear(HERE, CRM, told, at=datetime.now(UTC))
    assert await knows(db, ANNA.phone, account(UUID(int=9))) is None


@pytest.mark.parametrize("client", [None, "150", "anonymous"])
async def test_who_has_no_number_is_nobody(db: Database, client: str | None) -> None:
    await attend(db, a_call(client=client, answered_by=("150",)))
    assert await knows(db, client or "") is None
    assert await value(db, "SELECT count(*) FROM phone_book") == 0


async def test_talks_teach_whom_the_client_talked_with(db: Database) -> None:
    ringing = a_call()
    began, ended = datetime.now(UTC), datetime.now(UTC) + timedelta(minutes=2)
    talking = replace(ringing, answered_by=("150",), answered_at=began, phase=Phase.TALKING)
    moved = replace(talking, answered_by=("150", "151"), ended_at=ended, phase=Phase.ENDED)
    await attend(db, ringing)
    await attend(db, talking, ringing)
    held = await entry(db)
    assert held is not None
    assert (held.last_talker, held.last_talk_at) == ("150", began)
    await attend(db, moved, talking)
    await attend(db, talking, ringing)  # an older call told again changes nothing
    held = await entry(db)
    assert held is not None
    assert (held.last_talker, held.last_talk_at) == ("151", ended)


@pytest.mark.parametrize("then", [{"rang": ("150",)}, {"phase": Phase.ENDED}])
async def test_a_click_waits_for_no_name_and_gets_it_when_the_phone_rings(
    db: Database, then: dict[str, object]
) -> None:
    click = a_call(direction="out", requested_by="a@example.com", dialler="150")
    await attend(db, click)
    assert await entry(db) is None
    await attend(db, click, click)
    assert await entry(db) is None
    await attend(db, replace(click, **then), click)
    wanted = await entry(db)
    assert wanted is not None
    assert wanted.wanted_at is not None


async def test_internal_calls_and_missed_ones_teach_nothing(db: Database) -> None:
    await attend(db, a_call(direction="internal", answered_by=("150",)))
    assert await entry(db) is None
    await attend(db, a_call("c-2", phase=Phase.ENDED, ended_at=datetime.now(UTC)))
    held = await entry(db)
    assert held is not None
    assert held.last_talker is None


async def test_all_clients_are_read_and_who_is_gone_is_asked_for(
    db: Database, database_url: str
) -> None:
    crm = Crm(clients(25))
    async with db.unit() as unit:
        gone = Told("+375291111111", known=True, customer_id="500", name="Gone")
        await unit.phone_book.hear(HERE, CRM, gone, at=datetime.now(UTC))
        await unit.phone_book.hear(THERE, OTHER_CRM, gone, at=datetime.now(UTC))
    await attend(db, a_call(client="+375290000003"))
    async with filler(db, crm, database_url):

        async def done() -> bool:
            return await value(db, "SELECT count(finished_at) FROM phone_book_reads") == 2

        await eventually(done)

        async def found_out() -> bool:
            held = await entry(db, "+375291111111")
            return held is not None and held.known is False

        await eventually(found_out)
    assert [page for whose, page in crm.pages if whose == CRM] == [1, 2, 3]
    known = "SELECT count(*) FROM phone_book WHERE enterprise = $1 AND known"
    assert await value(db, known, HERE) == 25
    assert await name_of(db) == "Client 3"
    (read,) = await reads_of(db)
    assert (read.clients, read.pages, read.under_way, read.error) == (25, 3, False, None)
    assert timedelta(0) < read.due_at - datetime.now(UTC) < timedelta(hours=26)


async def reads_of(db: Database) -> Sequence[BookRead]:
    async with db.single() as unit:
        return await unit.phone_book_reads.of(HERE)


async def test_a_failed_page_is_shown_and_read_later_from_there(
    db: Database, database_url: str
) -> None:
    crm = Crm(clients(25))
    crm.hanging = {CRM}
    async with filler(db, crm, database_url):
        await eventually(lambda: (CRM, 1) in crm.pages)
        crm.broken = {CRM}
        crm.gate.set()

        async def failed() -> bool:
            return any(read.error for read in await reads_of(db))

        await eventually(failed)
        (read,) = await reads_of(db)
        assert (read.error, read.error_hint, read.page) == ("bad gateway", "vendor_down", 0)
        assert read.due_at > datetime.now(UTC)
        crm.broken = set()
        async with db.unit() as unit:
            await unit.phone_book_reads.start(HERE, CRM)

        async def done() -> bool:
            (read,) = await reads_of(db)
            return read.finished_at is not None and read.error is None

        await eventually(done)


async def test_two_processes_read_each_account_once(db: Database, database_url: str) -> None:
    crm = Crm(clients(95))
    other = await Database.open(database_url, size=4)
    try:
        async with filler(db, crm, database_url), filler(other, crm, database_url):

            async def done() -> bool:
                return await value(db, "SELECT count(finished_at) FROM phone_book_reads") == 2

            await eventually(done)
    finally:
        await other.close()
    assert sorted(crm.pages) == sorted((c, p) for c in (CRM, OTHER_CRM) for p in range(1, 11))


async def test_whoever_stops_gives_the_read_back(db: Database, database_url: str) -> None:
    crm = Crm(clients(25))
    crm.hanging = {CRM}
    async with filler(db, crm, database_url):
        await eventually(lambda: (CRM, 1) in crm.pages)
    crm.hanging = set()
    async with filler(db, crm, database_url):

        async def done() -> bool:
            (read,) = await reads_of(db)
            return read.finished_at is not None

        await eventually(done, 10)


async def test_a_paused_connection_is_not_read(db: Database, database_url: str) -> None:
    crm = Crm(clients(25))
    crm.pause(CRM)  # the directory knows, the table does not yet
    async with filler(db, crm, database_url):
        await eventually(lambda: (OTHER_CRM, 3) in crm.pages)

        async def waits() -> bool:
            return any(read.due_at > datetime.now(UTC) for read in await reads_of(db))

        await eventually(waits)
    assert CRM not in {whose for whose, _ in crm.pages}


@pytest.mark.parametrize(
    ("now", "first"),
    [
        (datetime(2026, 11, 20, 23, 0, tzinfo=UTC), datetime(2026, 11, 21, 0, 0, tzinfo=UTC)),
        (datetime(2026, 11, 21, 0, 31, tzinfo=UTC), datetime(2026, 11, 22, 0, 0, tzinfo=UTC)),
    ],
)
def test_the_night_is_the_enterprises_own(now: datetime, first: datetime) -> None:
    assert next_night(now, "Europe/Minsk", UUID(int=0)) == first
    assert next_night(now, "Europe/Minsk", UUID(int=1800)) == first + timedelta(minutes=30)
