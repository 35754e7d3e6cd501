"""Delivers the lanes of connections: `crm:*` by itself, `pbx:*` for whoever holds the link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.delivery import Park
from kommutator.domain.ports import Delivery
from kommutator.kit.breaker import Breaker, BreakerRules, Phase
from kommutator.kit.clock import Clock
from kommutator.kit.errors import NotFound
from kommutator.kit.ids import Ids
from kommutator.store.database import Database
from kommutator.workers.allowance import EnterpriseRoom
from kommutator.workers.attempt import Attempts
from kommutator.workers.lane_delivery import LaneDelivery
from kommutator.workers.lease import Lease
from kommutator.workers.parking import park


class Accounts(Protocol):
    """The part of the directory that delivering needs."""

    async def account(self, connection_id: UUID) -> Account:
        """Raises NotFound."""
        ...


class DeliveryRunner:
    """Runs lanes through the connectors' deliveries.

    Args:
        enterprise_limit: requests under way per enterprise in this process.
        linger_s: how long an idle lane is kept for the next command.
    """

    def __init__(
        self,
        db: Database,
        directory: Accounts,
        deliveries: Mapping[ConnectionKind, Delivery],
        *,
        clock: Clock,
        ids: Ids,
        enterprise_limit: int = 32,
        linger_s: float = 2.0,
        breaker: BreakerRules | None = None,
    ) -> None:
        self._db = db
        self._directory = directory
        self._deliveries = deliveries
        self._clock = clock
        self._ids = ids
        self._linger_s = linger_s
        self._rules = breaker or BreakerRules()
        self._room = EnterpriseRoom(enterprise_limit)
        self._attempts = Attempts(clock, ids)

    async def run(self, lease: Lease) -> None:
        """Deliver a lane over requests of our own; the engine calls this."""
        opened = await self._account(lease)
        delivery = None if isinstance(opened, str) else self._deliveries.get(opened.kind)
        if delivery is None:
            reason = opened if isinstance(opened, str) else "no_connector"
            await park(self._db, lease, Park(reason))
            return
        await self.deliver(lease, delivery, linger_s=self._linger_s)

    async def deliver(self, lease: Lease, delivery: Delivery, *, linger_s: float) -> None:
        """Deliver a lane through this delivery, e.g. one that is bound to an open link.

        With `linger_s` infinite it returns only when parked, lost or cancelled.
        """
        lane = LaneDelivery(
            self._db,
            lease,
            delivery,
            lambda: self._account(lease),
            breaker=await self._breaker(lease),
            attempts=self._attempts,
            room=self._room,
            clock=self._clock,
            ids=self._ids,
            linger_s=linger_s,
        )
        await lane.run()

    async def _account(self, lease: Lease) -> Account | str:
        """The account, or the reason for which the lane must be parked."""
        if lease.connection_id is None:
            return "connection_absent"
        try:
            account = await self._directory.account(lease.connection_id)
        except NotFound:
            return "connection_absent"
        if account.status is not ConnectionStatus.ACTIVE:
            return f"connection_{account.status.value}"
        return account

    async def _breaker(self, lease: Lease) -> Breaker:
        """As the last owner left it on disk."""
        async with self._db.single() as unit:
            rows = await unit.lanes.status(lease.enterprise, lease.lane)
        now = self._clock.monotonic()
        if not rows:
            return Breaker(self._rules, now=now)
        return Breaker(
            self._rules,
            now=now,
            phase=Phase(rows[0].breaker),
            failures=rows[0].failures,
            open_for=rows[0].breaker_wait_s or 0.0,
        )
