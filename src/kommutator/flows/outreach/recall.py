"""Taking back what is owed and has not left yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.outreach_tries import Pending

if TYPE_CHECKING:
    from kommutator.store.unit import Unit


async def recall(unit: Unit, pending: Sequence[Pending], now: datetime, reason: str) -> int:
    """Queue these again: sent once the reason is gone, if still true then; returns how many.

    What is leaving at this moment cannot be stopped.
    """
    by_tenant: dict[EnterpriseNumber, list[Pending]] = {}
    for one in pending:
        by_tenant.setdefault(EnterpriseNumber(one.enterprise), []).append(one)
    count = 0
    for enterprise, owed in sorted(by_tenant.items()):
        ids = [one.outbox_id for one in owed]
        gone = await unit.outreach_tries.withdraw(enterprise, ids, reason)
        back = [one for one in owed if one.outbox_id in gone]
        await unit.outreach_tries.forget(enterprise, [one.id for one in back])
        await unit.outreach_tries.requeue(enterprise, [one.outreach for one in back], now, reason)
        count += len(back)
    return count
