"""Letting a CRM's administrator in by the link that we registered."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from kommutator.domain.connection import Account, ConnectionStatus
from kommutator.flows.entry import EntryLinks
from kommutator.flows.secrets import digest, open_account
from kommutator.kit.crypto import Vault
from kommutator.kit.errors import NotFound, Unauthorized

if TYPE_CHECKING:
    from kommutator.store.database import Database


class Entrance:
    """The doorkeeper: compares a link with what stands in the database now."""

    def __init__(self, db: Database, vault: Vault, links: EntryLinks) -> None:
        self._db = db
        self._vault = vault
        self._links = links

    async def admit(self, token: str, *, client_id: str | None = None) -> Account:
        """Whose administrator came with this token.

        A `client_id` that the CRM posted along must be the connection's own.

        Raises:
            Unauthorized: `entry_link_invalid`, `entry_link_expired`, `entry_link_revoked`.
        """
        claim = self._links.read(token)
        try:
            async with self._db.unit() as unit:
                record = await unit.connections.get(claim.enterprise, claim.connection_id)
        except NotFound:
            raise Unauthorized("entry_link_revoked") from None
        if record.status is ConnectionStatus.REMOVED or record.entry_epoch != claim.epoch:
            raise Unauthorized("entry_link_revoked")
        account = open_account(self._vault, record)
        held = digest(account.secrets.get("client_id", ""))
        if client_id is not None and not hmac.compare_digest(held, digest(client_id)):
            raise Unauthorized("entry_link_invalid")
        return account
