"""What RetailCRM tells us without being asked: presence, activity, settings."""

from typing import Any

import pytest

from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from tests.support.service import ADMIN, HERE, Service

ACTIVITY = "/retailcrm/hooks/activity"
SETTINGS = "/retailcrm/hooks/settings"


async def presence(service: Service) -> dict[str, tuple[str, str]]:
    async with service.house.db.unit() as unit:
        held = await unit.presence.all(HERE)
    return {number: (row.status, row.source) for number, row in held.items()}


async def state(service: Service) -> tuple[str, str | None]:
    record = await service.record()
    return record.status.value, record.status_reason


async def test_the_crm_says_who_is_at_dinner(service: Service) -> None:
    await service.connect()
    for method, status in (("GET", "dinner"), ("POST", "busy"), ("GET", "busy")):
        report = await service.drive("status", userId=19, status=status, method=method)
        assert report["answer"]["status"] == 200
        assert await presence(service) == {"150": (status, "retailcrm")}
    async with service.house.db.unit() as unit:
        rows = await unit.journal.page(HERE)
    told = [entry.row.kind for entry in rows if entry.row.source == "retailcrm"]
    assert told == ["status", "status"]


@pytest.mark.parametrize(
    ("how", "status"), [("json", "free"), ("data", "break"), ("params", "dinner")]
)
async def test_presence_by_any_body(service: Service, how: str, status: str) -> None:
    await service.connect()
    fields = {"clientId": await service.client_id(), "userId": "19", "status": status}
    reply = await service.stranger.post("/retailcrm/status", **{how: fields})
    assert reply.body == {"success": True, "extension": "150", "status": status}


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"clientId": "nobody", "userId": "19", "status": "free"}, 401, "client_id_unknown"),
        ({"clientId": "0367", "userId": "19", "status": "free"}, 401, "client_id_unknown"),
        ({"userId": "19", "status": "asleep"}, 400, "hook_unusable"),
        ({"userId": "999", "status": "free"}, 400, "extension_not_configured"),
        ({"code": "200", "status": "free"}, 400, "extension_unknown"),
    ],
)
async def test_presence_of_nobody_we_know(
    service: Service, fields: dict[str, str], status: int, code: str
) -> None:
    await service.connect()
    sent = {"clientId": await service.client_id(), **fields}
    reply = await service.stranger.get("/retailcrm/status", params=sent)
    assert (reply.status, reply.code) == (status, code)
    assert await presence(service) == {}


async def test_switching_off_pauses_and_switching_on_goes_on(service: Service) -> None:
    await service.connect()
    for order, expected in (
        ({"active": False}, ("paused", "crm_switched_off")),
        ({"active": True}, ("active", None)),
        ({"active": True, "freeze": True}, ("paused", "crm_froze")),
        ({"active": True, "freeze": False}, ("active", None)),
    ):
        report = await service.drive("activity", **order)
        assert report["answer"]["body"].startswith('{"success":true')
        service.forget()
        assert await state(service) == expected


async def test_an_administrators_pause_is_not_the_crms_to_end(service: Service) -> None:
    await service.connect()
    await service.house.set_up.pause(ADMIN, HERE, ConnectionKind.RETAILCRM)
    service.forget()
    for active in (True, False, True):
        await service.drive("activity", active=active)
        service.forget()
        assert await state(service) == ("paused", "paused_by_admin")


async def test_a_broken_connection_stays_broken(service: Service) -> None:
    await service.connect()
    record = await service.record()
    async with service.house.db.unit() as unit:
        await unit.connections.set_status(
            HERE, record.id, ConnectionStatus.BROKEN, reason="access_revoked"
        )
    service.forget()
    await service.drive("activity", active=True)
    assert await state(service) == ("broken", "access_revoked")


ELSEWHERE = [
    "https://evil.example",
    "https://evil-retailcrm.ru",
    "https://shop.retailcrm.ru.evil.example",
    "http://shop.retailcrm.ru",
    "https://shop.retailcrm.ru@evil.example",
    "https://shop.retailcrm.ru:8443",
    "https://169.254.169.254",
    "https://localhost",
    "not an address",
]


async def test_a_leaked_client_id_cannot_send_our_key_elsewhere(service: Service) -> None:
    await service.connect()
    for address in ELSEWHERE:
        report = await service.drive("activity", active=True, systemUrl=address)
        assert report["answer"]["status"] == 200
        assert (address, (await service.record()).base_url) == (address, service.crm["base_url"])
    assert await state(service) == ("active", None)


async def test_a_moved_account_is_followed_to_the_vendors_hosts(service: Service) -> None:
    await service.connect()
    await service.drive("activity", active=True, systemUrl="https://june.simla.com/")
    record = await service.record()
    assert (record.base_url, record.account_key) == ("https://june.simla.com", "june.simla.com")


async def test_settings_bring_the_time_zone(service: Service) -> None:
    await service.connect()
    report = await service.drive("settings")
    assert report["answer"]["body"].startswith('{"success":true')
    config = (await service.record()).config
    assert (config["time_zone"], config["user_extensions"]) == ("Europe/Moscow", {"19": "150"})


@pytest.mark.parametrize("client_id", ["stranger", "0367", ""])
async def test_a_stranger_is_told_no_politely(service: Service, client_id: str) -> None:
    await service.connect()
    fields: dict[str, Any] = {
        "clientId": client_id,
        "activity": '{"active":false,"freeze":true}',
        "settings": '{"timezone":"Asia/Tokyo"}',
        "systemUrl": "https://june.simla.com",
    }
    for path in (ACTIVITY, SETTINGS):
        reply = await service.stranger.post(path, data=fields)
        assert (reply.status, reply.body["success"]) == (200, False)
    assert await state(service) == ("active", None)
    assert "time_zone" not in (await service.record()).config


async def test_unusable_news_change_nothing(service: Service) -> None:
    await service.connect()
    for activity in ("", "[]", "{", '{"active":"perhaps"}', "[" * 100_000):
        fields = {"clientId": await service.client_id(), "activity": activity}
        reply = await service.stranger.post(ACTIVITY, data=fields)
        assert (reply.status, reply.body["success"]) == (200, False)
    assert await state(service) == ("active", None)


@pytest.mark.parametrize("zone", ["Nowhere/Land", "Europe/Minsk\\u0000"])
async def test_a_zone_nobody_knows_changes_nothing(service: Service, zone: str) -> None:
    await service.connect(time_zone="Europe/Moscow")
    fields = {"clientId": await service.client_id(), "settings": f'{{"timezone":"{zone}"}}'}
    reply = await service.stranger.post(SETTINGS, data=fields)
    assert reply.status == 200
    assert (await service.record()).config["time_zone"] == "Europe/Moscow"


async def test_a_bottomless_hook_is_a_sentence(service: Service) -> None:
    headers = {"Content-Type": "application/json"}
    reply = await service.stranger.post(
        "/retailcrm/make-call", data=b"[" * 100_000, headers=headers
    )
    assert (reply.status, reply.code) == (400, "hook_client_id_missing")
