"""What an administrator does in the console, in a real browser, against a real RetailCRM twin."""

from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

from tests.console.conftest import (
    ADMIN,
    EMPLOYEE,
    HERE,
    Console,
    connect_crm,
    connect_pbx,
    sign_in,
)
from tests.support.factories import a_call, a_command, a_journal_row, an_attempt, value
from tests.support.house import PLATFORM_EMAIL

pytestmark = pytest.mark.browser


async def test_a_wrong_password_is_answered_kindly_and_a_right_one_opens(
    page: Page, console: Console
) -> None:
    await page.goto(f"{console.url}/console/calls")
    await expect(page.get_by_role("heading", name="Вход")).to_be_visible()
    await page.get_by_label("Электронная почта").fill(ADMIN)
    await page.get_by_label("Пароль").fill("wrong horse 7 battery")
    await page.get_by_role("button", name="Войти").click()
    await expect(page.get_by_role("alert")).to_contain_text("Почта или пароль не подошли.")
    await expect(page.get_by_label("Электронная почта")).to_have_value(ADMIN)
    await sign_in(page, console, ADMIN)
    await expect(page.get_by_role("heading", name="Обзор")).to_be_visible()
    await page.get_by_role("button", name="Выйти").click()
    await expect(page.get_by_role("heading", name="Вход")).to_be_visible()
    await page.goto(f"{console.url}/console/")
    await expect(page.get_by_role("heading", name="Вход")).to_be_visible()


async def test_an_empty_console_says_what_to_do_first(admin: Page) -> None:
    await admin.get_by_role("link", name="Подключить CRM").click()
    await admin.locator('a[href="/console/connections/retailcrm"]').click()
    await expect(admin.get_by_role("heading", name="June RetailCRM")).to_be_visible()


async def test_connecting_registers_reads_back_and_removes(admin: Page, console: Console) -> None:
    await admin.goto(f"{console.url}/console/connections/retailcrm")
    await admin.get_by_label("Адрес RetailCRM").fill(console.crm_url)
    await admin.get_by_label("Ключ API").fill(console.crm["api_key"])
    await admin.get_by_role("button", name="Сохранить и зарегистрировать").click()
    result = admin.locator("#result")
    await expect(result).to_contain_text("Модуль зарегистрирован")
    shops = await value(console.house.db, "SELECT config->'sites' ? 'shop-main' FROM connections")
    assert shops is True
    await expect(admin.locator("#state")).to_contain_text("Работает")
    await admin.reload()
    key = admin.get_by_label("Ключ API")
    await expect(key).to_have_value("")
    placeholder = await key.get_attribute("placeholder")
    assert placeholder == f"•••• {console.crm['api_key'][-4:]} (сохранён)"
    await admin.get_by_role("button", name="Удалить интеграцию").click()
    await admin.get_by_role("button", name="Да", exact=True).click()
    await expect(admin.get_by_text("Подключение удалено, ключ стёрт")).to_be_visible()
    left = await value(console.house.db, "SELECT status || secrets::text FROM connections")
    assert left == "removed{}"


async def test_a_weak_key_is_told_its_missing_rights_by_name(admin: Page, console: Console) -> None:
    await admin.goto(f"{console.url}/console/connections/retailcrm")
    await admin.get_by_label("Адрес RetailCRM").fill(console.crm_url)
    await admin.get_by_label("Ключ API").fill(console.crm["limited_api_key"])
    await admin.get_by_role("button", name="Сохранить и проверить").click()
    result = admin.locator("#result")
    await expect(result).to_contain_text("не хватает прав")
    await expect(result.get_by_role("listitem").first).to_be_visible()
    await expect(result).to_contain_text("integration_write")
    await admin.get_by_role("button", name="Сохранить и зарегистрировать").click()
    await expect(result).to_contain_text("не хватает прав")
    await expect(admin.locator("#state")).to_contain_text("Не включено")


