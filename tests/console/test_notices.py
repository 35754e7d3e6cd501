"""Messengers and notices as an administrator meets them: connected, invited, told, looked up."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import uvicorn
from playwright.async_api import Page, expect

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.doors.console.router import router
from kommutator.doors.http import channels
from kommutator.doors.http.app import create_app
from kommutator.flows.house import House
from tests.support.channels import a_receiver, a_salon, change, connect_telegram, tell, visit
from tests.support.house import PASSWORD, open_house, settle_tenant
from tests.support.messengers import Messenger, open_messenger

pytestmark = pytest.mark.browser
HERE = EnterpriseNumber("0367")


@pytest.fixture(scope="module")
async def telegram() -> AsyncIterator[Messenger]:
    async with open_messenger("telegram") as running:
        yield running


@pytest.fixture
async def house(database_url: str, telegram: Messenger) -> AsyncIterator[House]:
    await telegram.order("reset")
    async with AsyncExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = listener.getsockname()[1]
        opened = await stack.enter_async_context(
            open_house(
                database_url,
                public_url=f"http://127.0.0.1:{port}",
                private_hosts="127.0.0.1",
                telegram_api_url=telegram.url,
                telegram_links_url=f"{telegram.url}/t.me",
                avito_api_url=telegram.url,
            )
        )
        await settle_tenant(opened, HERE)
        app = create_app(opened, families={"channels": channels.add, "console": _console})
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        yield opened
        server.should_exit = True
        await serving


def _console(app: Any) -> None:
    app.include_router(router)


@pytest.fixture
async def admin(page: Page, house: House) -> Page:
    await page.goto(f"{house.settings.public_url}/console/login")
    await page.get_by_label("Электронная почта").fill("admin@0367.example")
    await page.get_by_label("Пароль").fill(PASSWORD)
    await page.get_by_role("button", name="Войти").click()
    await page.wait_for_url(lambda url: "/login" not in url)
    return page


async def _fits(page: Page) -> bool:
    """Whether nothing sticks out to the right."""
    wide: bool = await page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    return wide


async def test_from_a_token_to_a_receiver(admin: Page, house: House, telegram: Messenger) -> None:
    url = house.settings.public_url
    (bot,) = (await telegram.look("credentials"))["bots"]
    await admin.goto(f"{url}/console/channels")
    form = admin.locator("details", has_text="Подключить бота Telegram")
    await form.locator("summary").click()
    await form.get_by_label("Токен бота").fill("7000000001:" + "x" * 35)
    await form.get_by_role("button", name="Подключить").click()
    await expect(admin.locator("#result")).to_contain_text("@BotFather")
    await form.get_by_label("Токен бота").fill(bot["token"])
    await form.get_by_role("button", name="Подключить").click()
    await expect(admin.get_by_text("@kommutator_test_bot")).to_be_visible()
    await expect(admin.get_by_text("сразу (вебхук)")).to_be_visible()
    assert bot["token"] not in await admin.content()

    await admin.goto(f"{url}/console/notices")
    await admin.get_by_role("link", name="Новый получатель").first.click()
    await admin.get_by_label("Имя").fill("Стойка")
    await admin.get_by_label("отмена").uncheck()
    await admin.get_by_label("Не беспокоить ночью").check()
    await admin.get_by_role("button", name="Сохранить").click()
    await expect(admin.get_by_text("Ещё никто не открыл ссылку.")).to_be_visible()
    await admin.get_by_role("button", name="Создать ссылку").click()
    link = await admin.locator("#link-person").inner_text()
    assert link.startswith(f"{telegram.url}/t.me/kommutator_test_bot?start=")
    (receiver,) = await house.notices.receivers(HERE)
    wishes = receiver.wishes
    assert [one.value for one in wishes.news] == ["created", "moved", "restored"]
    assert wishes.quiet is not None
    await admin.set_viewport_size({"width": 390, "height": 844})
    assert await _fits(admin)


async def test_words_are_tried_while_they_are_typed(admin: Page, house: House) -> None:
    await admin.goto(f"{house.settings.public_url}/console/notices/templates")
    form = admin.locator("form", has=admin.locator("#text-moved"))
    await expect(form.locator(".notice-preview")).to_contain_text("Было:")
    await admin.locator("#text-moved").fill("Теперь {date} в {time}, было {old_time}")
    await expect(form.locator(".notice-preview")).to_contain_text("в 12:30, было 10:00")
    await admin.locator("#text-moved").fill("{нет}")
    await expect(form.get_by_role("alert")).to_contain_text("неизвестное место {нет}")
    await admin.locator("#text-moved").fill("Перенос: {time}")
    await form.get_by_role("button", name="Сохранить").click()
    await expect(form.get_by_text("свой текст")).to_be_visible()
    await form.get_by_role("button", name="Сбросить").click()
    await expect(form.get_by_text("свой текст")).to_have_count(0)
    await admin.set_viewport_size({"width": 390, "height": 844})
    assert await _fits(admin)


async def test_the_log_says_why_not(admin: Page, house: House, telegram: Messenger) -> None:
    bot = await connect_telegram(house, HERE, telegram)
    await a_receiver(house, HERE, bot, name="Стойка")
    await tell(house, await a_salon(house, HERE), change(None, visit()))
    await admin.goto(f"{house.settings.public_url}/console/notices/log")
    row = admin.get_by_role("row", name="Стойка")
    await expect(row).to_contain_text("пропущено")
    await expect(row).to_contain_text("Ещё никто не открыл ссылку.")
    await row.get_by_text("новая запись").click()
    await expect(row).to_contain_text("Olga")
    await admin.locator("#state").select_option("sent")
    await expect(admin.get_by_text("Пока ничего не уходило")).to_be_visible()
    await admin.set_viewport_size({"width": 390, "height": 844})
    assert await _fits(admin)
