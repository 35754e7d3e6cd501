"""Contract §1.2: requests per second and address."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from kommutator.kit.clock import ManualClock
from kommutator.twins import RunningTwins, TwinsConfig, start_twins
from tests.twins.crm import Crm


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def twins(clock: ManualClock) -> AsyncIterator[RunningTwins]:
    config = TwinsConfig(ports={"retailcrm": 0}, environment={}, clock=clock)
    async with await start_twins(config) as running:
        yield running


async def statuses(crm: Crm, path: str, times: int) -> list[int]:
    return [(await crm.get(path)).status for _ in range(times)]


async def test_eleventh_request_of_a_second_meets_nginx(crm: Crm) -> None:
    assert await statuses(crm, "/v5/users/19", 10) == [200] * 10
    over = await crm.get("/v5/users/19")
    assert (over.status, over.content_type) == (503, "text/html")
    assert "503 Service Temporarily Unavailable" in over.text


async def test_tenth_of_a_second_buys_one_request(crm: Crm, clock: ManualClock) -> None:
    await statuses(crm, "/v5/users/19", 11)
    await clock.advance(0.1)
    assert await statuses(crm, "/v5/users/19", 2) == [200, 503]


async def test_telephony_has_its_own_forty(crm: Crm) -> None:
    await statuses(crm, "/v5/users/19", 11)
    path = "/v5/telephony/manager?phone=1"
    assert await statuses(crm, path, 41) == [200] * 40 + [503]


async def test_accounts_share_the_address(crm: Crm) -> None:
    await statuses(crm, "/v5/users/19", 10)
    url = f"{crm.root}/a/large/api/v5/users"
    assert (await crm.send("GET", url)).status == 503


async def test_accounts_apart_by_switch(crm: Crm) -> None:
    await crm.control("switches", rate_scope="ip_account")
    await statuses(crm, "/v5/users/19", 10)
    assert (await crm.send("GET", f"{crm.root}/a/large/api/v5/users")).status == 400


async def test_another_address_has_its_own_bucket(crm: Crm) -> None:
    await statuses(crm, "/v5/users/19", 11)
    connector = aiohttp.TCPConnector(local_addr=("127.0.0.2", 0))
    async with aiohttp.ClientSession(connector=connector) as elsewhere:
        there = Crm(elsewhere, crm.base_url, crm.root, crm.key, crm.limited_key)
        assert (await there.get("/v5/users/19")).status == 200


@pytest.mark.parametrize(("kind", "status"), [("json_429", 429), ("json_503", 503)])
async def test_refusal_as_json(crm: Crm, kind: str, status: int) -> None:
    await crm.control("switches", rate_reply=kind)
    await statuses(crm, "/v5/users/19", 10)
    over = await crm.get("/v5/users/19")
    assert (over.status, over.json["errorMsg"]) == (status, "Rate limit exceeded")


async def test_limits_off(crm: Crm) -> None:
    await crm.control("switches", rate_limits=False)
    assert await statuses(crm, "/v5/users/19", 15) == [200] * 15


async def test_busiest_second_and_violations_are_kept(crm: Crm, clock: ManualClock) -> None:
    await asyncio.gather(*(crm.get("/v5/users/19") for _ in range(12)))
    await clock.advance(5)
    await crm.get("/v5/users/19")
    state = await crm.state()
    assert state["buckets"] == {"127.0.0.1 api": {"maxPerSecond": 12, "total": 13}}
    assert [v["kind"] for v in state["violations"]] == ["rate", "rate"]
    assert state["requests"] == {"GET /api/v5/users/19": 13}


async def test_refused_request_changes_nothing(crm: Crm) -> None:
    await statuses(crm, "/v5/users/19", 10)
    assert (await crm.post("/v5/users/19/status", status="busy")).status == 503
    user = next(u for u in (await crm.state())["users"] if u["id"] == 19)
    assert user["status"] == "free"
