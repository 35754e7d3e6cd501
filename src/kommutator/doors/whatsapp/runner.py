"""The lane of one phone: whoever owns it holds its line."""

from __future__ import annotations

from typing import Final, Protocol
from uuid import UUID

import structlog

from kommutator.domain.connection import Account, ConnectionStatus
from kommutator.domain.lanes import Lease
from kommutator.domain.whatsapp.reconnect import History, Next
from kommutator.domain.whatsapp.states import Reason, SessionState
from kommutator.doors.whatsapp.parts import Parts
from kommutator.doors.whatsapp.tenure import Tenure
from kommutator.flows.whatsapp.lasting import LaneLost
from kommutator.kit.errors import NotFound
from kommutator.kit.tasks import first_of
from kommutator.store.driver import TRANSIENT
from kommutator.store.whatsapp_sessions import Hold, SessionRow

_log = structlog.get_logger(__name__)
_LOOK_S: Final = 1.0
_NOT_LINKED: Final = "whatsapp_not_linked"
_WORKING: Final = frozenset({ConnectionStatus.DRAFT, ConnectionStatus.ACTIVE})
_UNLINKED: Final = Next(
    SessionState.LOGGED_OUT, Reason.BY_PERSON, None, History(linked=False), forget=True
)


class Accounts(Protocol):
    """What is needed of `Directory`."""

    async def account(self, connection_id: UUID) -> Account: ...


class WhatsAppRunner:
    """The `LaneRunner` of the room "wa". The lane stands as long as its session is wanted."""

    def __init__(self, parts: Parts, accounts: Accounts) -> None:
        self._parts = parts
        self._accounts = accounts

    async def run(self, lease: Lease) -> None:
        """Hold the line until the lane is lost, a person wishes otherwise, or must do something."""
        account, row = await self._account(lease), await self._row(lease)
        if account is None or row is None or not row.wanted:
            await self._park(lease)
            return
        if account.status not in _WORKING:
            await self._park(lease, f"connection_{account.status.value}")
            return
        tenure = Tenure(self._parts, lease, account, row)
        works = (tenure.hold(), tenure.deliver(), self._until_wished(lease, account, row, tenure))
        try:
            await first_of(*works)
            await self._unlinked(lease, account, tenure)
        except LaneLost as lost:
            _log.info("whatsapp_hold_ended", lane=lease.lane, why=str(lost))
        finally:
            await tenure.end()
        await self._park(lease)

    async def _until_wished(
        self, lease: Lease, account: Account, row: SessionRow, tenure: Tenure
    ) -> None:
        """Returns when a person wants something else, or the connection is not to work."""
        while True:
            await self._parts.clock.sleep(_LOOK_S)
            try:
                now = await self._row(lease)
                standing = await self._account(lease)
            except TRANSIENT as error:  # an open line does not depend on the database
                _log.warning("whatsapp_wish_not_read", error=type(error).__name__)
                continue
            if now is None or now.asked != row.asked:
                return
            if standing is None or standing.status not in _WORKING | {account.status}:
                return
            until = now.restricted_until
            if now.state is SessionState.RESTRICTED and until and until <= self._parts.clock.now():
                await tenure.lifted()

    async def _unlinked(self, lease: Lease, account: Account, tenure: Tenure) -> None:
        """If that is the wish."""
        row = await self._row(lease)
        if row is None or not row.log_out:
            return
        await tenure.log_out()
        await tenure.follow_by(Hold(lease.fence, row.asked)).closed(_UNLINKED)
        self._parts.forget(account)

    async def _row(self, lease: Lease) -> SessionRow | None:
        assert lease.connection_id is not None
        async with self._parts.db.single() as unit:
            return await unit.whatsapp.get(lease.enterprise, lease.connection_id)

    async def _account(self, lease: Lease) -> Account | None:
        assert lease.connection_id is not None
        try:
            return await self._accounts.account(lease.connection_id)
        except NotFound:
            return None

    async def _park(self, lease: Lease, reason: str | None = None) -> None:
        """Commands wait; without this they would call for an owner each moment.

        Nothing if somebody wants the session by now.
        """
        assert lease.connection_id is not None
        whose = (lease.enterprise, lease.connection_id)
        async with self._parts.db.unit() as unit:
            await unit.connections.lock(*whose)
            row = await unit.whatsapp.get(*whose)
            if reason is None and row is not None and row.wanted:
                return
            await unit.lanes.park(
                lease.enterprise, lease.lane, lease.fence, reason=reason or _NOT_LINKED,
                detail=None if row is None else row.state.value,
            )  # fmt: skip
