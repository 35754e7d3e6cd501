from collections.abc import AsyncIterator

import pytest

from kommutator.kit.clock import SystemClock
from kommutator.kit.http import HttpClient
from kommutator.twins import TwinsConfig, start_twins
from tests.connectors.yclients.vendor import HOSTS, Vendor


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    """YClients' twin; it counts requests only where a test asks for it."""
    config = TwinsConfig(names=("yclients",), ports={"yclients": 0}, environment={})
    http = HttpClient(clock=SystemClock(), allowed_hosts=HOSTS)
    async with await start_twins(config) as running:
        vendor = await Vendor.of(http, running.base_urls["yclients"])
        await vendor.order("switches", rate_limits=False)
        yield vendor
        await http.close()
