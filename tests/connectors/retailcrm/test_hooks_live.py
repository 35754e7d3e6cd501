"""What the twin's CRM really sends, through a real socket, read by our hooks."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from kommutator.connectors.crm.retailcrm.connect import RetailCrmDesk
from kommutator.connectors.crm.retailcrm.hooks import (
    AccountVisit,
    Activity,
    ChangeUserStatus,
    Hook,
    MakeCall,
    SettingsChange,
    parse,
    read_fields,
)
from tests.connectors.retailcrm.crm import CLIENT_ID, Crm, registration


@dataclass
class Door:
    url: str = ""
    heard: list[Hook] = field(default_factory=list)

    async def serve(self, request: web.Request) -> web.Response:
        fields = read_fields(
            request.query_string.encode(),
            await request.read(),
            request.headers.get("Content-Type", ""),
        )
        self.heard.append(parse(request.path.rpartition("/")[2], fields))
        return web.json_response({"success": True})


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    there = Door()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", there.serve)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    there.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield there
    await runner.cleanup()


@pytest.fixture(autouse=True)
async def _registered(crm: Crm, desk: RetailCrmDesk, door: Door) -> None:
    report = await desk.register(
        crm.account(),
        registration(
            base_url=f"{door.url}/retailcrm",
            account_url=f"{door.url}/account",
            make_call_url=f"{door.url}/make-call",
            presence_url=f"{door.url}/status",
        ),
    )
    assert report.verified


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_click(crm: Crm, door: Door, method: str) -> None:
    await crm.order(
        "click", account="demo", userId=19, phone="+70000000101", site="shop-main", method=method
    )
    assert door.heard == [MakeCall(CLIENT_ID, "+70000000101", "19", "101", "+70000000900")]


async def test_status(crm: Crm, door: Door) -> None:
    await crm.order("status", account="demo", userId=19, status="dinner")
    assert door.heard == [ChangeUserStatus(CLIENT_ID, "19", "101", "dinner")]


async def test_activity(crm: Crm, door: Door) -> None:
    await crm.order("activity", account="demo", active=False)
    assert door.heard == [Activity(CLIENT_ID, False, False, crm.root)]


async def test_settings(crm: Crm, door: Door) -> None:
    await crm.order("settings", account="demo")
    (hook,) = door.heard
    assert isinstance(hook, SettingsChange)
    assert hook.time_zone == "Europe/Moscow"


async def test_account(crm: Crm, door: Door) -> None:
    await crm.order("open-account", account="demo")
    assert door.heard == [AccountVisit(CLIENT_ID)]
