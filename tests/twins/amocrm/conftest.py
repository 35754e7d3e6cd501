from collections.abc import AsyncIterator

import aiohttp
import pytest

from kommutator.kit.clock import SystemClock
from kommutator.twins import RunningTwins, TwinsConfig, start_twins
from tests.twins.amocrm.client import Amo


@pytest.fixture
async def amo_twins() -> AsyncIterator[RunningTwins]:
    config = TwinsConfig(
        names=("amocrm",), ports={"amocrm": 0}, environment={}, clock=SystemClock()
    )
    async with await start_twins(config) as running:
        yield running


async def client_of(http: aiohttp.ClientSession, root: str, account: str) -> Amo:
    async with http.get(f"{root}/_twin/credentials") as answer:
        facts = await answer.json()
    (mine,) = [row for row in facts["accounts"] if row["name"] == account]
    amo = Amo(http, root, mine["base_url"], account, facts["integrations"][0])
    amo.token = (await amo.order("tokens"))["access_token"]
    return amo


@pytest.fixture
async def amo(amo_twins: RunningTwins, http: aiohttp.ClientSession) -> Amo:
    """The demo account, limits off."""
    amo = await client_of(http, amo_twins.base_urls["amocrm"], "demo")
    await amo.switch(rate_limits=False)
    return amo


@pytest.fixture
async def large(amo: Amo) -> Amo:
    """The other standing account."""
    return await client_of(amo.http, amo.root, "large")
