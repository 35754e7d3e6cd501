"""Which salon a messenger speaks for, where an enterprise has several."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.converse.salon_of import SalonOf
from kommutator.flows.house import House
from kommutator.kit.errors import NotFound
from tests.support.house import open_house
from tests.support.tenants import TenantOfTests, settle_tenant

BOT, FIRST, SECOND = UUID(int=1), UUID(int=2), UUID(int=3)
KINDS = {
    BOT: ConnectionKind.TELEGRAM,
    FIRST: ConnectionKind.YCLIENTS,
    SECOND: ConnectionKind.YCLIENTS,
}


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with open_house(database_url) as opened:
        yield opened


@pytest.fixture
async def tenant(house: House) -> TenantOfTests:
    """With a bot and two salons that work."""
    made = await settle_tenant(house, "0367")
    async with house.db.unit() as unit:
        for one, kind in KINDS.items():
            await unit.connections.create(
                made.number, one, kind=kind, name=str(one), base_url="https://x.test",
                account_key=str(one), config={}, sealed={},
            )  # fmt: skip
            await unit.connection.execute(
                "UPDATE connections SET status = 'active' WHERE id = $1", one
            )
    return made


async def spoken_for(house: House, enterprise: EnterpriseNumber) -> UUID | None:
    await house.directory.refresh(enterprise)
    salon = await SalonOf(house.directory)(await house.directory.account(BOT))
    return None if salon is None else salon.connection_id


async def test_of_several_salons_the_chosen_one(house: House, tenant: TenantOfTests) -> None:
    assert await spoken_for(house, tenant.number) is None
    await house.channels.speak_for(tenant.admin, tenant.number, BOT, SECOND)
    assert await spoken_for(house, tenant.number) == SECOND
    await house.channels.speak_for(tenant.admin, tenant.number, BOT, None)
    assert await spoken_for(house, tenant.number) is None


async def test_neither_a_stranger_nor_a_messenger_is_a_salon(
    house: House, tenant: TenantOfTests
) -> None:
    for other in (BOT, UUID(int=9)):
        with pytest.raises(NotFound, match="salon_unknown"):
            await house.channels.speak_for(tenant.admin, tenant.number, BOT, other)
    with pytest.raises(NotFound, match="connection_not_found"):
        await house.channels.speak_for(tenant.admin, tenant.number, FIRST, SECOND)
