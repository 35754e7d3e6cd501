"""What the running twin really sends, read by our parser: whoever wrote the one has not seen the
other."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from kommutator.connectors.crm.amocrm.board import AmoCrmBoard
from kommutator.connectors.crm.amocrm.client import AmoCrmClients
from kommutator.connectors.crm.amocrm.hooks import Notice, read_hook
from kommutator.kit.clock import SystemClock
from kommutator.kit.http import HttpClient
from kommutator.twins import TwinsConfig, start_twins
from tests.connectors.amocrm.outbox import Crm, Grant
from tests.connectors.amocrm.wire import NoWait

SETTINGS = [
    f"{what}_{kind}"
    for what in ("add", "update", "delete", "responsible", "note")
    for kind in ("lead", "contact", "company")
] + ["restore_lead", "status_lead", "add_task", "update_task", "delete_task"]


class Ear:
    """A door that keeps what it hears."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.url = ""
        self._news = asyncio.Condition()

    async def hear(self, request: web.Request) -> web.Response:
        body = await request.read()
        async with self._news:
            self.bodies.append(body)
            self._news.notify_all()
        return web.Response(status=204)

    def notices(self) -> list[Notice]:
        return [notice for body in self.bodies for notice in read_hook(body).notices]

    async def heard(self, action: str, entity: str, number: int) -> Notice:
        """The first notice of this, waited for."""

        def found() -> Notice | None:
            wanted = (action, entity, str(number))
            return next((n for n in self.notices() if (n.action, n.entity, n.id) == wanted), None)

        async with asyncio.timeout(10), self._news:
            await self._news.wait_for(found)
        notice = found()
        assert notice is not None
        return notice


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    ear = Ear()
    app = web.Application()
    app.router.add_post("/hook", ear.hear)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    ear.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield ear
    await runner.cleanup()


@pytest.fixture
async def crm() -> AsyncIterator[Crm]:
    config = TwinsConfig(names=("amocrm",), ports={"amocrm": 0}, environment={})
    http = HttpClient(clock=SystemClock(), allowed_hosts={"127.0.0.1"})
    async with await start_twins(config) as running:
        yield await Crm.of(http, running.base_urls["amocrm"])
    await http.close()


async def send(crm: Crm, method: str, path: str, body: Any) -> Any:
    headers = {"Authorization": f"Bearer {crm.token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.request(method, f"{crm.root}/api/v4/{path}", json=body) as answer,
    ):
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def made(crm: Crm, name: str, item: dict[str, Any], path: str = "") -> int:
    rows = (await send(crm, "POST", path or name, [item]))["_embedded"][name]
    return int(rows[0]["id"])


@pytest.mark.parametrize(
    "switches",
    [
        {},
        {"hook_account_first": False},
        {"hook_gather": False},
        {"hook_bare_fields": True},
        {"hook_update_old_status": True, "hook_old_owner_is_current": True},
    ],
    ids=lambda switches: "-".join(switches) or "plain",
)
async def test_every_change_is_understood(crm: Crm, ear: Ear, switches: dict[str, Any]) -> None:
    await crm.order("switches", **switches)
    clients = AmoCrmClients(crm.http, access=Grant(crm.token), turn=NoWait())
    await AmoCrmBoard(clients).subscribe(crm.account(), ear.url, SETTINGS)
    state = await crm.state()
    pipeline, second = state["pipelines"][0], crm.users[1]

    phone = [{"field_code": "PHONE", "values": [{"value": "+79990000077", "enum_code": "WORK"}]}]
    contact = await made(crm, "contacts", {"name": "Новый", "custom_fields_values": phone})
    added = await ear.heard("add", "contacts", contact)
    assert (added.account_id, added.raw["name"]) == (state["id"], "Новый")
    assert added.updated_at is not None
    (field,) = added.raw["custom_fields"].values()
    assert field["values"]["0"]["value"] == "+79990000077"

    company = await made(crm, "companies", {"name": "ООО"})
    assert (await ear.heard("add", "companies", company)).entity_id == company

    lead = await made(crm, "leads", {"name": "Сделка", "pipeline_id": pipeline["id"]})
    await ear.heard("add", "leads", lead)
    await send(crm, "PATCH", f"leads/{lead}", {"status_id": 142})
    status = await ear.heard("status", "leads", lead)
    assert (status.status_id, status.pipeline_id) == (142, pipeline["id"])
    assert status.old_status_id not in (None, 142)

    await send(crm, "PATCH", f"leads/{lead}", {"responsible_user_id": second})
    owner = await ear.heard("responsible", "leads", lead)
    assert owner.responsible_id == second

    await send(crm, "PATCH", f"contacts/{contact}", {"responsible_user_id": second})
    assert (await ear.heard("update", "contacts", contact)).responsible_id == second

    note = {"entity_id": lead, "note_type": "common", "params": {"text": "Слова"}}
    await made(crm, "notes", note, "leads/notes")
    told = await ear.heard("note", "leads", lead)
    assert told.raw["note"]["text"] == "Слова"

    task = {"text": "Позвонить", "complete_till": 1795194000, "entity_id": lead}
    number = await made(crm, "tasks", task | {"entity_type": "leads"})
    assert (await ear.heard("add", "tasks", number)).raw["text"] == "Позвонить"

    for entity, number in (("leads", lead), ("contacts", contact), ("companies", company)):
        await crm.order("act", act="delete", entity=entity, id=number)
        gone = await ear.heard("delete", entity, number)
        assert (gone.deletes, gone.entity_id) == (True, number)
    await crm.order("act", act="restore", entity="leads", id=lead)
    await ear.heard("restore", "leads", lead)

    assert {notice.account_id for notice in ear.notices()} == {state["id"]}
