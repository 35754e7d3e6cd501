"""The phone book: nothing newer is lost to something older, whoever writes at the same time."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.database import Database
from kommutator.store.phone_book import BookEntry, Told, fits
from tests.support.book import CRM, HERE, OTHER_CRM, THERE, entry, settle

ANNA = "+375000000070"
NOW = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
TOLD = Told(ANNA, known=True, name="Анна", customer_id="70", owner_user="19", owner_code="150",
            links={"customerLink": "https://x.test"})  # fmt: skip


@pytest.fixture(autouse=True)
async def tenants(db: Database) -> None:
    await settle(db)


async def hear(db: Database, told: Told, at: datetime = NOW) -> None:
    async with db.single() as unit:
        await unit.phone_book.hear(HERE, CRM, told, at=at)


async def hear_list(
    db: Database, *told: Told, at: datetime = NOW, since: datetime | None = None
) -> None:
    async with db.single() as unit:
        await unit.phone_book.hear_list(HERE, CRM, told, at=at, since=since or at)


async def held(db: Database, phone: str = ANNA) -> BookEntry:
    found = await entry(db, phone)
    assert found is not None
    return found


async def test_what_the_crm_said_is_held_per_tenant(db: Database) -> None:
    await hear(db, TOLD)
    assert await held(db) == BookEntry(
        ANNA, CRM, True, "Анна", "70", {"customerLink": "https://x.test"}, "19", "150", NOW
    )
    assert await entry(db, ANNA, THERE) is None


async def test_an_older_answer_changes_nothing(db: Database) -> None:
    await hear(db, TOLD, LATER)
    await hear(db, Told(ANNA, known=False), NOW)
    await hear_list(db, replace(TOLD, name="Old", owner_user="18"), at=NOW)
    assert (await held(db)).known is True
    assert ((await held(db)).name, (await held(db)).owner_user) == ("Анна", "19")
    await hear(db, Told(ANNA, known=False), LATER + timedelta(seconds=1))
    stranger = await held(db)
    assert (stranger.known, stranger.name, stranger.owner_user) == (False, None, None)
    assert stranger.crm_at == LATER + timedelta(seconds=1)


async def test_a_list_takes_nothing_away_that_a_look_up_told(db: Database) -> None:
    await hear(db, TOLD)
    await hear_list(db, Told(ANNA, known=True, name="Анна Новая", customer_id="70"), at=LATER)
    kept = await held(db)
    assert (kept.name, kept.owner_user, kept.owner_code) == ("Анна Новая", "19", "150")
    assert kept.links == TOLD.links
    assert kept.crm_at == NOW, "the owner was not confirmed: the age must not look younger"


async def test_a_list_names_another_owner(db: Database) -> None:
    await hear(db, TOLD)
    await hear_list(db, replace(TOLD, owner_user="18", owner_code=None, links={}), at=LATER)
    changed = await held(db)
    assert (changed.owner_user, changed.owner_code, changed.crm_at) == ("18", None, LATER)


async def test_another_client_of_the_number_inherits_nothing(db: Database) -> None:
    await hear(db, TOLD)
    await hear_list(db, Told(ANNA, known=True, name="Борис", customer_id="99"), at=LATER)
    other = await held(db)
    assert (other.customer_id, other.owner_user, other.links) == ("99", None, {})


@pytest.mark.parametrize("turned", [False, True])
async def test_of_two_clients_with_one_number_the_older_has_it(db: Database, turned: bool) -> None:
    """Whatever the order of the vendor's list, and on one page or two."""
    old, young = replace(TOLD, customer_id="9"), replace(TOLD, customer_id="10", name="Young")
    first, second = (young, old) if turned else (old, young)
    await hear_list(db, first, at=NOW, since=NOW)
    await hear_list(db, second, at=LATER, since=NOW)
    assert (await held(db)).customer_id == "9"
    await hear_list(db, second, first, at=LATER, since=LATER)
    assert (await held(db)).customer_id == "9"


async def test_another_connection_starts_anew(db: Database) -> None:
    await hear(db, TOLD, LATER)
    async with db.single() as unit:
        await unit.phone_book.hear_list(
            HERE, OTHER_CRM, [Told(ANNA, known=True, customer_id="70")], at=NOW, since=NOW
        )
    assert (await held(db)).owner_user is None


async def test_talks_are_kept_in_order_of_time(db: Database) -> None:
    async with db.single() as unit:
        await unit.phone_book.talked(HERE, ANNA, "151", LATER)
        await unit.phone_book.talked(HERE, ANNA, "150", NOW)
    assert ((await held(db)).last_talker, (await held(db)).last_talk_at) == ("151", LATER)
    assert (await held(db)).known is None


async def test_many_writers_at_once_leave_the_newest(db: Database) -> None:
    phones = [f"+37529000{n:04}" for n in range(40)]

    async def page(step: int) -> None:
        at = NOW + timedelta(seconds=step)
        told = [
            Told(p, known=True, name=f"at {step}", customer_id="1")
            for p in phones[:: -1 if step % 2 else 1]
        ]
        await hear_list(db, *told, at=at, since=NOW)

    async def talk(step: int) -> None:
        async with db.single() as unit:
            for phone in phones:
                await unit.phone_book.talked(
                    HERE, phone, str(100 + step), NOW + timedelta(seconds=step)
                )

    steps = [17, 3, 19, 8, 11, 0, 14, 5]
    await asyncio.gather(*(page(s) for s in steps), *(talk(s) for s in steps))
    for phone in phones:
        one = await held(db, phone)
        assert (one.name, one.last_talker) == ("at 19", "119")


