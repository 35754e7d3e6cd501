"""The pages people look at and click in, in a real browser."""

import io
import json
import re
import zipfile
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from aiohttp import web
from playwright.async_api import Page, expect

from kommutator.twins.amocrm.integrations import Integration
from tests.twins.amocrm.telephony.desk import KNOWN_PHONE, STRANGER, Desk, Hearer
from tests.twins.amocrm.telephony.test_unsorted import put

pytestmark = pytest.mark.browser

SCRIPT = """
define(['jquery', './lib/dialer.js'], function ($, dialer) {
  return function () {
    var self = this;
    this.callbacks = {
      settings: function () { return true; },
      init: function () {
        self.add_action('phone', function (pressed) {
          self.$authorizedAjax({
            url: dialer.address, method: 'POST', contentType: 'application/json',
            data: JSON.stringify({ number: pressed.value, user: AMOCRM.constant('user').id }),
          }).done(function (told) {
            AMOCRM.notifications.show_message({ header: self.i18n('userLang').calling, text: told.said });
          }).fail(function () {
            AMOCRM.notifications.show_message_error({ header: 'Нет', text: 'связи' });
          });
        });
        return true;
      },
      bind_actions: function () { return true; },
      render: function () { return true; },
      onSave: function () { return true; },
    };
    return this;
  };
});
"""  # noqa: E501  a script as people write it


def packed(address: str) -> bytes:
    """A widget of telephony as a developer uploads it."""
    manifest = {
        "widget": {"name": "widget.name", "version": "1.0.1", "locale": ["ru"]},
        "locations": ["everywhere"],
        "settings": {"login": {"type": "text"}, "phones": {"type": "users"}},
    }
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packing:
        packing.writestr("manifest.json", json.dumps(manifest))
        packing.writestr("i18n/ru.json", json.dumps({"userLang": {"calling": "Звоним"}}))
        packing.writestr("script.js", SCRIPT)
        packing.writestr(
            "lib/dialer.js", f"define([], function () {{ return {{ address: '{address}' }}; }});"
        )
    return archive.getvalue()


def integration(desk: Desk) -> Integration:
    return next(iter(desk.world.integrations.values()))


async def upload(desk: Desk, address: str) -> dict[str, Any]:
    url = f"{desk.account.root}/_twin/widget?client_id={integration(desk).client_id}"
    headers = {"Content-Type": "application/zip"}
    async with desk.http.post(url, data=packed(address), headers=headers) as answer:
        return dict(await answer.json())


async def show(desk: Desk, page: Page, path: str = "/") -> None:
    await page.goto(f"{desk.account.base_url}{path}")
    await expect(page.locator("#link")).to_have_text("на связи")


async def tab(page: Page, name: str) -> None:
    await page.locator("#tabs").get_by_role("button", name=name).click()


async def call(desk: Desk, **changes: Any) -> None:
    order = {"direction": "inbound", "duration": 42, "source": "s", "phone": KNOWN_PHONE} | changes
    assert (await desk.ask("POST", "/api/v4/calls", [order])).status == 200


async def ring(desk: Desk, phone: str, *users: int) -> None:
    event = {"type": "phone_call", "phone_number": phone, "users": list(users)}
    assert (await desk.ask("POST", "/api/v2/events", {"add": [event]})).status == 200


async def test_a_call_pops_up_and_opens_the_card(desk: Desk, page: Page) -> None:
    await show(desk, page)
    live = page.get_by_label("Карточки звонков")
    await ring(desk, KNOWN_PHONE)
    await expect(live).to_contain_text("Заказ №1000")
    await live.get_by_role("button", name="Открыть карточку").click()
    await expect(live).to_be_empty()
    sheet = page.get_by_label("Карточка", exact=True)
    await expect(sheet.get_by_role("heading", level=2)).to_have_text("Заказ №1000")
    lead = desk.card("leads")["id"]
    assert page.url.endswith(f"/leads/detail/{lead}")
    await call(desk, link="https://pbx.example/record.mp3", call_status=4)
    await expect(sheet.locator("audio")).to_have_attribute("src", "https://pbx.example/record.mp3")
    await expect(sheet).to_contain_text("поговорили · 42 с")


