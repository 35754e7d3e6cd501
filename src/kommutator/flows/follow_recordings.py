"""A call's recordings while its story is told: what it was promised, what is here, its link."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from kommutator.domain.calls.board import CallEvent
from kommutator.domain.calls.call import Call, Phase
from kommutator.domain.calls.memory import Memory
from kommutator.domain.calls.recordings import Recording, RecordingNews, RecordingState
from kommutator.domain.commands import CallResult
from kommutator.domain.connection import Account
from kommutator.domain.journal import JournalRow
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.recording_links import RecordingLinks
from kommutator.store.unit import Unit

SOURCE = "recording"

_FIRST_LOOK = timedelta(minutes=2)
"""The PBX's own upload comes within a second of the hang-up; what has not come by now may not."""

_NEWS = msgspec.json.Decoder(RecordingNews)


def read_recording_row(
    row: JournalRow, _pbx: Account | None = None, _zone: str = ""
) -> Sequence[CallEvent]:
    """A `Reader` for rows of the source "recording", which we write ourselves."""
    return (_NEWS.decode(row.body),)


class FollowRecordings:
    def __init__(self, links: RecordingLinks) -> None:
        self._links = links

    async def bind(
        self,
        unit: Unit,
        enterprise: EnterpriseNumber,
        call: Call,
        memory: Memory,
        now: datetime,
        connection_id: UUID | None,
    ) -> str | None:
        """Tie an ended call to its recordings, both ways; returns where they play.

        What came before the call was over is noted in `memory`; what did not is expected.
        """
        wanted = [r for r in call.recordings if _is_expected(call, r)]
        if call.phase is not Phase.ENDED or not wanted:
            return None
        for recording in wanted:
            state = await unit.recordings.expect(
                enterprise,
                recording.name,
                call_id=call.id,
                connection_id=connection_id,
                now=now,
                try_at=now if recording.source_url else now + _FIRST_LOOK,
                source_url=recording.source_url,
            )
            _note(memory, recording.name, state)
        days = await unit.recordings.days(enterprise)
        return self._links.of_call(enterprise, call.id, call.started_at, days)


def _is_expected(call: Call, recording: Recording) -> bool:
    """A call without a conversation leaves an empty file, if any, that nobody misses."""
    here = recording.state is RecordingState.ARRIVED or recording.source_url is not None
    return here or call.result is CallResult.ANSWERED


def _note(memory: Memory, name: str, state: str) -> None:
    if state in {"stored", "ready"} and name not in memory.arrived:
        memory.arrived.append(name)
    if state in {"missing", "expired"} and name not in memory.lost_records:
        memory.lost_records.append(name)
