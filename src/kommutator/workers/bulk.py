"""Working bulk jobs off: in batches, one request of an account at a time, beside the calls.

A bulk takes at most a share of an account's allowance (an own budget in PostgreSQL, drawn before
each batch), so that what calls need always finds room. Any number of processes may do it: a job
is leased in its row, what leaves is marked as sent before it leaves, and whoever takes over looks
at the vendor before writing anything again.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from uuid import UUID

import structlog

from kommutator.flows.amocrm.accounts import Accounts
from kommutator.kit.clock import Clock
from kommutator.kit.errors import TooMany, UserError, VendorError
from kommutator.kit.ids import Ids
from kommutator.store.bulk import BulkJob
from kommutator.store.database import Database
from kommutator.workers.bulk_steps import BulkSteps, Later, Lost
from kommutator.workers.loops import Loop, Loops

_log = structlog.get_logger(__name__)
_AT_ONCE = 8  # jobs in one process, each of another connection
_LOOK_AROUND_S = 1.0
LEASE_S = 15.0  # renewed thrice in that time
_ON_ITS_WAY_S = 3.0  # a request that was cut off may still arrive
_RETENTION_DAYS = 30
_ANSWERS_H = 24
_RETIRE_S = 3600.0


class BulkWorker:
    """Use `start` and `stop`."""

    def __init__(
        self,
        db: Database,
        accounts: Accounts,
        steps: BulkSteps,
        *,
        clock: Clock,
        ids: Ids,
        lease_s: float = LEASE_S,
        tick_s: float = _LOOK_AROUND_S,
    ) -> None:
        self._db = db
        self._accounts = accounts
        self._steps = steps
        self._clock = clock
        self._ids = ids
        self._lease_s = lease_s
        self._working: dict[UUID, asyncio.Task[None]] = {}
        self._loops = Loops(
            Loop("bulk", self._claim, clock, tick_s),
            Loop("bulk-retention", self._retire, clock, _RETIRE_S),
        )

    async def start(self) -> None:
        self._loops.start()

    async def stop(self) -> None:
        """Jobs are given back; what was on its way is found out about by their next owner."""
        await self._loops.stop()
        tasks = list(self._working.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _retire(self) -> None:
        async with self._db.single() as unit:
            while await unit.bulk_work.retire_everywhere(days=_RETENTION_DAYS):
                pass
            while await unit.answered.retire_everywhere(hours=_ANSWERS_H):
                pass

    async def _claim(self) -> None:
        room = _AT_ONCE - len(self._working)
        if room <= 0:
            return
        owner = self._ids.uuid()
        async with self._db.single() as unit:
            claimed = await unit.bulk_work.claim_everywhere(
                owner, but=self._working, limit=room, lease_s=self._lease_s
            )
        for job in claimed:
            task = asyncio.create_task(self._own(job, owner), name="bulk-job")
            self._working[job.id] = task
            task.add_done_callback(self._ended)

    def _ended(self, ended: asyncio.Task[None]) -> None:
        self._working = {job: task for job, task in self._working.items() if task is not ended}

    async def _own(self, job: BulkJob, owner: UUID) -> None:
        """Work on it as long as it is ours; whatever stops it, say why and when it goes on."""
        work = asyncio.create_task(self._work(job, owner))
        heart = asyncio.create_task(self._keep(job, owner, work))
        later = Later(_ON_ITS_WAY_S, failed=False)
        try:
            await work
        except (Lost, asyncio.CancelledError):
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
        except Later as given:
            later = given
        except (VendorError, UserError) as error:
            later = self._after(job, error)
        except Exception as error:  # noqa: BLE001  one job must not end the others
            _log.warning("bulk.job_failed", job=str(job.id), error=repr(error))
            later = Later(self._steps.pause(job), failed=True)
        finally:
            heart.cancel()
            with suppress(Exception):  # its lease ends anyway
                await self._give_back(job, owner, later)

    async def _give_back(self, job: BulkJob, owner: UUID, later: Later) -> None:
        async with self._db.single() as unit:
            await unit.bulk_work.postpone(
                job, owner, later.seconds, error=later.error, hint=later.hint, failed=later.failed
            )

    async def _keep(self, job: BulkJob, owner: UUID, work: asyncio.Task[None]) -> None:
        """Renew the lease; without it, stop before somebody else begins."""
        last = self._clock.monotonic()
        while not work.done():
            await self._clock.sleep(self._lease_s / 3)
            kept = None
            with suppress(Exception):
                async with self._db.single() as unit:
                    kept = await unit.bulk_work.renew(job, owner, self._lease_s)
            now = self._clock.monotonic()
            if kept:
                last = now
            elif kept is False or now - last > self._lease_s * 2 / 3:
                work.cancel()
                return

    async def _work(self, job: BulkJob, owner: UUID) -> None:
        account = await self._accounts.by_id(job.enterprise, job.connection_id)
        await self._steps.work(account, job, owner)

    def _after(self, job: BulkJob, error: VendorError | UserError) -> Later:
        if isinstance(error, TooMany):
            return Later(error.retry_after, failed=False)
        if isinstance(error, UserError):
            return Later(self._steps.pause(job), hint=error.code, failed=True)
        seconds = error.retry_after or self._steps.pause(job)
        return Later(seconds, error.message, error.hint, failed=True)
