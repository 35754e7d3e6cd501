"""A connected messenger, as people look at it."""

from __future__ import annotations

from dataclasses import dataclass

from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from kommutator.domain.whatsapp.states import SessionState
from kommutator.kit.errors import ErrorKind
from kommutator.store.channel_reads import ChannelAsked
from kommutator.store.connection_rows import ConnectionRecord
from kommutator.store.lanes import LaneStatus
from kommutator.store.whatsapp_sessions import SessionRow

_OF_REVOKED = {
    ConnectionKind.TELEGRAM: "telegram_token_refused",
    ConnectionKind.AVITO: "avito_revoked",
    ConnectionKind.WHATSAPP_CLOUD: "whatsapp_cloud_revoked",
}
"""What it means when a lane stopped because its access was withdrawn."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A connected messenger, how its messages go out, and how it was asked last."""

    record: ConnectionRecord
    lane: LaneStatus | None
    asked: ChannelAsked | None
    phone: SessionRow | None = None

    @property
    def why(self) -> str | None:
        """Why it does not work as it should: a slug with a sentence, see `words`."""
        if self.phone is not None:
            return None if self.phone.state is SessionState.OPEN else self.phone.state.value
        if self.record.status is ConnectionStatus.BROKEN:
            return _OF_REVOKED[self.record.kind] if self._unnamed else self.record.status_reason
        if self.record.status is ConnectionStatus.PAUSED:
            return "channel_paused"
        if self.lane is not None and self.lane.parked_reason is not None:
            return _OF_REVOKED[self.record.kind]
        return self.asked.error_hint if self.asked is not None else None

    @property
    def words(self) -> str:
        """The key of the sentence about `why`."""
        family = "hint" if self.phone is None else "whatsapp_state"
        return f"{family}.{self.why}"

    @property
    def _unnamed(self) -> bool:
        return self.record.status_reason in (None, ErrorKind.ACCESS_REVOKED.value)
