"""Promise: made-up requests at the doors that are open to all never end in a 5xx."""

import asyncio

from kommutator.kit.throttle import Throttle
from tests.api.test_schemathesis import attack
from tests.support.yclients_service import open_salon_service

BELOW = ("/marketplace", "/api/v1/yclients/salons", "/api/yclients/webhook")


async def test_the_family_of_yclients_keeps_its_word(database_url: str) -> None:
    quick = {"api_rate": "100000", "api_burst": "100000"}
    async with open_salon_service(database_url, **quick) as service:
        await service.install()
        limits = service.app.asgi.state.yclients_limits
        for name in vars(limits):
            setattr(limits, name, Throttle(1e5, 100_000, service.house.clock))
        for below in BELOW:
            answers = await asyncio.to_thread(
                attack,
                service.app.asgi,
                service.here.headers,
                service.url,
                below=below,
                examples=5,
            )
            assert answers["4xx"] > 0
            assert set(answers) <= {"2xx", "4xx"}
