"""Requirement 003: the enterprise's accounts by a code, a token or the settings."""

import pytest

from kommutator.domain.oauth import AccountFacts
from kommutator.flows.house import House
from kommutator.kit.errors import ErrorKind, VendorError
from tests.doors.amocrm.connecting.browsers import REFERER
from tests.support.asgi import Asgi
from tests.support.house import TenantOfTests
from tests.support.oauth import Vendor


async def test_several_accounts_of_one_enterprise(admin: Asgi, vendor: Vendor) -> None:
    for account in ("1", "2"):
        vendor.account_id = account
        body = {"code": "c", "domain": f"one{account}.amocrm.ru"}
        assert (await admin.post("/api/v1/amocrm/auth/code", json_body=body)).status == 200
    accounts = (await admin.get("/api/v1/amocrm/status")).json()["accounts"]
    assert [one["account_id"] for one in accounts] == ["1", "2"]
    unnamed = await admin.post("/api/v1/amocrm/disconnect?force=true")
    assert unnamed.code == "amocrm_account_unnamed"
    assert (await admin.post("/api/v1/amocrm/disconnect?force=true&account=1")).status == 200
    accounts = (await admin.get("/api/v1/amocrm/status")).json()["accounts"]
    assert [one["account_id"] for one in accounts] == ["2"]


async def test_an_account_of_another_enterprise_is_taken(
    admin: Asgi, stranger: Asgi, there: TenantOfTests
) -> None:
    body = {"code": "c", "domain": REFERER}
    assert (await admin.post("/api/v1/amocrm/auth/code", json_body=body)).status == 200
    neighbour = Asgi(stranger.app, headers=there.headers)
    reply = await neighbour.post("/api/v1/amocrm/auth/code", json_body=body)
    assert (reply.status, reply.code) == (409, "account_already_connected")


@pytest.mark.parametrize(
    ("hint", "code"),
    [
        ("amocrm_code_expired", "amocrm_code_invalid"),
        ("amocrm_code_used", "amocrm_code_invalid"),
        ("amocrm_client_wrong", "amocrm_client_invalid"),
        ("amocrm_redirect_wrong", "amocrm_redirect_invalid"),
    ],
)
async def test_the_vendors_hints_become_the_requirements_errors(
    admin: Asgi, vendor: Vendor, monkeypatch: pytest.MonkeyPatch, hint: str, code: str
) -> None:
    async def refuse(*_: object) -> None:
        raise VendorError(ErrorKind.REJECTED, "no", status=400, hint=hint)

    monkeypatch.setattr(vendor, "exchange", refuse)
    reply = await admin.post("/api/v1/amocrm/auth/code", json_body={"code": "c", "domain": REFERER})
    assert (reply.status, reply.code) == (400, code)


async def test_no_code_is_spent_while_the_account_is_paused(
    house: House, admin: Asgi, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody(*_: object) -> None:
        pytest.fail("the code left")

    monkeypatch.setattr(vendor, "exchange", nobody)
    async with house.db.unit() as unit:
        await unit.budgets.hold_everywhere([f"amocrm:account:{REFERER}"], 300)
    reply = await admin.post("/api/v1/amocrm/auth/code", json_body={"code": "c", "domain": REFERER})
    assert (reply.status, reply.code) == (429, "vendor_budget_spent")


async def test_a_limit_right_after_the_exchange_does_not_lose_the_pair(
    admin: Asgi, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    whose, busy = vendor.whose, [VendorError(ErrorKind.RATE_LIMITED, "slower", status=429)]

    async def once_busy(base_url: str, access: str) -> AccountFacts:
        if busy:
            raise busy.pop()
        return await whose(base_url, access)

    monkeypatch.setattr(vendor, "whose", once_busy)
    reply = await admin.post("/api/v1/amocrm/auth/code", json_body={"code": "c", "domain": REFERER})
    assert reply.status == 200
    assert busy == []


async def test_what_is_said_once_the_vendor_took_the_access_back(
    admin: Asgi, vendor: Vendor, house: House
) -> None:
    await admin.post("/api/v1/amocrm/auth/code", json_body={"code": "c", "domain": REFERER})
    vendor.refresh_token = "used elsewhere"
    async with house.db.unit() as unit:
        await unit.connection.execute("UPDATE oauth_grants SET expires_at = now() - interval '1s'")
    reply = await admin.get("/api/v1/amocrm/leads")
    assert (reply.status, reply.code) == (424, "vendor_access_ended")


async def test_a_long_lived_token(admin: Asgi) -> None:
    body = {"token": "long.lived.token", "domain": REFERER}
    reply = await admin.post("/api/v1/amocrm/auth/token", json_body=body)
    account = reply.json()["account"]
    assert (account["state"], account["connected"]) == ("active", True)
    assert account["works_until"] is not None


async def test_a_code_of_the_settings_is_tried_once(
    house: House, here: TenantOfTests, vendor: Vendor
) -> None:
    ways = house.amocrm.ways_in
    first = await ways.at_start("def50200", here.number, domain=REFERER)
    assert first is not None
    assert await ways.at_start("def50200", here.number, domain=REFERER) is None
    assert vendor.number == 2


async def test_a_code_of_the_settings_that_nobody_saw_is_tried_at_the_next_start(
    house: House, here: TenantOfTests, vendor: Vendor
) -> None:
    ways = house.amocrm.ways_in
    assert await ways.at_start("def50200", here.number) is None  # which account?
    assert vendor.number == 1
    connected = await ways.at_start("def50200", here.number, domain=REFERER)
    assert connected is not None
    assert connected.account_key == "31920194"
