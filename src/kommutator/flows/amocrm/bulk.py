"""Bulk writes as people order and follow them; `workers/bulk.py` works them off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from kommutator.domain.bulk import BulkAction, ItemState, JobState, read_items, stamped
from kommutator.domain.connection import Account
from kommutator.domain.crm_data import EntityKind
from kommutator.domain.tenancy import Actor, EnterpriseNumber
from kommutator.flows.amocrm.accounts import Accounts
from kommutator.kit.clock import Clock
from kommutator.kit.errors import Conflict, NotFound
from kommutator.kit.ids import Ids
from kommutator.store.bulk import BulkJob, Counts, ShownItem
from kommutator.store.database import Database

DEFAULT_BATCH = 50  # the vendor's advice; 250 is its limit


@dataclass(frozen=True, slots=True)
class Progress:
    """A job and how far it has come."""

    job: BulkJob
    counts: Counts

    @property
    def ended(self) -> int:
        """Items with a result."""
        open_ones = self.counts[ItemState.WAITING] + self.counts[ItemState.SENT]
        return self.job.total - open_ones


class Bulk:
    """Everybody sees the jobs of the accounts they may act by, and no others."""

    def __init__(self, db: Database, accounts: Accounts, *, clock: Clock, ids: Ids) -> None:
        self._db = db
        self._clock = clock
        self._accounts = accounts
        self._ids = ids

    async def order(
        self,
        actor: Actor,
        account: Account,
        kind: EntityKind,
        action: BulkAction,
        given: Sequence[Mapping[str, Any]],
        batch: int | None = None,
        job_id: UUID | None = None,
    ) -> Progress:
        """Store the items; they leave within a second or two, in this order for each entity.

        `batch` (1 to 250): items a request; without it the connection's own setting. `job_id`: a
        repetition with the same one is told of the same job.

        Raises:
            InvalidInput: as `domain.bulk.read_items`.
        """
        items = read_items(action, given)
        if action is BulkAction.CREATE:
            items = stamped(items, int(self._clock.now().timestamp()))
        size = batch or int(account.config.get("batch") or DEFAULT_BATCH)
        if job_id is not None:
            with suppress(NotFound):
                return await self.get(actor, account.enterprise, job_id)
        async with self._db.unit() as unit:
            job = await unit.bulk.add(
                account.enterprise,
                job_id or self._ids.uuid(),
                items,
                connection_id=account.connection_id,
                entity=kind.value,
                action=action,
                batch=min(max(size, 1), 250),
                created_by=actor.name,
            )
            await unit.audit.add(
                account.enterprise,
                actor=actor.name,
                action="bulk.order",
                target=str(job.id),
                detail={"entity": kind.value, "action": action.value, "items": len(items)},
            )
        return await self.get(actor, account.enterprise, job.id)

    async def get(self, actor: Actor, enterprise: EnterpriseNumber, job_id: UUID) -> Progress:
        """Raises NotFound: `bulk_not_found`, also for a job of an account that is not theirs."""
        mine = await self._connections(actor, enterprise)
        async with self._db.single() as unit:
            job = await unit.bulk.get(enterprise, job_id)
            if job.connection_id not in mine:
                raise NotFound("bulk_not_found")
            counts = await unit.bulk.counts(enterprise, [job_id])
        return Progress(job, counts[job_id])

    async def page(
        self,
        actor: Actor,
        enterprise: EnterpriseNumber,
        *,
        before: tuple[datetime, UUID] | None = None,
        limit: int = 50,
    ) -> Sequence[Progress]:
        """Newest first."""
        mine = await self._connections(actor, enterprise)
        async with self._db.single() as unit:
            jobs = await unit.bulk.page(enterprise, mine, before=before, limit=limit)
            counts = await unit.bulk.counts(enterprise, [job.id for job in jobs])
        return [Progress(job, counts[job.id]) for job in jobs]

    async def items(
        self,
        actor: Actor,
        enterprise: EnterpriseNumber,
        job_id: UUID,
        *,
        after: int = 0,
        state: ItemState | None = None,
        limit: int = 200,
    ) -> Sequence[ShownItem]:
        """By position. Raises NotFound as `get`."""
        await self.get(actor, enterprise, job_id)
        async with self._db.single() as unit:
            return await unit.bulk.items(enterprise, job_id, after=after, state=state, limit=limit)

    async def cancel(self, actor: Actor, enterprise: EnterpriseNumber, job_id: UUID) -> Progress:
        """Nothing more leaves; what has left is still found out about.

        Raises:
            NotFound: as `get`.
            Conflict: `bulk_ended`.
        """
        before = await self.get(actor, enterprise, job_id)
        if before.job.state in (JobState.CANCELLED, JobState.CANCELLING):
            return before
        async with self._db.unit() as unit:
            if await unit.bulk.cancel(enterprise, job_id) is None:
                raise Conflict("bulk_ended")
            await unit.audit.add(
                enterprise, actor=actor.name, action="bulk.cancel", target=str(job_id)
            )
        return await self.get(actor, enterprise, job_id)

    async def retry(self, actor: Actor, enterprise: EnterpriseNumber, job_id: UUID) -> Progress:
        """Send what was refused once more.

        Raises:
            NotFound: as `get`.
            Conflict: `bulk_cancelled`; `bulk_nothing_to_retry`.
        """
        before = await self.get(actor, enterprise, job_id)
        if before.job.state in (JobState.CANCELLED, JobState.CANCELLING):
            raise Conflict("bulk_cancelled")
        async with self._db.unit() as unit:
            again = await unit.bulk.retry(enterprise, job_id)
            if not again:
                raise Conflict("bulk_nothing_to_retry")
            await unit.audit.add(
                enterprise,
                actor=actor.name,
                action="bulk.retry",
                target=str(job_id),
                detail={"items": again},
            )
        return await self.get(actor, enterprise, job_id)

    async def _connections(self, actor: Actor, enterprise: EnterpriseNumber) -> list[UUID]:
        return [record.id for record in await self._accounts.usable(actor, enterprise)]
