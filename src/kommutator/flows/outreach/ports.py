"""What stories that want messages sent hand in, and what they are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from kommutator.domain.connection import ConnectionKind

if TYPE_CHECKING:
    from kommutator.store.outreach import OutreachRow
    from kommutator.store.unit import Unit


@dataclass(frozen=True, slots=True)
class Send:
    """It is still true.

    Attributes:
        text: in other words than those it was wanted with.
        about: what these words tell of; empty: only what it was wanted about.
    """

    text: str | None = None
    about: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Drop:
    """It is true no more. `reason`: slug `outreach.reason.<slug>`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Later:
    """Ask again then. `reason`: slug `outreach.reason.<slug>`, for whoever wonders."""

    at: datetime
    reason: str | None = None


Verdict = Send | Drop | Later


class Recheck(Protocol):
    """Asked about a row just before it is sent, in a transaction of its own, with no lock held.

    It may look at the vendor. Raising means: ask again soon.
    """

    async def __call__(self, unit: Unit, row: OutreachRow) -> Verdict: ...


@dataclass(frozen=True, slots=True)
class Place:
    """The chat that a message went to."""

    connection_id: UUID
    kind: ConnectionKind
    chat_id: str


class SentHearer(Protocol):
    """Told in the transaction that hands a row to a messenger; again where another takes over.

    `about`: everything that its words tell of, such as "visit:123".
    """

    async def __call__(
        self, unit: Unit, row: OutreachRow, place: Place, about: Sequence[str]
    ) -> None: ...
