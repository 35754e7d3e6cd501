"""Promise: what YClients tells of a tenant's salon, and the copy of it, stay with that tenant."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from kommutator.domain.salon.facts import Salon, SalonClient, Visit
from kommutator.flows.secrets import seal_secrets
from kommutator.kit.errors import NotFound, Unavailable
from tests.support.yclients_service import (
    HERE,
    SALON,
    SECOND,
    THERE,
    SalonService,
    open_salon_service,
)

PATH = "/api/v1/webhooks/yclients"
AT = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[SalonService]:
    async with open_salon_service(database_url) as opened:
        yield opened


async def settle(service: SalonService, enterprise: Any, salon: int) -> tuple[UUID, str]:
    """A working salon with one client and one visit of theirs; its secret."""
    house = service.house
    connection = house.ids.uuid()
    secret = f"{connection.hex}.not-a-real-secret-of-{enterprise}"
    async with house.db.unit() as unit:
        await unit.connections.create(
            enterprise, connection, kind=ConnectionKind.YCLIENTS, name=f"Салон {salon}",
            base_url=service.twin.api_url, account_key=str(salon), config={"salon_id": salon},
            sealed=seal_secrets(house.vault, enterprise, connection, {"hook_secret": secret}),
        )  # fmt: skip
        await unit.connections.set_status(enterprise, connection, ConnectionStatus.ACTIVE)
        key = enterprise, connection
        await unit.salons.save(*key, Salon(salon, f"Салон {salon}", "Europe/Moscow"), read_at=AT)
        await unit.salon_clients.save(*key, [SalonClient(1, f"of {salon}")], read_at=AT)
        visit = Visit(1, 10, AT.replace(tzinfo=None), 3600, client_id=1)
        await unit.salon_visits.save(*key, [visit], read_at=AT)
    house.directory.clear()
    return connection, secret


async def test_a_notice_lands_at_the_owner_of_its_secret(service: SalonService) -> None:
    _, mine = await settle(service, HERE, SALON)
    _, theirs = await settle(service, THERE, SECOND)
    about_mine = {"company_id": SALON, "resource": "record", "resource_id": 1, "status": "update"}
    refused = await service.caller("POST", f"{PATH}/{theirs}", json=about_mine)
    assert (refused.status, refused.code) == (403, "yclients_hook_foreign")
    taken = await service.caller("POST", f"{PATH}/{mine}", json=about_mine)
    assert taken.status == 200
    assert await service.value("SELECT string_agg(enterprise, ',') FROM journal") == HERE


async def test_the_copy_is_read_by_its_tenant_alone(service: SalonService) -> None:
    connection, _ = await settle(service, HERE, SALON)
    await settle(service, THERE, SECOND)
    salons = service.house.salons
    assert [one.salon.id for one in await salons.all(THERE)] == [SECOND]
    with pytest.raises(Unavailable, match="salon_not_copied"):
        await salons.kept(THERE, connection)
    assert await salons.clients(THERE, connection) == []
    assert await salons.history(THERE, connection, 1) == []
    with pytest.raises(NotFound, match="salon_client_not_found"):
        await salons.client(THERE, connection, 1)
    state = await salons.sync(THERE, connection)
    assert (state.salon, state.hook, list(state.reads)) == (None, None, [])
    await salons.refresh(THERE, connection)
    assert await service.value("SELECT count(*) FROM crm_reads") == 0
    assert [one.id for one in await salons.clients(HERE, connection)] == [1]
    assert len(await salons.history(HERE, connection, 1)) == 1
