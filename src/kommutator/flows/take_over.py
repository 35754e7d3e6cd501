"""A ringing call is moved to another phone, by a button or by requirement 002's smart redirect.

Whether the call still rings is asked here and once more by the connector, at the PBX itself:
between the two somebody may have picked up.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from kommutator.domain.calls.memory import load
from kommutator.domain.calls.take import leg_to_take
from kommutator.domain.commands import TakeCall
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.reach import may_take, refuse
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission
from kommutator.flows.directory import Directory
from kommutator.flows.sync_people import ours_of
from kommutator.kit.clock import Clock
from kommutator.kit.errors import Conflict, InvalidInput, NotFound
from kommutator.store.outbox import Owed

if TYPE_CHECKING:
    from kommutator.store.database import Database
    from kommutator.store.unit import Unit


_DOUBLE_CLICK_S = 2


class TakeOver:
    def __init__(self, db: Database, directory: Directory, *, clock: Clock) -> None:
        self._db = db
        self._directory = directory
        self._clock = clock

    async def take(
        self,
        actor: Actor,
        enterprise: EnterpriseNumber,
        call_id: str,
        extension: str | None = None,
        *,
        permission: Permission = Permission.PLACE_CALLS,
    ) -> str:
        """Owe the move, and return to which extension; the phone rings a moment later.

        Args:
            extension: any of the enterprise's; None: the actor's own phone.
            permission: what the actor must be allowed; machines bring their own.

        Raises:
            NotFound: `call_not_found`.
            Forbidden: `not_allowed`, see `domain.reach`.
            InvalidInput: `extension_unknown`, `own_extension_unknown`.
            Conflict: `call_not_incoming`, `call_not_ringing`, `pbx_not_connected`, `pbx_paused`.
        """
        enterprise = actor.demand(permission, enterprise)
        account = await self._directory.account_of(enterprise, ConnectionKind.ASTERISK)
        mapped = await self._mapped(enterprise)
        async with self._db.unit() as unit:
            found = await unit.calls.find(enterprise, [call_id])
            if not found:
                raise NotFound("call_not_found")
            call, pbx = found[0], _usable(account)
            own = await unit.extensions.of_user(enterprise, actor.user_id)
            if permission is Permission.PLACE_CALLS and not may_take(actor, own, extension):
                raise refuse()
            chosen = await self._extension(unit, enterprise, extension or own, mapped)
            if call.connection_id not in (None, pbx.connection_id):
                raise Conflict("call_not_ringing")  # of a PBX that is not connected any more
            command = TakeCall(
                call_id=call.id,
                leg=leg_to_take(load(call.fold)),
                extension=chosen,
                requested_by=actor.name,
            )
            tick = int(self._clock.now().timestamp() / _DOUBLE_CLICK_S)
            once = f"{call.id}:take:{chosen}:{tick}"
            await unit.outbox.add(
                enterprise, [Owed(pbx.lane, pbx.connection_id, call.id, command, once)]
            )
            await unit.audit.add(
                enterprise,
                actor=actor.name,
                action="call.take",
                target=call.id,
                detail={"extension": chosen},
            )
        return chosen

    async def _mapped(self, enterprise: EnterpriseNumber) -> Collection[str]:
        """Extensions that the CRM's users have by our own table."""
        crm = await self._directory.crm_of(enterprise)
        return {} if crm is None else ours_of(crm.config).values()

    async def _extension(
        self,
        unit: Unit,
        enterprise: EnterpriseNumber,
        extension: str | None,
        mapped: Collection[str],
    ) -> str:
        if extension is None:
            raise InvalidInput("own_extension_unknown")
        if extension not in mapped and extension not in await unit.extensions.numbers(enterprise):
            raise InvalidInput("extension_unknown", extension=extension)
        return extension


def _usable(account: Account | None) -> Account:
    if account is None:
        raise Conflict("pbx_not_connected")
    if account.status is not ConnectionStatus.ACTIVE:
        raise Conflict("pbx_paused")
    return account
