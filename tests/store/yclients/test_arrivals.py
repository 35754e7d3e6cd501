"""One-time things, by the database's own clock: of many at once, one gets it."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

from kommutator.domain.tenancy import EnterpriseNumber, Role
from kommutator.store.database import Database

HOUR, NOW = timedelta(hours=1), timedelta(0)
SALONS = [{"id": 7, "title": "Seven", "time_zone": "Europe/Minsk"}]


async def test_a_salon_is_kept_for_one_person_at_a_time(db: Database) -> None:
    async def claim(who: str, life: timedelta = HOUR) -> bool:
        async with db.unit() as unit:
            return await unit.yclients_arrivals.claim_everywhere(7, who, life)

    assert sum(await asyncio.gather(*(claim(f"person {n}") for n in range(10)))) == 1
    async with db.unit() as unit:
        await unit.yclients_arrivals.release_everywhere(7)
    assert await claim("a", NOW)
    assert await claim("b"), "the first one's hour is over"
    assert not await claim("a")
    assert await claim("b")


async def test_an_arrival_becomes_one_enterprises(db: Database) -> None:
    here, there = EnterpriseNumber("0367"), EnterpriseNumber("0411")
    async with db.unit() as unit:
        for number in (here, there):
            await unit.enterprises.create(number, name=number)
        store = unit.yclients_arrivals
        await store.create_everywhere(
            b"t", proof=b"p", installer={"id": "1"}, salons=SALONS, life=HOUR
        )
        assert await store.use_everywhere(b"t", here)
        assert await store.use_everywhere(b"t", here)
        assert not await store.use_everywhere(b"t", there)
        assert await store.was_used_everywhere(b"p", [7], HOUR)
        assert not await store.was_used_everywhere(b"p", [7, 8], HOUR)
        assert not await store.was_used_everywhere(b"q", [7], HOUR)
        found = await store.look_everywhere(b"t")
        assert found is not None
        assert (found.enterprise, found.salon_ids) == (here, [7])
        await store.create_everywhere(b"over", proof=None, installer={}, salons=SALONS, life=NOW)
        assert await store.look_everywhere(b"over") is None
        assert not await store.use_everywhere(b"over", here)


async def test_tickets_and_rounds_go_once(db: Database) -> None:
    async def of(method: str, *args: Any) -> bool:
        async with db.unit() as unit:
            return bool(await getattr(unit.yclients_arrivals, method)(*args))

    assert (
        sum(await asyncio.gather(*(of("use_ticket_everywhere", b"j", HOUR) for _ in "12345"))) == 1
    )
    rounds = [of("claim_round_everywhere", "night", HOUR) for _ in "12345"]
    assert sum(await asyncio.gather(*rounds)) == 1
    await of("retry_round_everywhere", "night", NOW)
    assert await of("claim_round_everywhere", "night", HOUR)


async def test_a_password_link_is_the_last_one_and_works_once(db: Database) -> None:
    here = EnterpriseNumber("0367")
    async with db.unit() as unit:
        await unit.enterprises.create(here, name="Firm")
        user = await unit.people.create(
            here,
            user_id=uuid4(),
            email="a@b.example",
            name="A",
            role=Role.ENTERPRISE_ADMIN,
            password_hash=None,
        )
        for token in (b"first", b"second"):
            await unit.password_links.create(here, user.id, token, HOUR)
        assert await unit.password_links.use_everywhere(b"first") is None
        assert await unit.password_links.look_everywhere(b"second") == (here, user.id)
        assert await unit.password_links.use_everywhere(b"second") == (here, user.id)
        assert await unit.password_links.use_everywhere(b"second") is None


async def test_who_registers_gets_the_next_number(db: Database) -> None:
    async def register(name: str) -> str:
        async with db.unit() as unit:
            made = await unit.enterprises.create_next_everywhere(
                name=name, time_zone="Europe/Minsk", locale="ru"
            )
        return made.number

    assert await register("the very first") == "0001"
    async with db.unit() as unit:
        for number in ("0367", "9999999999"):
            await unit.enterprises.create(EnterpriseNumber(number), name=number)
    made = await asyncio.gather(*(register(f"salon {n}") for n in range(5)))
    assert sorted(made) == ["0368", "0369", "0370", "0371", "0372"]
    async with db.unit() as unit:
        await unit.enterprises.create(EnterpriseNumber("9999"), name="four digits")
    assert await register("one more digit") == "10000"
