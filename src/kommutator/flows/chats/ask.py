"""Asking messengers for news: those that cannot call us, and those that may have failed to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from kommutator.domain.chats import ChannelDesk
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.journal import Arrival
from kommutator.flows.directory import Directory
from kommutator.flows.intake import Intake
from kommutator.kit.errors import NotFound, UserError, VendorError
from kommutator.store.channel_reads import ChannelRead

if TYPE_CHECKING:
    from kommutator.store.database import Database

_log = structlog.get_logger(__name__)
POLL = "poll"
UPDATE = "update"  # the journal's kind of everything that a messenger brings
_AT_ONCE = 50
_LEASE_S = 60.0
_LIVE_S = 1.0  # between questions to a messenger that brings nothing by itself
_SAFETY_S = 120.0  # to one that should have brought it
_LOOK_S = 600.0  # to one that lets nobody ask while it brings, but tells how that goes
_TROUBLE_S = 30.0
_NEVER_S = 3600.0


class AskChannels:
    """One round; any number of processes may go it at once."""

    def __init__(
        self,
        db: Database,
        directory: Directory,
        desks: Mapping[ConnectionKind, ChannelDesk],
        intake: Intake,
    ) -> None:
        self._db = db
        self._directory = directory
        self._desks = desks
        self._intake = intake

    async def round(self, owner: UUID) -> int:
        """Ask whoever is due; returns how many were."""
        async with self._db.unit() as unit:
            await unit.channel_reads.enrol_everywhere([kind.value for kind in self._desks])
        async with self._db.single() as unit:
            reads = await unit.channel_reads.claim_everywhere(
                owner, limit=_AT_ONCE, lease_s=_LEASE_S
            )
        await asyncio.gather(*(self._ask(read, owner) for read in reads))
        return len(reads)

    async def _ask(self, read: ChannelRead, owner: UUID) -> None:
        try:
            account = await self._directory.account(read.connection_id)
        except NotFound:
            await self._give_back(read, owner, read.position, _NEVER_S)
            return
        again_s = _pause(account)
        try:
            position = await self._hear(account, read.position)
        except (VendorError, UserError) as error:
            hint = error.hint if isinstance(error, VendorError) else error.code
            _log.info("channel_not_asked", connection=str(read.connection_id), hint=hint)
            words = error.message if isinstance(error, VendorError) else str(error)
            await self._give_back(read, owner, read.position, _TROUBLE_S, words, hint)
            return
        await self._give_back(read, owner, position, again_s)

    async def _hear(self, account: Account, position: int) -> int:
        """Into the journal, as if it had been brought; what is there already is no news."""
        polled = await self._desks[account.kind].poll(account, position)
        for news in polled.news:
            await self._intake.accept(arrival(account, news.id, news.body))
        return polled.position

    async def _give_back(
        self,
        read: ChannelRead,
        owner: UUID,
        position: int,
        again_s: float,
        error: str | None = None,
        hint: str | None = None,
    ) -> None:
        async with self._db.single() as unit:
            await unit.channel_reads.give_back(
                read, owner, position=position, again_s=again_s, error=error, hint=hint
            )


def arrival(account: Account, news_id: str, body: bytes) -> Arrival:
    """What a messenger brought, or we asked for: the same however it came."""
    return Arrival(
        enterprise=account.enterprise,
        source=account.kind.value,
        kind=UPDATE,
        key=None,
        dedupe_key=f"{account.connection_id.hex}:{news_id}",
        body=body,
        connection_id=account.connection_id,
    )


def _pause(account: Account) -> float:
    if account.kind is ConnectionKind.TELEGRAM:
        return _LIVE_S if account.config.get("way") == POLL else _LOOK_S
    return _LOOK_S if account.kind is ConnectionKind.WHATSAPP_CLOUD else _SAFETY_S