async def test_a_mistyped_address_keeps_the_form_and_says_what_to_do(
    admin: Page, console: Console
) -> None:
    await admin.goto(f"{console.url}/console/connections/retailcrm")
    await admin.get_by_label("Адрес RetailCRM").fill("not an address")
    await admin.get_by_label("Ключ API").fill("some-key-not-real")
    await admin.get_by_role("button", name="Сохранить и зарегистрировать").click()
    await expect(admin.get_by_role("alert")).to_contain_text("Скопируйте адрес из строки браузера")
    await expect(admin.get_by_label("Адрес RetailCRM")).to_have_value("not an address")


async def test_an_extension_is_given_to_an_employee_and_the_crm_knows_it(
    admin: Page, console: Console
) -> None:
    crm = await connect_crm(console)
    await admin.goto(f"{console.url}/console/people")
    row = admin.locator("#user-19")
    await expect(row.locator(".extension")).to_have_text("не назначен")
    choice = row.get_by_role("combobox")
    options = await choice.locator("option").all_inner_texts()
    assert options == [
        "— нет номера —",
        "150 (Джулай Джуновый)",
        "151 (свободен)",
        "152 (Склад)",
    ]
    save = row.get_by_role("button")
    await expect(save).to_be_hidden()
    await choice.select_option("151")
    await save.click()
    await expect(admin.locator("#user-19 .extension")).to_have_text("151")
    await expect(admin.locator("#user-19")).to_contain_text("Совпадает")
    await expect(admin.locator("#people")).to_contain_text("переданы в RetailCRM")
    await admin.locator("#user-18").get_by_role("combobox").select_option("151")
    await admin.locator("#user-19").get_by_role("combobox").select_option("")
    await admin.get_by_role("button", name="Сохранить все").click()
    await expect(admin.locator("#user-18 .extension")).to_have_text("151")
    await expect(admin.locator("#user-19 .extension")).to_have_text("не назначен")
    held = await value(
        console.house.db, "SELECT config->>'user_extensions' FROM connections WHERE id = $1", crm
    )
    assert held == '{"18": "151"}'


async def test_an_internal_number_is_added_and_removed(admin: Page, console: Console) -> None:
    await admin.goto(f"{console.url}/console/people")
    await admin.get_by_label("Номер", exact=True).fill("160")
    await admin.get_by_label("или подпись").fill("Охрана")
    await admin.get_by_role("button", name="Сохранить", exact=True).click()
    await expect(admin.locator("strong", has_text="160")).to_be_visible()
    await admin.get_by_role("button", name="Удалить номер 160").click()
    await admin.get_by_role("button", name="Да", exact=True).click()
    await expect(admin.get_by_text("Номер удалён")).to_be_visible()
    await expect(admin.locator("strong", has_text="160")).to_have_count(0)


async def test_a_refused_call_explains_itself_and_is_replayed(
    admin: Page, console: Console
) -> None:
    db, at = console.house.db, console.house.clock.now() - timedelta(minutes=5)
    crm = await connect_crm(console)
    refusal = "calls[0].code: This value is not valid."
    await a_call(db, HERE, "1700000000.1", at)
    await a_journal_row(db, HERE, "1700000000.1", "Hangup", at + timedelta(seconds=127))
    dead = await a_command(
        db, HERE, crm, "1700000000.1", at, state="dead", error_kind="rejected", error=refusal
    )
    await an_attempt(db, HERE, crm, at, outbox_id=dead, call_id="1700000000.1", error=refusal)
    await admin.goto(f"{console.url}/console/calls")
    await admin.get_by_role("link", name="Подробности").click()
    await expect(admin.get_by_text("RetailCRM не принимает звонок")).to_be_visible()
    await expect(admin.get_by_text("Трубку положили (hangup)")).to_be_visible()
    await admin.get_by_text("Запрос и ответ").click()
    await expect(admin.get_by_text("/api/v5/telephony/calls/upload")).to_be_visible()
    await admin.get_by_role("link", name="Открыть журнал").click()
    await admin.get_by_role("button", name="Повторить", exact=True).click()
    await expect(admin.get_by_text("Снова в очереди")).to_be_visible()
    assert await value(db, "SELECT state FROM outbox WHERE id = $1", dead) == "due"


