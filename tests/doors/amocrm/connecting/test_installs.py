"""Installed from amoCRM's side: waits for its owner, proven and claimed once, and uninstalled."""

import base64
import hashlib
import hmac

import jwt
import pytest

from kommutator.flows.house import House
from kommutator.flows.rotate_keys import rotate
from kommutator.kit.crypto import Vault
from kommutator.kit.keyring import parse_keys
from tests.doors.amocrm.connecting.browsers import CALLBACK, CLIENT, REFERER, SECRET
from tests.support.asgi import Asgi
from tests.support.house import MASTER_KEYS, TenantOfTests, settle_platform
from tests.support.oauth import Vendor


async def test_an_install_waits_for_its_owner(
    house: House, stranger: Asgi, admin: Asgi, vendor: Vendor
) -> None:
    install = f"{CALLBACK}?code=def5&referer={REFERER}&platform=1&client_id={CLIENT}&from_widget=1"
    assert (await stranger.get(install)).status == 303
    assert (await admin.get("/api/v1/amocrm/status")).json()["accounts"] == []
    nobody = await admin.post("/api/v1/amocrm/claim", json_body={})
    assert nobody.code == "amocrm_claim_unproven"
    by_number = await admin.post("/api/v1/amocrm/claim", json_body={"account_id": "31920194"})
    assert (by_number.status, by_number.code) == (403, "not_allowed")
    now = int(house.clock.now().timestamp())
    claims = {
        "iss": "https://one.amocrm.ru", "aud": "http://house.example", "jti": "1", "iat": now,
        "nbf": now, "exp": now + 1800, "account_id": 31920194, "user_id": 7, "subdomain": "one",
        "client_uuid": CLIENT,
    }  # fmt: skip
    forged = jwt.encode(claims, "another-secret-of-enough-length-32b", algorithm="HS256")
    refused = await admin.post("/api/v1/amocrm/claim", json_body={"widget_token": forged})
    assert refused.status == 401
    colleague = jwt.encode({**claims, "user_id": 8}, SECRET, algorithm="HS256")
    refused = await admin.post("/api/v1/amocrm/claim", json_body={"widget_token": colleague})
    assert (refused.status, refused.code) == (403, "amocrm_claim_not_installer")
    proof = jwt.encode(claims, SECRET, algorithm="HS256")
    claimed = await admin.with_headers(x_auth_token=proof).post(
        "/api/v1/amocrm/claim", json_body={}
    )
    assert claimed.json()["account"]["account_id"] == "31920194"
    again = await admin.with_headers(x_auth_token=proof).post("/api/v1/amocrm/claim", json_body={})
    assert again.code == "amocrm_install_unknown"


async def test_platform_staff_give_an_install_to_an_enterprise(
    house: House, stranger: Asgi, here: TenantOfTests
) -> None:
    await stranger.get(f"{CALLBACK}?code=def5&referer={REFERER}&from_widget=1")
    _, headers = await settle_platform(house)
    root = Asgi(stranger.app, headers=headers)
    reply = await root.post(
        f"/api/v1/amocrm/claim?enterprise_number={here.number}",
        json_body={"account_id": "31920194"},
    )
    assert reply.status == 200


async def test_installs_from_one_address_are_slowed_down(stranger: Asgi) -> None:
    install = f"{CALLBACK}?code=def5&referer={REFERER}&from_widget=1"
    statuses = [(await stranger.get(install)).status for _ in range(90)]
    assert statuses[:60] == [303] * 60
    assert statuses[-1] == 429


async def test_an_install_that_waited_long_is_renewed_when_it_is_claimed(
    house: House, stranger: Asgi, here: TenantOfTests, vendor: Vendor
) -> None:
    await stranger.get(f"{CALLBACK}?code=def5&referer={REFERER}&from_widget=1")
    async with house.db.unit() as unit:
        await unit.connection.execute(
            "UPDATE oauth_installs SET expires_at = now() - interval '1 d'"
        )
    _, headers = await settle_platform(house)
    reply = await Asgi(stranger.app, headers=headers).post(
        f"/api/v1/amocrm/claim?enterprise_number={here.number}",
        json_body={"account_id": "31920194"},
    )
    assert reply.status == 200, reply.body
    assert vendor.exchanges == ["refresh-2"]


async def test_another_master_key_opens_all_installs_that_wait(
    house: House, stranger: Asgi, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kommutator.flows.rotate_keys._BATCH", 1)
    for vendor.account_id in ("1", "2"):
        reply = await stranger.get(f"{CALLBACK}?code=def5&referer={REFERER}&from_widget=1")
        assert reply.status == 303
    fresh = "k2:" + base64.b64encode(b"another-not-real-master-key-test").decode()
    done = await rotate(house.db, Vault(parse_keys(f"{fresh},{MASTER_KEYS}")))
    assert (done.rewrapped, done.failed) == (2, ())
    async with house.db.unit() as unit:
        kids = await unit.connection.fetch(
            "SELECT DISTINCT envelope ->> 'kid' AS kid FROM oauth_installs, "
            "jsonb_each(tokens) AS t(field, envelope)"
        )
    assert [row["kid"] for row in kids] == ["k2"]


def signature(account: str, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), f"{CLIENT}|{account}".encode(), hashlib.sha256).hexdigest()


async def test_an_uninstall_ends_every_connection_of_the_account(
    stranger: Asgi, admin: Asgi, broker: Asgi
) -> None:
    await admin.post("/api/v1/amocrm/auth/code", json_body={"code": "c", "domain": REFERER})
    await broker.post("/api/amo-crm/exchange-code", json_body={"code": "c", "referer": REFERER})
    hook = f"/api/v1/amocrm/uninstalled?account_id=31920194&client_uuid={CLIENT}&signature="
    forged = await stranger.get(hook + signature("31920194", "another"))
    assert (forged.status, forged.code) == (401, "amocrm_uninstall_unsigned")
    assert (await admin.get("/api/v1/amocrm/status")).json()["connected"] is True
    assert (await stranger.get(hook + signature("31920194"))).status == 200
    status = (await admin.get("/api/v1/amocrm/status")).json()
    assert (status["connected"], status["state"]) == (False, "uninstalled")
    assert status["accounts"][0]["status"] == "broken"
    assert status["message"] == "Интеграцию удалили из аккаунта amoCRM."
    own = (await broker.get("/api/amo-crm/status")).json()["data"]
    assert (own["connected"], own["hasTokens"], own["reason"]) == (False, True, "uninstalled")
