"""A click on a number in the CRM or the console: the employee's phone rings, then the client's.

One transaction writes the journal row, the call and the command (docs/decisions/0004); the lane
that holds the PBX's link is woken in memory. What happens then comes back as PBX events under
the id chosen here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from kommutator.domain.calls.reports import Click
from kommutator.domain.commands import CancelCall, OriginateCall
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.dialing import extension_for
from kommutator.domain.journal import Arrival, JournalRow, Verdict
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.directory import Directory
from kommutator.kit.clock import Clock
from kommutator.kit.errors import Conflict, InvalidInput, NotFound
from kommutator.kit.ids import Ids
from kommutator.kit.phones import to_e164
from kommutator.store.outbox import Owed

if TYPE_CHECKING:
    from kommutator.store.database import Database
    from kommutator.store.unit import Unit

Follow = Callable[["Unit", JournalRow], Awaitable[Verdict]]
"""`FollowCalls.decide`: how a journalled click becomes a call."""

_TICK_S = 0.5
_DOUBLE_CLICK_TICKS = 4  # two seconds
_SOURCE = "click"


@dataclass(frozen=True, slots=True)
class ClickRequest:
    """What the clicker told us; strings as they came.

    Attributes:
        code: extension to ring; wins over the user.
        user_id: the CRM's user.
        line: the company number to show, if the CRM named one.
    """

    phone: str
    requested_by: str
    code: str | None = None
    user_id: str | None = None
    line: str | None = None


@dataclass(frozen=True, slots=True)
class ClickReceipt:
    """The command is on disk. `repeated`: `call_id` is of the click two seconds ago or less."""

    call_id: str
    extension: str
    phone: str
    repeated: bool = False


class ClickToCall:
    def __init__(
        self, db: Database, directory: Directory, follow: Follow, *, clock: Clock, ids: Ids
    ) -> None:
        self._db = db
        self._directory = directory
        self._follow = follow
        self._clock = clock
        self._ids = ids

    async def place(
        self, enterprise: EnterpriseNumber, request: ClickRequest, crm: Account | None = None
    ) -> ClickReceipt:
        """Owe the call and return; the phone rings a few milliseconds later.

        Args:
            crm: the connection whose table of users and extensions counts; by default the
                enterprise's own.

        Raises:
            InvalidInput: `phone_invalid`, `extension_unknown`, `extension_not_configured`,
                `caller_missing`.
            Conflict: `pbx_not_connected`, `pbx_paused`.
        """
        pbx = await self._pbx(enterprise)
        client = to_e164(request.phone)
        if client is None:
            raise InvalidInput("phone_invalid", phone=request.phone[:32])
        crm = crm or await self._directory.account_of(enterprise, ConnectionKind.RETAILCRM)
        async with self._db.unit() as unit:
            known = await unit.extensions.numbers(enterprise)
            extension = extension_for(
                code=request.code,
                user_id=request.user_id,
                mapping=_mapping(crm),
                known=known,
            )
            return await self._owe(unit, pbx, request, extension, client)

    async def cancel(self, enterprise: EnterpriseNumber, call_id: str, requested_by: str) -> None:
        """Hang up a call that was placed here.

        Raises:
            NotFound: `call_not_found`, also for calls that we did not place.
            Conflict: `pbx_not_connected`, `pbx_paused`.
        """
        pbx = await self._pbx(enterprise)
        async with self._db.unit() as unit:
            placed = await unit.outbox.page(
                enterprise, call_id=call_id, kind="originate_call", limit=1
            )
            if not placed:
                raise NotFound("call_not_found")
            command = CancelCall(call_id=call_id)
            await unit.outbox.add(
                enterprise,
                [Owed(pbx.lane, pbx.connection_id, call_id, command, f"{call_id}:cancel")],
            )
            await unit.audit.add(
                enterprise, actor=requested_by, action="call.cancel", target=call_id
            )

    async def _owe(
        self, unit: Unit, pbx: Account, request: ClickRequest, extension: str, client: str
    ) -> ClickReceipt:
        now = self._clock.now()
        pair, tick = f"{extension}:{client}", int(now.timestamp() / _TICK_S)
        before = await unit.journal.earlier(
            pbx.enterprise,
            _SOURCE,
            [f"{pair}:{tick - back}" for back in range(_DOUBLE_CLICK_TICKS + 1)],
            lock=pair,
        )
        if before is not None:
            return ClickReceipt(before, extension, client, repeated=True)
        call_id = f"kmt-{self._ids.uuid().hex}"
        click = Click(
            call_id=call_id,
            extension=extension,
            client=client,
            line=request.line,
            requested_by=request.requested_by,
        )
        arrival = Arrival(
            enterprise=pbx.enterprise,
            source=_SOURCE,
            kind="make-call",
            key=call_id,
            dedupe_key=f"{pair}:{tick}",
            body=msgspec.json.encode(click),
            connection_id=pbx.connection_id,
        )
        row = JournalRow(
            id=await unit.journal.record(arrival),  # under our lock, so it is no repeat
            enterprise=arrival.enterprise,
            source=arrival.source,
            kind=arrival.kind,
            key=call_id,
            body=arrival.body,
            connection_id=arrival.connection_id,
            received_at=now,
        )
        await self._follow(unit, row)
        command = OriginateCall(
            call_id=call_id,
            extension=extension,
            client=client,
            line=request.line,
            requested_by=request.requested_by,
        )
        await unit.outbox.add(
            pbx.enterprise,
            [Owed(pbx.lane, pbx.connection_id, call_id, command, f"{call_id}:originate")],
            journal_id=row.id,
        )
        return ClickReceipt(call_id, extension, client)

    async def _pbx(self, enterprise: EnterpriseNumber) -> Account:
        account = await self._directory.account_of(enterprise, ConnectionKind.ASTERISK)
        if account is None:
            raise Conflict("pbx_not_connected")
        if account.status is not ConnectionStatus.ACTIVE:
            raise Conflict("pbx_paused")
        return account


def _mapping(crm: Account | None) -> Mapping[str, str | None]:
    if crm is None:
        return {}
    mapping: Mapping[str, str | None] = crm.config.get("user_extensions") or {}
    return mapping
