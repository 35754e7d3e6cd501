"""The phone book through the API."""

from datetime import timedelta
from urllib.parse import quote

import pytest

from kommutator.flows.house import House
from kommutator.store.phone_book import Told
from tests.support.asgi import Asgi
from tests.support.factories import value
from tests.support.house import TenantOfTests

BOOK = "/api/v1/phone-book"
ANNA, BORIS, STRANGER = "+375290000001", "+375290000002", "+375290000003"


@pytest.fixture(autouse=True)
async def book(house: House, here: TenantOfTests) -> None:
    """Anna's owner has a phone, Boris talked with somebody, a stranger called."""
    now = house.clock.now()
    async with house.db.unit() as unit:
        await unit.extensions.put(here.number, "151", holder="Second desk")
        for told in (
            Told(ANNA, known=True, name="Анна Тестова", customer_id="1", owner_user="19"),
            Told(BORIS, known=True, name="Борис 100%", customer_id="2"),
            Told(STRANGER, known=False),
        ):
            await unit.phone_book.hear(here.number, here.crm_id, told, at=now)
        await unit.phone_book.talked(here.number, BORIS, "151", now - timedelta(days=1))


async def found(admin: Asgi, query: str) -> list[str]:
    reply = await admin.get(f"{BOOK}?{query}")
    assert reply.status == 200, reply.body
    return [item["phone"] for item in reply.json()["items"]]


async def test_who_would_be_rung_and_why(admin: Asgi) -> None:
    reply = await admin.get(f"{BOOK}/{ANNA}")
    shown = reply.json()
    assert (shown["asked"], shown["asked_why"]) == ("150", "route.owner")
    assert (shown["name"], shown["owner_user"], shown["pinned"]) == ("Анна Тестова", "19", None)
    boris = (await admin.get(f"{BOOK}/{BORIS}")).json()
    assert (boris["asked"], boris["asked_why"]) == ("151", "route.last_talker")
    stranger = (await admin.get(f"{BOOK}/{STRANGER}")).json()
    assert (stranger["asked"], stranger["known"]) == (None, False)


async def test_a_pin_goes_first_and_comes_off(admin: Asgi, house: House) -> None:
    pinned = await admin.request("PUT", f"{BOOK}/{ANNA}", json_body={"pinned": "151"})
    assert (pinned.json()["asked"], pinned.json()["asked_why"]) == ("151", "route.pinned")
    assert pinned.json()["pinned_by"] == "admin@0367.example"
    assert await found(admin, "pinned=true") == [ANNA]
    freed = await admin.request("PUT", f"{BOOK}/{ANNA}", json_body={"pinned": None})
    assert (freed.json()["asked"], freed.json()["pinned_by"]) == ("150", None)
    told = "SELECT count(*) FROM audit_log WHERE action = 'phone_book.pin' AND target = $1"
    assert await value(house.db, told, ANNA) == 2


async def test_a_number_may_be_pinned_before_it_ever_calls(admin: Asgi) -> None:
    reply = await admin.request("PUT", f"{BOOK}/375290000009", json_body={"pinned": "150"})
    assert (reply.json()["phone"], reply.json()["known"]) == ("+375290000009", None)


async def test_nobody_is_pinned_to_a_phone_that_is_not_there(admin: Asgi) -> None:
    reply = await admin.request("PUT", f"{BOOK}/{ANNA}", json_body={"pinned": "199"})
    assert (reply.status, reply.code) == (404, "extension_not_found")


@pytest.mark.parametrize(
    ("query", "phones"),
    [
        ("", [BORIS, ANNA, STRANGER]),
        (f"q={quote('тест')}", [ANNA]),
        ("q=100%25", [BORIS]),
        ("q=%25", [BORIS]),
        ("q=29%20000-00-02", [BORIS]),
        ("q=8029%200000002", [BORIS]),
        ("q=%2B375290000001", [ANNA]),
        ("q=nobody", []),
    ],
)
async def test_people_are_found_by_name_and_number(
    admin: Asgi, query: str, phones: list[str]
) -> None:
    assert await found(admin, query) == phones


async def test_the_list_goes_on_where_it_stopped(admin: Asgi) -> None:
    seen, cursor = [], ""
    for _ in range(3):
        page = (await admin.get(f"{BOOK}?limit=1{cursor}")).json()
        seen += [item["phone"] for item in page["items"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert (seen, page["next_cursor"]) == ([BORIS, ANNA, STRANGER], None)
    odd = await admin.get(f"{BOOK}?cursor=WzFd")
    assert (odd.status, odd.code) == (400, "cursor_invalid")


async def test_a_hook_of_the_crm_has_a_client_asked_for(admin: Asgi, house: House) -> None:
    reply = await admin.post(f"{BOOK}/refresh", json_body={"phone": "+375 (29) 000-00-01"})
    assert (reply.status, reply.json()) == (202, {"phone": ANNA})
    assert (await admin.get(f"{BOOK}/{ANNA}")).json()["wanted_at"] is not None
    odd = await admin.post(f"{BOOK}/refresh", json_body={"phone": "150"})
    assert (odd.status, odd.code) == (400, "phone_invalid")


async def test_all_clients_are_read_on_demand(admin: Asgi, house: House) -> None:
    started = await admin.post(f"{BOOK}/read")
    assert started.status == 202
    (read,) = started.json()["reads"]
    assert (read["under_way"], read["page"], read["finished_at"]) == (False, 0, None)
    told = (await admin.get(f"{BOOK}/read")).json()
    assert (told["numbers"], told["clients"], told["wanted"]) == (3, 2, 0)


async def test_without_a_working_crm_nobody_is_asked(admin: Asgi, here: TenantOfTests) -> None:
    assert (await admin.post(f"/api/v1/connections/{here.crm_id}/pause")).status == 200
    for reply in (
        await admin.post(f"{BOOK}/read"),
        await admin.post(f"{BOOK}/refresh", json_body={"phone": ANNA}),
    ):
        assert (reply.status, reply.code) == (409, "crm_not_working")
    await admin.request("DELETE", f"/api/v1/connections/{here.crm_id}")
    gone = await admin.post(f"{BOOK}/read")
    assert (gone.status, gone.code) == (409, "crm_not_working")
    assert (await admin.get(f"{BOOK}/{ANNA}")).json()["name"] == "Анна Тестова"


async def test_a_forgotten_number_is_gone(admin: Asgi) -> None:
    assert (await admin.request("DELETE", f"{BOOK}/{ANNA}")).status == 204
    for method in ("GET", "DELETE"):
        reply = await admin.request(method, f"{BOOK}/{ANNA}")
        assert (reply.status, reply.code) == (404, "phone_not_in_book")
