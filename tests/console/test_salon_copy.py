"""The pages of a salon's copy: sync and hooks, clients with their visits, in three languages."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import aiohttp
import pytest
from playwright.async_api import Page, expect

from kommutator.domain.salon.facts import Attendance, Booked, Salon, SalonClient, StaffMember, Visit
from tests.console.test_salons_walk import sign_in
from tests.support.house import PASSWORD
from tests.support.yclients_service import HERE, SALON, SalonService, open_salon_service

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[SalonService]:
    async with open_salon_service(database_url) as opened:
        await opened.install(SALON)
        yield opened


async def fill(service: SalonService, clients: int = 60) -> UUID:
    """A copy as if it had been read."""
    (row,) = await service.fetch("SELECT id FROM connections WHERE kind = 'yclients'")
    connection: UUID = row["id"]
    key = HERE, connection
    people = [
        SalonClient(n, f"Клиент {n:02}", phone=f"+7916000{n:04}", visits=2)
        for n in range(1, clients + 1)
    ]
    noon = NOW.replace(tzinfo=None, hour=12, minute=0, second=0)
    visits = [
        Visit(
            n, 10, noon - timedelta(days=n), 3600, (Booked(1, "Стрижка <b>", 900),), client_id=1,
            attendance=Attendance.CAME if n % 2 else Attendance.NO_SHOW, deleted=n == 3,
        )
        for n in range(1, 61)
    ]  # fmt: skip
    async with service.house.db.unit() as unit:
        await unit.salons.save(*key, Salon(SALON, "Июнь", "Europe/Moscow"), read_at=NOW)
        await unit.salons.copied(*key)
        await unit.salon_lists.save_staff(*key, [StaffMember(10, "Анна")], read_at=NOW)
        await unit.salon_clients.save(*key, people, read_at=NOW)
        await unit.salon_visits.save(*key, visits, read_at=NOW)
        await unit.crm_hooks.heard(*key, 5, NOW)
        await unit.crm_hooks.trouble(*key, "refused", "лишние адреса", "salon_hooks_full")
        await unit.crm_reads.start(*key, "visits")
    return connection


@pytest.mark.browser
async def test_a_walk(service: SalonService, page: Page) -> None:
    """On a phone's width: a client is found, their visits are read, everything is read anew."""
    connection = await fill(service)
    await page.set_viewport_size({"width": 390, "height": 844})
    await sign_in(page, service, "admin@0367.example")
    await page.goto(f"{service.url}/console/salons/{connection}/clients")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.get_by_role("link", name="Клиент 50").wait_for()
    await page.locator("#more a").click()
    await page.get_by_role("link", name="Клиент 60").wait_for()
    await page.locator("#q").fill("916 000-00-01")
    await page.locator("#q").press("Enter")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await page.get_by_role("link", name="Клиент 01").click()
    await expect(page.locator("tbody tr")).to_have_count(51)
    await page.locator("#more a").click()
    await expect(page.locator("tbody tr")).to_have_count(60)
    assert await page.locator("tbody b").count() == 0
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.goto(f"{service.url}/console/salons/{connection}/sync")
    await expect(page.locator("[data-hooks]")).to_have_attribute("data-hooks", "refused")
    await page.locator("form[action='/console/salons/sync'] button").click()
    await page.wait_for_url("**/sync?done=salon_sync_begun")
    assert await service.value("SELECT count(*) FROM crm_reads") == 10
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_pages_speak_the_readers_language_and_are_for_the_owner(
    service: SalonService,
) -> None:
    connection = await fill(service, clients=2)
    base = f"{service.url}/console/salons/{connection}"
    pages = ("sync", "clients", "clients/1", "clients?q=нет", "clients/1?before=bent&part=1")
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        await _enter(http, service, "admin@0367.example")
        for locale, word in (("ru", "Клиенты"), ("uk", "Клієнти"), ("en", "Clients")):
            for name in pages:
                async with http.get(f"{base}/{name}", headers={"accept-language": locale}) as got:
                    text = await got.text()
                    assert got.status == 200, text
                    assert "part=1" in name or word in text
                    assert not re.search(r">\s*salon\.[a-z_.]+\s*<", text)
        async with http.get(f"{base}/clients/77") as got:
            assert got.status == 404
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        await _enter(http, service, "admin@0411.example")
        for name in pages:
            async with http.get(f"{base}/{name}") as got:
                assert got.status == 404, name
                assert "Клиент 0" not in await got.text()


async def _enter(http: aiohttp.ClientSession, service: SalonService, email: str) -> None:
    fields = {"email": email, "password": PASSWORD}
    async with http.post(f"{service.url}/console/login", data=fields) as answer:
        assert answer.status == 200
