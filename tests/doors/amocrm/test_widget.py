"""The widget's door: only by the signed token, and readable only by pages of amoCRM."""

from datetime import timedelta

import pytest

from kommutator.domain.connection import Account, ConnectionStatus
from kommutator.flows.house import House
from tests.support.asgi import Asgi, Reply
from tests.support.house import TenantOfTests
from tests.support.routing import settle_pbx
from tests.support.widget_tokens import PAGE, disposable, settle_widget

STATE, CALL = "/api/v1/amocrm/widget/state", "/api/v1/amocrm/widget/call"
PHONE = "+375290000070"
READABLE = "access-control-allow-origin"


@pytest.fixture
async def page(house: House, here: TenantOfTests, app: object) -> Asgi:
    """The page of account 1, whose user 504141 has extension 150."""
    await settle_widget(house, here.number, "1", users={"504141": "150"})
    token = disposable(house.clock.now())
    return Asgi(app, headers={"origin": PAGE, "x-auth-token": token, "accept-language": "en"})


@pytest.fixture
async def pbx(house: House, here: TenantOfTests) -> Account:
    return await settle_pbx(house, here.number)


def refused(reply: Reply) -> tuple[int, str]:
    return reply.status, reply.code


async def test_how_things_are(house: House, page: Asgi) -> None:
    reply = await page.get(STATE)
    assert (reply.status, reply.json()) == (
        200,
        {
            "connected": True,
            "extension": "150",
            "message": "This account is connected to Kommutator. Your extension: 150.",
        },
    )
    token = disposable(house.clock.now(), user="504142")
    without = (await page.get(STATE, headers={"x-auth-token": token})).json()
    assert (without["connected"], without["extension"]) == (True, None)


async def test_an_account_that_does_not_work_says_so(
    house: House, here: TenantOfTests, app: object
) -> None:
    users = {"504141": "150"}
    await settle_widget(house, here.number, "1", users=users, status=ConnectionStatus.BROKEN)
    token = disposable(house.clock.now())
    page = Asgi(app, headers={"origin": PAGE, "x-auth-token": token, "accept-language": "en"})
    reply = await page.get(STATE)
    assert (reply.status, reply.json()) == (
        200,
        {
            "connected": False,
            "extension": "150",
            "message": "This amoCRM connection does not work at the moment; its state is broken.",
        },
    )
    assert refused(await page.post(CALL, json_body={"phone": PHONE})) == (409, "amocrm_not_working")


async def test_a_click(page: Asgi, pbx: Account) -> None:
    reply = await page.post(CALL, json_body={"phone": PHONE})
    assert (reply.status, reply.json()["extension"]) == (202, "150")
    again = await page.post(CALL, json_body={"phone": PHONE})
    assert again.json()["call_id"] == reply.json()["call_id"]
    assert refused(await page.post(CALL, json_body={"phone": "nobody"})) == (400, "phone_invalid")
    assert (await page.post(CALL, json_body={"phone": "1" * 65})).status == 400
    assert (await page.post(CALL, json_body={})).status == 400


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://firm1.amocrm.ru.evil.example",
        "https://evil.example/firm1.amocrm.ru",
        "http://firm1.amocrm.ru",
        "null",
        "",
    ],
)
async def test_pages_of_others_may_not_read(page: Asgi, origin: str) -> None:
    reply = await page.get(STATE, headers={"origin": origin})
    assert reply.header(READABLE) is None
    assert refused(reply) == (401, "amocrm_widget_token_wrong")


async def test_a_page_of_another_account_is_told_so_and_no_more(house: House, page: Asgi) -> None:
    """It is a page of amoCRM: it may read why, in words."""
    origin = "https://firm2.amocrm.ru"
    reply = await page.get(STATE, headers={"origin": origin})
    assert reply.header(READABLE) == origin
    assert refused(reply) == (401, "amocrm_widget_token_wrong")
    late = disposable(house.clock.now() - timedelta(hours=1))
    reply = await page.get(STATE, headers={"x-auth-token": late})
    assert (reply.header(READABLE), *refused(reply)) == (PAGE, 401, "amocrm_widget_token_expired")
    assert reply.json()["error"]["action"] == "Reload the amoCRM page and try again."


async def test_neither_cookies_nor_keys_count(page: Asgi, here: TenantOfTests) -> None:
    for headers in (here.headers, {"x-api-key": here.key}):
        reply = await page.get(STATE, headers={**headers, "x-auth-token": ""})
        assert refused(reply) == (401, "amocrm_widget_token_wrong")
    reply = await page.get(STATE)
    assert reply.header("access-control-allow-credentials") is None


async def test_the_browser_asks_first(page: Asgi) -> None:
    asked = {"access-control-request-method": "POST", "x-auth-token": ""}
    reply = await page.request("OPTIONS", CALL, headers=asked)
    assert (reply.status, reply.header(READABLE)) == (204, PAGE)
    assert "X-Auth-Token" in (reply.header("access-control-allow-headers") or "")
    foreign = await page.request("OPTIONS", CALL, headers={**asked, "origin": "https://e.example"})
    assert foreign.header(READABLE) is None
