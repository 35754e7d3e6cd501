"""One process that delivers a lane to YClients until it is killed: `dsn root`."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[3]))

from kommutator.connectors.crm.yclients.delivery import YClientsDelivery
from kommutator.domain.commands import Command
from kommutator.domain.connection import Account
from kommutator.domain.outcome import Budget, Patience
from kommutator.kit.breaker import BreakerRules
from kommutator.kit.clock import SystemClock
from kommutator.kit.http import HttpClient
from tests.connectors.yclients.vendor import HOSTS, Vendor
from tests.workers.harness import house

QUICK = Patience(
    first=timedelta(milliseconds=50),
    longest=timedelta(milliseconds=300),
    give_up=timedelta(hours=1),
    timeout=30.0,
)


class Delivery(YClientsDelivery):
    """At the pace of a test; pace has tests of its own."""

    def patience(self, command: Command) -> Patience:  # noqa: ARG002  the same for all
        return QUICK

    def budgets(self, account: Account, command: Command) -> Sequence[Budget]:  # noqa: ARG002  none
        return ()


def chain(vendor: Vendor) -> Account:
    """A salon whose chain's telephony takes calls."""
    return vendor.account(voip_token=vendor.known["groups"][0]["crm_token"])


async def main(dsn: str, root: str) -> None:
    http = HttpClient(clock=SystemClock(), allowed_hosts=HOSTS)
    vendor = await Vendor.of(http, root)
    delivery: Any = Delivery(http, vendor.clients())
    rules = BreakerRules(threshold=5, first=0.3, longest=0.5)
    async with house(dsn, delivery, [chain(vendor)], rules=rules):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
