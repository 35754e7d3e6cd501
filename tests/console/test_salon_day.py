"""The salon's day in a real browser: booked, moved, attended, cancelled; seen on a phone."""

import os
from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest
from playwright.async_api import Page, expect

from tests.support.booking_service import BookingService, open_booking
from tests.support.house import PASSWORD
from tests.support.yclients_service import SALON

pytestmark = pytest.mark.browser
EMPLOYEE = "employee@0367.example"
PHONE = {"width": 375, "height": 740}


@pytest.fixture(scope="module")
async def salon(module_database_url: str) -> AsyncIterator[BookingService]:
    async with open_booking(module_database_url) as opened:
        yield opened


@pytest.fixture
async def desk(page: Page, salon: BookingService) -> Page:
    """An employee has signed in."""
    await page.goto(f"{salon.service.url}/console/login?next=/console/day")
    await page.get_by_label("Электронная почта").fill(EMPLOYEE)
    await page.get_by_label("Пароль").fill(PASSWORD)
    await page.get_by_role("button", name="Войти").click()
    await page.wait_for_url("**/day")
    return page


async def picture(page: Page, name: str) -> None:
    """For whoever wants to look: KOMMUTATOR_PICTURES names a folder."""
    if folder := os.environ.get("KOMMUTATOR_PICTURES"):
        await page.screenshot(path=f"{folder}/{name}.png")


async def test_booked_moved_cancelled(desk: Page, salon: BookingService) -> None:
    await desk.get_by_role("link", name="Следующий день").click()
    tomorrow = (salon.today() + timedelta(days=1)).isoformat()
    await expect(desk.locator("#date")).to_have_value(tomorrow)
    await desk.get_by_label("Услуга", exact=True).select_option(label="Стрижка женская")
    starts = desk.locator("button.day-start")
    await expect(starts.first).to_be_visible()
    await picture(desk, "day-free")
    chosen = await starts.first.inner_text()
    await starts.first.click()
    at_desk = desk.locator("#desk")
    await at_desk.get_by_label("Найти клиента").press_sequentially("Учебн")
    await at_desk.get_by_role("button", name="Ксения").click()
    await expect(at_desk.get_by_label("Телефон")).to_have_value("+70000000301")
    await at_desk.get_by_label("Примечание").fill("у окна")
    await picture(desk, "day-form")
    await at_desk.get_by_role("button", name=f"Записать на {chosen}").click()
    card = at_desk.locator("[data-visit]")
    await expect(card).to_contain_text("у окна")
    record = salon.record(int(await card.get_attribute("data-visit") or 0))
    assert record.start.strftime("%H:%M") == chosen
    shown = desk.locator("button.day-visit", has_text=chosen).filter(has_text="Ксения")
    await expect(shown).to_be_visible()  # by itself: the copy changed
    await picture(desk, "day-card")

    await at_desk.get_by_text("Перенести").click()
    times = at_desk.locator("#times button")
    later = await times.last.inner_text()
    await times.last.click()
    await expect(card.locator("p strong").first).to_contain_text(f" {later}–")
    assert record.start.strftime("%H:%M") == later
    await expect(desk.locator("button.day-visit", has_text=later)).to_be_visible()

    await at_desk.get_by_role("button", name="Подтвердил").click()
    await expect(card).to_contain_text("подтверждена")
    assert record.attendance == 2

    await at_desk.get_by_role("button", name="Отменить запись").click()
    await desk.get_by_role("dialog").get_by_role("button", name="Да").click()
    await expect(card).to_contain_text("отменена")
    assert record.deleted
    await at_desk.get_by_role("button", name="Закрыть").click()
    await expect(at_desk).to_be_empty()


async def test_taken_meanwhile(desk: Page, salon: BookingService) -> None:
    """Somebody was quicker: a sentence, other times to click, and nothing typed is lost."""
    service = await salon.service_id()
    # The first day on which anybody works: which one that is hangs on the day of this test.
    free = await salon.slots(service, salon.today() + timedelta(days=2))
    day = date.fromisoformat(free[0]["datetime"][:10])
    url = f"{salon.service.url}/console/salons/{salon.connection}/day"
    await desk.goto(f"{url}?date={day}&service={service}")
    start = desk.locator("button.day-start").first
    chosen = await start.inner_text()
    await start.click()
    at_desk = desk.locator("#desk")
    await at_desk.get_by_label("Имя").fill("Проба")
    await at_desk.get_by_label("Телефон").fill("8 (900) 000-07-77")
    slots = await salon.slots(service, day, days=1)
    slot = next(one for one in slots if chosen in one["datetime"])
    assert (await salon.book(slot, service)).status == 201
    await at_desk.get_by_role("button", name=f"Записать на {chosen}").click()
    alert = at_desk.get_by_role("alert")
    await expect(alert).to_contain_text("уже занято")
    await picture(desk, "day-taken")
    await alert.get_by_role("button").first.click()
    await expect(at_desk.get_by_role("alert")).to_have_count(0)
    await expect(at_desk.get_by_label("Имя")).to_have_value("Проба")
    await at_desk.get_by_role("button", name="Записать на").click()
    await expect(at_desk.locator("[data-visit]")).to_contain_text("900")
    (record,) = salon.of_guest("+79000000777")
    assert record.start.strftime("%H:%M") != chosen


