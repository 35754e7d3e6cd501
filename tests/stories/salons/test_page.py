"""The page of a salon's calls in a real browser: a wrong key, the right one, the rule."""

import pytest
from playwright.async_api import Page, expect

from tests.stories.salons.conftest import Shop
from tests.support.house import PASSWORD

pytestmark = pytest.mark.browser


async def test_the_key_is_tried_and_the_rule_is_switched_on(page: Page, shop: Shop) -> None:
    here = f"/console/salons/{shop.connection}/calls"
    house, admin = shop.service.house, shop.service.admin
    await house.salon_telephony.switch_off(admin, shop.service.here.number, shop.connection)
    await page.goto(f"{shop.service.url}/console/login?next={here}")
    await page.get_by_label("Электронная почта").fill(shop.service.here.admin.email)
    await page.get_by_label("Пароль").fill(PASSWORD)
    await page.get_by_role("button", name="Войти").click()
    await expect(page.locator("[data-telephony]")).to_have_text("выключена")
    await page.get_by_label("Ключ (crm_token)").fill("wrong")
    await page.get_by_role("button", name="Проверить и включить").click()
    await expect(page.locator("#result")).to_contain_text("ключ")
    right = (await shop.service.twin.look("credentials"))["groups"][0]["crm_token"]
    await page.get_by_label("Ключ (crm_token)").fill(right)
    await page.get_by_label("Передавать записи разговоров").uncheck()
    await page.get_by_role("button", name="Проверить и включить").click()
    await expect(page.locator("[data-telephony]")).to_have_text("включена")
    assert right not in await page.content()
    await page.get_by_label("Предлагать").check()
    await page.get_by_label("Не писать с").fill("22:30")
    await page.get_by_role("button", name="Сохранить").click()
    await expect(page.locator("[data-offer]")).to_have_text("включена")
    await expect(page.get_by_label("Не писать с")).to_have_value("22:30")
    await expect(page.locator("[data-preview]")).to_contain_text("не успели ответить")
    await page.get_by_label("Предлагать").uncheck()
    await page.get_by_role("button", name="Сохранить").click()
    await expect(page.locator("[data-offer]")).to_have_text("выключена")
    await page.set_viewport_size({"width": 375, "height": 740})
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not await page.evaluate(wide)
