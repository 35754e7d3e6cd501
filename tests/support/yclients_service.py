"""The service as it runs, and the YClients twin whose marketplace leads back to it.

One enterprise "0367" with an administrator and an employee, and "0411" with its own; no salon is
connected. Nothing leaves the twin by itself but what a test orders.
"""

from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import aiohttp

from kommutator.app import Application
from kommutator.compose.whatsapp import WhatsAppMeans
from kommutator.domain.outcome import Budget
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role
from kommutator.flows.house import House
from kommutator.kit.clock import Clock
from kommutator.serve import http
from tests.support.house import (
    TenantOfTests,
    settings_for_tests,
    settle_tenant,
    vault_of,
    weaken_passwords,
)
from tests.support.service import Caller
from tests.support.town import free_port
from tests.support.waiting import eventually
from tests.support.yclients_said import said_of
from tests.support.yclients_town import SALON, SECOND, THIRD, YTown, open_yclients

HERE, THERE = EnterpriseNumber("0367"), EnterpriseNumber("0411")
OWNER = "owner@salon.example"
BUDGETS = "kommutator.connectors.crm.yclients.client.budgets_at"  # 5/s take long in a test
CALLBACK = "/api/yclients/webhook"
__all__ = ["SALON", "SECOND", "THIRD"]


@dataclass(frozen=True)
class SalonService:
    """Attributes:
    caller: without cookies and keys.
    """

    app: Application
    twin: YTown
    url: str
    caller: Caller
    here: TenantOfTests
    there: TenantOfTests

    @property
    def house(self) -> House:
        return self.app.house

    @property
    def admin(self) -> Actor:
        return Actor("tests", Role.ENTERPRISE_ADMIN, HERE, self.here.admin.id)

    async def pressed(self, *salons: int, **more: Any) -> str:
        """A person pressed "Connect" and agreed: where their browser goes, below our address."""
        order = {"salon_ids": list(salons or (SALON,)), **more}
        return self._below((await self.twin.order("market/connect", **order))["location"])

    async def forged(self, *salons: int, **more: Any) -> str:
        """The same without anybody's consent."""
        order = {"salon_ids": list(salons), **more}
        return self._below((await self.twin.order("market/forge", **order))["location"])

    async def install(self, *salons: int, **more: Any) -> None:
        """Into 0367, as its administrator."""
        arrived = await self.house.yclients.arrive(said_of(await self.pressed(*salons, **more)))
        joined = await self.house.yclients.join.into(self.admin, HERE, arrived.token)
        results = await self.house.yclients.activate.all(HERE, joined.connections)
        assert all(result.done for result in results), results
        self.house.directory.clear()

    async def states(self) -> dict[int, tuple[str, str, str | None]]:
        """Salon → enterprise, status and reason of its newest connection."""
        rows = await self.fetch(
            "SELECT DISTINCT ON (account_key) account_key, enterprise, status, status_reason "
            "FROM connections WHERE kind = 'yclients' ORDER BY account_key, created_at DESC"
        )
        return {
            int(row["account_key"]): (row["enterprise"], row["status"], row["status_reason"])
            for row in rows
        }

    async def vendor_says(self, salon: int = SALON) -> str:
        """How our application stands in the salon."""
        standing = await self.house.yclients.vendors.application().marketplace.standing(salon)
        return standing.state.value

    async def value(self, query: str, *args: Any) -> Any:
        async with self.house.db.single() as unit:
            return await unit.connection.fetchval(query, *args)

    async def fetch(self, query: str, *args: Any) -> list[dict[str, Any]]:
        async with self.house.db.single() as unit:
            return [dict(row) for row in await unit.connection.fetch(query, *args)]

    async def told(self, status: str, reason: str | None, salon: int = SALON) -> None:
        """Wait until the salon's connection is so."""

        async def is_so() -> bool:
            return (await self.states())[salon][1:] == (status, reason)

        await eventually(is_so)

    def _below(self, location: str) -> str:
        assert location.startswith(self.url), location
        parts = urlsplit(location)
        return f"{parts.path}?{parts.query}"


@asynccontextmanager
async def open_salon_service(
    dsn: str,
    *,
    roles: Collection[str] = ("api",),
    clock: Clock | None = None,
    rate_limits: bool = False,
    means: WhatsAppMeans | None = None,
    **settings: str,
) -> AsyncIterator[SalonService]:
    """`roles`: with "worker", what is due is done aside."""
    async with AsyncExitStack() as stack:
        if not rate_limits:
            stack.enter_context(patch(BUDGETS, lambda *_, **__: (Budget("free", 1e3, 1_000),)))
        twin = await stack.enter_async_context(open_yclients(rate_limits=rate_limits, let_in=False))
        await twin.order("switches", hook_delay_seconds=0.0)
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        await twin.order(
            "market/application",
            redirect_url=f"{url}/yclients/connect",
            callback_url=f"{url}{CALLBACK}",
        )
        chosen = settings_for_tests(
            **{
                "port": str(port),
                "public_url": url,
                "database_pool": "8",
                "private_hosts": "127.0.0.1",
                "yclients_partner_token": twin.partner_token,
                "yclients_user_token": twin.user_token,
                "yclients_application_id": str(twin.application_id),
                "yclients_api_url": twin.api_url,
                "yclients_marketplace_url": twin.marketplace_url,
                "yclients_cabinet_hosts": urlsplit(twin.url).netloc,
                **settings,
            }
        )
        made = Application(chosen, dsn, vault_of(chosen), roles=roles, clock=clock, means=means)
        app = await stack.enter_async_context(made)
        weaken_passwords(app.house)
        await stack.enter_async_context(http(app.asgi, chosen))
        jar = aiohttp.DummyCookieJar()
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
        yield SalonService(
            app,
            twin,
            url,
            Caller(session, url),
            await settle_tenant(app.house, HERE),
            await settle_tenant(app.house, THERE),
        )
