"""Calls in amoCRM as people meet them: the service as it runs, a PBX that tells by HTTP."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.support.amocrm_service import ADMIN, AmoService, open_amocrm_service
from tests.support.house import PASSWORD
from tests.support.waiting import eventually

KNOWN = "+70000000101"  # the first contact: the administrator's, with one open lead
STRANGER = "+375290000071"
LINE = "+375170000001"
RECORDED: dict[str, Any] = {"recordings": True, "recording_wait_s": 0}
RECORD = "https://pbx.example/kept/1.mp3"


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[AmoService]:
    async with open_amocrm_service(database_url) as opened:
        yield opened


async def connect(service: AmoService, **config: Any) -> list[str]:
    """Returns amoCRM's users: the first has extension 150, the second 151."""
    users = await service.users()
    mapping = {users[0]: "150", users[1]: "151"}
    wanted: dict[str, Any] = {"user_extensions": mapping, "default_user": users[2]}
    await service.connect(**wanted, **RECORDED, **config)
    return users


async def a_call(
    service: AmoService, call_id: str, phone: str, *, talk_s: int = 0, direction: str = "in"
) -> None:
    """151 rings first, then 150 too, who may answer."""
    common = {"phone": phone, "line": LINE, "direction": direction}
    await service.tell("dial", call_id, **common, extensions=["151"])
    await service.tell("dial", call_id, **common, extensions=["151", "150"])
    if talk_s:
        await service.tell("bridge", call_id, **common, extensions=["150"])
    ending = {"status": "answered" if talk_s else "no_answer", "duration": talk_s}
    link = {"record_url": RECORD} if talk_s else {}
    who = ["150"] if talk_s else ["151", "150"]
    await service.tell("hangup", call_id, **common, extensions=who, **ending, **link)


def calls_in(state: dict[str, Any]) -> list[dict[str, Any]]:
    return [note for note in state["notes"] if note["note_type"] in ("call_in", "call_out")]


async def delivered(service: AmoService, call_id: str) -> dict[str, Any]:
    """The account after everything that the call has led to."""

    async def over() -> bool:
        asked = "SELECT count(*) FROM calls WHERE id = $1 AND phase = 'ended'"
        return bool(await service.value(asked, call_id)) and await service.quiet()

    await eventually(over, 60)
    undone = "SELECT kind, state, error FROM outbox WHERE state <> 'done'"
    assert await service.fetch(undone) == []
    return await service.state()


async def test_a_known_client(service: AmoService) -> None:
    users = await connect(service)
    await a_call(service, "1.1", KNOWN, talk_s=42)
    state = await delivered(service, "1.1")
    shown = [(card["phone"], card["users"]) for card in state["popups"]]
    assert shown == [(KNOWN, [int(users[1])]), (KNOWN, [int(users[0])])]
    (note,) = calls_in(state)
    params = note["params"]
    assert (note["note_type"], params["uniq"], params["duration"]) == ("call_in", "1.1", 42)
    assert params["phone"] == KNOWN
    assert params["link"].startswith(f"{service.url}/recordings/")  # ours, signed: it plays
    assert note["responsible_user_id"] == int(users[0])
    assert note["created_by"] == int(users[0])
    assert note["entity_id"] == state["leads"][0]["id"]
    assert len(state["contacts"]) == 40
    assert len(state["tasks"]) == 1  # of the seed


@pytest.mark.parametrize(
    ("choice", "direction", "made"),
    [
        ("contact", "in", {"contacts": 1}),
        ("contact", "out", {"contacts": 1}),
        ("contact_and_lead", "in", {"contacts": 1, "leads": 1}),
        ("unsorted", "in", {"contacts": 1, "leads": 1, "unsorted": 1}),
        ("task", "in", {"tasks": 1}),
        ("skip", "out", {}),
    ],
)
async def test_a_number_that_amocrm_has_not_got(
    service: AmoService, choice: str, direction: str, made: dict[str, int]
) -> None:
    users = await connect(service, unknown_number={direction: choice})
    before = await service.state()
    await a_call(service, "2.1", STRANGER, talk_s=7, direction=direction)
    state = await delivered(service, "2.1")
    kinds = ("contacts", "leads", "unsorted", "tasks")
    more = {kind: len(state[kind]) - len(before[kind]) for kind in kinds}
    assert {kind: count for kind, count in more.items() if count} == made
    written = [(note["note_type"], note["params"]["uniq"]) for note in calls_in(state)]
    if choice.startswith("contact"):
        assert written == [(f"call_{direction}", "2.1")]
        assert state["contacts"][-1]["responsible_user_id"] == int(users[0])
    if choice == "task":
        assert STRANGER in state["tasks"][-1]["text"]
        assert state["tasks"][-1]["responsible_user_id"] == int(users[0])
    if choice == "unsorted":
        assert state["unsorted"][-1]["metadata"]["phone"] == STRANGER


