"""What the control paths show of the twin's state."""

from __future__ import annotations

from typing import Any

from kommutator.twins.amocrm.account import CARD_KINDS, Account
from kommutator.twins.amocrm.world import World

Json = dict[str, Any]

ANYTHING = "*"
LAST_EVENTS_SHOWN = 500


def credentials_view(world: World) -> Json:
    """Addresses and people of all accounts; integrations with their secrets."""
    return {
        "accounts": [
            {
                "name": account.name,
                "id": account.id,
                "base_url": account.base_url,
                "domain": account.domain,
                "users": [
                    {"id": n, "name": u["name"], "is_admin": u["rights"]["is_admin"]}
                    for n, u in account.users.items()
                ],
            }
            for account in world.accounts.values()
        ],
        "integrations": [integration.dump() for integration in world.integrations.values()],
    }


def account_view(world: World, account: Account) -> Json:
    """One account with everything in it."""
    cards = {kind: list(account.cards[kind].values()) for kind in CARD_KINDS}
    return {
        "id": account.id,
        "name": account.name,
        "base_url": account.base_url,
        "blocked": account.blocked,
        "unpaid": account.unpaid,
        "limit_blocked": account.limit_blocked,
        **cards,
        "users": list(account.users.values()),
        "pipelines": [
            {**row, "statuses": list(row["statuses"].values())}
            for row in account.pipelines.values()
        ],
        "custom_fields": {kind: list(rows.values()) for kind, rows in account.fields.items()},
        "tasks": list(account.tasks.values()),
        "notes": list(account.notes.values()),
        "events": account.events[-LAST_EVENTS_SHOWN:],
        "unsorted": list(account.unsorted.values()),
        "webhooks": [hook.dump(account.id) for hook in account.hooks.values()],
        "popups": account.popups,
        "installed": [
            {"client_id": client_id, **facts}
            for (name, client_id), facts in world.installed.items()
            if name == account.name
        ],
        "outbound": [row for row in world.outbound if row["account"] == account.name],
        "tokens": _tokens(world, account),
    }


def items_for_wait(world: World, account: Account, what: str) -> list[Json]:
    """A list of the state by its name, or `requests`.

    Raises:
        ValueError: no such list.
    """
    if what == "requests":
        rows: list[Json] = world.core.traffic.dump(account.name)["lastRequests"]
        return rows
    quick = {**account.cards, "tasks": account.tasks, "notes": account.notes}.get(what)
    if quick is not None:
        return list(quick.values())
    if what == "events":
        return account.events
    found = account_view(world, account).get(what)
    if not isinstance(found, list):
        raise ValueError(f"nothing to wait for: {what!r}")  # noqa: TRY004  answered as a bad request
    return found


def _tokens(world: World, account: Account) -> Json:
    """How many are alive, never the tokens themselves."""
    now = world.now()
    counts = {
        name: sum(
            g.account == account.name and not g.revoked and g.used_at is None and g.expires_at > now
            for g in book.values()
        )
        for name, book in (
            ("codes", world.tokens.codes),
            ("refresh", world.tokens.refresh),
            ("access", world.tokens.access),
        )
    }
    return dict(counts)
