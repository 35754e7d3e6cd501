"""What follows from a grant's state for its connection: status, lanes, the audit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from kommutator.domain.grants import connection_status
from kommutator.domain.oauth import GrantState
from kommutator.kit.errors import NotFound
from kommutator.store.grant_rows import GrantRecord

if TYPE_CHECKING:
    from kommutator.store.unit import Unit

_ACTOR = "tokens"
REASONS = frozenset(
    {
        "refresh_answer_lost",
        "refresh_token_missing",
        "token_revoked",
        "refresh_refused",
        "refused_when_new",
        "long_lived_refused",
        "long_lived_over",
        "token_over",
        "uninstalled",
        "unpaid",
        "blocked",
    }
)
"""By which a grant stops its connection, or warns that it will."""

_ANYBODYS = frozenset({"access_revoked", "token_stale"})  # a lane's words for the same trouble


async def follow(
    unit: Unit,
    record: GrantRecord,
    state: GrantState,
    reason: str | None,
    detail: str | None,
    *,
    token_lives: bool,
) -> None:
    """In the unit that changed the grant. What a person paused stays paused.

    `record` is the grant as it was before.
    """
    try:
        stored = await unit.connections.lock(record.enterprise, record.connection_id)
    except NotFound:
        return
    ours = stored.status_reason in REASONS or stored.status_reason in _ANYBODYS
    status = connection_status(state, token_lives=token_lives, now=stored.status, ours=ours)
    why = None if state is GrantState.ACTIVE else reason
    if status is ConnectionStatus.REMOVED or status is ConnectionStatus.DRAFT:
        return
    if (status, why) != (stored.status, stored.status_reason) and (ours or why):
        await unit.connections.set_status(
            record.enterprise, record.connection_id, status, reason=why, detail=detail
        )
        unit.config_changed(record.enterprise, record.kind)
    if status is ConnectionStatus.ACTIVE and stored.status is not ConnectionStatus.ACTIVE:
        await unit.lanes.unpark(record.enterprise, connection_id=record.connection_id)
    if state is not record.state:
        await unit.audit.add(
            record.enterprise,
            actor=_ACTOR,
            action=f"grant.{state.value}",
            target=str(record.connection_id),
            detail={"reason": reason, "was": record.state.value},
        )


async def moved(unit: Unit, record: GrantRecord, base_url: str) -> None:
    """The account lives at another address, which passed the connector's check."""
    await unit.connections.save(record.enterprise, record.connection_id, base_url=base_url)
    await unit.audit.add(
        record.enterprise,
        actor=_ACTOR,
        action="grant.moved",
        target=str(record.connection_id),
        detail={"from": record.base_url, "to": base_url},
    )
    unit.config_changed(record.enterprise, ConnectionKind(record.kind).value)
