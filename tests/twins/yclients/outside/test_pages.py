"""What an administrator of a salon sees and presses, in a real browser."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Page, expect

from tests.support.yclients_town import SALON, SECOND, THIRD
from tests.twins.yclients.outside.partner import Hearer, Partner
from tests.twins.yclients.outside.test_operator import accept

pytestmark = pytest.mark.browser

VOIP = "/api/v1/voip/integration"


async def show(partner: Partner, page: Page, section: str, rest: str = "") -> None:
    await page.goto(f"{partner.url}/{section}/{SALON}{rest}")
    await expect(page.locator("#link")).to_have_text("на связи")


async def phone(partner: Partner, **body: Any) -> None:
    group = next(iter(partner.world.groups.values()))
    answer = await partner.send("POST", VOIP, {"crm_token": group.crm_token, **body})
    assert answer.status == 202, answer.text


async def test_a_client_calls(partner: Partner, page: Page) -> None:
    coming = partner.write_in()
    client = partner.salon.clients[coming.client_id or 0]
    await phone(partner, command="setup", type="enable")
    await show(partner, page, "timetable")
    live = page.get_by_label("Входящие звонки")
    await phone(partner, command="event", type="incoming", phone=client.phone, user="201")
    await expect(live).to_contain_text(client.display_name)
    await expect(live).to_contain_text(f"Ближайший визит: {coming.start:%d.%m %H:%M}")
    await live.get_by_role("button", name="Закрыть").click()
    await expect(live).to_be_empty()
    await phone(partner, command="event", type="incoming", phone="79990000000", diversion="1")
    await expect(live).to_contain_text("Новый клиент")
    await phone(
        partner,
        command="history",
        type="incoming",
        status="missed",
        phone="79990000000",
        link="javascript:alert(1)",
        date="2026-01-17T20:30:00+00:00",
    )
    await expect(live).to_be_empty()
    await page.get_by_role("link", name="Звонки").click()
    await expect(page.get_by_label("Звонки", exact=True)).to_contain_text("входящий · пропущен")
    await expect(page.locator("audio")).to_have_count(0)
    group = next(iter(partner.world.groups.values()))
    integration = page.get_by_label("Интеграция с телефонией")
    await expect(integration).to_contain_text(group.crm_token)
    await expect(integration).to_contain_text("включена")


async def test_consent_leads_to_the_application(
    partner: Partner, page: Page, hearer: Hearer
) -> None:
    await partner.order("market/application", redirect_url=f"{hearer.base_url}/redirect")
    await partner.installed(THIRD)
    await show(partner, page, "appstore")
    await page.get_by_role("button", name="Подключить").click()
    consent = page.get_by_label("Согласие")
    await expect(consent).to_contain_text("Журнал записи")
    await expect(consent.get_by_role("checkbox")).to_have_count(2)
    await consent.get_by_label("Черновик у парка").check()
    await consent.get_by_role("button", name="Разрешить").click()
    await page.wait_for_url(re.compile("/redirect"))
    query = parse_qs(urlsplit(page.url).query)
    assert query["salon_ids[]"] == [str(SALON), str(SECOND)]
    assert [await partner.status(one) for one in (SALON, SECOND)] == ["pending", "pending"]


async def test_an_application_inside_the_cabinet(
    partner: Partner, page: Page, hearer: Hearer
) -> None:
    await partner.order("market/application", redirect_url=f"{hearer.base_url}/redirect")
    base = partner.url
    await page.goto(f"{base}/appstore/{SALON}/{partner.app}/cabinet")
    await page.get_by_role("button", name="Подключить").click()
    inside = page.frame_locator("#app").locator("body")
    await expect(inside).to_contain_text(f"heard /redirect?salon_id={SALON}&user_data=")
    assert page.url.endswith("/cabinet")


async def test_freeze_pay_uninstall(partner: Partner, page: Page) -> None:
    await partner.installed()
    await show(partner, page, "appstore")
    states = page.get_by_label("филиалы")
    await states.get_by_role("button", name="Заморозить").click()
    await expect(states).to_contain_text("заморожено")
    await states.get_by_role("button", name="Оплатить").click()
    await expect(states).to_contain_text("оплачено до")
    assert await partner.status() == "active"
    await states.get_by_role("button", name="Отключить").click()
    await expect(states.get_by_role("button")).to_have_count(0)
    assert await partner.status() == "404"


async def test_a_message_through_the_operator(partner: Partner, page: Page, hearer: Hearer) -> None:
    hearer.answer = accept
    await partner.order("market/application", operator_url=hearer.base_url)
    await partner.installed(channels=["whatsapp"])
    await show(partner, page, "messages")
    await page.get_by_label("Телефон").fill("79990000000")
    await page.get_by_label("Текст").fill("<b>Ждём</b>")
    await page.get_by_role("button", name="Отправить").click()
    sent = page.get_by_label("Отправлено")
    await expect(sent).to_contain_text("<b>Ждём</b>")
    await expect(sent).to_contain_text("принято оператором")
    (row,) = (await partner.look("messages"))["items"]
    partner.world.outside.operator.statuses([{"id": row["id"], "status": 1}])
    await expect(sent).to_contain_text("доставлено")


@pytest.mark.parametrize("section", ["timetable", "appstore"])
async def test_fits_a_phone(partner: Partner, page: Page, section: str) -> None:
    await page.set_viewport_size({"width": 360, "height": 740})
    await partner.installed(webhook_urls=["http://127.0.0.1:9/a/very/long/address/of/a/webhook"])
    partner.write_in()
    await show(partner, page, section)
    assert await page.evaluate("document.documentElement.scrollWidth") == 360
