from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from kommutator.twins import TwinsConfig, start_twins
from kommutator.twins.amocrm import AmoCrmTwin
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
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", there.serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    there.base_url = f"http://{host}:{port}"
    yield there
    await runner.cleanup()
