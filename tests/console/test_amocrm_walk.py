"""An administrator connects amoCRM and lives with it: a real browser, amoCRM's own screens."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from kommutator.domain.tenancy import Role
from tests.support.amocrm_service import (
    ADMIN,
    DEPUTY,
    HERE,
    AmoService,
    open_amocrm_service,
)
from tests.support.house import PASSWORD
from tests.support.waiting import eventually

pytestmark = pytest.mark.browser
ACCOUNTS = "/console/connections/amocrm"
MINE, CLERK = "/console/my/amocrm", "clara@0367.example"
_CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
PAGES = (
    ACCOUNTS,
    MINE,
    *(f"/console/amocrm/cards?kind={kind}" for kind in ("leads", "contacts", "companies")),
    "/console/amocrm/fields?kind=contacts",
    "/console/amocrm/hooks",
    "/console/amocrm/bulk",
)
_RUSSIAN = re.compile("[ыэъё]", re.IGNORECASE)  # letters that Ukrainian has not


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[AmoService]:
    async with open_amocrm_service(database_url, roles=("api",)) as opened:
        yield opened


@pytest.fixture
async def working(database_url: str) -> AsyncIterator[AmoService]:
    """With workers: what amoCRM holds is copied, and it calls us."""
    async with open_amocrm_service(database_url) as opened:
        yield opened


async def sign_in(page: Page, service: AmoService, email: str = ADMIN) -> Page:
    await page.goto(f"{service.url}/console/login")
    await _fill_door(page, email)
    await page.wait_for_url(lambda url: "/login" not in url)
    return page


async def _fill_door(page: Page, email: str) -> None:
    await page.locator("input[name=email]").fill(email)
    await page.locator("input[name=password]").fill(PASSWORD)
    await page.locator("form button[type=submit]").first.click()


async def to_consent(page: Page, service: AmoService, button: str = "Подключить amoCRM") -> None:
    """From the accounts page to amoCRM's screen."""
    await page.goto(f"{service.url}{ACCOUNTS}")
    await page.get_by_role("button", name=button).first.click()
    await expect(page.get_by_text("просит доступ")).to_be_visible()


async def allow(page: Page, account: str = "demo") -> None:
    await page.get_by_label("Аккаунт").select_option(account)
    await page.get_by_role("button", name="Разрешить").click()


async def connections(service: AmoService) -> list[tuple[str, str]]:
    rows = await service.fetch("SELECT id::text, status FROM connections WHERE kind = 'amocrm'")
    return [(row["id"], row["status"]) for row in rows]


async def test_connected_lost_and_repaired(service: AmoService, page: Page) -> None:
    await sign_in(page, service)
    await to_consent(page, service)
    await page.get_by_role("button", name="Отказать").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("В amoCRM нажали «Отказать».")
    assert await connections(service) == []

    await to_consent(page, service)
    await allow(page)
    await expect(page.get_by_role("heading", level=1)).to_have_text("amoCRM подключена.")
    assert page.url == f"{service.url}/api/v1/amocrm/auth/callback?result=connected"
    await page.get_by_role("link", name="К настройкам аккаунта").click()
    ((connection, status),) = await connections(service)
    assert status == "active"
    card = page.locator(f"#account-{connection}")
    await expect(card).to_contain_text("Работает")
    await expect(card.get_by_role("alert")).to_have_count(0)

    client_id = service.twin.client["client_id"]
    await service.twin.order("uninstall", account="demo", client_id=client_id)
    await page.reload()
    lost = "Интеграцию удалили из аккаунта amoCRM."
    await expect(card.get_by_role("alert")).to_contain_text(lost)
    await expect(card.get_by_role("alert")).to_contain_text("кнопка «Подключить заново»")
    await expect(card).not_to_contain_text("Обновится сам")  # nothing renews what was removed

    await to_consent(page, service, "Подключить заново")
    await allow(page, "large")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("а доступ дан к другому")
    await page.goto(f"{service.url}{ACCOUNTS}")
    await expect(card.get_by_role("alert")).to_contain_text(lost)

    await to_consent(page, service, "Подключить заново")
    await allow(page)
    await page.get_by_role("link", name="К настройкам аккаунта").click()
    await expect(card).to_contain_text("Работает")
    await expect(card.get_by_role("alert")).to_have_count(0)
    assert await connections(service) == [(connection, "active")]


