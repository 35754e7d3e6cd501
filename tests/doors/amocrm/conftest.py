"""The door of amoCRM over a house with two tenants, one of them connected."""

from typing import Any

import pytest

from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.doors.http import amocrm
from kommutator.doors.http.app import create_app
from kommutator.flows.house import House
from kommutator.flows.secrets import seal_secrets
from kommutator.flows.set_up import new_hook_secret
from tests.support.house import TenantOfTests
from tests.support.tenants import admin, here, house, root, stranger, there

__all__ = ["admin", "here", "house", "root", "stranger", "there"]


async def connect_amocrm(house: House, tenant: TenantOfTests, key: str) -> Account:
    connection_id = house.ids.uuid()
    secrets = {"hook_secret": new_hook_secret(connection_id, house.ids)}
    async with house.db.unit() as unit:
        await unit.connections.create(
            tenant.number, connection_id, kind=ConnectionKind.AMOCRM, name="amoCRM",
            base_url=f"https://firm{tenant.number}.amocrm.ru", account_key=key, config={},
            sealed=seal_secrets(house.vault, tenant.number, connection_id, secrets),
        )  # fmt: skip
        await unit.connections.set_status(tenant.number, connection_id, ConnectionStatus.ACTIVE)
    house.directory.clear()
    return await house.directory.account(connection_id)


@pytest.fixture
async def app(house: House) -> Any:
    return create_app(house, families={"amocrm": amocrm.add})


@pytest.fixture
async def account(house: House, here: TenantOfTests) -> Account:
    return await connect_amocrm(house, here, "7039099")
