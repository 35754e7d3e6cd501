"""The account's webhooks: which of our addresses it calls."""

from __future__ import annotations

from collections.abc import Sequence

from kommutator.connectors.crm.amocrm.client import AmoCrmClients
from kommutator.connectors.crm.amocrm.errors import AmoCrmError
from kommutator.connectors.crm.amocrm.records import read_hook
from kommutator.domain.connection import Account
from kommutator.domain.crm_data import Hook
from kommutator.kit.errors import ErrorKind

_PATH = "/api/v4/webhooks"


class AmoCrmBoard:
    """Implements `domain.crm_ports.HookBoard`. Wants an admin's grant and a paid tariff [D]."""

    def __init__(self, clients: AmoCrmClients) -> None:
        self._clients = clients

    async def hooks(self, account: Account, destination: str | None = None) -> Sequence[Hook]:
        """All, or the one of this address. At most a hundred, never paged."""
        pairs = [] if destination is None else [("filter[destination]", destination)]
        reply = await self._clients.of(account).get(_PATH, pairs)
        found = [hook for row in reply.embedded("webhooks") if (hook := read_hook(row)) is not None]
        return [hook for hook in found if destination in (None, hook.destination)]

    async def subscribe(self, account: Account, destination: str, settings: Sequence[str]) -> Hook:
        """Create or change; the vendor knows a hook again by its address."""
        wanted = {"destination": destination, "settings": list(settings)}
        reply = await self._clients.of(account).post(_PATH, wanted)
        hook = read_hook(reply.map)
        if hook is None:
            raise AmoCrmError(
                ErrorKind.UNSURE, "an answer without a webhook", exchange=reply.exchange
            )
        return hook

    async def unsubscribe(self, account: Account, destination: str) -> None:
        try:
            await self._clients.of(account).delete(_PATH, {"destination": destination})
        except AmoCrmError as error:
            if error.kind is not ErrorKind.GONE:
                raise