async def test_pins_come_and_go(db: Database) -> None:
    async with db.single() as unit:
        pinned = await unit.phone_book.pin(HERE, ANNA, "150", "anna@x.test")
        assert (pinned.pinned, pinned.pinned_by) == ("150", "anna@x.test")
        free = await unit.phone_book.pin(HERE, ANNA, None, "anna@x.test")
        assert (free.pinned, free.pinned_by) == (None, None)


async def test_a_wish_is_granted_once_by_whoever_takes_it(db: Database) -> None:
    phones = [f"+37529000{n:04}" for n in range(30)]
    async with db.single() as unit:
        for phone in phones:
            await unit.phone_book.want(HERE, phone)
        assert await unit.phone_book.wanting_everywhere(["retailcrm"]) == [(HERE, CRM)]

    async def take() -> list[str]:
        async with db.single() as unit:
            return [w.phone for w in await unit.phone_book.take_wanted(HERE, 4, 60.0)]

    taken = [phone for some in await asyncio.gather(*(take() for _ in range(10))) for phone in some]
    assert sorted(taken) == sorted(phones)
    async with db.single() as unit:
        assert await unit.phone_book.wanting_everywhere(["retailcrm"]) == []


async def test_the_newest_wish_is_taken_first_and_a_dead_takers_again(db: Database) -> None:
    async with db.single() as unit:
        await unit.phone_book.want(HERE, "+375290000001")
        await unit.phone_book.want(HERE, "+375290000002")
        (first,) = await unit.phone_book.take_wanted(HERE, 1, 0.0)
        assert first.phone == "+375290000002"
        (again,) = await unit.phone_book.take_wanted(HERE, 1, 60.0)
        assert again.phone == "+375290000002"


async def test_an_answer_grants_only_the_wishes_before_it(db: Database) -> None:
    async with db.single() as unit:
        await unit.phone_book.want(HERE, ANNA)
        (wanted,) = await unit.phone_book.take_wanted(HERE, 1, 60.0)
        await unit.phone_book.want(HERE, ANNA)  # changed in the CRM while we asked
        await unit.phone_book.hear(HERE, CRM, TOLD, at=wanted.asked_at)
        (again,) = await unit.phone_book.take_wanted(HERE, 1, 60.0)
        await unit.phone_book.hear(HERE, CRM, TOLD, at=again.asked_at)
    assert (await held(db)).wanted_at is None


async def test_wishes_without_a_working_crm_are_left_alone(db: Database) -> None:
    async with db.unit() as unit:
        await unit.phone_book.want(HERE, ANNA)
        await unit.connections.remove(HERE, CRM)
        assert await unit.phone_book.wanting_everywhere(["retailcrm"]) == []


async def test_strangers_are_forgotten_after_a_year_and_clients_never(db: Database) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=366)
    cases = {
        "+375290000001": Told("+375290000001", known=False),
        "+375290000002": Told("+375290000002", known=True, customer_id="1"),
        "+375290000003": Told("+375290000003", known=False),
        "+375290000004": Told("+375290000004", known=False),
    }
    for told in cases.values():
        await hear(db, told, long_ago)
    async with db.single() as unit:
        await unit.phone_book.talked(HERE, "+375290000003", "150", datetime.now(UTC))
        await unit.phone_book.pin(HERE, "+375290000004", "150", "anna")
        await unit.phone_book.talked(HERE, "+375290000005", "150", long_ago)
        assert await unit.phone_book.retire_everywhere(365) == 2
    left = [phone for phone in [*cases, "+375290000005"] if await entry(db, phone)]
    assert left == ["+375290000002", "+375290000003", "+375290000004"]


async def test_wishes_nobody_can_grant_end(db: Database) -> None:
    async with db.single() as unit:
        await unit.phone_book.want(HERE, ANNA)
        assert await unit.phone_book.give_up_everywhere(7) == 0
        assert await unit.phone_book.give_up_everywhere(0) == 1


@pytest.mark.parametrize(
    ("phone", "there"),
    [("+375290000001", True), ("150", False), ("anonymous", False), (None, False), ("+1 2", False)],
)
def test_only_whole_numbers_stand_in_the_book(phone: str | None, there: bool) -> None:
    assert fits(phone) is there


async def test_one_owner_reads_and_the_next_goes_on(db: Database) -> None:
    async with db.single() as unit:
        reads = unit.phone_book_reads
        await reads.enrol_everywhere(["retailcrm"])
        claimed = await reads.claim_everywhere(CRM, but=(), limit=9, lease_s=0.0)
        assert {r.enterprise for r in claimed} == {HERE, THERE}
        read = next(r for r in claimed if r.enterprise == HERE)
        assert await reads.turn(read, CRM, page=3, pages=7, clients=300)
        taken = await reads.claim_everywhere(OTHER_CRM, but=[OTHER_CRM], limit=9, lease_s=60.0)
        assert [(r.page, r.clients, r.under_way) for r in taken] == [(3, 300, True)]
        assert taken[0].started_at == read.started_at
        assert not await reads.turn(read, CRM, page=4, pages=7, clients=100)
        assert await reads.renew(read, CRM, 60.0) is None
        await reads.finish(taken[0], OTHER_CRM, datetime.now(UTC) + timedelta(hours=9))
        (done,) = await reads.of(HERE)
        assert (done.under_way, done.page, done.clients) == (False, 0, 300)
        assert await reads.claim_everywhere(CRM, but=[OTHER_CRM], limit=9, lease_s=60.0) == []
        await reads.start(HERE, CRM)
        assert len(await reads.claim_everywhere(CRM, but=[OTHER_CRM], limit=9, lease_s=60.0)) == 1
        await reads.start(EnterpriseNumber("0411"), CRM)  # not theirs: nothing happens
        assert len(await reads.of(THERE)) == 1
