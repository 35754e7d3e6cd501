"""A worker process that copies the twin's salon, until it is killed.

python salon_worker.py <dsn> <API> <partner token> <user token> <salon> <seconds between pages>
"""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast
from unittest.mock import patch
from uuid import UUID

sys.path.insert(0, str(Path(__file__).parents[2]))

from kommutator.connectors.crm.yclients.application import Application
from kommutator.connectors.crm.yclients.client import YClientsClients
from kommutator.connectors.crm.yclients.reads import YClientsReader
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.salon.changes import VisitChange
from kommutator.domain.salon.facts import Salon
from kommutator.domain.salon.ports import VisitPage, VisitQuery
from kommutator.flows.directory import Directory
from kommutator.flows.salon import visits
from kommutator.flows.salon.clients import ReadClients
from kommutator.flows.salon.hooks import WatchSalonHooks
from kommutator.flows.salon.lists import ReadLists
from kommutator.flows.salon.rounds import CopySalons
from kommutator.flows.salon.shelve import ShelveVisits
from kommutator.flows.salon.source import SalonSource
from kommutator.flows.salon.visits import ReadVisits
from kommutator.kit.clock import SystemClock
from kommutator.kit.http import HttpClient
from kommutator.kit.ids import SystemIds
from kommutator.store.database import Database
from kommutator.store.unit import Unit
from kommutator.workers.salon_copy import SalonCopier
from tests.domain.salon.vendor_salons import AtOnce
from tests.support.copied_salon import VendorSalon, salon_account
from tests.support.house import settings_for_tests, vault_of
from tests.support.waiting import takes

LEASE_S = 1.5
TOLD = "INSERT INTO told (visit, news, first) VALUES ($1, $2, $3)"


class Slow(YClientsReader):
    """Pages of visits come one by one."""

    pause_s = 0.0

    async def visits(
        self, account: Account, query: VisitQuery, *, background: bool = False
    ) -> VisitPage:
        await takes(self.pause_s)
        return await super().visits(account, query, background=background)


async def write_down(
    unit: Unit, account: Account, salon: Salon, changes: Sequence[VisitChange]
) -> None:
    """A hearer that keeps what it is told in the same transaction."""
    rows = [(one.after.id, [news.value for news in one.news], one.first_read) for one in changes]
    await unit.connection.executemany(TOLD, rows)


async def main(dsn: str, api: str, partner: str, user: str, salon: str, pause_s: float) -> None:
    db, clock, ids = await Database.open(dsn, size=4), SystemClock(), SystemIds()
    account = salon_account(UUID(int=7), salon_id=int(salon), way="marketplace")
    directory = cast("Directory", VendorSalon(whose=account))
    app = Application(partner, user, 1, api, api)
    http = HttpClient(clock=clock, allowed_hosts={"127.0.0.1"})
    reader = Slow(YClientsClients(http, app=app, turn=AtOnce(), egress="test"))
    reader.pause_s = pause_s
    source = SalonSource(db, directory, {ConnectionKind.YCLIENTS: reader})
    shelve = ShelveVisits([write_down])
    hooks = WatchSalonHooks(
        db, vault_of(settings_for_tests()), {}, ids=ids, public_url="https://gate.example"
    )
    copy = CopySalons(
        db, source, ReadLists(source), ReadVisits(source, shelve), ReadClients(source), hooks,
        clock=clock,
    )  # fmt: skip
    copier = SalonCopier(db, copy, clock=clock, ids=ids, lease_s=LEASE_S)
    with patch.object(visits, "BATCH", 4):
        await copier.start()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    given = sys.argv[1:]
    asyncio.run(main(given[0], given[1], given[2], given[3], given[4], float(given[5])))
