"""Promise: one tenant neither sees nor writes in another's chats, on any path of messengers."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from kommutator.connectors.channels.telegram.hooks import read_update
from kommutator.doors.http import channels
from kommutator.doors.http.app import create_app
from kommutator.flows.house import House
from kommutator.flows.secrets import open_account
from tests.support.asgi import Asgi
from tests.support.channels import a_receiver, a_salon, change, connect_telegram, tell, visit
from tests.support.factories import value
from tests.support.house import TenantOfTests, open_house
from tests.support.messengers import Messenger, open_messenger
from tests.support.tenants import routes_of

TAGS = {"channels", "notices", "Messengers call us"}
HOOKS = {
    "take_telegram_update", "take_avito_hook", "take_whatsapp_cloud_hook",
    "answer_whatsapp_challenge",
}  # fmt: skip
OF_CLOUD = {"show_channel_templates", "choose_channel_templates"}
UPDATE = {
    "update_id": 7,
    "message": {
        "message_id": 1, "date": 1795283532, "text": "hello",
        "chat": {"id": 42, "type": "private", "first_name": "only-0411-knows"},
        "from": {"id": 42, "first_name": "only-0411-knows"},
    },
}  # fmt: skip
BODIES: dict[str, Any] = {
    "connect_telegram": {"token": "7000000001:" + "x" * 35},
    "connect_avito": {"client_id": "x", "client_secret": "y"},
    "connect_whatsapp_cloud": {
        "phone_number_id": "10654035",
        "waba_id": "10229012",
        "access_token": "x",
        "app_secret": "y",
    },
    "choose_channel_templates": {"chosen": {}},
    "choose_channel_salon": {"salon": None},
    "create_notice_receiver": {"name": "Desk"},
    "change_notice_receiver": {"name": "Changed"},
    "put_notice_template": {"text": "only-0411-knows {date}"},
    "preview_notice": {"news": "moved"},
}
LAST = ("delete_notice_receiver", "disconnect_channel")


@pytest.fixture(scope="module")
async def twin() -> AsyncIterator[Messenger]:
    async with open_messenger("telegram") as running:
        yield running


@pytest.fixture
async def house(database_url: str, twin: Messenger) -> AsyncIterator[House]:
    await twin.order("reset")
    async with open_house(
        database_url,
        private_hosts="127.0.0.1",
        telegram_updates="poll",
        telegram_api_url=twin.url,
        avito_api_url=twin.url,
        whatsapp_cloud_api_url=twin.url,
    ) as opened:
        yield opened


@pytest.fixture
async def app(house: House) -> Any:
    return create_app(house, families={"channels": channels.add})


def mine(app: Any) -> list[tuple[str, str, str]]:
    return sorted(routes_of(app, *TAGS), key=lambda route: route[2] in LAST)


async def _seed(house: House, tenant: TenantOfTests, twin: Messenger, app: Any) -> dict[str, str]:
    """A bot, a chat that wrote, a receiver in it, and a notice; ids by name."""
    bot = await connect_telegram(house, tenant.number, twin)
    async with house.db.unit() as unit:
        record = await unit.connections.get(tenant.number, bot)
    secret = open_account(house.vault, record).secrets["hook_secret"]
    headers = {"x-telegram-bot-api-secret-token": secret.partition(".")[2]}
    url = f"/api/v1/webhooks/telegram/{bot.hex}"
    assert (await Asgi(app, headers=headers).post(url, json_body=UPDATE)).status == 200
    async with house.db.unit() as unit:
        (news,) = read_update(msgspec.json.encode(UPDATE))
        await unit.chats.hear(tenant.number, bot, news)
    receiver = await a_receiver(house, tenant.number, bot, "42", name="only-0411-knows")
    await tell(house, await a_salon(house, tenant.number), change(None, visit()))
    async with house.db.unit() as unit:
        await unit.connection.execute("UPDATE outbox SET state = 'dead'")
        notice = await unit.connection.fetchval(
            "UPDATE notices SET state = 'maybe_sent' RETURNING id"
        )
    return {
        "notice_id": str(notice),
        "connection_id": str(bot), "receiver_id": str(receiver), "language": "ru",
        "news": "created", "connection": bot.hex, "secret": secret,
    }  # fmt: skip


async def test_every_path_refuses_a_neighbour_and_serves_its_owner(
    house: House, app: Any, here: TenantOfTests, there: TenantOfTests, twin: Messenger
) -> None:
    ids = await _seed(house, there, twin, app)
    neighbour, owner = Asgi(app, headers=here.headers), Asgi(app, headers=there.headers)
    routes = [route for route in mine(app) if route[2] not in HOOKS]
    assert len(routes) == 23
    for method, path, name in routes:
        url = path.format(**ids)
        body = BODIES.get(name)
        if name == "create_notice_receiver":
            body = {**BODIES[name], "connection_id": ids["connection_id"]}
        foreign = await neighbour.request(method, f"{url}?enterprise_number=0411", json_body=body)
        assert foreign.status == 404, (name, foreign.body)
        assert b"only-0411-knows" not in foreign.body
        by_id = await neighbour.request(method, url, json_body=body)
        assert b"only-0411-knows" not in by_id.body or name == "put_notice_template"
        if "_id}" in path or name == "create_notice_receiver":
            assert by_id.status == 404, (name, by_id.body)
        served = await owner.request(method, url, json_body=body)
        if name in OF_CLOUD:  # the bot is no official number, not even to its owner
            assert served.status == 404, name
            continue
        refused_by_vendor = name.startswith("connect_") and served.status < 500
        assert served.status < 300 or refused_by_vendor, (name, served.status, served.body)


async def test_strangers_and_employees_reach_nothing(
    house: House, app: Any, there: TenantOfTests, twin: Messenger
) -> None:
    ids = await _seed(house, there, twin, app)
    token = house.tokens.issue(there.employee).value
    employee = Asgi(app, headers={"authorization": f"Bearer {token}"})
    for method, path, name in mine(app):
        url = path.format(**{**ids, "secret": "0" * 32 + ".wrong"})
        body = UPDATE if name in HOOKS else BODIES.get(name)
        assert (await Asgi(app).request(method, url, json_body=body)).status == 401, name
        if name not in HOOKS:
            assert (await employee.request(method, url, json_body=body)).status == 403, name


async def test_a_hook_lands_at_the_owner_of_its_secret(
    house: House, app: Any, here: TenantOfTests, there: TenantOfTests, twin: Messenger
) -> None:
    ids = await _seed(house, there, twin, app)
    secret = ids["secret"].partition(".")[2]
    url = f"/api/v1/webhooks/telegram/{ids['connection']}"
    header = {"x-telegram-bot-api-secret-token": secret}
    assert (await Asgi(app).post(url, json_body=UPDATE)).code == "channel_hook_unknown"
    other = f"/api/v1/webhooks/telegram/{here.crm_id.hex}"
    assert (await Asgi(app, headers=header).post(other, json_body=UPDATE)).status == 401
    avito = f"/api/v1/webhooks/avito/{ids['secret']}"
    assert (await Asgi(app).post(avito, json_body=UPDATE)).status == 401
    again = await Asgi(app, headers=header).post(url, json_body=UPDATE)
    assert again.json() == {"ok": True}
    garbage = await Asgi(app, headers=header).post(url, raw=b"[]")
    assert (garbage.status, garbage.code) == (400, "channel_hook_unreadable")
    rows = "SELECT string_agg(enterprise, ',') FROM journal WHERE source = 'telegram'"
    assert await value(house.db, rows) == "0411"


async def test_secrets_are_sealed_and_shown_nowhere(
    house: House, app: Any, there: TenantOfTests, twin: Messenger
) -> None:
    ids = await _seed(house, there, twin, app)
    (bot,) = (await twin.look("credentials"))["bots"]
    owner = Asgi(app, headers=there.headers)
    for path in ("/api/v1/channels", "/api/v1/connections", "/api/v1/log", "/api/v1/notices/log"):
        said = (await owner.get(path)).body.decode()
        assert bot["token"] not in said
        assert ids["secret"] not in said
    tables = ("connections", "attempts", "outbox", "audit_log", "journal", "notices")
    for table in tables:
        exists = await value(house.db, "SELECT to_regclass($1) IS NOT NULL", table)
        if exists:
            kept = await value(house.db, f"SELECT string_agg(t::text, '') FROM {table} t")
            assert bot["token"] not in (kept or ""), table


async def test_one_bot_cannot_serve_two_tenants(
    house: House, app: Any, here: TenantOfTests, there: TenantOfTests, twin: Messenger
) -> None:
    await _seed(house, there, twin, app)
    (bot,) = (await twin.look("credentials"))["bots"]
    refused = await Asgi(app, headers=here.headers).post(
        "/api/v1/channels/telegram", json_body={"token": bot["token"]}
    )
    assert (refused.status, refused.code) == (409, "account_already_connected")
