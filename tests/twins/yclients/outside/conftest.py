from collections.abc import AsyncIterator

import aiohttp
import pytest

from kommutator.twins import TwinsConfig, start_twins
from kommutator.twins.yclients import YClientsTwin
from tests.support.hearing import listening
from tests.twins.yclients.outside.partner import Hearer, Partner


@pytest.fixture(scope="session")
async def yclients_twin() -> AsyncIterator[YClientsTwin]:
    """One twin for all; whoever takes it starts it anew."""
    config = TwinsConfig(names=("yclients",), ports={"yclients": 0}, environment={})
    async with await start_twins(config) as running:
        twin = running.twins["yclients"]
        assert isinstance(twin, YClientsTwin)
        yield twin


@pytest.fixture
async def partner(yclients_twin: YClientsTwin) -> AsyncIterator[Partner]:
    world = yclients_twin.world
    world.reset()
    world.switches.change({"rate_limits": False, "hook_delay_seconds": 0.0})
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as http:
        yield Partner(world.core.base_url, http, world)


@pytest.fixture
async def hearer() -> AsyncIterator[Hearer]:
    there = Hearer()
    async with listening(there.serve) as there.base_url:
        yield there
