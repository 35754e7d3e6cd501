"""Requirement 002's click-to-call, its three tests first and word for word."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from kommutator.domain.connection import ConnectionKind
from tests.support.service import ADMIN, HERE, PHONE, Service
from tests.support.waiting import eventually

PATH = "/retailcrm/make-call"
LINE = "+375170000001"
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
async def connected(service: Service) -> Service:
    await service.connect(lines={LINE: "shop-main"})
    await service.connect_pbx()
    return service


async def click(service: Service, **fields: str) -> Any:
    params = {"clientId": await service.client_id(), "phone": PHONE, **fields}
    return await service.stranger.get(PATH, params=params, headers=ENGLISH)


async def test_1_the_user_id_finds_the_extension(connected: Service) -> None:
    reply = await click(connected, userId="19")
    assert reply.status == 200, reply.text
    call_id = reply.body["call_id"]
    assert reply.body == {
        "success": True,
        "message": f"150 → {PHONE}",
        "call_id": call_id,
        "extension": "150",
        "phone": PHONE,
    }
    pbx = await connected.record(ConnectionKind.ASTERISK)
    assert await connected.owed() == [
        {
            "lane": f"pbx:{pbx.id}",
            "call_id": call_id,
            "extension": "150",
            "client": PHONE,
            "line": None,
            "requested_by": "retailcrm:19",
        }
    ]


async def test_2_the_code_wins_over_the_user(connected: Service) -> None:
    reply = await click(connected, userId="99", code="151")
    assert (reply.status, reply.body["extension"]) == (200, "151")
    assert [command["extension"] for command in await connected.owed()] == ["151"]


async def test_3_an_unknown_user_is_refused_in_words(connected: Service) -> None:
    reply = await click(connected, userId="999")
    assert (reply.status, reply.code) == (400, "extension_not_configured")
    assert reply.body["detail"] == "No extension configured for user 999"
    assert await connected.owed() == []


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ("userId=19&phone=%2B375291234567", 200, "150 → +375291234567"),
        ("userId=99&phone=%2B375291234567&code=151", 200, "151 → +375291234567"),
        ("userId=999&phone=%2B375291234567", 400, "No extension configured for user 999"),
    ],
)
async def test_the_requirements_own_curl_lines(
    connected: Service, asked: str, status: int, said: str
) -> None:
    """Word for word, so without any header: the machine's sentence is English all the same."""
    url = f"{connected.stranger.url}{PATH}?clientId={await connected.client_id()}&{asked}"
    curl = await asyncio.create_subprocess_exec(
        "curl", "-s", "-w", "\n%{http_code}", url, stdout=asyncio.subprocess.PIPE
    )
    body, _, code = (await curl.communicate())[0].decode().rpartition("\n")
    answer = json.loads(body)
    assert int(code) == status, body
    assert answer["success"] is (status == 200)
    assert answer.get("message" if status == 200 else "detail") == said
    if status == 400:
        assert answer["error"]["message"] == "Сотруднику 999 не назначен внутренний номер."


async def test_a_strangers_number_is_never_shown(connected: Service) -> None:
    """The call is placed, with the number that the PBX shows anyway; the try is written down."""
    reply = await click(connected, userId="19", externalPhone="+375291112233")
    assert reply.status == 200
    assert [command["line"] for command in await connected.owed()] == [None]
    async with connected.house.db.unit() as unit:
        rows = await unit.audit.page(HERE)
    refused = [row for row in rows if row.action == "click.refused"]
    assert [(row.target, row.detail["reason"]) for row in refused] == [
        ("+375291112233", "line_not_ours")
    ]


@pytest.mark.parametrize(
    "query", ["phone=%2B375000000071", "clientId=other", "userId=18", "externalPhone=%2B1"]
)
async def test_what_can_be_read_in_two_ways_is_refused(connected: Service, query: str) -> None:
    fields = {
        "clientId": await connected.client_id(), "userId": "19", "phone": PHONE,
        "externalPhone": LINE,
    }  # fmt: skip
    reply = await connected.stranger.post(f"{PATH}?{query}", data=fields)
    assert (reply.status, reply.code) == (400, "field_repeated")
    assert await connected.owed() == []


async def test_the_crm_itself_can_click(connected: Service) -> None:
    report = await connected.drive("click", userId=19, phone=PHONE)
    assert (report["sent"]["method"], report["answer"]["status"]) == ("GET", 200)
    await connected.twin.post("/_twin/switches", json={"make_call_method": "POST"})
    report = await connected.drive("click", userId=19, phone="+375000000071")
    assert (report["sent"]["method"], report["answer"]["status"]) == ("POST", 200)
    assert [command["client"] for command in await connected.owed()] == [PHONE, "+375000000071"]


