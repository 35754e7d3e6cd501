"""Promise: one tenant neither reads nor writes in another's chats, on any path of chats."""

from datetime import UTC, datetime
from typing import Any

import pytest

from kommutator.domain.chats import ChatNews, Said
from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from kommutator.domain.tenancy import Actor, Permission, Role
from kommutator.doors.http import channels
from kommutator.doors.http.app import create_app
from kommutator.flows.converse.keep import switch_on
from kommutator.flows.house import House
from tests.support.asgi import Asgi
from tests.support.house import TenantOfTests
from tests.support.tenants import routes_of

MARK = "only-0411-knows"
SETS_UP = {"show_assistant", "put_assistant"}
WRITES = {"write_to_client", "take_conversation_over", "give_conversation_back"}
BODIES: dict[str, Any] = {
    "write_to_client": {"text": "Добрый день!"},
    "put_assistant": {"on": True, "texts": {"converse.failed": MARK}},
}


@pytest.fixture
async def app(house: House) -> Any:
    return create_app(house, families={"channels": channels.add})


async def a_chat(house: House, tenant: TenantOfTests) -> int:
    """A client wrote; returns the talk."""
    bot = house.ids.uuid()
    async with house.db.unit() as unit:
        await unit.connections.create(
            tenant.number, bot, kind=ConnectionKind.TELEGRAM, name=MARK,
            base_url="https://t.example", account_key=tenant.number, config={}, sealed={},
        )  # fmt: skip
        await unit.connections.set_status(tenant.number, bot, ConnectionStatus.ACTIVE)
        said = Said("1", MARK, datetime.now(UTC))
        await unit.chats.hear(tenant.number, bot, ChatNews("42", said, title=MARK))
        heard = await unit.conversations.hear(
            tenant.number, bot, "42", salon=None, by_bot=False, late=False
        )
    return heard.id


async def test_every_path_refuses_a_neighbour_and_serves_its_owner(
    house: House, app: Any, here: TenantOfTests, there: TenantOfTests
) -> None:
    chat = await a_chat(house, there)
    neighbour, owner = Asgi(app, headers=here.headers), Asgi(app, headers=there.headers)
    found = routes_of(app, "chats")
    assert {name for _, _, name in found} == WRITES | SETS_UP | {
        "list_conversations", "show_conversation", "read_conversation",
    }  # fmt: skip
    for method, path, name in found:
        url = path.format(chat=chat)
        foreign = await neighbour.request(
            method, f"{url}?enterprise_number=0411", json_body=BODIES.get(name)
        )
        assert foreign.status == 404, (name, foreign.body)
        by_id = await neighbour.request(method, url, json_body=BODIES.get(name))
        own = name == "list_conversations" or name in SETS_UP
        assert by_id.status == (200 if own else 404), name
        assert MARK not in foreign.body.decode()
        assert MARK not in by_id.body.decode() or name == "put_assistant"
        served = await owner.request(method, url, json_body=BODIES.get(name))
        assert served.status in (200, 201), (name, served.body)
        assert MARK in served.body.decode() or name in {"write_to_client", "show_assistant"}


async def test_who_may_only_look_writes_nothing(
    house: House, app: Any, there: TenantOfTests
) -> None:
    chat = await a_chat(house, there)
    actor = Actor("tests", Role.ENTERPRISE_ADMIN, there.number)
    for scopes, looks in (({Permission.READ_CHATS}, 200), ({Permission.READ_CALLS}, 403)):
        made = await house.keys.create(actor, there.number, name=str(looks), scopes=scopes)
        key = Asgi(app, headers={"x-api-key": made.secret})
        for method, path, name in routes_of(app, "chats"):
            answer = await key.request(method, path.format(chat=chat), json_body=BODIES.get(name))
            assert answer.status == (403 if name in WRITES | SETS_UP else looks), name
    for method, path, name in routes_of(app, "chats"):
        stranger = await Asgi(app).request(
            method, path.format(chat=chat), json_body=BODIES.get(name)
        )
        assert stranger.status == 401, name


async def test_what_is_repeated_under_a_key_is_said_once(
    house: House, app: Any, there: TenantOfTests
) -> None:
    chat = await a_chat(house, there)
    owner = Asgi(app, headers={**there.headers, "idempotency-key": "k1"})
    url = f"/api/v1/chats/{chat}/messages"
    first = await owner.post(url, json_body={"text": "Добрый день!"})
    again = await owner.post(url, json_body={"text": "Добрый день!"})
    assert (first.status, again.status, again.json()) == (201, 201, first.json())
    assert first.json()["by"] == "staff"
    other = await owner.post(url, json_body={"text": "Другое"})
    assert (other.status, other.code) == (409, "idempotency_key_reused")
    thread = (await Asgi(app, headers=there.headers).get(url)).json()
    assert [one["by"] for one in thread["items"]] == ["staff", "client"]
    shown = (await Asgi(app, headers=there.headers).get(f"/api/v1/chats/{chat}")).json()
    assert (shown["speaking"], shown["handed_over"]) == ("staff", "staff_wrote")
    assert shown["bot_paused_until"] is not None


async def test_pages_go_on_where_they_ended(house: House, app: Any, there: TenantOfTests) -> None:
    chat = await a_chat(house, there)
    owner = Asgi(app, headers=there.headers)
    for text in ("раз", "два", "три"):
        await owner.post(f"/api/v1/chats/{chat}/messages", json_body={"text": text})
    seen, cursor = [], ""
    while True:
        page = (await owner.get(f"/api/v1/chats/{chat}/messages?limit=2{cursor}")).json()
        seen += [one["text"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == ["три", "два", "раз", MARK]
    listed = (await owner.get("/api/v1/chats?waiting=false&search=only")).json()
    assert [one["id"] for one in listed["items"]] == [chat]
    assert (await owner.get("/api/v1/chats?waiting=true")).json()["items"] == []
    assert (await owner.get("/api/v1/chats?cursor=nonsense")).code == "cursor_invalid"


async def test_the_assistant_is_set_up_and_told_what_is_wrong(
    house: House, app: Any, there: TenantOfTests
) -> None:
    owner, path = Asgi(app, headers=there.headers), "/api/v1/assistant/settings"
    assert (await owner.get(path)).json()["on"] is False
    given = {"on": True, "pause_hours": 3, "aliases": {"services": {"11": ["стрижечка"]}}}
    kept = (await owner.request("PUT", path, json_body=given)).json()
    assert (kept["on"], kept["pause_hours"], kept["brain"]) == (True, 3.0, "rules")
    assert kept["aliases"] == {"services": {"11": ["стрижечка"]}, "staff": {}}
    assert (await owner.get(path)).json() == kept
    assert (await owner.request("PUT", path, json_body={"brain": "human"})).status in (400, 422)
    salon = house.ids.uuid()
    async with house.db.unit() as unit:
        await switch_on(unit, there.number, salon)
    assert (await owner.get(path)).json() == kept  # it is on everywhere


async def test_a_salon_that_begins_is_not_switched_on_against_somebodys_word(
    house: House, there: TenantOfTests
) -> None:
    salon, other = house.ids.uuid(), house.ids.uuid()
    actor = Actor("tests", Role.ENTERPRISE_ADMIN, there.number)
    await house.assistant.save(actor, there.number, {"salons": {str(other): False}})
    async with house.db.unit() as unit:
        await switch_on(unit, there.number, salon)
        await switch_on(unit, there.number, other)
    settings = await house.assistant.of(there.number)
    assert (settings.works_in(salon), settings.works_in(other)) == (True, False)
