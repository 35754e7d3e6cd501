"""The twin's state as JSON, for tests and for its own page."""

from __future__ import annotations

from typing import Any

from kommutator.twins.retailcrm.account import Account
from kommutator.twins.retailcrm.world import World

Json = dict[str, Any]


def account_view(account: Account) -> Json:
    """Everything one account holds, except its keys."""
    return {
        "account": account.name,
        "base_url": account.base_url,
        "zone": account.zone.key,
        "sites": list(account.sites.values()),
        "users": [u | {"code": account.code_of(u["id"])} for u in account.users.values()],
        "modules": [
            m.entity | {"simpleConnection": m.simple_connection} for m in account.modules.values()
        ],
        "events": account.events,
        "popups": account.popups,
        "calls": account.calls,
        "triggers": account.triggers,
        "callbacks": account.callbacks,
        "customers": list(account.customers.values()),
        "corporate": list(account.corporate.values()),
        "orders": list(account.orders.values()),
        "tasks": list(account.tasks.values()),
    }


def credentials_view(world: World) -> list[Json]:
    """How to reach each account, keys included."""
    return [
        {
            "name": account.name,
            "base_url": account.base_url,
            "api_key": full.secret,
            "limited_api_key": limited.secret,
            "scopes": sorted(full.scopes),
            "limited_scopes": sorted(limited.scopes),
            "limited_sites": list(limited.sites or ()),
            "sites": list(account.sites),
            "zone": account.zone.key,
        }
        for account in world.accounts.values()
        for full, limited in (world.standing_keys(account.name),)
    ]


def items_for_wait(world: World, account: Account, what: str) -> list[Json]:
    """The list a waiter watches.

    Raises:
        LookupError: no such list.
    """
    if what == "requests":
        return list(world.core.traffic.dump(account.name)["lastRequests"])
    lists = {name: held for name, held in account_view(account).items() if isinstance(held, list)}
    if what not in lists:
        raise LookupError(f"nothing called {what!r} to wait for; known: {', '.join(lists)}")
    return lists[what]
