"""What asking costs the caller: the provider's INVITE in, the INVITE at a phone out.

A real Asterisk, real SIP phones, the running service on a durable PostgreSQL. Calls to the number
that rings a phone at once and to the number for which the service is asked first take turns, so
that both see the same minute of the same machine.
Requirement: at most 10 ms added at the median; the exit code tells.

    python -m bench.post_dial_delay [runs]
"""

import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from bench.click_to_call import linked
from bench.ground import database, open_folder, server, spread
from kommutator.domain.connection import ConnectionKind
from kommutator.flows.secrets import open_account
from kommutator.twins.pbx.behaviour import RINGS_ON
from kommutator.twins.pbx.install import install
from kommutator.twins.pbx.phone import Phone
from kommutator.twins.pbx.provider import Provider
from kommutator.twins.pbx.server import PrivateAsterisk
from tests.support.town import Town, open_town

CACHE = Path(__file__).parents[1] / ".cache" / "asterisk"
CLIENT = "+375291234567"
OWNER = "150"
WARM_UP = 3
MOST_ADDED_MS = 10.0
REST_S = 0.15  # until the last call's events are through


async def settle(town: Town, asterisk: PrivateAsterisk) -> None:
    """The service linked with Asterisk, Asterisk asking the service, the client in the book."""
    (tenant,) = town.tenants
    await town.connect_pbx(tenant, asterisk.ports.ami, asterisk.ami_user, asterisk.ami_secret)
    async with town.seat.house.db.single() as unit:
        await unit.connection.execute(
            "INSERT INTO phone_book (enterprise, phone, pinned) VALUES ($1, $2, $3)",
            tenant.number, CLIENT, OWNER,
        )  # fmt: skip
    await town.up()
    await linked(town)
    stored = await town.seat.house.set_up.stored(tenant.number, ConnectionKind.ASTERISK)
    secret = open_account(town.seat.house.vault, stored).secrets["hook_secret"]
    await asterisk.ask_gateway(town.url, secret)


async def delay(provider: Provider, phone: Phone, did: str) -> float:
    """Milliseconds until the phone has its INVITE; the client gives up afterwards."""
    outgoing = await provider.call_in(CLIENT, did)
    incoming = await phone.next_call()
    await outgoing.hang_up()
    await incoming.wait_ended()
    await asyncio.sleep(REST_S)
    return (incoming.invited_at - outgoing.invited_at) * 1000


async def main(runs: int) -> bool:
    async with AsyncExitStack() as stack:
        dsn = stack.enter_context(server())
        folder = stack.enter_context(open_folder())
        url = await stack.enter_async_context(database(dsn, "bench_delay"))
        asterisk = await stack.enter_async_context(
            PrivateAsterisk(install(CACHE), folder / "asterisk")
        )
        town = await stack.enter_async_context(open_town(url, folder))
        await settle(town, asterisk)
        phone = Phone(asterisk.sip_address, OWNER, asterisk.phone_secret, RINGS_ON)
        provider = await stack.enter_async_context(
            Provider(asterisk.sip_address, asterisk.ports.trunk)
        )
        await stack.enter_async_context(phone)
        plain, asked = [], []
        for _ in range(WARM_UP + runs):
            plain.append(await delay(provider, phone, asterisk.dids.personal))
            asked.append(await delay(provider, phone, asterisk.dids.routed))
        rows = await town.fetch("SELECT why, count(*) FROM route_answers GROUP BY why")
        reasons = {row["why"]: row["count"] for row in rows}
    without, with_it = (
        spread("straight to the phone", plain[WARM_UP:]),
        spread("asked whose phone first", asked[WARM_UP:]),
    )
    added = with_it - without
    print(f"added at the median {added:.2f} ms; answers: {reasons}")
    return added <= MOST_ADDED_MS and set(reasons) == {"route.pinned"}


if __name__ == "__main__":
    kept = asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 40))
    sys.exit(0 if kept else 1)
