"""Whether a vendor still calls us when something changes, and making it do so: the frame.

Vendors whose copies we keep sign nothing: whoever calls proves himself by the secret in the
address.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog

from kommutator.domain.connection import Account
from kommutator.flows.crm_copy.cards import PageRead
from kommutator.flows.secrets import open_account, seal_secrets
from kommutator.flows.set_up import new_hook_secret
from kommutator.kit.crypto import Vault
from kommutator.kit.errors import ErrorKind, VendorError
from kommutator.kit.ids import Ids

if TYPE_CHECKING:
    from kommutator.store.database import Database

SECRET = "hook_secret"  # noqa: S105  the name of a field
_log = structlog.get_logger(__name__)
_SILENT = frozenset({ErrorKind.TRANSIENT, ErrorKind.UNSURE, ErrorKind.RATE_LIMITED})


class HookWatch(ABC):
    """Of one kind of vendor; `name` is its in logs."""

    def __init__(self, name: str, db: Database, vault: Vault, *, ids: Ids) -> None:
        self._name = name
        self._db = db
        self._vault = vault
        self._ids = ids

    async def check(self, account: Account) -> PageRead:
        """Look, put right what is wrong, note what came of it.

        A refusal (a tariff without hooks, no rights, too many other addresses) is an answer: the
        copy then lives by looking for changes. Raises VendorError when the vendor kept silent.
        """
        account = await self._with_secret(account)
        key = account.enterprise, account.connection_id
        try:
            settings, wrong = await self._ensure(account)
        except VendorError as error:
            state = "unreachable" if error.kind in _SILENT else "refused"
            connection = str(account.connection_id)
            _log.info(f"{self._name}.not_on", connection=connection, state=state, said=str(error))
            async with self._db.unit() as unit:
                await unit.crm_hooks.trouble(*key, state, error.message, error.hint)
            if state == "unreachable":
                raise
            return PageRead(more=False, items=0)
        async with self._db.unit() as unit:
            before = await unit.crm_hooks.get(*key)
            first = before is None or before.subscribed_at is None
            await unit.crm_hooks.seen(*key, settings, repaired=None if first else wrong)
        return PageRead(more=False, items=1)

    async def on(self, account: Account) -> bool:
        """Whether notices come, as last seen."""
        async with self._db.single() as unit:
            held = await unit.crm_hooks.get(account.enterprise, account.connection_id)
        return held is not None and held.state == "on"

    @abstractmethod
    async def _ensure(self, account: Account) -> tuple[Sequence[str], str | None]:
        """What the vendor tells us of, and what was put right. Raises VendorError."""

    def _put_right(self, account: Account, wrong: str | None) -> None:
        _log.info(f"{self._name}.put_right", connection=str(account.connection_id), wrong=wrong)

    async def _with_secret(self, account: Account) -> Account:
        """A connection gets its secret when it is first needed."""
        if account.secrets.get(SECRET):
            return account
        enterprise, connection_id = account.enterprise, account.connection_id
        async with self._db.unit() as unit:
            stored = await unit.connections.lock(enterprise, connection_id)
            if SECRET not in stored.sealed:
                secret = {SECRET: new_hook_secret(connection_id, self._ids)}
                sealed = seal_secrets(self._vault, enterprise, connection_id, secret)
                stored = await unit.connections.save(
                    enterprise, connection_id, sealed={**stored.sealed, **sealed}
                )
                unit.config_changed(enterprise, account.kind.value)
        return open_account(self._vault, stored)
