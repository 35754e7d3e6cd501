"""A salon connects and lives with it: a real browser, the vendor's cabinet and our pages."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.support.house import PASSWORD
from tests.support.waiting import eventually
from tests.support.yclients_service import (
    HERE,
    SALON,
    SECOND,
    THIRD,
    SalonService,
    open_salon_service,
)

pytestmark = pytest.mark.browser
SALONS = "/console/salons"
_CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
_RUSSIAN = re.compile("[ыэъё]", re.IGNORECASE)  # letters that Ukrainian has not


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[SalonService]:
    async with open_salon_service(database_url) as opened:
        yield opened


async def sign_in(page: Page, service: SalonService, email: str) -> None:
    await page.goto(f"{service.url}/console/login")
    await page.locator("input[name=email]").fill(email)
    await page.locator("input[name=password]").fill(PASSWORD)
    await page.locator("form button[type=submit]").first.click()
    await page.wait_for_url(lambda url: "/login" not in url)


async def consent(page: Page, service: SalonService, *more: int) -> None:
    """In the vendor's marketplace: tick branches, agree, be sent to us."""
    await page.goto(f"{service.twin.url}/appstore/{SALON}")
    await page.get_by_role("button", name="Подключить").click()
    for salon in more:
        title = service.twin.world.company(salon).title
        await page.get_by_label("Согласие").get_by_label(title).check()
    await page.get_by_label("Согласие").get_by_role("button", name="Разрешить").click()
    await page.wait_for_url(f"{service.url}/yclients/connect**")


async def test_one_branch_inside_the_cabinet(service: SalonService, page: Page) -> None:
    """Connect → consent → our page in the vendor's frame → active there; then a password."""
    await page.goto(f"{service.twin.url}/appstore/{SALON}/{service.twin.application_id}/cabinet")
    await page.get_by_role("button", name="Подключить").click()
    frame = page.frame_locator("#app")
    title = frame.get_by_role("heading", level=1)
    await expect(title).to_have_text("Подключение салона YClients")
    await expect(frame.locator("body")).to_contain_text("owner@salon.example")
    assert await service.states() == {}
    assert await service.vendor_says() == "pending"
    await frame.get_by_role("button", name="Зарегистрироваться и подключить").click()
    await expect(title).to_have_text("Салон подключён")
    assert (await service.states())[SALON] == ("0412", "active", None)
    assert await service.vendor_says() == "active"

    await frame.get_by_role("link", name="Задать пароль").click()
    await frame.get_by_label("Пароль").fill("a long enough password")
    await frame.get_by_role("button", name="Сохранить и войти").click()
    await expect(frame.get_by_role("link", name="Салоны")).to_be_visible()
    await frame.get_by_role("link", name="Салоны").click()
    await expect(frame.locator(f"#salon-{SALON}")).to_contain_text("Работает")
    assert page.url.endswith("/cabinet"), "the vendor's page is still around ours"


async def test_somebody_we_know_signs_in_inside_the_cabinet(
    service: SalonService, page: Page
) -> None:
    service.twin.world.user("owner@salon.example").email = service.here.admin.email
    await page.goto(f"{service.twin.url}/appstore/{SALON}/{service.twin.application_id}/cabinet")
    await page.get_by_role("button", name="Подключить").click()
    frame = page.frame_locator("#app")
    await frame.get_by_role("link", name="Войти").click()
    await frame.locator("input[name=password]").fill(PASSWORD)
    await frame.locator("input[name=email]").fill(service.here.admin.email)
    await frame.locator("form button[type=submit]").first.click()
    await expect(frame.locator("body")).to_contain_text(f"Firm {HERE}")
    await frame.get_by_role("button", name="Подключить").click()
    await expect(frame.get_by_role("heading", level=1)).to_have_text("Салон подключён")
    assert (await service.states())[SALON] == (HERE, "active", None)


