from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from kommutator.twins import TwinsConfig, start_twins
from kommutator.twins.yclients import YClientsTwin
from tests.twins.yclients.outside.partner import Hearer, Partner


@pytest.fixture
async def partner() -> AsyncIterator[Partner]:
    config = TwinsConfig(names=("yclients",), ports={"yclients": 0}, environment={})
    timeout = aiohttp.ClientTimeout(total=10)
    async with (
        await start_twins(config) as running,
        aiohttp.ClientSession(timeout=timeout) as http,
    ):
        twin = running.twins["yclients"]
        assert isinstance(twin, YClientsTwin)
        twin.world.switches.change({"rate_limits": False, "hook_delay_seconds": 0.0})
        yield Partner(http, twin.world)


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
