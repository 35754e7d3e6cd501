"""Taking a lane out of service until somebody repairs what stopped it."""

from __future__ import annotations

from contextlib import suppress

from kommutator.domain.connection import ConnectionStatus
from kommutator.domain.delivery import Park
from kommutator.kit.errors import ErrorKind, NotFound
from kommutator.store.database import Database
from kommutator.workers import metrics
from kommutator.workers.lease import Lease


async def park(db: Database, lease: Lease, why: Park) -> None:
    """Park our lane; where the vendor withdrew our access the connection is broken, too.

    What is owed stays due. Registering anew, or activating the connection, unparks.
    """
    metrics.PARKED.labels(why.reason).inc()
    async with db.unit() as unit:
        await unit.lanes.park(
            lease.enterprise, lease.lane, lease.fence, reason=why.reason, detail=why.detail
        )
        if why.reason != ErrorKind.ACCESS_REVOKED or lease.connection_id is None:
            return
        with suppress(NotFound):
            broken = await unit.connections.set_status(
                lease.enterprise,
                lease.connection_id,
                ConnectionStatus.BROKEN,
                reason=why.reason,
                detail=why.detail,
            )
            unit.config_changed(lease.enterprise, broken.kind.value)
