"""By which amoCRM account a request is served; every route of cards depends on this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Query, Request

from kommutator.domain.connection import Account
from kommutator.domain.tenancy import Actor, Permission
from kommutator.doors.http.auth import Tenant, demand, house_of
from kommutator.store.answered import Asked

AccountName = Annotated[
    str | None,
    Query(
        alias="account",
        description="amoCRM's account id, or the connection's, where there are several.",
        min_length=1,
        max_length=64,
        pattern=r"^[A-Za-z0-9-]+$",
        examples=["31920194"],
    ),
]
Signed = Annotated[Tenant, Depends(demand(Permission.READ_CALLS))]


@dataclass(frozen=True, slots=True)
class Acting:
    """Who asks, and by which account."""

    actor: Actor
    account: Account


async def acting(request: Request, tenant: Signed, named: AccountName = None) -> Acting:
    """One's own account; for whoever may configure, the enterprise's.

    Raises:
        Forbidden: `amocrm_connect_yours`.
        NotFound: `amocrm_not_connected`, `amocrm_account_unknown`.
        Conflict: `amocrm_accounts_several`, `amocrm_not_working`.
    """
    accounts = house_of(request).amocrm_accounts
    account = await accounts.acting(tenant.actor, tenant.enterprise, named)
    return Acting(tenant.actor, account)


ByAccount = Annotated[Acting, Depends(acting)]


async def asked(
    request: Request,
    by: ByAccount,
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="Repeat the request with the same key: it is done once. Kept for a day.",
            min_length=1,
            max_length=200,
        ),
    ] = None,
) -> Asked | None:
    """What a repetition of this request is known by; None: the client marks none."""
    if key is None:
        return None
    who = str(by.actor.user_id or by.actor.name)
    scope = f"{who} {request.method} {request.url.path} {by.account.connection_id}"
    return Asked(by.account.enterprise, scope, key, await request.body())


Repeatable = Annotated[Asked | None, Depends(asked)]
