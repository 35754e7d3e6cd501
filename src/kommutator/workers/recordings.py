"""Recordings while nobody waits: fetched, converted for browsers, deleted when their time is up.

May run in every worker: what is due is taken under a lease with SKIP LOCKED.
"""

from __future__ import annotations

import asyncio
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Literal

import structlog

from kommutator.flows.fetch_recording import FetchRecording
from kommutator.kit.clock import Clock
from kommutator.kit.objects import ObjectMissing, Objects, StorageAway
from kommutator.kit.spool import Spool
from kommutator.store.database import Database
from kommutator.store.recording_rows import RecordingRow
from kommutator.workers import metrics
from kommutator.workers.convert import ENDING, MEDIA_TYPE, ConversionFailed, convert
from kommutator.workers.loops import Loop, Loops

_log = structlog.get_logger(__name__)
_LEASE = timedelta(minutes=20)
_FETCHES = 4
_TRIES = 3
_PAUSE = timedelta(minutes=5)
_AGED = 200
_ABANDONED = timedelta(days=1)


class RecordingWorker:
    """Use `start` and `stop`; a test calls the single steps.

    Args:
        tick_s: between looks for what is due.
        retire_s: between looks for what is over age.
    """

    def __init__(
        self,
        db: Database,
        objects: Objects,
        spool: Spool,
        fetch: FetchRecording,
        *,
        clock: Clock,
        keep_original: bool,
        tick_s: float = 2.0,
        retire_s: float = 900.0,
    ) -> None:
        self._db = db
        self._objects = objects
        self._spool = spool
        self._fetch = fetch
        self._clock = clock
        self._keep_original = keep_original
        self._loops = Loops(
            Loop("recordings-convert", self.convert_due, clock, tick_s),
            Loop("recordings-fetch", self.fetch_due, clock, tick_s),
            Loop("recordings-retire", self.retire, clock, retire_s),
        )

    async def start(self) -> None:
        self._loops.start()

    async def stop(self) -> None:
        """What is under way is cut off; its lease ends and somebody begins anew."""
        await self._loops.stop()

    async def fetch_due(self) -> None:
        """Look for everything that is due to be looked for."""
        while rows := await self._claim("expected", _FETCHES):
            outcomes = await asyncio.gather(*(self._fetch.fetch(row) for row in rows))
            for outcome in outcomes:
                metrics.RECORDINGS.labels(outcome).inc()

    async def convert_due(self) -> None:
        """One after the other: a conversion takes a whole core."""
        while rows := await self._claim("stored", 1):
            for row in rows:
                await self._convert(row)

    async def retire(self) -> None:
        """Delete what outlived its enterprise's retention, and what was left before."""
        while True:
            async with self._db.single() as unit:
                aged = await unit.recordings.aged_everywhere(now=self._clock.now(), limit=_AGED)
            for enterprise, name in aged:
                async with self._db.unit() as unit:
                    await unit.recordings.expire(enterprise, name, "retention")
                metrics.RECORDINGS.labels("expired").inc()
            if len(aged) < _AGED:
                break
        await self._delete_left()
        yesterday = (self._clock.now() - _ABANDONED).timestamp()
        await asyncio.to_thread(self._spool.clean, yesterday)
        async with self._db.single() as unit:
            while await unit.recordings.forget_everywhere(now=self._clock.now(), limit=_AGED):
                pass

    async def _delete_left(self) -> None:
        while True:
            async with self._db.single() as unit:
                left = await unit.recordings.left_everywhere(limit=_AGED)
            for row in left:
                for key in filter(None, (row.original_key, row.object_key)):
                    await self._objects.delete(key)
                async with self._db.single() as unit:
                    await unit.recordings.emptied(row.enterprise, row.name)
            if len(left) < _AGED:
                return

    async def _claim(self, state: Literal["expected", "stored"], limit: int) -> list[RecordingRow]:
        async with self._db.single() as unit:
            return list(
                await unit.recordings.claim_everywhere(
                    state, now=self._clock.now(), lease=_LEASE, limit=limit
                )
            )

    async def _convert(self, row: RecordingRow) -> None:
        try:
            with tempfile.TemporaryDirectory(dir=self._spool.ready()) as folder:
                await self._convert_in(Path(folder), row)
        except (ConnectionError, TimeoutError):
            raise  # of the database, though by descent they are OSErrors
        except (StorageAway, OSError) as error:  # the spool's disk, too, may be full
            _log.warning("recordings.storage_away", error=str(error))
            await self._postpone(row, "storage_away", last=False)
        except (ConversionFailed, ObjectMissing) as error:
            _log.warning(
                "recordings.not_converted", enterprise=row.enterprise, error=str(error)[:200]
            )
            await self._postpone(row, "conversion_failed", last=row.tries >= _TRIES)

    async def _convert_in(self, folder: Path, row: RecordingRow) -> None:
        key, target = _key_for_browsers(row), folder / f"converted.{ENDING}"
        async with self._objects.as_file(row.original_key or "", folder) as source:
            seconds = await convert(source, row.media_type or "", target)
        await self._objects.put(key, target)
        async with self._db.unit() as unit:
            ready = await unit.recordings.ready(
                row,
                object_key=key,
                media_type=MEDIA_TYPE,
                seconds=seconds,
                now=self._clock.now(),
            )
            if ready and row.call_id:
                unit.call_changed(row.enterprise, row.call_id)
        metrics.RECORDINGS.labels("converted" if ready else "replaced").inc()
        if not ready:
            await self._objects.delete(key)
        elif not self._keep_original:
            await self._objects.delete(row.original_key or "")
            async with self._db.single() as unit:
                await unit.recordings.drop_original(row)

    async def _postpone(self, row: RecordingRow, error: str, *, last: bool) -> None:
        metrics.RECORDINGS.labels(error).inc()
        try_at = None if last else self._clock.now() + _PAUSE
        async with self._db.single() as unit:
            await unit.recordings.postpone(row.enterprise, row.name, error, try_at)


def _key_for_browsers(row: RecordingRow) -> str:
    """Beside the original and never in its place: an MP3 that came is converted too."""
    stem = (row.original_key or "").rpartition(".")[0]
    return f"{stem}-play.{ENDING}"
