"""Approved templates of an official WhatsApp number, chosen on a page."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import uvicorn

from kommutator.domain.connection import ConnectionKind
from kommutator.doors.console.router import router
from kommutator.doors.http import channels
from kommutator.doors.http.app import create_app
from tests.console.conftest import ADMIN, EMPLOYEE, HERE, Console
from tests.console.visitor import visiting
from tests.support.channels import admin
from tests.support.house import open_house, settle_tenant
from tests.support.messengers import Messenger, open_messenger


@pytest.fixture
async def cloud() -> AsyncIterator[Messenger]:
    async with open_messenger("whatsapp_cloud") as running:
        yield running


@pytest.fixture
async def console(database_url: str, cloud: Messenger) -> AsyncIterator[Console]:
    async with AsyncExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        house = await stack.enter_async_context(
            open_house(
                database_url, public_url=url, private_hosts="127.0.0.1",
                whatsapp_cloud_api_url=f"{cloud.url}/v26.0",
            )
        )  # fmt: skip
        await settle_tenant(house, HERE)
        app = create_app(house, families={"channels": channels.add, "console": _console})
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        yield Console(url, house, {})
        server.should_exit = True
        await serving


def _console(app: Any) -> None:
    app.include_router(router)


async def test_a_number_is_connected_and_its_templates_chosen(
    console: Console, cloud: Messenger
) -> None:
    keys = await cloud.look("credentials")
    secrets = {name: keys[name] for name in ("access_token", "app_secret")}
    secrets |= {name: keys["numbers"][0][name] for name in ("phone_number_id", "waba_id")}
    async with visiting(console) as boss, visiting(console) as employee:
        await boss.sign_in(ADMIN)
        _, form, _ = await boss.get("/console/channels")
        assert all(f'name="{name}"' in form for name in secrets)
        csrf = {"x-csrf-token": boss.csrf}
        status, told, _ = await boss.post(
            "/console/channels/connect", headers=csrf, kind="whatsapp_cloud",
            **{**secrets, "app_secret": "of-another-app"},
        )  # fmt: skip
        assert status == 200
        assert "The app secret is not of the app that the token belongs to." in told
        await boss.post("/console/channels/connect", headers=csrf, kind="whatsapp_cloud", **secrets)
        (channel,) = await console.house.channels.list(HERE)
        console.house.directory.clear()
        here = f"/console/channels/{channel.record.id}/templates"
        _, page, _ = await boss.get("/console/channels")
        assert here in page
        _, page, _ = await boss.get(here)
        assert "salon_message (ru)" in page
        wanted = {"reminder_day": "salon_message:ru", "review": ""}
        status, _, location = await boss.post(here, headers=csrf, **wanted)
        assert (status, location) == (303, f"{here}?done=templates_chosen")
        _, page, _ = await boss.get(location)
        assert page.count("selected") == 1
        assert 'value="salon_message:ru" selected' in page
        status, _, _ = await boss.post(here, headers=csrf, review="nobody:ru")
        assert status == 400
        await employee.sign_in(EMPLOYEE)
        assert (await employee.get(here))[0] == 403


async def test_without_approved_templates_the_page_says_what_to_do(
    console: Console, cloud: Messenger
) -> None:
    await cloud.order("templates", name="salon_message", body="{{1}}", status="PAUSED")
    keys = await cloud.look("credentials")
    record = await console.house.channels.connect(
        admin(HERE), HERE, ConnectionKind.WHATSAPP_CLOUD,
        {**keys["numbers"][0], "access_token": keys["access_token"],
         "app_secret": keys["app_secret"]},
    )  # fmt: skip
    console.house.directory.clear()
    async with visiting(console) as boss:
        await boss.sign_in(ADMIN)
        _, page, _ = await boss.get(f"/console/channels/{record.id}/templates")
        assert "No suitable approved templates" in page