async def test_the_log_filters_and_shows_bodies(admin: Page, console: Console) -> None:
    db, at = console.house.db, console.house.clock.now()
    crm = await connect_crm(console)
    await an_attempt(db, HERE, crm, at, error="Missing code")
    await an_attempt(db, HERE, crm, at)
    await admin.goto(f"{console.url}/console/log")
    await admin.get_by_label("Итог").select_option("error")
    await admin.get_by_role("button", name="Показать").click()
    await expect(admin.locator("tbody tr")).to_have_count(1)
    await admin.get_by_role("button", name="Запрос и ответ").click()
    await expect(admin.locator("tr.bodies")).to_contain_text('"apiKey": "***"')


async def test_a_range_of_refused_messages_is_replayed_after_a_question(
    admin: Page, console: Console
) -> None:
    db, at = console.house.db, console.house.clock.now() - timedelta(days=1)
    crm = await connect_crm(console)
    for number in range(3):
        await a_command(db, HERE, crm, f"c-{number}", at, state="dead", error="no")
    await admin.goto(f"{console.url}/console/log/dead")
    await admin.get_by_role("button", name="Повторить все").click()
    await admin.get_by_role("button", name="Да", exact=True).click()
    await expect(admin.get_by_text("Всё принято")).to_be_visible()
    assert await value(db, "SELECT count(*) FROM outbox WHERE state = 'due'") == 3


async def test_the_live_board_follows_a_call_by_itself(admin: Page, console: Console) -> None:
    db, now = console.house.db, console.house.clock.now()
    await admin.goto(f"{console.url}/console/calls")
    await expect(admin.get_by_text("Сейчас никто не звонит")).to_be_visible()
    await a_call(
        db, HERE, "c-1", now, phase="ringing", result=None, answered_by=[], answered_at=None,
        ended_at=None, talk_s=None,
    )  # fmt: skip
    await expect(admin.locator("#live")).to_contain_text("Звонит на: 150 · Джулай Джуновый, 151")


async def test_rules_are_tried_before_they_are_saved(admin: Page, console: Console) -> None:
    crm = await connect_crm(console)
    await admin.goto(f"{console.url}/console/settings")
    await admin.locator("[name=rule-0-create]").select_option("task")
    await admin.locator("[name=rule-0-result]").select_option("missed")
    await admin.locator("[name=rule-0-text]").fill("Перезвонить")
    await admin.locator("[name=rule-0-due]").fill("15")
    await admin.get_by_role("button", name="Что получится?").click()
    await expect(admin.locator("#dry")).to_contain_text("Будет создано: 1")
    await admin.get_by_label("Итог", exact=True).last.select_option("answered")
    await admin.get_by_role("button", name="Что получится?").click()
    await expect(admin.locator("#dry")).to_contain_text("другой итог")
    await admin.locator("#crm-settings").get_by_role("button", name="Сохранить").click()
    await expect(admin.get_by_text("Сохранено")).to_be_visible()
    rules = await value(
        console.house.db, "SELECT config->>'rules' FROM connections WHERE id = $1", crm
    )
    assert rules == (
        '[{"text": "Перезвонить", "create": "task", "result": "missed", "due_minutes": 15}]'
    )


async def test_a_key_is_shown_once_and_revoked(admin: Page, console: Console) -> None:
    await admin.goto(f"{console.url}/console/access")
    await admin.get_by_text("Создать ключ").first.click()
    await admin.get_by_label("Название").fill("АТС")
    await admin.get_by_role("button", name="Создать ключ").click()
    key = await admin.locator("#new-key").inner_text()
    assert key.startswith("kmt_")
    await admin.goto(f"{console.url}/console/access")
    await expect(admin.get_by_text(key)).to_have_count(0)
    await admin.get_by_role("button", name="Отозвать").click()
    await admin.get_by_role("button", name="Да", exact=True).click()
    await expect(admin.get_by_text("отозван", exact=True)).to_be_visible()


