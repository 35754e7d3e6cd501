"""Taking a recording in: whole, once, and not acknowledged before it is safe.

The file goes to the object store first, then one transaction ties it to its name and tells the
journal. Whoever dies in between leaves an object that the sender's repetition finds again, by a
key made of the content.
"""

from __future__ import annotations

from collections.abc import AsyncIterable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import msgspec
import structlog

from kommutator.domain.calls.recordings import (
    RecordingArrived,
    RecordingLost,
    RecordingNews,
    call_of,
)
from kommutator.domain.connection import Account
from kommutator.domain.journal import Arrival
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.follow_recordings import SOURCE
from kommutator.flows.recording_place import object_key, recording_name
from kommutator.kit.audio import SHORTEST_BYTES, AudioKind, kind_of_audio
from kommutator.kit.clock import Clock
from kommutator.kit.errors import Conflict, InvalidInput, Unavailable, UserError
from kommutator.kit.objects import Objects, StorageAway
from kommutator.kit.spool import Draft, Spool, SpoolFull
from kommutator.store.database import Database
from kommutator.store.recording_rows import Origin, Received, RecordingRow
from kommutator.store.unit import Unit

_log = structlog.get_logger()

Fate = Literal["stored", "duplicate", "empty", "deleted"]


class TooLong(UserError):
    """413: bigger than `KOMMUTATOR_RECORDING_MAX_BYTES`."""

    status = 413


class NoAudio(UserError):
    """415: not a sound file that we know."""

    status = 415


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a file. Whatever it is, the sender need not keep it.

    Attributes:
        fate: "stored"; "duplicate" of what we have; "empty": nothing was recorded;
            "deleted": it was here and was deleted, so it is not wanted again.
    """

    name: str
    fate: Fate


class TakeRecording:
    def __init__(self, db: Database, objects: Objects, spool: Spool, *, clock: Clock) -> None:
        self._db = db
        self._objects = objects
        self._spool = spool
        self._clock = clock

    async def upload(self, pbx: Account, name: str, chunks: AsyncIterable[bytes]) -> Taken:
        """From a PBX, piece by piece.

        Raises:
            InvalidInput: `recording_name_invalid`.
            TooLong: `recording_too_large`. NoAudio: `recording_not_audio`.
            Conflict: `recording_differs`.
            Unavailable: `recording_storage_away`; nothing is stored, send it again.
        """
        proper = recording_name(name)
        if proper is None:
            raise InvalidInput("recording_name_invalid")
        try:
            async with self._spool.draft() as draft:
                async for chunk in chunks:
                    await draft.write(chunk)
                draft.finish()
                return await self.keep(
                    pbx.enterprise, proper, draft, origin="upload", connection_id=pbx.connection_id
                )
        except SpoolFull as error:
            raise TooLong("recording_too_large", limit=error.limit // 1_000_000) from error
        except (ConnectionError, TimeoutError):
            raise  # of the database, though by descent they are OSErrors
        except OSError as error:
            _log.error("recordings.spool_failed", error=type(error).__name__)
            raise Unavailable("recording_storage_away") from error

    async def keep(
        self,
        enterprise: EnterpriseNumber,
        name: str,
        draft: Draft,
        *,
        origin: Origin,
        connection_id: UUID | None,
    ) -> Taken:
        """A finished draft; raises like `upload`.

        A longer file takes the place of a shorter one, which was cut off; any other file under
        a name that is taken is refused.
        """
        if draft.size < SHORTEST_BYTES and (kind_of_audio(draft.head) or not draft.size):
            return await self._nothing(enterprise, name, connection_id)
        kind = kind_of_audio(draft.head)
        if kind is None:
            raise NoAudio("recording_not_audio")
        async with self._db.single() as unit:
            known = await unit.recordings.get(enterprise, name)
        if known is not None and (fate := _settled(known, draft)):
            return Taken(name, fate)
        what = await self._put(enterprise, name, draft, kind, origin)
        return await self._note(enterprise, name, draft, what, connection_id)

    async def lost(self, unit: Unit, row: RecordingRow, error: str) -> None:
        """It cannot be had: say why, and let its call wait no longer."""
        if not await unit.recordings.lose(row.enterprise, row.name, error):
            return
        news = RecordingLost(call=row.call_id or call_of(row.name), name=row.name)
        await _tell(unit, row, news, f"lost:{int(self._clock.now().timestamp())}")

    async def _put(
        self,
        enterprise: EnterpriseNumber,
        name: str,
        draft: Draft,
        kind: AudioKind,
        origin: Origin,
    ) -> Received:
        key = object_key(enterprise, name, draft.sha256, kind.ending, self._clock.now())
        try:
            await self._objects.put(key, draft.path)
        except StorageAway as error:
            _log.error("recordings.storage_away", place=self._objects.place, error=str(error))
            raise Unavailable("recording_storage_away") from error
        return Received(
            origin=origin,
            original_key=key,
            media_type=kind.media_type,
            size=draft.size,
            sha256=draft.sha256,
        )

    async def _note(
        self,
        enterprise: EnterpriseNumber,
        name: str,
        draft: Draft,
        what: Received,
        connection_id: UUID | None,
    ) -> Taken:
        now = self._clock.now()
        stale: set[str] = set()
        try:
            async with self._db.unit() as unit:
                row = await unit.recordings.lock(
                    enterprise, name, connection_id=connection_id, now=now
                )
                fate = _settled(row, draft)
                if fate is None:
                    stale = {key for key in (row.original_key, row.object_key) if key}
                    await unit.recordings.receive(enterprise, name, what, now=now)
                    news = RecordingArrived(call=row.call_id or call_of(name), name=name)
                    await _tell(unit, row, news, what.sha256.hex())
                elif what.original_key not in (row.original_key, row.object_key):
                    stale = {what.original_key}
        except Conflict:
            await self._forget({what.original_key})
            raise
        await self._forget(stale - {what.original_key} if fate is None else stale)
        return Taken(name, fate or "stored")

    async def _nothing(
        self, enterprise: EnterpriseNumber, name: str, connection_id: UUID | None
    ) -> Taken:
        async with self._db.unit() as unit:
            row = await unit.recordings.lock(
                enterprise, name, connection_id=connection_id, now=self._clock.now()
            )
            await self.lost(unit, row, "empty")
        return Taken(name, "empty")

    async def _forget(self, keys: set[str]) -> None:
        for key in keys:
            try:
                await self._objects.delete(key)
            except StorageAway as error:  # an object too many harms nobody
                _log.warning("recordings.object_left", key=key, error=str(error))


async def _tell(unit: Unit, row: RecordingRow, news: RecordingNews, mark: str) -> None:
    """Through the journal, so that the call learns of it in order; `mark` makes it once."""
    arrival = Arrival(
        enterprise=row.enterprise,
        source=SOURCE,
        kind="lost" if isinstance(news, RecordingLost) else "arrived",
        key=news.call,
        dedupe_key=f"{row.name}:{mark}",
        body=msgspec.json.encode(news),
        connection_id=row.connection_id,
    )
    await unit.journal.add(arrival)
    unit.call_changed(row.enterprise, news.call)


def _settled(row: RecordingRow, draft: Draft) -> Fate | None:
    """What becomes of a file without storing it; None if it is to be stored.

    Raises:
        Conflict: `recording_differs`.
    """
    if row.state == "expired":
        return "deleted"
    if row.state not in ("stored", "ready"):
        return None
    if row.sha256 == draft.sha256:
        return "duplicate"
    if draft.size > (row.size or 0):
        return None
    raise Conflict("recording_differs")
