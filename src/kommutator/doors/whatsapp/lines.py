"""The open lines that this process holds, by connection."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from kommutator.domain.whatsapp.ports import WhatsAppLine
from kommutator.flows.whatsapp.keys import KeptKeys


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A line that messages may go over, with the keys that keep what was sent."""

    line: WhatsAppLine
    keys: KeptKeys


class Lines:
    """Filled by the lanes, read by the delivery."""

    def __init__(self) -> None:
        self._lines: dict[UUID, OpenLine] = {}

    def put(self, connection_id: UUID, line: OpenLine) -> None:
        self._lines[connection_id] = line

    def drop(self, connection_id: UUID) -> None:
        self._lines.pop(connection_id, None)

    def of(self, connection_id: UUID) -> OpenLine | None:
        """None while it is not open, or not ours."""
        return self._lines.get(connection_id)
