"""The twin as a test sees it: our account there, its state, its strings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import aiohttp

from kommutator.domain.commands import Command
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.outcome import Budget
from kommutator.domain.ports import Due, Registration
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.http import HttpClient

CLIENT_ID = "fake-client-000000000001"
MADE_AT = datetime(2026, 1, 20, 7, 0, tzinfo=UTC)
STRANGER = "+375000000099"


async def no_wait(budgets: Sequence[Budget]) -> None:
    """For tests that are not about pace."""


@dataclass
class Crm:
    http: HttpClient
    root: str
    accounts: dict[str, dict[str, Any]]

    @classmethod
    async def of(cls, http: HttpClient, root: str) -> Crm:
        answer = await http.request("GET", f"{root}/_twin/credentials")
        accounts = json.loads(answer.body)["accounts"]
        return cls(http, root, {account["name"]: account for account in accounts})

    def account(self, name: str = "demo", *, limited: bool = False, **config: Any) -> Account:
        there = self.accounts[name]
        return Account(
            enterprise=EnterpriseNumber("0367"),
            connection_id=UUID(int=7),
            kind=ConnectionKind.RETAILCRM,
            name="RetailCRM",
            base_url=there["base_url"],
            status=ConnectionStatus.ACTIVE,
            config={"user_extensions": {"19": "101", "18": "102"}} | config,
            secrets={
                "api_key": there["limited_api_key" if limited else "api_key"],
                "client_id": CLIENT_ID,
            },
            time_zone=there["zone"],
        )

    async def order(self, path: str, /, **body: Any) -> Any:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.root}/_twin/{path}", json=body) as answer,
        ):
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def fault(self, kind: str, **more: Any) -> None:
        await self.order("faults", kind=kind, **more)

    async def state(self, name: str = "demo") -> Any:
        answer = await self.http.request("GET", f"{self.root}/_twin/state?account={name}")
        return json.loads(answer.body)


def registration(**changes: Any) -> Registration:
    gateway = "https://kommutator.example"
    plain = Registration(
        client_id=CLIENT_ID,
        account_url=f"{gateway}/retailcrm/account",
        base_url=f"{gateway}/retailcrm",
        make_call_url=f"{gateway}/retailcrm/make-call",
        presence_url=f"{gateway}/retailcrm/status",
        logo_url=f"{gateway}/static/logo.svg",
        codes={"19": "101", "18": "102"},
        lines={"+70000000900": "shop-main"},
    )
    return replace(plain, **changes)


def due(command: Command, number: int = 1, **changes: Any) -> Due:
    plain = Due(
        id=number,
        key=command.call_id or "none",
        command=command,
        attempt=1,
        unsure=False,
        created_at=MADE_AT,
    )
    return replace(plain, **changes)
