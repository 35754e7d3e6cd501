"""Who is speaking, by the secret of its connection: a PBX's dialplan and scripts, a CRM's hooks.

A PBX may ask who should take a call and hand in recordings; it can place no calls. A CRM that
signs nothing has the secret in the address that it was given.
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


class HookSecrets:
    """The secrets of one kind of connection. `refusal` is the slug for all that is wrong."""

    def __init__(
        self, accounts: Accounts, kind: ConnectionKind, refusal: str = "hook_secret_unknown"
    ) -> None:
        self._accounts = accounts
        self._kind = kind
        self._refusal = refusal

    async def sender(self, secret: str) -> Account:
        """The sender's connection, whatever its status; from memory, so cheap.

        Raises:
            Unauthorized: the `refusal`; the same for all that is wrong with the secret.
        """
        account = await self._named(secret)
        held = "" if account is None else account.secrets.get("hook_secret", "")
        if not hmac.compare_digest(digest(held), digest(secret)) or not held:
            raise Unauthorized(self._refusal)
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
        return account if account.kind is self._kind else None
