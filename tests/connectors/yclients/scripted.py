"""A vendor that answers what a test wrote down, and remembers what it was asked."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from kommutator.connectors.crm.yclients.application import Application
from kommutator.connectors.crm.yclients.client import YClientsClients
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.outcome import Budget
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.clock import ManualClock
from kommutator.kit.http import Answer, HttpClient, Pairs, WireError

APP = Application("partner-s3cret", "system-user-s3cret", application_id=77)
SALON = 962302


def answer(status: int, body: Any = b"", **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, named, raw, 1.0)


def ok(data: Any, status: int = 200, **meta: Any) -> Answer:
    return answer(status, {"success": True, "data": data, "meta": meta or []})


def no(status: int, message: str, **meta: Any) -> Answer:
    held = {"message": message, **meta}
    return answer(status, {"success": False, "data": None, "meta": held})


@dataclass
class Sent:
    method: str
    url: str
    headers: Mapping[str, str]
    params: list[tuple[str, str]]
    body: Any

    @property
    def path(self) -> str:
        for base in (APP.api, APP.marketplace):
            if self.url.startswith(base):
                return self.url.removeprefix(base)
        return self.url


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
        assert vendor == "yclients"
        decoded = None if body is None else json.loads(body)
        self.sent.append(Sent(method, url, headers or {}, list(params), decoded))
        following = self.answers.pop(0)
        if isinstance(following, WireError):
            raise following
        return following


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
    turns: Turns
    told: list[tuple[str, str]]
    clients: YClientsClients

    @property
    def paths(self) -> list[str]:
        return [f"{sent.method} {sent.path}" for sent in self.wire.sent]


def bench(*answers: Answer | WireError, app: Application = APP) -> Bench:
    wire, turns = Wire(*answers), Turns()
    told: list[tuple[str, str]] = []

    async def tell(account: Account, hint: str, words: str) -> None:
        assert account.kind is ConnectionKind.YCLIENTS
        told.append((hint, words))

    clients = YClientsClients(wire, app=app, turn=turns, egress="out-1", told=tell)
    return Bench(wire, turns, told, clients)


def account(
    *, salon: int = SALON, secrets: Mapping[str, str] | None = None, **config: Any
) -> Account:
    return Account(
        enterprise=EnterpriseNumber("0367"),
        connection_id=UUID(int=7),
        kind=ConnectionKind.YCLIENTS,
        name="Salon",
        base_url=APP.api,
        status=ConnectionStatus.ACTIVE,
        config={"salon_id": salon, "title": "Salon", "way": "marketplace"} | config,
        secrets=dict(secrets or {"hook_secret": "hook-s3cret"}),
        account_key=str(salon),
    )
