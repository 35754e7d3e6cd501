"""A process that asks amoCRM as often as it is let.

python pacer.py <dsn> <base url> <begin, unix time> <seconds>

Reads the token from its standard input, begins at a moment of the wall clock, and tells how many
requests were answered in the seconds after it. `AT_ONCE` of them want to leave at any moment.
"""

import asyncio
import sys
from pathlib import Path

import uvloop

sys.path.insert(0, str(Path(__file__).parents[3]))

from kommutator.connectors.crm.amocrm.client import AmoCrmClient, AmoCrmClients
from kommutator.domain.connection import Account
from kommutator.domain.oauth import Access
from kommutator.flows.turns import Turns
from kommutator.kit.clock import SystemClock
from kommutator.kit.errors import VendorError
from kommutator.kit.http import HttpClient
from kommutator.store.database import Database
from tests.connectors.amocrm.scripted import account

AT_ONCE = 35  # of two processes: ten times what the vendor allows in a second


class Token:
    """One that lives for ever."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def access(self, account: Account) -> Access:
        return Access(self._token, 1, account.base_url)

    async def renewed(self, account: Account, stale: Access) -> Access:
        raise AssertionError(account, stale)


async def main(dsn: str, base_url: str, begin: float, seconds: float) -> None:
    clock = SystemClock()
    http = HttpClient(clock=clock, allowed_hosts={"127.0.0.1"})
    db = await Database.open(dsn, size=8)
    clients = AmoCrmClients(
        http, access=Token(sys.stdin.readline().strip()), turn=Turns(db, clock=clock)
    )
    here = account(base_url)
    await clock.sleep(begin - clock.now().timestamp())
    end = clock.monotonic() + seconds
    counts = await asyncio.gather(*(ask(clients.of(here), clock, end) for _ in range(AT_ONCE)))
    sys.stdout.write(f"{sum(counts)}\n")
    await http.close()
    await db.close()


async def ask(client: AmoCrmClient, clock: SystemClock, end: float) -> int:
    answered = 0
    while clock.monotonic() < end:
        try:
            await client.get("/api/v4/account")
        except VendorError as error:
            if error.hint != "amocrm_budget_spent":
                raise
        else:
            answered += clock.monotonic() < end
    return answered


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4])))
