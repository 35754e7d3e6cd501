"""The whole console over a real database, a real RetailCRM twin and a real socket."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import pytest
import uvicorn
from playwright.async_api import Page

from kommutator.compose import compose
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role
from kommutator.doors.console.router import router
from kommutator.doors.http import asterisk, retailcrm
from kommutator.doors.http.app import create_app
from kommutator.flows.forms import ConnectionForm
from kommutator.flows.house import House
from kommutator.kit.crypto import Vault
from kommutator.kit.keyring import parse_keys
from kommutator.store.database import Database
from kommutator.twins import RunningTwins, TwinsConfig, start_twins
from tests.support.house import PASSWORD, PLATFORM_EMAIL, settings_for_tests, weaken_passwords

HERE = EnterpriseNumber("0367")
ADMIN = "admin@0367.example"
EMPLOYEE = "employee@0367.example"


@dataclass(frozen=True)
class Console:
    """A running console. `crm` are the twin's address and keys."""

    url: str
    house: House
    crm: dict[str, Any]

    @property
    def crm_url(self) -> str:
        return str(self.crm["base_url"])


@pytest.fixture
async def twins() -> AsyncIterator[RunningTwins]:
    config = TwinsConfig(ports={"retailcrm": 0}, environment={})
    async with await start_twins(config) as running:
        yield running


@pytest.fixture
async def console(database_url: str, twins: RunningTwins, tmp_path: Path) -> AsyncIterator[Console]:
    async with _open(database_url, twins, tmp_path) as opened:
        await _settle(opened.house)
        yield opened


@asynccontextmanager
async def _open(database_url: str, twins: RunningTwins, folder: Path) -> AsyncIterator[Console]:
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings = settings_for_tests(
        public_url=url, private_hosts="127.0.0.1", recordings_url=str(folder / "recordings")
    )
    db = await Database.open(database_url, size=8)
    assert settings.master_keys is not None
    vault = Vault(parse_keys(settings.master_keys.get_secret_value()))
    made = compose(settings, db, vault)
    weaken_passwords(made.house)
    await made.house.intake.start()
    families = {"retailcrm": retailcrm.add, "asterisk": asterisk.add, "console": console_family}
    app = create_app(made.house, families=families)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield Console(url, made.house, await _credentials(twins))
    finally:
        server.should_exit = True
        await serving
        listener.close()
        await made.house.refusals.stop()
        await made.house.intake.stop()
        await made.http.close()
        await db.close()


def console_family(app: Any) -> None:
    app.include_router(router)


async def _credentials(twins: RunningTwins) -> dict[str, Any]:
    root = twins.base_urls["retailcrm"]
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{root}/_twin/credentials") as answer,
    ):
        account: dict[str, Any] = (await answer.json())["accounts"][0]
    return account


async def _settle(house: House) -> None:
    """Two tenants with an administrator each, a platform administrator, three extensions."""
    for number in ("0367", "0411"):
        enterprise = EnterpriseNumber(number)
        async with house.db.unit() as unit:
            await unit.enterprises.create(
                enterprise, name="June" if number == "0367" else "July", time_zone="Europe/Minsk"
            )
        await house.people.create(
            "tests", enterprise, email=f"admin@{number}.example", name="Анна Администратор",
            role=Role.ENTERPRISE_ADMIN, password=PASSWORD,
        )  # fmt: skip
    employee = await house.people.create(
        "tests", HERE, email=EMPLOYEE, name="Джулай Джуновый", role=Role.EMPLOYEE,
        password=PASSWORD,
    )  # fmt: skip
    async with house.db.unit() as unit:
        await unit.extensions.put(HERE, "150", user_id=employee.id)
        await unit.extensions.put(HERE, "151")
        await unit.extensions.put(HERE, "152", holder="Склад")
    await house.people.ensure_first_admin(PLATFORM_EMAIL, PASSWORD)


async def connect_crm(console: Console) -> UUID:
    """Save and register the twin's account, as an administrator would."""
    actor = Actor(ADMIN, Role.ENTERPRISE_ADMIN, HERE)
    form = ConnectionForm(
        ConnectionKind.RETAILCRM, console.crm_url, secrets={"api_key": console.crm["api_key"]}
    )
    record = await console.house.set_up.save(actor, HERE, form)
    report = await console.house.enrol.register(actor, HERE)
    assert report.verified
    console.house.directory.invalidate(HERE)  # the listener's part
    return record.id


async def connect_pbx(console: Console) -> None:
    """Save and switch on a PBX that nobody will ever reach: commands are only written down."""
    actor = Actor(ADMIN, Role.ENTERPRISE_ADMIN, HERE)
    secrets = {"ami_user": "kommutator", "ami_secret": "ami-secret-not-real"}
    form = ConnectionForm(ConnectionKind.ASTERISK, "pbx.example.com", secrets=secrets)
    await console.house.set_up.save(actor, HERE, form)
    await console.house.set_up.activate(actor, HERE, ConnectionKind.ASTERISK)
    console.house.directory.invalidate(HERE)


@pytest.fixture
async def admin(page: Page, console: Console) -> Page:
    """A browser in which the administrator of 0367 has signed in."""
    return await sign_in(page, console, ADMIN)


async def sign_in(page: Page, console: Console, email: str) -> Page:
    await page.goto(f"{console.url}/console/login")
    await page.get_by_label("Электронная почта").fill(email)
    await page.get_by_label("Пароль").fill(PASSWORD)
    await page.get_by_role("button", name="Войти").click()
    await page.wait_for_url(lambda url: "/login" not in url)
    return page
