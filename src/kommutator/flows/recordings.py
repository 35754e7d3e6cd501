"""What people do with recordings: see which a call has, hear them, ask again, delete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.recording_links import Gone, Heard, RecordingLinks
from kommutator.kit.clock import Clock
from kommutator.kit.errors import Conflict, NotFound
from kommutator.kit.objects import Objects
from kommutator.kit.throttle import Throttle
from kommutator.store.database import Database
from kommutator.store.recording_rows import RecordingRow, State

_PLAYED_EVERY_S = 3600.0


@dataclass(frozen=True, slots=True)
class RecordingView:
    """A recording as a page shows it.

    Attributes:
        state: "expected", "stored" (playable as it came), "ready", "missing", "expired".
        seconds: its length; None while not known.
        url: plays for an hour without signing in; None while there is nothing to play.
        error: slug of why it is not here, words in `recording.why.<slug>`; None if all is well.
    """

    name: str
    state: State
    seconds: float | None
    url: str | None
    error: str | None


class Recordings:
    """Attributes: `objects` is where they lie."""

    def __init__(
        self, db: Database, objects: Objects, links: RecordingLinks, *, clock: Clock
    ) -> None:
        self._db = db
        self.objects = objects
        self._links = links
        self._clock = clock
        self._played = Throttle(1 / _PLAYED_EVERY_S, 1, clock)

    async def of_call(self, enterprise: EnterpriseNumber, call_id: str) -> Sequence[RecordingView]:
        """All of one call, oldest first; empty when it has none or is not known."""
        async with self._db.single() as unit:
            rows = await unit.recordings.of_call(enterprise, call_id)
        return [self.view(row) for row in rows]

    def view(self, row: RecordingRow) -> RecordingView:
        """With a link of its own if there is something to play."""
        url = self._links.of_name(row.enterprise, row.name) if row.playable_key else None
        return RecordingView(row.name, row.state, row.seconds, url, row.error)

    async def links(
        self, enterprise: EnterpriseNumber, calls: Mapping[str, datetime]
    ) -> Mapping[str, str]:
        """Call id → where it plays as long as it is kept, for calls that have something to hear.

        `calls`: id → when it started. The links are those that CRMs are given.
        """
        async with self._db.single() as unit:
            playable = await unit.recordings.playable(enterprise, calls)
            days = await unit.recordings.days(enterprise) if playable else 0
        return {
            call_id: self._links.of_call(enterprise, call_id, calls[call_id], days)
            for call_id in playable
        }

    async def page(
        self,
        enterprise: EnterpriseNumber,
        *,
        state: State | None = None,
        before: tuple[datetime, str] | None = None,
        limit: int = 50,
    ) -> Sequence[RecordingRow]:
        """Newest first."""
        async with self._db.single() as unit:
            return await unit.recordings.page(enterprise, state=state, before=before, limit=limit)

    async def heard(self, token: str) -> RecordingRow:
        """The recording that a link plays: of a call, the first that can be played.

        Raises:
            NotFound: `recording_link_invalid`, `recording_not_here_yet`, `recording_missing`.
            Gone: `recording_link_expired`, `recording_deleted`.
        """
        wanted = self._links.read(token)
        rows = await self._rows(wanted)
        for row in rows:
            if row.playable_key:
                return row
        states = {row.state for row in rows}
        if states == {"expired"}:
            raise Gone("recording_deleted")
        for row in rows:
            if row.state == "missing" and row.source_url:
                return row
        raise NotFound("recording_missing" if "missing" in states else "recording_not_here_yet")

    async def note_played(self, row: RecordingRow) -> None:
        """Into the audit, once an hour per recording: who holds a link is not known by name."""
        if self._played.take(f"{row.enterprise}:{row.name}"):
            return
        async with self._db.unit() as unit:
            await unit.audit.add(
                row.enterprise, actor="link", action="recording.play", target=row.name
            )

    async def retry(self, actor: str, enterprise: EnterpriseNumber, name: str) -> RecordingRow:
        """Look for it at once, or convert it once more.

        Raises:
            NotFound: `recording_not_found`.
            Conflict: `recording_needs_nothing`: it is here, or gone for good.
        """
        async with self._db.unit() as unit:
            again = await unit.recordings.retry(enterprise, name, now=self._clock.now())
            row = await unit.recordings.get(enterprise, name)
            if row is None:
                raise NotFound("recording_not_found")
            if not again:
                raise Conflict("recording_needs_nothing")
            await unit.audit.add(enterprise, actor=actor, action="recording.retry", target=name)
            if row.call_id:
                unit.call_changed(enterprise, row.call_id)
        return row

    async def delete(self, actor: str, enterprise: EnterpriseNumber, name: str) -> None:
        """Every link to it is dead from the commit on; then the objects go.

        Raises:
            NotFound: `recording_not_found`.
            StorageAway: the links are dead, the sweep will delete what is left.
        """
        async with self._db.unit() as unit:
            row = await unit.recordings.get(enterprise, name)
            keys = await unit.recordings.expire(enterprise, name, "deleted")
            if row is None or keys is None:
                raise NotFound("recording_not_found")
            await unit.audit.add(enterprise, actor=actor, action="recording.delete", target=name)
            if row.call_id:
                unit.call_changed(enterprise, row.call_id)
        for key in keys:
            await self.objects.delete(key)
        async with self._db.single() as unit:
            await unit.recordings.emptied(enterprise, name)

    async def _rows(self, wanted: Heard) -> Sequence[RecordingRow]:
        async with self._db.single() as unit:
            if wanted.of == "call":
                return await unit.recordings.of_call(wanted.enterprise, wanted.id)
            row = await unit.recordings.get(wanted.enterprise, wanted.id)
        return [row] if row else []
