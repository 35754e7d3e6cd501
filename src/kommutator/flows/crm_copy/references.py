"""Users, pipelines, custom fields, the account: what changes seldom and is asked for often."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from typing import Any

import structlog

from kommutator.domain.connection import Account
from kommutator.domain.crm_data import EntityKind
from kommutator.flows.crm_copy.cards import PageRead, ReadCards
from kommutator.kit.errors import ErrorKind, VendorError
from kommutator.store.crm_references import Reference
from kommutator.store.database import Database

_log = structlog.get_logger(__name__)
USERS, PIPELINES, ACCOUNT = "users", "pipelines", "account"
FIELDS = {kind: f"fields:{kind.value}" for kind in EntityKind}
LISTS = (PIPELINES, USERS, *FIELDS.values(), ACCOUNT)
Rows = list[dict[str, Any]]


class ReadReferences:
    """A round has one page for each list, so that a broken-off one goes on with the next."""

    def __init__(self, db: Database, cards: ReadCards) -> None:
        self._db = db
        self._cards = cards
        self._ways: dict[str, Callable[[Account], Awaitable[Rows]]] = {
            PIPELINES: self._pipelines,
            USERS: self._users,
            ACCOUNT: self._account,
            **{name: self._fields_of(kind) for kind, name in FIELDS.items()},
        }

    async def page(self, account: Account, page: int) -> PageRead:
        """Read the `page`-th list.

        A list that this integration may not see stays as it was: amoCRM shows users to
        administrators only, and to external integrations never.
        """
        count = await self._sync_if_allowed(account, LISTS[page - 1])
        return PageRead(page < len(LISTS), count)

    async def know(self, account: Account, name: str) -> None:
        """Read a list that was never read, if it may be seen. Raises VendorError, TooMany."""
        if await self.held(account, name) is None:
            await self._sync_if_allowed(account, name)

    async def sync(self, account: Account, name: str) -> Rows:
        """Ask the CRM for one list now and keep it. Raises VendorError, TooMany."""
        await self._cards.my_turn(account)
        rows = await self._ways[name](account)
        async with self._db.unit() as unit:
            await unit.crm_references.put(account.enterprise, account.connection_id, name, rows)
        return rows

    async def held(self, account: Account, name: str) -> Reference | None:
        """As last read; None: never."""
        async with self._db.single() as unit:
            return await unit.crm_references.get(account.enterprise, account.connection_id, name)

    async def _sync_if_allowed(self, account: Account, name: str) -> int:
        try:
            return len(await self.sync(account, name))
        except VendorError as error:
            if error.kind is not ErrorKind.REJECTED:
                raise
            connection = str(account.connection_id)
            _log.info("crm_references.refused", connection=connection, name=name, said=str(error))
            return 0

    async def _pipelines(self, account: Account) -> Rows:
        return _plain(await self._cards.reader(account).pipelines(account))

    async def _users(self, account: Account) -> Rows:
        return _plain(await self._cards.reader(account).users(account))

    async def _account(self, account: Account) -> Rows:
        """The connection's config goes along with it, such as whether there is a tray."""
        learnt = (await self._cards.reader(account).facts(account)).learnt
        async with self._db.unit() as unit:
            stored = await unit.connections.lock(account.enterprise, account.connection_id)
            if (config := {**stored.config, **learnt}) != stored.config:
                await unit.connections.save(account.enterprise, stored.id, config=config)
                unit.config_changed(account.enterprise, account.kind)
        return [learnt]

    def _fields_of(self, kind: EntityKind) -> Callable[[Account], Awaitable[Rows]]:
        async def fields(account: Account) -> Rows:
            found = _plain(await self._cards.reader(account).fields(account, kind))
            return [{name: row[name] for name in row if name != "raw"} for row in found]

        return fields


def _plain(rows: Sequence[Any]) -> Rows:
    return [asdict(row) for row in rows]
