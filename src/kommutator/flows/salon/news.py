"""Who hears of visits that changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from kommutator.domain.connection import Account
from kommutator.domain.salon.changes import VisitChange
from kommutator.domain.salon.facts import Salon
from kommutator.store.unit import Unit


class HearVisits(Protocol):
    """Called in the transaction that writes the changes down: both are kept, or neither is.

    `salon` as last read. May come twice for one change only if the transaction was rolled back.
    """

    async def __call__(
        self, unit: Unit, account: Account, salon: Salon, changes: Sequence[VisitChange]
    ) -> None: ...
