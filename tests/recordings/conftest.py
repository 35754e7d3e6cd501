"""A house with two tenants whose PBXs hand in recordings."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.doors.http import asterisk
from kommutator.doors.http.app import create_app
from kommutator.flows.house import House
from kommutator.flows.secrets import seal_secrets
from kommutator.flows.set_up import new_hook_secret
from kommutator.kit.clock import ManualClock
from tests.support.asgi import Asgi, Reply
from tests.support.house import TenantOfTests, open_house, settle_tenant


@dataclass(frozen=True)
class Pbx:
    """One tenant's PBX.

    Attributes:
        door: speaks with its secret.
    """

    tenant: TenantOfTests
    connection_id: UUID
    secret: str
    door: Asgi
    admin: Asgi

    async def put(self, name: str, body: bytes, **kwargs: Any) -> Reply:
        return await self.door.request("PUT", f"/asterisk/recordings/{name}", raw=body, **kwargs)


def leap(clock: ManualClock, *, days: float) -> None:
    """Nobody who sleeps is woken on the way: months of ticks would take minutes."""
    clock._start += timedelta(days=days)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def house(database_url: str, tmp_path: Path, clock: ManualClock) -> AsyncIterator[House]:
    async with open_house(database_url, clock=clock, home=str(tmp_path)) as built:
        yield built


@pytest.fixture
def app(house: House) -> Any:
    return create_app(house, families={"asterisk": asterisk.add})


@pytest.fixture
def stranger(app: Any) -> Asgi:
    return Asgi(app)


async def settle_pbx(house: House, app: Any, number: str, **config: Any) -> Pbx:
    tenant = await settle_tenant(house, number)
    connection_id = house.ids.uuid()
    secret = new_hook_secret(connection_id, house.ids)
    secrets = {"hook_secret": secret, "ari_user": "ari", "ari_password": "not-a-real-password"}
    enterprise = EnterpriseNumber(number)
    async with house.db.unit() as unit:
        await unit.connections.create(
            enterprise,
            connection_id,
            kind=ConnectionKind.ASTERISK,
            name="PBX",
            base_url="ami://127.0.0.1:5038",
            account_key=None,
            config=config,
            sealed=seal_secrets(house.vault, enterprise, connection_id, secrets),
            client_id_hash=None,
        )
        await unit.connections.set_status(enterprise, connection_id, ConnectionStatus.ACTIVE)
    door = Asgi(app, headers={"x-kommutator-secret": secret})
    return Pbx(tenant, connection_id, secret, door, Asgi(app, headers=tenant.headers))


@pytest.fixture
async def pbx(house: House, app: Any) -> Pbx:
    return await settle_pbx(house, app, "0367")


@pytest.fixture
async def neighbour(house: House, app: Any) -> Pbx:
    return await settle_pbx(house, app, "0411")
