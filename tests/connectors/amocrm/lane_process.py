"""One process that delivers a lane to amoCRM until it is killed: `dsn root token user user`."""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from kommutator.connectors.crm.amocrm.client import AmoCrmClients
from kommutator.connectors.crm.amocrm.writes import AmoCrmDelivery
from kommutator.domain.commands import Command
from kommutator.domain.connection import Account
from kommutator.domain.outcome import Budget, Patience
from kommutator.kit.breaker import BreakerRules
from kommutator.kit.clock import SystemClock
from kommutator.kit.http import HttpClient
from tests.connectors.amocrm import wire
from tests.connectors.amocrm.outbox import Grant
from tests.workers.harness import house

QUICK = Patience(
    first=timedelta(milliseconds=50),
    longest=timedelta(milliseconds=300),
    give_up=timedelta(hours=1),
    timeout=30.0,
)


class Delivery(AmoCrmDelivery):
    """At the pace of a test; pace has tests of its own."""

    def patience(self, command: Command) -> Patience:  # noqa: ARG002  the same for all
        return QUICK

    def budgets(self, account: Account, command: Command) -> Sequence[Budget]:  # noqa: ARG002  none
        return ()


def account_at(root: str, users: Sequence[str]) -> Account:
    people = dict(zip(users, ("150", "151"), strict=True))
    return replace(wire.account(user_extensions=people), base_url=root)


async def main(dsn: str, root: str, token: str, *users: str) -> None:
    http = HttpClient(clock=SystemClock(), allowed_hosts={"127.0.0.1"})
    clients = AmoCrmClients(http, access=Grant(token), turn=wire.NoWait())
    delivery: Any = Delivery(clients, clock=SystemClock())
    rules = BreakerRules(threshold=5, first=0.3, longest=0.5)
    async with house(dsn, delivery, [account_at(root, users)], rules=rules):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
