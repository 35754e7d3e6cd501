"""How a connection's tokens are, for people: never judged by the access token's age."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from kommutator.domain.connection import ConnectionStatus
from kommutator.domain.grants import RENEWABLE
from kommutator.domain.oauth import GrantState
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission
from kommutator.flows.amocrm.adopt import KIND
from kommutator.store.connection_rows import ConnectionRecord
from kommutator.store.grant_rows import GrantRecord
from kommutator.store.limit_blocks import LIMITS

if TYPE_CHECKING:
    from kommutator.store.database import Database

NOT_CONNECTED = "not_connected"


@dataclass(frozen=True, slots=True)
class Shown:
    """One connection.

    Attributes:
        connected: requests get a token, now or after a renewal that nobody has to help.
        reason: slug of `grant.<reason>` and `grant.<reason>.action`; None: all is well.
        works_until: a token that nothing renews goes on until then.
    """

    connection_id: UUID
    name: str
    base_url: str
    account_id: str
    personal: bool
    status: ConnectionStatus
    connected: bool
    state: str
    reason: str | None
    detail: str | None
    since: datetime
    works_until: datetime | None
    renewed_at: datetime | None


class Standing:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, record: ConnectionRecord) -> Shown:
        """One connection's."""
        async with self._db.single() as unit:
            grant = await unit.grants.find(record.enterprise, record.id)
        state = NOT_CONNECTED if grant is None else grant.state.value
        reason = NOT_CONNECTED if grant is None else grant.reason
        detail = grant.detail if grant else None
        if reason is None and record.status_reason == LIMITS:
            reason, detail = LIMITS, record.status_detail
        connected = grant is not None and _serves(grant)
        if record.status in (ConnectionStatus.BROKEN, ConnectionStatus.REMOVED):
            connected = False
        last = grant is not None and (grant.refresh_until is None or grant.state not in RENEWABLE)
        return Shown(
            connection_id=record.id,
            name=record.name,
            base_url=record.base_url,
            account_id=record.account_key or "",
            personal=record.user_id is not None,
            status=record.status,
            connected=connected,
            state=state,
            reason=reason,
            detail=detail,
            since=grant.state_since if grant else record.status_since,
            works_until=grant.expires_at if grant and last and grant.usable else None,
            renewed_at=grant.issued_at if grant else None,
        )

    async def mine(self, actor: Actor, enterprise: EnterpriseNumber) -> Shown | None:
        """The person's own, and nobody else's."""
        if actor.user_id is None:
            return None
        async with self._db.single() as unit:
            record = await unit.connections.of_person(enterprise, actor.user_id, KIND)
        return None if record is None else await self.of(record)

    async def all(self, actor: Actor, enterprise: EnterpriseNumber) -> Sequence[Shown]:
        """The own one first; the enterprise's for those who may configure."""
        own = await self.mine(actor, enterprise)
        shown = [] if own is None else [own]
        if actor.may(Permission.CONFIGURE):
            async with self._db.single() as unit:
                shelf = await unit.connections.list(enterprise)
            shown += [await self.of(record) for record in shelf if record.kind is KIND]
        return shown


def _serves(grant: GrantRecord) -> bool:
    """Requests get a token: one that lives, or the next one, if nothing keeps us from it."""
    if grant.state is GrantState.ACTIVE:
        return grant.left_s > 0 or (grant.refresh_until is not None and grant.reason is None)
    return grant.state is GrantState.LOST and grant.usable