def _multipart(fields: dict[str, str]) -> dict[str, Any]:
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in fields.items():
        form.add_field(name, value)
    return {"data": form}


@pytest.mark.parametrize(
    "how",
    [
        lambda fields: {"json": {**fields, "userId": 19}},
        lambda fields: {"data": fields},
        _multipart,
        lambda fields: {"params": fields},
    ],
    ids=["json", "form", "multipart", "query"],
)
async def test_any_body_will_do(connected: Service, how: Any) -> None:
    fields = {
        "clientId": await connected.client_id(),
        "userId": "19",
        "phone": PHONE,
        "externalPhone": LINE,
    }
    reply = await connected.stranger.post(PATH, **how(fields))
    assert reply.status == 200, reply.text
    placed = await connected.owed()
    assert [(c["extension"], c["client"], c["line"]) for c in placed] == [("150", PHONE, LINE)]


async def test_a_plus_that_was_not_escaped_is_understood(connected: Service) -> None:
    query = f"?clientId={await connected.client_id()}&userId=19&phone={PHONE}"
    async with aiohttp.ClientSession() as session:
        from yarl import URL  # noqa: PLC0415 - the one test that needs a raw query

        target = URL(f"{connected.stranger.url}{PATH}{query}", encoded=True)
        async with session.get(target) as reply:
            body = await reply.json()
    assert (reply.status, body["phone"]) == (200, PHONE)


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"phone": "", "userId": "19"}, 400, "hook_unusable"),
        ({"phone": "call me", "userId": "19"}, 400, "phone_invalid"),
        ({"userId": ""}, 400, "hook_unusable"),
        ({"clientId": "", "userId": "19"}, 400, "hook_client_id_missing"),
        ({"clientId": "nobody-knows-this", "userId": "19"}, 401, "client_id_unknown"),
        ({"code": "200"}, 400, "extension_unknown"),
        ({"code": "+375000000099", "userId": "19"}, 400, "extension_unknown"),
    ],
)
async def test_what_cannot_be_dialled_is_refused(
    connected: Service, fields: dict[str, str], status: int, code: str
) -> None:
    reply = await click(connected, **fields)
    assert (reply.status, reply.code) == (status, code)
    assert reply.body["error"]["action"]
    assert await connected.owed() == []


@pytest.mark.parametrize("body", [b"{", b"[1]", b"\xff\xfe", b""])
async def test_a_broken_body_gets_words_and_never_422(connected: Service, body: bytes) -> None:
    reply = await connected.stranger.post(
        PATH, data=body, headers={"Content-Type": "application/json"}
    )
    assert (reply.status, reply.code) == (400, "hook_client_id_missing")


async def test_the_number_of_the_enterprise_is_no_client_id(connected: Service) -> None:
    reply = await click(connected, clientId=HERE, userId="19")
    assert (reply.status, reply.code) == (401, "client_id_unknown")


async def test_unless_the_tenant_accepts_it(service: Service) -> None:
    await service.connect(accept_number_client_id=True)
    await service.connect_pbx()
    reply = await click(service, clientId=HERE, userId="19")
    assert (reply.status, reply.body["extension"]) == (200, "150")
    other = await click(service, clientId="0411", userId="19")
    assert (other.status, other.code) == (401, "client_id_unknown")


async def test_a_double_click_is_one_call(connected: Service) -> None:
    first, second = await asyncio.gather(
        click(connected, userId="19"), click(connected, userId="19")
    )
    third = await click(connected, userId="19")
    assert [reply.status for reply in (first, second, third)] == [200, 200, 200]
    assert len({reply.body["call_id"] for reply in (first, second, third)}) == 1
    assert len(await connected.owed()) == 1


async def test_without_a_pbx_the_clicker_is_told(service: Service) -> None:
    await service.connect()
    reply = await click(service, userId="19")
    assert (reply.status, reply.code) == (409, "pbx_not_connected")
    assert reply.body["detail"] == "No PBX is connected, so there is nothing to call with."
    await service.connect_pbx()
    await service.house.set_up.pause(ADMIN, HERE, ConnectionKind.ASTERISK)
    service.forget()
    assert (await click(service, userId="19")).code == "pbx_paused"


async def test_a_paused_crm_places_no_calls(connected: Service) -> None:
    await connected.house.set_up.pause(ADMIN, HERE, ConnectionKind.RETAILCRM)
    connected.forget()
    reply = await click(connected, userId="19")
    assert (reply.status, reply.code) == (409, "connection_paused")


async def test_the_call_is_seen_at_once(connected: Service) -> None:
    placed = await click(connected, userId="19")

    async def seen() -> bool:
        calls = await connected.admin.get("/api/v1/calls")
        return [call["id"] for call in calls.body["items"]] == [placed.body["call_id"]]

    await eventually(seen)