@pytest.mark.parametrize(
    ("owner", "user"), [("client_owner", 0), ("first_rang", 1), ("last_rang", 0), ("default", 2)]
)
async def test_a_missed_call_becomes_a_task_of_the_right_person(
    service: AmoService, owner: str, user: int
) -> None:
    rule = {"create": "task", "result": "missed", "text": "Call {phone} back", "due_minutes": 15}
    users = await connect(service, rules=[rule], missed_owner=owner)
    await a_call(service, "3.1", KNOWN)
    state = await delivered(service, "3.1")
    (note,) = calls_in(state)
    assert (note["params"]["duration"], note["params"]["call_status"]) == (0, 6)
    task = state["tasks"][-1]
    assert len(state["tasks"]) == 2
    assert task["text"].startswith("Call ")
    assert task["responsible_user_id"] == int(users[user])
    assert 0 < task["complete_till"] - task["created_at"] <= 15 * 60
    # An answered call makes none.
    await a_call(service, "3.2", KNOWN, talk_s=5)
    assert len((await delivered(service, "3.2"))["tasks"]) == 2


async def test_whose_phone_also_while_amocrm_is_gone(service: AmoService) -> None:
    await connect(service)
    await service.copied()
    told = "SELECT count(*) FROM phone_book WHERE known AND owner_user IS NOT NULL"

    async def in_the_book() -> bool:
        return bool(await service.value(told) >= 40)

    await eventually(in_the_book)
    assert await whose(service, KNOWN) == ("150", "route.owner")
    assert await whose(service, "+70000000102") == ("151", "route.owner")
    await service.stop_twin()
    assert await whose(service, KNOWN) == ("150", "route.owner")
    assert await whose(service, "8 (000) 000-01-02") == ("151", "route.owner")
    assert (await whose(service, STRANGER))[0] is None


async def whose(service: AmoService, phone: str) -> tuple[str | None, str]:
    url = f"{service.url}/api/smart-redirect"
    headers = {"X-API-Key": service.key}
    body = {"phone": phone, "line": LINE}
    async with service.http.post(url, json=body, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        said = await answer.json()
    return said["extension"], said["why"]


async def test_the_console_speaks_of_the_crm_that_is_connected(service: AmoService) -> None:
    await connect(service)
    await a_call(service, "4.1", KNOWN, talk_s=3)
    await delivered(service, "4.1")
    jar = aiohttp.CookieJar(unsafe=True)  # our host is an address
    async with aiohttp.ClientSession(cookie_jar=jar, headers={"accept-language": "en"}) as browser:
        form = {"email": ADMIN, "password": PASSWORD}
        async with browser.post(f"{service.url}/console/login", data=form) as signed_in:
            assert signed_in.status == 200
        async with browser.get(f"{service.url}/console/calls/card?id=4.1") as card:
            said = await card.text()
    assert "amoCRM took the call at" in said
    assert "RetailCRM" not in said


@pytest.fixture
async def door(database_url: str) -> AsyncIterator[AmoService]:
    """Without workers: nobody asks amoCRM but the test."""
    async with open_amocrm_service(database_url, roles=("api",)) as opened:
        yield opened


async def test_an_unpaid_account_is_said_to_be_so_by_the_first_request(door: AmoService) -> None:
    """Whoever asks, not only a call's lane: the page must not say "works" until tomorrow."""
    await door.connect()
    await door.twin.order("account", account="demo", unpaid="writes")
    body = {"email": ADMIN, "password": PASSWORD}
    async with door.http.post(f"{door.url}/api/v1/auth/login", json=body) as answer:
        bearer = {"Authorization": f"Bearer {(await answer.json())['access_token']}"}
    leads = f"{door.url}/api/v1/amocrm/leads"
    async with door.http.get(leads, params={"limit": 1}, headers=bearer) as answer:
        lead = (await answer.json())["data"][0]["id"]
    async with door.http.put(f"{leads}/{lead}", json={"price": 1}, headers=bearer) as answer:
        assert answer.status == 424
    status = f"{door.url}/api/v1/amocrm/status"
    async with door.http.get(status, headers=bearer) as answer:
        told = await answer.json()
    assert (told["connected"], told["state"], told["reason"]) == (False, "unpaid", "unpaid")
    assert told["action"]
