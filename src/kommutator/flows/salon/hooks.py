"""Whether the booking system still calls us when something changes, and making it do so.

It signs nothing: whoever calls proves himself by the secret in the address. A salon that installed
our application calls the address that the installation told; one that was connected directly
calls those of its own list, where others' addresses are, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import structlog

from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.salon.ports import SalonHooks
from kommutator.flows.crm_copy.cards import PageRead
from kommutator.flows.secrets import open_account, seal_secrets
from kommutator.flows.set_up import new_hook_secret
from kommutator.flows.yclients.vendor import hook_address
from kommutator.kit.crypto import Vault
from kommutator.kit.errors import ErrorKind, VendorError
from kommutator.kit.ids import Ids

if TYPE_CHECKING:
    from kommutator.store.database import Database

PATH = "/api/v1/webhooks/yclients"
"""Below the public URL: where notices come in."""

MARKETPLACE = "marketplace"
"""`config["way"]` of a salon that installed our application."""

_log = structlog.get_logger(__name__)
_SECRET = "hook_secret"  # noqa: S105  the name of a field
_SILENT = frozenset({ErrorKind.TRANSIENT, ErrorKind.UNSURE, ErrorKind.RATE_LIMITED})
_UNHEARD = 3
"""So many changes without any notice, and an installation's address counts as not called."""


class WatchSalonHooks:
    """One address per salon."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        boards: Mapping[ConnectionKind, SalonHooks],
        *,
        ids: Ids,
        public_url: str,
    ) -> None:
        self._db = db
        self._vault = vault
        self._boards = boards
        self._ids = ids
        self._base = hook_address(public_url.rstrip("/"), "")

    def address(self, account: Account) -> str:
        """Where the vendor finds us; the account has its `hook_secret`. Keep it out of logs."""
        return f"{self._base}{account.secrets[_SECRET]}"

    async def check(self, account: Account) -> PageRead:
        """Look, put right what is wrong, note what came of it.

        A refusal (no rights, ten other addresses) is an answer: the copy then lives by looking
        for changes. Raises VendorError when the vendor kept silent.
        """
        account = await self._with_secret(account)
        key = account.enterprise, account.connection_id
        try:
            wrong = await self._ensure(account)
        except VendorError as error:
            state = "unreachable" if error.kind in _SILENT else "refused"
            connection = str(account.connection_id)
            _log.info("salon_hooks.not_on", connection=connection, state=state, said=str(error))
            async with self._db.unit() as unit:
                await unit.crm_hooks.trouble(*key, state, error.message, error.hint)
            if state == "unreachable":
                raise
            return PageRead(more=False, items=0)
        async with self._db.unit() as unit:
            before = await unit.crm_hooks.get(*key)
            first = before is None or before.subscribed_at is None
            await unit.crm_hooks.seen(*key, (), repaired=None if first else wrong)
            if wrong is not None:
                await unit.salons.unheard(*key, 0)
        return PageRead(more=False, items=1)

    async def take_off(self, account: Account) -> None:
        """Before disconnecting: the vendor calls none of this salon's addresses any more.

        Raises VendorError.
        """
        await self._boards[account.kind].take_off(account, self._begin(account))

    async def on(self, account: Account) -> bool:
        """Whether notices come, as last seen."""
        async with self._db.single() as unit:
            held = await unit.crm_hooks.get(account.enterprise, account.connection_id)
        return held is not None and held.state == "on"

    async def _ensure(self, account: Account) -> str | None:
        """What was put right: "missing" or nothing. Raises VendorError."""
        if account.config.get("way") == MARKETPLACE and not await self._silent(account):
            return None
        board, address, begin = (
            self._boards[account.kind],
            self.address(account),
            self._begin(account),
        )
        held = [one for one in await board.addresses(account) if one.startswith(begin)]
        if held == [address]:
            return None
        _log.info("salon_hooks.put_right", connection=str(account.connection_id))
        await board.add(account, address, instead_of=begin)
        return "missing"

    async def _silent(self, account: Account) -> bool:
        """Changes were found, again and again, that the installation's address was not told of."""
        async with self._db.single() as unit:
            kept = await unit.salons.get(account.enterprise, account.connection_id)
        return kept is not None and kept.unheard >= _UNHEARD

    def _begin(self, account: Account) -> str:
        """Of every address that this salon ever had."""
        return f"{self._base}{account.connection_id.hex}."

    async def _with_secret(self, account: Account) -> Account:
        """A connection gets its secret when it is first needed."""
        if account.secrets.get(_SECRET):
            return account
        enterprise, connection_id = account.enterprise, account.connection_id
        async with self._db.unit() as unit:
            stored = await unit.connections.lock(enterprise, connection_id)
            if _SECRET not in stored.sealed:
                secret = {_SECRET: new_hook_secret(connection_id, self._ids)}
                sealed = seal_secrets(self._vault, enterprise, connection_id, secret)
                stored = await unit.connections.save(
                    enterprise, connection_id, sealed={**stored.sealed, **sealed}
                )
                unit.config_changed(enterprise, account.kind.value)
        return open_account(self._vault, stored)
