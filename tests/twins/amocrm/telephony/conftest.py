from collections.abc import AsyncIterator

import aiohttp
import pytest

from kommutator.twins import TwinsConfig, start_twins
from kommutator.twins.amocrm import AmoCrmTwin
from tests.support.hearing import listening
from tests.twins.amocrm.telephony.desk import Desk, Hearer, issue


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    config = TwinsConfig(names=("amocrm",), ports={"amocrm": 0}, environment={})
    timeout = aiohttp.ClientTimeout(total=10)
    async with (
        await start_twins(config) as running,
        aiohttp.ClientSession(timeout=timeout) as http,
    ):
        twin = running.twins["amocrm"]
        assert isinstance(twin, AmoCrmTwin)
        world = twin.world
        world.switches.rate_limits = False
        account = world.account(None)
        yield Desk(http, world, account, issue(world, account, account.admin_id()))


@pytest.fixture
async def hearer() -> AsyncIterator[Hearer]:
    there = Hearer()
    async with listening(there.serve) as there.base_url:
        yield there
