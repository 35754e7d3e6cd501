"""A worker process that fills the phone book from the twin, until it is killed.

python book_worker.py <dsn> <twin's address> <key> <seconds of a lease> <seconds between pages>
"""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

sys.path.insert(0, str(Path(__file__).parents[2]))

from kommutator.connectors.crm.retailcrm.connect import RetailCrmDesk
from kommutator.domain.connection import Account
from kommutator.domain.ports import PersonPage
from kommutator.flows.ask_crm import AskCrm
from kommutator.flows.directory import Directory
from kommutator.kit.clock import SystemClock
from kommutator.kit.http import HttpClient
from kommutator.kit.ids import SystemIds
from kommutator.store.database import Database
from kommutator.workers.phone_book import PhoneBookFiller
from tests.connectors.retailcrm.crm import no_wait
from tests.support.book import Crm, account


class Desk(RetailCrmDesk):
    """The real one, at a pace of the test's."""

    pause_s = 0.0

    async def people(self, account: Account, page: int) -> PersonPage:
        return replace(await super().people(account, page), pause_s=self.pause_s)


async def main(dsn: str, url: str, key: str, lease_s: float, pause_s: float) -> None:
    db = await Database.open(dsn, size=3)
    clock = SystemClock()
    accounts = Crm()
    for number, one in accounts.accounts.items():
        accounts.accounts[number] = replace(
            account(number, one.enterprise), base_url=url, secrets={"api_key": key}
        )
    desk = Desk(HttpClient(clock=clock, allowed_hosts={"127.0.0.1"}), turn=no_wait)
    desk.pause_s = pause_s
    ask = AskCrm(db, cast("Directory", accounts), {desk.kind: cast("Any", desk)}, clock=clock)
    filler = PhoneBookFiller(db, ask, clock=clock, ids=SystemIds(), lease_s=lease_s)
    await filler.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    dsn, url, key, lease, pause = sys.argv[1:]
    asyncio.run(main(dsn, url, key, float(lease), float(pause)))
