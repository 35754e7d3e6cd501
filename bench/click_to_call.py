"""Click to ring: a CRM's HTTP request in, the INVITE at the employee's phone out.

The running service on a durable PostgreSQL, a real Asterisk, a real SIP phone. Each click is
followed by a bare AMI Originate to the same phone over a link of the bench's own: what Asterisk
and the phone take by themselves, in the same minute on the same machine.
Requirement: a median of at most 10 ms; the exit code tells.

    python -m bench.click_to_call [runs]
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from bench.ground import database, open_folder, server, spread, until
from kommutator.connectors.pbx.asterisk.address import AmiAddress
from kommutator.connectors.pbx.asterisk.ami import AmiLink
from kommutator.connectors.pbx.asterisk.originate import cancel, originate
from kommutator.domain.commands import CancelCall, OriginateCall
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.dialing import MOST_PER_EMPLOYEE, MOST_PER_ENTERPRISE
from kommutator.flows.secrets import open_account
from kommutator.kit.clock import SystemClock
from kommutator.kit.ids import SystemIds
from kommutator.twins.pbx.install import install
from kommutator.twins.pbx.phone import Phone
from kommutator.twins.pbx.server import PrivateAsterisk
from tests.support.town import Tenant, Town, open_town

CACHE = Path(__file__).parents[1] / ".cache" / "asterisk"
WARM_UP = 3
MOST_MS = 10.0
REST_S = 0.15  # until the last call's events are through


@asynccontextmanager
async def office(folder: Path) -> AsyncIterator[tuple[PrivateAsterisk, Phone]]:
    """A real Asterisk with the phone 150, which rings until the caller gives up."""
    async with PrivateAsterisk(install(CACHE), folder / "asterisk") as asterisk:
        phone = Phone(asterisk.sip_address, "150", asterisk.phone_secret)
        await phone.start()
        try:
            yield asterisk, phone
        finally:
            await phone.unregister()
            await phone.stop()


@asynccontextmanager
async def bare_link(asterisk: PrivateAsterisk) -> AsyncIterator[AmiLink]:
    address = AmiAddress(asterisk.host, asterisk.ports.ami, asterisk.ami_user, asterisk.ami_secret)
    link = AmiLink(address, clock=SystemClock(), ids=SystemIds(), wanted=lambda _: False)
    link.start()
    await link.wait_up()
    try:
        yield link
    finally:
        await link.stop()


class Clicker:
    """Two ways of ringing the phone."""

    def __init__(self, town: Town, client_id: str, link: AmiLink, phone: Phone) -> None:
        self._town, self._client_id, self._link, self._phone = town, client_id, link, phone

    async def by_http(self, number: int) -> str:
        query = {"clientId": self._client_id, "code": "150", "phone": f"+37500{number:07d}"}
        async with self._town.http.get(
            f"{self._town.url}/retailcrm/make-call", params=query
        ) as got:
            assert got.status == 200, await got.text()
            return (await got.json())["call_id"]

    async def bare(self, number: int) -> str:
        call_id = f"bare-{number}"
        command = OriginateCall(
            call_id=call_id, extension="150", client=f"+37500{number:07d}", requested_by="bench"
        )
        await self._link.action(originate(command, {}))
        return call_id

    async def time(self, way: Callable[[int], Awaitable[str]], number: int) -> float:
        """Milliseconds until the phone has its INVITE; the call is ended afterwards."""
        ringing = asyncio.create_task(self._phone.next_call())
        await asyncio.sleep(0)
        began = time.monotonic()
        placing = asyncio.ensure_future(way(number))
        call = await ringing
        await self._link.action(cancel(CancelCall(call_id=await placing)))
        await call.wait_final()
        await asyncio.sleep(REST_S)
        return (call.invited_at - began) * 1000


async def client_id_of(town: Town, tenant: Tenant) -> str:
    stored = await town.seat.house.set_up.stored(tenant.number, ConnectionKind.RETAILCRM)
    return open_account(town.seat.house.vault, stored).secrets["client_id"]


async def unhurried(town: Town, tenant: Tenant) -> None:
    """One phone is clicked more often here than anybody could talk."""
    dialing = {"per_employee": MOST_PER_EMPLOYEE, "per_enterprise": MOST_PER_ENTERPRISE}
    async with town.seat.house.db.unit() as unit:
        await unit.enterprises.update(tenant.number, settings={"dialing": dialing})


async def linked(town: Town) -> None:
    """The service holds its link to the PBX."""

    async def up() -> bool:
        return await town.value(
            "SELECT EXISTS (SELECT FROM lanes WHERE lane LIKE 'pbx:%' AND lease_until > now() "
            "AND last_success_at IS NOT NULL)"
        )

    await until(up, 30)


async def main(runs: int) -> bool:
    async with AsyncExitStack() as stack:
        dsn = stack.enter_context(server())
        folder = stack.enter_context(open_folder())
        url = await stack.enter_async_context(database(dsn, "bench_click"))
        asterisk, phone = await stack.enter_async_context(office(folder))
        town = await stack.enter_async_context(open_town(url, folder))
        (tenant,) = town.tenants
        await unhurried(town, tenant)
        await town.connect_pbx(tenant, asterisk.ports.ami, asterisk.ami_user, asterisk.ami_secret)
        await town.up()
        await linked(town)
        link = await stack.enter_async_context(bare_link(asterisk))
        clicker = Clicker(town, await client_id_of(town, tenant), link, phone)
        clicks, bare = [], []
        for number in range(WARM_UP + runs):
            clicks.append(await clicker.time(clicker.by_http, number))
            bare.append(await clicker.time(clicker.bare, number))
    middle = spread("HTTP click → INVITE", clicks[WARM_UP:])
    alone = spread("bare Originate → INVITE", bare[WARM_UP:])
    print(f"ratio of medians {middle / alone:.2f}, ours alone {middle - alone:.2f} ms")
    return middle <= MOST_MS


if __name__ == "__main__":
    kept = asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 40))
    sys.exit(0 if kept else 1)
