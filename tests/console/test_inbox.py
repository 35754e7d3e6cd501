"""Talks with clients in a real browser: come by themselves, taken over, answered, given back."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, expect

from kommutator.domain.assistant.settings import AssistantSettings
from tests.support.house import PASSWORD
from tests.support.messengers import Messenger, open_messenger
from tests.support.talking_service import TalkingService, open_talking_service
from tests.support.yclients_service import HERE, SALON

pytestmark = pytest.mark.browser
OWNER, EMPLOYEE = "admin@0367.example", "employee@0367.example"
PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
async def telegram() -> AsyncIterator[Messenger]:
    async with open_messenger("telegram") as running:
        yield running


@pytest.fixture(scope="module")
async def talking(module_database_url: str, telegram: Messenger) -> AsyncIterator[TalkingService]:
    async with open_talking_service(module_database_url, telegram) as opened:
        yield opened


async def sign_in(page: Page, talking: TalkingService, email: str, path: str) -> Page:
    await page.goto(f"{talking.service.url}/console/login?next={path}")
    await page.get_by_label("Электронная почта").fill(email)
    await page.get_by_label("Пароль").fill(PASSWORD)
    await page.get_by_role("button", name="Войти").click()
    await page.wait_for_url(f"**{path}")
    return page


async def come(talking: TalkingService, person: int, name: str) -> None:
    """Somebody opens the chat and is greeted: what they write next is a turn of its own."""
    await talking.comes(person, name)
    await talking.said(person, 1)


async def test_a_talk_is_taken_over_answered_and_given_back(
    page: Page, talking: TalkingService
) -> None:
    desk = await sign_in(page, talking, EMPLOYEE, "/console/inbox")
    await expect(desk.get_by_role("heading", name="Диалогов пока нет")).to_be_visible()
    await expect(desk.get_by_role("link", name="Ассистент")).to_have_count(0)
    await come(talking, 501, "Ксения")
    await talking.ask(501, "позовите администратора", 2)
    row = desk.locator("a.inbox-row", has_text="Ксения")
    await expect(row).to_contain_text("Ждёт человека")
    await expect(row).to_contain_text("Просит администратора")

    await row.click()
    thread, say = desk.locator("#thread"), desk.get_by_label("Сообщение клиенту")
    await expect(thread).to_contain_text("позовите администратора")
    await expect(thread.locator("summary").last).to_contain_text("Зовёт человека")
    await expect(row.locator(".badge.bg-blue")).to_have_count(0)  # read by now
    await thread.locator("summary").last.click()
    await say.fill("Добрый")
    await talking.telegram.order("say", chat="501", text="вы тут?")
    await expect(thread).to_contain_text("вы тут?")
    await expect(say).to_have_value("Добрый")
    await expect(thread.locator("details[open]")).to_contain_text("Зовёт человека")
    await desk.get_by_role("button", name="Взять на себя").click()
    await expect(desk.locator("#talk-head")).to_contain_text("Отвечает сотрудник")
    await expect(say).to_have_value("Добрый")

    await say.fill("Добрый день, слушаю вас!")
    await say.press("Control+Enter")
    await expect(thread.locator(".bubble-staff")).to_contain_text("Добрый день, слушаю вас!")
    await expect(say).to_have_value("")
    assert (await talking.said(501, 3))[-1] == "Добрый день, слушаю вас!"
    await expect(thread.locator(".bubble-staff .tick-sent")).to_be_visible()
    await say.fill("Чем помочь?")
    await desk.get_by_role("button", name="Отправить").click()
    assert (await talking.said(501, 4))[-1] == "Чем помочь?"

    await desk.get_by_role("button", name="Вернуть ассистенту").click()
    await expect(desk.locator("#talk-head")).to_contain_text("Отвечает ассистент")
    assert "Образцовая, 12" in await talking.ask(501, "какой у вас адрес?", 5)
    await expect(thread.locator("summary").last).to_contain_text("Спрашивает адрес")


async def test_a_client_is_spared_and_found_on_a_phone(page: Page, talking: TalkingService) -> None:
    await come(talking, 502, "Олег")
    await talking.ask(502, "сколько стоит женская стрижка?", 2)
    await page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # width and height
    desk = await sign_in(page, talking, EMPLOYEE, "/console/inbox")
    await desk.get_by_role("searchbox", name="Имя или телефон").fill("олег")
    await desk.get_by_role("button", name="Показать").click()
    await expect(desk.locator("a.inbox-row")).to_have_count(1)
    await desk.locator("a.inbox-row").click()
    await expect(desk.locator(".inbox-talks")).to_be_hidden()
    assert await desk.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    await desk.get_by_role("button", name="Больше не писать первыми").click()
    await desk.get_by_role("dialog").get_by_role("button", name="Да").click()
    await expect(desk.locator("#talk-card")).to_contain_text("Просил не писать")
    said = "SELECT opted_out, source, by FROM consents"
    async with talking.service.house.db.single() as unit:
        (row,) = await unit.connection.fetch(said)
    assert tuple(row) == (True, "staff", EMPLOYEE)
    await desk.get_by_role("button", name="Снова писать").click()
    await expect(desk.locator("#talk-card")).to_contain_text("Можно писать")
    await desk.get_by_role("link", name="К списку").click()
    await expect(desk.locator(".inbox-talks")).to_be_visible()


async def test_trying_it_books_nothing(page: Page, talking: TalkingService) -> None:
    service = talking.service
    company = service.twin.world.companies[SALON]
    stood, talks = len(company.records), "SELECT count(*) FROM conversations"
    before = await service.value(talks)
    desk = await sign_in(page, talking, OWNER, "/console/assistant/try")
    talk, say = desk.get_by_role("log"), desk.get_by_label("Напишите как клиент")
    for said, answered in (
        ("женская стрижка завтра в любое время", "Свободно|Есть такое время"),
        ("1", "зовут|имя"),
        ("Олег", "номер"),
        ("+79161234567", "Верно|верно"),
        ("да", "вы записаны"),
    ):
        await say.fill(said)
        await say.press("Control+Enter")
        await expect(say).to_have_value("")
        await expect(talk.locator(".bubble-bot").last).to_contain_text(re.compile(answered))
    would = desk.get_by_role("status").filter(has_text="Сделал бы")
    await expect(would).to_contain_text("Запись: Стрижка женская")
    client = await desk.locator("#clients option").first.get_attribute("value")
    await desk.get_by_label("От лица клиента").fill(client or "")
    await say.fill("когда я записан?")
    await desk.get_by_role("button", name="Отправить").click()
    await expect(talk.locator(".bubble-bot").last).to_contain_text("Вы записаны")
    await expect(talk.get_by_text("новый разговор")).to_have_count(2)
    assert len(company.records) == stood
    assert await service.value(talks) == before


async def test_settings_are_kept(page: Page, talking: TalkingService) -> None:
    house, url = talking.service.house, talking.service.url
    desk = await sign_in(page, talking, OWNER, "/console/assistant")
    await desk.get_by_label("Сколько часов молчит после человека").fill("6,5")
    await desk.get_by_role("button", name="Сохранить").click()
    await expect(desk.locator("#toasts")).to_contain_text("Сохранено")
    await desk.goto(f"{url}/console/assistant/names")
    await desk.get_by_label("Стрижка женская").fill("стригуля, чик-чик")
    await desk.get_by_label("Проверьте фразу").fill("хочу чик-чик завтра")
    await expect(desk.locator("#heard")).to_contain_text("Хочет записаться · Стрижка женская")
    await desk.get_by_role("button", name="Сохранить").click()
    await expect(desk.get_by_label("Стрижка женская")).to_have_value("стригуля, чик-чик")

    await desk.goto(f"{url}/console/assistant/texts?language=ru")
    hello = desk.locator("form", has_text="Здравствуйте, {name}!")
    own = hello.get_by_role("textbox")
    await own.fill("Привет, {nome}!")
    await expect(hello.get_by_text("Здесь нельзя использовать {nome}.")).to_be_visible()
    await own.fill("Привет, {name}!")
    await expect(hello.get_by_text("Привет, Ксения!")).to_be_visible()
    await hello.get_by_role("button", name="Сохранить").click()
    await expect(desk.get_by_role("button", name="Сбросить")).to_be_visible()
    of_title = "SELECT id FROM salon_services WHERE title = $1"
    service = await talking.service.value(of_title, "Стрижка женская")
    kept: AssistantSettings = await house.assistant.of(HERE)
    assert (kept.on, kept.pause_hours) == (True, 6.5)
    assert kept.aliases.services == {str(service): ("стригуля", "чик-чик")}
    assert kept.texts == {"assistant.hello_name.ru": "Привет, {name}!"}


async def test_rules_of_unasked_messages_are_kept(page: Page, talking: TalkingService) -> None:
    house, url = talking.service.house, talking.service.url
    desk = await sign_in(page, talking, OWNER, "/console/assistant/reminders")
    card = desk.locator(".card", has=desk.locator("#text-review"))
    await card.get_by_label("Свой текст").fill("{client}, как вам у нас?")
    await expect(desk.locator("#preview-review")).to_contain_text("как вам у нас?")
    await desk.get_by_label("Площадка 1").fill("Карты")
    await desk.get_by_label("Ссылка 1").fill("https://maps.example/salon")
    await desk.get_by_role("button", name="Сохранить").click()
    await expect(desk.locator("#toasts")).to_contain_text("Сохранено")
    rules = (await house.reminders.settings(HERE)).settings.rules
    assert rules.texts == {"review": "{client}, как вам у нас?"}
    assert [(one.title, one.url) for one in rules.review.links] == [
        ("Карты", "https://maps.example/salon")
    ]

    await desk.goto(f"{url}/console/assistant/outreach")
    await desk.get_by_role("button", name="Telegram: выше").click()
    await desk.get_by_role("checkbox", name="Avito").uncheck()
    await desk.get_by_label("Приглашение вернуться").uncheck()
    await desk.get_by_role("button", name="Сохранить").click()
    await expect(desk.locator("#toasts")).to_contain_text("Сохранено")
    await desk.get_by_role("button", name="Остановить всё").click()
    await desk.get_by_role("dialog").get_by_role("button", name="Да").click()
    await expect(desk.get_by_text("Приостановлено вручную.")).to_be_visible()
    standing = await house.outreach.standing(HERE)
    assert [one.value for one in standing.settings.order] == [
        "whatsapp", "telegram", "whatsapp_cloud"
    ]  # fmt: skip
    assert [one.value for one in standing.settings.off] == ["win_back"]
    assert [one.connection_id for one in standing.pauses] == [None]
    await desk.get_by_role("button", name="Возобновить").click()
    await expect(desk.get_by_text("Приостановлено вручную.")).to_have_count(0)


async def test_neighbours_find_nothing(page: Page, talking: TalkingService) -> None:
    await come(talking, 503, "Мария")
    talk = await talking.service.value("SELECT min(id) FROM conversations")
    desk = await sign_in(page, talking, "admin@0411.example", "/console/inbox")
    await expect(desk.get_by_role("heading", name="Диалогов пока нет")).to_be_visible()
    url = f"{talking.service.url}/console/inbox/{talk}"
    for path in ("", "/thread"):
        answer = await desk.goto(url + path)
        assert answer is not None
        assert answer.status == 404
