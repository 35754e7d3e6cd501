"""The day of a salon, written in by hand in a real browser."""

from datetime import date, datetime, time, timedelta

import pytest
from playwright.async_api import Locator, Page, expect

from kommutator.twins.yclients.changes import By
from kommutator.twins.yclients.records_book import Draft, add_record, lines_of
from kommutator.twins.yclients.rows import Activity, Record
from kommutator.twins.yclients.staff import Staff
from tests.support.yclients_town import SALON
from tests.twins.yclients.outside.partner import Partner

pytestmark = pytest.mark.browser


class Day:
    """A later day when the first master works 9-13 and 14-21, with one visit at 10:00."""

    def __init__(self, partner: Partner, page: Page) -> None:
        self.partner, self.page = partner, page
        self.staff: Staff = next(iter(partner.salon.staff.values()))
        today = partner.world.today(partner.salon)
        self.date: date = next(day for day in sorted(self.staff.shifts) if day > today)
        for record in partner.salon.records.values():
            if record.start.date() == self.date and not record.deleted:
                partner.salon.take_off(record)
                record.deleted = True
        self.record = self.write(10)

    def write(self, hour: int) -> Record:
        company = self.partner.salon
        service = next(iter(self.staff.lengths))
        draft = Draft(
            staff_id=self.staff.id,
            start=datetime.combine(self.date, time(hour)),
            seance_length=3600,
            services=lines_of(company, self.staff.id, [service]),
            client=next(iter(company.clients.values())),
        )
        return add_record(self.partner.world, company, draft, By())

    async def show(self) -> None:
        base = self.partner.url
        await self.page.goto(f"{base}/timetable/{SALON}?date={self.date}")
        await expect(self.page.locator("#link")).to_have_text("на связи")

    def cell(self, clock: str) -> Locator:
        return self.page.get_by_label(f"Записать: {self.staff.name}, {clock}")

    @property
    def visit(self) -> Locator:
        return self.page.locator(".visit")

    @property
    def sheet(self) -> Locator:
        return self.page.locator("#sheet")


@pytest.fixture
async def day(partner: Partner, page: Page) -> Day:
    day = Day(partner, page)
    await day.show()
    return day


async def test_busy_time_and_breaks_are_not_offered(day: Day) -> None:
    await expect(day.visit).to_contain_text("10:00–11:00")
    for clock, offered in (("09:45", 1), ("10:00", 0), ("10:45", 0), ("11:00", 1), ("13:00", 0)):
        await expect(day.cell(clock)).to_have_count(offered)
    activity = Activity(
        id=1,
        company_id=SALON,
        service_id=next(iter(day.staff.lengths)),
        staff_id=day.staff.id,
        start=datetime.combine(day.date, time(15)),
        length=3600,
        capacity=5,
    )
    day.partner.salon.put_activity(activity)
    day.partner.world.core.bell.ring()
    await expect(day.page.locator(".journal .busy")).to_be_visible()
    await expect(day.cell("15:30")).to_have_count(0)


async def test_a_visit_is_written_in(day: Day) -> None:
    await day.cell("16:00").click()
    await day.sheet.get_by_label("Имя клиента").fill("Зоя <b>")
    await day.sheet.get_by_label("Телефон").fill("+7 (000) 000-09-99")
    await day.sheet.get_by_label("Напомнить").fill("3")
    await day.sheet.get_by_role("button", name="Записать").click()
    await expect(day.visit.filter(has_text="Зоя <b>")).to_contain_text("16:00–")
    await expect(day.sheet).to_be_hidden()
    made = list(day.partner.salon.records.values())[-1]
    client = day.partner.salon.clients[made.client_id or 0]
    assert (client.phone, made.sms_remain_hours, made.start.hour) == ("70000000999", 3, 16)


async def test_taken_time_is_refused_unless_insisted(day: Day) -> None:
    await day.cell("09:45").click()
    await day.sheet.get_by_label("Имя клиента").fill("Зоя")
    await day.sheet.get_by_label("Телефон").fill("70000000999")
    await day.sheet.get_by_role("button", name="Записать").click()
    await expect(day.page.locator("#toast")).to_have_text("Время занято или нерабочее")
    await day.sheet.get_by_label("даже если время занято").check()
    await day.sheet.get_by_role("button", name="Записать").click()
    await expect(day.visit).to_have_count(2)


async def test_marked_moved_and_cancelled(day: Day) -> None:
    await day.visit.click()
    await day.sheet.get_by_role("button", name="Подтвердил").click()
    await expect(day.page.locator(".visit.confirmed")).to_be_visible()
    await day.visit.click()
    await day.sheet.get_by_label("Время", exact=True).fill("17:30")
    await day.sheet.get_by_role("button", name="Перенести").click()
    await expect(day.visit).to_contain_text("17:30–18:30")
    assert day.record.start == datetime.combine(day.date, time(17, 30))
    await day.visit.click()
    await day.sheet.get_by_role("button", name="Удалить запись").click()
    await expect(day.visit).to_have_count(0)
    assert day.record.deleted


async def test_one_over_another_stand_side_by_side(day: Day) -> None:
    other = day.write(10)
    await expect(day.visit).to_have_count(2)
    places = [await one.bounding_box() for one in await day.visit.all()]
    left, right = (place["x"] for place in places if place is not None)
    assert abs(right - left) > 20
    await day.visit.last.click()
    await expect(day.sheet).to_contain_text(f"№ {other.id}")
    await day.page.keyboard.press("Escape")
    await expect(day.sheet).to_be_hidden()


async def test_dragged(day: Day) -> None:
    await day.visit.drag_to(day.cell("11:30"))
    await expect(day.visit).to_contain_text("11:30–12:30")
    assert day.record.start == datetime.combine(day.date, time(11, 30))


async def test_another_day_and_back(day: Day) -> None:
    title = day.page.locator(".head h2")
    await day.page.get_by_label("Предыдущий день").click()
    await expect(title).to_contain_text(f", {(day.date - timedelta(1)).day} ")
    await day.page.get_by_label("Следующий день").click()
    await expect(title).to_contain_text(f", {day.date.day} ")
    await expect(day.visit).to_contain_text("10:00–11:00")
