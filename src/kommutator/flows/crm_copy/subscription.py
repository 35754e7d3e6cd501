"""Whether the CRM still calls us when something changes, and making it do so.

amoCRM switches a hook off for good after a hundred bad answers in two hours, and tells only its
administrators. It signs nothing: whoever calls proves himself by the secret in the address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import structlog

from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.crm_data import Hook
from kommutator.domain.crm_ports import HookBoard
from kommutator.flows.crm_copy.cards import PageRead
from kommutator.flows.secrets import open_account, seal_secrets
from kommutator.flows.set_up import new_hook_secret
from kommutator.kit.crypto import Vault
from kommutator.kit.errors import ErrorKind, VendorError
from kommutator.kit.ids import Ids

if TYPE_CHECKING:
    from kommutator.store.database import Database

_log = structlog.get_logger(__name__)
_SILENT = frozenset({ErrorKind.TRANSIENT, ErrorKind.UNSURE, ErrorKind.RATE_LIMITED})
SECRET = "hook_secret"  # noqa: S105  the name of a field
STAYS_OFF = "amocrm_hook_stays_off"

Wanted = Callable[[Account], Sequence[str]]
"""Which notifications a connection wants, in the vendor's words."""


class WatchHooks:
    """One destination per connection, with all settings.

    Args:
        path: below the public URL, where the hooks of this kind of CRM come in.
    """

    def __init__(
        self,
        db: Database,
        vault: Vault,
        boards: Mapping[ConnectionKind, HookBoard],
        wanted: Wanted,
        *,
        ids: Ids,
        public_url: str,
        path: str,
    ) -> None:
        self._db = db
        self._vault = vault
        self._boards = boards
        self._wanted = wanted
        self._ids = ids
        self._base = f"{public_url.rstrip('/')}{path}"

    def destination(self, account: Account) -> str:
        """Where the CRM finds us. A secret: keep it out of logs and answers."""
        return f"{self._base}/{account.secrets[SECRET]}"

    async def check(self, account: Account) -> PageRead:
        """Look, put right what is wrong, note what came of it.

        A refusal (tariff without hooks, no administrator's rights) is an answer: the copy then
        lives by looking for changes. Raises VendorError when the CRM kept silent.
        """
        account = await self._with_secret(account)
        enterprise, connection_id = account.enterprise, account.connection_id
        try:
            hook, repaired = await self._ensure(account)
        except VendorError as error:
            state = "unreachable" if error.kind in _SILENT else "refused"
            connection = str(connection_id)
            _log.info("crm_hooks.not_on", connection=connection, state=state, said=str(error))
            async with self._db.unit() as unit:
                await unit.crm_hooks.trouble(
                    enterprise, connection_id, state, error.message, error.hint
                )
            if state == "unreachable":
                raise
            return PageRead(more=False, items=0)
        async with self._db.unit() as unit:
            before = await unit.crm_hooks.get(enterprise, connection_id)
            first = before is None or before.subscribed_at is None
            await unit.crm_hooks.seen(
                enterprise, connection_id, hook.settings, repaired=None if first else repaired
            )
        return PageRead(more=False, items=1)

    async def take_off(self, account: Account) -> None:
        """Before disconnecting: the CRM calls none of this connection's addresses any more.

        Raises VendorError.
        """
        board = self._boards[account.kind]
        for hook in await board.hooks(account):
            if self._is_ours(account, hook):
                await board.unsubscribe(account, hook.destination)

    async def on(self, account: Account) -> bool:
        """Whether notices come, as last seen."""
        async with self._db.single() as unit:
            held = await unit.crm_hooks.get(account.enterprise, account.connection_id)
        return held is not None and held.state == "on"

    async def _ensure(self, account: Account) -> tuple[Hook, str | None]:
        """The hook as the CRM holds it, and what was put right about it. Raises VendorError."""
        board, wanted = self._boards[account.kind], self._wanted(account)
        destination = self.destination(account)
        held = await board.hooks(account)
        for hook in held:
            if self._is_ours(account, hook) and hook.destination != destination:
                await board.unsubscribe(account, hook.destination)  # of a former secret
        mine = next((hook for hook in held if hook.destination == destination), None)
        wrong = _wrong(mine, wanted)
        if mine is not None and wrong is None:
            return mine, None
        _log.info("crm_hooks.put_right", connection=str(account.connection_id), wrong=wrong)
        await board.subscribe(account, destination, wanted)
        seen = await self._look(account, destination)
        if seen is not None and seen.disabled:  # some accounts do not switch it on again
            await board.unsubscribe(account, destination)
            await board.subscribe(account, destination, wanted)
            seen = await self._look(account, destination)
        if seen is None or seen.disabled:
            message = "the hook stays switched off"
            raise VendorError(ErrorKind.REJECTED, message, hint=STAYS_OFF)
        return seen, wrong

    async def _look(self, account: Account, destination: str) -> Hook | None:
        held = await self._boards[account.kind].hooks(account, destination)
        return next((hook for hook in held if hook.destination == destination), None)

    def _is_ours(self, account: Account, hook: Hook) -> bool:
        return hook.destination.startswith(f"{self._base}/{account.connection_id.hex}.")

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


def _wrong(hook: Hook | None, wanted: Sequence[str]) -> str | None:
    if hook is None:
        return "missing"
    if hook.disabled:
        return "disabled"
    return None if set(hook.settings) >= set(wanted) else "settings"