async def test_who_set_out_must_come_back(
    service: AmoService, page: Page, browser: Browser
) -> None:
    """The address is carried off: another person is refused, its owner signs in and arrives."""
    await sign_in(page, service)
    await to_consent(page, service)
    consent = page.url
    async with await browser.new_context(locale="ru-RU") as foreign:
        other = await foreign.new_page()
        await sign_in(other, service, DEPUTY)
        await other.goto(consent)
        await allow(other)
        words = "Подключение начал другой человек или другой сеанс."
        await expect(other.get_by_role("heading", level=1)).to_have_text(words)
    assert await connections(service) == []

    async with await browser.new_context(locale="ru-RU") as nobody:
        stranger = await nobody.new_page()
        await stranger.goto(consent)
        await allow(stranger)
        await expect(stranger.get_by_role("heading", name="Вход")).to_be_visible()
        assert "code" not in stranger.url.partition("next=")[2]
        assert await connections(service) == []
        await _fill_door(stranger, ADMIN)
        await expect(stranger.get_by_role("heading", level=1)).to_have_text("amoCRM подключена.")
    assert [status for _, status in await connections(service)] == ["active"]


async def test_what_the_copy_holds_is_found_and_settings_stay(
    working: AmoService, page: Page
) -> None:
    connection = await working.connect()
    await working.copied()
    await sign_in(page, working)
    await _search(page, working)
    await _fields_and_hooks(page, working)
    await _settings(page, working, str(connection))
    await _disconnect(page, working, str(connection))


async def _search(page: Page, service: AmoService) -> None:
    state = await service.state()
    person, lead = state["contacts"][0], state["leads"][0]
    rows = page.locator("tbody tr")
    for q in (person["last_name"], "0000101", str(person["id"])):
        await page.goto(f"{service.url}/console/amocrm/cards?kind=contacts")
        await page.get_by_role("searchbox").fill(q)
        await page.get_by_role("button", name="Показать").click()
        await page.wait_for_url("**q=*")
        await expect(rows.filter(has_text=str(person["id"]))).to_have_count(1)
        assert await rows.count() < 40, q
    for q in ("Заказ №1000", str(lead["id"])):
        await page.goto(f"{service.url}/console/amocrm/cards?kind=leads")
        await page.get_by_role("searchbox").fill(q)
        await page.get_by_role("button", name="Показать").click()
        await expect(rows).to_have_count(1)
        link = rows.get_by_role("link", name="Заказ №1000")
        await expect(link).to_have_attribute(
            "href", f"{service.twin.url}/leads/detail/{lead['id']}"
        )
    await page.get_by_role("searchbox").fill("no such card")
    await page.get_by_role("button", name="Показать").click()
    await expect(page.locator("#main")).to_contain_text("Измените запрос")


async def _fields_and_hooks(page: Page, service: AmoService) -> None:
    await page.goto(f"{service.url}/console/amocrm/fields?kind=contacts")
    await service.twin.order("switches", language="ru")
    await page.get_by_role("button", name="Обновить поля").click()
    await page.wait_for_url("**done=amocrm_fields_read**")
    await expect(page.locator("tbody")).to_contain_text("PHONE")
    await page.goto(f"{service.url}/console/amocrm/hooks")
    await expect(page.locator("#main")).to_contain_text("подписаны")
    await expect(page.locator("code", has_text="responsible_lead")).to_be_visible()
    assert "webhooks/amocrm/" not in await page.content()  # the address holds a secret


async def _settings(page: Page, service: AmoService, connection: str) -> None:
    first, second, *_ = await service.users()
    there = f"{service.url}/console/amocrm/settings/{connection}"
    await page.goto(there)
    await page.locator(f"#user-{first}").fill("150")
    await page.locator(f"#user-{second}").fill("150")
    await page.get_by_role("button", name="Сохранить").click()
    await expect(page.locator("body")).to_contain_text("Номер 150 выбран сразу двум сотрудникам")
    assert not (await _config(service)).get("user_extensions")

    await page.goto(there)
    await page.locator(f"#user-{first}").fill("150")
    await page.locator(f"#user-{second}").fill("151")
    await page.get_by_label("Чей пропущенный звонок").select_option("last_rang")
    await page.locator("#unknown_in").select_option("unsorted")
    await page.locator("#unknown_out").select_option("skip")
    await page.locator("[name=rule-0-create]").select_option("task")
    await page.locator("[name=rule-0-result]").select_option("missed")
    await page.get_by_role("button", name="Что получится?").click()
    await expect(page.locator("#dry")).to_contain_text("Будет создано: 1")
    await page.locator("#dry_result").select_option("answered")
    await page.get_by_role("button", name="Что получится?").click()
    await expect(page.locator("#dry")).to_contain_text("другой итог")
    await page.get_by_role("button", name="Сохранить").click()
    await page.wait_for_url("**done=saved**")
    config = await _config(service)
    assert config["user_extensions"] == {first: "150", second: "151"}
    assert config["unknown_number"] == {"in": "unsorted", "out": "skip"}
    assert config["missed_owner"] == "last_rang"
    assert [rule["create"] for rule in config["rules"]] == ["task"]
    await expect(page.locator(f"#user-{second}")).to_have_value("151")
    await expect(page.locator("#unknown_in")).to_have_value("unsorted")


