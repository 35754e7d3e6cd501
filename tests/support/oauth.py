"""A vendor's token endpoint for tests: rotates for good, and breaks where it is told to."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.oauth import AccountFacts, OAuthApp, TokenPair
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.grant_secrets import OAuthVendor, seal_pair
from kommutator.flows.grants import Grants
from kommutator.flows.secrets import open_account
from kommutator.kit.clock import Clock, SystemClock
from kommutator.kit.crypto import Vault
from kommutator.kit.errors import ErrorKind, InvalidInput, Stage, VendorError
from kommutator.kit.ids import SystemIds
from kommutator.kit.redact import Redactor
from kommutator.store.database import Database
from tests.support.house import settings_for_tests, vault_of

HERE = EnterpriseNumber("0367")
HOST = "https://one.amocrm.ru"
APP = OAuthApp("11111111-aaaa", "not-a-real-client-secret", "https://house.example/callback")
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def revoked(message: str = "Token has been revoked") -> VendorError:
    return VendorError(ErrorKind.ACCESS_REVOKED, message, status=401, hint="refresh_revoked")


def silent() -> VendorError:
    return VendorError(ErrorKind.UNSURE, "timeout (sent)", stage=Stage.SENT)


Meddle = Callable[["Vendor"], Awaitable[None]]


@dataclass
class Vendor:
    """One account. `refresh` is the only refresh token that works; each exchange makes another.

    Attributes:
        meddle: awaited once after the next rotation and before its answer.
        troubles: raised by the next exchanges, before anything is rotated.
        lose: how many of the next answers are lost after the rotation.
    """

    refresh_token: str = "refresh-1"
    number: int = 1
    life: timedelta = DAY
    exchanges: list[str] = field(default_factory=list)
    asked_at: list[str] = field(default_factory=list)
    troubles: list[VendorError] = field(default_factory=list)
    lose: int = 0
    without_refresh: bool = False
    meddle: Meddle | None = None
    home: str = HOST
    account_id: str = "31920194"

    async def refresh(self, app: OAuthApp, base_url: str, refresh: str) -> TokenPair:
        assert app.client_id
        self.exchanges.append(refresh)
        self.asked_at.append(base_url)
        if self.troubles:
            raise self.troubles.pop(0)
        if refresh != self.refresh_token or base_url != self.home:
            raise revoked()
        pair = self.next_pair()
        if self.meddle is not None:
            meddle, self.meddle = self.meddle, None
            await meddle(self)
        if self.lose:
            self.lose -= 1
            raise silent()
        return pair

    def next_pair(self) -> TokenPair:
        self.number += 1
        self.refresh_token = f"refresh-{self.number}"
        refresh = None if self.without_refresh else self.refresh_token
        return TokenPair(f"access-{self.number}", refresh, self.life, "api-b.amocrm.ru")

    async def exchange(self, app: OAuthApp, base_url: str, code: str) -> TokenPair:
        assert app.client_id
        assert base_url
        assert code
        return self.next_pair()

    async def moved_to(self, api_domain: str, refresh: str) -> str | None:
        assert api_domain == "api-b.amocrm.ru"
        return self.home if refresh == self.refresh_token else None

    async def whose(self, base_url: str, access: str) -> AccountFacts:
        assert base_url
        assert access
        return AccountFacts(self.account_id, "One", "one", "7")


def official(host: str) -> str:
    bare = host.removeprefix("https://")
    if not bare.endswith(".amocrm.ru"):
        raise InvalidInput("amocrm_address_foreign")
    return f"https://{bare}"


@dataclass
class Bench:
    """One connection with a grant, and its vendor."""

    db: Database
    vault: Vault
    vendor: Vendor
    account: Account

    def grants(self, clock: Clock | None = None) -> Grants:
        """Another process, as far as the database can tell."""
        vendor = OAuthVendor(self.vendor, lambda _config, _secrets: APP, official)
        return Grants(
            self.db,
            self.vault,
            {ConnectionKind.AMOCRM: vendor},
            clock=clock or SystemClock(),
            ids=SystemIds(),
            redactor=Redactor(),
        )

    async def row(self) -> dict[str, Any]:
        async with self.db.unit() as unit:
            found = await unit.connection.fetchrow(
                "SELECT g.state, g.reason, g.generation, g.sent_at, g.previous, g.fence, c.status,"
                " c.status_reason, c.base_url, g.expires_at > now() AS alive FROM oauth_grants g"
                " JOIN connections c ON c.id = g.connection_id WHERE g.connection_id = $1",
                self.account.connection_id,
            )
        return dict(found)

    async def state(self) -> tuple[str, str | None]:
        row = await self.row()
        return row["state"], row["reason"]

    async def age(self, *, left: timedelta, age: timedelta = DAY) -> None:
        """Move the pair's times, and let whatever waits for its turn go on."""
        await self.run(
            "UPDATE oauth_grants SET issued_at = now() - $1::interval, "
            "expires_at = now() + $2::interval, next_try_at = '-infinity'",
            age, left,
        )  # fmt: skip

    async def run(self, statement: str, *values: Any) -> None:
        async with self.db.unit() as unit:
            await unit.connection.execute(statement, *values)


async def open_bench(
    db: Database, *, life: timedelta = DAY, vendor: Vendor | None = None, refresh: bool = True
) -> Bench:
    vault = vault_of(settings_for_tests())
    connection_id = UUID(int=7)
    pair = TokenPair("access-1", "refresh-1" if refresh else None, life, "api-b.amocrm.ru")
    async with db.unit() as unit:
        await unit.enterprises.create(HERE, name="Firm")
        await unit.connections.create(
            HERE,
            connection_id,
            kind=ConnectionKind.AMOCRM,
            name="amoCRM",
            base_url=HOST,
            account_key="31920194",
            config={"client_id": APP.client_id},
            sealed={},
        )
        await unit.connections.set_status(HERE, connection_id, ConnectionStatus.ACTIVE)
        await unit.grants.put(HERE, connection_id, seal_pair(vault, HERE, connection_id, pair))
        record = await unit.connections.get(HERE, connection_id)
    return Bench(db, vault, vendor or Vendor(life=life), open_account(vault, record))


async def together(*work: Awaitable[Any]) -> list[Any]:
    return list(await asyncio.gather(*work, return_exceptions=True))


def at_home(account: Account, base_url: str) -> Account:
    return replace(account, base_url=base_url)
