"""Which addresses YClients calls about a salon: implements `domain.salon.ports.SalonHooks`.

One setting for all of a branch's addresses, ours and other vendors': it is read, changed and
written whole (contract §1.10). Where the marketplace took addresses at the activation, this is
not needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kommutator.connectors.crm.yclients.client import YClientsClient, YClientsClients
from kommutator.connectors.crm.yclients.errors import YClientsError
from kommutator.connectors.crm.yclients.manifest import (
    HOOK_KINDS,
    HOOK_KINDS_ALTEGIO,
    MOST_HOOKS,
)
from kommutator.connectors.crm.yclients.reads import salon_of
from kommutator.connectors.crm.yclients.values import as_flag
from kommutator.domain.connection import Account
from kommutator.kit.errors import ErrorKind
from kommutator.kit.plain_json import texts_in

_NONE = [""]  # how the vendor says that there are no addresses


class YClientsHooks:
    """Each change takes two requests. Raises `YClientsError`."""

    def __init__(self, clients: YClientsClients) -> None:
        self._clients = clients

    async def addresses(self, account: Account) -> Sequence[str]:
        return _urls(await self._read(self._clients.of(account), account))

    async def add(self, account: Account, address: str, *, instead_of: str = "") -> None:
        """Writes only if something is missing.

        Raises:
            YClientsError: `salon_hooks_full`: ten addresses of others are there.
        """
        client = self._clients.of(account)
        held = await self._read(client, account)
        others = [url for url in _urls(held) if url != address and not _begins(url, instead_of)]
        if len(others) >= MOST_HOOKS:
            raise YClientsError(
                ErrorKind.REJECTED, "ten addresses are there already", hint="salon_hooks_full"
            )
        kinds = [*HOOK_KINDS, *(kind for kind in HOOK_KINDS_ALTEGIO if kind in held)]
        wanted = {**held, "urls": [*others, address], "active": 1, **dict.fromkeys(kinds, 1)}
        if not _same(held, wanted, kinds):
            await self._write(client, account, wanted, address)

    async def take_off(self, account: Account, begin: str) -> None:
        """What else is switched on stays: the others may live by it."""
        client = self._clients.of(account)
        held = await self._read(client, account)
        urls = _urls(held)
        left = [url for url in urls if not _begins(url, begin)]
        if len(left) < len(urls):
            await self._write(client, account, {**held, "urls": left or _NONE}, begin)

    async def _read(self, client: YClientsClient, account: Account) -> dict[str, Any]:
        return (await client.get(f"/hooks_settings/{salon_of(account)}")).map

    async def _write(
        self, client: YClientsClient, account: Account, wanted: Mapping[str, Any], ours: str
    ) -> None:
        """Ours carries a secret, and so may those of others: none of them is written down."""
        hidden = (ours, *texts_in(wanted.get("urls")))
        await client.post(f"/hooks_settings/{salon_of(account)}", wanted, hidden=hidden)


def _urls(held: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(texts_in(held.get("urls"))))


def _begins(url: str, begin: str) -> bool:
    return bool(begin) and url.startswith(begin)


def _same(held: Mapping[str, Any], wanted: Mapping[str, Any], kinds: Sequence[str]) -> bool:
    switches = all(as_flag(held.get(name)) for name in ("active", *kinds))
    return switches and set(_urls(held)) == set(wanted["urls"])