async def _config(service: AmoService) -> Any:
    return json.loads(
        await service.value("SELECT config::text FROM connections WHERE kind = 'amocrm'")
    )


async def _disconnect(page: Page, service: AmoService, connection: str) -> None:
    assert len((await service.state())["webhooks"]) == 1
    await page.goto(f"{service.url}{ACCOUNTS}")
    card = page.locator(f"#account-{connection}")
    await card.get_by_role("button", name="Отключить").click()
    await page.get_by_role("dialog").get_by_role("button", name="Да").click()
    await page.wait_for_url("**done=amocrm_disconnected**")
    await expect(page.get_by_text("amoCRM ещё не подключена")).to_be_visible()
    assert (await service.state())["webhooks"] == []
    assert await service.value("SELECT count(*) FROM oauth_grants") == 0
    await eventually(lambda: _wiped(service))


async def _wiped(service: AmoService) -> bool:
    kept = "SELECT (SELECT count(*) FROM crm_entities) + (SELECT count(*) FROM crm_references)"
    return bool(await service.value(kept) == 0)


async def test_every_page_fits_and_speaks_ones_language(
    working: AmoService, browser: Browser
) -> None:
    connection = await working.connect()
    await working.copied()
    paths = (*PAGES, f"/console/amocrm/settings/{connection}")
    names = await _given_names(working)
    for locale, letters in (("en-US", _CYRILLIC), ("uk-UA", _RUSSIAN)):
        async with await browser.new_context(locale=locale) as context:
            page = await context.new_page()
            await sign_in(page, working)
            for path in paths:
                for width in (1280, 360):
                    await page.set_viewport_size({"width": width, "height": 800})
                    await page.goto(working.url + path)
                    wide = await page.evaluate("document.documentElement.scrollWidth")
                    assert wide <= width, (path, width)
                said = await page.locator("body").inner_text()
                for name in names:
                    said = said.replace(name, "")
                assert letters.findall(said) == [], (locale, path, said)


async def _given_names(service: AmoService) -> list[str]:
    """What amoCRM and its people have named: no text of ours. The longest first."""
    state = await service.state()
    kinds = ("contacts", "companies", "leads", "users", "pipelines")
    held = await service.fetch("SELECT data::text AS data FROM crm_references")
    found = {row["name"] for kind in kinds for row in state[kind]}
    for row in held:
        found |= _strings(json.loads(row["data"]))
    return sorted(filter(_CYRILLIC.search, found), key=len, reverse=True)


def _strings(data: Any) -> set[str]:
    if isinstance(data, dict | list):
        inner = data.values() if isinstance(data, dict) else data
        return set().union(*(_strings(one) for one in inner))
    return {data} if isinstance(data, str) else set()


async def test_an_employee_connects_an_account_of_their_own(
    service: AmoService, page: Page, browser: Browser
) -> None:
    await service.house.people.create(
        "tests", HERE, email=CLERK, name="Clara", role=Role.EMPLOYEE, password=PASSWORD
    )
    await sign_in(page, service, CLERK)
    await page.get_by_role("link", name="Мой amoCRM").click()
    await page.get_by_role("button", name="Подключить amoCRM").click()
    await expect(page.get_by_text("просит доступ")).to_be_visible()
    await allow(page)
    await expect(page.get_by_role("link", name="На главную")).to_be_visible()
    await page.goto(f"{service.url}{MINE}")
    card = page.locator("#mine")
    await expect(card.get_by_role("heading")).to_be_visible()
    held = "SELECT count(*) FROM connections WHERE user_id IS NOT NULL AND status = 'active'"
    assert await service.value(held) == 1

    async with await browser.new_context(locale="ru-RU") as other:
        admin = await sign_in(await other.new_page(), service)
        await admin.goto(f"{service.url}{MINE}")
        await expect(admin.get_by_role("button", name="Подключить amoCRM")).to_be_visible()
        await expect(admin.locator("#mine").get_by_role("heading")).to_have_count(0)

    await card.get_by_role("button", name="Отключить").click()
    await page.get_by_role("dialog").get_by_role("button", name="Да").click()
    await expect(card.get_by_role("button", name="Подключить amoCRM")).to_be_visible()
    assert await service.value(held) == 0
