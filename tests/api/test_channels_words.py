"""Promise: the API of messengers and notices answers as its OpenAPI says, never with a 5xx."""

import asyncio

from kommutator.doors.http import channels
from kommutator.doors.http.app import create_app
from tests.api.test_schemathesis import attack, served
from tests.support.channels import a_receiver, connect_telegram
from tests.support.house import open_house, settle_tenant
from tests.support.messengers import open_messenger

EXAMPLES = 2  # per operation: there are twenty-one, and the machine is small


async def test_the_api_keeps_its_word(database_url: str) -> None:
    async with (
        open_messenger("telegram") as twin,
        open_house(
            database_url,
            api_rate="100000",
            api_burst="100000",
            private_hosts="127.0.0.1",
            telegram_updates="poll",
            telegram_api_url=twin.url,
            avito_api_url=twin.url,
            whatsapp_cloud_api_url=twin.url,
        ) as house,
    ):
        tenant = await settle_tenant(house, "0411")
        app = create_app(house, families={"channels": channels.add})
        bot = await connect_telegram(house, tenant.number, twin)
        await a_receiver(house, tenant.number, bot)
        loop = asyncio.get_running_loop()

        def run() -> dict[str, int]:
            answers: dict[str, int] = {}
            with served(app, loop) as base_url:
                for below in ("/api/v1/notices", "/api/v1/channels", "/api/v1/webhooks/"):
                    answers |= attack(app, tenant.headers, base_url, below=below, examples=EXAMPLES)
            return answers

        assert set(await asyncio.to_thread(run)) == {"2xx", "4xx"}