async def test_the_language_is_switched_and_remembered(page: Page, console: Console) -> None:
    await page.goto(f"{console.url}/console/login")
    await page.get_by_role("button", name="English").click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    await page.get_by_role("button", name="Русский").click()
    await sign_in(page, console, ADMIN)
    await page.get_by_role("button", name="Українська").click()
    await expect(page.get_by_role("heading", name="Огляд")).to_be_visible()
    assert await page.get_attribute("html", "lang") == "uk"
    await page.context.clear_cookies(name="kommutator_locale")
    await page.goto(f"{console.url}/console/calls")
    await expect(page.get_by_role("heading", name="Дзвінки")).to_be_visible()


async def test_platform_staff_choose_an_enterprise_and_add_one(
    page: Page, console: Console
) -> None:
    await sign_in(page, console, PLATFORM_EMAIL)
    await expect(page.get_by_role("heading", name="Предприятия")).to_be_visible()
    await page.get_by_role("row", name="0411").get_by_role("button").click()
    await expect(page.get_by_text("July · 0411")).to_be_visible()
    await page.get_by_label("Предприятие", exact=True).select_option("0367")
    await expect(page.get_by_text("June · 0367")).to_be_visible()
    await page.goto(f"{console.url}/console/enterprises")
    await page.locator("#f-new_number").fill("0777")
    await page.locator("#f-name").fill("Новая")
    await page.get_by_role("button", name="Добавить").click()
    await expect(page.get_by_text("Новая · 0777")).to_be_visible()


async def test_an_employee_sees_calls_and_nothing_to_configure(
    page: Page, console: Console
) -> None:
    await sign_in(page, console, EMPLOYEE)
    links = await page.locator(".navbar-nav .nav-link-title").all_inner_texts()
    assert links == [
        "Обзор", "Диалоги", "Звонки", "Статистика", "Телефонная книга", "Обзвон", "Запись"
    ]  # fmt: skip
    await page.goto(f"{console.url}/console/calls")
    await page.get_by_label("Позвонить с номера 150").fill("+375 17 000-00-70")
    await page.get_by_role("button", name="Позвонить").click()
    await expect(page.get_by_role("alert")).to_contain_text("не подключена АТС")


async def test_an_employee_calls_from_the_list_after_a_question(
    page: Page, console: Console
) -> None:
    await connect_pbx(console)
    await a_call(console.house.db, HERE, "c-1", console.house.clock.now(), client="+375173600070")
    await sign_in(page, console, EMPLOYEE)
    await page.goto(f"{console.url}/console/calls")
    await page.get_by_role("button", name="+375 17 360-00-70").click()
    await expect(page.get_by_text("Сначала зазвонит ваш телефон 150")).to_be_visible()
    await page.get_by_role("button", name="Да", exact=True).click()
    await expect(page.get_by_role("status")).to_contain_text("снимите трубку на 150")
    owed = await value(console.house.db, "SELECT payload::text FROM outbox")
    assert '"extension": "150"' in owed
    assert '"client": "+375173600070"' in owed


async def test_connecting_a_pbx_asks_for_the_secret_once(admin: Page, console: Console) -> None:
    await admin.goto(f"{console.url}/console/connections/asterisk")
    await admin.get_by_label("Адрес АТС").fill("pbx.example.com")
    await admin.get_by_label("Пользователь AMI").fill("kommutator")
    await admin.get_by_label("Пароль AMI").fill("ami-secret-not-real")
    await admin.get_by_label("Транки").fill("trunk, backup")
    await admin.get_by_role("button", name="Сохранить и включить").click()
    await expect(admin.locator("#result")).to_contain_text("Подключение включено")
    await admin.reload()
    await expect(admin.get_by_label("Пароль AMI")).to_have_value("")
    await expect(admin.get_by_label("Транки")).to_have_value("trunk, backup")
    saved = await value(
        console.house.db, "SELECT base_url || status FROM connections WHERE kind = 'asterisk'"
    )
    assert saved == "ami://pbx.example.com:5038active"
    await admin.get_by_role("button", name="Поставить на паузу").click()
    await expect(admin.locator("#state")).to_contain_text("На паузе")


