"""A vendor that answers what a test wrote down, and remembers what it was asked."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from kommutator.connectors.crm.amocrm.client import AmoCrmClients
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.oauth import Access
from kommutator.domain.outcome import Budget
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.clock import ManualClock
from kommutator.kit.errors import ErrorKind, VendorError
from kommutator.kit.http import Answer, HttpClient, Pairs, WireError

BASE = "https://example.amocrm.ru"
REVOKED = VendorError(ErrorKind.ACCESS_REVOKED, "Token has been revoked", hint="refresh_revoked")


def answer(status: int, body: Any = b"", **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, named, raw, 1.0)


@dataclass
class Sent:
    method: str
    url: str
    headers: Mapping[str, str]
    params: list[tuple[str, str]]
    body: Any

    @property
    def path(self) -> str:
        return self.url.removeprefix(BASE)


class Wire(HttpClient):
    """Takes its answers in order; an error among them is raised."""

    def __init__(self, *answers: Answer | WireError) -> None:
        super().__init__(clock=ManualClock())
        self.answers = list(answers)
        self.sent: list[Sent] = []

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Pairs = (),
        form: Pairs | None = None,
        body: bytes | None = None,
        timeout_s: float = 10.0,
        vendor: str = "",
    ) -> Answer:
        assert form is None
        assert timeout_s > 0
        assert vendor == "amocrm"
        decoded = None if body is None else json.loads(body)
        self.sent.append(Sent(method, url, headers or {}, list(params), decoded))
        following = self.answers.pop(0)
        if isinstance(following, WireError):
            raise following
        return following


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
class Turns:
    taken: list[Sequence[Budget]] = field(default_factory=list)
    held: list[tuple[list[str], float]] = field(default_factory=list)
    lates: list[float] = field(default_factory=list)
    refuses: Exception | None = None

    async def __call__(self, budgets: Sequence[Budget]) -> None:
        self.taken.append(budgets)
        if self.refuses is not None:
            raise self.refuses

    async def hold(self, budgets: Sequence[Budget], seconds: float) -> None:
        self.held.append(([budget.key for budget in budgets], seconds))

    async def late(self, budgets: Sequence[Budget], seconds: float) -> None:
        assert budgets
        self.lates.append(seconds)


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
