"""Whether the CRM still calls us when something changes, and making it do so.

amoCRM switches a hook off for good after a hundred bad answers in two hours, and tells only its
administrators. It signs nothing: whoever calls proves himself by the secret in the address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.crm_data import Hook
from kommutator.domain.crm_ports import HookBoard
from kommutator.flows.hook_watch import SECRET, HookWatch
from kommutator.kit.crypto import Vault
from kommutator.kit.errors import ErrorKind, VendorError
from kommutator.kit.ids import Ids

if TYPE_CHECKING:
    from kommutator.store.database import Database

STAYS_OFF = "amocrm_hook_stays_off"

Wanted = Callable[[Account], Sequence[str]]
"""Which notifications a connection wants, in the vendor's words."""


class WatchHooks(HookWatch):
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
        super().__init__("crm_hooks", db, vault, ids=ids)
        self._boards = boards
        self._wanted = wanted
        self._base = f"{public_url.rstrip('/')}{path}"

    def destination(self, account: Account) -> str:
        """Where the CRM finds us. A secret: keep it out of logs and answers."""
        return f"{self._base}/{account.secrets[SECRET]}"

    async def take_off(self, account: Account) -> None:
        """Before disconnecting: the CRM calls none of this connection's addresses any more.

        Raises VendorError.
        """
        board = self._boards[account.kind]
        for hook in await board.hooks(account):
            if self._is_ours(account, hook):
                await board.unsubscribe(account, hook.destination)

    async def _ensure(self, account: Account) -> tuple[Sequence[str], str | None]:
        """The settings as the CRM holds them, and what was put right. Raises VendorError."""
        board, wanted = self._boards[account.kind], self._wanted(account)
        destination = self.destination(account)
        held = await board.hooks(account)
        for hook in held:
            if self._is_ours(account, hook) and hook.destination != destination:
                await board.unsubscribe(account, hook.destination)  # of a former secret
        mine = next((hook for hook in held if hook.destination == destination), None)
        wrong = _wrong(mine, wanted)
        if mine is not None and wrong is None:
            return mine.settings, None
        self._put_right(account, wrong)
        await board.subscribe(account, destination, wanted)
        seen = await self._look(account, destination)
        if seen is not None and seen.disabled:  # some accounts do not switch it on again
            await board.unsubscribe(account, destination)
            await board.subscribe(account, destination, wanted)
            seen = await self._look(account, destination)
        if seen is None or seen.disabled:
            message = "the hook stays switched off"
            raise VendorError(ErrorKind.REJECTED, message, hint=STAYS_OFF)
        return seen.settings, wrong

    async def _look(self, account: Account, destination: str) -> Hook | None:
        held = await self._boards[account.kind].hooks(account, destination)
        return next((hook for hook in held if hook.destination == destination), None)

    def _is_ours(self, account: Account, hook: Hook) -> bool:
        return hook.destination.startswith(f"{self._base}/{account.connection_id.hex}.")


def _wrong(hook: Hook | None, wanted: Sequence[str]) -> str | None:
    if hook is None:
        return "missing"
    if hook.disabled:
        return "disabled"
    return None if set(hook.settings) >= set(wanted) else "settings"
