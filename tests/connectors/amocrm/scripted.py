"""A vendor that answers what a test wrote down, and remembers what it was asked."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kommutator.connectors.crm.amocrm.client import AmoCrmClients
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.oauth import Access
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.errors import ErrorKind, VendorError
from kommutator.kit.http import Answer, WireError
from tests.support.scripted import ScriptedWire, Turns

BASE = "https://example.amocrm.ru"
REVOKED = VendorError(ErrorKind.ACCESS_REVOKED, "Token has been revoked", hint="refresh_revoked")


class Wire(ScriptedWire):
    vendor = "amocrm"
    bases = (BASE,)


@dataclass
class Grants:
    """Tokens token-1, token-2, …; `refuses` when there is none to give."""

    generation: int = 1
    renewals: int = 0
    refuses: VendorError | None = None

    async def access(self, account: Account) -> Access:
        if self.refuses is not None:
            raise self.refuses
        return Access(f"token-{self.generation}", self.generation, account.base_url)

    async def renewed(self, account: Account, stale: Access) -> Access:
        self.renewals += 1
        if stale.generation == self.generation:
            self.generation += 1
        return await self.access(account)


@dataclass
class Bench:
    wire: Wire
    grants: Grants
    turns: Turns
    clients: AmoCrmClients
    shut_out: list[str]


def bench(*answers: Answer | WireError) -> Bench:
    wire, grants, turns = Wire(*answers), Grants(), Turns()
    told: list[str] = []

    async def shut_out(_: Account, words: str) -> None:
        told.append(words)

    clients = AmoCrmClients(wire, access=grants, turn=turns, shut_out=shut_out)
    return Bench(wire, grants, turns, clients, told)


def account(base_url: str = BASE, **config: Any) -> Account:
    return Account(
        enterprise=EnterpriseNumber("0367"),
        connection_id=UUID(int=7),
        kind=ConnectionKind.AMOCRM,
        name="amoCRM",
        base_url=base_url,
        status=ConnectionStatus.ACTIVE,
        config={"client_id": "c1"} | config,
        secrets={"client_secret": "s3cret-of-the-integration"},
    )
