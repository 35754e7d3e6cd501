"""Whether the booking system still calls us when something changes, and making it do so.

It signs nothing: whoever calls proves himself by the secret in the address. A salon that installed
our application calls the address that the installation told; one that was connected directly
calls those of its own list, where others' addresses are, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.salon.ports import SalonHooks
from kommutator.flows.hook_watch import SECRET, HookWatch
from kommutator.flows.yclients.vendor import hook_address
from kommutator.kit.crypto import Vault
from kommutator.kit.ids import Ids

if TYPE_CHECKING:
    from kommutator.store.database import Database

PATH = "/api/v1/webhooks/yclients"
"""Below the public URL: where notices come in."""

MARKETPLACE = "marketplace"
"""`config["way"]` of a salon that installed our application."""

_UNHEARD = 3
"""So many changes without any notice, and an installation's address counts as not called."""


class WatchSalonHooks(HookWatch):
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
        super().__init__("salon_hooks", db, vault, ids=ids)
        self._boards = boards
        self._base = hook_address(public_url.rstrip("/"), "")

    def address(self, account: Account) -> str:
        """Where the vendor finds us; the account has its `hook_secret`. Keep it out of logs."""
        return f"{self._base}{account.secrets[SECRET]}"

    async def take_off(self, account: Account) -> None:
        """Before disconnecting: the vendor calls none of this salon's addresses any more.

        Raises VendorError.
        """
        await self._boards[account.kind].take_off(account, self._begin(account))

    async def _ensure(self, account: Account) -> tuple[Sequence[str], str | None]:
        """Nothing that could be chosen, and "missing" or nothing. Raises VendorError."""
        if account.config.get("way") == MARKETPLACE and not await self._silent(account):
            return (), None
        board, address, begin = (
            self._boards[account.kind],
            self.address(account),
            self._begin(account),
        )
        held = [one for one in await board.addresses(account) if one.startswith(begin)]
        if held == [address]:
            return (), None
        self._put_right(account, "missing")
        await board.add(account, address, instead_of=begin)
        async with self._db.unit() as unit:
            await unit.salons.unheard(account.enterprise, account.connection_id, 0)
        return (), "missing"

    async def _silent(self, account: Account) -> bool:
        """Changes were found, again and again, that the installation's address was not told of."""
        async with self._db.single() as unit:
            kept = await unit.salons.get(account.enterprise, account.connection_id)
        return kept is not None and kept.unheard >= _UNHEARD

    def _begin(self, account: Account) -> str:
        """Of every address that this salon ever had."""
        return f"{self._base}{account.connection_id.hex}."
