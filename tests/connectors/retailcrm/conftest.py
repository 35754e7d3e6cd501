from collections.abc import AsyncIterator

import pytest

from kommutator.connectors.crm.retailcrm.connect import RetailCrmDesk
from kommutator.connectors.crm.retailcrm.writes import RetailCrmDelivery
from kommutator.kit.clock import SystemClock
from kommutator.kit.http import HttpClient
from kommutator.twins import RunningTwins, TwinsConfig, start_twins
from tests.connectors.retailcrm.crm import Crm, no_wait


@pytest.fixture
async def twins() -> AsyncIterator[RunningTwins]:
    async with await start_twins(TwinsConfig(ports={"retailcrm": 0}, environment={})) as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    client = HttpClient(clock=SystemClock(), allowed_hosts={"127.0.0.1"})
    yield client
    await client.close()


@pytest.fixture
async def crm(twins: RunningTwins, http: HttpClient) -> Crm:
    """The twin's account `demo`; it counts requests only where a test asks for it."""
    crm = await Crm.of(http, twins.base_urls["retailcrm"])
    await crm.order("switches", rate_limits=False)
    return crm


@pytest.fixture
def desk(http: HttpClient) -> RetailCrmDesk:
    return RetailCrmDesk(http, turn=no_wait)


@pytest.fixture
def delivery(http: HttpClient) -> RetailCrmDelivery:
    return RetailCrmDelivery(http, turn=no_wait)
