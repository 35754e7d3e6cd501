"""A click on a number in the CRM or the console: the employee's phone rings, then the client's.

One transaction draws from the allowances and writes the journal row, the call and the command
(docs/decisions/0004); the lane that holds the PBX's link is woken in memory. What happens then
comes back as PBX events under the id chosen here. Whatever is refused is counted and audited.

How many clicked calls go on at once is not limited here: each needs an employee who picks up.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from kommutator.domain.calls.reports import Click
from kommutator.domain.clicks import ClickRequest, Order, read_order
from kommutator.domain.commands import CancelCall, OriginateCall
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus, by_ssh
from kommutator.domain.journal import Arrival, JournalRow, Verdict
from kommutator.domain.outcome import Budget
from kommutator.domain.reach import may_cancel, refuse
from kommutator.domain.tenancy import Actor, EnterpriseNumber
from kommutator.flows.directory import Directory
from kommutator.flows.follow_calls import CANCEL, TIME_UP, alarm_name
from kommutator.flows.refusals import Refusals
from kommutator.kit.clock import Clock
from kommutator.kit.errors import Conflict, NotFound, TooMany, UserError
from kommutator.kit.ids import Ids
from kommutator.store.outbox import OutboxRow, Owed

if TYPE_CHECKING:
    from kommutator.store.database import Database
    from kommutator.store.unit import Unit

Follow = Callable[["Unit", JournalRow], Awaitable[Verdict]]
"""`FollowCalls.decide`: how a journalled click becomes a call."""

_TICK_S = 0.5
# Two seconds, also ahead: who waited for the lock may have read the clock before the winner did.
_DOUBLE_CLICK = range(-4, 5)
_SOURCE = "click"
_DROPPED = timedelta(seconds=1)  # a command already in the lane's hands may still reach the PBX


@dataclass(frozen=True, slots=True)
class ClickReceipt:
    """The command is on disk. `repeated`: `call_id` is of the click two seconds ago or less."""

    call_id: str
    extension: str
    phone: str
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class RingFirst:
    """The client's phone rings first, for so many seconds; then the employee's."""

    client_s: int
    agent_s: int


class ClickToCall:
    def __init__(
        self,
        db: Database,
        directory: Directory,
        follow: Follow,
        refusals: Refusals,
        *,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._db = db
        self._directory = directory
        self._follow = follow
        self._refusals = refusals
        self._clock = clock
        self._ids = ids

    async def place(
        self, enterprise: EnterpriseNumber, request: ClickRequest, crm: Account | None = None
    ) -> ClickReceipt:
        """Owe the call and return; the phone rings a few milliseconds later.

        Args:
            crm: the connection that the click came through; its table of users and extensions
                counts. By default the table of the enterprise's own CRM does.

        Raises:
            InvalidInput: `phone_invalid`, `extension_unknown`, `extension_not_configured`,
                `caller_missing`.
            Forbidden: `destination_…`, see `domain.dialing.destination`.
            Conflict: `connection_paused`, `pbx_not_connected`, `pbx_paused`, `enterprise_off`.
            TooMany: `clicks_too_many`.
        """
        try:
            return await self._place(enterprise, request, crm)
        except UserError as refused:
            await self._refusals.note(
                enterprise, refused.code, actor=request.requested_by, target=request.phone
            )
            raise

    async def cancel(self, actor: Actor, enterprise: EnterpriseNumber, call_id: str) -> None:
        """Hang up a call that was placed here, whoever rings or talks; twice does no harm.

        Raises:
            NotFound: `call_not_found`, also for calls that we did not place.
            Forbidden: `not_allowed`, see `domain.reach`.
            Conflict: `call_is_over`.
        """
        async with self._db.unit() as unit:
            call = await unit.calls.get(enterprise, call_id)
            call_id = call.id if call else call_id
            placed = await unit.outbox.page(
                enterprise, call_id=call_id, kind="originate_call", limit=1
            )
            if not placed:
                raise NotFound("call_not_found")
            command = _cancelling(placed[0])
            own = await unit.extensions.of_user(enterprise, actor.user_id)
            if not may_cancel(
                actor,
                own,
                requested_by=call.requested_by if call else None,
                phones=(command.extension or "", *(call.rang if call else ())),
            ):
                raise refuse()
            if call is not None and call.phase == "ended":
                raise Conflict("call_is_over")
            lane, pbx = placed[0].lane, placed[0].connection_id
            owed = Owed(lane, pbx, call_id, command, f"{call_id}:cancel")
            if await unit.outbox.add(enterprise, [owed]):
                # Locks the call before its timer, as whoever hears of the call does.
                await self._note_cancelling(unit, pbx, actor, enterprise, call_id)
            waiting = [row.id for row in placed if row.state == "due"]
            if await unit.outbox.drop(enterprise, waiting, "cancelled"):
                # Most likely never sent: no event will tell the end.
                await unit.timers.set(
                    enterprise,
                    alarm_name(call_id, TIME_UP),
                    run_at=self._clock.now() + _DROPPED,
                    kind=TIME_UP,
                    key=call_id,
                )

    async def _note_cancelling(
        self, unit: Unit, pbx: UUID, actor: Actor, enterprise: EnterpriseNumber, call_id: str
    ) -> None:
        """The call itself remembers why it ended so soon.

        In the journal, decided: its effect is in this same transaction, under our lock.
        """
        arrival = Arrival(
            enterprise=enterprise,
            source=_SOURCE,
            kind=CANCEL,
            key=call_id,
            dedupe_key=f"{call_id}:cancel",
            body=b"{}",
            connection_id=pbx,
        )
        row = await unit.journal.record(arrival, self._clock.now())
        await self._follow(unit, row)
        unit.call_changed(enterprise, call_id)
        await unit.audit.add(enterprise, actor=actor.name, action="call.cancel", target=call_id)

    async def _place(
        self, enterprise: EnterpriseNumber, request: ClickRequest, crm: Account | None
    ) -> ClickReceipt:
        if crm is not None and crm.status is not ConnectionStatus.ACTIVE:
            raise Conflict("connection_paused")
        pbx = await self._pbx(enterprise)
        crm = crm or await self._directory.crm_of(enterprise)
        async with self._db.unit() as unit:
            owner, known = await unit.enterprises.with_numbers(enterprise)
            if not owner.active:
                raise Conflict("enterprise_off")
            order = read_order(request, pbx, crm, settings=owner.settings, known=known)
            receipt = await self.owe(unit, pbx, order, request.requested_by)
        if order.foreign_line and not receipt.repeated:
            await self._refusals.note(
                enterprise, "line_not_ours", actor=request.requested_by, target=request.line
            )
        return receipt

    async def owe(
        self,
        unit: Unit,
        pbx: Account,
        order: Order,
        requested_by: str,
        *,
        ring: RingFirst | None = None,
    ) -> ClickReceipt:
        """Owe the call in the caller's transaction: for campaigns, by the rules of clicks.

        Args:
            ring: the client's phone first; None: the employee's.

        Raises:
            TooMany: `clicks_too_many`; nothing was drawn or written.
        """
        now = self._clock.now()
        extension, client = order.extension, order.client
        pair, tick = f"{extension}:{client}", int(now.timestamp() / _TICK_S)
        before = await unit.journal.earlier(
            pbx.enterprise,
            _SOURCE,
            [f"{pair}:{tick + off}" for off in _DOUBLE_CLICK],
            lock=pair,
        )
        if before is not None:
            return ClickReceipt(before, extension, client, repeated=True)
        await self._draw(unit, order.budgets(pbx.enterprise))
        command = OriginateCall(
            call_id=f"kmt-{self._ids.uuid().hex}",
            extension=extension,
            client=client,
            line=order.line,
            requested_by=requested_by,
        )
        if ring is not None:
            command = msgspec.structs.replace(
                command, client_first=True, client_ring_s=ring.client_s, agent_ring_s=ring.agent_s
            )
        call_id = str(command.call_id)
        arrival = _arrival(pbx, command, dedupe_key=f"{pair}:{tick}")
        row = await unit.journal.record(arrival, now)
        await self._follow(unit, row)
        await unit.outbox.add(
            pbx.enterprise,
            [Owed(pbx.lane, pbx.connection_id, call_id, command, f"{call_id}:originate")],
            journal_id=row.id,
        )
        return ClickReceipt(call_id, extension, client)

    async def _draw(self, unit: Unit, budgets: Sequence[Budget]) -> None:
        """From the employee's allowance and the enterprise's, or from neither."""
        draw = await unit.budgets.take_everywhere(budgets, horizon=0)
        if not draw.granted:
            seconds = math.ceil(draw.wait)
            raise TooMany("clicks_too_many", retry_after=draw.wait, seconds=seconds)

    async def _pbx(self, enterprise: EnterpriseNumber) -> Account:
        account = await self._directory.account_of(enterprise, ConnectionKind.ASTERISK)
        if account is None:
            raise Conflict("pbx_not_connected")
        if account.status is not ConnectionStatus.ACTIVE:
            raise Conflict("pbx_paused")
        return account


def _cancelling(placed: OutboxRow) -> CancelCall:
    """With what a PBX that was not given our id knows the call by."""
    order = placed.command()
    assert isinstance(order, OriginateCall)
    return CancelCall(call_id=placed.call_id, extension=order.extension, client=order.client)


def _arrival(pbx: Account, command: OriginateCall, *, dedupe_key: str) -> Arrival:
    click = Click(
        call_id=str(command.call_id),
        extension=command.extension,
        client=command.client,
        blind=by_ssh(pbx),
        line=command.line,
        requested_by=command.requested_by,
        client_first=command.client_first,
    )
    return Arrival(
        enterprise=pbx.enterprise,
        source=_SOURCE,
        kind="make-call",
        key=click.call_id,
        dedupe_key=dedupe_key,
        body=msgspec.json.encode(click),
        connection_id=pbx.connection_id,
    )
