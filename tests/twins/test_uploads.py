"""Contract §1.7: finished calls."""

from typing import Any

import pytest

from tests.twins.crm import Crm, finished_call


@pytest.fixture
async def ready(crm: Crm) -> Crm:
    await crm.register()
    return crm


async def test_off_without_a_module(crm: Crm) -> None:
    answer = await crm.upload(finished_call())
    assert (answer.status, answer.json["success"]) == (200, False)
    assert answer.json["errorMsg"] == "Telephony not enabled or not supports calls upload"


async def test_upload(ready: Crm) -> None:
    answer = await ready.upload(finished_call("a"), finished_call("b"))
    assert answer.json == {"success": True, "processedCallsCount": 2}
    first, second = (await ready.state())["calls"]
    assert (first["externalId"], second["externalId"]) == ("a", "b")
    assert (first["userName"], first["customerName"]) == ("Образцова Елена", "Тестов Андрей")


async def test_dates_are_of_the_accounts_zone(ready: Crm) -> None:
    await ready.upload(finished_call(date="2026-01-20 10:00:00"))
    # 10:00 in Moscow is 07:00 UTC.
    assert (await ready.state())["calls"][0]["epoch"] == 1768892400.0


async def test_known_external_id_is_a_duplicate_and_changes_nothing(ready: Crm) -> None:
    await ready.upload(finished_call("a", duration=12))
    answer = await ready.upload(finished_call("a", duration=99), finished_call("b"))
    assert answer.json == {"success": True, "processedCallsCount": 1, "duplicateCalls": ["a"]}
    assert [c["duration"] for c in (await ready.state())["calls"]] == [12, 12]


async def test_duplicate_within_one_upload(ready: Crm) -> None:
    answer = await ready.upload(finished_call("a"), finished_call("a"))
    assert answer.json == {"success": True, "processedCallsCount": 1, "duplicateCalls": ["a"]}


async def test_fifty_at_most(ready: Crm) -> None:
    calls = [finished_call(f"c{n}") for n in range(51)]
    answer = await ready.upload(*calls)
    assert (answer.status, (await ready.state())["calls"]) == (400, [])
    assert (await ready.upload(*calls[:50])).json["processedCallsCount"] == 50


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"result": "no answered"}, "result"),
        ({"type": "hangup"}, "type"),
        ({"date": "2026-01-20T10:00:00Z"}, "date"),
        ({"phone": ""}, "phone"),
        ({"externalId": ""}, "externalId"),
        ({"duration": "long"}, "duration"),
    ],
)
async def test_refusals(ready: Crm, changes: dict[str, Any], field: str) -> None:
    answer = await ready.upload(finished_call("good"), finished_call("bad") | changes)
    assert answer.status == 400
    assert answer.json["errorMsg"] == "Errors in the entity format"
    assert list(answer.json["errors"]) == [f"[1][{field}]"]
    assert (await ready.state())["calls"] == []


async def test_partial_upload_as_460(ready: Crm) -> None:
    await ready.control("switches", calls_partial="460")
    answer = await ready.upload(finished_call("good"), finished_call("bad", result="x"))
    assert (answer.status, answer.json["processedCallsCount"]) == (460, 1)
    assert [c["externalId"] for c in (await ready.state())["calls"]] == ["good"]


@pytest.mark.parametrize(
    ("result", "fired"), [("no answer", 1), ("unknown", 1), ("failed", 0), ("answered", 0)]
)
async def test_missed_call_trigger_knows_two_words(ready: Crm, result: str, fired: int) -> None:
    await ready.upload(finished_call(result=result))
    assert len((await ready.state())["triggers"]) == fired


async def test_operator_by_user_id(ready: Crm) -> None:
    call = finished_call(userId=18)
    del call["code"]
    await ready.upload(call)
    assert (await ready.state())["calls"][0]["userName"] == "Примеров Пётр"


async def test_call_from_the_future_is_noted(ready: Crm) -> None:
    await ready.upload(finished_call(date="2199-01-01 00:00:00"))
    assert [v["kind"] for v in (await ready.state())["violations"]] == ["future_call"]


async def test_reupload_may_bring_the_record(ready: Crm) -> None:
    await ready.control("switches", reupload_updates=True)
    await ready.upload(finished_call("a"))
    await ready.upload(finished_call("a", recordUrl="https://pbx.example/r.mp3"))
    assert (await ready.state())["calls"][0]["recordUrl"] == "https://pbx.example/r.mp3"
