"""How the salons of an enterprise are, for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from kommutator.domain.connection import ConnectionStatus
from kommutator.domain.salon.marketplace import InstallState
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.yclients.vendor import FROZEN, KIND, MARKETPLACE
from kommutator.kit.clock import Clock
from kommutator.kit.errors import NotFound
from kommutator.store.connection_rows import ConnectionRecord
from kommutator.store.yclients_salons import SalonState

if TYPE_CHECKING:
    from kommutator.store.database import Database

_REMOVED_SHOWN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ShownSalon:
    """One branch.

    Attributes:
        state: pending, active, frozen, paused, broken or removed; see `salon.state.<state>`.
        problem: slug of `reason.<slug>`; None: all is well.
        words: the vendor's, if it said any.
    """

    record: ConnectionRecord
    held: SalonState | None
    state: str

    @property
    def salon_id(self) -> int:
        return int(self.record.config.get("salon_id") or 0)

    @property
    def installed(self) -> bool:
        return self.record.config.get("way") == MARKETPLACE

    @property
    def problem(self) -> str | None:
        if self.state == "pending" and self.held is not None and self.held.problem:
            return self.held.problem
        return None if self.state == "removed" else self.record.status_reason

    @property
    def words(self) -> str | None:
        if self.state == "pending" and self.held is not None:
            return self.held.problem_detail
        return self.record.status_detail

    @property
    def stuck(self) -> bool:
        """Not tried again by itself."""
        tried = self.held is not None and self.held.problem is not None
        return self.state == "pending" and tried and self.problem == "yclients_not_pending"


class Standing:
    def __init__(self, db: Database, *, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def all(self, enterprise: EnterpriseNumber) -> Sequence[ShownSalon]:
        """Connected ones, and those removed lately, unless they came back."""
        async with self._db.unit() as unit:
            records = [r for r in await unit.connections.list(enterprise) if r.kind is KIND]
            held = {one.connection_id: one for one in await unit.yclients_salons.list(enterprise)}
            here = {int(record.config.get("salon_id") or 0) for record in records}
            listed = {record.id for record in records}
            gone: dict[int, ConnectionRecord] = {}
            for one in held.values():
                if one.connection_id not in listed and one.salon_id not in here:
                    gone[one.salon_id] = await unit.connections.get(enterprise, one.connection_id)
        since = self._clock.now() - _REMOVED_SHOWN
        lately = [record for record in gone.values() if record.status_since > since]
        return [_shown(record, held.get(record.id)) for record in (*records, *lately)]

    async def of_company(self, company_id: int) -> tuple[ConnectionRecord, SalonState]:
        """By requirement 001's number; the caller proves that it is theirs.

        Raises NotFound: `marketplace_company_unknown`.
        """
        async with self._db.single() as unit:
            held = await unit.yclients_salons.by_company_everywhere(company_id)
            if held is None:
                raise NotFound("marketplace_company_unknown")
            return await unit.connections.get(held.enterprise, held.connection_id), held

    async def count(self) -> tuple[int, int]:
        """All salons of the platform, and those that work."""
        async with self._db.single() as unit:
            return await unit.yclients_salons.count_everywhere()


def _shown(record: ConnectionRecord, held: SalonState | None) -> ShownSalon:
    return ShownSalon(record, held, state_of(record))


def state_of(record: ConnectionRecord) -> str:
    """In one word, see `ShownSalon.state`."""
    if record.status is ConnectionStatus.DRAFT:
        return InstallState.PENDING.value
    if record.status is ConnectionStatus.PAUSED and record.status_reason == FROZEN:
        return "frozen"
    return record.status.value
