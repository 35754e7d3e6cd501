"""One bulk job, step by step: what is unsure is looked at first, then the next batch leaves.

Before a batch leaves it is marked as sent, in a commit of its own; whoever finds items marked so
looks at the vendor before writing anything again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from kommutator.domain.bulk import (
    BulkAction,
    BulkItem,
    ItemResult,
    ItemState,
    found_creations,
    found_updates,
    next_batch,
    spans,
)
from kommutator.domain.connection import Account
from kommutator.domain.crm_data import EntityKind
from kommutator.domain.crm_ports import CrmReader, CrmWriter, EntityQuery, Unwritten, Written
from kommutator.domain.outcome import Budget
from kommutator.kit.backoff import backoff
from kommutator.kit.errors import ErrorKind
from kommutator.kit.ids import Ids
from kommutator.store.bulk import BulkJob
from kommutator.store.database import Database
from kommutator.workers import metrics

_PAGE = 250
_MOST_PAGES = 60  # of an account that ignores filters; a whole job has 40
_RATE = 7.0  # requests a second that amoCRM allows one integration in one account
SHARE = 0.4  # of it for bulk writes: calls always find room
_WAIT_S = 60.0  # the vendor asks to slow down and does not say for how long
_REFUSED = (ErrorKind.REJECTED, ErrorKind.GONE, ErrorKind.OURS)

Turn = Callable[[Sequence[Budget]], Awaitable[None]]


class Later(Exception):
    """The job goes on after some seconds."""

    def __init__(
        self, seconds: float, error: str | None = None, hint: str | None = None, *, failed: bool
    ) -> None:
        super().__init__(error)
        self.seconds = seconds
        self.error = error
        self.hint = hint
        self.failed = failed


class Lost(Exception):
    """Another process has the job."""


class BulkSteps:
    """Raises `Later` and `Lost` besides what the vendor's ports raise.

    Args:
        share: of the account's allowance, drawn as a budget of its own before each batch.
        settle_s: how long a request whose answer was lost may still be on its way.
    """

    def __init__(
        self,
        db: Database,
        reader: CrmReader,
        writer: CrmWriter,
        turn: Turn,
        *,
        ids: Ids,
        share: float = SHARE,
        settle_s: float = 2.0,
    ) -> None:
        self._db = db
        self._reader = reader
        self._writer = writer
        self._turn = turn
        self._ids = ids
        self._share = share
        self._settle_s = settle_s

    async def work(self, account: Account, job: BulkJob, owner: UUID) -> None:
        """Until every item has its result."""
        account = replace(account, config={**account.config, "batch": job.batch})
        while True:
            async with self._db.single() as unit:
                lost = await unit.bulk_work.open_items(job, ItemState.SENT, _PAGE)
                waiting = await unit.bulk_work.open_items(job, ItemState.WAITING, job.batch * 4)
            if lost:
                await self._find_out(account, job, owner, lost)
            elif waiting:
                await self._write(account, job, owner, next_batch(waiting, job.batch))
            else:
                async with self._db.single() as unit:
                    if await unit.bulk_work.end(job, owner):
                        return

    async def _write(
        self, account: Account, job: BulkJob, owner: UUID, batch: Sequence[BulkItem]
    ) -> None:
        await self._turn([self._budget(account)])
        async with self._db.unit() as unit:
            positions = [item.position for item in batch]
            leaving = await unit.bulk_work.send(job, owner, positions)
        if leaving is None:
            raise Lost
        if not leaving:
            return  # cancelled meanwhile
        kind, bodies = EntityKind(job.entity), [_body(item) for item in leaving]
        if job.action is BulkAction.CREATE:
            answers = await self._writer.create_many(account, kind, bodies)
        else:
            answers = await self._writer.update_many(account, kind, bodies)
        results = [_result(*pair) for pair in zip(leaving, answers, strict=True)]
        await self._settle(job, owner, [result for result in results if result is not None])
        self._wait_if_needed(job, [a for a in answers if isinstance(a, Unwritten)])
        if job.failures or job.error:
            async with self._db.single() as unit:
                await unit.bulk_work.succeeded(job, owner)

    def _wait_if_needed(self, job: BulkJob, unwritten: Sequence[Unwritten]) -> None:
        """Raises Later, if some items have no result for a reason that passes."""
        for kind in (ErrorKind.RATE_LIMITED, ErrorKind.UNSURE):
            for item in unwritten:
                if item.kind is kind is ErrorKind.RATE_LIMITED:
                    raise Later(item.retry_after or _WAIT_S, item.message, item.hint, failed=False)
                if item.kind is kind:
                    raise Later(self._settle_s, failed=False)
        for item in unwritten:
            if item.kind not in (*_REFUSED, ErrorKind.ALREADY_DONE):
                raise Later(self.pause(job), item.message, item.hint, failed=True)

    async def _find_out(
        self, account: Account, job: BulkJob, owner: UUID, lost: Sequence[BulkItem]
    ) -> None:
        """What became of items whose answer never came; those that are not there wait again."""
        kind = EntityKind(job.entity)
        if job.action is BulkAction.UPDATE:
            ids = tuple(item.entity_id for item in lost if item.entity_id is not None)
            page = await self._reader.entities(account, kind, EntityQuery(ids=ids, limit=_PAGE))
            held = {entity.id: entity.raw for entity in page.items}
            results = list(found_updates(lost, held))
        else:
            results = await self._find_created(account, job, lost)
        found = sum(result.state is ItemState.DONE for result in results)
        metrics.BULK_ITEMS.labels("found_again").inc(found)
        await self._settle(job, owner, results)

    async def _find_created(
        self, account: Account, job: BulkJob, lost: Sequence[BulkItem]
    ) -> list[ItemResult]:
        results: list[ItemResult] = []
        for items in spans(lost):
            first, last = (datetime.fromtimestamp(items[n].stamp or 0, UTC) for n in (0, -1))
            raws, known, page, more = [], frozenset[int](), 1, True
            while more and page <= _MOST_PAGES:
                query = EntityQuery(
                    created_from=first, created_to=last, page=page, limit=_PAGE, newest_first=True
                )
                answer = await self._reader.entities(account, EntityKind(job.entity), query)
                raws += [entity.raw for entity in answer.items]
                ids = [entity.id for entity in answer.items]
                async with self._db.single() as unit:
                    old = await unit.bulk_work.known_ids(job.enterprise, job.connection_id, ids)
                known |= old
                # What was lost is newer than what is known; beyond it there is nothing of it.
                page, more = page + 1, answer.more and len(old) < len(ids)
            results += found_creations(items, raws, known)
        return results

    async def _settle(self, job: BulkJob, owner: UUID, results: Sequence[ItemResult]) -> None:
        async with self._db.unit() as unit:
            if not await unit.bulk_work.settle(job, owner, results):
                raise Lost
        for state in (ItemState.DONE, ItemState.REFUSED, ItemState.WAITING):
            metrics.BULK_ITEMS.labels(state.value).inc(sum(r.state is state for r in results))

    def _budget(self, account: Account) -> Budget:
        allowed = float(account.config.get("requests_per_second") or _RATE)
        return Budget(f"amocrm:bulk:{account.connection_id}", rate=allowed * self._share)

    def pause(self, job: BulkJob) -> float:
        """Seconds until the next try after one more failure."""
        jitter = self._ids.uniform()
        return backoff(job.failures + 1, first=2.0, longest=300.0, jitter=jitter)


def _body(item: BulkItem) -> dict[str, object]:
    """As the vendor wants it: whom it means, or when it was made and which one it is."""
    if item.entity_id is not None:
        return {"id": item.entity_id, **item.body}
    return {"request_id": str(item.position), "created_at": item.stamp, **item.body}


def _result(item: BulkItem, answer: Written | Unwritten) -> ItemResult | None:
    """None: nobody knows yet, the item stays as sent."""
    if isinstance(answer, Written):
        return ItemResult(item.position, ItemState.DONE, answer.id)
    if answer.kind is ErrorKind.UNSURE:
        return None
    if answer.kind is ErrorKind.ALREADY_DONE:
        return ItemResult(item.position, ItemState.DONE, item.entity_id, note="already_there")
    if answer.kind in _REFUSED:
        return ItemResult(item.position, ItemState.REFUSED, item.entity_id, error=answer.message)
    return ItemResult(item.position, ItemState.WAITING)
