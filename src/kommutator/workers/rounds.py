"""Rounds of `crm_reads` as `Readers` do them, for whatever is copied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from kommutator.flows.ask_crm import Turned
from kommutator.flows.copying import Copying
from kommutator.store.crm_reads import CrmRead
from kommutator.store.database import Database


class Rounds:
    """The rounds of all connections of some kinds: a `Shelf` of `Readers`.

    Args:
        pages_at_once: after so many a round goes behind all that are due: the first copy of one
            big account must not keep all others waiting. None: it is read to its end.
    """

    def __init__(
        self,
        db: Database,
        copy: Copying[Any],
        tasks: Sequence[str],
        lease_s: float,
        *,
        pages_at_once: int | None = None,
    ) -> None:
        self._db = db
        self._copy = copy
        self._tasks = tasks
        self._lease_s = lease_s
        self._pages_at_once = pages_at_once

    def page_of(self, read: CrmRead) -> int:
        return read.page

    async def claim(
        self, owner: UUID, under_way: Sequence[CrmRead], room: int
    ) -> Sequence[CrmRead]:
        but, kinds = [read.key for read in under_way], self._copy.kinds
        async with self._db.single() as unit:
            await unit.crm_reads.enrol_everywhere(kinds, self._tasks)
            return await unit.crm_reads.claim_everywhere(
                owner, but=but, limit=room, lease_s=self._lease_s, kinds=kinds
            )

    async def page(self, read: CrmRead, owner: UUID, page: int) -> Turned | None:
        if self._pages_at_once and page - read.page > self._pages_at_once:
            async with self._db.single() as unit:
                await unit.crm_reads.step_back(read, owner)
            return None
        done = await self._copy.read_page(read, owner, page, self._lease_s)
        return None if done is None else Turned(last=not done.more, pause_s=0.0)

    async def renew(self, read: CrmRead, owner: UUID) -> None:
        async with self._db.single() as unit:
            await unit.crm_reads.renew(read, owner, self._lease_s)

    async def finish(self, read: CrmRead, owner: UUID) -> None:
        await self._copy.finish(read, owner)

    async def fail(self, read: CrmRead, owner: UUID, error: Exception) -> None:
        await self._copy.fail(read, owner, error)

    async def release(self, read: CrmRead, owner: UUID) -> None:
        async with self._db.single() as unit:
            await unit.crm_reads.release(read, owner)
