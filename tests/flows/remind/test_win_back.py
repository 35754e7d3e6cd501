"""A word to whoever has not come for long: once, a few a day, never to whoever came back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from kommutator.domain.salon.facts import Attendance, Visit
from kommutator.flows.outreach.consents import said_in_chat
from tests.support.outreach import KINDS, NUMBER, OLGA, SALON, TELEGRAM
from tests.support.reminded import VISIT, Reminded

OTHER = UUID(int=201)
NOON = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)  # 12:30 in Minsk
LONG_AGO = replace(
    VISIT,
    starts_at=datetime.fromisoformat("2026-09-10T12:00"),
    attendance=Attendance.CAME,
    created_at=None,
)


async def looked(salon: Reminded, at: datetime = NOON) -> int:
    await salon.until(at)
    return await salon.win_back.round()


async def kept(salon: Reminded, *visits: Visit) -> None:
    async with salon.town.db.unit() as unit:
        await unit.salon_visits.save(NUMBER, SALON, visits, read_at=NOON)


async def test_off_until_a_salon_wants_it(salon: Reminded) -> None:
    await kept(salon, LONG_AGO)
    assert await looked(salon) == 0


async def test_whoever_was_here_long_ago_is_written_to_once(salon: Reminded) -> None:
    await salon.rules(win_back={"on": True})
    await kept(salon, LONG_AGO)
    assert await looked(salon) == 1
    (said,) = await salon.until(NOON + timedelta(minutes=5))
    assert said.startswith("Ольга, вы давно не были в «Spring»")
    assert said.endswith("Чтобы не получать таких сообщений, ответьте СТОП.")
    assert await looked(salon, NOON + timedelta(minutes=10)) == 0
    assert await looked(salon, NOON + timedelta(days=30)) == 0


async def test_only_at_the_salons_hour(salon: Reminded) -> None:
    await salon.rules(win_back={"on": True, "at": "15:00"})
    await kept(salon, LONG_AGO)
    assert await looked(salon) == 0
    assert await looked(salon, NOON + timedelta(hours=3)) == 1


async def test_not_whoever_was_here_lately_or_is_booked(salon: Reminded) -> None:
    await salon.rules(win_back={"on": True})
    lately = replace(LONG_AGO, id=6, starts_at=datetime.fromisoformat("2026-11-01T12:00"))
    booked = replace(VISIT, id=7, client_phone="+375000000071")
    before = replace(LONG_AGO, id=8, client_phone="+375000000071")
    await kept(salon, LONG_AGO, lately, booked, before)
    assert await looked(salon) == 0


async def test_taken_back_when_they_book_before_it_left(salon: Reminded) -> None:
    await salon.rules(win_back={"on": True})
    await kept(salon, LONG_AGO)
    assert await looked(salon) == 1
    await kept(salon, replace(VISIT, id=9))
    assert await salon.until(NOON + timedelta(minutes=5)) == []
    assert await salon.reasons() == ["win_back dropped came_back"]


async def test_never_to_whoever_wants_no_messages(salon: Reminded) -> None:
    await salon.rules(win_back={"on": True})
    await kept(salon, LONG_AGO)
    async with salon.town.db.unit() as unit:
        await said_in_chat(unit, NUMBER, TELEGRAM, "70", opted_out=True, by="telegram", at=NOON)
    await looked(salon)
    assert await salon.until(NOON + timedelta(minutes=5)) == []


async def test_a_few_a_day(salon: Reminded) -> None:
    await salon.rules(win_back={"on": True, "per_day": 2})
    phones = [f"+37500000008{n}" for n in range(5)]
    many = [replace(LONG_AGO, id=20 + n, client_phone=one) for n, one in enumerate(phones)]
    await kept(salon, *many)
    assert await looked(salon) == 2
    assert await looked(salon, NOON + timedelta(minutes=20)) == 0
    assert await looked(salon, NOON + timedelta(days=1)) == 2
    assert OLGA not in phones


async def test_nobody_is_missed_in_the_middle_of_a_talk(salon: Reminded) -> None:
    await salon.rules(win_back={"on": True})
    await kept(salon, LONG_AGO)
    await salon.until(NOON - timedelta(hours=1))
    await salon.town.wrote(TELEGRAM, "42")
    assert await looked(salon) == 1
    assert await salon.until(NOON + timedelta(hours=5)) == []
    (said,) = await salon.until(NOON + timedelta(hours=25))
    assert said.startswith("Ольга, вы давно не были")


async def test_nobody_is_missed_who_goes_to_another_salon_of_the_same_people(
    salon: Reminded,
) -> None:
    await salon.rules(win_back={"on": True})
    await kept(salon, LONG_AGO)
    lately = replace(LONG_AGO, id=6, starts_at=datetime.fromisoformat("2026-11-01T12:00"))
    async with salon.town.db.unit() as unit:
        await unit.connections.create(
            NUMBER, OTHER, kind=KINDS[SALON], name="Autumn", base_url="https://x.test",
            account_key="2", config={}, sealed={},
        )  # fmt: skip
        await unit.salons.lock(NUMBER, OTHER)
        await unit.salon_visits.save(NUMBER, OTHER, [lately], read_at=NOON)
    assert await looked(salon) == 0