async def test_three_branches_into_the_enterprise_of_who_is_signed_in(
    service: SalonService, page: Page
) -> None:
    await sign_in(page, service, service.here.admin.email)
    await consent(page, service, SECOND, THIRD)
    await expect(page.locator("#branches li")).to_have_count(3)
    await expect(page.locator("body")).to_contain_text(f"Firm {HERE}")
    await page.get_by_role("button", name="Подключить").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Салон подключён")
    states = await service.states()
    assert states == dict.fromkeys((SALON, SECOND, THIRD), (HERE, "active", None))
    assert {await service.vendor_says(salon) for salon in states} == {"active"}

    await page.get_by_role("link", name="К салонам").click()
    await expect(page.locator("[data-state=active]")).to_have_count(3)
    # What is amiss is said with the one action that repairs it.
    await service.twin.order("market", act="freeze", salon_id=SECOND)
    await service.told("paused", "yclients_frozen", SECOND)
    await page.reload()
    await expect(page.locator(f"#salon-{SECOND}")).to_contain_text("Оплатите его")
    await service.twin.order("market", act="unfreeze", salon_id=SECOND)
    await page.locator(f"#salon-{SECOND}").get_by_role("button", name="Проверить").click()
    await page.wait_for_url("**done=salon_checked")
    await expect(page.locator("[data-state=active]")).to_have_count(3)
    await expect(page.locator(f"#salon-{SECOND}")).to_contain_text("оплачена до")

    await page.locator(f"#salon-{THIRD}").get_by_role("button", name="Отключить").click()
    await page.get_by_role("dialog").get_by_role("button", name="Да").click()
    await page.wait_for_url("**done=salon_removed")
    await expect(page.locator(f"#salon-{THIRD}")).to_contain_text("Отключён")
    assert await service.vendor_says(THIRD) == "none"


async def test_forged_and_replayed_addresses_are_refused_in_words(
    service: SalonService, page: Page
) -> None:
    heading = page.get_by_role("heading", level=1)
    await page.goto(service.url + await service.forged(SALON))
    await expect(heading).to_have_text("В YClients этот филиал не ждёт подключения.")
    await page.goto(service.url + await service.pressed(SALON))
    await page.get_by_role("button", name="Зарегистрироваться и подключить").click()
    await expect(heading).to_have_text("Салон подключён")
    replayed = await service.twin.order("market/replay")
    await page.goto(replayed["location"])
    await expect(heading).to_have_text("По этой ссылке салон уже подключали.")
    notice = {"event": "uninstall", "salon_id": SALON, "partner_token": "wrong"}
    await service.twin.order("market/lifecycle", **notice)

    async def answered() -> bool:
        (letter,) = (await service.twin.look("letters", kind="lifecycle"))["items"]
        return bool(letter["status"] == 401)

    await eventually(answered)
    assert (await service.states())[SALON][1] == "active"


async def test_a_salon_by_its_own_token(service: SalonService, page: Page) -> None:
    await sign_in(page, service, service.here.admin.email)
    await page.goto(service.url + SALONS)
    await page.get_by_text("Без маркетплейса, своим токеном").click()
    await page.get_by_label("ID филиала").fill(str(SECOND))
    await page.get_by_label("Токен пользователя").fill("nobody-has-this-token")
    await page.get_by_role("button", name="Проверить и подключить").click()
    await expect(page.locator("#result")).to_contain_text("Что дальше")
    assert await service.states() == {}
    await page.get_by_label("Токен пользователя").fill(service.twin.owner_token)
    await page.get_by_role("button", name="Проверить и подключить").click()
    await page.wait_for_url("**done=salon_connected")
    await expect(page.locator(f"#salon-{SECOND}")).to_contain_text("по токену пользователя")
    assert service.twin.owner_token not in await page.content()
    assert (await service.states())[SECOND][:2] == (HERE, "active")


async def test_every_page_fits_and_speaks_ones_language(
    service: SalonService, browser: Browser
) -> None:
    await service.install(SALON, SECOND)
    await service.house.yclients.look.first()
    await service.twin.order("market", act="freeze", salon_id=SECOND)
    await service.told("paused", "yclients_frozen", SECOND)
    waiting = await service.pressed(THIRD)
    names = sorted(
        {service.twin.world.company(one).title for one in (SALON, SECOND, THIRD)}
        | {service.twin.world.user("owner@salon.example").name},
        key=len,
        reverse=True,
    )
    for locale, letters in (("en-US", _CYRILLIC), ("uk-UA", _RUSSIAN)):
        async with await browser.new_context(locale=locale) as context:
            page = await context.new_page()
            for path in (waiting, "/marketplace/", "sign in", SALONS, waiting):
                if path == "sign in":
                    await sign_in(page, service, service.here.admin.email)
                    continue
                for width in (1280, 360):
                    await page.set_viewport_size({"width": width, "height": 800})
                    await page.goto(service.url + path)
                    wide = await page.evaluate("document.documentElement.scrollWidth")
                    assert wide <= width, (path, width)
                said = await page.locator("body").inner_text()
                for name in names:
                    said = said.replace(name, "")
                assert letters.findall(said) == [], (locale, path, said)
