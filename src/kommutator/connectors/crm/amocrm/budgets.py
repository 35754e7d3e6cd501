"""What a request to amoCRM draws from."""

from __future__ import annotations

from urllib.parse import urlsplit

from kommutator.connectors.crm.amocrm.manifest import (
    ACCOUNT_AT_ONCE,
    ACCOUNT_PACE,
    KOMMO_HOSTS,
    PACE,
    PER_SECOND,
)
from kommutator.domain.connection import Account
from kommutator.domain.outcome import Budget


def budgets_of(account: Account) -> tuple[Budget, ...]:
    """What one request draws from: the vendor's limit per integration and account, and per account.

    `config["client_id"]` names the integration, as the vendor counts by it; `requests_per_second`
    is the tenant's own limit, or what its account has bought on top.
    """
    own = account.config.get("requests_per_second")
    rate = PACE
    if isinstance(own, int | float) and not isinstance(own, bool) and own > 0:
        rate = min(float(own), ACCOUNT_PACE) * PACE / PER_SECOND
    return budgets_at(account.base_url, account.config.get("client_id"), rate)


def budgets_at(base_url: str, client_id: str | None, rate: float = PACE) -> tuple[Budget, ...]:
    """The same where there is no connection yet, only an account that somebody names.

    Kommo counts by address: all its accounts share what one may have, and its block hits all.
    """
    parts = urlsplit(base_url)
    place = f"{parts.netloc}{parts.path}".rstrip("/")
    own = (
        Budget(f"amocrm:{client_id or 'own'}:{place}", rate),
        Budget(f"amocrm:account:{place}", ACCOUNT_PACE, ACCOUNT_AT_ONCE),
    )
    abroad = (parts.hostname or "").endswith(KOMMO_HOSTS)
    return (*own, Budget("kommo:address", PACE)) if abroad else own
