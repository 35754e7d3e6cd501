"""The copy of a salon on its shelves: later requests win, busy hours follow from visits."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID

import pytest

from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from kommutator.domain.salon.copy import Part
from kommutator.domain.salon.facts import (
    Attendance,
    Booked,
    Category,
    Salon,
    SalonClient,
    Service,
    Span,
    StaffMember,
    Visit,
    WorkDay,
)
from kommutator.domain.salon.slots import DayBook, open_day
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.database import Database
from tests.support.waiting import eventually

HERE, THERE = EnterpriseNumber("0367"), EnterpriseNumber("0368")
SALON = UUID(int=7)
DAY = date(2026, 11, 24)
T0 = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
T1 = T0 + timedelta(seconds=1)
PHONE = "+79161234567"
ANNA = SalonClient(1, "Анна", phone=PHONE)
HAIRCUT = Service(1, "Стрижка", staff_s={10: 3600, 11: 2700}, price_min=900)


@pytest.fixture
async def shelf(db: Database) -> Database:
    async with db.unit() as unit:
        for number in (HERE, THERE):
            await unit.enterprises.create(number, name=f"Firm {number}")
        await unit.connections.create(
            HERE, SALON, kind=ConnectionKind.YCLIENTS, name="Salon", base_url="https://x.example",
            account_key="962302", config={"salon_id": 962302}, sealed={},
        )  # fmt: skip
        await unit.connections.set_status(HERE, SALON, ConnectionStatus.ACTIVE)
    return db


def visit(number: int, hour: float = 10, staff: int = 10, **more: object) -> Visit:
    at = datetime.combine(DAY, time.min) + timedelta(hours=hour)
    plain = {"seance_s": 3600, "services": (Booked(1, "Стрижка", 900),), **more}
    return Visit(number, staff, at, **plain)  # type: ignore[arg-type]  # free fields of a test


async def keep(shelf: Database, visits: Sequence[Visit], at: datetime = T0) -> None:
    async with shelf.unit() as unit:
        await unit.salon_visits.save(HERE, SALON, visits, read_at=at)
        await unit.salon_days.recount(
            HERE, SALON, {(DAY + timedelta(days=n), s) for n in (-1, 0, 1) for s in (10, 11)}
        )


async def days(shelf: Database) -> list[DayBook]:
    span = DAY - timedelta(1), DAY + timedelta(1)
    async with shelf.unit() as unit:
        books = await unit.salon_days.between(HERE, SALON, *span)
        left = await unit.salon_days.open_between(HERE, SALON, *span, [10, 11])
    assert left == [opened for one in books if (opened := open_day(one)).gaps]
    return books


async def test_a_visit_comes_back_as_it_was_kept(shelf: Database) -> None:
    known = visit(
        5, visit_id=50, client_id=7, client_name="Ан\x00на", client_phone="+375290000001",
        attendance=Attendance.CONFIRMED, confirmed=True, online=True, comment="Окно", api_id="k-1",
        activity_id=3, created_at=T0, changed_at=T1, token="who-has-it-may-cancel",
        raw={"id": 5},
    )  # fmt: skip
    await keep(shelf, [known])
    async with shelf.unit() as unit:
        (found,) = await unit.salon_visits.by_api_id(HERE, SALON, "k-1")
        text = await unit.connection.fetchval("SELECT salon_visits::text FROM salon_visits")
        assert await unit.salon_visits.get(THERE, SALON, 5) is None
    assert found.client_name == "Анна"
    assert (found.services, found.attendance, found.starts_at) == (
        known.services, known.attendance, known.starts_at,
    )  # fmt: skip
    assert (found.created_at, found.changed_at, found.token) == (T0, T1, None)
    assert "who-has-it" not in text


async def test_an_older_answer_changes_nothing(shelf: Database) -> None:
    await keep(shelf, [visit(5, 12)], T1)
    await keep(shelf, [visit(5, 10), visit(6, 15)], T0)
    async with shelf.unit() as unit:
        found = await unit.salon_visits.some(HERE, SALON, [5, 6])
    assert {one.visit.starts_at.hour: one.read_at for one in found.values()} == {12: T1, 15: T0}


async def test_busy_hours_follow_from_visits(shelf: Database) -> None:
    async with shelf.unit() as unit:
        hours = [
            WorkDay(
                staff,
                DAY + timedelta(days=n),
                (Span(time(9), time(23, 59, 59)),),
                (Span(time(10, 30), time(11, 30)),) if (staff, n) == (11, 0) else (),
            )
            for staff in (10, 11)
            for n in (0, 1)
        ]
        await unit.salon_days.save(HERE, SALON, DAY, DAY + timedelta(1), hours, read_at=T0)
    await keep(
        shelf,
        [
            visit(1, 10),
            visit(2, 12, attendance=Attendance.NO_SHOW),
            visit(3, 13, deleted=True),
            visit(4, 23.5),  # over midnight
            visit(5, 11, staff=11),
        ],
    )
    day, whole = 86_400, (9 * 3600, 86_400)
    books = {(one.day, one.staff_id): one for one in await days(shelf)}
    assert books[DAY, 10] == DayBook(
        10, DAY, list(whole), [10 * 3600, 11 * 3600, 23 * 3600 + 1800, day]
    )
    assert books[DAY + timedelta(1), 10].busy == [0, 1800]
    class_ = [10 * 3600 + 1800, 11 * 3600 + 1800]
    assert books[DAY, 11].busy == [11 * 3600, 12 * 3600, *class_]
    await keep(shelf, [visit(1, 10, staff=11), visit(4, 23.5, deleted=True)], T1)  # moved
    books = {(one.day, one.staff_id): one for one in await days(shelf)}
    assert (books[DAY, 10].busy, books[DAY + timedelta(1), 10].busy) == ([], [])
    assert books[DAY, 11].busy == [10 * 3600, 11 * 3600, 11 * 3600, 12 * 3600, *class_]


async def test_who_is_not_in_the_schedule_does_not_work(shelf: Database) -> None:
    span = (Span(time(9), time(18)),)
    async with shelf.unit() as unit:
        both = [WorkDay(10, DAY, span), WorkDay(11, DAY, span)]
        await unit.salon_days.save(HERE, SALON, DAY, DAY, both, read_at=T0)
        await unit.salon_days.save(HERE, SALON, DAY, DAY, both[1:], read_at=T1)
        await unit.salon_days.save(HERE, SALON, DAY, DAY, both[:1], read_at=T0)  # too late
    assert [one.staff_id for one in await days(shelf)] == [11]


async def test_lists_are_replaced_and_count_what_changed(shelf: Database) -> None:
    dye = Service(2, "Окрашивание")
    async with shelf.unit() as unit:
        assert await unit.salon_lists.save_services(HERE, SALON, [HAIRCUT, dye], read_at=T0) == 2
    async with shelf.unit() as unit:
        lists = unit.salon_lists
        assert await lists.save_services(HERE, SALON, [HAIRCUT, dye], read_at=T1) == 0
        assert await lists.services(HERE, SALON) == [HAIRCUT, dye]
    async with shelf.unit() as unit:
        lists = unit.salon_lists
        assert await lists.save_services(HERE, SALON, [HAIRCUT], read_at=T1) == 1
        assert await lists.services(HERE, SALON) == [HAIRCUT]
        assert len(await lists.services(HERE, SALON, gone=True)) == 2
        people = [StaffMember(10, "Анна", weight=1), StaffMember(11, "Борис", weight=5)]
        await lists.save_staff(HERE, SALON, people, read_at=T0)
        assert [one.id for one in await lists.staff(HERE, SALON)] == [11, 10]
        assert await lists.staff(THERE, SALON) == []


async def test_a_salon_keeps_its_state_when_read_again(shelf: Database) -> None:
    salon = Salon(962302, "Июнь", "Europe/Moscow", slot_step_s=1800)
    async with shelf.unit() as unit:
        await unit.salons.save(HERE, SALON, salon, categories=[Category(3, "Руки")], read_at=T0)
        await unit.salons.copied(HERE, SALON)
        await unit.salons.unheard(HERE, SALON, 2)
        await unit.salons.drifted(HERE, SALON, 4)
        await unit.salons.count_drift(HERE, SALON)
        renamed = Salon(962302, "Июль", "Europe/Moscow")
        await unit.salons.save(HERE, SALON, renamed, read_at=T1)
        await unit.salons.save(HERE, SALON, salon, read_at=T0)  # too late
        (kept,) = await unit.salons.of(HERE)
        assert await unit.salons.of(THERE) == []
    assert (kept.salon.title, kept.categories) == ("Июль", [Category(3, "Руки")])
    assert (kept.unheard, kept.drift, kept.state.copied_at is None) == (2, 4, False)


async def test_clients_are_found_by_name_phone_and_page(shelf: Database) -> None:
    people = [
        SalonClient(n, f"Клиент {n:02}", phone=f"+37529000000{n}", birthday=date(1990, 1, 2))
        for n in range(5)
    ]
    async with shelf.unit() as unit:
        store = unit.salon_clients
        assert await store.save(HERE, SALON, people, read_at=T0) == 5
        await store.bury(HERE, SALON, [4], read_at=T1)
        first = await store.search(HERE, SALON, text="клиент", limit=2)
        rest = await store.search(HERE, SALON, after=(first[-1].name.lower(), first[-1].id))
        assert [one.id for one in (*first, *rest)] == [0, 1, 2, 3]
        assert [one.id for one in await store.search(HERE, SALON, digits="90000002")] == [2]
        assert await store.by_phone(HERE, "+375290000003") == [(SALON, people[3])]
        assert await store.by_phone(THERE, "+375290000003") == []
        gone = await store.get(HERE, SALON, 4)
    assert gone is not None
    assert gone.deleted


async def test_a_history_is_paged_the_latest_first(shelf: Database) -> None:
    await keep(shelf, [visit(n, n, client_id=7) for n in range(1, 8)])
    async with shelf.unit() as unit:
        first = await unit.salon_visits.of_client(HERE, SALON, 7, limit=4)
        place = (first[-1].starts_at, first[-1].id)
        rest = await unit.salon_visits.of_client(HERE, SALON, 7, before=place, limit=4)
    assert [one.id for one in (*first, *rest)] == [7, 6, 5, 4, 3, 2, 1]


async def test_a_wish_made_while_its_part_is_read_outlives_the_answer(shelf: Database) -> None:
    async with shelf.unit() as unit:
        unit.salon_changed(HERE, SALON, {(Part.VISITS, 5), (Part.STAFF, 0)}, at=T0)
    async with shelf.unit() as unit:
        assert await unit.salon_wanted.waiting_everywhere(["amocrm"]) == []
        waiting = await unit.salon_wanted.waiting_everywhere(["yclients"])
        taken = await unit.salon_wanted.take(HERE, SALON, Part.VISITS, 10, 60)
    assert {part for _, _, part in waiting} == {Part.VISITS, Part.STAFF}
    assert taken is not None
    async with shelf.unit() as unit:
        unit.salon_changed(HERE, SALON, {(Part.VISITS, 5)}, at=T1)
    async with shelf.unit() as unit:
        await unit.salon_wanted.grant(HERE, SALON, taken)
        again = await unit.salon_wanted.take(HERE, SALON, Part.VISITS, 10, 60)
        held = await unit.crm_hooks.get(HERE, SALON)
    assert again is not None
    assert held is not None
    assert (held.received, held.last_received_at) == (2, T1)


async def test_nothing_stays_of_a_removed_salon(shelf: Database) -> None:
    await keep(shelf, [visit(1)])
    async with shelf.unit() as unit:
        await unit.salon_clients.save(HERE, SALON, [SalonClient(1, "Анна")], read_at=T0)
        await unit.salons.save(HERE, SALON, Salon(1, "Июнь", "UTC"), read_at=T0)
        await unit.salon_clients.save(HERE, SALON, [ANNA], read_at=T1)
        assert await unit.salon_book.tell(HERE, [PHONE]) == {PHONE: "Анна"}
        assert await unit.salons.wipe_removed_everywhere() == 0
        await unit.connections.set_status(HERE, SALON, ConnectionStatus.REMOVED)
        assert await unit.salons.wipe_removed_everywhere() >= 4
        assert await unit.salons.wipe_removed_everywhere() == 0
        assert await unit.connection.fetchval("SELECT count(*) FROM salon_visits") == 0
        entry = await unit.phone_book.get(HERE, PHONE)
    assert entry is not None
    assert (entry.known, entry.name, entry.customer_id) == (None, None, None)


async def test_branches_that_share_clients_do_not_lock_each_other_out(shelf: Database) -> None:
    """Two copies tell the phone book of the same numbers: one waits for the other."""
    other = "+79161234568"
    both = [ANNA, SalonClient(2, "Борис", phone=other)]
    async with shelf.unit() as unit:
        await unit.salon_clients.save(HERE, SALON, both, read_at=T0)
        await unit.salon_book.tell(HERE, [PHONE, other])
        await unit.salon_clients.bury(HERE, SALON, [2], read_at=T1)

    async def second() -> None:
        async with shelf.unit() as unit:
            await unit.salon_book.tell(HERE, [PHONE, other])

    async def waits() -> bool:
        async with shelf.single() as unit:
            blocked = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            return bool(await unit.connection.fetchval(blocked))

    async with shelf.unit() as unit:
        await unit.salon_book.tell(HERE, [PHONE])
        later = asyncio.create_task(second())
        await eventually(waits)
        await unit.salon_book.tell(HERE, [other])
    await later


async def test_removed_salons_are_looked_for_by_their_own_rows(shelf: Database) -> None:
    """Every ten seconds, for ever: whatever salons that stay have must not be read for it."""
    async with shelf.unit() as unit:
        await unit.connection.execute(
            "INSERT INTO connections (id, enterprise, kind, name, base_url, status) "
            "SELECT md5(n::text)::uuid, $1, 'yclients', 'Gone', 'https://x.example', 'removed' "
            "FROM generate_series(1, 50) n", HERE,
        )  # fmt: skip
        await unit.connection.execute(
            "INSERT INTO salon_visits (enterprise, connection_id, id, staff_id, starts_at, "
            "seance_s, attendance, confirmed, deleted, online, comment, read_at) "
            "SELECT $1, $2, n, 10, $3, 3600, 0, false, false, false, '', $4 "
            "FROM generate_series(1, 10000) n", HERE, SALON, datetime.combine(DAY, time.min), T0,
        )  # fmt: skip
        await unit.connection.execute("ANALYZE connections, salon_visits")
        seen = "SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'salon_visits'"
        before = await unit.connection.fetchval(seen)
        assert await unit.salons.wipe_removed_everywhere() == 0
        assert await unit.connection.fetchval(seen) == before


async def test_the_database_finds_the_same_gaps(shelf: Database) -> None:
    """What is left of a day is worked out where it is written; ours is the same, and slower."""
    chance = Random(7)  # noqa: S311  a seeded invention

    def pairs(most: int) -> list[int]:
        return [
            edge
            for _ in range(chance.randrange(most))
            for edge in sorted((chance.randrange(97) * 900, chance.randrange(97) * 900))
        ]

    async with shelf.unit() as unit:
        for _ in range(300):
            hours, taken = pairs(4), pairs(9)
            found = await unit.connection.fetchval(
                "SELECT salon_free($1::int[], $2::int[])", hours, taken
            )
            spans = sorted(zip(hours[::2], hours[1::2], strict=True))
            in_order = [edge for span in spans for edge in span]
            ours = open_day(DayBook(10, DAY, in_order, taken)).gaps
            assert sorted(zip(found[::2], found[1::2], strict=True)) == sorted(
                zip(ours[::2], ours[1::2], strict=True)
            )


async def test_what_is_too_old_goes(shelf: Database) -> None:
    recent, ancient = (
        datetime.now(UTC).replace(tzinfo=None),
        datetime.fromisoformat("2020-01-01"),
    )
    visits = [visit(1), visit(2)]
    async with shelf.unit() as unit:
        await unit.salons.save(HERE, SALON, Salon(1, "Июнь", "UTC"), read_at=T0)
        kept = [replace(visits[0], starts_at=recent), replace(visits[1], starts_at=ancient)]
        await unit.salon_visits.save(HERE, SALON, kept, read_at=T0)
        await unit.salon_days.recount(HERE, SALON, {(recent.date(), 10), (ancient.date(), 10)})
        await unit.salon_clients.save(HERE, SALON, [SalonClient(1, "Анна")], read_at=T0)
        await unit.salon_clients.bury(HERE, SALON, [1], read_at=T1)
        assert await unit.salons.retire_everywhere() == 2  # a visit and its day
        await unit.enterprises.update(HERE, settings={"retention_days": {"salon_copy": 0}})
        await unit.connection.execute(
            "UPDATE salon_visits SET starts_at = starts_at - interval '1 day'"
        )
        await unit.connection.execute("UPDATE salon_clients SET changed_at = '2020-01-01Z'")
        assert await unit.salons.retire_everywhere() == 2
        assert await unit.salons.retire_everywhere() == 0
