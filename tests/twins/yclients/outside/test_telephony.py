"""What a PBX tells YClients, and what it tells back (contract §1.8)."""

from typing import Any

import pytest

from tests.support.yclients_town import SALON, SECOND, Reply
from tests.twins.yclients.outside.partner import Partner

PATH = "/api/v1/voip/integration"
MONTH = "date_from=2026-01-01&date_to=2026-01-31"


async def tell(partner: Partner, **body: Any) -> Reply:
    group = next(iter(partner.world.groups.values()))
    return await partner.send("POST", PATH, {"crm_token": group.crm_token, **body})


async def enable(partner: Partner) -> None:
    assert (await tell(partner, command="setup", type="enable")).status == 202


async def history(partner: Partner, **changes: Any) -> Reply:
    return await tell(
        partner,
        **{
            "command": "history",
            "type": "incoming",
            "phone": "79990000000",
            "diversion": "74950000000",
            "status": "success",
            "duration": 42,
            "link": "https://pbx.example/1.mp3",
            "call_id": "c1",
            "date": "2026-01-17T20:30:00+00:00",
        }
        | changes,
    )


async def calls(partner: Partner, query: str = "") -> list[dict[str, Any]]:
    found = (await partner.owner("GET", f"{PATH}/calls?salon_id={SALON}&{query}")).data
    return list(found)


async def test_accepted(partner: Partner) -> None:
    answer = await tell(partner, command="setup", type="enable")
    assert answer.status == 202
    assert answer.json == {"success": True, "data": None, "meta": {"message": "Accepted"}}


async def test_a_call_of_a_client(partner: Partner) -> None:
    await enable(partner)
    client = next(iter(partner.salon.clients.values()))
    await history(partner, phone=f"+{client.phone}")
    (row,) = await calls(partner)
    assert row == {
        "id": row["id"],
        "client_id": client.id,
        "caller_phone": client.phone,
        "record_link": "https://pbx.example/1.mp3",
        "duration": 42,
        "status": "success",
        "type": "incoming",
        "call_date": "2026-01-17 23:30:00",
    }


async def test_filters_of_calls(partner: Partner) -> None:
    await enable(partner)
    await history(partner)
    await history(partner, status="missed", type="outgoing", phone="79990000001")
    await history(partner, date="2026-02-03T10:00:00+03:00")
    assert len(await calls(partner)) == 3
    assert [row["client_id"] for row in await calls(partner, MONTH)] == [0, 0]
    assert len(await calls(partner, "types[]=outgoing&statuses[]=missed")) == 1
    assert len(await calls(partner, "types[]=internal")) == 0
    assert len(await calls(partner, "phone=89990000001")) == 1
    assert len(await calls(partner, "limit=2&page=2")) == 1
    too_many = await partner.owner("GET", f"{PATH}/calls?salon_id={SALON}&limit=1001")
    assert too_many.status == 422


async def test_the_extension_beats_the_line(partner: Partner) -> None:
    await enable(partner)
    await partner.order("telephony", routes={"201": SECOND, "74950000000": SALON})
    await history(partner)
    await history(partner, user="201")
    rows = (await partner.look("calls", count=2))["items"]
    assert [row["salon_id"] for row in rows] == [SALON, SECOND]
    assert await partner.refused("telephony", routes={"201": 1}) == 400


async def test_a_popup_lasts_until_the_history(partner: Partner) -> None:
    await enable(partner)
    client = next(iter(partner.salon.clients.values()))
    await tell(partner, command="event", type="incoming", phone=client.phone, user="201")
    (popup,) = (await partner.look("telephony"))["popups"]
    assert (popup["phone"], popup["user"], popup["client_id"]) == (
        f"+{client.phone}",
        "201",
        client.id,
    )
    await history(partner, phone=client.phone)
    assert (await partner.look("telephony"))["popups"] == []


async def test_only_incoming_calls_pop_up(partner: Partner) -> None:
    await enable(partner)
    await tell(partner, command="event", type="outgoing", phone="79990000000", user="201")
    assert (await partner.look("telephony"))["popups"] == []


async def test_nothing_is_shown_before_setup(partner: Partner) -> None:
    await tell(partner, command="event", type="incoming", phone="79990000000", diversion="1")
    assert (await history(partner)).status == 202
    told = await partner.look("telephony")
    assert (told["enabled"], told["popups"], told["calls"]) == (False, [], [])
    assert [row["command"] for row in told["commands"]] == ["event", "history"]
    assert "crm_token" not in told["commands"][0]


async def test_another_chains_token(partner: Partner) -> None:
    body = {"command": "setup", "type": "enable", "crm_token": "a guess"}
    assert (await partner.send("POST", PATH, body)).status == 403
    await partner.order("switches", voip_bad_token_status=202)
    assert (await partner.send("POST", PATH, body)).status == 202
    assert (await partner.look("telephony"))["enabled"] is False


@pytest.mark.parametrize(
    "changes",
    [
        {"command": "hang"},
        {"type": "sideways"},
        {"status": "busy"},
        {"phone": ""},
        {"date": "yesterday"},
        {"date": "2026-01-17 20:30:00"},
        {"date": "9999-12-31T23:59:59+00:00"},
    ],
)
async def test_bad_history(partner: Partner, changes: dict[str, Any]) -> None:
    await enable(partner)
    assert (await history(partner, **changes)).status == 422
    assert await calls(partner) == []


async def test_who_may_see_calls(partner: Partner) -> None:
    path = f"{PATH}/calls?salon_id={SALON}"
    assert (await partner.send("GET", path)).status == 401
    assert (await partner.as_system("GET", path)).status == 403
    await partner.installed()
    assert (await partner.as_system("GET", path)).status == 200
    assert (await partner.owner("GET", f"{PATH}/calls?salon_id=1")).status == 404
