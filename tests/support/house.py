"""A whole house on a real database, with two tenants to tell apart."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import MISSING, dataclass, fields
from datetime import timedelta
from typing import Any
from uuid import UUID

from pwdlib.hashers.argon2 import Argon2Hasher

from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission, Role
from kommutator.flows.api_keys import ApiKeys
from kommutator.flows.directory import Directory
from kommutator.flows.house import House, read_plain_event
from kommutator.flows.intake import Intake
from kommutator.flows.people import People
from kommutator.flows.replay import Replay
from kommutator.flows.secrets import digest, seal_secrets
from kommutator.flows.sign_in import SignIn
from kommutator.flows.tokens import Tokens
from kommutator.kit.clock import Clock, SystemClock
from kommutator.kit.crypto import Vault
from kommutator.kit.ids import SystemIds
from kommutator.kit.keyring import parse_keys
from kommutator.kit.metrics import Metrics
from kommutator.kit.passwords import Passwords
from kommutator.kit.redact import Redactor
from kommutator.kit.texts import Texts
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
    clock = clock or SystemClock()
    ids = SystemIds()
    db = await Database.open(dsn, size=8)
    assert chosen.master_keys is not None
    vault = Vault(parse_keys(chosen.master_keys.get_secret_value()))
    passwords = Passwords(Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1))
    redactor = Redactor()
    intake = Intake(db, clock=clock)
    await intake.start()
    house = House(
        settings=chosen,
        clock=clock,
        ids=ids,
        db=db,
        vault=vault,
        redactor=redactor,
        metrics=Metrics(),
        texts=Texts.load(),
        directory=Directory(db, vault, chosen, clock=clock, ids=ids, redactor=redactor),
        keys=ApiKeys(db, chosen, clock=clock, ids=ids),
        tokens=Tokens(db, vault, clock, lifetime=timedelta(minutes=chosen.token_minutes)),
        sign_in=SignIn(db, chosen, passwords, clock=clock, ids=ids),
        people=People(db, passwords, ids=ids),
        intake=intake,
        read_event=read_plain_event,
        replay=Replay(db),
        **_absent(),
    )
    try:
        yield house
    finally:
        await intake.stop()
        await db.close()


class _Absent:
    """Stands for a service that these tests leave out; touching it fails loudly."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the test house has no {self._name} ({name} was asked of it)")


_BUILT = {
    "settings", "clock", "ids", "db", "vault", "redactor", "metrics", "texts", "directory", "keys",
    "tokens", "sign_in", "people", "intake", "read_event",
}  # fmt: skip


def _absent() -> dict[str, Any]:
    return {
        field.name: _Absent(field.name)
        for field in fields(House)
        if field.name not in _BUILT
        and field.default is MISSING
        and field.default_factory is MISSING
    }


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
        "payload": {"UniqueId": call_id, "Phone": "+375000000070", **payload},
    }
