"""The phones of the fake WhatsApp, in a browser, with the real Baileys behind them."""

import pytest
from playwright.async_api import Page, expect

from tests.support.whatsapp_twin import Baileys, RunningWhatsApp

pytestmark = pytest.mark.browser
SALON, ANNA = "79001234567", "79111112233"


async def test_a_person_talks_to_the_salon(
    page: Page, salon: Baileys, whatsapp: RunningWhatsApp
) -> None:
    await page.set_viewport_size({"width": 360, "height": 740})
    await whatsapp.hands.order("people", phone=ANNA, name="Анна")
    await page.goto(f"{whatsapp.url}/person/{ANNA}")
    await page.fill("#text", "Запишите <b>меня</b>")
    await page.press("#text", "Enter")
    heard = await salon.hear("message", text="Запишите <b>меня</b>")
    await expect(page.locator(".line.mine .ticks.delivered")).to_have_count(1)

    await salon.do("typing", to=heard["chat"], state="composing")
    await expect(page.locator("#typing")).to_have_text("печатает…")
    await salon.do("read", chat=heard["chat"], id=heard["id"])
    await salon.send(heard["chat"], "Завтра в 15:00?")
    await expect(page.locator(".line:not(.mine)")).to_contain_text("Завтра в 15:00?")
    await expect(page.locator(".line.mine .ticks.read")).to_have_count(1)

    await page.click("[data-kind=image]")
    await salon.hear("message", kinds=["imageMessage"])
    wide = await page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 360


async def test_a_salons_phone_links_a_device_and_writes(
    page: Page, device: Baileys, whatsapp: RunningWhatsApp
) -> None:
    await page.goto(f"{whatsapp.url}/salon/{SALON}")
    await expect(page.locator("#devices")).to_contain_text("Ни одного устройства")
    await device.open()
    qr = (await device.hear("qr"))["text"]
    await expect(page.locator("#pending button")).to_be_disabled()
    await whatsapp.hands.order("show", qr=qr)
    await page.click("#pending button")
    await expect(page.locator("#notice")).to_have_text("Устройство связано.")
    await device.hear("close", code=515)
    await device.opened()
    await expect(page.locator("#devices")).to_contain_text("на связи")

    await whatsapp.hands.write(SALON, ANNA, "Здравствуйте", name="Анна")
    await page.fill("#text", "Это администратор")
    await page.press("#text", "Enter")
    own = await device.hear("message", text="Это администратор")
    assert own["from_me"] is True
    await page.click("text=Отвязать")
    assert (await device.hear("close"))["code"] == 401


async def test_a_qr_codes_own_address_asks_which_phone(
    page: Page, device: Baileys, whatsapp: RunningWhatsApp
) -> None:
    await device.open()
    code = (await device.hear("qr"))["text"].partition("#")[2]
    await page.goto(f"{whatsapp.url}/settings/linked_devices#{code}")
    await page.fill("[name=phone]", "+7 900 123-45-67")
    await page.fill("[name=name]", "Ромашка")
    await page.click("#new button")
    await expect(page.locator("#notice")).to_have_text("Устройство связано.")
    assert (await device.hear("paired"))["me"]["name"] == "Ромашка"


async def test_the_first_page_lists_who_is_here(page: Page, whatsapp: RunningWhatsApp) -> None:
    await whatsapp.hands.order("people", phone=SALON, name="Ромашка", salon=True)
    await whatsapp.hands.order("people", phone=ANNA, name="Анна")
    await page.goto(whatsapp.url)
    await expect(page.locator("#salons .row")).to_contain_text("Ромашка")
    await expect(page.locator("#people .row")).to_contain_text("Анна")
    await page.click("#people .button")
    await expect(page).to_have_title("Анна")


async def test_nothing_else_is_served(whatsapp: RunningWhatsApp) -> None:
    for path in ("/main.mjs", "/_twin/page/../main.mjs", "/_twin/page/index.html", "/salon/x"):
        async with whatsapp.http.get(f"{whatsapp.url}{path}") as answer:
            assert answer.status == 404
    async with whatsapp.http.get(whatsapp.url) as answer:
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
