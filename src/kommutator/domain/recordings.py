"""Where a recording that was not brought to us can be fetched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from kommutator.domain.connection import Account


@dataclass(frozen=True, slots=True)
class RecordingSource:
    """One file at somebody else's.

    Attributes:
        url: GET brings the file.
        host: the PBX's own host, which may be private; everything else must be public https.
        headers: that let us in; empty where everybody may.
        delete: DELETE here removes the PBX's copy after we have it; None leaves it.
    """

    url: str
    host: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    delete: str | None = None


class PbxRecordings(Protocol):
    """A PBX that keeps its recordings for a while."""

    def source(self, account: Account, name: str) -> RecordingSource | None:
        """Where this one lies; None if the connection says that nothing is fetched."""
        ...
