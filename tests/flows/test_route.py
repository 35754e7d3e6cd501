"""Answers to a PBX that waits: right, quick, and given whatever the database does."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.redirect import RouteAnswer
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.route import Route
from kommutator.kit.clock import SystemClock
from kommutator.kit.metrics import Metrics
from kommutator.store.database import Database
from tests.support.waiting import eventually

E, OTHER = EnterpriseNumber("0367"), EnterpriseNumber("0999")
PHONE, LINE = "+375291234567", "375170000001"
PBX = Account(
    enterprise=E,
    connection_id=UUID(int=1),
    kind=ConnectionKind.ASTERISK,
    name="PBX",
    base_url="ami://pbx.example:5038",
    status=ConnectionStatus.ACTIVE,
    config={"region": "BY"},
    secrets={},
    time_zone="Europe/Minsk",
)
CRM = replace(
    PBX,
    connection_id=UUID(int=2),
    kind=ConnectionKind.RETAILCRM,
    config={"user_extensions": {"19": "150", "18": None}},
)


class Accounts:
    """The directory, as far as routing asks it."""

    def __init__(self) -> None:
        self.crms: Sequence[Account] = [CRM]

    async def accounts(self, enterprise: EnterpriseNumber) -> Sequence[Account]:
        return [a for a in (PBX, *self.crms) if a.enterprise == enterprise]


class Desk:
    """Asks, and looks at what was left on disk."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.accounts = Accounts()
        self.metrics = Metrics()
        self.route = Route(db, self.accounts, self.metrics, clock=SystemClock(), limit_s=0.25)  # type: ignore[arg-type]  # all of it that routing asks

    async def ask(
        self, caller: str = PHONE, *, call: str = "1.1", account: Account = PBX, did: str = LINE
    ) -> RouteAnswer:
        return await self.route.ask(account, caller, did, call)

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        async with self.db.single() as unit:
            return [tuple(row) for row in await unit.connection.fetch(query)]

    async def kept(self, count: int, columns: str) -> list[tuple[Any, ...]]:
        async def there() -> bool:
            return len(await self.rows("SELECT FROM route_answers")) >= count

        await eventually(there)
        return await self.rows(f"SELECT {columns} FROM route_answers ORDER BY id")

    def lost(self) -> float | None:
        return self.metrics.registry.get_sample_value("kommutator_route_answers_lost_total")


@pytest.fixture
async def desk(db: Database) -> AsyncIterator[Desk]:
    async with db.unit() as unit:
        for number in (E, OTHER):
            await unit.enterprises.create(number, name=f"Firm {number}")
        for extension in ("150", "151"):
            await unit.extensions.put(E, extension)
        for number in (E, OTHER):
            await unit.connection.execute(
                "INSERT INTO phone_book (enterprise, phone, owner_user, crm_at, known, "
                "connection_id) VALUES ($1, $2, '19', $3, true, $4)",
                number, PHONE, datetime.now(UTC) - timedelta(seconds=90), CRM.connection_id,
            )  # fmt: skip
    desk = Desk(db)
    yield desk
    await desk.route.stop()


async def test_the_owner_rings_and_the_answer_stays_with_the_call(desk: Desk) -> None:
    answer = await desk.ask("80291234567", call="1700000000.1")  # as a Belarusian trunk shows it
    assert (answer.extension, answer.why) == ("150", "route.owner")
    assert answer.age_s == pytest.approx(90, abs=30)
    columns = "enterprise, call_id, caller, line, extension, why, remembered"
    expected = (E, "1700000000.1", PHONE, f"+{LINE}", "150", "route.owner", False)
    assert await desk.kept(1, columns) == [expected]
    (took,) = (await desk.rows("SELECT took_ms FROM route_answers"))[0]
    assert 0 < took < 250
    assert desk.metrics.registry.get_sample_value("kommutator_route_seconds_count") == 1


async def test_another_tenants_book_is_closed(desk: Desk) -> None:
    foreign = replace(PBX, enterprise=OTHER, connection_id=UUID(int=3))
    answer = await desk.ask(account=foreign)  # no CRM of theirs maps user 19
    assert (answer.extension, answer.why) == (None, "route.group.unknown_caller")


@pytest.mark.parametrize("code", [None, "150"])
async def test_a_former_crms_owner_is_nobody_here_and_the_present_crm_is_asked(
    desk: Desk, code: str | None
) -> None:
    """Its user 19 may be anybody in the account that is connected now."""
    async with desk.db.unit() as unit:
        await unit.connection.execute("UPDATE phone_book SET owner_code = $1", code)
    desk.accounts.crms = [replace(CRM, connection_id=UUID(int=9))]
    answer = await desk.ask()
    assert (answer.extension, answer.why) == (None, "route.group.unknown_caller")
    await desk.kept(1, "why")
    assert await desk.rows(
        "SELECT phone FROM phone_book WHERE enterprise = '0367' AND wanted_at IS NOT NULL"
    ) == [(PHONE,)]


