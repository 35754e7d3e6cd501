"""amoCRM accounts whose integration's secret is known, and the disposable tokens it signs."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import jwt

from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.house import House
from kommutator.flows.secrets import seal_secrets

AUDIENCE = "http://house.example"  # of `settings_for_tests`
PAGE = "https://firm1.amocrm.ru"


def secret_of(account: str) -> str:
    return f"secret-of-the-integration-in-{account}-not-real"


async def settle_widget(
    house: House,
    enterprise: EnterpriseNumber,
    account: str,
    *,
    users: dict[str, str] | None = None,
    status: ConnectionStatus = ConnectionStatus.ACTIVE,
    own_secret: bool = True,
) -> UUID:
    """Account `account` at https://firm<account>.amocrm.ru with an integration of its own."""
    connection_id = house.ids.uuid()
    secrets = {"client_secret": secret_of(account)} if own_secret else {}
    async with house.db.unit() as unit:
        await unit.connections.create(
            enterprise, connection_id, kind=ConnectionKind.AMOCRM, name=f"amo {account}",
            base_url=f"https://firm{account}.amocrm.ru", account_key=account,
            config={"client_id": f"client-{account}", "user_extensions": users or {}},
            sealed=seal_secrets(house.vault, enterprise, connection_id, secrets),
        )  # fmt: skip
        await unit.connections.set_status(enterprise, connection_id, status)
    house.directory.clear()
    return connection_id


def disposable(
    now: datetime, account: str = "1", user: str = "504141", *, secret: str = "", **changes: Any
) -> str:
    """What amoCRM gives the widget on a page of `account` (contract §1.2)."""
    begins = now - timedelta(seconds=30)
    claims = {
        "iss": f"https://firm{account}.amocrm.ru",
        "aud": AUDIENCE,
        "jti": "d628f123-5123-473e-a123-ed123ef31f8f",
        "iat": int(begins.timestamp()),
        "nbf": int(begins.timestamp()),
        "exp": int((begins + timedelta(minutes=30)).timestamp()),
        "account_id": int(account),
        "user_id": int(user),
        "subdomain": f"firm{account}",
        "client_uuid": f"client-{account}",
        **changes,
    }
    return jwt.encode(claims, secret or secret_of(account), algorithm="HS256")
