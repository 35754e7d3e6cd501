"""Many click at once, in two processes: each pair rings once, and nobody meets an error."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack

from kommutator.domain.clicks import ClickRequest
from kommutator.domain.dialing import MOST_PER_EMPLOYEE, MOST_PER_ENTERPRISE
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role
from kommutator.flows.house import House
from kommutator.kit.clock import ManualClock
from tests.support.house import open_house
from tests.support.routing import settle_pbx

HERE = EnterpriseNumber("0367")
ADMIN = Actor("tests", Role.ENTERPRISE_ADMIN, HERE)
PHONES = [str(number) for number in range(150, 160)]
CLIENTS = [f"+3752900000{number:02}" for number in range(10)]


async def test_two_hundred_clicks_at_once_are_a_hundred_calls(database_url: str) -> None:
    async with AsyncExitStack() as stack:
        clock = ManualClock()
        houses = [
            await stack.enter_async_context(open_house(database_url, clock=clock)) for _ in range(2)
        ]
        await _settle(houses[0])
        results = await asyncio.gather(
            *(
                _click_and_cancel(house, phone, client)
                for client in CLIENTS
                for phone in PHONES
                for house in houses
            ),
            return_exceptions=True,
        )
        assert [result for result in results if isinstance(result, BaseException)] == []
        calls = Counter(results)
        assert len(calls) == len(PHONES) * len(CLIENTS)
        assert set(calls.values()) == {2}
        async with houses[0].db.unit() as unit:
            kinds = await unit.connection.fetch("SELECT kind, count(*) FROM outbox GROUP BY kind")
        assert dict(kinds) == {"originate_call": 100, "cancel_call": 100}


async def _settle(house: House) -> None:
    async with house.db.unit() as unit:
        await unit.enterprises.create(HERE, name="June")
        for phone in PHONES:
            await unit.extensions.put(HERE, phone)
        most = {"per_employee": MOST_PER_EMPLOYEE, "per_enterprise": MOST_PER_ENTERPRISE}
        await unit.enterprises.update(HERE, settings={"dialing": most})
    await settle_pbx(house, HERE)


async def _click_and_cancel(house: House, phone: str, client: str) -> str:
    """Cancelling locks what clicking writes: the call, its timer, its command."""
    placed = await house.clicks.place(HERE, ClickRequest(client, "tests", code=phone))
    await house.clicks.cancel(ADMIN, HERE, placed.call_id)
    return placed.call_id