async def test_a_session_that_ended_elsewhere_leads_to_the_door(
    admin: Page, console: Console
) -> None:
    await admin.goto(f"{console.url}/console/calls")
    async with console.house.db.unit() as unit:
        await unit.connection.execute("DELETE FROM sessions")
    await expect(admin.get_by_role("heading", name="Вход")).to_be_visible()


PAGES = [
    "/console/",
    "/console/calls",
    "/console/calls/card?id=c-1",
    "/console/statistics",
    "/console/people",
    "/console/connections",
    "/console/connections/retailcrm",
    "/console/connections/asterisk",
    "/console/routing",
    "/console/settings",
    "/console/log",
    "/console/log/dead",
    "/console/diagnostics",
    "/console/access",
    "/console/audit",
]


async def test_every_page_fits_a_phone_and_obeys_its_own_policy(
    admin: Page, console: Console
) -> None:
    db, now = console.house.db, console.house.clock.now()
    crm = await connect_crm(console)
    await a_call(db, HERE, "c-1", now - timedelta(minutes=5), client_name="Очень-Длинная Фамилия")
    dead = await a_command(db, HERE, crm, "c-1", now, state="dead", error="x" * 200)
    await an_attempt(db, HERE, crm, now, outbox_id=dead, call_id="c-1", error="y" * 200)
    complaints: list[str] = []
    admin.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    await admin.set_viewport_size({"width": 360, "height": 740})
    for path in PAGES:
        answer = await admin.goto(console.url + path)
        assert answer is not None
        assert answer.status == 200, path
        assert await admin.evaluate("document.documentElement.scrollWidth") <= 360, path
        assert await admin.evaluate(_UNNAMED) == [], path
    assert complaints == []


# Controls that a screen reader could not name.
_UNNAMED = """() => {
  const controls = "button, a[href], select, textarea, input:not([type=hidden])";
  const named = (e) => e.textContent.trim() || e.ariaLabel || e.labels?.length || e.title;
  return [...document.querySelectorAll(controls)].filter((e) => !named(e)).map((e) => e.outerHTML);
}"""


async def test_inside_a_frame_the_menu_is_compact(page: Page, console: Console) -> None:
    await sign_in(page, console, ADMIN)
    await page.goto(f"{console.url}/console/calls")
    await page.evaluate(
        """() => { const frame = document.createElement("iframe");
        frame.src = "/console/log"; frame.width = 900; frame.height = 600;
        document.body.replaceChildren(frame); }"""
    )
    inside = page.frame_locator("iframe")
    await expect(inside.locator(".frame-nav")).to_be_visible()
    await expect(inside.locator("aside")).to_be_hidden()


async def test_the_crm_button_opens_the_connection_page(page: Page, console: Console) -> None:
    crm = await connect_crm(console)
    account = await console.house.directory.account(crm)
    async with console.house.db.unit() as unit:
        epoch = (await unit.connections.get(HERE, crm)).entry_epoch
    await page.goto(console.house.enrol.registration(account, epoch).account_url)
    await expect(page.get_by_role("heading", name="June RetailCRM")).to_be_visible()
    assert "token" not in page.url
    for button, said in (
        ("Сохранить и зарегистрировать", "Модуль зарегистрирован"),
        ("Сохранить и проверить", "Подключение работает"),
    ):
        await page.get_by_role("button", name=button).click()
        await expect(page.locator("#result")).to_contain_text(said)
    await page.reload()
    await expect(page.get_by_role("heading", name="June RetailCRM")).to_be_visible()
