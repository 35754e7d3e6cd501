"""The whole way with the real Baileys: linked by QR, talked to, booked, reminded, asked, rated.

The requirement's own words: QR → scan → 515 → open → message in → dialogue → visit booked in the
salon's journal → reminder → "1" → attendance confirmed → came → review → "5" → link.
"""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.support.waiting import eventually
from tests.support.whatsapp_house import SALON_PHONE
from tests.support.whatsapp_salon import LINK, Client, WhatsAppSalon, open_whatsapp_salon
from tests.support.yclients_service import SALON

ANNA, BORIS = "+79161234567", "+79160000002"
NAILS = "Елена Макетова"
CAME, CONFIRMED = 1, 2
LINKING = ("qr_offered", "linked", "closed", "login", "ready")
LONG_AGO_S = 5 * 3600.0  # whoever booked within three hours is not reminded


@pytest.fixture
async def salon(database_url: str) -> AsyncIterator[WhatsAppSalon]:
    async with open_whatsapp_salon(database_url) as opened:
        await work_on_every_day(opened)
        yield opened


async def work_on_every_day(salon: WhatsAppSalon) -> None:
    """Whatever day it is today, the nails have free times after lunch."""
    company = salon.service.twin.world.companies[SALON]
    (master,) = [one for one in company.staff.values() if one.name == NAILS]
    today = salon.service.twin.world.today(company)
    dates = [(today + timedelta(days=ahead)).isoformat() for ahead in range(4)]
    await salon.service.twin.order(
        "schedule", staff_id=master.id, dates=dates, slots=[{"from": "10:00", "to": "23:00"}]
    )


async def test_from_a_code_on_a_page_to_a_review(salon: WhatsAppSalon) -> None:
    anna = salon.client(ANNA, "Анна")
    async with salon.worker():
        await linked_through_515(salon)
        await salon.copied()
        record_id = await books(salon, anna)
        await is_reminded_and_confirms(salon, anna, record_id)
        await came_and_rates(salon, anna, record_id)


async def linked_through_515(salon: WhatsAppSalon) -> None:
    await salon.linked()
    told = await salon.service.house.whatsapp.news(salon.phone.enterprise, salon.phone.id, 0)
    states = [one.body["state"] for one in told]
    assert list(dict.fromkeys(states)) == ["starting", "qr", "pairing", "connecting", "open"]
    events = (await salon.whatsapp.hands.look("events"))["events"]
    steps = [one["kind"] for one in events if one["kind"] in LINKING]
    assert steps == list(LINKING), "the stream was restarted between the scan and the login"


async def books(salon: WhatsAppSalon, anna: Client) -> int:
    offers = await anna.asks("хочу на классический маникюр послезавтра после обеда")
    assert "\n2. " in offers, offers
    wanted = offers.partition("\n2. ")[2].partition("\n")[0]
    await anna.asks("2")  # our number is all that the salon knows: it asks for the name
    proposal = await anna.asks("Анна")
    assert "маникюр классический" in proposal.lower(), proposal
    done = await anna.asks("да")
    assert "Вы записаны" in done, done
    (record,) = salon.records(ANNA)
    assert f"{record.start:%H:%M}" in wanted, (record.start, wanted)
    assert [line.title for line in record.services] == ["Маникюр классический"]
    return int(record.id)


async def is_reminded_and_confirms(salon: WhatsAppSalon, anna: Client, record_id: int) -> None:
    record = salon.service.twin.world.companies[SALON].records[record_id]
    record.created_at -= LONG_AGO_S
    await salon.due("reminder_day", record_id)
    reminder = await anna.hears()
    assert "Ждём вас" in reminder, reminder
    assert "1 — приду, 2 — перенести, 3 — отменить" in reminder
    await anna.asks("1")
    assert record.attendance == CONFIRMED


async def came_and_rates(salon: WhatsAppSalon, anna: Client, record_id: int) -> None:
    await salon.service.twin.order("act", act="attendance", id=record_id, attendance=CAME)
    await salon.due("review", record_id)
    assert "Оцените визит от 1 до 5" in await anna.hears()
    await anna.asks("5")
    assert LINK in await anna.hears()
    (review,) = await salon.service.fetch("SELECT * FROM reviews")
    assert (review["record_id"], review["stars"], review["phone"]) == (record_id, 5, ANNA)


async def test_staff_writes_on_the_phone_and_the_bot_is_silent(salon: WhatsAppSalon) -> None:
    boris = salon.client(BORIS, "Борис")
    async with salon.worker():
        await salon.linked()
        await salon.copied()
        await boris.asks("Здравствуйте")
        await salon.whatsapp.hands.write_own(SALON_PHONE, BORIS, "Добрый день, это Елена")
        silent = "SELECT true FROM conversations WHERE speaking = 'staff'"
        await eventually(lambda: salon.service.value(silent))
        await boris.writes("Сколько стоит маникюр?")
        await salon.heard(2)
    # Nobody was there: it waits at WhatsApp.
    anna = salon.client(ANNA, "Анна")
    await anna.writes("Сколько стоит классический маникюр?")
    async with salon.worker():
        assert "1100" in (await anna.hears()).replace("\u00a0", "").replace(" ", "")
        assert await anna.hears() == "Записать вас на маникюр классический?"
        await anna.asks("нет, спасибо")
        await salon.quiet()
        assert [line.copies for line in await anna.told()] == [1, 1, 1]
        assert len(await boris.told()) == 1
