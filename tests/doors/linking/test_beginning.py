"""Promise: once a phone is linked, the salon works without a further click: the assistant answers,
the vendor's reminders may leave through us; and both end as people and the phone say."""

import json
from typing import Any
from uuid import UUID

from kommutator.domain.tenancy import Actor, Role
from kommutator.domain.whatsapp.states import SessionState
from kommutator.kit.errors import ErrorKind, Stage, VendorError
from tests.support.linking import NEW, PHONE, LinkingTown
from tests.support.waiting import eventually
from tests.support.yclients_service import SALON

ADMIN = Actor("tests", Role.ENTERPRISE_ADMIN, NEW)


async def chosen(town: LinkingTown) -> dict[str, Any]:
    stored = await town.service.value("SELECT settings FROM enterprises WHERE number = $1", NEW)
    found = json.loads(stored) if isinstance(stored, str) else stored
    return dict(found.get("assistant") or {})


async def salon_id(town: LinkingTown) -> str:
    return str(await town.service.value("SELECT connection_id FROM yclients_salons"))


async def vendor_believes(town: LinkingTown) -> bool:
    (application,) = (await town.service.twin.look("market"))["applications"]
    held = next(c for c in application["connections"] if c["salon_id"] == SALON)
    return bool(held["channels"]["whatsapp"])


async def linked(town: LinkingTown) -> UUID:
    """The salon's phone, scanned and open."""
    house = town.service.house
    salon = await town.service.value("SELECT connection_id FROM yclients_salons")
    phone = await house.whatsapp.for_salon(ADMIN, NEW, salon)
    await house.whatsapp.link(NEW, phone)
    await (await town.world.line(phone)).scan(PHONE)

    async def is_open() -> bool:
        return (await house.whatsapp.state(NEW, phone)).state is SessionState.OPEN

    await eventually(is_open)
    return phone


async def test_the_assistant_begins_once(town: LinkingTown) -> None:
    await town.registered()
    assert await chosen(town) == {}
    house = town.service.house
    phone = await linked(town)
    salon = await salon_id(town)
    assert (await chosen(town)) == {"salons": {salon: True}}

    async with house.db.unit() as unit:
        await unit.enterprises.update(NEW, settings={"assistant": {"salons": {salon: False}}})
    await house.whatsapp.log_out(ADMIN, NEW, phone)
    assert await linked(town) == phone
    told = "SELECT count(*) FROM audit_log WHERE action = 'whatsapp.linked'"
    assert await town.service.value(told) == 2
    assert (await chosen(town))["salons"] == {salon: False}, "what a person chose stays"


async def test_the_vendor_believes_what_is_true(town: LinkingTown) -> None:
    tell, house = town.service.house.yclients.messenger, town.service.house
    await town.registered()

    async def believes() -> bool:
        await tell.due()
        return await vendor_believes(town)

    async def doubts() -> bool:
        return not await believes()

    await eventually(doubts)
    phone = await linked(town)
    await eventually(believes)

    line = await town.world.opened(phone)
    town.world.shut = VendorError(ErrorKind.TRANSIENT, "away", stage=Stage.BEFORE_SENDING)
    line.drops(428)

    async def broke() -> bool:
        return (await house.whatsapp.state(NEW, phone)).state is SessionState.RECONNECTING

    await eventually(broke)
    assert await believes(), "it comes back by itself"
    async with house.db.unit() as unit:
        await unit.connection.execute(
            "UPDATE yclients_salons SET channel_lost_at = now() - interval '11 minutes'"
        )
    await eventually(doubts)
    town.world.shut = None
    await eventually(believes)

    await house.whatsapp.log_out(ADMIN, NEW, phone)
    await eventually(doubts)


async def test_a_vendor_that_is_away_is_told_later(town: LinkingTown) -> None:
    await town.registered()
    await linked(town)
    tell = town.service.house.yclients.messenger
    await tell.due()
    async with town.service.house.db.unit() as unit:
        await unit.connection.execute("UPDATE yclients_salons SET channel_told = false")
    path = "/marketplace/application/update_channel"
    await town.service.twin.order("faults", kind="json_500", path=path, count=1)
    assert await tell.due() == 1
    rows = "SELECT channel_told, channel_tries FROM yclients_salons"
    (row,) = await town.service.fetch(rows)
    assert (row["channel_told"], row["channel_tries"]) == (False, 1)
    assert await tell.due() == 0, "not at once"
    async with town.service.house.db.unit() as unit:
        await unit.connection.execute("UPDATE yclients_salons SET channel_next_at = now()")
    assert await tell.due() == 1
    (row,) = await town.service.fetch(rows)
    assert (row["channel_told"], row["channel_tries"]) == (True, 0)
