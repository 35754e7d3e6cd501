"""Contract §1.12: what RetailCRM sends to a gateway."""

import hmac
import json

import pytest

from tests.twins.conftest import Gateway
from tests.twins.crm import Crm, module_entity


@pytest.fixture
async def connected(crm: Crm, gateway: Gateway) -> Crm:
    await crm.register(**module_entity(gateway.base_url))
    return crm


async def test_click_is_a_get_with_text_values(connected: Crm, gateway: Gateway) -> None:
    report = await connected.order("click", userId=19, phone="+70000000101")
    assert gateway.came == [
        {
            "method": "GET",
            "path": "/make-call",
            "query": {
                "clientId": "client-0001",
                "code": "101",
                "phone": "+70000000101",
                "userId": "19",
            },
            "form": {},
        }
    ]
    assert report["answer"]["status"] == 200
    assert report["sent"]["url"] == f"{gateway.base_url}/make-call"


async def test_click_may_be_a_form(connected: Crm, gateway: Gateway) -> None:
    await connected.order("click", code="102", phone="1", method="POST")
    assert (gateway.came[0]["method"], gateway.came[0]["query"]) == ("POST", {})
    assert gateway.came[0]["form"]["userId"] == "18"


async def test_click_from_a_shop_adds_its_number(connected: Crm, gateway: Gateway) -> None:
    await connected.order("click", userId=19, phone="1", site="shop-main")
    assert gateway.came[0]["query"]["externalPhone"] == "+70000000900"


async def test_no_icon_without_a_code(connected: Crm, gateway: Gateway) -> None:
    answer = await connected.control("click", account="demo", userId=24, phone="1")
    assert (answer.status, gateway.came) == (409, [])
    assert answer.json == {"error": "the user has no code in the module"}


async def test_no_icon_while_the_module_is_off(connected: Crm) -> None:
    await connected.register(active=False)
    answer = await connected.order("click", userId=19, phone="1")
    assert answer == {"error": "no active telephony module with makeCallUrl"}


async def test_status(connected: Crm, gateway: Gateway) -> None:
    await connected.order("status", userId=19, status="dinner")
    assert gateway.came[0]["path"] == "/status"
    assert gateway.came[0]["query"] == {
        "clientId": "client-0001",
        "code": "101",
        "userId": "19",
        "status": "dinner",
    }
    assert (await connected.get("/v5/users/19")).json["user"]["status"] == "dinner"


async def test_account_page_is_a_browsers_post(connected: Crm, gateway: Gateway) -> None:
    report = await connected.order("open-account")
    assert gateway.came[0]["method"] == "POST"
    assert gateway.came[0]["form"] == {"clientId": "client-0001"}
    answer = report["answer"]
    assert (answer["status"], answer["body"]) == (200, "hello")
    assert answer["finalUrl"] == f"{gateway.base_url}/cabinet"
    assert [r["status"] for r in answer["redirects"]] == [303]


async def test_activity_carries_json_in_a_form(connected: Crm, gateway: Gateway) -> None:
    await connected.order("activity", active=False)
    came = gateway.came[0]
    assert (came["method"], came["path"]) == ("POST", "/activity")
    assert json.loads(came["form"]["activity"]) == {"active": False, "freeze": False}
    assert came["form"]["clientId"] == "client-0001"
    assert came["form"]["systemUrl"] == connected.base_url
    assert (await connected.state())["modules"][0]["active"] is False


async def test_activity_of_a_forger(connected: Crm, gateway: Gateway) -> None:
    await connected.order("activity", clientId="guess", systemUrl="https://evil.example")
    assert gateway.came[0]["form"]["clientId"] == "guess"
    assert gateway.came[0]["form"]["systemUrl"] == "https://evil.example"


async def test_settings(connected: Crm, gateway: Gateway) -> None:
    await connected.order("settings")
    assert gateway.came[0]["path"] == "/settings"
    settings = json.loads(gateway.came[0]["form"]["settings"])
    assert settings["timezone"]["value"] == "Europe/Moscow"


async def test_refusal_of_the_gateway_is_reported(connected: Crm, gateway: Gateway) -> None:
    gateway.status = 403
    report = await connected.order("click", userId=19, phone="1")
    assert (report["answer"]["status"], report["error"]) == (403, None)
    assert (await connected.state())["callbacks"][0]["kind"] == "click"


async def test_unreachable_gateway_is_reported(crm: Crm) -> None:
    await crm.register()
    report = await crm.order("click", userId=19, phone="1")
    assert report["answer"] is None
    assert report["error"].startswith("ClientConnectorError")


async def test_simple_connection_proves_itself_with_an_hmac(crm: Crm, gateway: Gateway) -> None:
    gateway.config = {
        "success": True,
        "scopes": ["user_read"],
        "registerUrl": f"{gateway.base_url}/register",
    }
    await crm.order("install", configUrl=f"{gateway.base_url}/config", secret="fake-secret")
    register = json.loads(gateway.came[-1]["form"]["register"])
    expected = hmac.new(b"fake-secret", register["apiKey"].encode(), "sha256").hexdigest()
    assert (register["token"], register["systemUrl"]) == (expected, crm.base_url)
    assert (await crm.get("/v5/users", key=register["apiKey"])).status == 200


async def test_missing_action(connected: Crm) -> None:
    await connected.register(actions={})
    assert await connected.order("settings") == {"error": "the module has no action 'settings'"}
