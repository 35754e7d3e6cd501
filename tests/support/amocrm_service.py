"""The service as it runs, and a fake amoCRM whose consent screen leads back to it.

One enterprise "0367" with two administrators and three extensions; amoCRM is not connected yet.
"""

from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import aiohttp

from kommutator.app import Application
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission, Role
from kommutator.flows.amocrm.adopt import Wish
from kommutator.flows.house import House
from kommutator.serve import http
from tests.support.amocrm_town import AmoTwin, open_amocrm
from tests.support.house import PASSWORD, settings_for_tests, vault_of, weaken_passwords
from tests.support.town import free_port
from tests.support.waiting import eventually

HERE = EnterpriseNumber("0367")
ADMIN, DEPUTY = "admin@0367.example", "deputy@0367.example"
ACTOR = Actor(ADMIN, Role.ENTERPRISE_ADMIN, HERE)
EXTENSIONS = ("150", "151", "152")
COPIED_S = 40.0  # on a crowded machine


@dataclass(frozen=True)
class AmoService:
    """Attributes:
    http: without cookies.
    key: of the PBX: it may send events and ask whose phone shall ring.
    vendor: what runs the twin.
    """

    app: Application
    twin: AmoTwin
    url: str
    http: aiohttp.ClientSession
    key: str
    vendor: AsyncExitStack

    @property
    def house(self) -> House:
        return self.app.house

    async def connect(self, at: str = "", **config: Any) -> UUID:
        """Connect the twin's account `demo` by a code, then set what the tenant wants of it.

        `at`: where we find it, if not at its own address.
        """
        record = await self.house.amocrm.ways_in.by_code(
            Wish(ACTOR, HERE), await self.twin.code(), at or self.twin.url
        )
        if config:
            async with self.house.db.unit() as unit:
                fresh = await unit.connections.get(HERE, record.id)
                changed = {**fresh.config, **config}
                await unit.connections.save(HERE, record.id, config=changed)
                unit.config_changed(HERE, "amocrm")
        self.house.directory.clear()
        return record.id

    async def stop_twin(self) -> None:
        """amoCRM is gone: its port refuses connections."""
        await self.vendor.aclose()

    async def state(self) -> dict[str, Any]:
        """All that account `demo` holds."""
        return await self.twin.look("state", account="demo", traffic="0")

    async def users(self) -> list[str]:
        """Of account `demo`, the administrator first."""
        state = await self.twin.look("credentials")
        return [str(user["id"]) for user in state["accounts"][0]["users"]]

    async def value(self, query: str, *args: Any) -> Any:
        async with self.house.db.single() as unit:
            return await unit.connection.fetchval(query, *args)

    async def fetch(self, query: str, *args: Any) -> list[dict[str, Any]]:
        async with self.house.db.single() as unit:
            return [dict(row) for row in await unit.connection.fetch(query, *args)]

    async def copied(self) -> None:
        """Wait until open leads, contacts and companies have been read and amoCRM calls us."""
        wanted = (
            "SELECT (SELECT count(*) FROM crm_entities WHERE NOT deleted) >= 100 "
            "AND (SELECT count(*) FROM crm_references) >= 4 "
            "AND (SELECT bool_and(state = 'on') FROM crm_hooks)"
        )
        await eventually(lambda: self.value(wanted), COPIED_S)

    async def tell(self, kind: str, call_id: str, **payload: Any) -> None:
        """One event of the PBX, by HTTP."""
        body = {
            "enterprise_number": HERE,
            "event_type": kind,
            "payload": {"call_unique_id": call_id, "direction": "in", **payload},
        }
        headers = {"X-API-Key": self.key}
        async with self.http.post(f"{self.url}/api/events", json=body, headers=headers) as answer:
            assert answer.status == 200, await answer.text()

    async def quiet(self) -> bool:
        """Everything is decided and delivered."""
        return bool(
            await self.value(
                "SELECT NOT EXISTS (SELECT FROM journal WHERE state = 'new') "
                "AND NOT EXISTS (SELECT FROM outbox WHERE state = 'due')"
            )
        )


@asynccontextmanager
async def open_amocrm_service(
    dsn: str, *, roles: Collection[str] = ("api", "worker"), limits: bool = False, **settings: str
) -> AsyncIterator[AmoService]:
    """`limits`: the twin refuses what is too fast, as the vendor does."""
    async with AsyncExitStack() as stack:
        vendor = await stack.enter_async_context(AsyncExitStack())
        twin = await vendor.enter_async_context(open_amocrm())
        await twin.order("switches", rate_limits=limits)
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        callback = f"{url}/api/v1/amocrm/auth/callback"
        twin.client |= await twin.order(
            "integrations",
            client_id=twin.client["client_id"],
            redirect_uri=callback,
            uninstall_url=f"{url}/api/v1/amocrm/uninstalled",
        )
        chosen = settings_for_tests(
            **{**twin.settings, "port": str(port), "public_url": url, "database_pool": "8"},
            **settings,
        )
        app = await stack.enter_async_context(
            Application(chosen, dsn, vault_of(chosen), roles=roles)
        )
        weaken_passwords(app.house)
        await stack.enter_async_context(http(app.asgi, chosen))
        jar = aiohttp.DummyCookieJar()
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
        yield AmoService(app, twin, url, session, await _settle(app.house), vendor)


async def _settle(house: House) -> str:
    """The PBX's key."""
    async with house.db.unit() as unit:
        await unit.enterprises.create(HERE, name="June", time_zone="Europe/Minsk")
        for extension in EXTENSIONS:
            await unit.extensions.put(HERE, extension, holder=f"Desk {extension}")
    for email, name in ((ADMIN, "Anna"), (DEPUTY, "Boris")):
        await house.people.create(
            "tests", HERE, email=email, name=name, role=Role.ENTERPRISE_ADMIN, password=PASSWORD
        )
    scopes = [Permission.SEND_EVENTS, Permission.READ_CALLS]
    return (await house.keys.create(ACTOR, HERE, name="pbx", scopes=scopes)).secret


def state_of(url: str) -> str:
    """The one-time state in the address of a consent screen."""
    return parse_qs(urlsplit(url).query)["state"][0]
