"""The service as it runs, with a RetailCRM twin beside it that can really reach it.

One enterprise "0367" with three internal numbers and one "0411" with its own; the rest is up to
the test. `open_service` composes the real application on real sockets.
"""

from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from kommutator.app import Application
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission, Role
from kommutator.flows.forms import ConnectionForm
from kommutator.flows.house import House
from kommutator.flows.secrets import open_account
from kommutator.kit.clock import Clock
from kommutator.serve import http
from kommutator.store.connection_rows import ConnectionRecord
from kommutator.twins import RunningTwins, TwinsConfig, start_twins
from tests.support.house import settings_for_tests, vault_of, weaken_passwords
from tests.support.town import free_port

HERE = EnterpriseNumber("0367")
THERE = EnterpriseNumber("0411")
ADMIN = Actor("tests", Role.ENTERPRISE_ADMIN, HERE)
PHONE = "+375000000070"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Answer:
    """What came back, redirects not followed."""

    status: int
    headers: Any
    text: str
    body: Any

    @property
    def code(self) -> str:
        """The slug of an error."""
        return str(self.body["error"]["code"])


class Caller:
    """Speaks HTTP to one address; `headers` go with every request."""

    def __init__(self, session: aiohttp.ClientSession, url: str, **headers: str) -> None:
        self._session = session
        self.url = url
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def with_headers(self, **headers: str) -> "Caller":
        return Caller(self._session, self.url, **{**self.headers, **headers})

    async def __call__(self, method: str, path: str, **kwargs: Any) -> Answer:
        headers = {**self.headers, **kwargs.pop("headers", {})}
        async with self._session.request(
            method, f"{self.url}{path}", headers=headers, allow_redirects=False, **kwargs
        ) as reply:
            text = await reply.text()
            is_json = reply.content_type == "application/json" and text
            return Answer(reply.status, reply.headers, text, await reply.json() if is_json else {})

    async def get(self, path: str, **kwargs: Any) -> Answer:
        return await self("GET", path, **kwargs)

    async def post(self, path: str, **kwargs: Any) -> Answer:
        return await self("POST", path, **kwargs)


@dataclass(frozen=True)
class Service:
    """A running service.

    Attributes:
        stranger: a caller without credentials.
        admin: a caller with an API key that may do everything in 0367.
        neighbour: the same for 0411.
        twin: the control side of the fake CRM.
        crm: its address and keys.
    """

    app: Application
    stranger: Caller
    admin: Caller
    neighbour: Caller
    twin: Caller
    crm: dict[str, Any]

    @property
    def house(self) -> House:
        return self.app.house

    async def record(self, kind: ConnectionKind = ConnectionKind.RETAILCRM) -> ConnectionRecord:
        return await self.house.set_up.stored(HERE, kind)

    async def account(self) -> Account:
        """The connection to the twin, secrets included, as it stands in the database now."""
        return open_account(self.house.vault, await self.record())

    async def client_id(self) -> str:
        return (await self.account()).secrets["client_id"]

    async def save(self, **config: Any) -> None:
        """Fill in the twin's address and key, as an administrator would."""
        form = ConnectionForm(
            ConnectionKind.RETAILCRM,
            str(self.crm["base_url"]),
            secrets={"api_key": str(self.crm["api_key"])},
            config=config,
        )
        await self.house.set_up.save(ADMIN, HERE, form)
        self.forget()

    async def connect(self, **config: Any) -> None:
        """Save and register; the module is in the twin afterwards."""
        await self.save(**{"user_extensions": {"19": "150"}, **config})
        assert (await self.house.enrol.register(ADMIN, HERE)).verified
        self.forget()

    async def connect_pbx(self) -> None:
        """A PBX that nobody links to: commands for it stay in the outbox."""
        form = ConnectionForm(
            ConnectionKind.ASTERISK,
            "127.0.0.1",
            secrets={"ami_user": "gateway", "ami_secret": "not-a-real-ami-secret"},
            config={"ami_port": 1},
        )
        await self.house.set_up.save(ADMIN, HERE, form)
        await self.house.set_up.activate(ADMIN, HERE, ConnectionKind.ASTERISK)
        self.forget()

    def forget(self) -> None:
        """The listener's work, done at once: a test need not wait for the news."""
        self.house.directory.clear()

    async def owed(self, kind: str = "originate_call") -> list[dict[str, Any]]:
        """Commands of this kind, oldest first, as a vendor's part would read them."""
        async with self.house.db.unit() as unit:
            rows = await unit.outbox.page(HERE, kind=kind)
        return [
            {"lane": row.lane, **{name: getattr(row.command(), name) for name in _SHOWN}}
            for row in reversed(rows)
        ]

    async def module(self) -> dict[str, Any]:
        """The module as the twin holds it, clientId included."""
        state = await self.twin.get("/_twin/state", params={"account": "demo", "traffic": "0"})
        module: dict[str, Any] = state.body["modules"][0]
        return module

    async def edit_in_crm(self, codes: dict[int, str]) -> None:
        """A user of the CRM assigns numbers there; the module must allow it."""
        order = {
            "code": (await self.module())["code"],
            "additionalCodes": [{"userId": user, "code": code} for user, code in codes.items()],
        }
        reply = await self.twin.post("/_twin/module", json=order)
        assert reply.status == 200, reply.text

    async def drive(self, act: str, **order: Any) -> dict[str, Any]:
        """Let the twin fire a callback; returns what was sent and what came back."""
        reply = await self.twin.post(f"/_twin/{act}", json=order)
        assert reply.status == 200, reply.text
        report: dict[str, Any] = reply.body
        assert report["error"] is None, report
        return report

    async def spoil(self, **fault: Any) -> None:
        reply = await self.twin.post("/_twin/faults", json=fault)
        assert reply.status == 200, reply.text


