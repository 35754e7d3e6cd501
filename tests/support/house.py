"""A whole house on a real database, with two tenants to tell apart."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pwdlib.hashers.argon2 import Argon2Hasher

from kommutator.compose import compose
from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission, Role
from kommutator.flows.house import House
from kommutator.flows.people import People
from kommutator.flows.secrets import digest, seal_secrets
from kommutator.flows.sign_in import SignIn
from kommutator.kit.clock import Clock
from kommutator.kit.crypto import Vault
from kommutator.kit.keyring import parse_keys
from kommutator.kit.passwords import Passwords
from kommutator.settings import Settings, load_settings
from kommutator.store.database import Database
from kommutator.store.people import User

MASTER_KEYS = "k1:" + base64.b64encode(b"not-a-real-master-key-only-tests").decode()
PASSWORD = "correct horse 7 battery"
PLATFORM_EMAIL = "root@platform.example"


def settings_for_tests(**changes: str) -> Settings:
    given = {
        "KOMMUTATOR_MASTER_KEYS": MASTER_KEYS,
        "KOMMUTATOR_PUBLIC_URL": "http://house.example",
        "KOMMUTATOR_METRICS_TOKEN": "not-a-real-metrics-token",
    }
    given.update({f"KOMMUTATOR_{name.upper()}": value for name, value in changes.items()})
    return load_settings(given)


@asynccontextmanager
async def open_house(
    dsn: str, *, clock: Clock | None = None, **settings: str
) -> AsyncIterator[House]:
    chosen = settings_for_tests(**settings)
    db = await Database.open(dsn, size=8)
    made = compose(chosen, db, vault_of(chosen), clock=clock)
    weaken_passwords(made.house)
    await made.house.intake.start()
    try:
        yield made.house
    finally:
        await made.house.refusals.stop()
        await made.house.route.stop()
        await made.house.intake.stop()
        await made.http.close()
        await db.close()


def weaken_passwords(house: House) -> None:
    """Hashing that costs nothing; how strong it is in earnest is `kit.passwords`' own test."""
    quick = Passwords(Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1))
    house.people = People(house.db, quick, ids=house.ids)
    house.sign_in = SignIn(house.db, house.settings, quick, clock=house.clock, ids=house.ids)


def vault_of(settings: Settings) -> Vault:
    assert settings.master_keys is not None
    return Vault(parse_keys(settings.master_keys.get_secret_value()))


@dataclass(frozen=True)
class TenantOfTests:
    """A tenant with everything that has an id."""

    number: EnterpriseNumber
    admin: User
    employee: User
    key: str
    key_id: UUID
    crm_id: UUID
    token: str
    client_id: str

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}


async def settle_tenant(house: House, number: str) -> TenantOfTests:
    enterprise = EnterpriseNumber(number)
    async with house.db.unit() as unit:
        await unit.enterprises.create(enterprise, name=f"Firm {number}")
        await unit.extensions.put(enterprise, "150", holder=f"Desk of {number}")
    admin = await house.people.create(
        "tests", enterprise, email=f"admin@{number}.example", name="Admin",
        role=Role.ENTERPRISE_ADMIN, password=PASSWORD,
    )  # fmt: skip
    employee = await house.people.create(
        "tests", enterprise, email=f"employee@{number}.example", name="Employee",
        role=Role.EMPLOYEE, password=PASSWORD,
    )  # fmt: skip
    actor = Actor("tests", Role.ENTERPRISE_ADMIN, enterprise)
    made = await house.keys.create(actor, enterprise, name="pbx", scopes={Permission.SEND_EVENTS})
    client_id = f"client-id-of-{number}-not-real"
    crm_id = await settle_crm(house, enterprise, client_id)
    return TenantOfTests(
        number=enterprise,
        admin=admin,
        employee=employee,
        key=made.secret,
        key_id=made.key.id,
        crm_id=crm_id,
        token=house.tokens.issue(admin).value,
        client_id=client_id,
    )


async def settle_crm(
    house: House, enterprise: EnterpriseNumber, client_id: str, **secrets: str
) -> UUID:
    connection_id = house.ids.uuid()
    kept = {"api_key": f"api-key-of-{enterprise}-not-real", "client_id": client_id, **secrets}
    async with house.db.unit() as unit:
        await unit.connections.create(
            enterprise,
            connection_id,
            kind=ConnectionKind.RETAILCRM,
            name="CRM",
            base_url=f"https://firm{enterprise}.retailcrm.example",
            account_key=f"firm{enterprise}",
            config={"user_extensions": {"19": "150"}},
            sealed=seal_secrets(house.vault, enterprise, connection_id, kept),
            client_id_hash=digest(client_id),
        )
        await unit.connections.set_status(enterprise, connection_id, ConnectionStatus.ACTIVE)
    return connection_id


async def settle_platform(house: House) -> tuple[User, dict[str, str]]:
    root = await house.people.ensure_first_admin(PLATFORM_EMAIL, PASSWORD)
    assert root is not None
    token = house.tokens.issue(root).value
    return root, {"authorization": f"Bearer {token}"}


def event(number: str, call_id: str = "1700000000.1", **payload: Any) -> dict[str, Any]:
    return {
        "enterprise_number": number,
        "event_type": "dial",
        "payload": {
            "UniqueId": call_id,
            "Phone": "+375000000070",
            "CallType": 0,
            "Extensions": ["150"],
            **payload,
        },
    }


def matrix(*working: str) -> dict[str, bool]:
    """What is switched on, of all kinds of connections there are."""
    return {kind.value: kind.value in working for kind in ConnectionKind}