async def test_a_popup_of_somebody_else(desk: Desk, page: Page) -> None:
    await show(desk, page)
    await ring(desk, KNOWN_PHONE, list(desk.account.users)[1])
    await tab(page, "Звонки")
    await expect(page.locator("#popups")).to_contain_text(KNOWN_PHONE)
    await expect(page.get_by_label("Карточки звонков")).to_be_empty()


async def test_a_stranger_becomes_a_contact(desk: Desk, page: Page) -> None:
    await show(desk, page)
    await ring(desk, STRANGER)
    await page.get_by_role("button", name="Создать контакт").click()
    await expect(page.get_by_label("Карточка", exact=True)).to_contain_text(STRANGER)
    assert len(desk.account.phones.find(STRANGER, "contacts")) == 1


async def test_the_tray_is_sorted_by_hand(desk: Desk, page: Page) -> None:
    await put(desk)
    await show(desk, page)
    await tab(page, "Неразобранное")
    tray = page.locator("#unsorted")
    await expect(tray).to_contain_text("Тех обслуживание")
    await tray.get_by_role("button", name="Принять").click()
    await expect(tray).to_contain_text("Всё разобрано.")
    assert [row["state"] for row in desk.account.unsorted.values()] == ["accept"]


async def test_a_click_on_a_number_reaches_the_widgets_server(
    desk: Desk, page: Page, hearer: Hearer
) -> None:
    asked: list[dict[str, Any]] = []
    let_in(hearer, asked)
    assert (await upload(desk, hearer.url))["version"] == "1.0.1"
    await desk.order("tokens")  # installed
    user = list(desk.account.users)[2]
    await show(desk, page, f"/leads/detail/{desk.card('leads')['id']}?user={user}")
    sheet = page.get_by_label("Карточка", exact=True)
    await sheet.get_by_label(f"Позвонить на {KNOWN_PHONE}").click()
    await expect(page.locator("#toast")).to_have_text("Звоним: да")
    (came,) = asked
    claims = jwt.decode(
        came["token"],
        integration(desk).client_secret,
        algorithms=["HS256"],
        audience="http://127.0.0.1:8080",
    )
    assert (claims["user_id"], claims["account_id"]) == (user, desk.account.id)
    assert came["body"] == {"number": KNOWN_PHONE, "user": user}


def let_in(hearer: Hearer, asked: list[dict[str, Any]]) -> None:
    """Somebody who lets the CRM's pages in, as a widget's server must."""

    async def serve(request: web.Request) -> web.Response:
        headers = {
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Headers": "X-Auth-Token, Content-Type",
        }
        if request.method == "OPTIONS":
            return web.Response(headers=headers)
        asked.append({"token": request.headers.get("X-Auth-Token"), "body": await request.json()})
        return web.json_response({"said": "да"}, headers=headers)

    hearer.answer = serve


async def test_the_widgets_own_page(desk: Desk, page: Page) -> None:
    told = await upload(desk, "http://127.0.0.1:9/")
    assert "no images/logo_main.png" in told["complaints"]
    await page.goto(f"{desk.account.root}/widget-host/{integration(desk).client_id}")
    await expect(page.locator("#link")).to_have_text("виджет работает")
    await page.get_by_label("Позвонить на").click()
    await expect(page.locator("#toast")).to_have_text("Ошибка. Нет: связи")
    await expect(page.locator("#log")).to_contain_text("bind_actions: true")


async def test_the_administrators_settings(desk: Desk, page: Page) -> None:
    await upload(desk, "http://127.0.0.1:9/")
    client_id = integration(desk).client_id
    await page.goto(f"{desk.account.root}/widget-host/{client_id}")
    await page.get_by_role("button", name="Открыть настройки виджета").click()
    await page.get_by_label("login").fill("office")
    await page.get_by_label("Пётр Примеров").fill("102")
    await page.get_by_role("button", name="Сохранить").click()
    await expect(page.locator("#toast")).to_have_text("Настройки сохранены")
    await expect(page.locator("#log")).to_contain_text("onSave: true")
    settings = desk.world.widgets[client_id].settings
    user = str(list(desk.account.users)[1])
    assert (settings["login"], settings["phones"][user]) == ("office", "102")


