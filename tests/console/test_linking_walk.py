"""A phone is linked: a real browser on the salon's page and in the console, wide and narrow."""

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.domain.whatsapp.events import PasskeyWanted
from tests.support.house import PASSWORD
from tests.support.linking import PHONE, LinkingTown, open_linking
from tests.support.yclients_service import SALON

pytestmark = pytest.mark.browser
_PICTURES = os.environ.get("KOMMUTATOR_TEST_PICTURES")
_RUSSIAN = re.compile("[ыэъё]", re.IGNORECASE)  # letters that Ukrainian has not


@pytest.fixture
async def town(database_url: str) -> AsyncIterator[LinkingTown]:
    async with open_linking(database_url) as opened:
        yield opened


async def pictured(page: Page, name: str) -> None:
    if _PICTURES:
        await page.screenshot(path=Path(_PICTURES) / f"{name}.png", full_page=True)


async def fits(page: Page) -> bool:
    """Nothing is wider than the window."""
    script = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    return bool(await page.evaluate(script))


async def test_the_salons_page(town: LinkingTown, page: Page, browser: Browser) -> None:
    made = await town.registered()
    await page.goto(f"{town.service.url}{made['connect_url']}")
    qr = page.locator("#link-qr")
    await expect(qr).to_be_visible()
    await expect(page.locator("#link-left")).to_contain_text("Код действует ещё")
    await expect(page.locator(".link-steps li")).to_have_count(4)
    await expect(page.locator("#linking")).to_have_attribute("data-way", "told")
    first = await qr.get_attribute("src")
    await pictured(page, "linking-qr-wide")
    (await town.line()).shows(2)
    await expect(qr).not_to_have_attribute("src", first or "")

    (await town.line()).drops(408, "QR refs attempts ended")
    await expect(page.locator("#link-title")).to_contain_text("никто не отсканировал")
    await expect(qr).to_be_hidden()
    await pictured(page, "linking-expired")
    await page.get_by_role("button", name="Новый код").click()
    await expect(qr).to_be_visible()

    await page.get_by_role("tab", name="По номеру телефона").press("Enter")
    await page.get_by_label("Номер WhatsApp салона").fill("+7 900 123-45-67")
    await page.get_by_role("button", name="Получить код").click()
    await expect(page.locator("#link-code")).to_have_text("LC86-TZ82")
    await pictured(page, "linking-code")
    (await town.line()).tell(PasskeyWanted())
    await expect(page.get_by_role("heading", name="WhatsApp просит ключ доступа")).to_be_visible()
    await pictured(page, "linking-passkey")
    await page.get_by_role("button", name="Попробовать ещё раз").click()
    await expect(qr).to_be_visible()

    await page.get_by_role("button", name="Українська").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Підключення WhatsApp")
    assert not _RUSSIAN.search(await page.locator("#linking").inner_text())
    await (await town.line()).scan(PHONE)
    await expect(page.get_by_role("heading", name="Що далі")).to_be_visible()
    await expect(page.locator("#link-number")).to_have_text(PHONE)
    await pictured(page, "linking-done")


async def test_on_a_telephone_with_sockets_blocked(town: LinkingTown, browser: Browser) -> None:
    made = await town.registered()
    context = await browser.new_context(locale="ru-RU", viewport={"width": 360, "height": 740})
    narrow = await context.new_page()
    await narrow.route_web_socket(re.compile(".*"), lambda socket: socket.close())
    await narrow.goto(f"{town.service.url}{made['connect_url']}")
    await expect(narrow.locator("#link-qr")).to_be_visible()
    assert await fits(narrow)
    await pictured(narrow, "linking-qr-narrow")
    await expect(narrow.locator("#linking")).to_have_attribute("data-way", "asking")
    await (await town.line()).scan(PHONE)
    await expect(narrow.get_by_role("heading", name="Что дальше")).to_be_visible()
    assert await fits(narrow)
    await pictured(narrow, "linking-done-narrow")
    await context.close()


async def test_inside_the_cabinet_right_after_connecting(town: LinkingTown, page: Page) -> None:
    """Connect → consent → registered → the phone, all in the vendor's frame."""
    twin = town.service.twin
    await page.goto(f"{twin.url}/appstore/{SALON}/{twin.application_id}/cabinet")
    await page.get_by_role("button", name="Подключить").click()
    frame = page.frame_locator("#app")
    await frame.get_by_role("button", name="Зарегистрироваться и подключить").click()
    await frame.get_by_role("button", name="Подключить WhatsApp").click()
    await expect(frame.locator("#link-qr")).to_be_visible()
    await expect(frame.locator("#linking")).to_have_attribute("data-way", "told")
    await (await town.line()).scan(PHONE)
    await expect(frame.get_by_role("heading", name="Что дальше")).to_be_visible()
    await pictured(page, "linking-cabinet")
    assert page.url.endswith("/cabinet"), "the vendor's page is still around ours"


async def test_in_the_console(town: LinkingTown, page: Page) -> None:
    service = town.service
    await page.goto(f"{service.url}/console/login")
    await page.locator("input[name=email]").fill(service.here.admin.email)
    await page.locator("input[name=password]").fill(PASSWORD)
    await page.locator("form button[type=submit]").first.click()
    await page.goto(f"{service.url}/console/channels")
    await page.get_by_role("button", name="Показать код").click()
    await expect(page.locator("#link-qr")).to_be_visible()
    await expect(page.locator("#linking")).to_have_attribute("data-way", "told")
    await pictured(page, "linking-console")
    await (await town.line()).scan(PHONE)
    await expect(page.get_by_role("heading", name="Что дальше")).to_be_visible()
    await page.reload()
    await page.get_by_role("button", name="Приостановить").click()
    await expect(page.get_by_role("button", name="Продолжить")).to_be_visible()
    await page.get_by_role("button", name="Продолжить").click()
    await expect(page.locator("#linking")).to_have_attribute("data-state", "open")
    await page.goto(f"{service.url}/console/channels")
    await expect(page.locator("main")).to_contain_text("900 123-45-67")
    await pictured(page, "linking-channels")
    await page.get_by_role("link", name="Открыть").click()
    await page.get_by_role("button", name="Отвязать телефон").click()
    await page.get_by_role("dialog").get_by_role("button", name="Да").click()
    await expect(page.locator("#linking")).to_have_attribute("data-state", "logged_out")
    await page.get_by_role("button", name="Удалить").click()
    await page.get_by_role("dialog").get_by_role("button", name="Да").click()
    await page.wait_for_url("**done=whatsapp_removed")
    left = await service.house.whatsapp.list(EnterpriseNumber("0367"))
    assert list(left) == []
