"""Which PBX is speaking: the shared secret of its dialplan and scripts.

It may ask who should take a call and hand in recordings; it can place no calls.
"""

from __future__ import annotations

import hmac
from typing import Protocol
from uuid import UUID

from kommutator.domain.connection import Account, ConnectionKind
from kommutator.flows.secrets import digest
from kommutator.kit.errors import NotFound, Unauthorized

_HEX_DIGITS = 32


class Accounts(Protocol):
    """What is needed of `Directory`."""

    async def account(self, connection_id: UUID) -> Account: ...


class PbxHooks:
    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def sender(self, secret: str) -> Account:
        """The PBX's connection, whatever its status; from memory, so cheap.

        Raises:
            Unauthorized: `hook_secret_unknown`; the same for all that is wrong with it.
        """
        account = await self._named(secret)
        held = "" if account is None else account.secrets.get("hook_secret", "")
        if not hmac.compare_digest(digest(held), digest(secret)) or not held:
            raise Unauthorized("hook_secret_unknown")
        assert account is not None
        return account

    async def _named(self, secret: str) -> Account | None:
        head = secret.partition(".")[0]
        try:
            connection_id = UUID(hex=head) if len(head) == _HEX_DIGITS else None
        except ValueError:
            connection_id = None
        if connection_id is None:
            return None
        try:
            account = await self._accounts.account(connection_id)
        except NotFound:
            return None
        return account if account.kind is ConnectionKind.ASTERISK else None