async def test_without_a_widget_nobody_dials(desk: Desk, page: Page) -> None:
    await show(desk, page)
    await tab(page, "Контакты")
    await expect(page.locator("#contacts .row").first).to_be_visible()
    await expect(page.locator(".dial")).to_have_count(0)


@pytest.mark.parametrize(
    ("button", "expected"),
    [
        ("Разрешить", {"code", "state", "referer", "platform", "client_id"}),
        ("Отказать", {"error", "state"}),
    ],
)
async def test_consent(
    desk: Desk, page: Page, hearer: Hearer, button: str, expected: set[str]
) -> None:
    integration(desk).redirect_uri = f"{hearer.base_url}/auth/callback"
    client_id = integration(desk).client_id
    await page.goto(
        f"{desk.account.root}/oauth?client_id={client_id}&state=S&mode=post_message"
        "&response_type=code&approval_prompt=auto&scope="
    )
    await page.get_by_label("Аккаунт").select_option("large")
    await page.get_by_role("button", name=button).click()
    await page.wait_for_url(re.compile("/auth/callback"))
    query = {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}
    assert set(query) == expected
    assert query["state"] == "S"
    if button == "Разрешить":
        assert query["referer"].endswith("/a/large")
        assert ("large", client_id) in desk.world.installed


async def test_consent_in_a_popup_leads_the_opener_on(
    desk: Desk, page: Page, hearer: Hearer
) -> None:
    integration(desk).redirect_uri = f"{hearer.base_url}/auth/callback"
    url = f"{desk.account.root}/oauth?client_id={integration(desk).client_id}&state=S&mode=popup"
    await page.goto(f"{desk.account.root}/")
    async with page.expect_popup() as opened:
        await page.evaluate("url => { window.open(url, 'amo'); }", url)
    popup = await opened.value
    await popup.get_by_role("button", name="Разрешить").click()
    await page.wait_for_url(re.compile("/auth/callback"))


async def test_an_unknown_integration(desk: Desk, page: Page) -> None:
    await page.goto(f"{desk.account.root}/oauth?client_id=nobody")
    await expect(page.get_by_role("alert")).to_contain_text("Интеграция не найдена")


async def test_install_and_remove(desk: Desk, page: Page, hearer: Hearer) -> None:
    integration(desk).redirect_uri = f"{hearer.base_url}/auth/callback"
    await show(desk, page)
    await tab(page, "Интеграции")
    row = page.locator("#integrations")
    await row.get_by_role("button", name="Установить").click()
    await expect(row).to_contain_text("установлена")
    await row.get_by_role("button", name="Отключить").click()
    await expect(row).to_contain_text("не установлена")
    assert [sent["what"] for sent in desk.world.outbound] == ["install"]


async def test_what_clients_send_is_never_markup(desk: Desk, page: Page) -> None:
    await call(desk, link="javascript:alert(1)", call_result="<img src=x onerror=alert(1)>")
    await show(desk, page)
    await tab(page, "Звонки")
    await expect(page.locator("#calls")).to_contain_text("<img src=x onerror=alert(1)>")
    await expect(page.locator("#calls img, #calls audio")).to_have_count(0)


@pytest.mark.parametrize("name", ["Сделки", "Контакты", "Звонки", "Интеграции"])
async def test_fits_a_phone(desk: Desk, page: Page, name: str) -> None:
    await page.set_viewport_size({"width": 360, "height": 740})
    await desk.subscribe("https://example.test/a/very/long/address/of/a/webhook", "add_lead")
    await call(desk, link="https://pbx.example/a-very-long-name.mp3")
    await show(desk, page)
    await tab(page, name)
    assert await page.evaluate("document.documentElement.scrollWidth") == 360
