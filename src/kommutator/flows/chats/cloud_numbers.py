"""Numbers of the official WhatsApp API: whom its webhooks are for, and their message templates."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.message_templates import (
    KEY,
    Approved,
    KindTemplate,
    TemplateDesk,
    checked_templates,
    read_templates,
)
from kommutator.domain.outreach.wanted import OutreachKind
from kommutator.domain.tenancy import Actor, EnterpriseNumber
from kommutator.flows.directory import Directory
from kommutator.flows.forms import merged
from kommutator.flows.standing import standing
from kommutator.kit.errors import NotFound, Unauthorized
from kommutator.store.connection_rows import ConnectionRecord

if TYPE_CHECKING:
    from kommutator.store.database import Database

_KIND = ConnectionKind.WHATSAPP_CLOUD
_UNKNOWN = "channel_hook_unknown"


@dataclass(frozen=True, slots=True)
class Templates:
    """What the vendor approved, and which of it is sent for which kind of message."""

    approved: Sequence[Approved]
    chosen: Mapping[OutreachKind, KindTemplate]


class CloudNumbers:
    """The service behind the webhooks' address and the page of templates."""

    def __init__(self, db: Database, directory: Directory, desk: TemplateDesk) -> None:
        self._db = db
        self._directory = directory
        self._desk = desk

    async def addressed(self, connection: str) -> Account:
        """Whose address this is; proves nothing. Raises Unauthorized: `channel_hook_unknown`."""
        try:
            account = await self._directory.account(UUID(hex=connection))
        except (NotFound, ValueError):
            raise Unauthorized(_UNKNOWN) from None
        if account.kind is not _KIND:
            raise Unauthorized(_UNKNOWN)
        return account

    async def beside(self, account: Account, numbers: Collection[str]) -> Sequence[Account]:
        """Connections of these numbers, whoever's, but for the addressed one.

        An app with several numbers may tell of all of them in one body. Nothing is proven yet.
        """
        others = [one for one in sorted(numbers) if one != account.account_key]
        if not others:
            return ()
        async with self._db.unit() as unit:
            found = [await unit.connections.by_account_everywhere(_KIND, one) for one in others]
        return [await self._directory.account(one) for one in found if one is not None]

    async def templates(self, enterprise: EnterpriseNumber, connection_id: UUID) -> Templates:
        """The vendor is asked. Raises NotFound: `connection_not_found`; VendorError."""
        record = await self._record(enterprise, connection_id)
        account = await self._directory.account(connection_id)
        return Templates(await self._desk.templates(account), read_templates(record.config))

    async def choose(
        self,
        actor: Actor,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        given: Mapping[str, Any],
    ) -> Templates:
        """These and no others, by kind of message; the vendor is asked whether it approved them.

        Raises:
            NotFound: `connection_not_found`. VendorError.
            InvalidInput: see `domain.message_templates.checked_templates`.
        """
        shown = await self.templates(enterprise, connection_id)
        chosen = checked_templates(given, shown.approved)
        kept = msgspec.to_builtins({kind.value: one for kind, one in chosen.items()})
        async with self._db.unit() as unit:
            stored = await unit.connections.lock(enterprise, connection_id)
            await unit.connections.save(
                enterprise, connection_id, config=merged(stored.config, {KEY: kept})
            )
            await unit.audit.add(
                enterprise, actor=actor.name, action="channel.templates",
                target=str(connection_id), detail={"kinds": sorted(kept)},
            )  # fmt: skip
            unit.config_changed(enterprise, _KIND.value)
        return Templates(shown.approved, chosen)

    async def _record(self, enterprise: EnterpriseNumber, connection_id: UUID) -> ConnectionRecord:
        async with self._db.unit() as unit:
            return await standing(unit, enterprise, connection_id, (_KIND,))
