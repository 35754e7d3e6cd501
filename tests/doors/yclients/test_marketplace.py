"""Requirement 001's paths, to the letter of its shapes; but nothing for an unproven salon."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.doors.http.yclients.origin import is_allowed
from tests.support.house import settings_for_tests, settle_platform
from tests.support.service import Answer, Caller
from tests.support.yclients_service import HERE, SALON, SECOND, SalonService

CABINET = "https://n123.yclients.com"


def signed(location: str) -> dict[str, Any]:
    """A body of `register` by what the vendor signed."""
    said = dict(parse_qsl(urlsplit(location).query))
    return {
        "salon_id": int(said["salon_id"]),
        "phone": "+79001234567",
        "email": "salon@example.com",
        "user_data": said["user_data"],
        "user_data_sign": said["user_data_sign"],
    }


async def registered(service: SalonService) -> dict[str, Any]:
    body = signed(await service.pressed())
    reply = await service.caller.post("/marketplace/register", json=body)
    assert reply.status == 200, reply.text
    made: dict[str, Any] = reply.body
    return made


async def admin_of(service: SalonService) -> Caller:
    return service.caller.with_headers(authorization=service.here.headers["authorization"])


async def test_its_pages_and_its_test(service: SalonService) -> None:
    home = await service.caller.get("/marketplace/")
    assert home.status == 200
    assert home.headers["content-type"].startswith("text/html")
    assert "frame-ancestors 'self' " in home.headers["content-security-policy"]
    told = await service.caller.get("/marketplace/test")
    assert told.body["success"] is True
    assert told.body["status"] == "ok"
    assert told.body["message"] == "Marketplace integration endpoints are ready"
    assert set(told.body["endpoints"]) == {
        "home", "connect", "test", "register", "qr", "status", "socket", "callback", "webhook",
        "companies",
    }  # fmt: skip


async def test_nothing_for_an_unproven_salon(service: SalonService) -> None:
    await service.pressed()
    bare = {"salon_id": SALON, "phone": "+79001234567", "email": "salon@example.com"}
    refused = await service.caller.post("/marketplace/register", json=bare)
    assert (refused.status, refused.code) == (403, "marketplace_unproven")
    assert refused.body["success"] is False
    forged = signed(await service.forged(SECOND))
    refused = await service.caller.post("/marketplace/register", json=forged)
    assert (refused.status, refused.code) == (403, "yclients_not_pending")
    damaged = {**signed(await service.forged(SALON, spoil="data"))}
    refused = await service.caller.post("/marketplace/register", json=damaged)
    assert (refused.status, refused.code) == (403, "yclients_install_unsigned")
    assert await service.states() == {}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"salon_id":"none"}'])
async def test_a_body_that_cannot_be_read_is_refused_in_the_same_shape(
    service: SalonService, body: bytes
) -> None:
    headers = {"content-type": "application/json", "accept-language": "ru"}
    for path in ("/marketplace/register", "/marketplace/callback"):
        refused = await service.caller.post(path, data=body, headers=headers)
        assert refused.status == 400, (path, refused.text)
        assert refused.body["success"] is False
        assert refused.body["detail"].isascii(), path
        assert not refused.body["error"]["message"].isascii(), path


async def test_by_what_the_vendor_signed(service: SalonService) -> None:
    body = signed(await service.pressed())
    reply = await service.caller.post("/marketplace/register", json=body)
    assert reply.status == 200, reply.text
    made = reply.body
    new = made.pop("password_url")
    assert set(made) == {"success", "company_id", "salon_id", "api_key", "connect_url"}
    assert made["salon_id"] == SALON
    assert made["api_key"].startswith("sk_")
    assert (await service.caller.get(new)).status == 200
    assert await service.vendor_says() == "active"
    (application,) = (await service.twin.look("market"))["applications"]
    held = next(c for c in application["connections"] if c["salon_id"] == SALON)
    assert held["api_key"] == made["api_key"]
    assert made["api_key"] not in str(await service.fetch("SELECT * FROM connections"))
    again = await service.caller.post("/marketplace/register", json=body)
    assert (again.status, again.code) == (403, "yclients_arrival_used")


async def test_by_an_administrator(service: SalonService) -> None:
    admin = await admin_of(service)
    refused = await admin.post("/marketplace/register", json={"salon_id": SALON})
    assert (refused.status, refused.code) == (403, "yclients_not_pending")
    await service.pressed()
    made = await admin.post("/marketplace/register", json={"salon_id": SALON})
    assert made.status == 200, made.text
    assert (await service.states())[SALON] == (HERE, "active", None)
    again = await admin.post("/marketplace/register", json={"salon_id": SALON})
    assert again.body["api_key"] == made.body["api_key"]
    neighbour = service.caller.with_headers(authorization=service.there.headers["authorization"])
    theirs = await neighbour.post("/marketplace/register", json={"salon_id": SALON})
    assert (theirs.status, theirs.code) == (403, "yclients_not_pending")


async def test_the_link_opens_once(service: SalonService) -> None:
    made = await registered(service)
    page = await service.caller.get(made["connect_url"], headers={"accept-language": "en"})
    assert page.status == 200
    assert "Settings → Linked devices" in page.text
    assert "frame-ancestors 'self' " in page.headers["content-security-policy"]
    used = await service.caller.get(made["connect_url"])
    assert used.status == 403
    for wrong in ("/marketplace/connect", "/marketplace/connect?token=x"):
        assert (await service.caller.get(wrong)).status == 403
    connect = made["connect_url"].partition("token=")[2].partition("&")[0]
    assert (await service.caller.get(f"/marketplace/qr/{connect}")).status == 403, "another purpose"


async def test_status_and_callback(service: SalonService) -> None:
    made = await registered(service)
    path = f"/marketplace/status/{made['company_id']}"
    assert (await service.caller.get(path)).status == 401
    key = service.caller.with_headers(authorization=f"Bearer {made['api_key']}")
    shown = (await key.get(path)).body
    assert shown["connected_at"] is not None
    assert {k: v for k, v in shown.items() if k != "connected_at"} == {
        "success": True,
        "company_id": made["company_id"],
        "whatsapp_connected": False,
        "whatsapp_phone": None,
        "integration_status": "active",
        "whatsapp_state": "new",
        "whatsapp_reason": None,
        "whatsapp_since": None,
        "whatsapp_linked_at": None,
    }
    neighbour = service.caller.with_headers(authorization=service.there.headers["authorization"])
    assert (await neighbour.get(path)).status == 404
    said = {
        "salon_id": SALON,
        "company_id": made["company_id"],
        "status": "connected",
        "whatsapp_phone": "+79001234567",
        "api_key": made["api_key"],
    }
    heard = await service.caller.post("/marketplace/callback", json=said)
    assert heard.body["whatsapp_connected"] is False
    for wrong in ({"api_key": "sk_wrong"}, {"salon_id": SECOND}, {"company_id": 99}):
        refused = await service.caller.post("/marketplace/callback", json={**said, **wrong})
        assert (refused.status, refused.code) == (403, "marketplace_key_wrong")


async def test_news_need_the_secret_and_are_journalled_once(service: SalonService) -> None:
    made = await registered(service)
    account = await _account(service)
    path = f"/marketplace/webhook/{made['company_id']}"
    news = {
        "company_id": SALON,
        "resource": "record",
        "resource_id": 1,
        "status": "create",
        "data": {"id": 1, "last_change_date": "2026-07-20T14:07:40+0300"},
    }
    secret = account.secrets["hook_secret"]
    assert (await service.caller.post(path, json=news)).status == 401
    assert (await service.caller.post(f"{path}?secret=x.y", json=news)).status == 401
    other = f"/marketplace/webhook/{made['company_id'] + 1}"
    assert (await service.caller.post(f"{other}?secret={secret}", json=news)).status == 401
    by_header = service.caller.with_headers(x_kommutator_secret=secret)
    for caller, where in ((by_header, path), (service.caller, f"{path}?secret={secret}")):
        assert (await caller.post(where, json=news)).status == 200
    rows = await service.fetch("SELECT source, kind, connection_id FROM journal")
    assert [(r["source"], r["kind"]) for r in rows] == [("yclients", "record")]
    foreign = await by_header.post(path, json={**news, "company_id": SECOND})
    assert (foreign.status, foreign.code) == (403, "yclients_hook_foreign")
    garbage = await by_header.post(path, data=b"[]")
    assert garbage.status == 400


async def test_a_storm_of_news_is_heard(service: SalonService) -> None:
    """All salons' news come from the vendor's few addresses."""
    made = await registered(service)
    secret = (await _account(service)).secrets["hook_secret"]
    caller = service.caller.with_headers(x_kommutator_secret=secret)
    path = f"/marketplace/webhook/{made['company_id']}"
    news = {"company_id": SALON, "resource": "record", "status": "update"}
    answers = [
        (await caller.post(path, json={**news, "resource_id": number})).status
        for number in range(1, 100)
    ]
    assert set(answers) == {200}


async def _account(service: SalonService) -> Account:
    found = await service.house.directory.accounts(EnterpriseNumber("0412"))
    return next(account for account in found if account.kind is ConnectionKind.YCLIENTS)


async def test_counts_are_for_platform_administrators(service: SalonService) -> None:
    await service.install(SALON, SECOND)
    await service.twin.order("market", act="freeze", salon_id=SECOND)
    await service.told("paused", "yclients_frozen", SECOND)
    admin = await admin_of(service)
    assert (await admin.get("/marketplace/companies")).status == 403
    assert (await service.caller.get("/marketplace/companies")).status == 401
    _, headers = await settle_platform(service.house)
    root = service.caller.with_headers(authorization=headers["authorization"])
    counts = (await root.get("/marketplace/companies")).body
    assert counts == {"success": True, "stats": {"total": 2, "connected": 1}}


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://yclients.com", True),
        (CABINET, True),
        ("https://n1.n2.yclients.com", True),
        ("https://evil.example", False),
        ("https://n1.yclients.com.evil.example", False),
        ("https://evilyclients.com", False),
        ("http://n1.yclients.com", False),
        ("https://evil.example/.yclients.com", False),
        ("null", False),
    ],
)
async def test_origins(origin: str, allowed: bool) -> None:
    assert is_allowed(origin, settings_for_tests()) is allowed


async def test_the_cabinet_may_ask_and_others_may_not(service: SalonService) -> None:
    ours = service.twin.url
    told = await service.caller.with_headers(origin=ours).get("/marketplace/test")
    assert told.headers["access-control-allow-origin"] == ours
    asked: Answer = await service.caller.with_headers(origin=ours)("OPTIONS", "/marketplace/test")
    assert asked.status == 204
    assert "X-API-Key" in asked.headers["access-control-allow-headers"]
    refused = await service.caller.with_headers(origin="https://evil.example").get(
        "/marketplace/test"
    )
    assert (refused.status, refused.code) == (403, "origin_not_allowed")
    assert "access-control-allow-origin" not in refused.headers


async def test_who_guesses_keys_waits(service: SalonService) -> None:
    made = await registered(service)
    said = {"salon_id": SALON, "company_id": made["company_id"], "api_key": "sk_wrong"}
    answers = [
        (await service.caller.post("/marketplace/callback", json=said)).status for _ in range(12)
    ]
    assert answers[0] == 403
    assert answers[-1] == 429


async def test_removing_it_as_any_connection_uninstalls_there(service: SalonService) -> None:
    await service.install()
    (row,) = await service.fetch("SELECT connection_id FROM yclients_salons")
    admin = await admin_of(service)
    assert (await admin("DELETE", f"/api/v1/connections/{row['connection_id']}")).status == 204
    assert await service.vendor_says() == "none"
    assert (await service.states())[SALON][1] == "removed"
    assert (await admin("DELETE", f"/api/v1/connections/{row['connection_id']}")).status == 404
