"""Promise: a process killed between the vendor's yes and our note of it loses no salon."""

import json
from pathlib import Path

from kommutator.flows.secrets import open_account
from tests.support.killable import running
from tests.support.waiting import eventually
from tests.support.yclients_said import said_of
from tests.support.yclients_service import HERE, SALON, open_salon_service

WORKER = Path(__file__).with_name("salon_joiner.py")


async def test_killed_between_the_vendors_yes_and_ours(database_url: str) -> None:
    async with open_salon_service(database_url) as service:
        flows = service.house.yclients
        arrived = await flows.arrive(said_of(await service.pressed()))
        joined = await flows.join.into(service.admin, HERE, arrived.token)
        due = "UPDATE yclients_salons SET next_try_at = now()"
        async with service.house.db.unit() as unit:
            await unit.connection.execute(due)
        # The vendor does it and keeps its answer back.
        await service.twin.order(
            "faults", kind="hang", after=True, path="/marketplace/partner/callback", seconds=8
        )
        known = service.house.settings
        assert known.yclients_partner_token is not None
        assert known.yclients_user_token is not None
        settings = {
            "public_url": service.url,
            "private_hosts": "127.0.0.1",
            "yclients_partner_token": known.yclients_partner_token.get_secret_value(),
            "yclients_user_token": known.yclients_user_token.get_secret_value(),
            "yclients_application_id": str(known.yclients_application_id),
            "yclients_api_url": known.yclients_api_url,
            "yclients_marketplace_url": known.yclients_marketplace_url,
        }
        async with running(WORKER, database_url, json.dumps(settings)) as process:

            async def done_there() -> bool:
                return await service.vendor_says() == "active"

            await eventually(done_there)
            process.kill()
            await process.wait()
        assert (await service.states())[SALON][1:] == ("draft", "yclients_activating")

        async with service.twin.http.delete(f"{service.twin.url}/_twin/faults") as answer:
            assert answer.status == 200
        async with service.house.db.unit() as unit:
            await unit.connection.execute(due)
        assert await flows.activate.due() == 1
        assert (await service.states())[SALON][1:] == ("active", None)
        async with service.house.db.single() as unit:
            record = await unit.connections.get(HERE, joined.connections[0])
        key = open_account(service.house.vault, record).secrets["api_key"]
        (application,) = (await service.twin.look("market"))["applications"]
        held = next(c for c in application["connections"] if c["salon_id"] == SALON)
        assert held["api_key"] == key, "what the vendor was told the first time still holds"