async def test_a_change_in_the_salon_shows_by_itself(desk: Page, salon: BookingService) -> None:
    service = await salon.service_id()
    slot = (await salon.slots(service, salon.today() + timedelta(days=3)))[0]
    url = f"{salon.service.url}/console/salons/{salon.connection}/day"
    await desk.goto(f"{url}?date={slot['datetime'][:10]}")
    client = {"name": "Внезапная", "phone": "79000000888"}
    await salon.twin.order(
        "act", act="create", company=SALON, staff_id=slot["staff_id"], services=[service],
        datetime=slot["datetime"][:19].replace("T", " "), client=client,
    )  # fmt: skip
    await expect(desk.locator("button.day-visit", has_text="Внезапная")).to_be_visible()


async def test_on_a_phone_one_employee_at_a_time(desk: Page, salon: BookingService) -> None:
    await desk.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    url = f"{salon.service.url}/console/salons/{salon.connection}/day"
    service = await salon.service_id()
    slot = (await salon.slots(service))[0]
    await desk.goto(f"{url}?date={slot['datetime'][:10]}&service={service}")
    heads = desk.locator(".day-table thead th:visible")
    await expect(heads).to_have_count(2)
    await picture(desk, "day-phone")
    wide = await desk.evaluate("document.documentElement.scrollWidth > innerWidth + 1")
    assert not wide, "the page scrolls sideways on a phone"
    first = (await heads.last.inner_text()).splitlines()[0]
    names = await desk.get_by_label("Сотрудник").locator("option").all_inner_texts()
    await desk.evaluate(SWIPE)
    await expect(heads.last).to_contain_text(names[names.index(first) + 1])
    await desk.get_by_label("Сотрудник").select_option(label=names[0])
    await expect(heads.last).to_contain_text(names[0])
    await desk.goto(
        f"{url}?date={slot['datetime'][:10]}&service={service}&staff={slot['staff_id']}"
    )
    await desk.locator("button.day-start:visible").first.click()
    await expect(desk.locator("#desk").get_by_label("Имя")).to_be_in_viewport()
    await picture(desk, "day-phone-form")


SWIPE = """() => {
  const area = document.querySelector("[data-swipe] td:not([hidden])");
  const touch = (x) => new Touch({ identifier: 1, target: area, clientX: x, clientY: 300 });
  const fire = (name, x, on) => area.dispatchEvent(new TouchEvent(name, {
    bubbles: true, touches: on ? [touch(x)] : [], changedTouches: [touch(x)] }));
  fire("touchstart", 300, true);
  fire("touchend", 100, false);
}"""


async def test_in_the_cabinets_frame(page: Page, salon: BookingService) -> None:
    """YClients shows the day in a frame of its own: signed in there, booked there."""
    day = f"/console/salons/{salon.connection}/day"
    refused = await salon.service.caller.get("/console/login?next=/console/calls")
    assert salon.twin.url not in refused.headers["content-security-policy"]
    login = await salon.service.caller.get(day)
    assert login.headers["location"] == f"/console/login?next={day}"
    await page.goto(f"{salon.twin.url}/_twin/clock")  # a page of that site without scripts
    await page.evaluate(
        "url => { document.body.innerHTML = ''; const f = document.createElement('iframe');"
        " f.src = url; f.width = 900; f.height = 800; document.body.append(f); }",
        f"{salon.service.url}{day}",
    )
    frame = page.frame_locator("iframe")
    await frame.get_by_label("Электронная почта").fill(EMPLOYEE)
    await frame.get_by_label("Пароль").fill(PASSWORD)
    await frame.get_by_role("button", name="Войти").click()
    await frame.get_by_role("link", name="Следующий день").click()
    tomorrow = (salon.today() + timedelta(days=1)).isoformat()
    await expect(frame.locator("#date")).to_have_value(tomorrow)
    await frame.get_by_label("Услуга", exact=True).select_option(label="Стрижка женская")
    await frame.locator("button.day-start").first.click()
    await expect(frame.locator("#desk").get_by_label("Имя")).to_be_visible()
    await picture(page, "day-frame")
