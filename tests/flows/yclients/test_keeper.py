"""Promise: what a person did not wait for is done aside, and what is over is forgotten."""

from kommutator.kit.clock import SystemClock
from kommutator.workers.yclients_keeper import YClientsKeeper
from tests.support.waiting import eventually
from tests.support.yclients_said import said_of
from tests.support.yclients_service import HERE, SALON, SalonService, open_salon_service


async def test_what_the_vendor_did_not_hear_is_said_again(service: SalonService) -> None:
    flows = service.house.yclients
    keeper = YClientsKeeper(service.house.db, flows, clock=SystemClock())
    arrived = await flows.arrive(said_of(await service.pressed()))
    joined = await flows.join.into(service.admin, HERE, arrived.token)
    assert await keeper.connect_due() == 0, "whoever asked tries first"
    await service.twin.order(
        "faults", kind="json_500", path="/marketplace/partner/callback", count=1
    )
    (failed,) = await flows.activate.all(HERE, joined.connections)
    assert failed.again
    due = "UPDATE yclients_salons SET next_try_at = now()"
    assert await keeper.connect_due() == 0, "not at once"
    async with service.house.db.unit() as unit:
        await unit.connection.execute(due)
    assert await keeper.connect_due() == 1
    assert (await service.states())[SALON][1:] == ("active", None)
    assert await flows.look.first() == 1
    (application,) = (await service.twin.look("market"))["applications"]
    held = next(c for c in application["connections"] if c["salon_id"] == SALON)
    assert held["channels"] == {"whatsapp": True}, "as connecting leaves it"
    assert await flows.messenger.due() == 1
    (application,) = (await service.twin.look("market"))["applications"]
    held = next(c for c in application["connections"] if c["salon_id"] == SALON)
    assert held["channels"] == {"whatsapp": False}, "nobody carries messages yet"
    assert await flows.messenger.due() == 0, "it is told once"
    await keeper.reconcile()


async def test_arrivals_that_are_over_are_forgotten(service: SalonService) -> None:
    flows = service.house.yclients
    keeper = YClientsKeeper(service.house.db, flows, clock=SystemClock())
    await flows.arrive(said_of(await service.pressed()))
    await keeper.retire()
    assert await service.value("SELECT count(*) FROM yclients_arrivals") == 1
    async with service.house.db.unit() as unit:
        await unit.connection.execute(
            "UPDATE yclients_arrivals SET expires_at = now() - interval '2 days'"
        )
        await unit.connection.execute("UPDATE yclients_claims SET expires_at = now()")
    await keeper.retire()
    assert await service.value("SELECT count(*) FROM yclients_arrivals") == 0
    assert await service.value("SELECT count(*) FROM yclients_claims") == 0


async def test_after_the_button_everything_follows_by_itself(database_url: str) -> None:
    """With a worker beside: licence and rights are looked at, and the salon's book is read."""
    async with open_salon_service(database_url, roles=("api", "worker")) as service:
        page = await service.caller.get(await service.pressed())
        token = page.text.partition('name="token" value="')[2].partition('"')[0]
        await service.caller.post("/yclients/connect/register", data={"token": token})

        async def followed() -> bool:
            return bool(
                await service.value(
                    "SELECT (SELECT checked_at IS NOT NULL FROM yclients_salons) "
                    "AND (SELECT count(*) FROM salon_visits) > 0"
                )
            )

        await eventually(followed)
        await service.twin.order("market", act="uninstall", salon_id=SALON)
        await service.told("removed", None)
