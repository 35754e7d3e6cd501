"""Promise: nobody sees, books or changes visits of another tenant's salon, by no way in."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from kommutator.domain.tenancy import Actor, Permission, Role
from tests.support.booking_service import BookingService, open_booking
from tests.support.house import PASSWORD
from tests.support.yclients_service import HERE, SALON

API = "/api/yclients"
SECRETS = ("Ксения", "70000000301", "Черновик")


@pytest.fixture(scope="module")
async def salon(module_database_url: str) -> AsyncIterator[BookingService]:
    async with open_booking(module_database_url) as opened:
        yield opened


async def a_visit(salon: BookingService) -> tuple[int, str, dict[str, Any], int]:
    """Its record, the booking's id, a free start, and the service."""
    service = await salon.service_id()
    first, free = (await salon.slots(service))[:2]
    made = await salon.book(first, service)
    assert made.status == 201, made.text
    return made.body["record_id"], made.body["booking_id"], free, service


def requests(
    record: int, booking: str, slot: dict[str, Any], service: int
) -> list[tuple[str, str, Any]]:
    appointment = {
        "id": 1,
        "services": [service],
        "staff_id": slot["staff_id"],
        "datetime": slot["datetime"],
    }
    guest = {"phone": "+70000000555", "fullname": "Чужой"}
    book = {
        "company_id": SALON, "service_ids": [service], "datetime": slot["datetime"],
        "name": "Чужой", "phone": "+70000000555",
    }  # fmt: skip
    of = f"?company_id={SALON}"
    return [
        ("GET", f"{API}/records{of}", None),
        ("GET", f"{API}/records{of}&fresh=true", None),
        ("GET", f"{API}/records/{record}{of}", None),
        ("GET", f"{API}/clients/1/records{of}", None),
        ("GET", f"{API}/slots{of}&service_ids={service}", None),
        ("GET", f"{API}/bookings/{booking}", None),
        ("POST", f"{API}/book", book),
        ("POST", f"{API}/book_check/{SALON}", {"appointments": [appointment]}),
        ("POST", f"{API}/book_record/{SALON}", {"appointments": [appointment], **guest}),
        ("POST", f"{API}/records/{record}/move{of}", {"datetime": slot["datetime"]}),
        ("POST", f"{API}/records/{record}/cancel{of}", None),
        ("POST", f"{API}/records/{record}/confirm{of}", None),
        ("POST", f"{API}/records/{record}/attendance{of}", {"attendance": 1}),
    ]


async def test_another_tenants_key_opens_nothing(salon: BookingService) -> None:
    visit = await a_visit(salon)
    asked = len(salon.twin.world.log.rows())
    for method, path, body in requests(*visit):
        for caller, status in ((salon.neighbour, 404), (salon.service.caller, 401)):
            answer = await caller(method, path, json=body)
            assert answer.status == status, (method, path, answer.text)
            assert not [one for one in SECRETS if one in answer.text]
    assert len(salon.twin.world.log.rows()) == asked  # the vendor was not even asked
    assert (salon.record(visit[0]).deleted, salon.record(visit[0]).attendance) == (False, 0)


async def test_a_key_that_only_reads_changes_nothing(salon: BookingService) -> None:
    visit = await a_visit(salon)
    actor = Actor("tests", Role.ENTERPRISE_ADMIN, HERE)
    for scopes, forbidden in (({Permission.READ_SALON}, "POST"), ({Permission.SEND_EVENTS}, "")):
        made = await salon.service.house.keys.create(actor, HERE, name="few", scopes=scopes)
        caller = salon.service.caller.with_headers(x_api_key=made.secret)
        for method, path, body in requests(*visit):
            answer = await caller(method, path, json=body)
            if not forbidden or method == forbidden:
                assert answer.status == 403, (method, path, answer.text)
            else:
                assert answer.status == 200, (method, path, answer.text)
    assert not salon.record(visit[0]).deleted


async def test_pages_of_another_tenant(salon: BookingService) -> None:
    record, booking, slot, service = await a_visit(salon)
    day = f"/console/salons/{salon.connection}/day"
    pages = [day, f"{day}?part=1", f"{day}/visits/{record}", f"{day}/visits/{record}/times"]
    pages += [f"{day}/bookings/{booking}", f"{day}/form?at=2027-01-01T10:00&staff=1&service=1"]
    acts: list[tuple[str, dict[str, str]]] = [
        (f"{day}/visits/{record}/cancel", {}),
        (f"{day}/visits/{record}/attend", {"attendance": "came"}),
        (f"{day}/visits/{record}/move", {"at": slot["datetime"][:19]}),
        (f"{day}/clients", {"q": "Ксения"}),
        (f"{day}/form", {"at": slot["datetime"][:19], "staff": "0", "client": "1"}),
        (f"{day}/book", {
            "at": slot["datetime"][:19], "staff": "0", "service": str(service),
            "name": "Чужой", "phone": "+70000000555", "mark": "m",
        }),
    ]  # fmt: skip
    jar = aiohttp.CookieJar(unsafe=True)  # cookies of 127.0.0.1
    async with aiohttp.ClientSession(salon.service.url, cookie_jar=jar) as browser:
        login = {"email": "admin@0411.example", "password": PASSWORD}
        async with browser.post("/console/login", data=login) as answer:
            assert answer.status == 200
            text = await answer.text()
        csrf = text.partition('name="csrf-token" content="')[2].partition('"')[0]
        assert csrf
        for path in pages:
            async with browser.get(path, headers={"HX-Request": "true"}) as answer:
                assert (answer.status, json.loads(await answer.text())["error"]["code"]) == (
                    404, "salon_unknown",
                ), path  # fmt: skip
        for path, form in acts:
            headers = {"HX-Request": "true", "X-CSRF-Token": csrf}
            async with browser.post(path, data=form, headers=headers) as answer:
                assert answer.status == 404, (path, await answer.text())
            async with browser.post(path, data=form) as answer:  # another site's form
                assert answer.status == 403, path
    assert not salon.record(record).deleted
    clients = salon.twin.world.companies[SALON].clients.values()
    assert "Чужой" not in [client.name for client in clients]
