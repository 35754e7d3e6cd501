"""The phone book in a real browser, filled from a real RetailCRM twin."""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Page, expect

from kommutator.connectors.crm.retailcrm.connect import RetailCrmDesk
from kommutator.flows.ask_crm import AskCrm
from kommutator.flows.turns import Turns
from kommutator.kit.http import HttpClient
from kommutator.workers.phone_book import PhoneBookFiller
from tests.console.conftest import EMPLOYEE, HERE, Console, connect_crm, connect_pbx, sign_in
from tests.support.factories import value

pytestmark = pytest.mark.browser
CLIENTS = 230
ANDREY = "+70000000101"  # of the twin's own; responsible is its user 19, who has 150


@asynccontextmanager
async def filler(console: Console) -> AsyncIterator[PhoneBookFiller]:
    """The worker's part, over the console's own house."""
    house = console.house
    http = HttpClient(clock=house.clock, allowed_hosts={"127.0.0.1"})
    desk = RetailCrmDesk(http, turn=Turns(house.db, clock=house.clock))
    ask = AskCrm(house.db, house.directory, {desk.kind: desk}, clock=house.clock)
    made = PhoneBookFiller(house.db, ask, clock=house.clock, ids=house.ids)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(http.close)
        await made.start()
        stack.push_async_callback(made.stop)
        yield made


async def order(console: Console, path: str, /, **body: Any) -> None:
    root = console.crm_url
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{root}/_twin/{path}", json=body) as answer,
    ):
        assert answer.status == 200, await answer.text()


async def picture(page: Page, name: str) -> None:
    """For whoever wants to look: KOMMUTATOR_PICTURES names a folder."""
    if folder := os.environ.get("KOMMUTATOR_PICTURES"):
        for width in (1280, 360):
            await page.set_viewport_size({"width": width, "height": 900})
            await page.screenshot(path=f"{folder}/{name}-{width}.png")
        await page.set_viewport_size({"width": 1280, "height": 900})


async def no_sideways_scroll(page: Page) -> None:
    await page.set_viewport_size({"width": 360, "height": 800})
    wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth + 1")
    assert not wide, "the page scrolls sideways on a phone"
    await page.set_viewport_size({"width": 1280, "height": 900})


async def test_an_empty_book_says_what_fills_it(admin: Page, console: Console) -> None:
    await admin.get_by_role("link", name="Телефонная книга").click()
    await expect(admin.get_by_text("В книге пока пусто")).to_be_visible()
    await expect(admin.get_by_text("Подключите CRM")).to_be_visible()
    await expect(admin.get_by_role("button", name="Прочитать всех клиентов")).to_have_count(0)
    await picture(admin, "book-empty")


async def test_reading_pinning_and_asking(admin: Page, console: Console) -> None:
    await order(console, "customers", many=CLIENTS)
    # Slow enough to be watched: the part of the page asks every two seconds.
    await order(console, "faults", kind="latency", path="/api/v5/customers", seconds=2.5, count=3)
    crm_id = await connect_crm(console)
    mapping = {"user_extensions": {"19": "150"}}
    async with console.house.db.unit() as unit:
        stored = await unit.connections.get(HERE, crm_id)
        await unit.connections.save(HERE, crm_id, config={**stored.config, **mapping})
    await connect_pbx(console)
    await admin.goto(f"{console.url}/console/phone-book")
    async with filler(console) as filling:
        await admin.get_by_role("button", name="Прочитать всех клиентов").click()
        filling.kick()
        state = admin.locator("#book-state")
        await expect(state).to_contain_text("Прочитано клиентов", timeout=20_000)
        await picture(admin, "book-reading")
        await expect(state).to_contain_text("Все клиенты прочитаны", timeout=20_000)
        await expect(state).to_contain_text(f"из них клиентов CRM: {CLIENTS + 5}")
        await admin.get_by_label("Имя или номер").fill("тестов")
        async with admin.expect_response(lambda r: "q=" in r.url) as sought:
            await admin.get_by_role("button", name="Показать", exact=True).click()
        assert (await sought.value).ok
        row = admin.get_by_role("row", name="Тестов Андрей")
        await expect(row).to_contain_text("Ответственный в CRM")
        await expect(row).to_contain_text("150")
        await row.get_by_role("combobox").select_option("152")
        await expect(row).to_contain_text("Закреплён за этим клиентом")
        assert await value(console.house.db, PINNED, HERE, ANDREY) == "152"
        await row.get_by_role("button", name="Спросить CRM").click()
        await expect(row).to_contain_text("спрашиваем")
        filling.kick()
        await expect(row.get_by_role("link", name="Тестов Андрей")).to_be_visible()
        await admin.goto(f"{console.url}/console/phone-book?pinned=1")
        await expect(admin.get_by_role("row")).to_have_count(2)
        await row.get_by_role("combobox").select_option("")
        await expect(row).to_contain_text("Ответственный в CRM")
        await admin.goto(f"{console.url}/console/phone-book")
        await admin.get_by_role("link", name="Показать ещё").click()
        await expect(admin.get_by_role("row", name="Client")).to_have_count(95)
        await picture(admin, "book-full")
        await no_sideways_scroll(admin)


PINNED = "SELECT pinned FROM phone_book WHERE enterprise = $1 AND phone = $2"


async def test_a_crm_that_refuses_is_shown_with_its_words(admin: Page, console: Console) -> None:
    await connect_crm(console)
    await order(
        console, "faults", kind="reply", status=500, path="/api/v5/customers", body="<html>"
    )
    await admin.goto(f"{console.url}/console/phone-book")
    async with filler(console) as filling:
        await admin.get_by_role("button", name="Прочитать всех клиентов").click()
        filling.kick()
        alert = admin.locator("#book-state").get_by_role("alert")
        await expect(alert).to_contain_text("остановилось на странице 1")
        await expect(alert).to_contain_text("Следующая попытка")
        await picture(admin, "book-failed")
        await no_sideways_scroll(admin)


async def test_an_employee_looks_and_changes_nothing(page: Page, console: Console) -> None:
    async with console.house.db.unit() as unit:
        await unit.phone_book.talked(HERE, ANDREY, "150", console.house.clock.now())
    await sign_in(page, console, EMPLOYEE)
    await page.get_by_role("link", name="Телефонная книга").click()
    await expect(page.get_by_role("row", name="+70000000101")).to_contain_text("150")
    await expect(page.get_by_role("combobox")).to_have_count(0)
    await expect(page.get_by_role("button", name="Спросить CRM")).to_have_count(0)
    await picture(page, "book-employee")
