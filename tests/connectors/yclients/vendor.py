"""The running twin as the connector's tests see it: tokens for it, its salons, its controls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aiohttp

from kommutator.connectors.crm.yclients.application import Application
from kommutator.connectors.crm.yclients.client import YClientsClients
from kommutator.domain.connection import Account
from kommutator.kit.http import HttpClient
from tests.connectors.yclients.scripted import account
from tests.support.scripted import FreeTurn

HOSTS = frozenset({"127.0.0.1"})
SALON = 962302
OWNER, ADMIN = 1, 2  # of the seed's users; 0 is the application's system user


@dataclass
class Vendor:
    """`root` is where the twin's controls are."""

    http: HttpClient
    root: str
    known: dict[str, Any]

    @classmethod
    async def of(cls, http: HttpClient, root: str) -> Vendor:
        where = f"{root}/_twin/credentials"
        async with aiohttp.ClientSession() as session, session.get(where) as answer:
            return cls(http, root, await answer.json())

    @property
    def app(self) -> Application:
        return Application(
            self.known["partner_token"],
            self.known["user_token"],
            self.known["application_id"],
            self.known["api_url"],
            self.known["marketplace_url"],
        )

    def clients(self, turn: FreeTurn | None = None) -> YClientsClients:
        return YClientsClients(self.http, app=self.app, turn=turn or FreeTurn(), egress="test")

    def account(self, salon: int = SALON, user: int = OWNER, **secrets: str) -> Account:
        """Connected directly, in the name of one of the seed's users."""
        token = self.known["users"][user]["user_token"]
        return account(salon=salon, secrets={"user_token": token} | secrets, way="direct")

    async def order(self, path: str, /, **body: Any) -> Any:
        """A control of the twin."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.root}/_twin/{path}", json=body) as answer,
        ):
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def look(self, path: str) -> Any:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.root}/_twin/{path}") as answer,
        ):
            assert answer.status == 200, await answer.text()
            return await answer.json()
