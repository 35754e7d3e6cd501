"""Recordings as they lie in the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber

State = Literal["expected", "stored", "ready", "missing", "expired"]
Origin = Literal["upload", "pull", "download"]


@dataclass(frozen=True, slots=True)
class RecordingRow:
    """One recording.

    Attributes:
        name: as the dialplan names it, unique in the enterprise.
        state: "stored" is what came, "ready" is converted for browsers; both can be played.
        origin: how it came.
        source_url: where a `download` event said that it can be fetched.
        original_key, object_key: objects of what came and of what browsers play.
        size, sha256: of what came; bytes.
        error: slug, what went wrong last; see `recording.why.*` in the catalogs.
    """

    enterprise: EnterpriseNumber
    name: str
    call_id: str | None
    connection_id: UUID | None
    state: State
    origin: Origin | None
    source_url: str | None
    original_key: str | None
    object_key: str | None
    media_type: str | None
    size: int | None
    seconds: float | None
    sha256: bytes | None
    tries: int
    next_try_at: datetime | None
    error: str | None
    expected_at: datetime
    stored_at: datetime | None
    ready_at: datetime | None

    @property
    def playable_key(self) -> str | None:
        """The object to play, if there is one."""
        if self.state not in ("stored", "ready"):
            return None
        return self.object_key or self.original_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What came, already in the object store."""

    origin: Origin
    original_key: str
    media_type: str
    size: int
    sha256: bytes
