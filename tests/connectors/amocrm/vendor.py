"""The running twin as the connector's tests see it: an account, tokens for it, its controls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import aiohttp

from kommutator.connectors.crm.amocrm.client import AmoCrmClients
from kommutator.connectors.crm.amocrm.oauth import AmoCrmAuthorizer
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.oauth import Access, OAuthApp, TokenPair
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.http import HttpClient
from tests.support.scripted import FreeTurn

HOSTS = frozenset({"127.0.0.1"})


@dataclass
class OneGrant:
    """A pair of tokens in memory, renewed when the vendor refuses it."""

    authorizer: AmoCrmAuthorizer
    app: OAuthApp
    base_url: str
    pair: TokenPair
    generation: int = 1

    async def access(self, account: Account) -> Access:  # noqa: ARG002  the port's
        return Access(self.pair.access, self.generation, self.base_url)

    async def renewed(self, account: Account, stale: Access) -> Access:
        assert stale.generation == self.generation
        assert self.pair.refresh is not None
        self.pair = await self.authorizer.refresh(self.app, self.base_url, self.pair.refresh)
        self.generation += 1
        return await self.access(account)


@dataclass
class Vendor:
    """`root` is where the twin's controls are; `base_url` of an account may have a path."""

    http: HttpClient
    root: str
    accounts: dict[str, dict[str, Any]]
    app: OAuthApp

    @classmethod
    async def of(cls, http: HttpClient, root: str) -> Vendor:
        where = f"{root}/_twin/credentials"
        async with aiohttp.ClientSession() as session, session.get(where) as answer:
            known = await answer.json()
        integration = known["integrations"][0]
        names = ("client_id", "client_secret", "redirect_uri")
        app = OAuthApp(*(integration[name] for name in names))
        return cls(http, root, {one["name"]: one for one in known["accounts"]}, app)

    @property
    def authorizer(self) -> AmoCrmAuthorizer:
        return AmoCrmAuthorizer(self.http, private_hosts=HOSTS)

    def base_url(self, name: str = "demo") -> str:
        return str(self.accounts[name]["base_url"])

    def account(self, name: str = "demo", **config: Any) -> Account:
        return Account(
            enterprise=EnterpriseNumber("0367"),
            connection_id=UUID(int=7),
            kind=ConnectionKind.AMOCRM,
            name="amoCRM",
            base_url=self.base_url(name),
            status=ConnectionStatus.ACTIVE,
            config={"client_id": self.app.client_id} | config,
            secrets={"client_secret": self.app.client_secret},
        )

    async def order(self, path: str, /, **body: Any) -> Any:
        """A control of the twin."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.root}/_twin/{path}", json=body) as answer,
        ):
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def fault(self, kind: str, **more: Any) -> None:
        """The one fault from now on."""
        async with (
            aiohttp.ClientSession() as session,
            session.delete(f"{self.root}/_twin/faults") as answer,
        ):
            assert answer.status == 200
        await self.order("faults", kind=kind, **more)

    async def state(self) -> Any:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.root}/_twin/state") as answer,
        ):
            return await answer.json()

    async def code(self, name: str = "demo", **more: Any) -> str:
        """As the browser brings it back after somebody pressed "Allow"."""
        came = await self.order(
            "oauth/grant", client_id=self.app.client_id, state="s", account=name, **more
        )
        query = parse_qs(urlsplit(came["location"]).query)
        assert query["state"] == ["s"]
        return query["code"][0]

    async def grant(self, name: str = "demo", **more: Any) -> OneGrant:
        base = self.base_url(name)
        pair = await self.authorizer.exchange(self.app, base, await self.code(name, **more))
        return OneGrant(self.authorizer, self.app, base, pair)

    async def clients(self, name: str = "demo", turn: FreeTurn | None = None) -> AmoCrmClients:
        return AmoCrmClients(self.http, access=await self.grant(name), turn=turn or FreeTurn())
