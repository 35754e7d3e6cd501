"""Noting that a message leaves, before it does.

Of a dead owner's rows it is not known which were under way, so all it held count as unsure: what
can be looked for is. Messages cannot, and are never sent twice: hundreds that merely waited would
be lost with one crash. So each says by itself that it goes out, and only those are doubted.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from kommutator.domain.commands import SendMessage
from kommutator.domain.outcome import Failed, Outcome
from kommutator.flows.deliver import Item
from kommutator.kit.clock import Clock
from kommutator.kit.errors import ErrorKind, Stage
from kommutator.store.database import Database
from kommutator.store.driver import TRANSIENT
from kommutator.workers.lease import Lease

_log = structlog.get_logger(__name__)
_PAUSE_S = 0.2  # between tries while PostgreSQL is away
_DROPPED = Failed(ErrorKind.REJECTED, Stage.BEFORE_SENDING, "it was given up meanwhile")


async def held_back_by_hand(
    db: Database, lease: Lease, clock: Clock, batch: Sequence[Item]
) -> Sequence[Outcome] | None:
    """None: send them. Else what came of them instead; nothing at all if the lane is lost."""
    if not isinstance(batch[0].due.command, SendMessage):
        return None
    ids = [item.due.id for item in batch]
    while lease.alive():
        try:
            async with db.single() as unit:
                may = await unit.deliveries.leaving(lease.lane, lease.fence, ids)
        except TRANSIENT as error:
            _log.warning("message_waits_for_database", error=repr(error))
            await clock.sleep(_PAUSE_S)
            continue
        return None if may.issuperset(ids) else [_DROPPED] * len(batch)
    return []
