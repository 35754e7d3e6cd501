"""The page people look at in the demonstration, in a real browser."""

import pytest
from playwright.async_api import Page, expect

from tests.twins.conftest import Gateway
from tests.twins.crm import Crm, finished_call, module_entity

pytestmark = pytest.mark.browser

CALL_BUTTON = "Позвонить на +70000000101"


@pytest.fixture
async def open_page(crm: Crm, gateway: Gateway, page: Page) -> Page:
    await crm.register(**module_entity(gateway.base_url))
    await page.goto(crm.root)
    await page.get_by_label("Сотрудник", exact=True).select_option("19")
    return page


async def test_popup_comes_and_goes(open_page: Page, crm: Crm) -> None:
    live = open_page.get_by_label("Карточки звонков")
    await crm.ring(callExternalId="c-1")
    await expect(live).to_contain_text("Входящий звонок")
    await expect(live).to_contain_text("Тестов Андрей")
    await crm.ring(callExternalId="c-1", type="hangup", hangupStatus="answered")
    await expect(live).to_be_empty()
    await expect(open_page.locator("#popups")).to_contain_text("разговор состоялся")


async def test_popup_is_for_its_owner_only(open_page: Page, crm: Crm) -> None:
    await crm.ring(codes=["102"])
    await expect(open_page.locator("#popups")).to_contain_text("Примеров Пётр")
    await expect(open_page.get_by_label("Карточки звонков")).to_be_empty()


async def test_click_to_call(open_page: Page, gateway: Gateway) -> None:
    await open_page.locator("#customers").get_by_label(CALL_BUTTON).click()
    await expect(open_page.locator("#toast")).to_contain_text("поднимите трубку 101")
    (came,) = [c for c in gateway.came if c["path"] == "/make-call"]
    assert (came["query"]["userId"], came["query"]["phone"]) == ("19", "+70000000101")
    assert came["query"]["externalPhone"] == "+70000000900"


async def test_no_icons_for_who_has_no_code(open_page: Page) -> None:
    await expect(open_page.locator(".dial").first).to_be_visible()
    await open_page.get_by_label("Сотрудник", exact=True).select_option("24")
    await expect(open_page.locator(".dial")).to_have_count(0)


async def test_account_button_posts_the_client_id(open_page: Page, gateway: Gateway) -> None:
    async with open_page.context.expect_page() as opened:
        await open_page.get_by_role("button", name="Перейти в личный кабинет").click()
    await (await opened.value).wait_for_url("**/cabinet")
    came = next(c for c in gateway.came if c["path"] == "/account")
    assert (came["method"], came["form"]) == ("POST", {"clientId": "client-0001"})


async def test_call_with_a_record_has_a_player(open_page: Page, crm: Crm, gateway: Gateway) -> None:
    await crm.upload(finished_call(recordUrl=f"{gateway.base_url}/record.mp3"))
    player = open_page.locator("#calls audio")
    await expect(player).to_have_attribute("src", f"{gateway.base_url}/record.mp3")


async def test_what_clients_send_is_never_markup(open_page: Page, crm: Crm) -> None:
    sent = {"text": "<img src=x onerror=alert(1)>", "performerId": 19}
    await crm.post("/v5/tasks/create", task=sent)
    await crm.upload(finished_call(recordUrl="javascript:alert(1)"))
    await expect(open_page.locator("#tasks")).to_contain_text("<img src=x onerror=alert(1)>")
    await expect(open_page.locator("#calls .row")).to_have_count(1)
    await expect(open_page.locator("#tasks img, #calls audio")).to_have_count(0)


async def test_fits_a_phone(open_page: Page, crm: Crm) -> None:
    await open_page.set_viewport_size({"width": 360, "height": 740})
    await crm.upload(finished_call(recordUrl="https://pbx.example/a-very-long-name.mp3"))
    await expect(open_page.locator("#calls audio")).to_be_visible()
    assert await open_page.evaluate("document.documentElement.scrollWidth") == 360
