"""What became of unasked messages: receipts, another messenger, numbers that must rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from uuid import UUID

import structlog

from kommutator.domain.outreach.health import (
    DELIVERED_WITHIN,
    LOOKED_AT,
    NOT_THE_NUMBERS,
    TELLS_DELIVERY,
    is_sick,
)
from kommutator.domain.outreach.wanted import TryState
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.outreach.ways import BARRED
from kommutator.kit.clock import Clock
from kommutator.store.outreach_tries import Moved, Overdue

if TYPE_CHECKING:
    from kommutator.store.database import Database
    from kommutator.store.unit import Unit

_log = structlog.get_logger(__name__)
_AT_ONCE: Final = 200
SYSTEM: Final = "kommutator"


class FollowOutreach:
    """Any number of processes may do rounds."""

    def __init__(self, db: Database, *, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def receipts(self) -> Sequence[Moved]:
        """Take over what messengers told; what was refused goes by another one, if there is time.

        A number that was refused too often stops by itself.
        """
        now = self._clock.now()
        async with self._db.unit() as unit:
            moved = await unit.outreach_tries.follow_everywhere(now, _AT_ONCE)
            refused = [one for one in moved if one.state == TryState.FAILED]
            stranded = await unit.outreach_tries.stranded_everywhere(
                [one.outreach for one in refused]
            )
            for enterprise, outreach in stranded:
                await unit.outreach_tries.requeue(enterprise, [outreach], now, "refused")
            for enterprise, connection_id in {(m.enterprise, m.connection_id) for m in refused}:
                await self._rest_if_sick(unit, enterprise, connection_id)
        return moved

    async def overdue(self) -> int:
        """Hand on what was not delivered in time; returns how many."""
        now = self._clock.now()
        async with self._db.single() as unit:
            late = await unit.outreach_tries.overdue_everywhere(
                now - DELIVERED_WITHIN, now, [kind.value for kind in TELLS_DELIVERY], _AT_ONCE
            )
        handed = 0
        for one in late:
            async with self._db.unit() as unit:
                handed += await self._hand_on(unit, one)
        return handed

    async def barred(self) -> None:
        """Pause numbers that WhatsApp restricted or shut out, until a person resumes them."""
        async with self._db.unit() as unit:
            for enterprise, connection_id, state in await unit.outreach_ways.barred_everywhere(
                [state.value for state in BARRED]
            ):
                await self._rest(unit, enterprise, connection_id, state)

    async def _hand_on(self, unit: Unit, late: Overdue) -> bool:
        enterprise = EnterpriseNumber(late.enterprise)
        if late.state == TryState.SENDING:
            gone = await unit.outreach_tries.withdraw(enterprise, [late.outbox_id], "fell_over")
            if not gone:  # it is leaving just now
                return False
        now = self._clock.now()
        if not await unit.outreach_tries.fall_over(enterprise, late.id, now):
            return False
        await unit.outreach_tries.requeue(enterprise, [late.outreach], now, "not_delivered")
        return True

    async def _rest_if_sick(
        self, unit: Unit, enterprise: EnterpriseNumber, connection_id: UUID
    ) -> None:
        failed = await unit.outreach_tries.lately(
            enterprise, connection_id, innocent=sorted(NOT_THE_NUMBERS), limit=LOOKED_AT
        )
        if is_sick(failed):
            await self._rest(unit, enterprise, connection_id, "failures")

    async def _rest(
        self, unit: Unit, enterprise: EnterpriseNumber, connection_id: UUID, reason: str
    ) -> None:
        paused = await unit.outreach_pauses.pause(
            enterprise, connection_id, reason=reason, by=SYSTEM, at=self._clock.now()
        )
        if paused:
            await unit.audit.add(
                enterprise,
                actor=SYSTEM,
                action="outreach.pause",
                target=str(connection_id),
                detail={"reason": reason},
            )
            _log.warning("outreach.number_paused", connection=str(connection_id), reason=reason)
