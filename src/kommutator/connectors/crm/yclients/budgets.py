"""What a request to YClients draws from: the vendor counts by IP address, all salons together."""

from __future__ import annotations

from kommutator.connectors.crm.yclients.manifest import (
    BACKGROUND_PACE,
    MINUTE_AT_ONCE,
    MINUTE_PACE,
    SECOND_PACE,
)
from kommutator.domain.outcome import Budget


def budgets_at(egress: str, *, background: bool = False) -> tuple[Budget, ...]:
    """Shared by every salon behind one address; the marketplace counts too.

    Args:
        egress: name of the address that this process leaves by.
        background: work that nobody waits for leaves room for people.
    """
    shared = (
        Budget(f"yclients:{egress}:second", SECOND_PACE),
        Budget(f"yclients:{egress}:minute", MINUTE_PACE, MINUTE_AT_ONCE),
    )
    if not background:
        return shared
    return (*shared, Budget(f"yclients:{egress}:background", BACKGROUND_PACE))
