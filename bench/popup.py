"""Call event to pop-up: from the PBX's word to the card in the CRM.

The running service on a durable PostgreSQL and a fake RetailCRM that notes when it showed a card.
Told by HTTP: from sending `POST /api/events`. Told by a real Asterisk over AMI: from the moment
at which the employee's phone says that it rings.
Requirement: medians of at most 50 ms; the exit code tells.

    python -m bench.popup [runs]
"""

import asyncio
import sys
import time
from contextlib import AsyncExitStack
from typing import Any

from bench.click_to_call import linked, office
from bench.ground import database, open_folder, server, spread
from kommutator.twins.pbx.provider import Provider
from tests.support.town import Tenant, Town, open_town

WARM_UP = 3
MOST_MS = 50.0
REST_S = 0.1


async def popup(town: Town, tenant: Tenant, caller: str, *, closed: bool) -> dict[str, Any]:
    """The card of this caller, once it is there (or is taken down)."""
    query = {"what": "popups", "account": "demo", "timeout": "10", "phone": caller}
    if closed:
        query["closedAt"] = "*"
    async with town.http.get(f"{tenant.crm.root}/_twin/wait", params=query) as answer:
        body = await answer.json()
    assert body["ok"], f"no card for {caller}"
    return body["items"][0]


async def by_http(town: Town, tenant: Tenant, number: int) -> float:
    caller, call_id = f"+37500{number:07d}", f"bench-{number}"
    dial = tenant.event("dial", call_id, phone=caller, extensions=["150"])
    end = tenant.event("hangup", call_id, phone=caller, extensions=["150"], status="cancel")
    began = time.time()
    answer = await town.send(tenant, dial)
    assert answer.status == 200
    shown = await popup(town, tenant, caller, closed=False)
    await town.send(tenant, end)
    await popup(town, tenant, caller, closed=True)
    return (shown["shownAt"] - began) * 1000


async def by_ami(town: Town, tenant: Tenant, ways: tuple[Any, Any, Provider], number: int) -> float:
    asterisk, phone, provider = ways
    caller = f"+37529{number:07d}"
    ringing = asyncio.create_task(phone.wait_ringing())
    call = await provider.call_in(caller, asterisk.dids.personal)
    employee = await ringing
    rang_at = employee.ringing_at + time.time() - time.monotonic()
    shown = await popup(town, tenant, caller, closed=False)
    await call.hang_up()
    await popup(town, tenant, caller, closed=True)
    return (shown["shownAt"] - rang_at) * 1000


async def main(runs: int) -> bool:
    async with AsyncExitStack() as stack:
        dsn = stack.enter_context(server())
        folder = stack.enter_context(open_folder())
        url = await stack.enter_async_context(database(dsn, "bench_popup"))
        asterisk, phone = await stack.enter_async_context(office(folder))
        provider = Provider(asterisk.sip_address, asterisk.ports.trunk)
        await provider.start()
        stack.push_async_callback(provider.stop)
        town = await stack.enter_async_context(open_town(url, folder))
        (tenant,) = town.tenants
        await town.connect_pbx(tenant, asterisk.ports.ami, asterisk.ami_user, asterisk.ami_secret)
        await town.up()
        await linked(town)
        told, heard = [], []
        for number in range(WARM_UP + runs):
            told.append(await by_http(town, tenant, number))
            await asyncio.sleep(REST_S)
            heard.append(await by_ami(town, tenant, (asterisk, phone, provider), number))
            await asyncio.sleep(REST_S)
    by_door = spread("HTTP event → pop-up", told[WARM_UP:])
    by_link = spread("AMI ringing → pop-up", heard[WARM_UP:])
    return max(by_door, by_link) <= MOST_MS


if __name__ == "__main__":
    kept = asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 40))
    sys.exit(0 if kept else 1)
