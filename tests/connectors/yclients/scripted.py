"""A vendor that answers what a test wrote down, and remembers what it was asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kommutator.connectors.crm.yclients.application import Application
from kommutator.connectors.crm.yclients.client import YClientsClients
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.http import Answer, WireError
from tests.support.scripted import ScriptedWire, Turns, answer

APP = Application("partner-s3cret", "system-user-s3cret", application_id=77)
SALON = 962302


def ok(data: Any, status: int = 200, **meta: Any) -> Answer:
    return answer(status, {"success": True, "data": data, "meta": meta or []})


def no(status: int, message: str, **meta: Any) -> Answer:
    held = {"message": message, **meta}
    return answer(status, {"success": False, "data": None, "meta": held})


class Wire(ScriptedWire):
    vendor = "yclients"
    bases = (APP.api, APP.marketplace)


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