_SHOWN = ("call_id", "extension", "client", "line", "requested_by")


@asynccontextmanager
async def open_service(
    dsn: str,
    *,
    roles: Collection[str] = ("api",),
    clock: Clock | None = None,
    **settings: str,
) -> AsyncIterator[Service]:
    async with AsyncExitStack() as stack:
        twins = await stack.enter_async_context(
            await start_twins(TwinsConfig(ports={"retailcrm": 0}, environment={}))
        )
        port = free_port()
        chosen = settings_for_tests(
            **{
                "port": str(port),
                "public_url": f"http://127.0.0.1:{port}",
                "private_hosts": "127.0.0.1",
                "database_pool": "8",
                **settings,
            }
        )
        made = Application(chosen, dsn, vault_of(chosen), roles=roles, clock=clock)
        app = await stack.enter_async_context(made)
        weaken_passwords(app.house)
        assert app.asgi is not None
        await stack.enter_async_context(http(app.asgi, chosen))
        jar = aiohttp.DummyCookieJar()
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
        yield await _settled(app, twins, session, f"http://127.0.0.1:{port}")


async def _settled(
    app: Application, twins: RunningTwins, session: aiohttp.ClientSession, url: str
) -> Service:
    stranger = Caller(session, url)
    twin = Caller(session, twins.base_urls["retailcrm"])
    keys = {}
    for number, extensions in ((HERE, ("150", "151", "152")), (THERE, ("200",))):
        async with app.house.db.unit() as unit:
            await unit.enterprises.create(number, name=f"Firm {number}", time_zone="Europe/Minsk")
            for extension in extensions:
                await unit.extensions.put(number, extension, holder=f"Desk {extension}")
        actor = Actor("tests", Role.ENTERPRISE_ADMIN, number)
        scopes = set(Permission) - {Permission.ADMINISTER}
        made = await app.house.keys.create(actor, number, name="tests", scopes=scopes)
        keys[number] = made.secret
    credentials = await twin.get("/_twin/credentials")
    return Service(
        app=app,
        stranger=stranger,
        admin=stranger.with_headers(x_api_key=keys[HERE]),
        neighbour=stranger.with_headers(x_api_key=keys[THERE]),
        twin=twin,
        crm=credentials.body["accounts"][0],
    )
