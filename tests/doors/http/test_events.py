import json

import pytest

from kommutator.flows.house import House
from tests.support.asgi import Asgi
from tests.support.house import TenantOfTests, event, settle_platform

URL = "/api/events"


async def journal(house: House, tenant: TenantOfTests) -> list[dict[str, object]]:
    async with house.db.unit() as unit:
        entries = await unit.journal.page(tenant.number)
    return [{"kind": e.row.kind, "key": e.row.key, "body": json.loads(e.row.body)} for e in entries]


async def test_an_event_is_on_disk_when_it_is_acknowledged(
    house: House, stranger: Asgi, here: TenantOfTests
) -> None:
    reply = await stranger.post(URL, headers={"x-api-key": here.key}, json_body=event("0367"))
    assert reply.status == 200
    answer = reply.json()
    assert answer == {"success": True, "duplicate": False, "journal_id": answer["journal_id"]}
    assert answer["journal_id"] > 0
    assert await journal(house, here) == [
        {"kind": "dial", "key": "1700000000.1", "body": event("0367")}
    ]


async def test_a_repeat_is_acknowledged_and_not_stored(
    house: House, stranger: Asgi, here: TenantOfTests
) -> None:
    for duplicate in (False, True):
        reply = await stranger.post(
            URL, headers={"authorization": f"Bearer {here.key}"}, json_body=event("0367")
        )
        assert reply.json()["duplicate"] is duplicate
    assert len(await journal(house, here)) == 1


async def test_a_form_is_journalled_as_the_json_it_means(
    house: House, stranger: Asgi, here: TenantOfTests
) -> None:
    caller = stranger.with_headers(x_api_key=here.key)
    whole = {
        "enterprise_number": "0367",
        "event_type": "dial",
        "payload": json.dumps(
            {
                "UniqueId": "1700000000.1",
                "Phone": "+375000000070",
                "CallType": "0",
                "Extensions": "150",
            }
        ),
    }
    loose = {
        "enterprise_number": "0367",
        "event_type": "dial",
        "UniqueId": "1700000000.2",
        "Phone": "+375000000070",
        "CallType": "0",
        "Extensions": "150",
    }
    assert [(await caller.post(URL, form=form)).status for form in (whole, loose)] == [200, 200]
    bodies = [entry["body"] for entry in await journal(house, here)]
    assert bodies == [
        {
            "enterprise_number": "0367",
            "event_type": "dial",
            "payload": {
                "UniqueId": call_id,
                "Phone": "+375000000070",
                "CallType": "0",
                "Extensions": "150",
            },
        }
        for call_id in ("1700000000.2", "1700000000.1")
    ]


async def test_what_is_refused_says_why_and_stores_nothing(
    house: House, stranger: Asgi, here: TenantOfTests, there: TenantOfTests
) -> None:
    caller = stranger.with_headers(x_api_key=here.key)
    refused = {
        "another tenant's number": (await caller.post(URL, json_body=event("0411"))),
        "an unknown number": (await caller.post(URL, json_body=event("9999"))),
        "no number at all": (await caller.post(URL, json_body=event("zero"))),
        "broken JSON": (await caller.post(URL, raw=b'{"enterprise_number": ')),
        "not an object": (await caller.post(URL, raw=b"[]")),
        "deep nesting": (await caller.post(URL, raw=b"[" * 100_000)),
        "no call": (await caller.post(URL, json_body={**event("0367"), "payload": {}})),
        "no key": (await stranger.post(URL, json_body=event("0367"))),
        "a wrong key": (
            await stranger.post(URL, headers={"x-api-key": "kmt_wrong"}, json_body=event("0367"))
        ),
        "a bad form": (
            await caller.post(
                URL, form={"enterprise_number": "0367", "event_type": "x", "payload": "{"}
            )
        ),
    }
    assert {why: (reply.status, reply.code) for why, reply in refused.items()} == {
        "another tenant's number": (404, "enterprise_not_found"),
        "an unknown number": (404, "enterprise_not_found"),
        "no number at all": (400, "enterprise_number_invalid"),
        "broken JSON": (400, "event_body_invalid"),
        "not an object": (400, "event_body_invalid"),
        "deep nesting": (400, "event_body_invalid"),
        "no call": (400, "payload_call_id_missing"),
        "no key": (401, "key_missing"),
        "a wrong key": (401, "key_invalid"),
        "a bad form": (400, "event_body_invalid"),
    }
    assert await journal(house, here) == []
    assert await journal(house, there) == []


async def test_a_platform_token_may_send_for_any_tenant_that_exists(
    house: House, stranger: Asgi, here: TenantOfTests
) -> None:
    _, headers = await settle_platform(house)
    caller = Asgi(stranger.app, headers=headers)
    assert (await caller.post(URL, json_body=event("0367"))).status == 200
    unknown = await caller.post(URL, json_body=event("9999"))
    assert (unknown.status, unknown.code) == (404, "enterprise_not_found")


async def test_an_employee_may_not_send_events(
    house: House, stranger: Asgi, here: TenantOfTests
) -> None:
    token = house.tokens.issue(here.employee).value
    reply = await stranger.post(
        URL, headers={"authorization": f"Bearer {token}"}, json_body=event("0367")
    )
    assert (reply.status, reply.code) == (403, "not_allowed")


async def test_a_revoked_key_dies_at_once(
    house: House, stranger: Asgi, admin: Asgi, here: TenantOfTests
) -> None:
    caller = stranger.with_headers(x_api_key=here.key)
    assert (await caller.post(URL, json_body=event("0367"))).status == 200
    assert (await admin.request("DELETE", f"/api/v1/api-keys/{here.key_id}")).status == 204
    reply = await caller.post(URL, json_body=event("0367"))
    assert (reply.status, reply.code) == (401, "key_invalid")


@pytest.mark.parametrize("path", [URL, "/retailcrm/api/events"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_other_methods_are_told_which_one_there_is(
    stranger: Asgi, path: str, method: str
) -> None:
    reply = await stranger.request(method, path)
    assert (reply.status, reply.code) == (405, "method_not_allowed")
    assert reply.header("allow") == "POST"
