"""A house whose enterprise is connected with a running amoCRM twin, by a long-lived token."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from kommutator.domain.connection import Account
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role
from kommutator.flows.amocrm.adopt import Wish
from kommutator.flows.amocrm.apps import OwnApp
from kommutator.flows.house import House
from kommutator.twins import TwinsConfig, start_twins
from tests.support.house import open_house

HERE = EnterpriseNumber("0367")
ADMIN = Actor("admin", Role.ENTERPRISE_ADMIN, HERE)
_YEAR_S = 365 * 86_400


@dataclass(frozen=True)
class Live:
    """Attributes:
    twin: speaks to the twin's control paths: `await live.twin("POST", "/_twin/faults", {…})`.
    """

    house: House
    session: aiohttp.ClientSession
    url: str
    account: Account

    async def twin(self, method: str, path: str, body: Any = None) -> Any:
        async with self.session.request(method, f"{self.url}{path}", json=body) as reply:
            told = await reply.json()
            assert reply.status < 400, told
            return told

    async def fault(self, **order: Any) -> None:
        await self.twin("POST", "/_twin/faults", order)

    async def state(self) -> Any:
        return await self.twin("GET", "/_twin/state?account=demo&traffic=0")


@asynccontextmanager
async def open_live(dsn: str, *, per_second: int = 50, limits: bool = False) -> AsyncIterator[Live]:
    """`limits`: the twin refuses what is too fast, as the vendor does."""
    async with AsyncExitStack() as stack:
        config = TwinsConfig(names=("amocrm",), ports={"amocrm": 0}, environment={})
        twins = await stack.enter_async_context(await start_twins(config))
        url = twins.base_urls["amocrm"]
        session = await stack.enter_async_context(aiohttp.ClientSession())
        house = await stack.enter_async_context(open_house(dsn, private_hosts="127.0.0.1"))
        async with house.db.unit() as unit:
            await unit.enterprises.create(HERE, name="Firm")
        live = Live(house, session, url, account=None)  # type: ignore[arg-type]  # known below
        made = await live.twin("GET", "/_twin/credentials")
        app = made["integrations"][0]
        await live.twin("POST", "/_twin/switches", {"rate_limits": limits})
        token = await live.twin(
            "POST", "/_twin/tokens", {"client_id": app["client_id"], "seconds": _YEAR_S}
        )
        own = OwnApp(app["client_id"], app["client_secret"], app["redirect_uri"])
        record = await house.amocrm.ways_in.by_token(
            Wish(ADMIN, HERE, own=own), token["access_token"], made["accounts"][0]["domain"]
        )
        async with house.db.unit() as unit:
            config_now = {**record.config, "requests_per_second": per_second}
            await unit.connections.save(HERE, record.id, config=config_now)
            unit.config_changed(HERE, "amocrm")
        house.directory.invalidate(HERE)
        account = await house.amocrm_accounts.acting(ADMIN, HERE)
        yield Live(house, session, url, account)
