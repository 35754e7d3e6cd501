"""Seven a second, fifty an account, and what comes of ignoring both; faults on order."""

import asyncio

import aiohttp
import pytest

from kommutator.kit.clock import ManualClock
from kommutator.twins import TwinsConfig, start_twins
from kommutator.twins.amocrm.account import Account
from kommutator.twins.amocrm.pace import Pace
from kommutator.twins.amocrm.switches import Switches
from kommutator.twins.traffic import Traffic
from tests.twins.amocrm.client import Amo, sample
from tests.twins.amocrm.conftest import client_of


@pytest.fixture
def account() -> Account:
    return Account(1, "demo", "", "http://x")


def ask(pace: Pace, account: Account, at: float, client: str = "a") -> int:
    refusal = pace.refusal(account, client, monotonic=at, at=0, path="/x")
    return refusal.status if refusal else 200


def test_a_true_rolling_second(account: Account) -> None:
    pace = Pace(Traffic(), Switches())
    assert [ask(pace, account, 0.5 + n / 100) for n in range(7)] == [200] * 7
    assert ask(pace, account, 1.4) == 429
    assert ask(pace, account, 1.501) == 429  # six of the first seven and the refused one
    assert ask(pace, account, 1.58) == 200


def test_each_integration_has_its_own_seven_and_the_account_fifty(account: Account) -> None:
    pace = Pace(Traffic(), Switches())
    got = [ask(pace, account, 0.5, f"client-{n % 8}") for n in range(56)]
    assert got == [200] * 50 + [429] * 6


def test_ignoring_429_blocks_the_account(account: Account) -> None:
    traffic = Traffic()
    pace = Pace(traffic, Switches(block_after=3))
    assert [ask(pace, account, 0.0) for _ in range(11)] == [200] * 7 + [429] * 3 + [403]
    assert ask(pace, account, 1000.0, "another") == 403
    kinds = [v["kind"] for v in traffic.dump()["violations"]]
    assert kinds == ["rate"] * 3 + ["blocked"] * 2


async def test_on_the_wire_until_support_unblocks(http: aiohttp.ClientSession) -> None:
    config = TwinsConfig(
        names=("amocrm",), ports={"amocrm": 0}, environment={}, clock=ManualClock()
    )
    async with await start_twins(config) as running:
        amo = await client_of(http, running.base_urls["amocrm"], "demo")
        await amo.switch(block_after=2)
        answers = [await amo.get("account") for _ in range(10)]
        assert [a.status for a in answers] == [200] * 7 + [429, 429, 403]
        assert answers[7].json == sample("429_kommo")
        assert answers[7].content_type == "application/problem+json"
        assert answers[9].content_type == "text/html"
        state = await amo.state()
        bucket = f"demo {amo.integration['client_id']}"
        assert state["buckets"][bucket] == {"maxPerSecond": 10, "total": 10}
        await amo.order("unblock")
        await amo.switch(rate_reply="html")
        pages = await amo.get("account")
        assert (pages.status, pages.content_type) == (429, "text/html")


@pytest.mark.parametrize(
    ("kind", "status", "content_type"),
    [
        ("html_429", 429, "text/html"),
        ("html_403", 403, "text/html"),
        ("plain_403", 403, "text/plain"),
        ("html_504", 504, "text/html"),
        ("json_500", 500, "application/problem+json"),
        ("unpaid", 402, "application/problem+json"),
    ],
)
async def test_faults(amo: Amo, kind: str, status: int, content_type: str) -> None:
    await amo.fault(kind=kind, path="/api/v4/leads", count=1)
    answer = await amo.get("leads")
    assert (answer.status, answer.content_type) == (status, content_type)
    assert (await amo.get("leads")).status == 200


async def test_a_lost_answer_takes_effect(amo: Amo) -> None:
    await amo.fault(kind="drop", after=True, method="POST")
    with pytest.raises(aiohttp.ClientConnectionError):
        await amo.api("POST", "leads", [{"name": "Потерян"}])
    found = (await amo.get("leads?filter[name]=Потерян")).json["_embedded"]["leads"]
    assert len(found) == 1


@pytest.mark.parametrize(("when", "made"), [("before", False), ("after", True)])
async def test_a_large_batch_times_out(amo: Amo, when: str, made: bool) -> None:
    await amo.switch(batch_timeout=when, batch_timeout_above=2)
    assert (await amo.api("POST", "leads", [{"name": "b"}] * 2)).status == 200
    assert (await amo.api("POST", "leads", [{"name": "c"}] * 3)).status == 504
    assert ((await amo.get("leads?filter[name]=c")).status == 200) is made


async def test_the_clock_wakes_the_slow(amo: Amo) -> None:
    await amo.fault(kind="latency", seconds=3600, path="/api/v4/account")
    asked = asyncio.create_task(amo.get("account"))
    while (await amo.state())["requests"].get("GET /api/v4/account") != 1:
        assert not asked.done()
    await amo.order("clock", advance=3600)
    assert (await asked).status == 200
