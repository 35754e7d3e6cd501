"""A process that asks YClients as often as it is let, for three salons at once.

python pacer.py <dsn> <root> <begin, unix time> <seconds>

Begins at a moment of the wall clock, and tells how many requests were answered in the seconds
after it. `AT_ONCE` of them want to leave at any moment, half of them in the background.
"""

import asyncio
import sys
from pathlib import Path

import uvloop

sys.path.insert(0, str(Path(__file__).parents[3]))

from kommutator.connectors.crm.yclients.client import YClientsClient, YClientsClients
from kommutator.flows.turns import Turns
from kommutator.kit.clock import SystemClock
from kommutator.kit.errors import VendorError
from kommutator.kit.http import HttpClient
from kommutator.store.database import Database
from tests.connectors.yclients.vendor import HOSTS, Vendor

AT_ONCE = 25  # of two processes: ten times what the vendor allows in a second
SALONS = (962302, 962303, 962304)


async def main(dsn: str, root: str, begin: float, seconds: float) -> None:
    clock = SystemClock()
    http = HttpClient(clock=clock, allowed_hosts=HOSTS)
    vendor = await Vendor.of(http, root)
    db = await Database.open(dsn, size=8)
    clients = YClientsClients(http, app=vendor.app, turn=Turns(db, clock=clock), egress="here")
    await clock.sleep(begin - clock.now().timestamp())
    end = clock.monotonic() + seconds
    asking = [
        ask(
            clients.of(vendor.account(SALONS[number % 3]), background=number % 2 == 1),
            SALONS[number % 3],
            clock,
            end,
        )
        for number in range(AT_ONCE)
    ]
    counts = await asyncio.gather(*asking)
    sys.stdout.write(f"{sum(counts)}\n")
    await http.close()
    await db.close()


async def ask(client: YClientsClient, salon: int, clock: SystemClock, end: float) -> int:
    answered = 0
    while clock.monotonic() < end:
        try:
            await client.get(f"/company/{salon}")
        except VendorError as error:
            if error.hint != "yclients_budget_spent":
                raise
            await clock.sleep(min(error.retry_after or 0.0, end - clock.monotonic(), 1.0))
        else:
            answered += clock.monotonic() < end
    return answered


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4])))
