"""Faults on order, on a real socket."""

import asyncio
from typing import Any

import aiohttp
import pytest

from tests.twins.crm import Crm, finished_call


async def fault(crm: Crm, kind: str, /, **more: Any) -> None:
    answer = await crm.control("faults", kind=kind, **more)
    assert answer.status == 200, answer.text


@pytest.mark.parametrize(
    ("kind", "status", "content_type"),
    [
        ("html_503", 503, "text/html"),
        ("html_502", 502, "text/html"),
        ("html_504", 504, "text/html"),
        ("html_405", 405, "text/html"),
        ("json_429", 429, "application/json"),
        ("json_500", 500, "application/json"),
        ("wrong_key", 403, "application/json"),
        ("partial_460", 460, "application/json"),
    ],
)
async def test_canned_replies(crm: Crm, kind: str, status: int, content_type: str) -> None:
    await fault(crm, kind)
    answer = await crm.get("/v5/users")
    assert (answer.status, answer.content_type) == (status, content_type)


async def test_count_is_used_up(crm: Crm) -> None:
    await fault(crm, "html_502", count=2)
    assert [(await crm.get("/v5/users")).status for _ in range(3)] == [502, 502, 200]


async def test_only_what_is_meant_fails(crm: Crm) -> None:
    await fault(crm, "html_502", method="post", path="/api/v5/users", account="demo")
    await fault(crm, "html_504", regex=r"/users/\d+$")
    await fault(crm, "json_500", account="large")
    assert (await crm.get("/v5/users")).status == 200
    assert (await crm.get("/v5/users/19")).status == 504
    assert (await crm.post("/v5/users/19/status", status="busy")).status == 502


async def test_probability(crm: Crm) -> None:
    await fault(crm, "html_502", probability=0)
    assert (await crm.get("/v5/users")).status == 200


async def test_own_reply(crm: Crm) -> None:
    headers = {"Retry-After": "7", "Content-Type": "text/plain"}
    await fault(crm, "reply", status=429, body="slow down", headers=headers)
    async with crm.http.get(f"{crm.base_url}/api/v5/users") as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "7")
        assert (answer.content_type, await answer.text()) == ("text/plain", "slow down")


async def test_drop_before_leaves_no_trace(crm: Crm) -> None:
    await crm.register()
    await fault(crm, "drop", path="/api/v5/telephony")
    with pytest.raises(aiohttp.ClientConnectionError):
        await crm.upload(finished_call())
    state = await crm.state()
    assert state["calls"] == []
    assert state["lastRequests"][-1]["status"] == 0


@pytest.mark.parametrize("kind", ["drop", "hang"])
async def test_lost_after_commit(crm: Crm, kind: str) -> None:
    await crm.register()
    await fault(crm, kind, after=True, seconds=0.01, count=1)
    with pytest.raises(aiohttp.ClientConnectionError):
        await crm.upload(finished_call("a"))
    assert len((await crm.state())["calls"]) == 1
    assert (await crm.upload(finished_call("a"))).json["duplicateCalls"] == ["a"]


async def test_gateway_timeout_after_commit(crm: Crm) -> None:
    await fault(crm, "html_504", after=True)
    answer = await crm.post("/v5/users/19/status", status="busy")
    assert (answer.status, answer.content_type) == (504, "text/html")
    assert (await crm.state())["users"][2]["status"] == "busy"


async def test_hang_lasts_until_cleared(crm: Crm) -> None:
    await fault(crm, "hang")
    asked = asyncio.create_task(crm.post("/v5/users/19/status", status="busy"))
    wait = f"{crm.root}/_twin/wait?what=requests&status=0&timeout=5"
    waiting = asyncio.create_task(crm.send("GET", wait))
    counted = {}
    while counted != {"POST /api/v5/users/19/status": 1}:
        counted = (await crm.state())["requests"]
    assert not asked.done()
    await crm.send("DELETE", f"{crm.root}/_twin/faults")
    with pytest.raises(aiohttp.ClientConnectionError):
        await asked
    assert (await waiting).json["ok"] is True


async def test_latency_only_delays(crm: Crm) -> None:
    await fault(crm, "latency", seconds=0.01)
    assert (await crm.get("/v5/users")).status == 200


async def test_garbage_and_truncated_answers(crm: Crm) -> None:
    await fault(crm, "garbage", count=1)
    async with crm.http.get(f"{crm.base_url}/api/v5/users") as answer:
        assert (answer.status, (await answer.read())[:3]) == (200, b"\x1f\x8b\x00")
    await fault(crm, "truncated", count=1)
    answer = await crm.get("/system-info")
    whole = await crm.get("/system-info")
    assert whole.text.startswith(answer.text)
    assert 0 < len(answer.text) < len(whole.text)


async def test_connection_cut_in_the_body(crm: Crm) -> None:
    await fault(crm, "cut_off")
    with pytest.raises(aiohttp.ClientPayloadError):
        await crm.get("/v5/users")


async def test_orders_are_listed_and_cleared(crm: Crm) -> None:
    await fault(crm, "html_502", count=3)
    await crm.get("/v5/users")
    url = f"{crm.root}/_twin/faults"
    (rule,) = (await crm.send("GET", url)).json["faults"]
    assert (rule["kind"], rule["remaining"], rule["hits"]) == ("html_502", 2, 1)
    assert (await crm.send("DELETE", f"{url}?id={rule['id']}")).json == {"cleared": 1}
    assert (await crm.get("/v5/users")).status == 200


@pytest.mark.parametrize("body", [{"kind": "nonsense"}, {"kind": "drop", "speed": 1}, {}])
async def test_bad_orders(crm: Crm, body: dict[str, Any]) -> None:
    answer = await crm.control("faults", **body)
    assert (answer.status, "unknown" in answer.json["error"]) == (400, True)