async def test_a_miss_is_looked_up_for_the_next_time(desk: Desk) -> None:
    assert (await desk.ask("+375447654321")).why == "route.group.unknown_caller"
    await desk.kept(1, "why")
    assert await desk.rows("SELECT phone FROM phone_book WHERE wanted_at IS NOT NULL") == [
        ("+375447654321",)
    ]


async def test_without_a_crm_nobody_is_asked(desk: Desk) -> None:
    desk.accounts.crms = []
    await desk.ask("+375447654321")
    await desk.kept(1, "why")
    assert await desk.rows("SELECT phone FROM phone_book WHERE wanted_at IS NOT NULL") == []


@pytest.mark.parametrize(
    ("account", "why"),
    [
        (replace(PBX, status=ConnectionStatus.PAUSED), "route.group.off"),
        (replace(PBX, config={"routing": {"enabled": False}}), "route.group.off"),
        (
            replace(PBX, config={"region": "BY", "routing": {"lines": {LINE: {"off": True}}}}),
            "route.group.line_off",
        ),
    ],
)
async def test_switched_off(desk: Desk, account: Account, why: str) -> None:
    answer = await desk.ask(account=account)
    assert (answer.extension, answer.why) == (None, why)


@pytest.mark.parametrize("caller", ["", "anonymous", "\x00'; DROP TABLE", "\u202e1" * 500, "*100#"])
async def test_what_is_no_number_is_nobody(desk: Desk, caller: str) -> None:
    answer = await desk.ask(caller, call="1.1/../\x00;" + "x" * 500, did=caller)
    assert (answer.extension, answer.why) == (None, "route.group.hidden_number")
    ((call_id, kept),) = await desk.kept(1, "call_id, coalesce(caller, '')")
    assert call_id.startswith("1.1..xxx")
    assert len(call_id) == 128
    assert len(kept) <= 32


async def test_a_stuck_database_is_not_waited_for(desk: Desk) -> None:
    assert (await desk.ask(call="1.1")).extension == "150"
    async with desk.db.unit() as jam:
        await jam.connection.execute("LOCK TABLE phone_book IN ACCESS EXCLUSIVE MODE")
        known, unknown = await desk.ask(call="1.2"), await desk.ask("+375447654321", call="1.3")
    assert (known.extension, known.why, known.remembered) == ("150", "route.owner", True)
    assert (unknown.extension, unknown.why) == (None, "route.group.no_data")
    assert (await desk.ask(call="1.4")).remembered is False
    took = [row[0] for row in await desk.kept(4, "took_ms")]
    assert max(took) < 350
    assert await desk.rows("SELECT call_id FROM route_answers WHERE remembered") == [("1.2",)]
    counted = desk.metrics.registry.get_sample_value("kommutator_route_remembered_total")
    assert counted == 1


async def test_a_rush_at_a_stuck_database_is_answered_at_once(desk: Desk) -> None:

    async with desk.db.unit() as jam:
        await jam.connection.execute("LOCK TABLE phone_book IN ACCESS EXCLUSIVE MODE")
        answers = await asyncio.gather(*(desk.ask(call=f"2.{n}") for n in range(300)))
    assert {answer.why for answer in answers} == {"route.group.no_data"}
    assert (await desk.ask()).extension == "150"


async def test_without_the_database_a_stranger_goes_to_the_group(desk: Desk) -> None:
    await desk.db.close()
    assert (await desk.ask()).why == "route.group.no_data"  # nothing was ever asked


async def test_the_line_is_known_without_the_database(desk: Desk) -> None:
    line = replace(PBX, config={"region": "BY", "routing": {"lines": {LINE: {"extension": "151"}}}})
    assert (await desk.ask(account=line)).why == "route.owner"
    await desk.db.close()
    known, stranger = await desk.ask(account=line), await desk.ask("+375447654321", account=line)
    assert (known.extension, known.why) == ("150", "route.owner")
    assert (stranger.extension, stranger.why, stranger.remembered) == ("151", "route.line", True)


async def test_answers_that_cannot_be_kept_are_counted(desk: Desk) -> None:
    await desk.db.close()
    for number in range(3):
        await desk.ask(call=f"3.{number}")
    await desk.route.stop()
    assert desk.lost() == 3


async def test_a_bug_costs_no_call(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("kommutator.flows.route.decide_route", broken)
    assert (await desk.ask()).why == "route.group.failed"
