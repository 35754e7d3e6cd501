"""The copy of an amoCRM account as it runs: the service, and a fake amoCRM that really calls it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import aiohttp
import pytest

from kommutator.app import Application
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission, Role
from kommutator.flows.amocrm.adopt import Wish
from kommutator.flows.amocrm.apps import OwnApp
from kommutator.serve import http
from kommutator.twins import TwinsConfig, start_twins
from tests.support.factories import value
from tests.support.house import settings_for_tests, vault_of
from tests.support.routing import settle_pbx
from tests.support.town import free_port
from tests.support.waiting import eventually

HERE = EnterpriseNumber("0367")
ADMIN = Actor("admin", Role.ENTERPRISE_ADMIN, HERE)
TALL = 40.0  # seconds that a crowded machine may take


@dataclass(frozen=True)
class Story:
    app: Application
    session: aiohttp.ClientSession
    url: str
    twin_url: str
    connection_id: UUID

    async def twin(self, method: str, path: str, body: Any = None) -> Any:
        async with self.session.request(method, f"{self.twin_url}{path}", json=body) as reply:
            told = await reply.json()
            assert reply.status < 400, told
            return told

    async def act(self, act: str, number: int, **fields: Any) -> None:
        order = {"entity": "contacts", "act": act, "id": number, "fields": fields}
        await self.twin("POST", "/_twin/act", order)

    async def contacts(self) -> dict[int, str]:
        """As amoCRM has them."""
        state = await self.twin("GET", "/_twin/state?account=demo&traffic=0")
        return {row["id"]: row["name"] for row in state["contacts"] if not row.get("is_deleted")}

    async def copied(self) -> dict[int, str]:
        async with self.app.house.db.unit() as unit:
            rows = await unit.connection.fetch(
                "SELECT id, name FROM crm_entities WHERE kind = 'contacts' AND NOT deleted"
            )
        return {row["id"]: row["name"] for row in rows}

    async def value(self, sql: str) -> Any:
        return await value(self.app.house.db, sql)

    async def start(self, task: str) -> None:
        async with self.app.house.db.unit() as unit:
            await unit.crm_reads.start(HERE, self.connection_id, task)

    async def same(self) -> bool:
        return await self.copied() == await self.contacts()


@asynccontextmanager
async def open_story(dsn: str) -> AsyncIterator[Story]:
    async with AsyncExitStack() as stack:
        config = TwinsConfig(names=("amocrm",), ports={"amocrm": 0}, environment={})
        twins = await stack.enter_async_context(await start_twins(config))
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        settings = settings_for_tests(
            port=str(port), public_url=url, private_hosts="127.0.0.1", database_pool="8"
        )
        app = await stack.enter_async_context(
            Application(settings, dsn, vault_of(settings), roles=("api", "worker"))
        )
        await stack.enter_async_context(http(app.asgi, settings))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        async with app.house.db.unit() as unit:
            await unit.enterprises.create(HERE, name="Firm")
            await unit.extensions.put(HERE, "150", holder="Desk")
        story = Story(app, session, url, twins.base_urls["amocrm"], UUID(int=0))
        made = await story.twin("GET", "/_twin/credentials")
        own = made["integrations"][0]
        token = await story.twin(
            "POST", "/_twin/tokens", {"client_id": own["client_id"], "seconds": 31_536_000}
        )
        record = await app.house.amocrm.ways_in.by_token(
            Wish(
                ADMIN, HERE, own=OwnApp(own["client_id"], own["client_secret"], own["redirect_uri"])
            ),
            token["access_token"],
            made["accounts"][0]["domain"],
        )
        app.house.directory.clear()
        yield Story(app, session, url, story.twin_url, record.id)


@pytest.fixture
async def story(database_url: str) -> AsyncIterator[Story]:
    async with open_story(database_url) as opened:
        yield opened


async def test_read_whole_told_of_changes_found_what_was_lost_and_put_right(story: Story) -> None:
    # Everything is read, and amoCRM calls us from now on.
    await eventually(story.same, TALL)

    async def subscribed() -> bool:
        return await story.value("SELECT state FROM crm_hooks") == "on"

    await eventually(subscribed, TALL)

    # A manager's hand: the hook comes, the card is read, the phone book is told.
    someone = min(await story.contacts())
    await story.act("edit", someone, name="Анна Переименованная")
    await eventually(story.same, TALL)
    assert (await story.copied())[someone] == "Анна Переименованная"
    assert await story.value("SELECT count(*) FROM journal WHERE source = 'amocrm'") >= 1
    assert await story.value("SELECT received FROM crm_hooks") >= 1
    named = "SELECT count(*) FROM phone_book WHERE known AND name = 'Анна Переименованная'"

    async def told() -> bool:
        return bool(await story.value(named))

    await eventually(told, TALL)

    # Every hook is lost: the account's own history tells what we missed.
    await story.twin("POST", "/_twin/switches", {"hook_loss": 1.0})
    second, third = sorted(await story.contacts())[1:3]
    await story.act("edit", second, name="Борис Неуслышанный")
    await story.act("delete", third)
    async with story.app.house.db.unit() as unit:  # both were read long ago
        await unit.connection.execute("UPDATE crm_entities SET read_at = read_at - interval '1 h'")
    await story.start("events")
    await eventually(story.same, TALL)
    assert third not in await story.copied()
    assert await story.value("SELECT missed FROM crm_hooks") >= 2

    # amoCRM has switched the hook off: it is switched on again, and that is told.
    state = await story.twin("GET", "/_twin/state?account=demo&traffic=0")
    (hook,) = state["webhooks"]
    await story.twin("POST", "/_twin/hooks", {"destination": hook["destination"], "disabled": True})
    await story.start("hooks")

    async def repaired() -> bool:
        return bool(await story.value("SELECT count(*) FROM crm_hooks WHERE found = 'disabled'"))

    await eventually(repaired, TALL)
    state = await story.twin("GET", "/_twin/state?account=demo&traffic=0")
    assert [one["disabled"] for one in state["webhooks"]] == [False]

    # Looking for changes alone would do as well.
    await story.act("edit", second, name="Борис Найденный")
    await story.start("changed:contacts")
    await eventually(story.same, TALL)


async def test_a_client_is_known_and_rings_its_owner_while_amocrm_is_down(story: Story) -> None:
    await eventually(story.same, TALL)
    phone, owner = await _a_client(story)
    async with story.app.house.db.unit() as unit:
        record = await unit.connections.get(HERE, story.connection_id)
        config = {**record.config, "user_extensions": {owner: "150"}}
        await unit.connections.save(HERE, record.id, config=config)
        unit.config_changed(HERE, "amocrm")
    pbx = await settle_pbx(story.app.house, HERE)
    await story.twin("POST", "/_twin/faults", {"kind": "drop"})
    story.app.house.directory.clear()
    secret = {"X-Kommutator-Secret": pbx.secrets["hook_secret"]}
    question = {"caller": phone, "did": "375170000001", "id": "1.1"}
    took = []
    for _ in range(20):
        began = story.app.house.clock.monotonic()
        async with story.session.get(
            f"{story.url}/asterisk/route", params=question, headers=secret
        ) as reply:
            assert (reply.status, await reply.text()) == (200, "150")
        took.append(story.app.house.clock.monotonic() - began)
    assert sorted(took)[10] < 0.1  # half of them; in a calm it is a few milliseconds
    keys = story.app.house.keys
    key = await keys.create(ADMIN, HERE, name="pbx", scopes={Permission.SEND_EVENTS})
    async with story.session.post(
        f"{story.url}/api/smart-redirect", json={"phone": phone}, headers={"X-API-Key": key.secret}
    ) as reply:
        body = await reply.json()
    assert (reply.status, body["extension"]) == (200, "150"), body


async def _a_client(story: Story) -> tuple[str, str]:
    """Somebody's number and the user who is responsible, as the copy told the phone book."""
    found = {}

    async def listed() -> bool:
        async with story.app.house.db.unit() as unit:
            row = await unit.connection.fetchrow(
                "SELECT phone, owner_user FROM phone_book "
                "WHERE known AND owner_user IS NOT NULL ORDER BY phone LIMIT 1"
            )
        if row is not None:
            found.update(row)
        return row is not None

    await eventually(listed, TALL)
    return found["phone"], found["owner_user"]
